import { describe, expect, it } from 'vitest';
import { faultsOf, knownAfter, playedOf, rowsOf } from '../../../scripts/differing-steps.mjs';

/** As the oracle prints it. */
const output = `ok   same: 2 of 2
--- other: systemctl start a
--- systemd
+++ pidone
@@ -1 +1 @@
-= 0
+= 1
--- other: systemctl stop a
--- systemd
+++ pidone
@@ -1,2 +1,2 @@
-! one
+! two
 = 0
DIFF other: 1 of 3
scenarios 1 of 2; steps 5: exit status 4 (80.0 %)
`;
const played = playedOf(output);

describe('steps that differ', () => {
  it('are read from what the oracle prints, by scenario and with their diffs', () => {
    expect([...played.keys()]).toEqual(['same', 'other']);
    expect(played.get('same')).toEqual([]);
    expect(played.get('other')!.map(({ step }) => step)).toEqual(['systemctl start a', 'systemctl stop a']);
    expect(played.get('other')![0]!.diff).toContain('+= 1');
  });

  it('are faults where no row says why', () => {
    const faults = faultsOf({ other: { 'systemctl start a': 'a row', 'systemctl stop a': null } }, played);
    expect(faults).toEqual([
      { scenario: 'other', line: expect.stringMatching(/no row .*: systemctl stop a\n.*\+! two/s) },
    ]);
  });

  it('are faults where they agree by now, but not where their scenario was not played', () => {
    const known = { same: { 'systemctl status': 'a row' }, elsewhere: { x: 'a row' } };
    const lines = faultsOf(known, playedOf('ok   same: 2 of 2\n')).map(({ line }) => line);
    expect(lines).toEqual(['agrees, against a row of docs/differences.md (a row): systemctl status']);
  });

  it('may differ once: not a second step of the same words', () => {
    const twice = playedOf('--- a: x\n--- a: x\nDIFF a: 0 of 2\n');
    expect(faultsOf({ a: { x: 'a row' } }, twice)).toHaveLength(1);
  });

  it('keep their rows when they are written anew, and new ones have none', () => {
    const known = { other: { 'systemctl start a': 'a row', gone: 'a row' }, elsewhere: { x: 'a row' } };
    expect(knownAfter(known, played)).toEqual({
      elsewhere: { x: 'a row' },
      other: { 'systemctl start a': 'a row', 'systemctl stop a': null },
    });
  });
});

it('rows of a page are read with the scenarios in their last column', () => {
  const page =
    '| | a | b | why | recorded in |\n|---|---|---|---|---|\n| `x` | 1 | 2 | 3 | `one`, `two` |\n| y | 1 | 2 | | |\n';
  expect(rowsOf(page)).toEqual([
    { name: '`x`', scenarios: ['one', 'two'] },
    { name: 'y', scenarios: [] },
  ]);
});
