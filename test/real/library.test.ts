import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  JobFailed,
  type Machine,
  MachineEnded,
  supervise,
  type UnitTexts,
  WaitTimeout,
} from '../../src/library/index.ts';
import { eventually } from '../support/real-process.ts';

const sleeper = '/bin/sleep infinity';

const units: UnitTexts = {
  'a.service': { Service: { ExecStart: sleeper, Restart: 'on-failure', RestartSec: '20ms' } },
  'b.service': { Unit: { Requires: 'a.service', After: 'a.service' }, Service: { ExecStart: sleeper } },
  'bad.service': { Service: { Type: 'oneshot', ExecStart: ["/bin/sh -c 'echo looking; echo no luck >&2; exit 7'"] } },
  'needs-bad.service': { Unit: { Requires: 'bad.service', After: 'bad.service' }, Service: { ExecStart: sleeper } },
  'slow.service': { Service: { Type: 'notify', ExecStart: sleeper } },
  'forks.service': { Service: { ExecStart: "/bin/sh -c 'setsid sleep 1000 & setsid sleep 1001 & exec sleep 1002'" } },
  'stubborn.service': {
    Service: { ExecStart: '/bin/sh -c \'trap "" TERM; echo up; while :; do sleep 1000; done\'', TimeoutStopSec: 60 },
  },
};

/** Processes whose environment says that they are of the machine in a directory. */
function processesOf(directory: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(directory);
      } catch {
        return false;
      }
    });
}

describe('a machine', () => {
  let machine: Machine<'web' | 'db'>;
  beforeAll(async () => {
    machine = await supervise({ units, ports: ['web', 'db'], environment: { COLOUR: 'blue' } });
  });
  afterAll(() => machine.halt());

  it('starts what it is told to, tells of each change, and leaves nothing', async () => {
    const a = machine.unit('a');
    const heard: string[] = [];
    const off = a.on('change', ({ from, to, subState }) => heard.push(`${from} ${to} ${subState}`));
    const exits: (string | number)[] = [];
    a.on('exit', ({ exitStatus }) => exits.push(exitStatus));
    const [b] = await machine.start(['b.service']);
    expect([a.activeState, b!.activeState, b!.subState]).toEqual(['active', 'active', 'running']);
    expect(b!.mainPid).toBeGreaterThan(0);
    const { mainPid } = a;
    await a.kill('SIGKILL');
    await a.waitFor({ nRestarts: 1, activeState: 'active' });
    expect(a.mainPid).not.toBe(mainPid);
    expect(exits).toEqual(['SIGKILL']);
    expect(heard).toEqual(['inactive active running', 'active activating auto-restart', 'activating active running']);
    off();
    expect(await machine.leftovers()).toEqual([]);
    await machine.stop(['a.service', 'b.service']);
    expect([a.activeState, b!.activeState]).toEqual(['inactive', 'inactive']);
    expect(heard).toHaveLength(3);
  });

  it('says why a job has failed, with the last lines', async () => {
    const heard: string[] = [];
    machine.unit('bad').on('change', ({ to }) => heard.push(to));
    const failure = await machine.start('bad').catch((error: unknown) => error);
    // Who listens has heard of it before who has waited goes on.
    expect(heard).toEqual(['activating', 'failed']);
    expect(failure).toBeInstanceOf(JobFailed);
    expect(failure).toMatchObject({ unit: 'bad.service', jobResult: 'failed', result: 'exit-code', exitStatus: 7 });
    const { message } = failure as JobFailed;
    expect(message).toMatch(/^Failed to start bad\.service: exit-code \(its main process ended with status 7\)\n/);
    expect(message).toMatch(/\n {4}sh\[\d+\]: looking\n {4}sh\[\d+\]: no luck\n/);
    await expect(machine.start('needs-bad')).rejects.toThrow(
      /^Failed to start needs-bad\.service: a unit that it needs has failed \(bad\.service: exit-code/,
    );
    await expect(machine.start('nowhere')).rejects.toThrow(
      'Failed to start nowhere.service: Unit nowhere.service not found.',
    );
    await expect(machine.start('slow', { timeout: 200 })).rejects.toThrow(WaitTimeout);
    await machine.stop('slow');
    await machine.unit('bad').resetFailed();
    expect(machine.unit('bad').activeState).toBe('inactive');
  });

  it('knows what units are made of, and whose each process is', async () => {
    await machine.start('forks');
    const forks = machine.unit('forks');
    await eventuallyAsync(async () => (await forks.processes()).length === 3);
    expect((await forks.properties()).ExecMainPID).toBe(String(forks.mainPid));
    expect((await machine.unit('b').dependencies()).Requires).toContain('a.service');
    await machine.stop('forks');
    expect(await forks.processes()).toEqual([]);
    expect(await machine.leftovers()).toEqual([]);
  });

  it('gives its services ports, variables and programs of their own, and none of this process’s', async () => {
    process.env.SECRET_OF_THE_RUNNER = 'x';
    machine.write(
      'env.service',
      '[Service]\nType=oneshot\nExecStart=/bin/sh -c "env; command -v systemctl; systemctl is-active env.service || true"\n',
    );
    await machine.start('env');
    delete process.env.SECRET_OF_THE_RUNNER;
    const lines = (await machine.journal({ unit: 'env.service', programsOnly: true })).map(({ message }) => message);
    expect(lines).toContain(`PORT_web=${machine.ports.web}`);
    expect(lines).toContain('COLOUR=blue');
    expect(lines).toContain(`XDG_RUNTIME_DIR=${machine.paths.runtime}`);
    expect(lines).toContain(`${machine.directory}/bin/systemctl`);
    expect(lines).toContain('activating');
    expect(lines.filter((line) => /SECRET_OF|VITEST|NODE_OPTIONS/.test(line))).toEqual([]);
  });

  it('goes through changes and entries as they come', async () => {
    const seen: string[] = [];
    const unit = machine.unit('bad');
    const changes = (async () => {
      for await (const { to } of unit.changes()) {
        seen.push(to);
        if (to === 'failed') return;
      }
    })();
    const logs = (async () => {
      for await (const { message } of unit.logs()) if (message === 'no luck') return message;
      return undefined;
    })();
    await unit.start().catch(() => {});
    await changes;
    expect(await logs).toBe('no luck');
    expect(seen.at(-1)).toBe('failed');
  });

  it('has the real command line, and a report', async () => {
    expect(await machine.systemctl('is-failed', 'bad.service')).toEqual({ status: 0, stdout: 'failed\n', stderr: '' });
    const { status, stdout } = spawnSync('systemctl', ['is-active', 'basic.target'], {
      env: machine.env,
      encoding: 'utf8',
    });
    expect([status, stdout]).toEqual([0, 'active\n']);
    const report = await machine.report();
    expect(report).toContain('bad.service');
    expect(report).toContain('no luck');
  });

  it('is one of several that know nothing of each other', async () => {
    const others = await Promise.all([1, 2, 3].map(() => supervise({ units, ports: ['web'] })));
    try {
      await Promise.all(others.map((other) => other.start('a')));
      expect(new Set([machine, ...others].map(({ ports }) => ports.web)).size).toBe(4);
      expect(new Set(others.map((other) => other.unit('a').mainPid)).size).toBe(3);
      expect(machine.unit('a').activeState).toBe('inactive');
    } finally {
      await Promise.all(others.map((other) => other.halt()));
    }
    for (const { directory } of others) expect([existsSync(directory), processesOf(directory)]).toEqual([false, []]);
  });
});

describe('the end of a machine', () => {
  it('waits for what does not stop, and then no more', async () => {
    const machine = await supervise({ units, stopTimeout: 300 });
    await machine.start(['stubborn', 'forks']);
    await machine.ready.log('stubborn', 'up');
    await machine.halt();
    expect([existsSync(machine.directory), processesOf(machine.directory)]).toEqual([false, []]);
    await expect(machine.start('a')).rejects.toThrow(MachineEnded);
    await machine.halt();
  });

  it('is noticed where the manager is killed, by who waits and for what it has started', async () => {
    const machine = await supervise({ units });
    await machine.start(['stubborn', 'forks', 'a']);
    const waiting = machine.unit('a').waitFor({ nRestarts: 5 });
    process.kill(machine.pid, 'SIGKILL');
    await expect(waiting).rejects.toThrow('The manager of the machine has ended by itself (SIGKILL).');
    await machine.halt();
    expect([existsSync(machine.directory), processesOf(machine.directory)]).toEqual([false, []]);
  });
});

/** Another process that has a machine, says where, and does nothing more. */
const owner = (library: string) => `
import { supervise } from ${JSON.stringify(library)};
const units = ${JSON.stringify(units)};
console.log('begun');
const machine = await supervise({ units });
console.log('directory ' + machine.directory + ' ' + machine.pid);
await machine.start(['stubborn', 'forks', 'a']);
console.log('started');
const halting = process.argv[2] === 'halt' ? machine.halt() : undefined;
console.log('waiting');
await halting;
setInterval(() => {}, 1000);
`;

describe('a process that has a machine and is killed', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'pidone-owner-'));
  const script = join(scratch, 'owner.mjs');
  writeFileSync(script, owner(join(import.meta.dirname, '../../dist/library/index.js')));
  const root = process.getuid?.() === 0;
  afterAll(() => rmSync(scratch, { recursive: true }));

  /** Kills the owner once it has said a word; which machine it was, if it has said so. */
  async function killed(
    word: string,
    argument = '',
    with_: (manager: number) => void = () => {},
  ): Promise<string | undefined> {
    const env = { PATH: process.env.PATH ?? '', TMPDIR: scratch };
    const child = spawn(process.execPath, [script, argument], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise((resolve) => child.on('close', resolve));
    let text = '';
    for await (const chunk of child.stdout) {
      text += String(chunk);
      if (!text.includes(word)) continue;
      // It is to do nothing more itself.
      child.kill('SIGSTOP');
      with_(Number(/directory \S+ (\d+)/.exec(text)?.[1] ?? 0));
      child.kill('SIGKILL');
      break;
    }
    await ended;
    expect(text).toContain(word);
    return /directory (\S+)/.exec(text)?.[1];
  }

  const machines = (): string[] => readdirSync(scratch).filter((name) => name.startsWith('pidone.'));
  const left = (): number[] => processesOf(scratch).filter((pid) => pid !== process.pid);

  /** All of them have gone, and nothing that they started is left. */
  const allGone = (): Promise<void> => eventually(() => machines().length === 0 && left().length === 0);

  it('before the manager is there leaves no process, and at most a directory, which the next one removes', async () => {
    await killed('begun');
    await eventually(() => left().length === 0);
    await killed('directory');
    await allGone();
  });

  it.each([
    ['while units start', 'directory', ''],
    ['while they run', 'waiting', ''],
    ['while they stop', 'waiting', 'halt'],
  ])('%s leaves nothing', async (_when, word, argument) => {
    await killed(word, argument);
    await allGone();
  });

  it('together with its manager leaves what the next one ends', async () => {
    const directory = await killed('waiting', '', (manager) => process.kill(manager, 'SIGKILL'));
    expect(existsSync(directory!)).toBe(true);
    expect(left().length).toBeGreaterThan(3);
    await killed('directory');
    await allGone();
  });

  it.runIf(root)('of an ordinary user leaves nothing either', async () => {
    spawnSync('chmod', ['-R', 'go+rX', scratch]);
    const own = mkdtempSync(join(scratch, 'user-'));
    spawnSync('chown', ['65534:65534', own]);
    const env = { PATH: process.env.PATH ?? '', TMPDIR: own, HOME: own };
    const options = { env, uid: 65534, gid: 65534, stdio: ['ignore', 'pipe', 'inherit'] as const };
    const child = spawn(process.execPath, [script], { ...options, stdio: [...options.stdio] });
    let text = '';
    for await (const chunk of child.stdout!) {
      text += String(chunk);
      if (!text.includes('waiting')) continue;
      child.kill('SIGKILL');
      break;
    }
    expect(text).toContain('started');
    await eventually(() => readdirSync(own).length === 0 && processesOf(own).length === 0);
  });
});

async function eventuallyAsync(condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 40_000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not within 40 s: ${condition}`);
    await new Promise((next) => setTimeout(next, 5));
  }
}
