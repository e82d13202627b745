// What a service has started ends with it: children of children, sessions of their own, and what does not heed SIGTERM.

import { type MachineUnit, supervise } from 'pidone';
import { expect, test } from 'pidone/vitest';

const forks = (mode: string) => ({
  Service: {
    ExecStart: "/bin/sh -c 'setsid sleep 1000 & (setsid sleep 1001 &) ; exec sleep 1002'",
    KillMode: mode as 'control-group' | 'process',
    TimeoutStopSec: '1s',
  },
});

/** What it runs, once the shell and setsid have become the programs that they start. */
const sleepers = ['sleep 1000', 'sleep 1001', 'sleep 1002'];
const commands = async (unit: MachineUnit): Promise<string[]> =>
  (await unit.processes()).map(({ commandLine }) => commandLine.join(' ')).sort();

test('a stop ends every process of a service', async () => {
  await using machine = await supervise({ units: { 'whole.service': forks('control-group') } });
  const whole = await machine.start('whole');
  await expect.poll(() => commands(whole)).toEqual(sleepers);
  await whole.stop();
  expect(await machine.leftovers()).toEqual([]);
});

test('KillMode=process leaves what it has started, and leftovers() tells', async () => {
  await using machine = await supervise({ units: { 'half.service': forks('process') } });
  const half = await machine.start('half');
  await expect.poll(() => commands(half)).toEqual(sleepers);
  await half.stop();
  const left = await machine.leftovers();
  expect(left.map(({ unit, commandLine }) => [unit, commandLine.join(' ')]).sort()).toEqual([
    ['half.service', 'sleep 1000'],
    ['half.service', 'sleep 1001'],
  ]);
  // They go with the machine.
});
