import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { baseUnits } from '../../../src/simulation/base-units.ts';

const isHere = (name: string): boolean => Object.hasOwn(baseUnits, name) || ['-.slice', 'system.slice'].includes(name);

it.each(Object.keys(baseUnits))('%s is what share/system has, but for units that are not here', (name) => {
  const lines = readFileSync(`share/system/${name}`, 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .flatMap((line) => {
      const [, kind, units = ''] = /^(Wants|Requires|After|Before|Conflicts)=(.*)$/.exec(line) ?? [];
      if (kind === undefined) return [line];
      const here = units.split(' ').filter(isHere);
      return here.length === 0 ? [] : [`${kind}=${here.join(' ')}`];
    });
  expect(baseUnits[name]).toBe(lines.join('\n'));
});
