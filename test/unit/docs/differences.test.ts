/** docs/differences.md and what shows that it is true: a test of each row, and the recorded steps that differ. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type KnownSteps, rowsOf } from '../../../scripts/differing-steps.mjs';
import { itIsShown, type ShownBy } from '../../support/shown-by.ts';

const rows = rowsOf(readFileSync('docs/differences.md', 'utf8'));
/** Of all recordings: a scenario that several releases have differs in all of them for the same reason. */
const differ: KnownSteps = Object.assign(
  {},
  ...['found', 'trixie', 'forky'].map(
    (suite) =>
      (JSON.parse(readFileSync(`test/agreement/oracle-${suite}.json`, 'utf8')) as { differ: KnownSteps }).differ,
  ),
);

/** Beginnings of rows, and the tests that show that pidone does what the row says: files below test/, titles in them. */
const shownBy: ShownBy = {
  'settings of speed and size': [
    ['unit/exec/left-out.test.ts', 'that were left out are named: %s'],
    ['unit/exec/left-out.test.ts', 'with --strict are systemd’s'],
  ],
  'a word that is none': [['unit/unitfile/directives/table.test.ts', '%s= acts as %s, and is warned of']],
  'settings that have no effect': [
    ['unit/exec/left-out.test.ts', 'are told once, and again where they have become others'],
    ['unit/exec/left-out.test.ts', 'stand in status, also of what does not run'],
  ],
  'links and renames of others': [['real/races.test.ts', 'changes nothing of others through $what']],
  'a file, link or FIFO where a socket': [
    ['real/sys-sockets.test.ts', 'replace a socket that is left over, but nothing else'],
  ],
  'files that block or have no end': [
    ['unit/exec/reading.test.ts', '%s fails where %s is a FIFO'],
    ['real/dead-mounts.test.ts', 'does not keep PID 1 that reads its units anew'],
  ],
  '`READY=1` and log lines': [
    [
      'real/forgery.test.ts',
      `${'$'}{rounds * perRound * users.length} of them gain nothing, and none gets out of its unit’s stop`,
    ],
  ],
  'a login that sets RLIMIT_LOCKS': [
    ['real/sys-processes.test.ts', 'can not be raised by the process, as a login would'],
  ],
  '`systemd-run` in a user': [['unit/cli/run/run.test.ts', 'needs no bus of the user’s']],
  "systemd's own daemons": [
    ['unit/units/unit.test.ts', "of a daemon of systemd's that does not run here has no effect"],
  ],
  'verbs and options of systemctl.py': [
    ['unit/cli/systemctl-py/verbs.test.ts', 'show what a service has written, as it wrote it'],
    [
      'unit/cli/systemctl-py/options.test.ts',
      'gives variables to what is started, which count more than the unit’s own',
    ],
  ],
  '`busctl`': [['unit/bus/activation.test.ts', 'refuses what programs ask systemd for']],
  '`Type=dbus`': [
    ['unit/units/service/bus-name.test.ts', 'counts as up once its program runs where nobody tells, and says so'],
  ],
  '"Starting': [['unit/exec/failure.test.ts', 'is told after the unit is said to start']],
  'which of several conflicting jobs': [
    ['unit/jobs/transaction.test.ts', 'two that matter are told by the first in the order of the request'],
  ],
  'the end of a line': [['unit/journal/journal.test.ts', 'go on with a line that another process has left open']],
  'units of init scripts that do not find': [
    ['unit/manager/generators/generators.test.ts', 'end all processes at the stop of a script that %s'],
  ],
  'whether a watchdog': [
    ['unit/units/service/timeouts.test.ts', 'WatchdogSec= aborts a service that says nothing, not one that does'],
  ],
  'SIGTERM, SIGINT and SIGQUIT': [['unit/main/signals.test.ts', 'with which engines stop a container halts it: %s']],
  '"Failed to read pids.max"': [['unit/units/service/life.test.ts', 'says nothing of control groups at a start']],
};

describe('the differences from systemd', () => {
  it('have a test each, and no test is of a row that is gone', () => {
    const begins = (name: string): string[] => Object.keys(shownBy).filter((begin) => name.startsWith(begin));
    expect(rows.filter(({ name }) => begins(name).length !== 1)).toEqual([]);
    expect(rows).toHaveLength(Object.keys(shownBy).length);
  });

  itIsShown(shownBy);

  it('name the recorded scenarios in which they are seen', () => {
    for (const { name, scenarios } of rows) {
      const recorded = Object.entries(differ).filter(([, steps]) => Object.values(steps).includes(name));
      expect([name, scenarios]).toEqual([name, recorded.map(([scenario]) => scenario)]);
    }
  });

  it.each(['trixie', 'forky'])('are as many as the steps of %s that do not agree', (suite) => {
    const { scenarios, differ: known } = JSON.parse(readFileSync(`test/agreement/oracle-${suite}.json`, 'utf8')) as {
      scenarios: Record<string, readonly [number, number]>;
      differ: KnownSteps;
    };
    for (const [name, [good, all]] of Object.entries(scenarios))
      expect([name, Object.keys(known[name] ?? {}).length]).toEqual([name, all - good]);
  });

  it('are why recorded steps differ', () => {
    const names = rows.map(({ name }) => name);
    for (const steps of Object.values(differ)) for (const row of Object.values(steps)) expect(names).toContain(row);
  });
});
