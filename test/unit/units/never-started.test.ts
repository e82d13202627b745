/** Units that have never been started: everything that `show` may ask of them is nothing yet. */
import { expect, it } from 'vitest';
import type { Mount } from '../../../src/units/mount.ts';
import type { Service } from '../../../src/units/service.ts';
import type { Socket } from '../../../src/units/socket.ts';
import type { TimerUnit } from '../../../src/units/timer.ts';
import { world } from '../../support/world.ts';

const w = world({
  units: {
    'a.service': '[Service]\nExecStart=/bin/a\n',
    'a.socket': '[Socket]\nListenStream=/run/a\n',
    'a.timer': '[Timer]\nOnActiveSec=1h\n',
    'a.path': '[Path]\nPathExists=/srv/a\n',
    'a.target': '[Unit]\n',
    'mnt-a.mount': '[Mount]\nWhat=x\nWhere=/mnt/a\n',
  },
});
const never = { realtime: 0, monotonic: 0 };

it.each(['a.service', 'a.socket', 'a.timer', 'a.path', 'a.target', 'mnt-a.mount'])('%s', (name) => {
  const unit = w.unit(name);
  expect(unit).toMatchObject({
    activeState: 'inactive',
    subState: 'dead',
    loadState: 'loaded',
    stateChangeTimestamp: never,
    inactiveExitTimestamp: never,
    activeEnterTimestamp: never,
    activeExitTimestamp: never,
    inactiveEnterTimestamp: never,
    conditionTimestamp: never,
    assertTimestamp: never,
    conditionResult: false,
    assertResult: false,
    conditions: [],
    asserts: [],
    invocationId: '',
    startLimitHit: false,
    perpetual: false,
    onceOnly: false,
    willRestart: false,
    supported: true,
    canStart: true,
    canStop: true,
    inMaintenance: false,
    exitStatus: undefined,
    startedInSlice: undefined,
  });
});

it('a service has no process, no watchdog and no result', () => {
  const service = w.unit('a.service') as Service;
  expect(service).toMatchObject({
    result: 'success',
    reloadResult: 'success',
    cleanResult: 'success',
    mainPid: 0,
    mainPidKnown: false,
    mainPidAlien: false,
    controlPid: 0,
    nRestarts: 0,
    statusText: '',
    statusErrors: { errno: 0, bus: '', varlink: '' },
    notifyState: 'unknown',
    watchdogTimestamp: never,
    watchdogMs: 0,
    uid: undefined,
    gid: undefined,
    cpuUsageMs: 0,
    timerDeadline: Number.POSITIVE_INFINITY,
    mainStatus: {
      pid: 0,
      startTimestamp: never,
      handoffTimestamp: never,
      exitTimestamp: never,
      code: undefined,
      status: 0,
    },
  });
  expect(service.statusesOf('ExecStart')).toEqual([
    { pid: 0, startTimestamp: never, handoffTimestamp: never, exitTimestamp: never, code: undefined, status: 0 },
  ]);
  expect([service.statusesOf('ExecStop'), service.fdStore.size]).toEqual([[], 0]);
});

it('a socket has no descriptor and no connection', () => {
  expect(w.unit('a.socket') as Socket).toMatchObject({
    result: 'success',
    controlPid: 0,
    connections: 0,
    accepted: 0,
    refused: 0,
    descriptors: [],
  });
});

it('a timer has no time, a mount has nothing mounted', () => {
  expect(w.unit('a.timer') as TimerUnit).toMatchObject({
    result: 'success',
    nextElapseMonotonic: 0,
    nextElapseRealtime: 0,
    lastTrigger: never,
    values: [{ nextMs: 0 }],
  });
  expect(w.unit('mnt-a.mount') as Mount).toMatchObject({
    result: 'success',
    reloadResult: 'success',
    controlPid: 0,
    found: false,
    where: '/mnt/a',
    mounted: undefined,
  });
});

it('the limit of starts and stops by dependencies is sixteen in ten seconds', () => {
  const { autoStartStopLimit } = w.unit('a.target');
  const times = Array.from({ length: 17 }, () => autoStartStopLimit.below(1_000));
  expect(times).toEqual([...Array.from({ length: 16 }, () => true), false]);
  expect([autoStartStopLimit.below(10_999), autoStartStopLimit.end, autoStartStopLimit.below(11_000)]).toEqual([
    false,
    11_000,
    true,
  ]);
});
