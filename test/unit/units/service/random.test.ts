/**
 * Services that do whatever they like, for a long time: a seed makes a unit file and then a sequence of starts, stops,
 * reloads, exits, signals, messages and pauses. Whatever happens, these must hold.
 */

import { describe, expect, it } from 'vitest';
import type { SimProcess } from '../../../../src/simulation/machine/processes.ts';
import { type activeStates, withControlProcess, withMainProcess } from '../../../../src/units/service-types.ts';
import { type World, world } from '../../../support/world.ts';

class Dice {
  #state: number;
  constructor(seed: number) {
    this.#state = seed * 2654435761 + 1;
  }
  next(n: number): number {
    // xorshift32
    let x = this.#state | 0 || 1;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) % n;
  }
  of<T>(list: readonly T[]): T {
    return list[this.next(list.length)]!;
  }
  chance(percent: number): boolean {
    return this.next(100) < percent;
  }
}

const types = ['simple', 'exec', 'oneshot', 'forking', 'notify', 'idle', 'notify-reload'];
const policies = ['no', 'always', 'on-success', 'on-failure', 'on-abnormal', 'on-abort', 'on-watchdog'];

function unitText(dice: Dice): string {
  const type = dice.of(types);
  const oneshot = type === 'oneshot';
  const restart = oneshot ? dice.of(['no', 'on-failure', 'on-abnormal']) : dice.of(policies);
  const lines = [
    `Type=${type}`,
    `Restart=${restart}`,
    `RestartSec=${dice.of(['1ms', '100ms', '3s'])}`,
    `KillMode=${dice.of(['control-group', 'mixed', 'process', 'control-group'])}`,
    `TimeoutStartSec=${dice.of(['2s', '10s'])}`,
    `TimeoutStopSec=${dice.of(['1s', '5s'])}`,
    `TimeoutStopFailureMode=${dice.of(['terminate', 'abort', 'kill'])}`,
    `TimeoutStartFailureMode=${dice.of(['terminate', 'abort', 'kill'])}`,
    'ExecStart=/usr/bin/d',
    'NotifyAccess=all',
    'FileDescriptorStoreMax=3',
  ];
  if (dice.chance(30)) lines.push('RemainAfterExit=yes');
  if (dice.chance(20)) lines.push('SendSIGKILL=no');
  if (dice.chance(30)) lines.push('SendSIGHUP=yes');
  if (dice.chance(30)) lines.push('PIDFile=/run/d.pid');
  if (dice.chance(20) && !oneshot) lines.push('WatchdogSec=2s');
  if (dice.chance(20) && !oneshot) lines.push('RuntimeMaxSec=7s');
  if (dice.chance(10) && !oneshot) lines.push('ExitType=cgroup');
  if (dice.chance(30)) lines.push('RuntimeDirectory=mine');
  if (oneshot && dice.chance(50)) lines.push('ExecStart=/usr/bin/d2');
  for (const kind of ['Condition', 'StartPre', 'StartPost', 'Reload', 'Stop', 'StopPost'])
    for (let n = dice.of([0, 0, 1, 2]); n > 0; n--) lines.push(`Exec${kind}=${dice.of(['', '-'])}/usr/bin/c`);
  return `[Unit]\nStartLimitBurst=${dice.of([0, 5, 50])}\n[Service]\n${lines.join('\n')}\n`;
}

function script(dice: Dice, w: World, process: SimProcess): void {
  if (dice.chance(15)) for (const signal of [1, 6, 15]) process.ignores.add(signal);
  if (dice.chance(20)) process.fork();
  if (dice.chance(20)) {
    const daemon = process.daemonize();
    if (dice.chance(50)) w.host.files.put('/run/d.pid', `${daemon.pid}\n`);
  }
  if (dice.chance(10)) w.host.files.put('/run/d.pid', dice.of(['1', '99999', 'x', '', `${process.pid}`]));
  if (process.comm === 'd' && dice.chance(50))
    w.host.schedule(dice.next(1500), () => process.alive && process.notify('READY=1'));
  const long = process.comm === 'd' && dice.chance(60);
  if (!long && dice.chance(90)) process.exit(dice.of([0, 0, 0, 1, 3, 255]), dice.next(1000));
}

function check(w: World): void {
  const service = w.manager.units.find('a.service')!;
  if (!('mainPid' in service)) throw new Error('not a service');
  const { state, mainPid, controlPid, timerDeadline } = service as unknown as {
    state: keyof typeof activeStates;
    mainPid: number;
    controlPid: number;
    timerDeadline: number;
  };
  const about = `${state} main ${mainPid} control ${controlPid} deadline ${timerDeadline}`;
  // A process is known only in states that have one, and then its exit is waited for.
  if (!withMainProcess.has(state)) expect(mainPid, about).toBe(0);
  if (!withControlProcess.has(state)) expect(controlPid, about).toBe(0);
  for (const pid of [mainPid, controlPid])
    if (pid > 0 && w.host.table.get(pid)?.ppid === 1) expect(w.watched, about).toContain(pid);
  // Nothing is forgotten: something will happen, or the state is one that may last.
  const lasts = ['dead', 'failed', 'exited', 'running'].includes(state);
  if (!lasts) expect(timerDeadline < Number.POSITIVE_INFINITY || mainPid > 0 || controlPid > 0, about).toBe(true);
  if (state === 'running')
    expect(w.manager.tracker.processesOf('a.service').length > 0 || mainPid > 0, about).toBe(true);
}

function run(seed: number): void {
  const dice = new Dice(seed);
  const w = world({ files: { '/usr/bin/d': '', '/usr/bin/d2': '', '/usr/bin/c': '' } });
  const service = w.service('a.service', unitText(dice));
  expect(service.loadState).toBe('loaded');
  w.host.onSpawn = (process) => script(dice, w, process);
  for (let step = 0; step < 40; step++) {
    const own = [...w.host.table.values()].filter((p) => p.pid !== 1 && p.alive);
    switch (dice.next(10)) {
      case 0:
      case 1:
        w.start(service);
        break;
      case 2:
        w.stop(service);
        break;
      case 3:
        w.restart(service);
        break;
      case 4:
        if (service.activeState === 'active' && service.canReload) w.reload(service);
        break;
      case 5:
        if (own.length > 0) dice.of(own).exit(dice.of([0, 1, 5]));
        break;
      case 6:
        if (own.length > 0) dice.of(own).die(dice.of([1, 9, 11, 15]));
        break;
      case 7:
        if (own.length > 0)
          dice
            .of(own)
            .notify(
              dice.of([
                'READY=1',
                'RELOADING=1',
                'STOPPING=1',
                'WATCHDOG=1',
                'WATCHDOG=trigger',
                `MAINPID=${dice.of(own).pid}`,
                'EXTEND_TIMEOUT_USEC=3000000',
                'WATCHDOG_USEC=1000000',
              ]),
            );
        break;
      case 8:
        if (own.length > 0) dice.of(own).notify('FDSTORE=1', [w.host.makeFd('x')]);
        break;
      case 9:
        if (dice.chance(20)) service.resetFailed();
        break;
    }
    w.host.settle();
    check(w);
    w.host.advance(dice.of([0, 10, 500, 3000]));
    check(w);
  }
  // In the end it can be stopped, and nothing of it is left but what its unit file says.
  w.host.onSpawn = (process) => process.exit(0);
  for (const process of w.host.table.values()) process.ignores.clear();
  w.stop(service);
  w.host.advance(120_000);
  expect(['dead', 'failed']).toContain(service.state);
  expect(w.watched).toEqual([]);
  expect(w.host.openFds().size).toBe(0);
  expect(w.host.files.tryStat('/run/mine')).toBeUndefined();
  // What outlives the unit is said so.
  for (const process of w.host.table.values())
    if (process.pid !== 1 && process.ppid !== 0)
      expect(w.messages(service)).toContain(
        `Unit process ${process.pid} (${process.comm}) remains running after unit stopped.`,
      );
}

describe('random lives', () => {
  const first = Number(process.env.SEED ?? 1);
  const count = Number(process.env.RUNS ?? 60);
  it(`hold what a service promises (seeds ${first} to ${first + count - 1})`, () => {
    for (let seed = first; seed < first + count; seed++)
      try {
        run(seed);
      } catch (error) {
        throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
      }
  });
});
