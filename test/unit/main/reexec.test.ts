/** What is done before another program takes the place of the manager's, and what becomes of those who are connected. */
import { describe, expect, it } from 'vitest';
import {
  encodeFrame,
  encodeGreeting,
  encodeRequest,
  FrameType,
  frameHeaderSize,
} from '../../../src/control/protocol.ts';
import { type ControlHandler, type ControlServer, serveControl } from '../../../src/control/server.ts';
import { Keeper } from '../../../src/kept/keeper.ts';
import { takeUpAfterCrash } from '../../../src/main/after-crash.ts';
import { answerRequest } from '../../../src/main/answer.ts';
import { keepForCrash } from '../../../src/main/crash.ts';
import { endReading, parseState, type ReadState, readState } from '../../../src/main/kept-state.ts';
import { canGoOnStatus, type Going, reexecute } from '../../../src/main/reexec.ts';
import type { SimProcess } from '../../../src/simulation/machine/processes.ts';
import type { HeldConnection } from '../../../src/simulation/machine/streams.ts';
import { runs, type World, world } from '../../support/world.ts';

const path = '/run/pidone/control';
const options = { path, version: '1' };

function callOf(...argv: string[]): Buffer {
  const terminal = { stdin: false, stdout: false, stderr: false, columns: 80, lines: 24 };
  const request = encodeRequest({ program: 'systemctl', argv, env: {}, cwd: '/', terminal });
  return Buffer.concat([encodeGreeting(), encodeFrame(FrameType.request, request)]);
}

/** What a caller has been told: texts and its exit status. */
function told({ taken }: HeldConnection): { out: string; err: string; status: number | undefined } {
  const answer = { out: '', err: '', status: undefined as number | undefined };
  for (let at = 0; at < taken.length; ) {
    const end = at + frameHeaderSize + taken.readUInt32LE(at);
    const payload = taken.subarray(at + frameHeaderSize, end);
    if (taken[at + 4] === FrameType.out) answer.out += payload;
    if (taken[at + 4] === FrameType.err) answer.err += payload;
    if (taken[at + 4] === FrameType.exit) answer.status = payload.readUInt32LE(0);
    at = end;
  }
  return answer;
}

class Machine {
  readonly w: World;
  control: ControlServer;

  constructor() {
    this.w = world({
      units: {
        'slow.service': '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/usr/bin/slow\n',
        'bad.service': '[Service]\nType=oneshot\nExecStart=/usr/bin/bad\n',
      },
      programs: { slow: runs, bad: runs },
    });
    this.w.boot();
    this.control = serveControl(this.w.host, { ...options, handler: this.handler });
  }

  readonly handler: ControlHandler = (request) => answerRequest(this.w.host, this.w.manager, request);

  get going(): Going {
    return {
      host: this.w.host,
      manager: this.w.manager,
      control: this.control,
      keep: (k) => k.inner('manager', (of) => this.w.manager.keep(of)),
      argv: ['--user', '--control-fd=9', 'multi-user.target'],
    };
  }

  async call(...argv: string[]): Promise<HeldConnection> {
    const connection = this.w.host.connectHeld(path);
    connection.onData(callOf(...argv));
    await this.until(() => connection.closed || this.control.requests > 0);
    return connection;
  }

  /** Modules are loaded meanwhile, in turns of the real loop. */
  async until(isTrue: () => boolean): Promise<void> {
    do {
      this.w.host.settle();
      await new Promise<void>((resolve) => setImmediate(resolve));
    } while (!isTrue());
  }

  /** Until all who are waited for say how they are gone on with. */
  async untilAllWait(): Promise<void> {
    let done = false;
    void this.control.whenAllCanGoOn(Number.POSITIVE_INFINITY).then(() => {
      done = true;
    });
    await this.until(() => {
      if (!done) this.w.host.advance(1);
      return done;
    });
  }

  /** Becomes another program: what the old one was to execute. */
  async become(): Promise<NonNullable<World['host']['reexecuted']>> {
    const { host } = this.w;
    await this.untilAllWait();
    const refused = reexecute(this.going).catch((error: unknown) => error);
    await this.until(() => {
      host.advance(1);
      return host.reexecuted !== undefined;
    });
    await refused;
    return host.reexecuted!;
  }

  goOn(stateFd: number): void {
    this.#goOn(readState(this.w.host, stateFd));
  }

  /** From here on it writes down what it keeps. */
  keepForCrash(): void {
    const { w, control } = this;
    const program = { path: '', argv: () => [], env: [] };
    keepForCrash({ manager: w.manager, control, program, keep: () => {} });
  }

  /** Its program has come to its end, without a word. */
  crash(): void {
    this.#goOn(parseState(this.w.host.crashLog!.crash(6)));
  }

  #goOn({ state, crash }: ReadState): void {
    const { host } = this.w;
    this.w.goOn((manager) => {
      state.inner('manager', (of) => manager.keep(of));
      state.inner('control', (kept) => {
        this.control = serveControl(host, { ...options, handler: this.handler, kept });
      });
      manager.revive();
      endReading(manager, state);
      if (crash !== undefined) takeUpAfterCrash(manager, crash);
      this.control.revive();
    });
  }
}

/** The program that is tried ends so; all others run. */
const tried =
  (status: number) =>
  (process: SimProcess): void => {
    if (process.comm === 'systemctl') process.exit(status);
  };

const stateFdOf = ({ argv }: { argv: string[] }): number =>
  Number(argv.find((word) => word.startsWith('--state-fd='))?.slice('--state-fd='.length));

describe('a manager that becomes another program', () => {
  it('tries it, passes on what it was called with, and leaves no descriptor behind', async () => {
    const machine = new Machine();
    const { host } = machine.w;
    host.onSpawn = tried(canGoOnStatus);
    const { path: program, argv, fds } = await machine.become();
    expect(program).toMatch(/\/bin\/systemctl$/);
    const fd = stateFdOf({ argv });
    expect(argv).toEqual(['systemctl', 'init', `--state-fd=${fd}`, '--user', 'multi-user.target']);
    expect(fds).toContain(fd);
    machine.goOn(fd);
    expect(host.openFds().has(fd)).toBe(false);
    expect(machine.w.messages().filter((message) => /read all|Internal/.test(message))).toEqual([]);
  });

  it('keeps callers: one who waits for jobs, one who has said half, one who has not read all', async () => {
    const machine = new Machine();
    const { host } = machine.w;
    const [first, second] = [await machine.call('start', 'slow'), await machine.call('start', 'bad')];
    await machine.until(() => host.running('slow') !== undefined && host.running('bad') !== undefined);
    const half = host.connectHeld(path);
    const bytes = callOf('is-active', 'slow');
    half.onData(bytes.subarray(0, 20));
    const stalled = host.connectHeld(path);
    stalled.room = 10;
    stalled.onData(callOf('is-active', 'slow'));
    // Once its module is loaded: the deadline of the other one is of the simulated clock, which that does not wait for.
    await machine.until(() => stalled.taken.length > 0);
    host.onSpawn = tried(canGoOnStatus);
    machine.goOn(stateFdOf(await machine.become()));
    for (const caller of [first, second, half, stalled]) expect(caller.closed).toBe(false);
    half.onData(bytes.subarray(20));
    stalled.take(Number.POSITIVE_INFINITY);
    await machine.until(() => half.closed && stalled.closed);
    expect(told(half)).toEqual({ out: 'activating\n', err: '', status: 3 });
    expect(told(stalled)).toEqual({ out: 'activating\n', err: '', status: 3 });
    host.running('slow')!.exit(0);
    host.running('bad')!.exit(3);
    await machine.until(() => first.closed && second.closed);
    expect(told(first)).toEqual({ out: '', err: '', status: 0 });
    expect(told(second).status).toBe(1);
    expect(told(second).err).toContain('Job for bad.service failed');
    const last = await machine.call('is-active', 'slow');
    await machine.until(() => last.closed);
    expect(told(last)).toMatchObject({ out: 'active\n', status: 0 });
  });

  it.each([
    ['one that can not go on from here', 0, /can not go on from here/],
    ['one that fails', 3, /does not start \(status 3\)/],
  ])('does not become %s', async (_name, status, reason) => {
    const machine = new Machine();
    machine.w.host.onSpawn = tried(status);
    const refused = expect(reexecute(machine.going)).rejects.toThrow(reason);
    machine.w.host.advance(10);
    await refused;
    expect(machine.w.host.reexecuted).toBeUndefined();
    expect(machine.w.messages().at(-1)).toMatch(/Going on as before/);
  });

  it('goes on as before where the program can not be executed', async () => {
    const machine = new Machine();
    const { host } = machine.w;
    const caller = await machine.call('start', 'slow');
    await machine.untilAllWait();
    const open = host.openFds().size;
    host.onSpawn = tried(canGoOnStatus);
    host.execError = { code: 'ENOEXEC', errno: 8 };
    let failed: unknown;
    const refused = reexecute(machine.going).catch((error: unknown) => {
      failed = error;
    });
    await machine.until(() => {
      host.advance(1);
      return failed !== undefined;
    });
    await refused;
    expect(String(failed)).toMatch(/Failed to execute .*Exec format error/);
    expect(host.openFds().size).toBe(open);
    host.running('slow')!.exit(0);
    await machine.until(() => caller.closed);
    expect(told(caller)).toEqual({ out: '', err: '', status: 0 });
  });

  it('goes on without what can not be read, and says so', () => {
    const { host } = world();
    const { state: k } = readState(host, host.memfd(Buffer.from('{"version":99,"state":{}}')));
    expect(host.consoleText).toMatch(/can't be read, going on without it: it is of version 99/);
    expect(k).toBeInstanceOf(Keeper);
  });
});

describe('a manager that crashes', () => {
  it('knows what it was asked for', async () => {
    const machine = new Machine();
    const ask = async (...argv: string[]): Promise<string> => {
      const caller = await machine.call(...argv);
      await machine.until(() => caller.closed);
      return told(caller).out;
    };
    machine.keepForCrash();
    await ask('start', '--no-block', 'slow');
    await ask('set-environment', 'A=b');
    await ask('log-level', 'debug');
    await ask('set-property', '--runtime', 'slow.service', 'Markers=needs-restart');
    await ask('service-watchdogs', 'no');
    const { host, manager } = machine.w;
    const schedule = {
      objective: 'halt',
      atMs: host.now() + 600_000,
      wall: false,
      dryRun: false,
      uid: 0,
      message: '',
    } as const;
    manager.shutdown.schedule.set(schedule);
    await ask('log-level', 'info');
    host.settle();
    machine.crash();
    expect(machine.w.manager.shutdown.schedule.current).toEqual(schedule);
    expect(await ask('show-environment')).toContain('A=b\n');
    expect(await ask('log-level')).toBe('info\n');
    expect(await ask('service-watchdogs')).toBe('no\n');
    expect(await ask('show', 'slow.service', '-p', 'Markers')).toBe('Markers=needs-restart\n');
  });

  it('keeps callers who wait, and no others', async () => {
    const machine = new Machine();
    const { host } = machine.w;
    machine.keepForCrash();
    const [first, second] = [await machine.call('start', 'slow'), await machine.call('start', 'bad')];
    await machine.untilAllWait();
    await machine.until(() => host.running('slow') !== undefined && host.running('bad') !== undefined);
    const half = host.connectHeld(path);
    half.onData(callOf('is-active', 'slow').subarray(0, 20));
    host.advance(100);
    machine.crash();
    for (const caller of [first, second]) expect(caller.closed).toBe(false);
    host.running('slow')!.exit(0);
    host.running('bad')!.exit(3);
    await machine.until(() => first.closed && second.closed);
    expect(told(first)).toEqual({ out: '', err: '', status: 0 });
    expect(told(second).err).toContain('Job for bad.service failed');
    const last = await machine.call('is-active', 'slow');
    await machine.until(() => last.closed);
    expect(told(last)).toMatchObject({ out: 'active\n', status: 0 });
    expect(machine.control.connections).toBe(0);
  });
});
