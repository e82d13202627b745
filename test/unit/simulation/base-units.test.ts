import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { baseUnits } from '../../../src/simulation/base-units.ts';

it.each(Object.keys(baseUnits))('%s is what share/system has', (name) => {
  const text = readFileSync(`share/system/${name}`, 'utf8').replace(/^#.*\n/gm, '');
  expect(baseUnits[name]).toBe(text);
});
