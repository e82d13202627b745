/** Sockets of a whole manager on a simulated machine. */

import { describe, expect, it } from 'vitest';
import { SystemError } from '../../../src/sys/host.ts';
import type { Socket } from '../../../src/units/socket.ts';
import type { Release } from '../../../src/voice/release.ts';
import { world } from '../../support/world.ts';

it('RemoveOnStop= removes the name, the links to it and the message queue', async () => {
  const system = world({
    files: {
      '/etc/systemd/system/talk.socket':
        '[Socket]\nListenStream=/run/talk\nListenMessageQueue=/talk\nSymlinks=/run/chat\nRemoveOnStop=yes\n',
      '/etc/systemd/system/talk.service': '[Service]\nExecStart=/bin/talk\n',
    },
  }).boot();
  const { files } = system.host;
  expect(await system.systemctl('start talk.socket')).toMatchObject({ status: 0 });
  expect(['/run/talk', '/run/chat'].map((path) => files.tryLstat(path)?.type)).toEqual(['socket', 'symlink']);
  expect(await system.systemctl('stop talk.socket')).toMatchObject({ status: 0 });
  expect(['/run/talk', '/run/chat'].map((path) => files.tryLstat(path)?.type)).toEqual([undefined, undefined]);
  expect(system.host.unlinkedQueues).toEqual(['/talk']);
});

it('fails at once where what it listens on cannot be watched', async () => {
  const system = world({
    files: {
      '/etc/systemd/system/file.socket': '[Socket]\nListenSpecial=/etc/hostname\nService=talk.service\n',
      '/etc/systemd/system/talk.service': '[Service]\nExecStart=/bin/talk\n',
      '/etc/hostname': 'here\n',
    },
  }).boot();
  expect(await system.systemctl('start file.socket')).toMatchObject({
    status: 1,
    err: 'Job failed. See "journalctl -xe" for details.\n',
  });
  expect((await system.systemctl('show file.socket -p SubState,Result')).out).toBe(
    'Result=resources\nSubState=failed\n',
  );
  expect((await system.systemctl('status -o cat file.socket')).out).toContain(
    '\n\nfile.socket: Failed to watch listening fds: Operation not permitted\n' +
      'file.socket: Failed to watch sockets: Operation not permitted\n' +
      "file.socket: Failed with result 'resources'.\n" +
      'Failed to listen on file.socket.\n',
  );
});

/** a.socket with these settings, and a.service (a@.service with Accept=). */
function make(settings: string, service = '[Service]\nExecStart=/bin/a\n', release?: Release) {
  const system = world({
    ...(release === undefined ? {} : { release }),
    files: {
      '/etc/systemd/system/a.socket': `[Socket]\nListenStream=/run/a\n${settings}`,
      '/etc/systemd/system/a.service': service,
      '/etc/systemd/system/a@.service': '[Service]\nExecStart=-/bin/a %i\n',
    },
  }).boot();
  const socket = system.manager.units.load('a.socket') as Socket;
  socket.referencedBy.add('test');
  const start = (): void => {
    system.manager.jobs.add('start', socket, 'replace');
    system.host.settle();
  };
  const stop = (): void => {
    system.manager.jobs.add('stop', socket, 'replace');
    system.host.settle();
  };
  const state = (): string => `${socket.subState} ${socket.result}`;
  const incoming = (connection?: Parameters<typeof system.host.makeReadable>[1]): void => {
    system.host.makeReadable(socket.descriptors[0]!.fd, connection);
    system.host.settle();
  };
  const log = async (): Promise<string> => (await system.systemctl('status -n 50 -o cat a.socket')).out;
  return { system, host: system.host, socket, start, stop, state, incoming, log };
}

describe('a socket', () => {
  it('listens, starts its service when something comes in, and listens again when that has ended', () => {
    const { host, socket, start, incoming } = make('FileDescriptorName=talk\n');
    start();
    expect(socket.subState).toBe('listening');
    expect(socket.descriptors).toEqual([{ fd: socket.descriptors[0]!.fd, name: 'talk' }]);
    incoming();
    expect(socket.subState).toBe('running');
    host.flushFd(socket.descriptors[0]!.fd);
    host.running('a')!.exit(0);
    host.settle();
    expect(socket.subState).toBe('listening');
  });

  it('starts its service again as long as something waits; FlushPending= drops it', () => {
    for (const [settings, wanted] of [
      ['', 'running'],
      ['FlushPending=yes\n', 'listening'],
    ] as const) {
      const { host, socket, start, incoming } = make(settings);
      start();
      incoming();
      host.running('a')!.exit(0);
      host.advance(10);
      expect(socket.subState).toBe(wanted);
    }
  });

  it('is running while its service is, whoever started it; it does not start beside it', async () => {
    const { system, socket, start } = make('');
    start();
    await system.systemctl('start a.service');
    expect(socket.subState).toBe('running');
    const other = make('');
    await other.system.systemctl('start a.service');
    other.start();
    expect(other.state()).toBe('dead success');
    expect(await other.log()).toContain('a.socket: Socket service a.service already active, refusing.');
  });

  it('fails with the start limit of its service', () => {
    const { host, start, incoming, state } = make(
      '',
      '[Unit]\nStartLimitBurst=1\nStartLimitIntervalSec=1h\n[Service]\nExecStart=/bin/a\n',
    );
    start();
    incoming();
    host.running('a')!.exit(0);
    host.advance(10);
    expect(state()).toBe('failed service-start-limit-hit');
  });

  it('fails where it would start it too often: twenty times in two seconds', async () => {
    const { host, start, incoming, state, log } = make('', '[Unit]\nStartLimitBurst=0\n[Service]\nExecStart=/bin/a\n');
    host.onSpawn = (process) => process.exit(0);
    start();
    incoming();
    host.advance(100);
    expect(host.spawned).toHaveLength(20);
    expect(state()).toBe('failed trigger-limit-hit');
    expect(await log()).toContain('a.socket: Trigger limit hit, refusing further activation.');
  });

  it('is not kept from that by PollLimitBurst=, which counts anew each time that it listens', () => {
    const { host, start, incoming, state } = make(
      'PollLimitIntervalSec=10\nPollLimitBurst=4\n',
      '[Unit]\nStartLimitBurst=0\n[Service]\nExecStart=/bin/a\n',
      257,
    );
    host.onSpawn = (process) => process.exit(0);
    start();
    incoming();
    host.advance(100);
    expect([host.spawned.length, state()]).toEqual([20, 'failed trigger-limit-hit']);
  });

  it('belongs to whom its file says', async () => {
    const { host, start, state } = make('SocketUser=alice\nSocketGroup=adm\nSocketMode=0600\n');
    start();
    expect(host.files.lstat('/run/a')).toMatchObject({ uid: 1000, gid: 4 });
    expect(state()).toBe('listening success');
  });

  it('fails where nobody knows to whom it is to belong', async () => {
    const unknown = make('SocketUser=nobody-knows\n');
    unknown.start();
    expect(unknown.state()).toBe('failed exit-code');
    expect(await unknown.log()).toContain(
      'Starting a.socket...\n' +
        'a.socket: Failed to resolve user nobody-knows: No such process\n' +
        'a.socket: Control process exited, code=exited, status=217/USER\n' +
        "a.socket: Failed with result 'exit-code'.\n" +
        'Failed to listen on a.socket.\n',
    );
    expect([...unknown.host.openFds().values()]).not.toContain('stream /run/a');
  });

  it('closes what it has opened where one can not be', async () => {
    const { host, start, state, log } = make('ListenFIFO=/run/fifo\n');
    const open = host.openSocket.bind(host);
    host.openSocket = (spec) => {
      if (spec.kind === 'fifo') throw new SystemError('EACCES', 13, 'open');
      return open(spec);
    };
    start();
    expect(state()).toBe('failed resources');
    expect([...host.openFds().values()]).not.toContain('stream /run/a');
    expect(await log()).toContain(
      'a.socket: Failed to open FIFO /run/fifo: Permission denied\n' +
        'a.socket: Failed to listen on sockets: Permission denied\n',
    );
  });
});

describe('Accept=yes', () => {
  const from = (port: number, address = '10.0.0.9') => ({
    local: { family: 'inet' as const, address: '10.0.0.1', port: 80 },
    remote: { family: 'inet' as const, address, port },
    peer: undefined,
  });
  const instances = (host: ReturnType<typeof make>['host']): string[] =>
    host.spawned.map(({ request }) => request?.argv[1] ?? '');

  it.each<[string, Release | undefined, number, number]>([
    ['PollLimitIntervalSec=10\nPollLimitBurst=4\n', undefined, 4, 10_000],
    ['MaxConnections=1000\nTriggerLimitBurst=1000\n', 257, 150, 2000],
  ])('waits where something comes in too often: %j', (settings, release, burst, interval) => {
    const { host, start, incoming } = make(`Accept=yes\n${settings}`, undefined, release);
    start();
    for (let port = 0; port <= burst; port++) incoming(from(port));
    expect(host.spawned).toHaveLength(burst);
    host.advance(interval);
    expect(host.spawned).toHaveLength(burst + 1);
  });

  it('starts an instance for each connection, named after its number and both ends', () => {
    const { host, socket, start, incoming } = make('Accept=yes\n');
    start();
    incoming(from(4000));
    incoming(from(4001));
    incoming({ peer: { pid: 77, uid: 5, gid: 5 } });
    expect(instances(host)).toEqual(['0-10.0.0.1:80-10.0.0.9:4000', '1-10.0.0.1:80-10.0.0.9:4001', '2-77-5']);
    expect([socket.accepted, socket.connections, socket.refused, socket.subState]).toEqual([3, 3, 0, 'listening']);
    host.spawned[0]!.exit(0);
    host.settle();
    expect(socket.connections).toBe(2);
  });

  it('refuses what is too much, as a whole and from one source', async () => {
    const { host, socket, start, incoming, log } = make('Accept=yes\nMaxConnections=3\nMaxConnectionsPerSource=2\n');
    start();
    for (const [port, address] of [
      [1, '10.0.0.9'],
      [2, '10.0.0.9'],
      [3, '10.0.0.9'],
      [4, '10.0.0.8'],
      [5, '10.0.0.7'],
    ] as const)
      incoming(from(port, address));
    expect([socket.accepted, socket.refused]).toEqual([3, 2]);
    expect([...host.openFds().values()].filter((what) => what === 'connection')).toHaveLength(3);
    expect(await log()).toContain(
      'a.socket: Too many incoming connections (2) from source 10.0.0.9, dropping connection.\n' +
        'a.socket: Too many incoming connections (3), dropping connection.\n',
    );
  });
});

describe('commands of a socket', () => {
  it('run one after the other around what it does', () => {
    const { host, socket, start, stop } = make(
      'ExecStartPre=/bin/one\nExecStartPre=/bin/two\nExecStartPost=/bin/post\nExecStopPre=/bin/pre\nExecStopPost=/bin/late\n',
    );
    const seen: string[] = [];
    host.onSpawn = (process) => {
      seen.push(`${process.comm} ${socket.subState} ${socket.descriptors.length}`);
      process.exit(0);
    };
    start();
    expect(socket.subState).toBe('listening');
    stop();
    expect(seen).toEqual([
      'one start-pre 0',
      'two start-pre 0',
      'post start-post 1',
      'pre stop-pre 1',
      'late stop-post 0',
    ]);
    expect(socket.subState).toBe('dead');
  });

  it.each([
    ['ExecStartPre', 'failed exit-code'],
    ['ExecStartPost', 'failed exit-code'],
    ['ExecStopPre', 'failed exit-code'],
    ['ExecStopPost', 'failed exit-code'],
  ])('%s that fails fails it', (name, end) => {
    const { host, start, stop, state } = make(`${name}=/bin/bad\n`);
    host.onSpawn = (process) => process.exit(3);
    start();
    if (name.startsWith('ExecStop')) stop();
    expect(state()).toBe(end);
    expect([...host.openFds().values()]).not.toContain('stream /run/a');
  });

  it('that do not end are asked to, then killed', async () => {
    const { host, start, state, log } = make('ExecStartPre=/bin/slow\nTimeoutSec=10\n');
    start();
    const process = host.running('slow')!;
    process.ignores.add(15);
    host.advance(9_999);
    expect(state()).toBe('start-pre success');
    host.advance(1);
    expect(state()).toBe('final-sigterm timeout');
    expect(process.received[0]).toBe(15);
    host.advance(9_999);
    expect(state()).toBe('final-sigterm timeout');
    host.advance(1);
    expect(state()).toBe('failed timeout');
    expect(process.received.at(-1)).toBe(9);
    expect(await log()).toContain('a.socket: Starting timed out. Terminating.');
    expect(await log()).toContain('a.socket: Stopping timed out (2). Killing.');
  });

  it('of a stop that do not end are given up in the end', async () => {
    const { host, start, stop, state, log } = make('ExecStopPre=/bin/slow\nTimeoutSec=10\n');
    start();
    const kill = host.kill.bind(host);
    stop();
    host.running('slow')!.ignores.add(15);
    host.kill = (pid, signal, startTime) => (signal === 9 ? true : kill(pid, signal, startTime));
    for (const wanted of [
      'stop-pre success',
      'stop-pre-sigterm timeout',
      'stop-pre-sigkill timeout',
      'failed timeout',
    ]) {
      expect(state()).toBe(wanted);
      host.advance(10_000);
    }
    const text = await log();
    for (const line of [
      'Stopping timed out. Terminating.',
      'Stopping timed out. Killing.',
      'Processes still around after SIGKILL. Ignoring.',
    ])
      expect(text).toContain(`a.socket: ${line}`);
  });

  it('are cut short by a stop', () => {
    const { host, state, start, stop } = make('ExecStartPre=/bin/slow\nExecStartPre=/bin/never\n');
    start();
    stop();
    expect(state()).toBe('failed signal');
    expect(host.spawned.map(({ comm }) => comm)).toEqual(['slow']);
  });
});

describe('PassFileDescriptorsToExec=', () => {
  const commands = 'ExecStartPost=/bin/post\nExecStopPre=/bin/pre\nExecStopPost=/bin/last\n';

  it.each([
    ['yes', '1 a.socket'],
    ['no', 'undefined undefined'],
  ])('%s: %s', (passes, expected) => {
    const { system, socket, start, stop } = make(
      `PassFileDescriptorsToExec=${passes}\n${commands}ExecStartPre=/bin/early\n`,
    );
    const seen: Record<string, string> = {};
    system.host.onSpawn = (process) => {
      seen[process.comm] = `${process.env('LISTEN_FDS')} ${process.env('LISTEN_FDNAMES')}`;
      process.exit(0);
    };
    start();
    expect(socket.subState).toBe('listening');
    stop();
    expect(socket.subState).toBe('dead');
    // before the socket is there it can't be passed
    expect(seen).toEqual({ early: 'undefined undefined', post: expected, pre: expected, last: expected });
    expect(system.host.openFds().size).toBe(0);
  });
});

describe('DeferTrigger=', () => {
  /** a.service, whose socket has these settings, conflicts with rival.service, which runs. */
  async function rivals(settings: string, rival = '') {
    const system = world({
      files: {
        '/etc/systemd/system/a.socket': `[Socket]\nListenStream=/run/a\n${settings}`,
        '/etc/systemd/system/a.service': '[Unit]\nConflicts=rival.service\n[Service]\nExecStart=/bin/a\n',
        '/etc/systemd/system/rival.service': `[Service]\nExecStart=/bin/rival\n${rival}`,
      },
    }).boot();
    await system.systemctl('start a.socket rival.service');
    const socket = system.unit('a.socket') as Socket;
    const incoming = (): void => {
      system.host.makeReadable(socket.descriptors[0]!.fd);
      system.host.settle();
    };
    const states = (): string =>
      `${socket.subState} ${socket.result}, ${system.unit('a.service').activeState}, ${system.unit('rival.service').activeState}`;
    return { system, socket, incoming, states };
  }

  it('no: what is in the way is stopped', async () => {
    const { incoming, states } = await rivals('');
    incoming();
    expect(states()).toBe('running success, active, inactive');
  });

  it('patient: the service starts when what is in the way has stopped by itself', async () => {
    const { system, incoming, states } = await rivals('DeferTrigger=patient\n');
    incoming();
    expect(states()).toBe('deferred success, inactive, active');
    await system.systemctl('stop rival.service');
    system.host.settle();
    expect(states()).toBe('running success, active, inactive');
  });

  it('patient: no longer than DeferTriggerMaxSec=', async () => {
    const { system, incoming, states, socket } = await rivals('DeferTrigger=patient\nDeferTriggerMaxSec=10\n');
    incoming();
    system.host.advance(9_999);
    expect(states()).toBe('deferred success, inactive, active');
    system.host.advance(1);
    expect(states()).toBe('failed timeout, inactive, active');
    expect(system.messages(socket)).toContain('DeferTriggerMaxSec= elapsed. Stopping.');
  });

  it('yes: fails where no job is there that could make room', async () => {
    const { incoming, states } = await rivals('DeferTrigger=yes\n');
    incoming();
    expect(states()).toBe('failed resources, inactive, active');
  });

  it('yes: waits for jobs that are there', async () => {
    const { system, incoming, states } = await rivals('DeferTrigger=yes\n', 'ExecStop=/bin/slow\n');
    await system.systemctl('stop --no-block rival.service');
    expect(states()).toBe('listening success, inactive, deactivating');
    await system.systemctl('restart --no-block rival.service');
    incoming();
    expect(states()).toBe('deferred success, inactive, deactivating');
    await system.systemctl('stop --no-block rival.service');
    system.host.running('slow')!.exit(0);
    system.host.settle();
    expect(states()).toBe('running success, active, inactive');
  });

  it('can be stopped while it waits', async () => {
    const { incoming, states, system } = await rivals('DeferTrigger=patient\nDeferTriggerMaxSec=10\n');
    incoming();
    await system.systemctl('stop a.socket');
    system.host.advance(20_000);
    expect(states()).toBe('dead success, inactive, active');
  });
});
