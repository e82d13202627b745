/** Each state of a socket (socket.c of systemd 252): what its commands and time limits lead to. */
import { describe, expect, it } from 'vitest';
import { SystemError } from '../../../src/sys/host.ts';
import type { Socket } from '../../../src/units/socket.ts';
import { world } from '../../support/world.ts';

const commands = `ExecStartPre=/usr/bin/pre
ExecStartPost=/usr/bin/post
ExecStopPre=/usr/bin/stop
ExecStopPost=/usr/bin/late
TimeoutSec=10
`;

function make(settings = commands, service = '[Service]\nExecStart=/usr/bin/a\n', unit = '') {
  const w = world({
    units: { 'a.socket': `${unit}[Socket]\nListenStream=/run/a\n${settings}`, 'a.service': service },
    programs: Object.fromEntries(['pre', 'post', 'stop', 'late', 'next', 'a'].map((name) => [name, () => {}])),
  });
  const { host } = w;
  const socket = w.unit('a.socket') as Socket;
  const control = () => host.table.get(socket.controlPid)!;
  const kill = host.kill.bind(host);
  const events: Record<string, () => void> = {
    start: () => void w.start(socket),
    stop: () => void w.stop(socket),
    restart: () => void w.restart(socket),
    stubborn: () => void control().ignores.add(15),
    unkillable: () => {
      host.kill = (pid, signal, startTime) => signal === 9 || kill(pid, signal, startTime);
    },
    incoming: () => host.makeReadable(socket.descriptors[0]!.fd),
  };
  const play = (...names: string[]): string[] =>
    names.map((name) => {
      const [first, second] = name.split(' ');
      if (first === 'exit') control().exit(Number(second));
      else if (second === 'ms') host.advance(Number(first));
      else events[name]!();
      host.settle();
      return `${socket.activeState} ${socket.subState} ${socket.result}`;
    });
  const said = (): string[] =>
    w.logged
      .filter(({ unit: about, priority, fields }) => about === socket.id && priority <= 6 && !fields?.JOB_ID)
      .map(
        ({ priority, message }) => `${priority} ${message.replace('a.socket: ', '').replace(/process \d+/, 'process')}`,
      );
  return { w, host, socket, control, play, said, signals: () => host.kills.map(({ signal }) => signal) };
}

const listening = ['start', 'exit 0', 'exit 0'];
const pre = 'activating start-pre success';
const post = 'activating start-post success';
const up = 'active listening success';

describe('a socket that belongs to somebody', () => {
  const owned = `${commands}SocketUser=alice\n`;

  it('is given to them in a state of its own', () => {
    const { socket, host, play, w } = make(owned);
    const lookupUser = host.lookupUser.bind(host);
    const seen: string[] = [];
    host.lookupUser = (name) => {
      if (name === 'alice') seen.push(`${socket.activeState} ${socket.subState} ${socket.result}`);
      return lookupUser(name);
    };
    expect(play('start', 'exit 0', 'exit 0')).toEqual([pre, post, up]);
    expect(seen).toEqual(['activating start-chown success']);
    expect(host.files.lstat('/run/a').uid).toBe(1000);
    expect(w.logged.map(({ message }) => message)).toContain('Starting a.socket...');
  });

  it('can be stopped before', () => {
    const { socket, host, play } = make(owned);
    const defer = host.defer.bind(host);
    const held: (() => void)[] = [];
    let stops = false;
    host.defer = (callback) => {
      if (socket.subState === 'start-chown' && !stops) held.push(callback);
      else defer(callback);
    };
    expect(play('start', 'exit 0')).toEqual([pre, 'activating start-chown success']);
    stops = true;
    expect(play('stop')).toEqual(['deactivating stop-post success']);
    for (const callback of held) callback();
    host.settle();
    expect(socket.subState).toBe('stop-post');
    expect(host.files.lstat('/run/a').uid).toBe(0);
  });
});

describe('the commands of a socket', () => {
  it('lead up and down', () => {
    const { play, host, socket, said, w } = make();
    expect(play(...listening, 'stop', 'exit 0', 'exit 0')).toEqual([
      pre,
      post,
      up,
      'deactivating stop-pre success',
      'deactivating stop-post success',
      'inactive dead success',
    ]);
    expect(said()).toEqual(['6 Deactivated successfully.']);
    expect(socket.invocationId).toMatch(/^[0-9a-f]{32}$/);
    expect([w.watched, host.untilNext]).toEqual([[], undefined]);
  });

  it.each([
    [['start'], 'failed failed exit-code'],
    [['start', 'exit 0'], 'deactivating stop-pre exit-code'],
    [[...listening, 'stop'], 'deactivating stop-post exit-code'],
    [[...listening, 'stop', 'exit 0'], 'failed failed exit-code'],
  ])('that fail after %j', (way, end) => {
    const { play, said } = make();
    play(...way);
    expect(play('exit 1')).toEqual([end]);
    expect(said()[0]).toBe('5 Control process exited, code=exited, status=1/FAILURE');
  });

  it.each([
    ['ExecStartPre', ['start'], 'failed failed exit-code'],
    ['ExecStopPost', [...listening, 'stop', 'exit 0'], 'failed failed exit-code'],
  ])('of which one fails are the last to run: %s', (kind, way, end) => {
    const { play, host } = make(`${commands}${kind}=/usr/bin/next\n`);
    play(...way);
    expect(play('exit 1')).toEqual([end]);
    expect(host.spawned.map(({ comm }) => comm)).not.toContain('next');
  });

  it('end a socket that fails of itself, too', () => {
    const { play, socket } = make();
    play(...listening);
    socket.dependencies.delete('Triggers');
    expect(play('incoming', '10000 ms')).toEqual([
      'deactivating stop-pre resources',
      'deactivating stop-post resources',
    ]);
  });

  it('may fail with a -', () => {
    const { play, said } = make(commands.replace(/=\//g, '=-/'));
    expect(play('start', 'exit 1', 'exit 1', 'stop', 'exit 1', 'exit 1').at(-1)).toBe('inactive dead success');
    expect(said()).toEqual(['6 Deactivated successfully.']);
  });

  it.each([
    ['pre', [], 'start', 'failed failed resources', "'start-pre'"],
    ['post', ['start'], 'exit 0', 'deactivating stop-pre resources', "'start-post'"],
    ['stop', listening, 'stop', 'deactivating stop-post resources', "'stop-pre'"],
    ['late', [...listening, 'stop'], 'exit 0', 'failed failed resources', "'stop-post'"],
  ])('that can not be run: /usr/bin/%s', (program, way, event, end, task) => {
    const { play, host, said } = make();
    host.forkErrors.set(`/usr/bin/${program}`, { code: 'EAGAIN', errno: 11 });
    play(...way);
    expect(play(event)).toEqual([end]);
    expect(said()[1]).toBe(`4 Failed to run ${task} task: Resource temporarily unavailable`);
  });

  it.each([
    ['ExecStartPre', ['start'], 'failed failed resources'],
    ['ExecStartPost', ['start', 'exit 0'], 'deactivating stop-pre resources'],
    ['ExecStopPre', [...listening, 'stop'], 'failed failed resources'],
    ['ExecStopPost', [...listening, 'stop', 'exit 0'], 'failed failed resources'],
  ])('of which the next one can not be run: %s', (kind, way, end) => {
    const { play, host, said } = make(`${commands}${kind}=/usr/bin/next\n`);
    host.forkErrors.set('/usr/bin/next', { code: 'EAGAIN', errno: 11 });
    play(...way);
    expect(play('exit 0')).toEqual([end]);
    expect(said()[1]).toBe('4 Failed to run next task: Resource temporarily unavailable');
  });
});

describe('TimeoutSec=', () => {
  it.each([
    ['start-pre', ['start'], 'deactivating final-sigterm timeout', 'Starting timed out. Terminating.'],
    ['start-post', ['start', 'exit 0'], 'deactivating stop-pre timeout', 'Starting timed out. Stopping.'],
    ['stop-pre', [...listening, 'stop'], 'deactivating stop-pre-sigterm timeout', 'Stopping timed out. Terminating.'],
    [
      'stop-post',
      [...listening, 'stop', 'exit 0'],
      'deactivating final-sigterm timeout',
      'Stopping timed out (2). Terminating.',
    ],
  ])('of %s', (_, way, end, message) => {
    const { play, said } = make(`${commands}RestartKillSignal=SIGUSR1\n`);
    const before = play(...way, 'stubborn', 'unkillable').at(-1)!;
    expect(play('9999 ms', '1 ms')).toEqual([before, end]);
    expect(said()[0]).toBe(`4 ${message}`);
  });

  it('of a stop, to the end', () => {
    const { play, said, signals } = make();
    play(...listening, 'stop', 'stubborn', 'unkillable', '10000 ms');
    expect(play('9999 ms', '1 ms', '9999 ms', '1 ms', 'stubborn', '10000 ms')).toEqual([
      'deactivating stop-pre-sigterm timeout',
      'deactivating stop-pre-sigkill timeout',
      'deactivating stop-pre-sigkill timeout',
      'deactivating stop-post timeout',
      'deactivating stop-post timeout',
      'deactivating final-sigterm timeout',
    ]);
    expect(play('9999 ms', '1 ms', '9999 ms', '1 ms')).toEqual([
      'deactivating final-sigterm timeout',
      'deactivating final-sigkill timeout',
      'deactivating final-sigkill timeout',
      'failed failed timeout',
    ]);
    expect(said().filter((line) => line.startsWith('4'))).toEqual([
      '4 Stopping timed out. Terminating.',
      '4 Stopping timed out. Killing.',
      '4 Processes still around after SIGKILL. Ignoring.',
      '4 Stopping timed out (2). Terminating.',
      '4 Stopping timed out (2). Killing.',
      '4 Still around after SIGKILL (2). Entering failed mode.',
      "4 Failed with result 'timeout'.",
    ]);
    expect(said().filter((line) => line.includes('remains running'))).toEqual([
      '6 Unit process (stop) remains running after unit stopped.',
      '6 Unit process (late) remains running after unit stopped.',
    ]);
    // What is left counts at the next start.
    expect(signals()).toContain(15);
    play('start');
    expect(said().filter((line) => line.startsWith('4 Found left-over'))).toHaveLength(2);
  });

  it('with SendSIGKILL=no', () => {
    const { play, said } = make(`${commands}SendSIGKILL=no\n`);
    // As systemd has it, the first signal of a stop is SIGKILL all the same.
    play(...listening, 'stop', 'stubborn', 'unkillable', '10000 ms');
    expect(play('10000 ms')).toEqual(['deactivating stop-post timeout']);
    play('stubborn', '10000 ms');
    expect(play('10000 ms')).toEqual(['failed failed timeout']);
    expect(said()).toContain('4 Stopping timed out. Skipping SIGKILL. Ignoring.');
    expect(said()).toContain('4 Stopping timed out (2). Skipping SIGKILL. Ignoring.');
  });

  it('sends the signals that systemd sends', () => {
    const stopped = make();
    stopped.play('start', 'stop');
    expect(stopped.signals()).toEqual([9]);
    const restarted = make(`${commands}RestartKillSignal=SIGUSR1\n`);
    restarted.play('start');
    restarted.w.restart(restarted.socket);
    restarted.host.settle();
    expect(restarted.signals()).toEqual([10, 18]);
    const late = make();
    expect(late.play('start', '10000 ms').at(-1)).toBe('failed failed timeout');
    expect(late.signals()).toEqual([15, 18]);
  });

  it('with KillMode=none goes on', () => {
    const { play, signals } = make(`${commands}KillMode=none\n`);
    play(...listening, 'stop');
    expect(play('10000 ms', '10000 ms')).toEqual(['deactivating stop-post timeout', 'failed failed timeout']);
    expect(signals()).toEqual([]);
  });
});

describe('a start', () => {
  it('waits for a stop, goes on with a start', () => {
    const { play, w, socket } = make(commands, undefined, '[Unit]\nStartLimitBurst=0\n');
    play('start');
    expect(socket.start()).toBe('quiet');
    play('exit 0', 'exit 0', 'stop');
    expect(socket.start()).toBe('again');
    expect(socket.stop()).toBe('quiet');
    const job = w.start(socket);
    expect(play('exit 0', 'exit 0')).toEqual(['deactivating stop-post success', pre]);
    expect(play('exit 0', 'exit 0')).toEqual([post, up]);
    expect(job.result).toBe('done');
  });

  it('is refused without its service, beside it, and too often', () => {
    const gone = make('');
    gone.w.unit('a.service').loadState = 'not-found';
    expect(gone.socket.start()).toBe('failed');
    expect(gone.said()).toEqual(['3 Socket service a.service not loaded, refusing.']);
    const beside = make('');
    beside.w.up(beside.w.unit('a.service'));
    expect(beside.socket.start()).toBe('failed');
    expect(beside.said()).toEqual(['3 Socket service a.service already active, refusing.']);
    const restarting = make('', '[Service]\nExecStart=/usr/bin/a\nRestart=always\nRestartSec=1h\n');
    restarting.w.up(restarting.w.unit('a.service'));
    restarting.host.running('a')!.exit(1);
    restarting.host.settle();
    expect(restarting.play('start')).toEqual([up]);
    const often = make('', undefined, '[Unit]\nStartLimitBurst=1\nStartLimitIntervalSec=1h\n');
    expect(often.play('start', 'stop', 'start').at(-1)).toBe('failed failed start-limit-hit');
    often.socket.resetFailed();
    expect([often.socket.subState, often.socket.result]).toEqual(['dead', 'success']);
  });

  it('fails where it can not listen', () => {
    const { play, host } = make();
    host.openSocket = () => {
      throw new SystemError('EADDRINUSE', 98, 'bind');
    };
    expect(play('start', 'exit 0', 'exit 0', 'exit 0')).toEqual([
      pre,
      'deactivating stop-pre resources',
      'deactivating stop-post resources',
      'failed failed resources',
    ]);
  });
});

describe('traffic', () => {
  it('starts nothing while a stop waits', () => {
    const { play, w, socket, host } = make('');
    play('start');
    socket.job = { id: 1, unit: socket, type: 'stop', state: 'waiting' };
    expect(play('incoming', '10 ms')).toEqual([up, up]);
    expect([w.unit('a.service').activeState, host.spawned]).toEqual(['inactive', []]);
  });

  it('starts nothing that is on its way already', () => {
    const { play, w, host } = make('');
    play('start');
    w.start(w.unit('a.service'));
    expect(play('incoming').at(-1)).toBe('active running success');
    host.advance(100);
    expect(host.spawned).toHaveLength(1);
  });

  it('fails it where its service is gone, or can not be started', () => {
    const gone = make('');
    gone.play('start');
    gone.socket.dependencies.delete('Triggers');
    expect(gone.play('incoming')).toEqual(['failed failed resources']);
    expect(gone.said()[0]).toBe('3 Service to activate vanished, refusing activation.');
    const masked = make('');
    masked.play('start');
    masked.w.unit('a.service').loadState = 'masked';
    expect(masked.play('incoming')).toEqual(['failed failed resources']);
    expect(masked.said()[0]).toBe(
      '4 Failed to queue service startup job (Maybe the service file is missing or not a non-template unit?): Unit a.service is masked.',
    );
  });

  it.each([
    ['', 20, 2_000],
    ['TriggerLimitBurst=3\n', 3, 2_000],
    ['TriggerLimitBurst=3\nTriggerLimitIntervalSec=10\n', 3, 10_000],
  ])('is limited: %j', (settings, burst, intervalMs) => {
    const { play, host, socket } = make(settings, '[Unit]\nStartLimitBurst=0\n[Service]\nExecStart=/usr/bin/a\n');
    play('start');
    const once = (): void => {
      play('incoming');
      host.flushFd(socket.descriptors[0]!.fd);
      host.running('a')?.exit(0);
      host.settle();
    };
    for (let n = 0; n < burst; n++) once();
    expect(socket.subState).toBe('listening');
    host.advance(intervalMs);
    for (let n = 0; n < burst; n++) once();
    expect(socket.subState).toBe('listening');
    host.advance(intervalMs - 1);
    expect(play('incoming')).toEqual(['failed failed trigger-limit-hit']);
  });
});
