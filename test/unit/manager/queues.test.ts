import { beforeEach, describe, expect, it } from 'vitest';
import { UnitQueues } from '../../../src/manager/queues.ts';
import { UnitsWorld } from '../../support/units-world.ts';

let world: UnitsWorld;
let queues: UnitQueues;
let quiet: number;

function make(texts: Record<string, string>): void {
  world = new UnitsWorld(texts, { monotonic: 1_000_000 });
  quiet = 0;
  queues = new UnitQueues({
    host: world.host,
    guard: world.guard,
    jobs: world.jobs,
    units: { collectGarbage: () => {} },
    onQuiet: () => quiet++,
  });
}

/** What is asked for once all is looked at. */
function asked(): string[] {
  world.host.settle();
  return world.requested.splice(0);
}

describe('StopWhenUnneeded=', () => {
  const look = (): string[] => {
    queues.mayBeUnneeded(world.unit('a.service'));
    return asked();
  };
  beforeEach(() =>
    make({
      'a.service': 'StopWhenUnneeded=yes',
      'b.service': '',
      'wants.service': 'Wants=a.service',
      'needs.service': 'Requires=a.service',
    }),
  );

  it('stops an active unit that nobody needs, in a way that gives way to what is under way', () => {
    world.all('active', 'a.service');
    expect(look()).toEqual(['stop a.service fail']);
  });

  it('is of units that say so', () => {
    world.all('active', 'b.service');
    queues.mayBeUnneeded(world.unit('b.service'));
    expect(asked()).toEqual([]);
  });

  it.each(['inactive', 'failed', 'activating', 'deactivating', 'reloading', 'maintenance'] as const)(
    'leaves a unit that is %s',
    (state) => {
      world.all(state, 'a.service');
      expect(look()).toEqual([]);
    },
  );

  it('leaves one that has a job', () => {
    world.unit('a.service').be('active').queue('reload');
    expect(look()).toEqual([]);
  });

  it.each(['wants.service', 'needs.service'])(
    'leaves one that %s has use for: running, with a job, or soon again',
    (name) => {
      world.all('active', 'a.service');
      const other = world.unit(name);
      for (const state of ['active', 'activating', 'deactivating'] as const) {
        other.be(state);
        expect(look()).toEqual([]);
      }
      other.be('inactive').queue('start');
      expect(look()).toEqual([]);
      other.be('failed').queue(undefined).restartIsDue = true;
      expect(look()).toEqual([]);
      other.restartIsDue = false;
      expect(look()).toEqual(['stop a.service fail']);
    },
  );
});

describe('Upholds=', () => {
  const look = (): string[] => {
    queues.mayBeUpheld(world.unit('a.service'));
    return asked();
  };
  beforeEach(() => make({ 'a.service': '', 'up.service': 'Upholds=a.service' }));

  it('starts what is down or has failed while its holder is active', () => {
    for (const state of ['active', 'reloading'] as const) {
      world.all(state, 'up.service');
      expect(look()).toEqual(['start a.service fail']);
    }
    world.all('failed', 'a.service');
    expect(look()).toEqual(['start a.service fail']);
  });

  it('leaves what is up, or has a job, and holders that are not up or have a job', () => {
    world.all('active', 'up.service');
    world.all('activating', 'a.service');
    expect(look()).toEqual([]);
    world.unit('a.service').be('inactive').queue('start');
    expect(look()).toEqual([]);
    world.unit('a.service').queue(undefined);
    for (const state of ['inactive', 'failed', 'activating', 'deactivating'] as const) {
      world.all(state, 'up.service');
      expect(look()).toEqual([]);
    }
    world.unit('up.service').be('active').queue('stop');
    expect(look()).toEqual([]);
  });
});

describe('BindsTo=', () => {
  const look = (): string[] => {
    queues.mayBeUnbound(world.unit('a.service'));
    return asked();
  };
  beforeEach(() => make({ 'a.service': 'BindsTo=base.service', 'base.service': '' }));

  it('stops what is bound to something that is down, whatever is under way', () => {
    for (const state of ['inactive', 'failed'] as const) {
      world.all('active', 'a.service');
      world.all(state, 'base.service');
      expect(look()).toEqual(['stop a.service replace']);
    }
  });

  it('leaves it where that is up, has a job or will be started again', () => {
    world.all('active', 'a.service', 'base.service');
    expect(look()).toEqual([]);
    world.all('deactivating', 'base.service');
    expect(look()).toEqual([]);
    world.unit('base.service').be('inactive').queue('start');
    expect(look()).toEqual([]);
    world.unit('base.service').queue(undefined).restartIsDue = true;
    expect(look()).toEqual([]);
  });

  it('leaves a unit that is not active, or has a job', () => {
    world.all('activating', 'a.service');
    expect(look()).toEqual([]);
    world.unit('a.service').be('active').queue('restart');
    expect(look()).toEqual([]);
  });
});

describe('what is decided by itself', () => {
  const again = (): string[] => {
    queues.mayBeUpheld(world.unit('a.service'));
    return asked();
  };
  beforeEach(() => {
    make({
      'a.service': 'StopWhenUnneeded=yes\nBindsTo=base.service',
      'base.service': '',
      'up.service': 'Upholds=a.service',
    });
    world.all('active', 'up.service');
  });

  it('happens sixteen times in ten seconds; the next time comes when they are over, and is announced', () => {
    const start = world.host.monotonic();
    for (let n = 0; n < 16; n++) {
      expect(again()).toEqual(['start a.service fail']);
      world.host.advance(100);
    }
    expect(again()).toEqual([]);
    expect(again()).toEqual([]);
    const text =
      'a.service: Unit needs to be started because active unit up.service upholds it, but not starting since we tried this too often recently. Will retry later.';
    expect(world.messages).toMatchObject([
      { message: text, priority: 4, unit: 'a.service' },
      { message: text, priority: 4 },
    ]);
    world.host.advance(start + 10_000 - world.host.monotonic() - 1);
    expect(asked()).toEqual([]);
    world.host.advance(1);
    expect(asked()).toEqual(['start a.service fail']);
    // Once for all who asked meanwhile.
    world.host.advance(20_000);
    expect(asked()).toEqual([]);
  });

  it('is looked at from all sides then, as a state may ask for something else', () => {
    for (let n = 0; n < 17; n++) again();
    world.requested.length = 0;
    world.all('active', 'a.service', 'base.service');
    world.all('inactive', 'up.service');
    world.host.advance(10_000);
    expect(asked()).toEqual(['stop a.service fail']);
    expect(world.logged()).toHaveLength(1);
  });

  it('tells why it does not stop a unit', () => {
    for (let n = 0; n < 16; n++) again();
    world.all('active', 'a.service');
    world.all('inactive', 'up.service');
    queues.mayBeUnneeded(world.unit('a.service'));
    queues.mayBeUnbound(world.unit('a.service'));
    asked();
    expect(world.logged()).toEqual([
      'a.service: Unit needs to be stopped because it is bound to inactive unit base.service it, but not stopping since we tried this too often recently. Will retry later.',
      'a.service: Unit not needed anymore, but not stopping since we tried this too often recently. Will retry later.',
    ]);
  });
});

describe('looking', () => {
  it('happens once for all that was said in a turn; garbage is collected, then whoever wants to know hears of it', () => {
    const order: string[] = [];
    world = new UnitsWorld({ 'a.service': 'StopWhenUnneeded=yes' });
    queues = new UnitQueues({
      host: world.host,
      guard: world.guard,
      jobs: { tryAdd: (type, unit) => void order.push(`${type} ${unit.id}`) },
      units: { collectGarbage: () => order.push('garbage') },
      onQuiet: () => order.push('quiet'),
    });
    world.all('active', 'a.service');
    queues.mayBeUnneeded(world.unit('a.service'));
    queues.mayBeUnneeded(world.unit('a.service'));
    queues.schedule();
    expect(order).toEqual([]);
    world.host.settle();
    expect(order).toEqual(['stop a.service', 'garbage', 'quiet']);
    queues.schedule();
    world.host.settle();
    expect(order.slice(3)).toEqual(['garbage', 'quiet']);
  });

  it('is at what is upheld first, then at what is bound, then at what is unneeded; of each at the last one first', () => {
    make({
      'up.service': 'Upholds=u1.service u2.service',
      'b1.service': 'BindsTo=base.service',
      'b2.service': 'BindsTo=base.service',
      'n1.service': 'StopWhenUnneeded=yes',
      'n2.service': 'StopWhenUnneeded=yes',
    });
    world.all('active', 'up.service', 'b1.service', 'b2.service', 'n1.service', 'n2.service');
    for (const name of ['n1.service', 'n2.service']) queues.mayBeUnneeded(world.unit(name));
    for (const name of ['b1.service', 'b2.service']) queues.mayBeUnbound(world.unit(name));
    for (const name of ['u1.service', 'u2.service']) queues.mayBeUpheld(world.unit(name));
    expect(asked()).toEqual([
      'start u2.service fail',
      'start u1.service fail',
      'stop b2.service replace',
      'stop b1.service replace',
      'stop n2.service fail',
      'stop n1.service fail',
    ]);
  });

  it('goes back to those before where what one asks for gives them something to look at', () => {
    make({
      'up.service': 'Upholds=a.service',
      'n1.service': 'StopWhenUnneeded=yes',
      'n2.service': 'BindsTo=base.service',
    });
    world.all('active', 'up.service', 'n1.service', 'n2.service');
    const { tryAdd } = world.jobs;
    world.jobs.tryAdd = (type, unit, mode, what) => {
      tryAdd(type, unit, mode, what);
      if (unit.id !== 'n2.service') return;
      queues.mayBeUpheld(world.unit('a.service'));
      queues.mayBeUnneeded(world.unit('n1.service'));
    };
    queues.mayBeUnneeded(world.unit('n1.service'));
    queues.mayBeUnbound(world.unit('n2.service'));
    expect(asked()).toEqual(['stop n2.service replace', 'start a.service fail', 'stop n1.service fail']);
  });

  it('happens at once where somebody needs it now, and then not again', () => {
    make({ 'a.service': 'StopWhenUnneeded=yes' });
    world.all('active', 'a.service');
    queues.flush();
    expect(quiet).toBe(0);
    queues.mayBeUnneeded(world.unit('a.service'));
    queues.flush();
    expect(world.requested).toEqual(['stop a.service fail']);
    world.host.settle();
    expect(quiet).toBe(1);
  });
});
