import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Random } from '../../../../scripts/fuzz/random.mjs';
import { randomText } from '../../../../scripts/fuzz/texts.mjs';
import { directivesOf, makeUnit } from '../../../../scripts/fuzz/units.mjs';
import { groups, sectionGroups } from '../../../../src/unitfile/directives/table.ts';
import { world } from '../../unitfile/world.ts';
import { setUp } from './set-up.ts';

/** Section, directive, value, and the lines that `systemctl show --all` of systemd 252 prints for it. */
type Row = [section: string, key: string, value: string, shown: Record<string, string[]>];

const recorded = JSON.parse(readFileSync(new URL('./shown-by-systemd.json', import.meta.url), 'utf8')) as Record<
  string,
  Row[]
>;

/** Lines that a unit of a type can't do without. */
const needed: Record<string, string> = {
  service: 'ExecStart=/bin/true',
  socket: 'ListenStream=/run/fz',
  timer: 'OnBootSec=5h',
  path: 'PathExists=/nonexistent',
};

test.each(Object.entries(recorded))('random values of a %s are shown as systemd shows them', (type, rows) => {
  const section = type[0]!.toUpperCase() + type.slice(1);
  const wrong: unknown[] = [];
  for (const [where, key, value, shown] of rows) {
    const line = `${key}=${value}\n`;
    const text = `[Unit]\n${where === 'Unit' ? line : ''}[${section}]\n${needed[type]}\n${where === 'Unit' ? '' : line}`;
    const { show } = setUp({ [`/etc/systemd/system/a.${type}`]: text });
    const print = { properties: Object.keys(shown), showEmpty: true };
    const expected = Object.entries(shown).flatMap(([name, lines]) => lines.map((of) => `${name}=${of}`));
    const printed = show(`a.${type}`, print).trimEnd().split('\n');
    if (printed.sort().join('\n') !== expected.sort().join('\n')) wrong.push({ line, expected, printed });
  }
  expect(wrong).toEqual([]);
});

const directives = directivesOf({ groups, sectionGroups });

test('the same seed makes the same units', () => {
  const one = makeUnit(new Random(7), directives, 3, 35);
  expect(makeUnit(new Random(7), directives, 3, 35).text).toBe(one.text);
  expect(makeUnit(new Random(8), directives, 3, 35).text).not.toBe(one.text);
});

test('no text is too strange to be loaded', () => {
  const every = directivesOf({ groups, sectionGroups }, true);
  const r = new Random(1);
  const types = ['service', 'socket', 'timer', 'path', 'mount', 'automount', 'swap', 'slice', 'target'];
  for (let count = 0; count < 400; count++) {
    const name = `x.${r.pick(types)}`;
    const { host, load } = world({});
    host.files.mkdirs('/etc/systemd/system');
    host.files.writeAtomic(`/etc/systemd/system/${name}`, randomText(r, every, name.slice(2)));
    expect(load(name).id).toBe(name);
  }
});
