/** What one request comes to before anything of it is installed. */
import { describe, expect, it } from 'vitest';
import { Transaction, validateLoadState } from '../../../src/jobs/transaction.ts';
import { collapsedType } from '../../../src/jobs/types.ts';
import { JobError, type JobMode, type JobType } from '../../../src/units/job-types.ts';
import type { Release } from '../../../src/voice/release.ts';
import { voiceOf } from '../../../src/voice/voice.ts';
import { EngineWorld } from './engine-world.ts';

function make(texts: Record<string, string>, release: Release = 252) {
  const world = new EngineWorld(texts);
  const skipped: string[] = [];
  /** Jobs that are left: `start a.service`; throws JobError. */
  const plan = (type: JobType, names: string | readonly string[], mode: JobMode = 'replace'): string[] => {
    const transaction = new Transaction(
      {
        log: (level, message, unit) => world.log(level, message, unit),
        voice: voiceOf(release).manager,
        skipLine: (unit) => skipped.push(unit.id),
        retryLoad: (unit) => world.units.retry(unit),
        allUnits: () => world.units.all(),
      },
      [names]
        .flat()
        .map((name) => ({ type: collapsedType(type, world.unit(name).activeState), unit: world.unit(name) })),
      mode,
    );
    return transaction
      .resolve(mode)
      .map((node) => `${node.type} ${node.unit.id}`)
      .sort();
  };
  const refusal = (...request: Parameters<typeof plan>): string => {
    try {
      plan(...request);
    } catch (error) {
      if (error instanceof JobError) return `${error.busName.replace(/.*\./, '')}: ${error.message}`;
      throw error;
    }
    throw new Error('not refused');
  };
  const said = (): string[] => world.messages.map(({ priority, message }) => `${priority} ${message}`);
  return { world, plan, refusal, said, skipped };
}

describe('a start', () => {
  it('brings what it needs and wants, verifies what must be there, stops what it conflicts with', () => {
    const { world, plan } = make({
      'a.service':
        'Requires=r.service\nBindsTo=b.service\nWants=w.service\nUpholds=u.service\nRequisite=q.service\nConflicts=c.service',
      'r.service': '',
      'b.service': '',
      'w.service': '',
      'u.service': '',
      'q.service': '',
      'c.service': '',
      'd.service': 'Conflicts=a.service',
    });
    world.unit('d.service').be('active');
    world.all('active', 'c.service', 'q.service');
    expect(plan('start', 'a.service')).toEqual([
      'start a.service',
      'start b.service',
      'start r.service',
      'start u.service',
      'start w.service',
      'stop c.service',
      'stop d.service',
    ]);
    world.all('inactive', 'q.service');
    expect(plan('start', 'a.service')).toContain('verify-active q.service');
  });

  it('leaves out what is as it should be', () => {
    const { world, plan } = make({
      'a.service': 'Requires=r.service\nConflicts=c.service',
      'r.service': '',
      'c.service': '',
    });
    world.all('active', 'r.service');
    expect(plan('start', 'a.service')).toEqual(['start a.service']);
  });

  it('goes on without what it only wants, and says so where that is worth it', () => {
    const { world, plan, said } = make({
      'a.service': 'Wants=none.service masked.service bad.service',
      'bad.service': '',
      'masked.service': '',
    });
    world.unit('masked.service').loadState = 'masked';
    world.unit('bad.service').loadState = 'bad-setting';
    expect(plan('start', 'a.service')).toEqual(['start a.service']);
    expect(said()).toEqual([
      '4 bad.service: Cannot add dependency job, ignoring: Unit bad.service has a bad unit file setting.',
    ]);
  });

  it('reloads nothing, and asks nothing of what only waits', () => {
    const { world, plan } = make({
      'a.service': 'PropagatesReloadTo=to.service\nRequires=r.service',
      'to.service': 'PropagatesReloadTo=x.service',
      'r.service': '',
    });
    world.all('active', 'to.service');
    expect(plan('start', 'a.service')).toEqual(['start a.service', 'start r.service']);
    expect(plan('nop', 'a.service')).toEqual(['nop a.service']);
  });

  it('goes on where what it conflicts with never ends', () => {
    const { world, plan, said } = make({
      'a.service': 'Conflicts=p.service',
      'p.service': '',
      'q.service': 'Conflicts=a.service',
    });
    world.unit('p.service').be('active').perpetual = true;
    world.unit('q.service').be('active').perpetual = true;
    expect(plan('start', 'a.service')).toEqual(['start a.service']);
    expect(said()).toEqual([
      '4 q.service: Cannot add dependency job, ignoring: Job type stop is not applicable for unit q.service.',
    ]);
  });

  it('is impossible without what must be there', () => {
    const { refusal } = make({ 'a.service': 'Requisite=none.service' });
    expect(refusal('start', 'a.service')).toBe('NoSuchUnit: Unit none.service not found.');
  });

  it('that is wished for is left where what it requires is not there, whoever has asked for it', () => {
    const { world, plan, refusal, said } = make({
      'a.service': 'Wants=w.service\nRequires=r.service',
      'w.service': 'Requires=deep.service',
      'deep.service': 'Requires=bad.service',
      'bad.service': '',
      'r.service': 'Wants=w.service',
      'b.service': 'Requires=w.service',
    });
    world.unit('bad.service').loadState = 'bad-setting';
    expect(plan('start', 'a.service')).toEqual(expect.arrayContaining(['start a.service', 'start r.service']));
    expect(said()).toEqual([
      '4 w.service: Cannot add dependency job, ignoring: Unit bad.service has a bad unit file setting.',
    ]);
    expect(refusal('start', 'b.service')).toBe('BadUnitSetting: Unit bad.service has a bad unit file setting.');
  });

  it('is impossible without what it requires', () => {
    const { refusal } = make({ 'a.service': 'Requires=b.service', 'b.service': 'Requires=none.service' });
    expect(refusal('start', 'a.service')).toBe('NoSuchUnit: Unit none.service not found.');
  });

  it('ignoring requirements, or all dependencies, is one alone', () => {
    const { plan } = make({ 'a.service': 'Requires=b.service', 'b.service': '' });
    expect(plan('start', 'a.service', 'ignore-requirements')).toEqual(['start a.service']);
    expect(plan('start', 'a.service', 'ignore-dependencies')).toEqual(['start a.service']);
  });
});

describe('a stop', () => {
  it('is passed on to what depends on the unit', () => {
    const { world, plan } = make({
      'a.service': 'PropagatesStopTo=to.service',
      'req.service': 'Requires=a.service',
      'qui.service': 'Requisite=a.service',
      'bound.service': 'BindsTo=a.service',
      'part.service': 'PartOf=a.service',
      'wants.service': 'Wants=a.service',
      'to.service': '',
      'idle.service': 'Requires=a.service',
    });
    for (const name of ['a', 'req', 'qui', 'bound', 'part', 'wants', 'to']) world.unit(`${name}.service`).be('active');
    world.unit('idle.service');
    expect(plan('stop', 'a.service')).toEqual([
      'stop a.service',
      'stop bound.service',
      'stop part.service',
      'stop qui.service',
      'stop req.service',
      'stop to.service',
    ]);
  });

  it('with triggering stops what would start the unit again', () => {
    const { world, plan } = make({
      'a.service': '',
      'a.timer': '[Timer]\nOnActiveSec=1',
      'off.timer': '[Timer]\nOnActiveSec=1\nUnit=a.service',
      'queued.timer': '[Timer]\nOnActiveSec=1\nUnit=a.service',
    });
    world.all('active', 'a.service', 'a.timer');
    world.unit('off.timer');
    world.unit('queued.timer').queue('start');
    expect(plan('stop', 'a.service')).toEqual(['stop a.service']);
    expect(plan('stop', 'a.service', 'triggering')).toEqual(['stop a.service', 'stop a.timer', 'stop queued.timer']);
  });

  it('is not passed on to what never ends', () => {
    const { world, plan } = make({ 'a.service': 'PropagatesStopTo=p.service', 'p.service': '' });
    world.all('active', 'a.service');
    world.unit('p.service').be('active').perpetual = true;
    expect(plan('stop', 'a.service')).toEqual(['stop a.service']);
  });

  it('of what never ends is not applicable', () => {
    const { world, refusal } = make({ 'a.service': '' });
    world.unit('a.service').perpetual = true;
    expect(refusal('stop', 'a.service')).toBe(
      'JobTypeNotApplicable: Job type stop is not applicable for unit a.service.',
    );
  });
});

describe('a restart', () => {
  it('takes along what runs and depends on the unit, but for those that a stop alone is passed on to', () => {
    const { world, plan } = make({
      'a.service': 'PropagatesStopTo=to.service\nWants=w.service',
      'req.service': 'Requires=a.service',
      'part.service': 'PartOf=a.service',
      'idle.service': 'Requires=a.service',
      'to.service': '',
      'w.service': '',
    });
    for (const name of ['a', 'req', 'part', 'to']) world.unit(`${name}.service`).be('active');
    world.unit('idle.service');
    expect(plan('restart', 'a.service')).toEqual([
      'restart a.service',
      'restart part.service',
      'restart req.service',
      'start w.service',
    ]);
  });

  it('of what can not be started is not applicable', () => {
    const { world, refusal } = make({ 'a.service': '' });
    world.unit('a.service').perpetual = true;
    expect(refusal('restart', 'a.service')).toMatch(/^JobTypeNotApplicable/);
  });
});

describe('a reload', () => {
  it('is passed on to what runs and can be reloaded', () => {
    const { world, plan, said } = make({
      'a.service': 'PropagatesReloadTo=to.service\nPropagatesReloadTo=idle.service\nPropagatesReloadTo=plain.service',
      'to.service': 'PropagatesReloadTo=far.service',
      'far.service': 'PropagatesReloadTo=x.service',
      'idle.service': 'PropagatesReloadTo=x.service',
      'plain.service': '',
    });
    world.all('active', 'a.service', 'to.service', 'far.service', 'plain.service');
    expect(plan('reload', 'a.service')).toEqual(['reload a.service', 'reload far.service', 'reload to.service']);
    expect(said()).toEqual([
      '4 plain.service: Cannot add dependency reload job, ignoring: Job type reload is not applicable for unit plain.service.',
    ]);
  });

  it('of what has none is not applicable', () => {
    const { refusal } = make({ 'a.service': '' });
    expect(refusal('reload', 'a.service')).toMatch(/^JobTypeNotApplicable/);
  });
});

describe('isolate', () => {
  it('stops all else that runs or is to run, but for what says that it stays, and what would start that', () => {
    const { world, plan } = make({
      'a.target': 'AllowIsolate=yes\nWants=b.service',
      'b.service': '',
      'runs.service': '',
      'failed.service': '',
      'queued.service': '',
      'stays.service': 'IgnoreOnIsolate=yes',
      'b.timer': '[Timer]\nOnActiveSec=1',
      'kept.service': '',
      'kept.timer': 'IgnoreOnIsolate=yes\n[Timer]\nOnActiveSec=1',
    });
    world.all('active', 'runs.service', 'stays.service', 'b.timer', 'kept.service', 'kept.timer');
    world.all('failed', 'failed.service');
    world.unit('queued.service').queue('start');
    for (const unit of world.units.all()) if (unit.type === 'slice') unit.perpetual = true;
    expect(plan('start', 'a.target', 'isolate')).toEqual([
      'start a.target',
      'start b.service',
      'stop b.timer',
      'stop queued.service',
      'stop runs.service',
    ]);
  });

  it('starts what units that are there already ask for, which a mere start leaves', () => {
    const { world, plan } = make({
      'a.target': 'AllowIsolate=yes\nWants=b.service',
      'b.service': 'Wants=c.service',
      'c.service': '',
    });
    world.all('active', 'b.service');
    for (const unit of world.units.all()) if (unit.type === 'slice') unit.perpetual = true;
    expect(plan('start', 'a.target')).toEqual(['start a.target']);
    expect(plan('start', 'a.target', 'isolate')).toEqual(['start a.target', 'start c.service']);
  });
});

describe('contradictions', () => {
  it('what does not matter gives way', () => {
    const { world, plan } = make({
      'a.service': 'Wants=w.service\nConflicts=c.service',
      'w.service': 'Requires=c.service',
      'c.service': '',
    });
    world.all('active', 'c.service');
    expect(plan('start', 'a.service')).toEqual(['start a.service', 'stop c.service']);
  });

  it('of two that do not matter a start is kept, unless it is what somebody conflicts with', () => {
    const { world, plan } = make({
      'a.service': 'Wants=one.service two.service',
      'one.service': 'Conflicts=c.service',
      'two.service': 'Requires=c.service',
      'c.service': '',
    });
    world.all('active', 'c.service');
    expect(plan('start', 'a.service')).toEqual(['start a.service', 'start one.service', 'stop c.service']);
    const { world: other, plan: planOther } = make({
      'a.service': 'Wants=one.service two.service',
      'one.service': '',
      'two.service': 'Requires=c.service',
      'c.service': 'Conflicts=one.service',
    });
    other.all('inactive', 'c.service');
    expect(planOther('start', 'a.service')).toContain('start c.service');
  });

  it('what conflicts with the unit, and it needs all the same, is started', () => {
    const { plan } = make({ 'a.service': 'Requires=c.service', 'c.service': '', 'd.service': 'Conflicts=a.service' });
    expect(plan('start', 'a.service')).toEqual(['start a.service', 'start c.service']);
  });

  it('two that matter are refused', () => {
    const { world, refusal } = make({
      'a.service': 'Requires=r.service\nConflicts=c.service',
      'r.service': 'Requires=c.service',
      'c.service': '',
    });
    world.all('active', 'c.service');
    expect(refusal('start', 'a.service')).toMatch(
      /^TransactionJobsConflicting: Transaction contains conflicting jobs '(start|stop)' and '(start|stop)' for [ac]\.service\. Probably contradicting requirement dependencies configured\.$/,
    );
  });

  it('two that matter are told by the first in the order of the request', () => {
    const told = (name: string): RegExp =>
      new RegExp(` conflicting jobs '(start|stop)' and '(start|stop)' for ${name}`);
    const graph = (requires: string) =>
      make({
        'a.service': `Requires=${requires}`,
        'r.service': 'Requires=x.service\nConflicts=s.service',
        's.service': 'Requires=x.service\nConflicts=r.service',
        'x.service': '',
      });
    expect(graph('r.service s.service').refusal('start', 'a.service')).toMatch(told('a.service'));
    expect(graph('s.service r.service').refusal('start', 'a.service')).toMatch(told('a.service'));
  });

  it('with fail, what does not matter stops nothing that runs and turns no job around', () => {
    const { world, plan } = make({
      'a.service': 'Wants=w.service',
      'w.service': 'Conflicts=c.service d.service',
      'c.service': '',
      'd.service': '',
    });
    world.all('active', 'c.service');
    expect(plan('start', 'a.service', 'replace')).toEqual(['start a.service', 'start w.service', 'stop c.service']);
    expect(plan('start', 'a.service', 'fail')).toEqual(['start a.service']);
    world.all('inactive', 'c.service');
    expect(plan('start', 'a.service', 'fail')).toEqual(['start a.service', 'start w.service']);
    world.unit('d.service').queue('start');
    expect(plan('start', 'a.service', 'fail')).toEqual(['start a.service']);
  });
});

describe('several units', () => {
  const texts = {
    'a.service': 'Requires=x.service',
    'b.service': 'Requires=x.service',
    'foe.service': 'Conflicts=a.service',
    'wishes.service': 'Wants=foe.service',
    'bad.service': 'Requires=none.service',
    'x.service': '',
  };
  it('are in one transaction with what each of them pulls in', () => {
    const { plan } = make(texts);
    expect(plan('start', ['a.service', 'b.service'])).toEqual([
      'start a.service',
      'start b.service',
      'start x.service',
    ]);
    expect(plan('start', ['a.service', 'a.service'])).toEqual(['start a.service', 'start x.service']);
  });
  it('keep their jobs where these are redundant', () => {
    const { world, plan } = make(texts);
    world.all('active', 'a.service', 'b.service', 'x.service');
    expect(plan('start', ['a.service', 'b.service'])).toEqual(['start a.service', 'start b.service']);
    expect(plan('stop', ['foe.service', 'wishes.service'])).toEqual(['stop foe.service', 'stop wishes.service']);
  });
  it('are refused as a whole where one is impossible', () => {
    const { refusal } = make(texts);
    expect(refusal('start', ['a.service', 'bad.service'])).toBe('NoSuchUnit: Unit none.service not found.');
    expect(refusal('start', ['bad.service', 'a.service'])).toBe('NoSuchUnit: Unit none.service not found.');
  });
  it('may not contradict each other; whom one only wants gives way to another', () => {
    const { plan, refusal } = make(texts);
    const text = (types: string): string =>
      `TransactionJobsConflicting: Transaction contains conflicting jobs ${types} for a.service. Probably contradicting requirement dependencies configured.`;
    expect(refusal('start', ['a.service', 'foe.service'])).toBe(text("'stop' and 'start'"));
    expect(refusal('start', ['foe.service', 'a.service'])).toBe(text("'start' and 'stop'"));
    expect(plan('start', ['a.service', 'wishes.service'])).toEqual([
      'start a.service',
      'start wishes.service',
      'start x.service',
    ]);
  });
  it('are all named where the transaction is destructive', () => {
    const { world, refusal } = make(texts);
    world.unit('x.service').queue('start');
    expect(refusal('stop', ['foe.service', 'x.service'], 'fail')).toBe(
      "TransactionIsDestructive: Transaction for foe.service/stop, x.service/stop is destructive (x.service has 'start' job queued, but 'stop' is included in transaction).",
    );
  });
  it('bring with them what their mode says, each of them', () => {
    const { world, plan } = make({
      'a.service': '',
      'a.socket': '[Socket]\nListenStream=/run/a',
      'b.service': '',
      'b.socket': '[Socket]\nListenStream=/run/b',
      'with.service': 'PartOf=b.service',
    });
    world.all('active', 'a.service', 'a.socket', 'b.service', 'b.socket', 'with.service');
    expect(plan('stop', ['a.service', 'b.service'], 'triggering')).toEqual([
      'stop a.service',
      'stop a.socket',
      'stop b.service',
      'stop b.socket',
      'stop with.service',
    ]);
    expect(plan('start', ['a.service', 'b.service'], 'restart-dependencies')).toEqual([
      'restart with.service',
      'start a.service',
      'start b.service',
    ]);
  });
  it.each([[['x.service', 'w.service']], [['w.service', 'x.service']]])(
    'of which one is nothing to do are started for another: %j',
    (names) => {
      const { world, plan } = make({ 'w.service': 'Wants=x.service', 'x.service': '' });
      world.all('active', 'w.service');
      expect(plan('try-restart', names)).toEqual(['restart w.service', 'start x.service']);
    },
  );
});

describe('a cycle of order', () => {
  it('is broken by leaving out a unit that does not matter', () => {
    const { plan, said, skipped } = make({
      'a.service': 'Wants=w.service\nAfter=w.service',
      'w.service': 'After=a.service',
    });
    expect(plan('start', 'a.service')).toEqual(['start a.service']);
    expect(skipped).toEqual(['w.service']);
    expect(said()).toEqual([
      expect.stringMatching(/^4 (a|w)\.service: Found ordering cycle on (a|w)\.service\/start$/),
      expect.stringMatching(/^4 (a|w)\.service: Found dependency on (a|w)\.service\/start$/),
      expect.stringMatching(
        /^3 (a|w)\.service: Job w\.service\/start deleted to break ordering cycle starting with (a|w)\.service\/start$/,
      ),
    ]);
  });

  const ring = {
    'a.service': 'Requires=b.service c.service\nAfter=c.service',
    'b.service': 'After=a.service',
    'c.service': 'After=b.service',
  };
  const how = 'starting with a.service/start';
  it.each([
    [
      252,
      [
        '4 a.service: Found ordering cycle on c.service/start',
        '4 a.service: Found dependency on b.service/start',
        '4 a.service: Found dependency on a.service/start',
      ],
    ],
    [
      262,
      [
        '3 a.service: Found ordering cycle: c.service/start after b.service/start after a.service/start - after c.service',
      ],
    ],
  ] as const)('is told of in the way of %i, by the job at which the walk came back', (release, lines) => {
    const { refusal, said } = make(ring, release);
    expect(refusal('start', 'a.service')).toBe(
      'TransactionOrderIsCyclic: Transaction order is cyclic. See system logs for details.',
    );
    expect(said()).toEqual([...lines, `3 a.service: Unable to break cycle ${how}`]);
  });

  it('takes along what only the unit that is left out has needed', () => {
    const { plan } = make({
      'a.service': 'Wants=w.service\nAfter=w.service',
      'w.service': 'After=a.service\nWants=x.service',
      'x.service': 'Wants=y.service',
      'y.service': '',
    });
    expect(plan('start', 'a.service')).toEqual(['start a.service']);
  });

  it('of units that all matter is refused', () => {
    const { refusal, said } = make({
      'a.service': 'Requires=b.service\nAfter=b.service',
      'b.service': 'Requires=c.service\nAfter=c.service',
      'c.service': 'After=a.service',
    });
    expect(refusal('start', 'a.service')).toBe(
      'TransactionOrderIsCyclic: Transaction order is cyclic. See system logs for details.',
    );
    expect(said().at(-1)).toMatch(/^3 \w\.service: Unable to break cycle starting with \w\.service\/start$/);
  });

  it('is none where one of two is stopped first', () => {
    const { world, plan } = make({
      'a.service': 'Conflicts=c.service\nAfter=c.service',
      'c.service': 'After=a.service',
    });
    world.all('active', 'c.service');
    expect(plan('start', 'a.service')).toEqual(['start a.service', 'stop c.service']);
  });

  it('with a job that is queued already counts too', () => {
    const { world, plan, skipped } = make({
      'a.service': 'Wants=w.service\nAfter=q.service',
      'w.service': 'Before=q.service\nAfter=a.service',
      'q.service': '',
    });
    world.add('start', 'q.service');
    expect(plan('start', 'a.service')).toEqual(['start a.service']);
    expect(skipped).toEqual(['w.service']);
  });

  it('is looked for in chains of thousands, which are taken as they are, or left as a whole', () => {
    const texts: Record<string, string> = {
      'u0.service': 'Conflicts=running.service',
      'running.service': '',
      'a.service': 'Wants=u2999.service',
    };
    for (let n = 1; n < 3000; n++) texts[`u${n}.service`] = `Requires=u${n - 1}.service\nAfter=u${n - 1}.service`;
    const { world, plan, skipped } = make(texts);
    expect(plan('start', 'a.service')).toHaveLength(3001);
    expect(skipped).toEqual([]);
    world.all('active', 'running.service');
    expect(plan('start', 'a.service', 'fail')).toEqual(['start a.service']);
  });
});

describe('a definition that is not usable', () => {
  it.each([
    ['not-found', 'NoSuchUnit', 'Unit a.service not found.'],
    ['bad-setting', 'BadUnitSetting', 'Unit a.service has a bad unit file setting.'],
    ['masked', 'UnitMasked', 'Unit a.service is masked.'],
    ['error', 'LoadFailed', 'Unit a.service failed to load properly.'],
    ['stub', 'LoadFailed', 'Unit a.service is not loaded properly.'],
  ] as const)('%s is said in the words of systemd', (state, name, message) => {
    const unit = make({ 'a.service': '' }).world.unit('a.service');
    expect(() => validateLoadState(unit)).not.toThrow();
    unit.loadState = state;
    expect(() => validateLoadState(unit)).toThrow(
      expect.objectContaining({ busName: `org.freedesktop.systemd1.${name}`, message }),
    );
  });
});

describe('what is down already', () => {
  it('passes no stop on when another target is isolated', () => {
    const { world, plan } = make({
      'a.target': 'AllowIsolate=yes',
      'down.service': 'PropagatesStopTo=kept.service',
      'up.service': '',
      'kept.service': 'IgnoreOnIsolate=yes',
    });
    world.all('active', 'up.service', 'kept.service');
    world.unit('down.service');
    expect(plan('start', 'a.target', 'isolate')).toEqual(['start a.target', 'stop up.service']);
  });

  it('passes none on as the trigger of what is stopped', () => {
    const timer = '[Timer]\nOnActiveSec=1\n[Unit]\nPropagatesStopTo=kept.service';
    const { world, plan } = make({ 'a.service': '', 'a.timer': timer, 'kept.service': '' });
    world.all('active', 'a.service', 'kept.service');
    world.unit('a.timer');
    expect(plan('stop', 'a.service', 'triggering')).toEqual(['stop a.service']);
    world.all('active', 'a.timer');
    expect(plan('stop', 'a.service', 'triggering')).toEqual(['stop a.service', 'stop a.timer', 'stop kept.service']);
  });
});

describe('units that need each other', () => {
  it('start together', () => {
    const { plan } = make({ 'a.service': 'Requires=b.service', 'b.service': 'Requires=a.service' });
    expect(plan('start', 'a.service')).toEqual(['start a.service', 'start b.service']);
  });

  it('go together where one of them is left out of a cycle', () => {
    const { plan } = make({
      'a.service': 'Wants=b.service\nAfter=b.service',
      'b.service': 'Requires=c.service\nAfter=c.service',
      'c.service': 'Requires=b.service\nAfter=a.service',
    });
    expect(plan('start', 'a.service')).toEqual(['start a.service']);
  });
});
