/** Sockets, pipes and watches of the kernel, behind Host. */

import { spawnSync } from 'node:child_process';
import { constants, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { release } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Datagram, type SocketSpec, type StreamConnection, SystemError } from '../../src/sys/host.ts';
import { eventually, RealProcesses } from '../support/real-process.ts';

const processes = new RealProcesses();
const { host } = processes;
const directory = mkdtempSync('/tmp/pidone-sockets-');
afterAll(() => {
  host.close();
  rmSync(directory, { recursive: true });
});
const at = (name: string): string => join(directory, name);
const me = { pid: process.pid, uid: process.getuid!(), gid: process.getgid!() };
const mode = (path: string): number => statSync(path).mode & 0o777;

/** What a connection says, until its end. */
function all(connection: StreamConnection): Promise<string> {
  let text = '';
  return new Promise((resolve) => {
    connection.onData = (chunk) => {
      text += chunk.toString();
    };
    connection.onEnd = () => resolve(text);
  });
}

describe('streams', () => {
  it('know their peer, and carry what is written in both directions', async () => {
    const listener = host.listenStream(at('stream'), 0o640);
    expect(mode(at('stream'))).toBe(0o640);
    const accepted = new Promise<StreamConnection>((resolve) => {
      listener.onConnection = resolve;
    });
    const client = host.connectStream(at('stream'));
    client.write(Buffer.from('question'));
    const server = await accepted;
    expect(server.peer).toMatchObject(me);
    expect(client.peer).toMatchObject(me);
    const question = new Promise<string>((resolve) => {
      server.onData = (chunk) => resolve(chunk.toString());
    });
    const answer = all(client);
    expect(await question).toBe('question');
    server.write(Buffer.from('answer'));
    server.end();
    expect(await answer).toBe('answer');
    client.destroy();
    listener.close();
  });

  it('listen at a socket that another program has made', async () => {
    const fd = host.openSocket({ kind: 'stream', path: at('made'), mode: 0o600 });
    const listener = host.adoptListener(fd);
    const client = host.connectStream(at('made'));
    const server = await new Promise<StreamConnection>((resolve) => {
      listener.onConnection = resolve;
    });
    expect(server.peer).toMatchObject(me);
    client.destroy();
    listener.close();
    expect(() => host.adoptListener(fd)).toThrow(expect.objectContaining({ code: 'EBADF' }));
    const file = host.openFd('/dev/null', 'read');
    expect(() => host.adoptListener(file)).toThrow(expect.objectContaining({ code: 'ENOTSOCK' }));
    host.closeFd(file);
  });

  it('replace a socket that is left over, but nothing else', () => {
    host.listenStream(at('left'), 0o600).close();
    host.listenStream(at('left'), 0o666).close();
    expect(mode(at('left'))).toBe(0o666);
    writeFileSync(at('precious'), 'x');
    symlinkSync(at('precious'), at('link'));
    for (const path of ['precious', 'link']) expect(() => host.listenStream(at(path), 0o600)).toThrow(SystemError);
    expect(readFileSync(at('precious'), 'utf8')).toBe('x');
  });

  it('hold what a slow reader does not take, and say when it is gone', async () => {
    const listener = host.listenStream(at('slow'), 0o600);
    const accepted = new Promise<StreamConnection>((resolve) => {
      listener.onConnection = resolve;
    });
    const reader = host.connectStream(at('slow'));
    reader.pause();
    const writer = await accepted;
    const piece = Buffer.alloc(1 << 20, 'x');
    for (let i = 0; i < 8; i++) writer.write(piece);
    expect(writer.buffered).toBeGreaterThan(1 << 20);
    const drained = new Promise<void>((resolve) => {
      writer.onDrain = resolve;
    });
    const text = all(reader);
    reader.resume();
    await drained;
    expect(writer.buffered).toBe(0);
    writer.end();
    expect((await text).length).toBe(8 << 20);
    reader.destroy();
    listener.close();
  });

  it('give at once what was written before an exit', async () => {
    const { connection, fd, dev, ino } = host.streamPair();
    let text = '';
    connection.onData = (chunk) => {
      text += chunk.toString();
    };
    const { pid } = host.spawn(
      processes.request('echo last words; stat -L -c %d:%i /proc/self/fd/1', { stdout: { kind: 'fd', fd } }),
    );
    host.closeFd(fd);
    const before = processes.exitOf(pid).then(() => {
      connection.pull?.();
      return text;
    });
    expect(await before).toBe(`last words\n${dev}:${ino}\n`);
    connection.destroy();
  });

  it('survive a peer that has gone', async () => {
    const listener = host.listenStream(at('gone'), 0o600);
    const accepted = new Promise<StreamConnection>((resolve) => {
      listener.onConnection = resolve;
    });
    const client = connect(at('gone'));
    const server = await accepted;
    const ended = all(server);
    client.destroy();
    await ended;
    server.write(Buffer.from('too late'));
    server.destroy();
    listener.close();
    expect(() => host.connectStream(at('gone'))).toThrow(/ECONNREFUSED/);
    expect(() => host.connectStream(at('never'))).toThrow(/ENOENT/);
  });
});

describe('datagrams', () => {
  const receive = async (path: string, send: () => void): Promise<Datagram> => {
    const socket = host.bindDatagram(path, 0o666);
    const datagram = new Promise<Datagram>((resolve) => {
      socket.onDatagram = resolve;
    });
    send();
    const received = await datagram;
    socket.close();
    return received;
  };

  it('come with the credentials of their sender', async () => {
    const own = await receive(at('dgram'), () => host.sendDatagram(at('dgram'), Buffer.from('READY=1')));
    expect(own).toMatchObject({ data: Buffer.from('READY=1'), credentials: me, fds: [] });
  });

  it('tell whether the pid of their sender is another’s by now, where the kernel can', async () => {
    const socket = host.bindDatagram(at('senders'), 0o666);
    const heard: { pid: number | undefined; hasPid: boolean | undefined }[] = [];
    socket.onDatagram = ({ credentials, hasPid }) => heard.push({ pid: credentials?.pid, hasPid: hasPid() });
    host.sendDatagram(at('senders'), Buffer.from('of one who lives'));
    const send =
      'socket(S, AF_UNIX, SOCK_DGRAM, 0); send(S, "of one who is gone", 0, pack_sockaddr_un($ARGV[0])) or die';
    // Nothing is read before it has ended.
    socket.pause();
    const { pid, exit } = await processes.run(`exec perl -MSocket -e '${send}' ${at('senders')}`);
    expect(exit.status).toBe(0);
    socket.resume();
    await eventually(() => heard.length === 2);
    socket.close();
    const [major = 0, minor = 0] = release().split('.').map(Number);
    const known = major > 6 || (major === 6 && minor >= 5);
    expect(heard).toEqual([
      { pid: process.pid, hasPid: known ? true : undefined },
      { pid, hasPid: known ? false : undefined },
    ]);
  });

  it('come with descriptors, which are closed on exec', async () => {
    writeFileSync(at('content'), 'passed along');
    const file = host.openSocket({ kind: 'special', path: at('content') });
    const { fds } = await receive(at('fds'), () =>
      host.sendDatagram(at('fds'), Buffer.from('FDSTORE=1'), [file, file]),
    );
    expect(fds).toHaveLength(2);
    for (const fd of fds) {
      expect(host.readFd(fd, 100).toString()).toBe('passed along');
      const flags = /flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))![1]!;
      expect(Number.parseInt(flags, 8) & 0o2000000).toBe(0o2000000);
      host.closeFd(fd);
    }
    host.closeFd(file);
  });

  it('may be long, and their path too', async () => {
    const deep = at(`${'d'.repeat(60)}/${'e'.repeat(60)}`);
    mkdirSync(deep, { recursive: true });
    const data = Buffer.alloc(150_000, 'y');
    const { data: received } = await receive(join(deep, 'dgram'), () => host.sendDatagram(join(deep, 'dgram'), data));
    expect(received.equals(data)).toBe(true);
  });

  it('are no reason to wait for a receiver that takes none', () => {
    const socket = host.bindDatagram(at('full'), 0o600);
    expect(() => {
      for (let i = 0; i < 10_000; i++) host.sendDatagram(at('full'), Buffer.alloc(1000));
    }).toThrow(/EAGAIN/);
    socket.close();
    expect(() => host.sendDatagram(at('full'), Buffer.from('x'))).toThrow(/ECONNREFUSED/);
  });
});

describe('listening descriptors', () => {
  const spec = (given: Partial<SocketSpec>): SocketSpec => ({ kind: 'stream', ...given });

  it('accept from the internet, and tell the addresses', async () => {
    const fd = host.openSocket(spec({ inet: { family: 'ipv4', address: '127.0.0.1', port: 0 } }));
    const port = await boundPort(fd);
    const client = connect(port, '127.0.0.1');
    const accepted = await new Promise<ReturnType<typeof host.accept>>((resolve) => {
      const watch = host.watchReadable(fd, () => {
        watch.close();
        resolve(host.accept(fd));
      });
    });
    expect(accepted).toMatchObject({
      peer: undefined,
      local: { address: '127.0.0.1', port },
      remote: { address: '127.0.0.1', port: client.localPort },
    });
    expect(host.accept(fd)).toBeUndefined();
    host.closeFd(accepted!.fd);
    client.destroy();
    host.closeFd(fd);
  });

  /** Level and number of options, and what they are: 1 of SOL_SOCKET, 41 of IPv6. */
  it.each<[string, Partial<SocketSpec>, number, number, number]>([
    ['Timestamping=us', { options: { timestamping: 'us' } }, 1, 29, 1],
    ['Timestamping=ns', { options: { timestamping: 'ns' } }, 1, 35, 1],
    ['PassPacketInfo=', { options: { passPacketInfo: true } }, 0, 8, 1],
    [
      'PassPacketInfo= of IPv6',
      { inet: { family: 'ipv6', address: '::1', port: 0 }, options: { passPacketInfo: true } },
      41,
      49,
      1,
    ],
    ['none of them', { options: {} }, 1, 35, 0],
  ])('know %s', async (_, more, level, option, wanted) => {
    const inet = { family: 'ipv4', address: '127.0.0.1', port: 0 } as const;
    const fd = host.openSocket(spec({ kind: 'datagram', inet, ...more }));
    const print = `perl -e 'open(S, "+<&=3"); print unpack("i", getsockopt(S, ${level}, ${option}))'`;
    expect((await processes.run(print, { fds: [fd] })).output).toBe(String(wanted));
    host.closeFd(fd);
  });

  it('make their directories and have their modes', () => {
    const fd = host.openSocket(spec({ path: at('new/dir/socket'), mode: 0o620, directoryMode: 0o750 }));
    expect(mode(at('new/dir/socket'))).toBe(0o620);
    expect(mode(at('new/dir'))).toBe(0o750);
    host.closeFd(fd);
    const fifo = host.openSocket(spec({ kind: 'fifo', path: at('new/fifo'), mode: 0o604 }));
    expect(mode(at('new/fifo'))).toBe(0o604);
    host.closeFd(fifo);
    writeFileSync(at('new/file'), '');
    expect(() => host.openSocket(spec({ kind: 'fifo', path: at('new/file'), mode: 0o604 }))).toThrow(/EEXIST/);
  });

  it('are abstract, sequential, netlink or message queues', () => {
    const queue = `/pidone-test-${process.pid}`;
    for (const one of [
      spec({ path: `@pidone-test-${process.pid}` }),
      spec({ kind: 'seqpacket', path: at('seq') }),
      spec({ kind: 'netlink', netlink: { family: 15, group: 1 } }),
      spec({ kind: 'mqueue', path: queue, mode: 0o600 }),
      spec({ kind: 'datagram', inet: { family: 'ipv6', address: '::1', port: 0 } }),
    ])
      host.closeFd(host.openSocket(one));
    host.unlinkQueue(queue);
    expect(() => host.unlinkQueue(queue)).toThrow(/ENOENT/);
  });

  it('drop what is queued', async () => {
    const fd = host.openSocket(spec({ path: at('flush') }));
    const client = connect(at('flush'));
    await new Promise((resolve) => client.on('connect', resolve));
    const closed = new Promise((resolve) => client.on('close', resolve));
    client.resume();
    host.flushFd(fd);
    expect(host.accept(fd)).toBeUndefined();
    await closed;
    host.closeFd(fd);
  });

  it('hold up nobody who looks for what waits at them, though a service may have made them block', async () => {
    for (const one of [
      spec({ path: at('blocking') }),
      spec({ kind: 'fifo', path: at('blocking-fifo'), mode: 0o600 }),
    ]) {
      const fd = host.openSocket(one);
      // As stdin of a child it blocks, for all who share it.
      spawnSync('/bin/true', { stdio: [fd, 'ignore', 'ignore'] });
      const flags = /flags:\s+([0-7]+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))![1]!;
      expect(Number.parseInt(flags, 8) & constants.O_NONBLOCK).toBe(0);
      host.flushFd(fd);
      if (one.kind === 'stream') expect(host.accept(fd)).toBeUndefined();
      host.closeFd(fd);
    }
  });

  it('fail with what the kernel says', () => {
    const first = host.openSocket(spec({ inet: { family: 'ipv4', address: '127.0.0.1', port: 0 } }));
    expect(() => host.openSocket(spec({ inet: { family: 'ipv4', address: '203.0.113.1', port: 80 } }))).toThrow(
      /EADDRNOTAVAIL/,
    );
    host.closeFd(first);
    expect(() => host.readFd(host.pipe().read, 10)).toThrow(/ESPIPE/);
    expect(() => host.readFd(9999, 10)).toThrow(/EBADF/);
  });
});

/** The port that a descriptor was given, as a child of it sees it. */
async function boundPort(fd: number): Promise<number> {
  const inode = /socket:\[(\d+)\]/.exec(host.files.readlink(`/proc/self/fd/${fd}`))![1]!;
  const line = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .find((text) => text.trim().split(/\s+/)[9] === inode);
  return Number.parseInt(line!.trim().split(/\s+/)[1]!.split(':')[1]!, 16);
}
