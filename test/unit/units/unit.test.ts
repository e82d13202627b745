/** What every unit does before its type has a say, and what it tells. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Release } from '../../../src/voice/release.ts';
import { UnitsWorld } from '../../support/units-world.ts';

let world: UnitsWorld;
const make = (texts: Record<string, string>, release?: Release): void => {
  world = new UnitsWorld(texts, release === undefined ? {} : { release });
};
const said = (): string[] => world.messages.map(({ priority, message }) => `${priority} ${message}`);

describe('a start', () => {
  beforeEach(() => make({ 'a.service': '' }));

  it.each([
    ['active', 'already'],
    ['reloading', 'already'],
    ['maintenance', 'again'],
    ['inactive', 'started'],
    ['failed', 'started'],
    ['activating', 'started'],
  ] as const)('of a unit that is %s: %s', (state, answer) => {
    expect(world.unit('a.service').be(state).start()).toBe(answer);
  });

  it('of what has no usable file fails', () => {
    const unit = world.unit('a.service');
    for (const state of ['not-found', 'masked', 'bad-setting', 'error'] as const) {
      unit.loadState = state;
      expect(unit.start()).toBe('failed');
    }
  });

  it("of a daemon of systemd's that does not run here has no effect", () => {
    make({ 'systemd-udevd.service': '', 'getty@tty1.service': '', 'mine@tty1.service': '' });
    expect(world.unit('systemd-udevd.service').start()).toBe('already');
    expect(world.unit('systemd-udevd.service').reasonNotRun).toMatch(/udev/);
    expect(world.unit('getty@tty1.service').reasonNotRun).toMatch(/console/);
    expect(world.unit('mine@tty1.service').reasonNotRun).toBeUndefined();
    expect(world.unit('systemd-udevd.service').heard).not.toContain('start');
  });

  it('of what is bound to something that is not there fails, where it comes after it', () => {
    make({ 'a.service': 'BindsTo=b.service\nAfter=b.service', 'c.service': 'BindsTo=b.service', 'b.service': '' });
    expect(world.unit('a.service').start()).toBe('dependency');
    expect(said()).toEqual(["5 a.service: Bound to unit b.service, but unit isn't active."]);
    expect(world.unit('c.service').start()).toBe('started');
    world.all('reloading', 'b.service');
    expect(world.unit('a.service').start()).toBe('started');
  });
});

describe('conditions and asserts', () => {
  const start = (settings: string): string => {
    make({ 'a.service': settings });
    return world.unit('a.service').start();
  };

  it('must all hold', () => {
    expect(start('ConditionPathExists=/etc\nConditionPathExists=/tmp')).toBe('started');
    expect(start('ConditionPathExists=/etc\nConditionPathExists=/none')).toBe('condition');
    expect(start('AssertPathExists=/etc\nAssertPathExists=/none')).toBe('assert');
    expect(said()).toEqual(['5 a.service: Starting requested but asserts failed.']);
  });

  it('of those with | one is enough', () => {
    expect(start('ConditionPathExists=|/none\nConditionPathExists=|/etc')).toBe('started');
    expect(start('ConditionPathExists=|/none\nConditionPathExists=|/nothing')).toBe('condition');
    expect(start('ConditionPathExists=|/etc\nConditionPathExists=/none')).toBe('condition');
    expect(start('ConditionPathExists=|/none\nConditionPathExists=/etc')).toBe('condition');
  });

  it('that can not be decided count as failed, and say why', () => {
    expect(start('ConditionUser=|!nobody-knows-%\nConditionVersion=x')).toMatch(/started|condition/);
    expect(start('ConditionKernelVersion=>=')).toBe('condition');
    expect(said()[0]).toMatch(
      /^4 a\.service: Couldn't determine result for ConditionKernelVersion=>=, assuming failed: /,
    );
    expect(world.unit('a.service').conditions[0]?.result).toBe('error');
    make({ 'a.service': 'ConditionMemory=x' }, 262);
    expect(world.unit('a.service').start()).toBe('condition');
    expect(said()[0]).toBe("4 a.service: Couldn't determine result for ConditionMemory=x: Invalid argument");
  });

  it('are not asked again while the unit starts', () => {
    make({ 'a.service': 'ConditionPathExists=/none' });
    expect(world.unit('a.service').be('activating').start()).toBe('started');
  });

  it('are remembered with their time', () => {
    make({ 'a.service': 'ConditionPathExists=/none\nAssertPathExists=/etc' });
    const unit = world.unit('a.service');
    unit.start();
    expect([unit.conditionResult, unit.assertResult]).toEqual([false, false]);
    expect(unit.conditionTimestamp.monotonic).toBe(world.host.monotonic());
    expect(unit.assertTimestamp.monotonic).toBe(0);
    world.host.files.mkdirs('/none', 0o755);
    world.host.advance(5);
    unit.start();
    expect([unit.conditionResult, unit.assertResult]).toEqual([true, true]);
    expect(unit.assertTimestamp).toEqual(unit.conditionTimestamp);
  });

  it('the one to name is a plain one before one with |', () => {
    const failed = (settings: string): string | undefined => {
      start(settings);
      return world.unit('a.service').failedCondition?.parameter;
    };
    expect(failed('ConditionPathExists=/etc')).toBeUndefined();
    expect(failed('ConditionPathExists=|/none\nConditionPathExists=/no')).toBe('/no');
    expect(failed('ConditionPathExists=|/none\nConditionPathExists=|/no')).toBe('/none');
    expect(failed('ConditionPathExists=|/etc\nConditionPathExists=/no')).toBe('/no');
  });
});

describe('a stop and a reload', () => {
  it('of what is down is done', () => {
    make({ 'a.service': '' });
    for (const state of ['inactive', 'failed'] as const)
      expect(world.unit('a.service').be(state).stop()).toBe('already');
    for (const state of ['active', 'activating', 'maintenance'] as const)
      expect(world.unit('a.service').be(state).stop()).toBe('started');
  });

  it.each([
    ['active', 'started'],
    ['reloading', 'again'],
    ['inactive', 'invalid'],
    ['activating', 'invalid'],
  ] as const)('of a unit that is %s: %s', (state, answer) => {
    make({ 'a.service': 'PropagatesReloadTo=b.service' });
    expect(world.unit('a.service').be(state).reload()).toBe(answer);
    if (answer === 'invalid') expect(said()).toEqual(['4 a.service: Unit cannot be reloaded because it is inactive.']);
  });

  it('reload is not applicable without one, and fails without a file', () => {
    make({ 'a.service': '' });
    const unit = world.unit('a.service').be('active');
    expect(unit.reload()).toBe('not-applicable');
    unit.loadState = 'not-found';
    expect(unit.reload()).toBe('failed');
  });

  it('a reload that is only passed on is over at once', () => {
    make({ 'a.service': 'PropagatesReloadTo=b.service' });
    const changes: string[] = [];
    world.onChange = (unit, from, to) => void changes.push(`${unit.id} ${from} → ${to}`);
    world.unit('a.service').answers.reload = 'not-applicable';
    expect(world.unit('a.service').be('active').reload()).toBe('quiet');
    expect(changes).toEqual(['a.service active → active']);
  });
});

it('has the dependencies that were added, each way', () => {
  make({ 'a.service': 'Wants=b.service', 'b.service': '' });
  const [a, b] = [world.unit('a.service'), world.unit('b.service')];
  expect([a.has('Wants', b), b.has('WantedBy', a), a.has('Requires', b), b.has('Wants', a)]).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

describe('the start limit', () => {
  it('counts starts, says when there were too many, and takes its action', () => {
    make({ 'a.service': 'StartLimitBurst=2\nStartLimitIntervalSec=10\nStartLimitAction=reboot' });
    const unit = world.unit('a.service');
    expect([unit.testStartLimit(), unit.testStartLimit(), unit.testStartLimit()]).toEqual([true, true, false]);
    expect(unit.startLimitHit).toBe(true);
    expect(said()).toEqual(['4 a.service: Start request repeated too quickly.']);
    expect(world.actions).toEqual([{ action: 'reboot', reason: 'unit a.service failed', status: undefined }]);
    unit.resetFailed();
    expect(unit.startLimitHit).toBe(false);
    expect(unit.testStartLimit()).toBe(true);
  });

  it('begins anew where its settings change, and only there', () => {
    make({ 'a.service': 'StartLimitBurst=1\nStartLimitIntervalSec=10' });
    const unit = world.unit('a.service');
    unit.testStartLimit();
    world.units.reload(unit);
    expect(unit.testStartLimit()).toBe(false);
    world.write('a.service', 'StartLimitBurst=1\nStartLimitIntervalSec=11');
    world.loader.refresh();
    world.units.reload(unit);
    expect(unit.testStartLimit()).toBe(true);
  });

  it('and that of starts and stops by themselves begin anew with daemon-reload', () => {
    make({ 'a.service': 'StartLimitBurst=1\nStartLimitIntervalSec=10' });
    const unit = world.unit('a.service');
    for (let n = 0; n < 16; n++) unit.autoStartStopLimit.below(1);
    expect([unit.testStartLimit(), unit.testStartLimit(), unit.autoStartStopLimit.below(1)]).toEqual([
      true,
      false,
      false,
    ]);
    unit.reread();
    expect([unit.startLimitHit, unit.testStartLimit(), unit.autoStartStopLimit.below(1)]).toEqual([false, true, true]);
  });
});

describe('moments', () => {
  it('are kept of when it left each state', () => {
    make({ 'a.service': '' });
    const unit = world.unit('a.service');
    const at = (): number => world.host.monotonic();
    const times: number[] = [];
    for (const state of ['activating', 'active', 'reloading', 'deactivating', 'failed'] as const) {
      world.host.advance(10);
      times.push(at());
      unit.set(state);
    }
    expect(unit.inactiveExitTimestamp.monotonic).toBe(times[0]);
    expect(unit.activeEnterTimestamp.monotonic).toBe(times[1]);
    expect(unit.activeExitTimestamp.monotonic).toBe(times[3]);
    expect(unit.inactiveEnterTimestamp.monotonic).toBe(times[4]);
    expect(unit.stateChangeTimestamp).toEqual(unit.inactiveEnterTimestamp);
    expect(unit.startedInSlice).toBe('system.slice');
  });
});

describe('a name', () => {
  it('in messages is what StatusUnitFormat= says', () => {
    make({ 'a.service': 'Description=A thing', 'b.service': '' });
    const names = (): string[] => [world.unit('a.service').statusName, world.unit('b.service').statusName];
    expect(names()).toEqual(['a.service - A thing', 'b.service']);
    Object.assign(world, { statusUnitFormat: 'name' });
    expect(names()).toEqual(['a.service', 'b.service']);
    Object.assign(world, { statusUnitFormat: 'description' });
    expect(names()).toEqual(['A thing', 'b.service']);
  });

  it('stands before the first line of a message', () => {
    make({ 'a.service': '' });
    world.unit('a.service').log(4, 'one\ntwo');
    expect(said()).toEqual(['4 a.service: one', '4 two']);
    expect(world.messages.map(({ unit }) => unit)).toEqual(['a.service', 'a.service']);
  });
});

describe('what it can', () => {
  it('depends on its file and on what it is', () => {
    make({ 'a.service': 'AllowIsolate=yes\nPropagatesReloadTo=b.service', 'b.service': '' });
    const [a, b] = [world.unit('a.service'), world.unit('b.service')];
    expect([a.canStart, a.canStop, a.canReload, a.canIsolate]).toEqual([true, true, true, true]);
    expect([b.canStart, b.canStop, b.canReload, b.canIsolate]).toEqual([true, true, false, false]);
    a.perpetual = true;
    expect([a.canStart, a.canStop, a.canIsolate]).toEqual([true, false, true]);
    b.loadState = 'masked';
    expect([b.canStart, b.canStop]).toEqual([false, true]);
  });
});
