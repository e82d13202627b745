/** What lies in usr/share: completions of zsh and fish (of bash: test/real/completions.test.ts), and manual pages. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fishCompletion, zshCompletion } from '../../../scripts/completions.mjs';
import { differencesPage, manPages } from '../../../scripts/man.mjs';
import { allCompletions } from '../../../src/main/completions.ts';
import type { Completions } from '../../../src/program/completions.ts';

const all = await allCompletions();
const linesOf = (text: string): string[] => text.split('\n').map((line) => line.trim().replace(/ \\$/, ''));

/** Whatever may stand in a table. */
const awkward: Completions = {
  options: [
    { names: ['-p', '--property'], placeholder: 'NAME', optional: false, text: "It's [one]: a\\b" },
    { names: ['--root'], placeholder: 'PATH', optional: false, text: '' },
    { names: ['--legend'], placeholder: 'BOOL', optional: true, text: 'Legend' },
  ],
  verbs: [{ name: 'start', usage: ['UNIT...'], text: "Start: what's named" }],
};

describe('the completion of zsh', () => {
  it('offers everything that each program has', () => {
    const lines = linesOf(zshCompletion(all));
    for (const [program, { options, verbs }] of Object.entries(all)) {
      expect(lines[0]!.split(' ')).toContain(program);
      for (const { name } of verbs) expect(lines.filter((line) => line.startsWith(`'${name}:`))).not.toEqual([]);
      for (const name of options.flatMap(({ names }) => names))
        expect(
          lines.filter((line) => /^[=+-]*\[/.test(line.slice(name.length + 1)) && line.startsWith(`'${name}`)),
        ).not.toEqual([]);
    }
  });

  it('says what an argument is, and quotes what means something to it', () => {
    const lines = linesOf(zshCompletion({ x: awkward }));
    expect(lines).toContain(`'-p+[It'\\''s \\[one\\]\\: a\\\\b]:NAME: '`);
    expect(lines).toContain(`'--property=[It'\\''s \\[one\\]\\: a\\\\b]:NAME: '`);
    expect(lines).toContain("'--root=[]:PATH:_files'");
    expect(lines).toContain("'--legend=-[Legend]::BOOL: '");
    expect(lines).toContain(`'start:Start: what'\\''s named'`);
    expect(lines).toContain('start) _pidone_units ;;');
  });
});

describe('the completion of fish', () => {
  it('offers everything that each program has', () => {
    for (const [program, data] of Object.entries(all)) {
      const text = fishCompletion(program, data);
      for (const { name } of data.verbs) expect(text).toMatch(new RegExp(` -a ${name}( |$)`, 'm'));
      for (const name of data.options.flatMap(({ names }) => names))
        expect(text).toContain(name.startsWith('--') ? ` -l ${name.slice(2)}` : ` -s ${name.slice(1)}`);
    }
  });

  it('says what an argument is, and quotes what means something to it', () => {
    expect(linesOf(fishCompletion('x', awkward))).toEqual(
      expect.arrayContaining([
        `complete -c x -s p -l property -r -f -d 'It\\'s [one]: a\\\\b'`,
        'complete -c x -l root -r -F',
        "complete -c x -l legend -d 'Legend'",
        'not __fish_seen_subcommand_from start',
        `complete -c x -n __pidone_x_begins -f -a start -d 'Start: what\\'s named'`,
        "complete -c x -n '__fish_seen_subcommand_from start' -f -a '(__pidone_units)'",
      ]),
    );
  });
});

describe('manual pages', () => {
  const pages = manPages();

  it('are there, with name and version, and the same each time', () => {
    expect([...pages.keys()].sort()).toEqual([
      'pidone-differences.7',
      'pidone-doctor.1',
      'pidone-environment.5',
      'pidone.1',
    ]);
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    for (const [name, roff] of pages) {
      const [, title, section] = /^(.*)\.(\d)$/.exec(name)!;
      expect(roff).toContain(`.TH "${title!.toUpperCase().replaceAll('-', '\\-')}" "${section}"`);
      expect(roff.replaceAll('\\.', '.')).toContain(`"pidone ${version}"`);
    }
    expect(manPages()).toEqual(pages);
  });

  it('tell of every option and verb of pidone', () => {
    const text = readFileSync('docs/man/pidone-doctor.1.md', 'utf8');
    const { options, verbs } = all.pidone!;
    for (const name of options.flatMap(({ names }) => names)) expect(text).toContain(`**${name}**`);
    for (const { name } of verbs) expect(text).toContain(`pidone ${name}`);
  });

  it('tell of every variable that is pidone’s own', () => {
    const sources = ['src', 'native/client', 'packaging'].flatMap((folder) =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8')),
    );
    const read = sources.flatMap((text) => [
      ...[...text.matchAll(/(?:environment|env)\.(PIDONE_[A-Z_]+)/g)].map(([, name]) => name!),
      ...[...text.matchAll(/(?:getenv\("|\$\{)(PIDONE_[A-Z_]+)/g)].map(([, name]) => name!),
    ]);
    const page = readFileSync('docs/man/pidone-environment.5.md', 'utf8');
    // how one program of pidone's calls another
    const inner = ['PIDONE_HANDOVER', 'PIDONE_OWNED'];
    const missing = [...new Set(read)].filter((name) => !inner.includes(name) && !page.includes(`**${name}**`));
    expect([read.includes('PIDONE_CONSOLE'), read.includes('PIDONE_BESIDE_SYSTEMD'), missing]).toEqual([
      true,
      true,
      [],
    ]);
  });

  it('have the rows of docs/differences.md, without its links', () => {
    const page = differencesPage(
      '| | s | p | why | in |\n|---|---|---|---|---|\n| `x` | a | b ([d.md](d.md)) | c | |\n',
    );
    expect(page).toContain('* `x`: systemd: a. pidone: b (d.md) (c).');
  });
});
