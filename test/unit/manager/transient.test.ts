import { beforeEach, describe, expect, it } from 'vitest';
import { Job } from '../../../src/jobs/job.ts';
import { type TransientUnit, TransientUnits } from '../../../src/manager/transient.ts';
import { JobError } from '../../../src/units/job-types.ts';
import { UnitsWorld } from '../../support/units-world.ts';

let world: UnitsWorld;
let transient: TransientUnits;
let started: string[];
let refusal: JobError | undefined;

beforeEach(() => {
  world = new UnitsWorld({ 'filed.service': '' });
  started = [];
  refusal = undefined;
  transient = new TransientUnits({
    loader: world.loader,
    units: world.units,
    requests: {
      job: (type, name, mode) => {
        if (refusal !== undefined) throw refusal;
        started.push(`${type} ${name} ${mode}`);
        return new Job(7, world.unit(name), type, false, false);
      },
    },
  });
});

const unit = (name: string, more: Partial<TransientUnit> = {}): TransientUnit => ({
  name,
  text: `[Unit]\nDescription=Made\nDefaultDependencies=no\n[Service]\nExecStart=/bin/true\n`,
  amend: () => {},
  ...more,
});

describe('units that a program makes', () => {
  it('are read from text, completed, prepared, and the first is started', () => {
    const order: string[] = [];
    const job = transient.start([
      unit('one.service', {
        amend: (loaded) => {
          order.push(`amend ${loaded.id} ${world.units.find(loaded.id)?.loadState}`);
          loaded.unit.StopWhenUnneeded = true;
        },
        prepare: (made) => order.push(`prepare ${made.id} ${made.loaded.unit.StopWhenUnneeded}`),
      }),
      unit('two.service'),
    ]);
    expect(job.id).toBe(7);
    expect(order).toEqual(['amend one.service not-found', 'prepare one.service true']);
    expect(started).toEqual(['start one.service fail']);
    expect(world.unit('two.service').description).toBe('Made');
    expect(world.unit('two.service').loaded.transient).toBe(true);
  });

  it.each(['filed.service', 'busy.service'])('can not take the place of %s', (name) => {
    world.unit('busy.service').queue('start');
    let thrown: unknown;
    try {
      transient.start([unit(name)]);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(JobError);
    expect(thrown).toMatchObject({
      busName: 'org.freedesktop.systemd1.UnitExists',
      message: `Unit ${name} was already loaded or has a fragment file.`,
    });
    expect(started).toEqual([]);
  });

  it('are of no use where the start is refused, or a later one can not be made', () => {
    refusal = new JobError('x', 'No.');
    expect(() => transient.start([unit('one.service')])).toThrow('No.');
    expect(() => transient.start([unit('two.service'), unit('filed.service')])).toThrow('already loaded');
    world.units.collectGarbage();
    expect(world.forgotten).toEqual(expect.arrayContaining(['one.service', 'two.service']));
  });
});

describe('a name', () => {
  it('is given once, and none that somebody has', () => {
    world.unit('run-u2.service');
    expect(['.service', '.service', '.timer'].map((suffix) => transient.newName(suffix))).toEqual([
      'run-u1.service',
      'run-u3.service',
      'run-u4.timer',
    ]);
  });
});
