import { describe, expect, test } from 'vitest';
import { unitTypes } from '../../../../src/unitfile/language/unit-name.ts';
import type { World } from '../../../support/world.ts';
import { blocksOf, plainOf, textOf } from './cases.ts';
import { differences, oracle, put, shown } from './show.ts';

const types = unitTypes.filter((type) => type !== 'device' && type !== 'scope');

/** A unit of each type, with nothing but what it can't do without. */
function plainUnits(w: World): Map<string, string> {
  const names = new Map(types.map((type) => [type, plainOf(`x.${type}`)]));
  return new Map([...names].map(([type, name]) => [type, put(w, name, textOf(name, []), 'zqb')]));
}

test('what files do not say is as systemd 252 has it', () => {
  const w = oracle();
  plainUnits(w);
  const expected = new Map<string, string[]>();
  let units: string[] = [];
  for (const line of blocksOf('plain.txt').flatMap(({ all }) => all)) {
    if (line.startsWith('    ')) {
      for (const unit of units) expected.set(unit, [...(expected.get(unit) ?? []), line.slice(4)]);
    } else units = line.split(' ');
  }
  for (const [unit, lines] of expected) {
    const wanted = new Set(lines.map((line) => line.slice(0, line.indexOf('='))));
    const own = [...shown(w, unit.replaceAll('SELF', 'zqb'), 'zqb')].filter(([key]) => wanted.has(key));
    const printed = own.flatMap(([key, values]) => values.map((value) => `${key}=${value}`));
    expect({ unit, lines: printed.sort() }).toEqual({ unit, lines: lines.sort() });
  }
});

describe('units start from what system.conf says', () => {
  const plain = new Map<string, Map<string, string[]>>();
  function plainProperties(): Map<string, Map<string, string[]>> {
    if (plain.size === 0) {
      const w = oracle();
      for (const [type, name] of plainUnits(w)) plain.set(type, shown(w, name, 'zqb'));
    }
    return plain;
  }

  test.each(blocksOf('system-conf.txt').filter(({ lines }) => lines.length > 0))('$lines', ({ lines, answers }) => {
    const file = '/etc/systemd/system.conf';
    const w = oracle({ [file]: `[Manager]\n${lines.join('\n')}\n` });
    const found = new Map<string, string[]>();
    for (const [type, name] of plainUnits(w)) {
      for (const line of differences(shown(w, name, 'zqb'), plainProperties().get(type)!))
        found.set(line, [...(found.get(line) ?? []), type]);
    }
    const messages = w.loader.configuration.diagnostics.map((of) => `! ${of.level} :${of.line}: ${of.message}`);
    const told = [...found].map(([line, of]) => `${of.sort().join(' ')}: ${line}`);
    const expected = answers.map((line) => {
      const [of, rest] = line.startsWith('!') ? [] : [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':'))];
      return of === undefined ? line : `${of.split(' ').sort().join(' ')}${rest}`;
    });
    expect([...told, ...messages].sort()).toEqual(expected.sort());
  });
});
