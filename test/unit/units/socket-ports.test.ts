/** What a socket unit asks the kernel for, and what becomes of it. */
import { describe, expect, it } from 'vitest';
import { type SocketSpec, SystemError } from '../../../src/sys/host.ts';
import { SocketPorts } from '../../../src/units/socket-ports.ts';
import { world } from '../../support/world.ts';

function make(settings: string, { ipv6 = true } = {}) {
  const w = world();
  if (!ipv6) w.files.unlink('/proc/net/if_inet6');
  w.put('/etc/systemd/system/a.socket', `[Socket]\n${settings}`);
  const { host } = w;
  const said: string[] = [];
  const ports = new SocketPorts({
    manager: { host },
    loaded: w.load('a.socket'),
    log: (level, message, fields) => void said.push(`${level} ${message}${fields ? ` ${JSON.stringify(fields)}` : ''}`),
  });
  ports.reset();
  const asked: SocketSpec[] = [];
  const open = host.openSocket.bind(host);
  host.openSocket = (spec) => {
    asked.push(spec);
    return open(spec);
  };
  const link = (path: string): string => {
    const type = host.files.tryLstat(path)?.type ?? 'nothing';
    return type === 'symlink' ? `-> ${host.files.readlink(path)}` : type;
  };
  return { w, host, ports, asked, said, link, open: () => [...host.openFds().values()] };
}

describe('a Listen line', () => {
  it.each([
    ['ListenStream=/run/a', { kind: 'stream', path: '/run/a' }],
    ['ListenStream=@a', { kind: 'stream', path: '@a' }],
    ['ListenDatagram=/run/a', { kind: 'datagram', path: '/run/a' }],
    ['ListenSequentialPacket=/run/a', { kind: 'seqpacket', path: '/run/a' }],
    ['ListenFIFO=/run/a', { kind: 'fifo', path: '/run/a' }],
    ['ListenSpecial=/dev/null', { kind: 'special', path: '/dev/null' }],
    ['ListenMessageQueue=/a', { kind: 'mqueue', path: '/a' }],
    ['ListenUSBFunction=/run/a', { kind: 'usb', path: '/run/a' }],
    ['ListenStream=127.0.0.1:80', { kind: 'stream', inet: { family: 'ipv4', address: '127.0.0.1', port: 80 } }],
    ['ListenDatagram=[::1]:53', { kind: 'datagram', inet: { family: 'ipv6', address: '::1', port: 53 } }],
    ['ListenStream=80', { kind: 'stream', inet: { family: 'ipv6', address: '::', port: 80 } }],
    ['ListenStream=vsock:2:1234', { kind: 'stream', vsock: { cid: 2, port: 1234 } }],
    ['ListenStream=vsock::1234', { kind: 'stream', vsock: { cid: 0xffffffff, port: 1234 } }],
    ['ListenNetlink=audit 3', { kind: 'netlink', netlink: { family: 9, group: 3 } }],
    ['ListenNetlink=route', { kind: 'netlink', netlink: { family: 0, group: 0 } }],
  ])('%s', (line, wanted) => {
    const { ports, asked } = make(`${line}\n`);
    expect(ports.open()).toBe(true);
    const { kind, path, inet, vsock, netlink } = asked[0]!;
    expect({ kind, path, inet, vsock, netlink }).toEqual({
      path: undefined,
      inet: undefined,
      vsock: undefined,
      netlink: undefined,
      ...wanted,
    });
  });

  it('of a port alone is IPv4 where the kernel has nothing else', () => {
    const { ports, asked } = make('ListenStream=80\n', { ipv6: false });
    ports.open();
    expect(asked[0]!.inet).toEqual({ family: 'ipv4', address: '0.0.0.0', port: 80 });
  });

  it('is opened with what the settings say', () => {
    const { ports, asked } = make(`ListenStream=80
Backlog=5
SocketMode=0600
DirectoryMode=0711
SocketProtocol=sctp
BindIPv6Only=both
ReusePort=yes
KeepAlive=yes
KeepAliveTimeSec=7200
KeepAliveIntervalSec=75
KeepAliveProbes=9
NoDelay=yes
DeferAcceptSec=3
Priority=6
Mark=7
ReceiveBuffer=8K
SendBuffer=16K
IPTOS=low-delay
IPTTL=64
PipeSize=64K
FreeBind=yes
Transparent=yes
Broadcast=yes
PassCredentials=yes
PassSecurity=yes
PassPIDFD=yes
AcceptFileDescriptors=no
PassPacketInfo=yes
Timestamping=ns
BindToDevice=eth0
TCPCongestion=bbr
MessageQueueMaxMessages=10
MessageQueueMessageSize=100
Writable=yes
`);
    ports.open();
    expect(asked[0]).toEqual({
      kind: 'stream',
      inet: { family: 'ipv6', address: '::', port: 80 },
      protocol: 'sctp',
      backlog: 5,
      mode: 0o600,
      directoryMode: 0o711,
      options: {
        bindIPv6Only: 'both',
        reusePort: true,
        keepAlive: true,
        keepAliveTimeSec: 7200,
        keepAliveIntervalSec: 75,
        keepAliveProbes: 9,
        noDelay: true,
        deferAcceptSec: 3,
        priority: 6,
        mark: 7,
        receiveBuffer: 8192,
        sendBuffer: 16384,
        ipTos: 16,
        ipTtl: 64,
        pipeSize: 65536,
        freeBind: true,
        transparent: true,
        broadcast: true,
        passCredentials: true,
        passSecurity: true,
        passPidFd: true,
        refuseDescriptors: true,
        passPacketInfo: true,
        timestamping: 'ns',
        bindToDevice: 'eth0',
        tcpCongestion: 'bbr',
        mqMaxMsg: 10,
        mqMsgSize: 100,
        writable: true,
      },
    });
  });

  it('is left as the kernel has it where they say nothing; 0 is a priority, a mark, a type of service', () => {
    const { ports, asked } = make('ListenStream=80\n');
    ports.open();
    const { options, protocol, ...rest } = asked[0]!;
    const set = Object.entries(options!).filter(([, value]) => value !== undefined && value !== false);
    expect([set, protocol]).toEqual([[['bindIPv6Only', 'default']], undefined]);
    expect(rest).toMatchObject({ backlog: 0x7fffffff, mode: 0o666, directoryMode: 0o755 });
    const zero = make('ListenStream=80\nPriority=0\nMark=0\nIPTOS=0\nIPTTL=0\nBacklog=4294967295\n');
    zero.ports.open();
    expect(zero.asked[0]).toMatchObject({ backlog: 0x7fffffff, options: { priority: 0, mark: 0, ipTos: 0, ipTtl: 0 } });
  });

  it.each([
    ['sctp', 'sctp'],
    ['udplite', 'udplite'],
    ['mptcp', 'mptcp'],
  ])('SocketProtocol=%s', (word, wanted) => {
    const { ports, asked } = make(`ListenStream=80\nSocketProtocol=${word}\n`);
    ports.open();
    expect(asked[0]!.protocol).toBe(wanted);
  });

  it.each([
    ['ListenStream=/run/b', 'create listening socket (/run/b)', 'Stream'],
    ['ListenDatagram=/run/b', 'create listening socket (/run/b)', 'Datagram'],
    ['ListenFIFO=/run/b', 'open FIFO /run/b', 'FIFO'],
    ['ListenSpecial=/run/b', 'open special file /run/b', 'Special'],
    ['ListenMessageQueue=/b', 'open message queue /b', 'MessageQueue'],
  ])('%s that can not be opened', (line, what, kind) => {
    const { ports, host, said, open } = make(`ListenStream=/run/a\n${line}\nListenStream=/run/c\n`);
    const real = host.openSocket;
    host.openSocket = (spec) => {
      if (spec.path?.endsWith('b')) throw new SystemError('EACCES', 13, 'open');
      return real(spec);
    };
    expect(ports.open()).toBe(false);
    expect(said).toEqual([
      `3 Failed to ${what}: Permission denied {"LISTEN_KIND":"${kind}"}`,
      '4 Failed to listen on sockets: Permission denied',
    ]);
    expect(open()).toEqual([]);
    expect(ports.descriptors).toEqual([]);
  });

  it('is opened once', () => {
    const { ports, asked } = make('ListenStream=/run/a\n');
    ports.open();
    expect(ports.open()).toBe(true);
    expect(asked).toHaveLength(1);
  });
});

describe('names in the file system', () => {
  it.each([
    ['SocketUser=alice\nSocketGroup=adm\n', [1000, 4]],
    ['SocketUser=alice\n', [1000, 1000]],
    ['SocketGroup=adm\n', [0, 4]],
  ])('%j', (settings, [uid, gid]) => {
    const { ports, host } = make(`ListenStream=/run/a\nListenStream=@abstract\nListenFIFO=/run/b\n${settings}`);
    ports.open();
    expect(ports.hasOwner).toBe(true);
    expect(ports.chown()).toBe(undefined);
    for (const path of ['/run/a', '/run/b']) expect(host.files.lstat(path)).toMatchObject({ uid, gid });
  });

  it.each([
    ['SocketUser=nobody-knows\n', 'USER', '3 Failed to resolve user nobody-knows: No such process'],
    ['SocketUser=alice\nSocketGroup=nobody\n', 'GROUP', '3 Failed to resolve group nobody: No such process'],
    ['SocketUser=alice\n', 'CHOWN', '3 Failed to chown(): No such file or directory'],
  ])('%j can not be: %s', (settings, status, why) => {
    const { ports, said, host } = make(`ListenStream=/run/a\n${settings}`);
    ports.open();
    host.files.unlink('/run/a');
    expect(ports.chown()).toBe(status);
    expect(said).toEqual([why]);
  });

  it('have links, with their directories, but in the place of something else', () => {
    const settings = 'ListenStream=/run/a\nSymlinks=/run/link /run/file /run/new/b /run/file/below\n';
    const { ports, host, link, said } = make(settings);
    host.files.symlink('/elsewhere', '/run/link');
    host.files.put('/run/file', 'a file');
    expect(ports.open()).toBe(true);
    expect([link('/run/link'), link('/run/file'), link('/run/new/b')]).toEqual(['-> /elsewhere', 'file', '-> /run/a']);
    expect(said).toEqual([
      '4 Failed to create symlink /run/a → /run/link, ignoring: File exists',
      '4 Failed to create symlink /run/a → /run/file, ignoring: File exists',
      '4 Failed to create symlink /run/a → /run/file/below, ignoring: Not a directory',
    ]);
  });

  it('have links that replace others where RemoveOnStop= would remove them', () => {
    const { ports, host, link } = make('ListenStream=/run/a\nSymlinks=/run/link /run/file\nRemoveOnStop=yes\n');
    host.files.symlink('/elsewhere', '/run/link');
    host.files.put('/run/file', 'a file');
    ports.open();
    expect([link('/run/link'), link('/run/file')]).toEqual(['-> /run/a', '-> /run/a']);
  });

  it('have none where there are several', () => {
    const { ports, link } = make('ListenStream=/run/a\nListenFIFO=/run/b\nSymlinks=/run/x\n');
    ports.open();
    expect(link('/run/x')).toBe('nothing');
  });

  it.each([
    ['ListenStream=/run/a\nSymlinks=/run/x\nRemoveOnStop=yes\n', ['nothing', 'nothing'], []],
    ['ListenFIFO=/run/a\nSymlinks=/run/x\nRemoveOnStop=yes\n', ['nothing', 'nothing'], []],
    ['ListenStream=/run/a\nSymlinks=/run/x\n', ['socket', '-> /run/a'], []],
    ['ListenSpecial=/run/a\nSymlinks=/run/x\nRemoveOnStop=yes\n', ['file', 'nothing'], []],
    ['ListenMessageQueue=/run/a\nRemoveOnStop=yes\n', ['file', 'nothing'], ['/run/a']],
    ['ListenMessageQueue=/run/a\n', ['file', 'nothing'], []],
    ['ListenStream=@a\nSymlinks=/run/x\nRemoveOnStop=yes\n', ['file', 'nothing'], []],
  ])('after %j', (settings, left, queues) => {
    const { ports, host, link, open } = make(settings);
    if (left[0] === 'file') host.files.put('/run/a', 'here before');
    if (settings.includes('Queue')) host.openSocket = () => host.makeFd('queue');
    expect(ports.open()).toBe(true);
    ports.close();
    expect([link('/run/a'), link('/run/x')]).toEqual(left);
    expect(host.unlinkedQueues).toEqual(queues);
    expect(open()).toEqual([]);
    ports.close();
    expect(host.unlinkedQueues).toEqual(queues);
  });

  it('that are gone already trouble nobody', () => {
    const { ports, host, link } = make('ListenStream=/run/a\nSymlinks=/run/x\nRemoveOnStop=yes\n');
    ports.open();
    host.files.unlink('/run/a');
    ports.close();
    expect(link('/run/x')).toBe('nothing');
  });
});

describe('what comes in', () => {
  it('is told for each port, until nobody watches', () => {
    const { ports, host } = make('ListenStream=/run/a\nListenStream=/run/b\n');
    const seen: string[] = [];
    const watch = (): boolean =>
      ports.watch(({ entry, fd }) => void seen.push(`${entry.address} ${ports.descriptors.indexOf(fd)}`));
    expect(watch()).toBe(true);
    ports.open();
    expect([watch(), watch()]).toEqual([true, true]);
    const [, second] = ports.descriptors;
    host.makeReadable(second!);
    host.settle();
    expect(seen).toEqual(['/run/b 1']);
    ports.unwatch();
    host.advance(100);
    expect(seen).toEqual(['/run/b 1']);
    watch();
    host.settle();
    expect(seen).toHaveLength(2);
    ports.flush();
    host.advance(100);
    expect(seen).toHaveLength(2);
  });

  it('can not be watched in what is never readable', () => {
    const { ports, host, said } = make('ListenStream=/run/a\nListenSpecial=/etc/hostname\n');
    host.files.put('/etc/hostname', '');
    ports.open();
    const seen: number[] = [];
    expect(ports.watch(({ fd }) => void seen.push(fd))).toBe(false);
    host.makeReadable(ports.descriptors[0]!);
    host.settle();
    expect(seen).toEqual([]);
    expect(said).toEqual([
      '4 Failed to watch listening fds: Operation not permitted',
      '4 Failed to watch sockets: Operation not permitted',
    ]);
  });
});
