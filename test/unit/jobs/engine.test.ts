import { beforeEach, describe, expect, it } from 'vitest';
import type { JobType } from '../../../src/units/job-types.ts';
import type { ActiveState, OperationResult } from '../../../src/units/unit.ts';
import type { Release } from '../../../src/voice/release.ts';
import { EngineWorld } from './engine-world.ts';

let world: EngineWorld;
const make = (texts: Record<string, string>, release?: Release): void => {
  world = new EngineWorld(texts, release === undefined ? {} : { release });
};
/** The log, important things first cut off: `6 Started …`. */
const said = (): string[] => world.messages.splice(0).map(({ priority, message }) => `${priority} ${message}`);

describe('a job', () => {
  beforeEach(() => make({ 'a.service': '' }));

  it('runs when the event loop comes to it, and ends when its unit is there', async () => {
    const job = world.engine.add('start', world.unit('a.service'), 'replace');
    expect(world.queued).toEqual(['start a.service waiting']);
    expect(world.engine.find(job.id)).toBe(job);
    expect(world.engine.idle).toBe(false);
    world.host.settle();
    expect(world.queued).toEqual(['start a.service running']);
    world.becomes('activating', 'a.service');
    expect(world.queued).toEqual(['start a.service running']);
    world.becomes('active', 'a.service');
    expect(await job.finished).toBe('done');
    expect(world.engine.size).toBe(0);
    expect(world.engine.find(job.id)).toBeUndefined();
    expect(world.unit('a.service').job).toBeUndefined();
    expect(world.ended).toEqual(['a.service', 'all']);
    expect(world.engine.idle).toBe(true);
  });

  /** What the job comes to when its unit gets to a state while it runs. */
  const outcomes: [JobType, ActiveState, ActiveState, string][] = [
    ['start', 'inactive', 'active', 'done'],
    ['start', 'inactive', 'reloading', 'done'],
    ['start', 'inactive', 'activating', 'runs'],
    ['start', 'inactive', 'failed', 'failed'],
    ['start', 'inactive', 'inactive', 'done'],
    ['start', 'inactive', 'deactivating', 'runs'],
    ['stop', 'active', 'inactive', 'done'],
    ['stop', 'active', 'failed', 'done'],
    ['stop', 'active', 'deactivating', 'runs'],
    ['stop', 'active', 'active', 'failed'],
    ['stop', 'active', 'activating', 'failed'],
  ];
  it.each(outcomes)('%s of a unit that is %s and becomes %s: %s', (type, before, after, outcome) => {
    world.all(before, 'a.service');
    const job = world.add(type, 'a.service');
    world.unit('a.service').set(after);
    expect(job.result ?? 'runs').toBe(outcome);
    expect(world.engine.failedCount).toBe(outcome === 'failed' ? 1 : 0);
  });

  it.each([
    ['active', false, 'done'],
    ['active', true, 'failed'],
    ['reloading', false, 'runs'],
    ['activating', false, 'runs'],
    ['deactivating', false, 'runs'],
    ['inactive', false, 'done'],
    ['failed', false, 'failed'],
  ] as const)('reload of a unit that becomes %s (reload failed: %s): %s', (after, reloadFailed, outcome) => {
    make({ 'a.service': 'PropagatesReloadTo=b.service' });
    world.all('active', 'a.service');
    const job = world.add('reload', 'a.service');
    world.unit('a.service').set(after, { reloadFailed });
    expect(job.result ?? 'runs').toBe(outcome);
  });

  it.each(['inactive', 'failed'] as const)('reload of a unit that becomes %s in 262: canceled', (after) => {
    make({ 'a.service': 'PropagatesReloadTo=b.service' }, 262);
    world.all('active', 'a.service');
    const job = world.add('reload', 'a.service');
    world.unit('a.service').set(after);
    expect(job.result).toBe('canceled');
  });

  it('reload that has failed before its unit does in 262: failed', () => {
    make({ 'a.service': 'PropagatesReloadTo=b.service' }, 262);
    world.all('active', 'a.service');
    const job = world.add('reload', 'a.service');
    world.unit('a.service').set('failed', { reloadFailed: true });
    expect(job.result).toBe('failed');
  });

  it.each([
    [257, ["5 a.service: Job a.service/start failed with result 'dependency'."]],
    [262, []],
  ] as const)('that fails with another, in %i', (release, told) => {
    make({ 'a.service': 'Requires=b.service\nAfter=b.service', 'b.service': '' }, release);
    world.add('start', 'a.service');
    world.becomes('failed', 'b.service');
    expect(said().filter((line) => line.includes('with result'))).toEqual(told);
  });

  it('that waits is not ended by what is no answer to it', () => {
    make({ 'a.service': 'After=b.service', 'b.service': '' });
    world.add('start', 'b.service');
    const job = world.add('start', 'a.service');
    for (const state of ['activating', 'failed', 'inactive'] as const) world.unit('a.service').set(state);
    expect(job.result).toBeUndefined();
    world.unit('a.service').set('active');
    expect(job.result).toBe('done');
  });

  it.each([
    ['started', 'runs'],
    ['quiet', 'runs'],
    ['again', 'waits'],
    ['already', 'done'],
    ['condition', 'done'],
    ['invalid', 'invalid'],
    ['assert', 'assert'],
    ['unsupported', 'unsupported'],
    ['dependency', 'dependency'],
    ['once', 'once'],
    ['failed', 'failed'],
  ] as [OperationResult, string][])('whose unit answers %s: %s', (answer, outcome) => {
    world.unit('a.service').answers.start = answer;
    const job = world.add('start', 'a.service');
    const state = job.state === 'running' ? 'runs' : 'waits';
    expect(job.result ?? state).toBe(outcome);
    expect(world.engine.failedCount).toBe(outcome === 'failed' || outcome === 'invalid' ? 1 : 0);
  });

  it('that can not be done now is tried again at the next change of its unit', () => {
    world.unit('a.service').answers.start = 'again';
    world.add('start', 'a.service');
    world.unit('a.service').answers.start = 'started';
    world.becomes('deactivating', 'a.service');
    expect(world.queued).toEqual(['start a.service running']);
  });

  it('of a type that only follows what happens waits for it; a reload does not', () => {
    world.unit('a.service').answers = { start: 'not-applicable', stop: 'not-applicable', reload: 'not-applicable' };
    world.add('start', 'a.service');
    expect(world.queued).toEqual(['start a.service running']);
    world.becomes('active', 'a.service');
    world.add('stop', 'a.service');
    expect(world.queued).toEqual(['stop a.service running']);
  });

  it('says whether a change of state is one that it asked for', () => {
    const changed = (state: ActiveState): boolean => world.engine.unitChanged(world.unit('a.service'), state, false);
    expect(changed('active')).toBe(true);
    world.add('start', 'a.service');
    expect(changed('activating')).toBe(false);
    expect(changed('deactivating')).toBe(true);
    expect(changed('failed')).toBe(true);
    world.all('active', 'a.service');
    world.add('stop', 'a.service');
    expect(changed('deactivating')).toBe(false);
    expect(changed('active')).toBe(true);
    make({ 'a.service': 'PropagatesReloadTo=x.service', 'first.service': '', 'late.service': 'After=first.service' });
    world.all('active', 'a.service');
    world.add('reload', 'a.service');
    expect(['active', 'reloading', 'activating'].map((state) => changed(state as ActiveState))).toEqual([
      false,
      true,
      true,
    ]);
    world.add('reload', 'a.service');
    expect([changed('reloading'), changed('activating'), changed('deactivating')]).toEqual([false, false, true]);
    // One that waits has asked for nothing yet.
    world.add('start', 'first.service');
    world.add('start', 'late.service');
    expect(world.engine.unitChanged(world.unit('late.service'), 'inactive', false)).toBe(false);
  });

  it('runs beside those that are asked for before any runs', () => {
    world = new EngineWorld({ 'a.service': '', 'b.service': 'Before=a.service' });
    world.onBeforeRun = () => {
      world.onBeforeRun = () => {};
      world.engine.add('start', world.unit('b.service'), 'replace');
    };
    world.add('start', 'a.service');
    expect(world.queued).toEqual(['start a.service waiting', 'start b.service running']);
  });

  it('that is canceled before it runs begins nothing', () => {
    const job = world.engine.add('start', world.unit('a.service'), 'replace');
    world.engine.cancel(job);
    world.host.settle();
    expect(world.unit('a.service').heard).not.toContain('start');
    expect(job.result).toBe('canceled');
  });

  it('begins once, however often its unit is looked at', () => {
    world.add('start', 'a.service');
    world.becomes('activating', 'a.service');
    world.engine.wake(world.unit('a.service'));
    world.host.settle();
    expect(world.unit('a.service').heard.filter((word) => word === 'start')).toHaveLength(1);
  });

  it('whose unit throws is an error of the manager; the others run', () => {
    make({ 'a.service': '', 'b.service': '', 'c.service': '' });
    Object.defineProperty(world.unit('b.service'), 'start', {
      value: () => {
        throw new TypeError('mistake');
      },
    });
    for (const name of ['a', 'b', 'c']) world.engine.add('start', world.unit(`${name}.service`), 'replace');
    world.host.settle();
    expect(world.logged(2)[0]).toMatch(/^Internal error while handling event: TypeError: mistake/);
    expect(world.unit('c.service').heard).toContain('start');
  });

  it('that waits in line for an order is not ended by what is no answer: a stop, a reload', () => {
    make({ 'first.service': '', 'a.service': 'After=first.service\nPropagatesReloadTo=x.service' });
    world.all('active', 'first.service', 'a.service');
    world.add('stop', 'a.service');
    const stop = world.add('stop', 'first.service');
    world.unit('first.service').set('active');
    expect([stop.state, stop.result]).toEqual(['waiting', undefined]);
    world.engine.clear();
    world.all('inactive', 'first.service');
    world.all('active', 'a.service');
    world.add('start', 'first.service');
    const reload = world.add('reload', 'a.service');
    for (const state of ['active', 'inactive'] as const) world.unit('a.service').set(state);
    expect([reload.state, reload.result]).toEqual(['waiting', undefined]);
  });

  it('counts among those that were queued', () => {
    world.add('start', 'a.service');
    world.add('start', 'a.service');
    expect(world.engine.installedCount).toBe(1);
    world.becomes('active', 'a.service');
    world.add('stop', 'a.service');
    expect(world.engine.installedCount).toBe(2);
  });
});

describe('a restart', () => {
  beforeEach(() => make({ 'a.service': 'After=b.service', 'b.service': 'After=c.service', 'c.service': '' }));

  it('stops, then is a start that waits for its turn', async () => {
    world.all('active', 'a.service');
    const job = world.add('restart', 'a.service');
    expect(world.unit('a.service').heard).toContain('stop');
    world.becomes('deactivating', 'a.service');
    expect(world.queued).toEqual(['restart a.service running']);
    world.becomes('inactive', 'a.service');
    expect(world.queued).toEqual(['start a.service running']);
    world.becomes('active', 'a.service');
    expect(await job.finished).toBe('done');
  });

  it('that is canceled starts nothing', () => {
    world.all('active', 'a.service');
    const job = world.add('restart', 'a.service');
    world.engine.cancel(job);
    expect(job.result).toBe('canceled');
    world.becomes('inactive', 'a.service');
    expect(world.queued).toEqual([]);
  });

  it('of what does not run is a start', () => {
    world.add('restart', 'a.service');
    expect(world.queued).toEqual(['start a.service running']);
  });
});

describe('jobs of units that are ordered', () => {
  beforeEach(() => make({ 'first.service': '', 'second.service': 'After=first.service' }));

  it('start one after the other', () => {
    world.add('start', 'second.service');
    expect(world.queued).toEqual(['start second.service running']);
    world.becomes('active', 'second.service');
    world.becomes('inactive', 'second.service');
    world.add('start', 'first.service');
    world.add('start', 'second.service');
    expect(world.queued).toEqual(['start first.service running', 'start second.service waiting']);
    world.becomes('active', 'first.service');
    expect(world.queued).toEqual(['start second.service running']);
  });

  it('stop the other way round', () => {
    world.all('active', 'first.service', 'second.service');
    world.add('stop', 'first.service');
    world.becomes('active', 'first.service');
    world.all('active', 'first.service', 'second.service');
    world.add('stop', 'second.service');
    world.add('stop', 'first.service');
    expect(world.queued).toEqual(['stop first.service waiting', 'stop second.service running']);
    world.becomes('inactive', 'second.service');
    expect(world.queued).toEqual(['stop first.service running']);
  });

  it('run where the order that they waited for is none any more', () => {
    world = new EngineWorld({ 'a.service': 'After=b.service', 'b.service': '' });
    world.add('start', 'b.service');
    world.add('start', 'a.service');
    expect(world.queued).toEqual(['start a.service waiting', 'start b.service running']);
    world.write('a.service', '');
    world.loader.refresh();
    world.units.reloadAll();
    world.engine.wakeAll();
    world.host.settle();
    expect(world.queued).toEqual(['start a.service running', 'start b.service running']);
  });

  it('do not wait where the order is to be ignored', () => {
    world.add('start', 'first.service');
    world.add('start', 'second.service', 'ignore-dependencies');
    expect(world.queued).toEqual(['start first.service running', 'start second.service running']);
  });
});

describe('a second job for a unit', () => {
  beforeEach(() =>
    make({ 'a.service': 'PropagatesReloadTo=x.service', 'first.service': '', 'late.service': 'After=first.service' }),
  );

  it('that asks for the same is the one that is there', () => {
    const job = world.add('start', 'a.service');
    expect(world.add('start', 'a.service')).toBe(job);
    expect(job.state).toBe('running');
  });

  it('that asks for more makes it begin again', () => {
    world.add('start', 'first.service');
    const job = world.add('start', 'late.service');
    expect(world.engine.add('restart', world.unit('late.service'), 'replace')).toBe(job);
    expect(job.type).toBe('restart');
    // A stop waits for nobody who comes before; there is nothing to stop.
    world.host.settle();
    expect(job).toMatchObject({ type: 'start', state: 'waiting' });
    world.all('activating', 'a.service');
    const running = world.add('start', 'a.service');
    expect(world.add('restart', 'a.service')).toBe(running);
    expect(running.type).toBe('restart');
    expect(world.unit('a.service').heard.at(-1)).toBe('stop');
  });

  it('a reload makes it begin again, as it may have read its files before', () => {
    world.all('active', 'a.service');
    const job = world.add('restart', 'a.service');
    expect(world.engine.add('reload', world.unit('a.service'), 'replace')).toBe(job);
    expect([job.type, job.state]).toEqual(['restart', 'waiting']);
  });

  it('changes nothing about why the unit was started', () => {
    const details = { triggerUnit: 'x.timer', environment: [] as [string, string][] };
    const job = world.engine.add('start', world.unit('a.service'), 'replace', details);
    world.engine.add('start', world.unit('a.service'), 'replace');
    expect(job.details).toBe(details);
  });

  it('that contradicts fails nothing that needs the unit', () => {
    make({ 'a.service': '', 'needs.service': 'Requires=a.service\nAfter=a.service' });
    const needs = world.add('start', 'needs.service');
    world.engine.add('stop', world.unit('a.service'), 'ignore-dependencies');
    expect(needs.result).toBeUndefined();
  });

  it('that contradicts takes its place', async () => {
    const job = world.add('start', 'a.service');
    world.all('activating', 'a.service');
    const stop = world.add('stop', 'a.service');
    expect(await job.finished).toBe('canceled');
    expect(stop).not.toBe(job);
    expect(world.queued).toEqual(['stop a.service running']);
  });

  it('passes on that it may not be turned around, or needs no order', () => {
    const job = world.add('start', 'a.service');
    world.add('start', 'a.service', 'replace-irreversibly');
    expect(job.irreversible).toBe(true);
    expect(job.ignoreOrder).toBe(false);
    world.add('start', 'a.service', 'ignore-dependencies');
    expect(job.ignoreOrder).toBe(true);
    world.add('start', 'a.service');
    expect([job.irreversible, job.ignoreOrder]).toEqual([true, true]);
  });

  it('only waits beside it where it asks for nothing', () => {
    world.add('start', 'first.service');
    const nop = world.engine.add('try-restart', world.unit('late.service'), 'replace');
    expect(world.engine.add('try-restart', world.unit('late.service'), 'replace')).toBe(nop);
    expect([nop.type, nop.result]).toEqual(['nop', undefined]);
    world.host.settle();
    expect(nop.result).toBe('done');
    expect(world.unit('late.service').nopJob).toBeUndefined();
    expect(world.unit('a.service').nopJob).toBeUndefined();
  });
});

describe('modes', () => {
  it('isolate and flush cancel all other jobs but those of units that are never isolated', () => {
    make({ 'a.target': 'AllowIsolate=yes', 'other.service': '', 'kept.service': 'IgnoreOnIsolate=yes' });
    const [other, kept] = [world.add('start', 'other.service'), world.add('start', 'kept.service')];
    world.add('start', 'a.target', 'flush');
    expect([other.result, kept.result]).toEqual(['canceled', undefined]);
    world.engine.clear();
    const again = world.add('start', 'other.service');
    world.add('start', 'a.target', 'isolate');
    // What was about to start is stopped.
    expect(again.result).toBe('canceled');
  });

  it('isolate cancels what is to start a unit that stays as it is', () => {
    make({
      'a.target': 'AllowIsolate=yes',
      'kept.service': '',
      'kept.timer': 'IgnoreOnIsolate=yes\n[Timer]\nOnActiveSec=1',
    });
    world.unit('kept.timer').be('active');
    const job = world.add('start', 'kept.service');
    world.add('start', 'a.target', 'isolate');
    expect(job.result).toBe('canceled');
    expect(world.queued).toEqual([]);
  });

  it('flush keeps a job of what it asks for itself; of the others none fails by another', () => {
    make({ 'a.service': '', 'base.service': '', 'needs.service': 'Requires=base.service\nAfter=base.service' });
    const jobs = [
      world.add('start', 'a.service'),
      world.add('start', 'base.service'),
      world.add('start', 'needs.service'),
    ];
    expect(world.add('start', 'a.service', 'flush')).toBe(jobs[0]);
    expect(jobs.map(({ result }) => result)).toEqual([undefined, 'canceled', 'canceled']);
  });

  it('triggering is one for a stop', () => {
    make({ 'a.service': '', 'a.timer': '[Timer]\nOnActiveSec=1' });
    world.all('active', 'a.service', 'a.timer');
    world.add('stop', 'a.service', 'triggering');
    expect(world.queued).toEqual(['stop a.service running', 'stop a.timer waiting']);
  });

  it('are refused where they make no sense', () => {
    make({ 'a.service': '', 'b.target': 'AllowIsolate=yes' });
    expect(world.refusal('stop', 'b.target', 'isolate')).toBe('InvalidArgs: Isolate is only valid for start.');
    expect(world.refusal('start', 'a.service', 'isolate')).toBe(
      'NoIsolation: Operation refused, unit may not be isolated.',
    );
    expect(world.refusal('start', 'a.service', 'triggering')).toBe(
      'InvalidArgs: --job-mode=triggering is only valid for stop.',
    );
    expect(world.engine.size).toBe(0);
  });

  it('fail and an irreversible job refuse to turn a job around', () => {
    make({ 'a.service': '' });
    world.add('start', 'a.service');
    expect(world.refusal('stop', 'a.service', 'fail')).toBe(
      "TransactionIsDestructive: Transaction for a.service/stop is destructive (a.service has 'start' job queued, but 'stop' is included in transaction).",
    );
    world.add('start', 'a.service', 'replace-irreversibly');
    expect(world.refusal('stop', 'a.service')).toMatch(/^TransactionIsDestructive/);
    expect(world.queued).toEqual(['start a.service running']);
  });

  it('tell every job that they have touched', () => {
    make({ 'a.service': 'Wants=b.service', 'b.service': '' });
    const affected = new Set<never>();
    const job = world.engine.add('start', world.unit('a.service'), 'replace', undefined, affected);
    expect([...affected].map((one: { unit: { id: string } }) => one.unit.id).sort()).toEqual([
      'a.service',
      'b.service',
    ]);
    expect(job.unit.id).toBe('a.service');
  });

  it('hand to the unit asked for, and to no other, why it is started', () => {
    make({ 'a.service': 'Wants=b.service', 'b.service': '' });
    const details = { triggerUnit: 'x.timer', environment: [] };
    world.engine.add('start', world.unit('a.service'), 'replace', details);
    world.host.settle();
    expect(world.unit('a.service').activationDetails).toBe(details);
    expect(world.unit('b.service').activationDetails).toBeUndefined();
  });
});

describe('a job that does not end well', () => {
  it('fails the starts of what requires the unit, and no others', () => {
    make({
      'base.service': '',
      'req.service': 'Requires=base.service\nAfter=base.service',
      'bound.service': 'BindsTo=base.service\nAfter=base.service',
      'wants.service': 'Wants=base.service\nAfter=base.service',
      'far.service': 'Requires=req.service\nAfter=req.service',
    });
    const jobs = ['far.service', 'bound.service', 'wants.service'].map((name) => world.add('start', name));
    const req = world.unit('req.service').job;
    world.becomes('failed', 'base.service');
    expect(jobs.map(({ result }) => result)).toEqual(['dependency', 'dependency', undefined]);
    expect(req).toMatchObject({ result: 'dependency' });
    expect(world.queued).toEqual(['start wants.service running']);
    expect(world.handled.sort()).toEqual(['bound.service', 'far.service', 'req.service']);
  });

  it('of a unit that came up and is not there fails what asks for it with Requisite=', () => {
    make({ 'base.service': '', 'needs.service': 'Requisite=base.service\nAfter=base.service' });
    world.add('start', 'base.service');
    const needs = world.add('start', 'needs.service');
    expect(needs.state).toBe('waiting');
    world.becomes('inactive', 'base.service');
    expect(needs.result).toBe('dependency');
  });

  it('verifies what must be there: it waits while that comes up, and fails where it does not', () => {
    make({ 'base.service': '', 'needs.service': 'Requisite=base.service\nAfter=base.service' });
    for (const [end, result] of [
      ['active', undefined],
      ['failed', 'dependency'],
    ] as const) {
      world.all('activating', 'base.service');
      const needs = world.add('start', 'needs.service');
      expect(world.queued).toEqual(['start needs.service waiting', 'verify-active base.service waiting']);
      world.becomes(end, 'base.service');
      expect(needs.result).toBe(result);
      world.engine.clear();
    }
    world.messages.length = 0;
    world.status.length = 0;
    world.all('inactive', 'base.service');
    expect(world.add('start', 'needs.service').result).toBe('dependency');
    expect(said()[0]).toBe('5 base.service is inactive.');
    expect(world.status[0]).toBe('[ INFO ] base.service is inactive.');
  });

  it('that has ended without its unit leaves alone those that only require the job', () => {
    make({
      'base.service': 'ConditionPathExists=/none',
      'req.service': 'Requires=base.service\nAfter=base.service',
      'wants.service': 'Requisite=base.service\nAfter=base.service',
    });
    world.engine.add('start', world.unit('base.service'), 'replace');
    const jobs = ['req.service', 'wants.service'].map((name) => world.engine.add('start', world.unit(name), 'replace'));
    world.host.settle();
    expect(jobs.map(({ result }) => result)).toEqual([undefined, 'dependency']);
  });

  it('leaves alone what is to be stopped or reloaded of those that depend on it', () => {
    make({ 'base.service': '', 'req.service': 'Requires=base.service' });
    world.unit('req.service').be('active');
    const stop = world.add('stop', 'req.service');
    const start = world.add('start', 'base.service');
    world.becomes('failed', 'base.service');
    expect([start.result, stop.result]).toEqual(['failed', undefined]);
  });

  it('a stop that is done is no reason to fail a start', () => {
    make({ 'base.service': '', 'needs.service': 'Requisite=base.service' });
    world.all('active', 'base.service');
    world.add('stop', 'base.service');
    const needs = world.engine.add('start', world.unit('needs.service'), 'ignore-requirements');
    world.host.settle();
    world.becomes('inactive', 'base.service');
    expect(needs.result).toBeUndefined();
  });

  it('a stop that fails is one for whoever conflicts with the unit', () => {
    make({ 'old.service': '', 'new.service': 'Conflicts=old.service\nAfter=old.service' });
    world.all('active', 'old.service');
    const start = world.add('start', 'new.service');
    expect(world.queued).toContain('stop old.service running');
    world.becomes('active', 'old.service');
    expect(start.result).toBe('dependency');
  });

  it('that is canceled fails those that need it; cleared, none hears of it', () => {
    make({ 'base.service': '', 'req.service': 'Requires=base.service\nAfter=base.service' });
    const job = world.add('start', 'req.service');
    world.engine.cancel(world.engine.find((world.unit('base.service').job as { id: number }).id)!);
    expect(job.result).toBe('dependency');
    const base = world.add('start', 'base.service');
    const again = world.add('start', 'req.service');
    world.engine.clear();
    expect([base.result, again.result]).toEqual(['canceled', 'canceled']);
    expect(world.engine.size).toBe(0);
  });

  it('is not told again when it has ended', () => {
    make({ 'a.service': '' });
    const job = world.add('start', 'a.service');
    world.engine.cancel(job);
    world.engine.cancel(job);
    expect(world.ended).toEqual(['a.service', 'all']);
  });
});

describe('time limits', () => {
  it('JobTimeoutSec= counts from the queue, JobRunningTimeoutSec= from the start; the earlier end counts', () => {
    make({
      'slow.service': '',
      'a.service': 'JobTimeoutSec=10\nJobRunningTimeoutSec=4\nJobTimeoutAction=reboot\nAfter=slow.service',
    });
    world.add('start', 'slow.service');
    const job = world.add('start', 'a.service');
    expect(job.timeoutAtMs).toBe(world.host.monotonic() + 10_000);
    world.host.advance(3_000);
    world.becomes('active', 'slow.service');
    expect(job.timeoutAtMs).toBe(world.host.monotonic() + 4_000);
    world.host.advance(3_999);
    expect(job.result).toBeUndefined();
    world.messages.length = 0;
    world.host.advance(1);
    expect(job.result).toBe('timeout');
    expect(world.actions).toEqual([{ action: 'reboot', reason: 'job timed out', status: undefined }]);
    expect(said()).toEqual([
      '4 a.service: Job a.service/start timed out.',
      '3 Timed out starting a.service.',
      "5 a.service: Job a.service/start failed with result 'timeout'.",
    ]);
    expect(world.handled).toEqual(['a.service']);
  });

  it('of a job that waits too long end it there', () => {
    make({ 'slow.service': '', 'a.service': 'JobTimeoutSec=2\nJobRunningTimeoutSec=infinity\nAfter=slow.service' });
    world.add('start', 'slow.service');
    const job = world.add('start', 'a.service');
    world.messages.length = 0;
    world.host.advance(2_000);
    expect(job.result).toBe('timeout');
    expect(said()[1]).toBe('3 Timed out starting a.service.');
  });

  it('end with the job', () => {
    make({ 'a.service': 'JobTimeoutSec=2' });
    world.add('start', 'a.service');
    world.becomes('active', 'a.service');
    world.host.advance(10_000);
    expect(world.actions).toEqual([]);
    expect(world.logged(4)).toEqual([]);
  });
});

describe('who waits for the last job', () => {
  it('is called when none is left, from the event loop; at once where none is', () => {
    make({ 'a.service': '' });
    const called: string[] = [];
    world.engine.whenIdle(() => called.push('now'));
    expect(called).toEqual([]);
    world.host.settle();
    expect(called).toEqual(['now']);
    world.add('start', 'a.service');
    world.engine.whenIdle(() => called.push('later'));
    world.host.advance(1_000);
    world.unit('a.service').set('active');
    expect(called).toEqual(['now']);
    world.host.settle();
    expect(called).toEqual(['now', 'later']);
  });
});

it('an error of the manager’s own is no refusal', () => {
  make({ 'a.service': '' });
  world.units.retry = () => {
    throw new TypeError('mistake');
  };
  expect(() => world.engine.tryAdd('start', world.unit('a.service'), 'fail', 'start')).toThrow('mistake');
});

describe('a job that nobody waits for', () => {
  it('is refused in the log', () => {
    make({ 'a.service': '' });
    world.engine.tryAdd('start', world.unit('none.service'), 'fail', 'OnFailure=');
    expect(said()).toEqual([
      '4 none.service: Failed to enqueue OnFailure= job, ignoring: Unit none.service not found.',
    ]);
    world.engine.tryAdd('start', world.unit('a.service'), 'fail', 'start');
    expect(said()).toEqual([]);
    expect(world.engine.size).toBeGreaterThan(0);
  });
});

describe('what is said', () => {
  beforeEach(() => make({ 'a.service': 'Description=A thing\nPropagatesReloadTo=x.service' }));
  const name = 'a.service - A thing';
  const fields = () => world.messages.map(({ fields: of }) => of);

  it('of a start that succeeds', () => {
    const { id } = world.add('start', 'a.service');
    world.becomes('active', 'a.service');
    expect(fields()).toEqual([
      { JOB_ID: `${id}`, JOB_TYPE: 'start', MESSAGE_ID: '7d4958e842da4a758f6c1cdc7b36dcc5' },
      { JOB_ID: `${id}`, JOB_TYPE: 'start', JOB_RESULT: 'done', MESSAGE_ID: '39f53479d3a045ac8e11786248231fbf' },
    ]);
    expect(world.messages.map(({ unit }) => unit)).toEqual(['a.service', 'a.service']);
    expect(said()).toEqual([`6 Starting ${name}...`, `6 Started ${name}.`]);
    expect(world.status).toEqual([`[] Starting ${name}...`, `[  OK  ] Started ${name}.`]);
  });

  it('of one that fails', () => {
    world.add('start', 'a.service');
    world.becomes('failed', 'a.service');
    expect(fields()[1]).toMatchObject({ JOB_RESULT: 'failed', MESSAGE_ID: 'be02cf6855d2428ba40df7e9d022f03d' });
    expect(said()).toEqual([`6 Starting ${name}...`, `3 Failed to start ${name}.`]);
    expect(world.status).toEqual([
      `[] Starting ${name}...`,
      `[FAILED] Failed to start ${name}.`,
      "[] See 'systemctl status a.service' for details.",
    ]);
  });

  it('of a stop, and of one that has nothing to do', () => {
    world.all('active', 'a.service');
    world.add('stop', 'a.service');
    world.becomes('inactive', 'a.service');
    expect(fields().map((of) => of?.MESSAGE_ID)).toEqual([
      'de5b426a63be47a7b6ac3eaac82e2f6f',
      '9d1aaa27d60140bd96365438aad20286',
    ]);
    expect(said()).toEqual([`6 Stopping ${name}...`, `6 Stopped ${name}.`]);
    expect(world.status).toEqual([`[] Stopping ${name}...`, `[  OK  ] Stopped ${name}.`]);
    world.add('stop', 'a.service');
    expect(said()).toEqual([]);
  });

  it('of a reload, which is none of the console', () => {
    world.all('active', 'a.service');
    world.add('reload', 'a.service');
    world.becomes('active', 'a.service');
    expect(fields().map((of) => of?.MESSAGE_ID)).toEqual([
      'd34d037fff1847e6ae669a370e694725',
      '7b05ebc668384222baa8881179cfda54',
    ]);
    expect(said()).toEqual([`6 Reloading ${name}...`, `6 Reloaded ${name}.`]);
    expect(world.status).toEqual([]);
  });

  it('of a stop that fails, and of the stop of a restart', () => {
    world.all('active', 'a.service');
    world.add('stop', 'a.service');
    world.becomes('active', 'a.service');
    expect(said().at(-1)).toBe(`3 Stopped ${name} with error.`);
    expect(world.status.at(-1)).toBe(`[FAILED] Stopped ${name} with error.`);
    world.add('restart', 'a.service');
    world.messages.length = 0;
    world.becomes('inactive', 'a.service');
    expect(fields()[0]).toMatchObject({ JOB_TYPE: 'restart', MESSAGE_ID: '9d1aaa27d60140bd96365438aad20286' });
    expect(said()[0]).toBe(`6 Stopped ${name}.`);
  });

  it('of what is there at once is its end alone; what can only be waited for is announced', () => {
    make({ 'a.target': '', 'b.service': '' });
    world.add('start', 'a.target');
    expect(said()).toEqual(['6 Reached target a.target.']);
    world.unit('b.service').answers.start = 'not-applicable';
    world.add('start', 'b.service');
    expect(said()).toEqual(['6 Starting b.service...']);
  });

  it('of a quiet start is its end alone', () => {
    world.unit('a.service').answers.start = 'quiet';
    world.add('start', 'a.service');
    world.becomes('active', 'a.service');
    expect(said()).toEqual([`6 Started ${name}.`]);
  });

  it('of one that is canceled is nothing', () => {
    const job = world.add('start', 'a.service');
    said();
    world.engine.cancel(job);
    expect(said()).toEqual([]);
  });

  it.each([
    ['dependency', '4 Dependency failed for', '[DEPEND] Dependency failed for'],
    ['assert', '4 Assertion failed for', '[ASSERT] Assertion failed for'],
    ['unsupported', '4 Starting of', '[UNSUPP] Starting of'],
    ['once', '3 Unit', '[ ONCE ] Unit'],
  ] as [OperationResult, string, string][])(
    'of one that ends with %s has a level and a word of its own',
    (answer, log, status) => {
      world.unit('a.service').answers.start = answer;
      world.add('start', 'a.service');
      expect(said()[0]).toMatch(log);
      expect(world.status[0]).toMatch(status);
    },
  );

  it.each([
    ['ConditionPathExists=/none', ' was skipped because of an unmet condition check (ConditionPathExists=/none).'],
    ['ConditionPathExists=!/etc', ' was skipped because of an unmet condition check (ConditionPathExists=!/etc).'],
    ['ConditionPathExists=|/none', ' was skipped because no trigger condition checks were met.'],
  ])('of one whose condition does not hold names it: %s', (condition, text) => {
    make({ 'a.service': condition });
    world.add('start', 'a.service');
    expect(said()).toEqual([`6 a.service${text}`]);
    expect(world.status).toEqual([]);
  });
});

it('a unit that is not there any more is looked for again', () => {
  make({});
  expect(world.refusal('start', 'new.service')).toBe('NoSuchUnit: Unit new.service not found.');
  world.host.advance(1);
  world.write('new.service', '');
  world.add('start', 'new.service');
  expect(world.queued).toContain('start new.service running');
});

describe('a unit that does not run here', () => {
  it('stands in the way of nobody who needs it to be there', () => {
    make({
      'needs.service': 'Requisite=systemd-udevd.service\nAfter=systemd-udevd.service',
      'systemd-udevd.service': '',
    });
    expect(world.unit('systemd-udevd.service').reasonNotRun).toBeDefined();
    const job = world.add('start', 'needs.service');
    expect(job.result).toBeUndefined();
    expect(world.queued).toEqual(['start needs.service running']);
  });
});

describe('a reload', () => {
  it('that waits has asked for nothing yet', () => {
    make({ 'first.service': '', 'a.service': 'After=first.service\nPropagatesReloadTo=x.service' });
    world.all('active', 'a.service');
    world.add('start', 'first.service');
    world.add('reload', 'a.service');
    expect(world.engine.unitChanged(world.unit('a.service'), 'deactivating', false)).toBe(false);
  });
});

it('several units have a job each, queued before any of them runs: their order counts, and not that of their names', () => {
  const world = new EngineWorld({
    'a.service': 'After=b.service',
    'b.service': '',
    'bad.service': 'Requires=none.service',
  });
  const wanted = (...names: string[]) => names.map((name) => ({ type: 'start' as const, unit: world.unit(name) }));
  const jobs = world.engine.addAll(wanted('a.service', 'b.service', 'a.service'), 'replace');
  expect(jobs.map(({ unit }) => unit.id)).toEqual(['a.service', 'b.service']);
  world.host.settle();
  expect(world.queued).toEqual(['start a.service waiting', 'start b.service running']);
  expect(() => world.engine.addAll(wanted('b.service', 'bad.service'), 'flush')).toThrow(
    'Unit none.service not found.',
  );
  expect(world.engine.size).toBe(2);
});
