/** What npm run systemd-tests makes of what the runners say. */
import { describe, expect, it } from 'vitest';
import { agreementIn, losses } from '../../../scripts/systemd-tests.mjs';

describe('the last line of a runner', () => {
  it.each([
    ['ok    03: real inactive/success\n5 of 7 agree\n', [5, 7]],
    ['unit: 694 of 706 agree, messages too 627\n694 of 706 agree', [694, 706]],
    ['', undefined],
    ['5 of 7 agree\nTraceback (most recent call last):\n', undefined],
    ['calendar: 5 of 7 agree\n', undefined],
  ])('%j', (output, expected) => {
    expect(agreementIn(output)).toEqual(expected);
  });
});

describe('what is below what once agreed', () => {
  it.each<[string, Parameters<typeof losses>[1], string[]]>([
    ['as many', { exec: [146, 146] }, []],
    ['one fewer', { exec: [145, 146] }, ['exec: 145 of 146 agree, once 146 of 146']],
    ['fewer of fewer', { exec: [100, 100] }, ['exec: 100 of 100 agree, once 146 of 146']],
    ['no result', { exec: undefined, units: [50, 56] }, ['exec: no result']],
    ['a runner that nothing is known of', { tables: [1, 2] }, []],
  ])('%s', (_name, now, expected) => {
    expect(losses({ exec: [146, 146], units: [50, 56] }, now)).toEqual(expected);
  });
});
