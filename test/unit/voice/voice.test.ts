import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { releases } from '../../../src/voice/release.ts';
import { row, speak } from '../../../src/voice/row.ts';
import { rows, voiceOf } from '../../../src/voice/voice.ts';

const source = resolve(import.meta.dirname, '../../../src');

/** Every file of the program but those of the room itself. */
const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.startsWith('voice/'))
  .map((name) => ({ name, text: readFileSync(join(source, name), 'utf8') }));

describe('a row', () => {
  const each = { word: row({ 252: 'old', 255: 'newer', 260: 'newest' }) };
  it.each([
    [252, 'old'],
    [254, 'old'],
    [255, 'newer'],
    [259, 'newer'],
    [262, 'newest'],
  ] as const)('speaks in %i as the last release before it that changed something', (release, word) => {
    expect(speak(each, release).word).toBe(word);
  });
  it('may go back to nothing', () => {
    const back = { status: row<number | null>({ 252: 3, 257: null }) };
    expect(speak(back, 258).status).toBeNull();
  });
});

describe('the rows', () => {
  const all = Object.entries(rows).flatMap(([speaker, own]) =>
    Object.entries(own).map(([name, each]) => ({ speaker, name, each: each as Record<string, unknown> })),
  );
  it.each(all)('$speaker $name is a difference', ({ each }) => {
    expect(Object.keys(each).length).toBeGreaterThan(1);
  });
  it.each(all)('$speaker $name is spoken', ({ speaker, name }) => {
    const used = files.some(({ text }) => text.includes(speaker) && new RegExp(`\\b${name}\\b`).test(text));
    expect(used, 'no file outside of src/voice says it').toBe(true);
  });
  it('are all in a voice', () => {
    for (const release of releases)
      for (const { speaker, name } of all) expect(voiceOf(release)[speaker as keyof typeof rows]).toHaveProperty(name);
  });
});

describe('nothing else asks for a release', () => {
  /** Who decides it, carries it, or shows and compares its number with what others have written. */
  const known = {
    "from '[./]*/voice/(release|image)\\.ts'": [
      'main/release.ts',
      'simulation/machine/machine.ts',
      'sys/image.ts',
      'sys/real-host.ts',
    ],
    '\\bsystemdVersion\\b': [
      'main/bus.ts',
      'main/release.ts',
      'sys/real-host.ts',
      'sys/version.ts',
      'unitfile/conditions/conditions.ts',
    ],
    '\\bvoiceOf\\b': ['simulation/machine/machine.ts', 'sys/real-host.ts'],
  };
  it.each(Object.entries(known))('%s', (pattern, allowed) => {
    const asking = files.filter(({ text }) => new RegExp(pattern).test(text)).map(({ name }) => name);
    expect(asking.sort()).toEqual(allowed);
  });
});
