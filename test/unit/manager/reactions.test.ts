import { beforeEach, describe, expect, it } from 'vitest';
import { Reactions } from '../../../src/manager/reactions.ts';
import type { ActiveState, ChangeFlags } from '../../../src/units/unit.ts';
import { UnitsWorld } from '../../support/units-world.ts';

let world: UnitsWorld;
let reactions: Reactions;
/** What was done besides jobs: which queues, who was told. */
let done: string[];
/** The job engine's verdict on the next change. */
let isUnexpected: boolean;

function make(texts: Record<string, string>): void {
  world = new UnitsWorld(texts);
  done = [];
  isUnexpected = false;
  reactions = new Reactions({
    jobs: {
      tryAdd: world.jobs.tryAdd,
      unitChanged: (unit, state, reloadFailed) => {
        done.push(`job ${unit.id} ${state}${reloadFailed ? ' reload failed' : ''}`);
        return isUnexpected;
      },
      wakeWaiting: (units) => {
        for (const unit of units) done.push(`room for ${unit.id}?`);
      },
    },
    changes: { tell: (unit) => void done.push(`told ${unit.id}`) },
    queues: {
      mayBeUnneeded: (unit) => void done.push(`unneeded? ${unit.id}`),
      mayBeUpheld: (unit) => void done.push(`upheld? ${unit.id}`),
      mayBeUnbound: (unit) => void done.push(`unbound? ${unit.id}`),
      schedule: () => void done.push('schedule'),
    },
    units: {
      noteState: (unit, state) => void done.push(`note ${unit.id} ${state}`),
      mayBeUnused: (unit) => void done.push(`unused? ${unit.id}`),
    },
    shutdown: world.shutdown,
    onActive: (unit) => done.push(`active ${unit.id}`),
  });
  world.onChange = (...change) => reactions.unitChanged(...change);
}

/** a.service goes from one state to the other: what is asked for then. */
function change(from: ActiveState, to: ActiveState, flags: ChangeFlags = {}, name = 'a.service'): string[] {
  world.requested.length = 0;
  world.actions.length = 0;
  done.length = 0;
  world.unit(name).be(from).set(to, flags);
  return [...world.requested];
}

describe('a change of state', () => {
  beforeEach(() =>
    make({ 'a.service': '', 'a.timer': '[Timer]\nOnActiveSec=1', 'x.path': '[Path]\nPathExists=/x\nUnit=a.service' }),
  );

  it('is told to the list of failures, to who follows the unit, to its job, and to its triggers', () => {
    world.unit('a.timer');
    world.unit('x.path');
    change('active', 'failed', { reloadFailed: true });
    expect(done.slice(0, 3)).toEqual(['note a.service failed', 'told a.service', 'job a.service failed reload failed']);
    change('active', 'failed');
    expect(done).toContain('job a.service failed');
    expect(world.unit('a.timer').heard).toContain('a.service changed');
    expect(world.unit('x.path').heard).toContain('a.service changed');
  });

  it('to active makes it known as one that has come up, once', () => {
    change('activating', 'active');
    expect(done).toContain('active a.service');
    change('reloading', 'active');
    expect(done).not.toContain('active a.service');
    change('inactive', 'reloading');
    expect(done).toContain('active a.service');
  });
});

describe('which queues a change fills', () => {
  beforeEach(() =>
    make({
      'a.service': 'Wants=wanted.service\nUpholds=held.service',
      'wanted.service': '',
      'held.service': '',
      'bound.service': 'BindsTo=a.service',
    }),
  );

  it('down: what it has needed, what is bound to it, itself as one that is upheld, or of no use', () => {
    world.unit('bound.service');
    for (const state of ['inactive', 'failed'] as const) {
      change('active', state);
      expect(done.slice(3).sort()).toEqual([
        'schedule',
        'unbound? bound.service',
        'unneeded? held.service',
        'unneeded? system.slice',
        'unneeded? wanted.service',
        'unused? a.service',
        'upheld? a.service',
      ]);
    }
  });

  it('up: what it upholds, and itself as one that is not needed or not bound', () => {
    for (const state of ['active', 'reloading'] as const) {
      change('active', state);
      expect(done.slice(3).sort()).toEqual([
        'schedule',
        'unbound? a.service',
        'unneeded? a.service',
        'upheld? held.service',
      ]);
    }
  });

  it('in between: none', () => {
    for (const state of ['activating', 'deactivating', 'maintenance'] as const) {
      change('active', state);
      expect(done.slice(3)).toEqual(['schedule']);
    }
  });
});

describe('a unit that comes up by itself', () => {
  beforeEach(() =>
    make({
      'a.service':
        'Requires=req.service\nBindsTo=bound.service\nUpholds=held.service\nWants=wanted.service\n' +
        'Conflicts=con.service\nRequires=late.service\nAfter=late.service',
      'req.service': '',
      'bound.service': '',
      'held.service': '',
      'wanted.service': '',
      'late.service': '',
      'con.service': '',
      'against.service': 'Conflicts=a.service',
    }),
  );

  it('brings what it needs, but for what it would have waited for, and stops what it conflicts with', () => {
    world.unit('against.service').be('active');
    world.all('activating', 'con.service');
    isUnexpected = true;
    expect(change('inactive', 'active').sort()).toEqual([
      'start bound.service replace',
      'start held.service replace',
      'start req.service replace',
      'start wanted.service fail',
      'stop against.service replace',
      'stop con.service replace',
    ]);
    expect(change('failed', 'activating')).toHaveLength(6);
  });

  it('leaves those that are there, or gone, as they are to be', () => {
    world.unit('against.service').be('deactivating');
    world.all('failed', 'con.service');
    world.all('active', 'req.service', 'held.service');
    world.all('activating', 'bound.service');
    world.all('reloading', 'wanted.service');
    isUnexpected = true;
    expect(change('inactive', 'active')).toEqual([]);
  });

  it('does none of it where a job has asked for the change, or nothing has begun', () => {
    expect(change('inactive', 'active')).toEqual([]);
    isUnexpected = true;
    expect(change('activating', 'active')).toEqual([]);
    expect(change('inactive', 'failed')).toEqual([]);
  });
});

describe('a unit that goes down by itself', () => {
  it('stops what is bound to it and what it passes a stop on to', () => {
    make({
      'a.service': 'PropagatesStopTo=to.service',
      'to.service': '',
      'bound.service': 'BindsTo=a.service',
      'needs.service': 'Requires=a.service',
    });
    world.unit('bound.service').be('active');
    world.unit('needs.service').be('active');
    world.all('active', 'to.service');
    expect(change('active', 'inactive')).toEqual([]);
    isUnexpected = true;
    const stops = ['stop bound.service replace', 'stop to.service replace'];
    expect(change('active', 'inactive').sort()).toEqual(stops);
    expect(change('activating', 'failed').sort()).toEqual(stops);
    expect(change('reloading', 'deactivating').sort()).toEqual(stops);
    expect(change('deactivating', 'inactive')).toEqual([]);
    expect(change('active', 'reloading')).toEqual([]);
    world.all('inactive', 'to.service');
    world.unit('bound.service').be('deactivating');
    expect(change('active', 'inactive')).toEqual([]);
  });
});

describe('OnFailure=', () => {
  beforeEach(() =>
    make({
      'a.service': 'OnFailure=f1.service f2.service\nOnFailureJobMode=replace-irreversibly',
      'f1.service': '',
      'f2.service': '',
    }),
  );
  const starts = [
    'start f1.service replace-irreversibly (OnFailure=)',
    'start f2.service replace-irreversibly (OnFailure=)',
  ];

  it('starts its units when the unit fails, once', () => {
    expect(change('active', 'failed')).toEqual(starts);
    expect(world.messages).toMatchObject([
      { message: 'a.service: Triggering OnFailure= dependencies.', priority: 6, unit: 'a.service' },
    ]);
    expect(change('inactive', 'failed')).toEqual(starts);
    expect(change('failed', 'failed')).toEqual([]);
    expect(change('active', 'inactive')).toEqual([]);
  });

  it('waits while the unit will be started again', () => {
    expect(change('active', 'failed', { endsQuietly: true })).toEqual([]);
    expect(change('active', 'failed', { endsQuietly: false })).toEqual(starts);
  });

  it('says nothing where there are none', () => {
    world.unit('f1.service').be('active').set('failed');
    expect(world.messages).toEqual([]);
  });
});

describe('OnSuccess=', () => {
  beforeEach(() => make({ 'a.service': 'OnSuccess=next.service', 'next.service': '' }));
  const starts = ['start next.service fail (OnSuccess=)'];

  it.each(['active', 'activating', 'deactivating', 'reloading'] as const)(
    'follows a clean end: %s → inactive',
    (from) => {
      expect(change(from, 'inactive')).toEqual(starts);
      expect(world.logged()).toEqual(['a.service: Triggering OnSuccess= dependencies.']);
    },
  );

  it.each([
    ['failed', 'inactive'],
    ['inactive', 'inactive'],
    ['maintenance', 'inactive'],
    ['active', 'failed'],
    ['active', 'deactivating'],
  ] as const)('does not follow %s → %s', (from, to) => {
    expect(change(from, to)).toEqual([]);
  });

  it('waits while the unit will be started again', () => {
    expect(change('active', 'inactive', { endsQuietly: true })).toEqual([]);
  });
});

describe('FailureAction= and SuccessAction=', () => {
  beforeEach(() =>
    make({
      'a.service': 'FailureAction=exit\nSuccessAction=poweroff',
      'given.service': 'FailureAction=exit\nFailureActionExitStatus=7\nSuccessAction=exit\nSuccessActionExitStatus=8',
      'none.service': '',
    }),
  );

  it('are taken when the unit fails or ends, with the status of its main process', () => {
    world.unit('a.service').status = 3;
    change('active', 'failed');
    expect(world.actions).toEqual([{ action: 'exit', reason: 'unit a.service failed', status: 3 }]);
    change('deactivating', 'inactive');
    expect(world.actions).toEqual([{ action: 'poweroff', reason: 'unit a.service succeeded', status: 3 }]);
  });

  it('take the status that is set before that of the process', () => {
    world.unit('given.service').status = 3;
    change('active', 'failed', {}, 'given.service');
    expect(world.actions).toMatchObject([{ status: 7 }]);
    change('active', 'inactive', {}, 'given.service');
    expect(world.actions).toMatchObject([{ status: 8 }]);
  });

  it.each([
    ['failed', 'failed'],
    ['failed', 'inactive'],
    ['inactive', 'inactive'],
    ['active', 'deactivating'],
    ['inactive', 'active'],
  ] as const)('are not taken at %s → %s', (from, to) => {
    change(from, to);
    expect(world.actions).toEqual([]);
  });
});

describe('the end of a job', () => {
  it('is told to who follows the unit and to its triggers, and all is looked at, handled units too', () => {
    make({
      'a.service': '',
      'fails.service': 'OnFailure=a.service',
      'ends.service': 'OnSuccess=a.service',
      'a.timer': '[Timer]\nOnActiveSec=1',
    });
    for (const name of ['fails.service', 'ends.service', 'a.timer']) world.unit(name);
    reactions.jobEnded(world.unit('a.service'));
    expect(done).toEqual([
      'told a.service',
      'upheld? a.service',
      'unbound? a.service',
      'unneeded? a.service',
      'unused? a.service',
      'unused? fails.service',
      'unused? ends.service',
    ]);
    expect(world.unit('a.timer').heard).toEqual(['coldplug', 'a.service changed']);
  });
});
