import { beforeEach, describe, expect, it } from 'vitest';
import { Job } from '../../../src/jobs/job.ts';
import type { Objective } from '../../../src/manager/objective.ts';
import { Shutdown } from '../../../src/manager/shutdown.ts';
import { JobError } from '../../../src/units/job-types.ts';
import type { EmergencyAction } from '../../../src/values/emergency-action.ts';
import { UnitsWorld } from '../../support/units-world.ts';

let world: UnitsWorld;
let shutdown: Shutdown;
/** What the manager was told to end in. */
let ended: [Objective, number][];
/** Jobs that were queued. */
let jobs: Job[];
/** Who waits for the last job. */
let idle: (() => void)[];
/** Why a job can't be queued. */
let refusal: JobError | undefined;

beforeEach(() => {
  world = new UnitsWorld({ 'halt.target': '', 'reboot.target': '', 'exit.target': '', 'a.service': '' });
  ended = [];
  jobs = [];
  idle = [];
  refusal = undefined;
  shutdown = new Shutdown(
    {
      host: world.host,
      scope: 'system',
      units: world.units,
      jobs: {
        add: (type, unit, mode) => {
          if (refusal !== undefined) throw refusal;
          world.requested.push(`${type} ${unit.id} ${mode}`);
          const job = new Job(jobs.length + 1, unit, type, true, false);
          jobs.push(job);
          return job;
        },
        all: () => jobs,
        tryAdd: world.jobs.tryAdd,
        whenIdle: (callback) => void idle.push(callback),
      },
      guard: world.guard,
      log: world.log,
    },
    (objective, exitStatus) => ended.push([objective, exitStatus]),
  );
});

/** Promises and the event loop have their turn. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) {
    await Promise.resolve();
    world.host.settle();
  }
}

describe('a shutdown in order', () => {
  it('starts the target, which nothing may turn around, and ends when its job is done', async () => {
    expect(shutdown.hasBegun).toBe(false);
    shutdown.request('reboot');
    expect(shutdown.hasBegun).toBe(true);
    expect(world.requested).toEqual(['start reboot.target replace-irreversibly']);
    await settle();
    expect(ended).toEqual([]);
    jobs[0]!.settle('done');
    await settle();
    expect(ended).toEqual([['reboot', 0]]);
    expect(world.logged()).toEqual([]);
  });

  it('ends all the same where the target can not be reached, and says so', async () => {
    shutdown.request('halt');
    jobs[0]!.settle('dependency');
    await settle();
    expect(ended).toEqual([['halt', 0]]);
    expect(world.messages).toEqual([
      { message: "Job for halt.target ended with 'dependency', ending without it.", priority: 3, fields: {} },
    ]);
  });

  it('goes on as it was asked for first', async () => {
    shutdown.request('reboot');
    shutdown.request('halt');
    expect(jobs).toHaveLength(1);
    shutdown.exitStatus = 5;
    jobs[0]!.settle('done');
    await settle();
    expect(ended).toEqual([['reboot', 5]]);
  });

  it('without a target stops everything that runs, and ends when no job is left', () => {
    world.all('active', 'a.service');
    world.unit('idle.service');
    world.unit('failed.service').be('failed');
    world.unit('fixed.service').be('active').perpetual = true;
    shutdown.request('poweroff');
    expect(world.requested).toEqual(['stop a.service replace-irreversibly']);
    expect(world.messages).toEqual([
      {
        message: 'Failed to start poweroff.target, stopping without it: Unit poweroff.target not found.',
        priority: 3,
        fields: {},
      },
    ]);
    expect(ended).toEqual([]);
    expect(idle).toHaveLength(1);
    idle[0]!();
    expect(ended).toEqual([['poweroff', 0]]);
  });

  it('does the same where the job is refused; an error of another kind is none of its own', () => {
    refusal = new JobError('org.freedesktop.systemd1.TransactionIsDestructive', 'No.');
    shutdown.request('halt');
    expect(world.logged()).toEqual(['Failed to start halt.target, stopping without it: No.']);
    expect(idle).toHaveLength(1);
    const other = new Shutdown(
      {
        host: world.host,
        scope: 'system',
        units: {
          load: () => {
            throw new TypeError('mistake');
          },
          all: () => world.units.all(),
        },
        jobs: { add: world.jobs.add, all: () => [], tryAdd: world.jobs.tryAdd, whenIdle: world.jobs.whenIdle },
        guard: world.guard,
        log: world.log,
      },
      () => {},
    );
    expect(() => other.request('halt')).toThrow('mistake');
  });
});

describe('by force', () => {
  it('nothing is stopped in order: processes are ended, then the manager', () => {
    world.host.addProcess(world.host.self, undefined);
    shutdown.force('poweroff');
    expect(shutdown.hasBegun).toBe(true);
    expect(world.requested).toEqual([]);
    expect(world.host.kills.map(({ signal }) => signal)).toEqual([15, 18]);
    expect(ended).toEqual([]);
    world.host.settle();
    shutdown.processEnded();
    expect(ended).toEqual([['poweroff', 0]]);
  });

  it('the objective of a shutdown that is under way stays, and processes are asked once', () => {
    world.host.addProcess(world.host.self, undefined).ignores.add(15);
    shutdown.request('reboot');
    shutdown.force('halt');
    shutdown.force('halt');
    world.host.settle();
    expect(world.host.kills.map(({ signal }) => signal)).toEqual([15, 18]);
    world.messages.length = 0;
    world.host.advance(12_000);
    expect(ended).toEqual([['reboot', 0]]);
    expect(world.messages).toMatchObject([
      { message: expect.stringMatching(/^Killing remaining processes: /), priority: 4 },
    ]);
  });

  it('twice, nothing is waited for', () => {
    world.host.addProcess(world.host.self, undefined);
    shutdown.endNow('halt');
    expect(ended).toEqual([['halt', 0]]);
    expect(world.host.kills).toEqual([]);
  });
});

it('whoever waits for the end hears of it, once', async () => {
  const heard: string[] = [];
  void shutdown.whenEnding().then(() => heard.push('first'));
  void shutdown.whenEnding().then(() => heard.push('second'));
  await settle();
  expect(heard).toEqual([]);
  shutdown.endNow('exit');
  await settle();
  expect(heard).toEqual(['first', 'second']);
});

it('whoever waits for its beginning hears of it, once, and at once where it has begun', async () => {
  const heard: string[] = [];
  void shutdown.whenBegun().then(() => heard.push('first'));
  await settle();
  expect(heard).toEqual([]);
  shutdown.request('halt');
  shutdown.force('halt');
  await settle();
  expect(heard).toEqual(['first']);
  void shutdown.whenBegun().then(() => heard.push('late'));
  await settle();
  expect(heard).toEqual(['first', 'late']);
});

it('has a reason for its status where that is a failure', () => {
  shutdown.endWith(3, 'Because.');
  expect([shutdown.exitStatus, shutdown.exitReason]).toEqual([3, 'Because.']);
  shutdown.endWith(0, 'Because.');
  expect([shutdown.exitStatus, shutdown.exitReason]).toEqual([0, undefined]);
});

it('the exit of a process before the end has begun is nothing', () => {
  shutdown.processEnded();
  expect(ended).toEqual([]);
});

describe('an emergency action', () => {
  const act = (action: EmergencyAction, status?: number): void =>
    shutdown.emergencyAction(action, 'unit a.service failed', status);

  it('none does nothing', () => {
    act('none', 3);
    expect(shutdown.hasBegun).toBe(false);
    expect(world.messages).toEqual([]);
    expect(shutdown.exitStatus).toBe(0);
  });

  it.each([
    ['reboot', 'Rebooting'],
    ['poweroff', 'Powering off'],
    ['halt', 'Halting'],
    ['exit', 'Exiting'],
    ['kexec', 'Executing kexec'],
    ['soft-reboot', 'Soft-rebooting'],
  ] as const)('%s says why it goes down, in order', (action, words) => {
    world.write(`${action}.target`, '');
    world.loader.refresh();
    act(action);
    expect(world.messages).toEqual([{ message: `${words}: unit a.service failed`, priority: 4, fields: {} }]);
    expect(world.requested).toEqual([`start ${action}.target replace-irreversibly`]);
    expect(ended).toEqual([]);
  });

  it('…-force ends what runs without order', () => {
    world.host.addProcess(world.host.self, undefined);
    act('reboot-force');
    expect(world.logged()).toEqual(['Forcibly rebooting: unit a.service failed']);
    expect(world.requested).toEqual([]);
    expect(ended).toEqual([]);
    world.host.settle();
    shutdown.processEnded();
    expect(ended).toEqual([['reboot', 0]]);
  });

  it('…-immediate ends at once', () => {
    world.host.addProcess(world.host.self, undefined);
    act('poweroff-immediate');
    expect(world.logged()).toEqual(['Forcibly powering off: unit a.service failed']);
    expect(ended).toEqual([['poweroff', 0]]);
    expect(world.host.kills).toEqual([]);
    expect(shutdown.hasBegun).toBe(true);
  });

  it.each([
    ['exit', 7, 7],
    ['exit-force', 9, 9],
    ['reboot', 7, 0],
    ['exit', undefined, 0],
  ] as const)('%s with status %s sets that of the manager to %s', (action, status, wanted) => {
    act(action, status);
    expect(shutdown.exitStatus).toBe(wanted);
    expect(shutdown.exitReason).toBe(
      wanted === 0 ? undefined : `${action === 'exit' ? 'Exiting' : 'Forcibly exiting'}: unit a.service failed`,
    );
  });

  it('is not told where a shutdown is under way, but its force counts', () => {
    shutdown.request('halt');
    act('reboot');
    expect(jobs).toHaveLength(1);
    act('reboot-force');
    expect(world.messages).toEqual([]);
    expect(ended).toEqual([['halt', 0]]);
  });
});

it('one that was planned begins when its time comes', () => {
  shutdown.schedule.set({
    objective: 'halt',
    atMs: world.host.now() + 60_000,
    dryRun: false,
    wall: false,
    message: '',
    uid: 0,
  });
  world.host.advance(59_999);
  expect(world.requested).toEqual([]);
  world.host.advance(1);
  expect(world.requested).toEqual(['start halt.target replace-irreversibly']);
});
