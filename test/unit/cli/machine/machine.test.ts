import { beforeEach, describe, expect, it } from 'vitest';
import { pidoneMachine } from '../../../../src/cli/machine/machine.ts';
import { answerCall, callOn } from '../../../../src/simulation/call.ts';
import { SimSystem } from '../../../support/sim-system.ts';

let system: SimSystem;
beforeEach(() => {
  system = new SimSystem(
    {
      '/etc/systemd/system/a.service': '[Service]\nExecStart=/bin/a\n',
      '/etc/systemd/system/broken.service': '[Service]\nType=oneshot\nExecStart=/bin/false\n',
      '/etc/systemd/system/b.service': '[Unit]\nRequires=a.service\nAfter=a.service\n[Service]\nExecStart=/bin/b\n',
    },
    {},
  );
  system.host.onSpawn = (process) => {
    if (process.comm === 'false') process.exit(3);
  };
});

const lines = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

async function machine(...argv: string[]) {
  const { status, out, err } = await system.call('pidone-machine', argv);
  return { status, err, lines: lines(out) };
}

/** What a watch says while something is done. */
async function watched(action: () => Promise<unknown>, turn = (): Promise<void> => Promise.resolve()) {
  const abort = new AbortController();
  const { answer, context } = callOn(system, 'pidone-machine', ['watch'], { turn });
  const over = answerCall(pidoneMachine, { ...context, signal: abort.signal });
  const settle = async (): Promise<void> => {
    for (let round = 0; round < 5; round++) {
      await new Promise((next) => setImmediate(next));
      system.host.settle();
    }
  };
  while (!answer.out.endsWith('{"ready":true}\n')) await settle();
  const before = answer.out.length;
  await action();
  await settle();
  const after = lines(answer.out.slice(before));
  abort.abort();
  return { before: lines(answer.out.slice(0, before)), after, over };
}

describe('job', () => {
  it('says what came of each unit once all have ended, with its state', async () => {
    const answer = await machine('job', 'start', 'a', 'broken.service', 'none.service');
    expect(answer).toMatchObject({
      status: 1,
      lines: [
        { unit: 'a.service', result: 'done', state: { activeState: 'active', subState: 'running' } },
        {
          unit: 'broken.service',
          result: 'failed',
          state: { activeState: 'failed', result: 'exit-code', execMainCode: 'exited', execMainStatus: 3 },
        },
        {
          unit: 'none.service',
          error: 'org.freedesktop.systemd1.NoSuchUnit',
          message: 'Unit none.service not found.',
        },
      ],
    });
    expect(await machine('job', 'stop', 'a.service')).toMatchObject({ status: 0, lines: [{ result: 'done' }] });
  });

  it('takes no type that there is not', async () => {
    expect(await machine('job', 'begin', 'a.service')).toMatchObject({
      status: 1,
      err: expect.stringMatching(/^begin: not one of the types of jobs start, /),
    });
    expect(await machine('job', '--mode=often', 'start', 'a.service')).toMatchObject({
      status: 1,
      err: 'Job mode often invalid\n',
    });
  });
});

describe('plan', () => {
  it('says what a job brings with it, and queues nothing', async () => {
    const { status, lines: planned } = await machine('plan', 'start', 'b.service');
    expect(status).toBe(0);
    expect(planned.filter(({ unit }) => /^[ab]\.service$/.test(String(unit)))).toEqual([
      { unit: 'b.service', type: 'start' },
      { unit: 'a.service', type: 'start' },
    ]);
    expect(system.manager.jobs.size).toBe(0);
    expect(system.manager.units.find('b.service')?.activeState ?? 'inactive').toBe('inactive');
  });

  it('says why there can be none', async () => {
    expect(await machine('plan', 'start', 'none.service')).toMatchObject({
      status: 1,
      lines: [{ unit: 'none.service', error: 'org.freedesktop.systemd1.NoSuchUnit' }],
    });
  });
});

describe('watch', () => {
  it('tells of every unit, then of each change of one in its moment, and of what is logged', async () => {
    const { before, after } = await watched(() => machine('job', 'start', 'broken.service'));
    expect(before.at(-1)).toEqual({ ready: true });
    expect(before.map(({ unit }) => (unit as { id: string } | undefined)?.id)).toContain('multi-user.target');
    const states = after.flatMap(({ unit }) => (unit === undefined ? [] : [unit as Record<string, unknown>]));
    expect(states.filter(({ id }) => id === 'broken.service').map(({ activeState }) => activeState)).toEqual(
      expect.arrayContaining(['activating', 'failed']),
    );
    expect(states.findLast(({ id }) => id === 'broken.service')).toMatchObject({ result: 'exit-code', job: null });
    const messages = after.flatMap(({ entry }) =>
      entry === undefined ? [] : [(entry as { MESSAGE: string }).MESSAGE],
    );
    expect(messages).toContain("broken.service: Failed with result 'exit-code'.");
    expect(messages.filter((message) => message.includes('multi-user'))).toEqual([]);
  });

  it('does not tell of a unit that restarts by itself as of one that is down', async () => {
    const unit = system.service('c.service', 'ExecStart=/bin/a\nRestart=always\nRestartSec=1\n');
    const { after } = await watched(async () => {
      await machine('job', 'start', 'c.service');
      system.host.kill(unit.mainPid, 9);
      system.host.settle();
      system.host.advance(1500);
    });
    const states = after.flatMap((line) => (line.unit === undefined ? [] : [line.unit as Record<string, unknown>]));
    const own = states
      .filter(({ id }) => id === 'c.service')
      .map(({ activeState, subState }) => `${activeState} ${subState}`);
    expect([...new Set(own)]).toEqual(['active running', 'activating auto-restart']);
    expect(states.findLast(({ id }) => id === 'c.service')).toMatchObject({ subState: 'running', nRestarts: 1 });
  });

  it('tells a caller who is too slow how things are, and that moments were missed', async () => {
    let slow = false;
    let wake: () => void = () => {};
    const { after } = await watched(
      async () => {
        slow = true;
        const unit = system.unit('a.service');
        await machine('job', 'start', 'a.service');
        for (let i = 0; i < 1500; i++) system.manager.changes.tell(unit);
        await machine('job', 'stop', 'a.service');
        slow = false;
        wake();
      },
      () => (slow ? new Promise((resolve) => (wake = resolve)) : Promise.resolve()),
    );
    const missed = after.find((line) => 'missed' in line);
    expect(missed?.missed).toBeGreaterThan(400);
    expect(after.filter(({ unit }) => unit !== undefined).length).toBeLessThan(1100);
    const last = after.findLast(({ unit }) => (unit as { id: string } | undefined)?.id === 'a.service');
    expect(last).toMatchObject({ unit: { activeState: 'inactive' } });
  });

  it('ends with the manager', async () => {
    const { over } = await watched(async () => system.manager.shutdown.endNow('halt'));
    expect(await over).toBe(0);
  });
});

describe('units', () => {
  it('says how they are, later than what was said before', async () => {
    const [{ state: before }] = (await machine('job', 'start', 'a.service')).lines as [{ state: { sequence: number } }];
    const { lines: all } = await machine('units');
    expect(all.map(({ id }) => id)).toEqual(expect.arrayContaining(['a.service', 'multi-user.target']));
    const { lines: one } = await machine('units', 'a.service', 'none.service');
    expect(one).toMatchObject([{ id: 'a.service', activeState: 'active' }]);
    expect((one[0] as { sequence: number }).sequence).toBeGreaterThan(before.sequence);
  });
});

describe('journal', () => {
  it('has what was said of the units named, and of none else', async () => {
    await machine('job', 'start', 'a.service', 'broken.service');
    const of = async (...units: string[]) =>
      new Set((await machine('journal', ...units)).lines.map(({ MESSAGE }) => String(MESSAGE).split(':')[0]));
    expect(await of('broken.service')).toContain('broken.service');
    expect(await of('broken.service')).not.toContain('a.service');
    const all = (await machine('journal')).lines.length;
    expect(all).toBeGreaterThan((await machine('journal', 'broken.service')).lines.length);
  });
});

describe('processes', () => {
  it('says whose each is, and which are nobody’s', async () => {
    await machine('job', 'start', 'a.service');
    const stray = system.host.addProcess(system.host.self, undefined);
    const { lines: all } = await machine('processes');
    expect(all.find(({ unit }) => unit === 'a.service')).toMatchObject({ parentPid: system.host.pid, name: 'a' });
    expect(all.find(({ pid }) => pid === stray.pid)).not.toHaveProperty('unit');
    // One that ends has no command line any more.
    const commandLine = system.host.commandLine.bind(system.host);
    system.host.commandLine = (pid) => (pid === stray.pid ? [] : commandLine(pid));
    expect((await machine('processes')).lines.map(({ pid }) => pid)).not.toContain(stray.pid);
    expect((await machine('processes', 'a.service')).lines).toMatchObject([{ unit: 'a.service' }]);
  });
});

describe('the program', () => {
  it('is for those who may change things', async () => {
    const { context } = callOn(system, 'pidone-machine', ['watch']);
    expect(await pidoneMachine.parse(context)).toMatchObject({ access: { kind: 'change' } });
  });

  it('says what is wrong with a call', async () => {
    expect(await machine()).toMatchObject({ status: 1, err: 'A verb is missing.\n' });
    expect(await machine('look')).toMatchObject({ status: 1, err: 'Unknown command verb look.\n' });
    expect(await machine('plan', 'start')).toMatchObject({ status: 1, err: 'Too few arguments.\n' });
  });

  it('asks nobody where there is no manager', async () => {
    const { answer, context } = callOn({ host: system.host }, 'pidone-machine', ['watch']);
    expect(await answerCall(pidoneMachine, context)).toBe(1);
    expect(answer.err).toBe('There is no manager.\n');
  });
});
