/** Properties of transient units (systemd-run -p): each means what the same line of a unit file does. */
import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { Random } from '../../../../scripts/fuzz/random.mjs';
import { directivesOf } from '../../../../scripts/fuzz/units.mjs';
import { UnitText } from '../../../../src/cli/common/unit-text.ts';
import { findDirective, groups, sectionGroups } from '../../../../src/unitfile/directives/table.ts';
import type { LoadedUnit } from '../../../../src/unitfile/load/loaded-unit.ts';
import { world } from '../../unitfile/world.ts';

const manager = world({});
const { loader } = manager;
const directives = directivesOf({ groups, sectionGroups }, true);
/** Command lines are taken as they are, not from the text; capabilities go by the names that there are. */
const otherwise = new Set(['command lines', 'capabilities']);
/** Specifiers and escapes are a unit file's alone (systemd-run drops backslashes); no limit of a device is not written. */
const isPlain = (value: string): boolean => !/[%\\]|\/dev\/.* infinity/.test(value);

function set(name: string, key: string, value: string): LoadedUnit {
  const text = new UnitText(manager, name);
  text.set(key, value);
  return loader.readLines(name, text.text);
}

test.each(['service', 'timer', 'socket', 'slice'])('of a %s', (type) => {
  const r = new Random(1);
  const name = `x.${type}`;
  const differ: unknown[] = [];
  for (const { section, key, make } of directives[type]!.list) {
    const { row, group } = findDirective(section, key)!;
    // what has moved to [Unit] is set there
    if (section !== 'Unit' && findDirective('Unit', key) !== undefined) continue;
    if (otherwise.has(row.kindName) || ['timer.Unit', 'socket.Service'].includes(`${group}.${key}`)) continue;
    for (const value of r.many(5, 5, () => make(r)).filter(isPlain)) {
      const line = `[${section}]\n${key}=${value}\n`;
      const written = loader.readLines(name, line);
      if (written.diagnostics.length > 0) continue;
      const made = set(name, key, value);
      // What a line says are own properties.
      const facts = (unit: LoadedUnit) => [{ ...unit[group as 'unit'] }, { ...unit.unit }, unit.dependencies];
      if (!isDeepStrictEqual(facts(made), facts(written))) differ.push([line, facts(written), facts(made)]);
    }
  }
  expect(differ).toEqual([]);
});

test.each([
  ['Wants', 'zz\\x2df.service', ['Wants=zzx2df.service']],
  ['BindReadOnlyPaths', '-/nonexist', ['BindReadOnlyPaths=-/nonexist:/nonexist:rbind']],
  ['BindPaths', '/tmp:/mnt:norbind', ['BindPaths=/tmp:/mnt:norbind']],
  ['StartupAllowedCPUs', '0-1', ['StartupAllowedCPUs=', 'StartupAllowedCPUs=0-1']],
  ['StartupAllowedMemoryNodes', '0', ['StartupAllowedMemoryNodes=', 'StartupAllowedMemoryNodes=0']],
  ['ExecStopPost', '|echo "a b"', ['ExecStopPost=', 'ExecStopPost=|"echo" "a b"']],
  ['ExecStopPost', '-@|echo a', ['ExecStopPost=', 'ExecStopPost=-|@"echo" "a"']],
  ['ExecStopPost', '|', ['ExecStopPost=', 'ExecStopPost=|']],
  ['StandardInputText', 'hello', ['StandardInputData=aGVsbG8K']],
])('%s=%s is written as systemd writes it', (key, value, lines) => {
  const text = new UnitText(manager, 'x.service', { header: '' });
  text.set(key, value);
  expect(text.text.trimEnd().split('\n').slice(1)).toEqual(lines);
});
