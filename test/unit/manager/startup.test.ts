import { beforeEach, describe, expect, it } from 'vitest';
import { Job } from '../../../src/jobs/job.ts';
import { Startup } from '../../../src/manager/startup.ts';
import { ManagerTimestamps } from '../../../src/manager/timestamps.ts';
import { JobError } from '../../../src/units/job-types.ts';
import { UnitsWorld } from '../../support/units-world.ts';

let world: UnitsWorld;
let startup: Startup;
let timestamps: ManagerTimestamps;
/** What was done, in order. */
let done: string[];
/** Modes in which a job is refused. */
let refused: string[];
let generate: () => Promise<void>;
const shutdown = { hasBegun: false };
let idle: boolean;

function make(texts: Record<string, string>, scope: 'system' | 'user' = 'system'): void {
  world = new UnitsWorld(texts, { monotonic: 1_000 });
  done = [];
  refused = [];
  shutdown.hasBegun = false;
  idle = true;
  generate = async () => {};
  timestamps = new ManagerTimestamps(world.timestamp());
  startup = new Startup(
    {
      journal: { showLogged: (text) => world.host.console(text) },
      scope,
      units: {
        load: (name) => {
          done.push(`load ${name}`);
          world.host.spend(1);
          return world.units.load(name);
        },
      },
      jobs: {
        add: (type, unit, mode) => {
          if (refused.includes(mode)) throw new JobError('org.freedesktop.systemd1.NoIsolation', `No ${mode}.`);
          done.push(`${type} ${unit.id} ${mode}`);
          idle = false;
          return new Job(1, unit, type, false, false);
        },
        get idle() {
          return idle;
        },
      },
      mounts: {
        follow: () => {
          done.push('mounts');
          world.host.spend(10);
        },
      },
      shutdown,
      timestamps,
      timestamp: () => world.timestamp(),
      log: world.log,
      onQuiet: () => done.push('quiet'),
    },
    () => generate(),
  );
}

describe('a boot', () => {
  beforeEach(() => make({ 'default.target': 'AllowIsolate=yes', 'a.target': '', 'b.target': '', 'rescue.target': '' }));

  it('loads the roots and what is mounted, then isolates default.target', () => {
    startup.boot(undefined);
    expect(done).toEqual([
      'load -.slice',
      'load system.slice',
      'load init.scope',
      'load -.mount',
      'mounts',
      'load default.target',
      'start default.target isolate',
    ]);
    expect(timestamps.unitsLoadStart.monotonic).toBe(1_000);
    expect(timestamps.unitsLoadFinish.monotonic).toBe(1_014);
  });

  it('starts the units named instead, each by itself', () => {
    startup.boot(['a.target', 'b.target']);
    expect(done.filter((text) => text.startsWith('start'))).toEqual([
      'start a.target replace',
      'start b.target replace',
    ]);
  });

  it("of a user's manager has no such roots", () => {
    make({ 'default.target': 'AllowIsolate=yes' }, 'user');
    startup.boot(undefined);
    expect(done).toEqual(['load default.target', 'start default.target isolate']);
  });

  it('starts a default.target that may not be isolated', () => {
    make({ 'default.target': '' });
    startup.boot(undefined);
    expect(done.at(-1)).toBe('start default.target replace');
    expect(world.messages).toEqual([]);
    expect(world.host.consoleText).toBe('');
  });

  it('without default.target goes to rescue.target, and says so where people look', () => {
    make({ 'rescue.target': '' });
    startup.boot(undefined);
    expect(done.at(-1)).toBe('start rescue.target replace');
    expect(world.messages.map(({ priority, message }) => `${priority} ${message}`)).toEqual([
      '3 Failed to start default.target: Unit default.target not found.',
      '5 Trying to load rescue target...',
    ]);
    expect(world.host.consoleText).toBe('Failed to start default.target: Unit default.target not found.\n');
  });

  it('says where even that can not be started', () => {
    refused = ['isolate', 'replace'];
    startup.boot(undefined);
    expect(world.messages.map(({ priority, message }) => `${priority} ${message}`)).toEqual([
      '3 Failed to start default.target: No isolate.',
      '5 Trying to load rescue target...',
      '1 Failed to start rescue target: No replace.',
      '6 Startup finished in 0.016s.',
    ]);
    expect(startup.isOver).toBe(true);
  });

  it('with a unit named that is not there starts the others, and no rescue.target', () => {
    startup.boot(['none.service', 'a.target']);
    expect(world.logged()).toEqual(['Failed to start none.service: Unit none.service not found.']);
    expect(done.filter((text) => text.startsWith('start'))).toEqual(['start a.target replace']);
  });

  it('is no excuse for an error of its own', () => {
    const load = world.units.load.bind(world.units);
    world.units.load = (name) => {
      if (name === 'default.target') throw new TypeError('mistake');
      return load(name);
    };
    expect(() => startup.boot(undefined)).toThrow('mistake');
    world.units.load = (name) => {
      if (name === 'rescue.target') throw new TypeError('rescue');
      return load(name === 'default.target' ? 'none.target' : name);
    };
    expect(() => startup.boot(undefined)).toThrow('rescue');
  });
});

describe('the end of the start', () => {
  beforeEach(() => make({ 'a.target': '' }));

  it('is when the first jobs are done: who waits hears of it, and the log how long it took', async () => {
    const heard: string[] = [];
    void startup.whenOver().then(() => heard.push('first'));
    startup.boot(['a.target']);
    expect(done).not.toContain('quiet');
    await Promise.resolve();
    expect(heard).toEqual([]);
    expect(startup.isOver).toBe(false);
    world.host.advance(1_486);
    startup.jobsDone();
    expect(startup.isOver).toBe(true);
    await startup.whenOver();
    expect(heard).toEqual(['first']);
    // 1486 ms, 5 of loading by name, 10 of looking at mounts.
    expect(timestamps.finish.monotonic).toBe(2_501);
    expect(world.messages).toEqual([
      {
        message: 'Startup finished in 1.501s.',
        priority: 6,
        fields: { MESSAGE_ID: 'b07a249cd024414a82dd00cd181378ff' },
      },
    ]);
  });

  it('comes once', () => {
    startup.jobsDone();
    startup.jobsDone();
    expect(world.messages).toHaveLength(1);
  });

  it('is at once where there is nothing to do', () => {
    startup.boot([]);
    expect(startup.isOver).toBe(true);
    expect(done.at(-1)).toBe('quiet');
  });

  it('does not come where a shutdown has begun before', () => {
    shutdown.hasBegun = true;
    startup.jobsDone();
    expect(startup.isOver).toBe(false);
    expect(world.messages).toEqual([]);
  });
});

describe('generators', () => {
  beforeEach(() => make({}));

  it('are timed', async () => {
    generate = async () => world.host.spend(30);
    await startup.generate();
    expect(timestamps.generatorsStart.monotonic).toBe(1_000);
    expect(timestamps.generatorsFinish.monotonic).toBe(1_030);
    expect(world.messages).toEqual([]);
  });

  it('may fail: the boot goes on', async () => {
    generate = () => Promise.reject(new Error('no space left'));
    await startup.generate();
    expect(world.messages).toMatchObject([{ message: 'Failed to run generators: no space left', priority: 3 }]);
    expect(timestamps.generatorsFinish.monotonic).toBe(1_000);
  });
});
