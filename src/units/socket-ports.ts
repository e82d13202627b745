/** What a socket unit listens on: one descriptor a Listen line, opened, watched, emptied and closed together. */
import { dirname } from 'node:path';
import type { Keeper } from '../kept/keeper.ts';
import { errorText, reasonOf as systemReason } from '../sys/error-text.ts';
import { type FdWatch, type Host, type SocketSpec, SystemError, type Timer } from '../sys/host.ts';
import type { LogLevel } from '../text/log-level.ts';
import type { ListenEntry } from '../unitfile/directives/shapes.ts';
import type { SocketSettings } from '../unitfile/directives/socket.ts';
import { netlinkFamilyNumber, parseNetlinkAddress, parseSocketAddress } from '../values/addresses.ts';
import { RateLimit } from './rate-limit.ts';

/** PollLimitBurst= that no line says. */
const unlimited = 0xffffffff;

/** The socket unit. */
export interface PortsOwner {
  readonly manager: { readonly host: Host };
  readonly loaded: { readonly socket?: SocketSettings };
  log(level: LogLevel, message: string, fields?: Record<string, string>): void;
}

export interface Port {
  readonly entry: ListenEntry;
  /** -1 while it is closed. */
  fd: number;
  watch: FdWatch | undefined;
  /** How often something may come in; what is more waits until the interval is over (PollLimitIntervalSec=). */
  readonly polls: RateLimit;
  pause: Timer | undefined;
}

function closedPort(entry: ListenEntry): Port {
  return { entry, fd: -1, watch: undefined, polls: new RateLimit(0, 0), pause: undefined };
}

/** What could not be done about what is no socket: `open FIFO /run/x`. */
const creation: Partial<Record<ListenEntry['kind'], string>> = {
  Special: 'open special file',
  FIFO: 'open FIFO',
  MessageQueue: 'open message queue',
};

export class SocketPorts {
  readonly #owner: PortsOwner;
  #ports: Port[] = [];

  constructor(owner: PortsOwner) {
    this.#owner = owner;
  }

  get #host(): Host {
    return this.#owner.manager.host;
  }
  get #settings(): SocketSettings {
    return this.#owner.loaded.socket!;
  }

  /** Those that are open, in the order of the Listen lines. */
  get descriptors(): number[] {
    return this.#ports.map(({ fd }) => fd).filter((fd) => fd >= 0);
  }

  /** Takes the Listen lines as they are now: none of the ports is open. */
  reset(): void {
    this.#ports = this.#settings.Listen.map(closedPort);
  }

  /**
   * After a reload: what no Listen line names any longer is closed, though its name in the file system stays. Lines that
   * are new wait for a restart. Which of the lines are open now.
   */
  reread(): 'all' | 'some' | 'none' {
    const open = this.#ports.filter(({ fd }) => fd >= 0);
    this.#ports = this.#settings.Listen.map((entry) => {
      const at = open.findIndex((port) => isSame(port.entry, entry));
      return at < 0 ? closedPort(entry) : open.splice(at, 1)[0]!;
    });
    for (const port of open) {
      unwatchPort(port);
      this.#host.closeFd(port.fd);
    }
    const { length } = this.descriptors;
    if (length === 0) return 'none';
    return length === this.#ports.length ? 'all' : 'some';
  }

  /** What is open, by its Listen line; what no line names any longer is closed, as after a reload. */
  keep(k: Keeper): void {
    if (k.isReading) this.reset();
    const free = [...this.#ports];
    k.list(
      'ports',
      this.#ports.filter(({ fd }) => fd >= 0),
      (of, port) => {
        of.plain('entry', port.entry);
        of.fd('fd', port.fd);
      },
      (of) => {
        const fd = of.fd('fd', -1);
        const entry = of.plain<ListenEntry | undefined>('entry', undefined);
        const at = free.findIndex((port) => entry !== undefined && isSame(port.entry, entry));
        const [port] = at < 0 ? [] : free.splice(at, 1);
        if (port === undefined) {
          if (fd >= 0) this.#host.closeFd(fd);
          return;
        }
        port.fd = fd;
      },
    );
  }

  /** Opens what is not. Where one can't be, that is logged, all are closed, and it is false. */
  open(): boolean {
    for (const port of this.#ports) {
      if (port.fd >= 0) continue;
      const { kind, address } = port.entry;
      try {
        port.fd = this.#host.openSocket(specOf(port.entry, this.#settings));
      } catch (error) {
        const text = reasonOf(error);
        const what = creation[kind];
        const failed = what === undefined ? `create listening socket (${address})` : `${what} ${address}`;
        this.#owner.log(3, `Failed to ${failed}: ${text}`, { LISTEN_KIND: kind });
        this.#owner.log(4, `Failed to listen on sockets: ${text}`);
        this.close();
        return false;
      }
    }
    this.#link();
    return true;
  }

  /** Whether they are given to somebody: SocketUser=, SocketGroup=. */
  get hasOwner(): boolean {
    const { SocketUser, SocketGroup } = this.#settings;
    return SocketUser !== undefined || SocketGroup !== undefined;
  }

  /** Gives what has a name in the file system to SocketUser= and SocketGroup=. The exit status that the step fails with. */
  chown(): 'USER' | 'GROUP' | 'CHOWN' | undefined {
    const host = this.#host;
    const { SocketUser, SocketGroup } = this.#settings;
    const { unresolvedOwner } = host.voice.manager;
    const user = SocketUser === undefined ? undefined : host.lookupUser(SocketUser);
    if (SocketUser !== undefined && user === undefined) {
      this.#owner.log(3, unresolvedOwner('user', SocketUser));
      return 'USER';
    }
    const group = SocketGroup === undefined ? undefined : host.lookupGroup(SocketGroup);
    if (SocketGroup !== undefined && group === undefined) {
      this.#owner.log(3, unresolvedOwner('group', SocketGroup));
      return 'GROUP';
    }
    try {
      for (const { entry } of this.#ports) {
        const path = entry.kind === 'Special' ? undefined : pathOf(entry);
        if (path === undefined) continue;
        const stat = host.files.lstat(path);
        host.files.chown(path, user?.uid ?? stat.uid, group?.gid ?? user?.gid ?? stat.gid);
      }
      return undefined;
    } catch (error) {
      this.#owner.log(3, `Failed to chown(): ${reasonOf(error)}`);
      return 'CHOWN';
    }
  }

  /** Symlinks= to the one port that has a path; what is in the way stays, unless RemoveOnStop= would remove it anyway. */
  #link(): void {
    const paths = this.#ports.flatMap(({ entry }) => (entry.kind === 'Special' ? [] : (pathOf(entry) ?? [])));
    const [path] = paths;
    if (path === undefined || paths.length > 1) return;
    const { Symlinks, DirectoryMode, RemoveOnStop } = this.#settings;
    const { files } = this.#host;
    for (const link of Symlinks)
      try {
        try {
          files.mkdirs(dirname(link), DirectoryMode);
        } catch (error) {
          if (!(error instanceof SystemError)) throw error;
          // What the link itself fails for is said.
        }
        const present = files.tryLstat(link);
        if (present?.type === 'symlink' && files.readlink(link) === path) continue;
        if (present !== undefined && RemoveOnStop) files.unlink(link);
        files.symlink(path, link);
      } catch (error) {
        if (!(error instanceof SystemError)) throw error;
        const text = errorText(error.code);
        this.#owner.log(4, `Failed to create symlink ${path} → ${link}, ignoring: ${text}`);
      }
  }

  close(): void {
    this.unwatch();
    for (const port of this.#ports) {
      if (port.fd < 0) continue;
      this.#host.closeFd(port.fd);
      port.fd = -1;
      if (this.#settings.RemoveOnStop) this.#remove(port.entry);
    }
  }

  /** RemoveOnStop=: the name in the file system with the links to it, or the message queue. */
  #remove(entry: ListenEntry): void {
    const host = this.#host;
    const path = pathOf(entry);
    const names = path === undefined || entry.kind === 'Special' ? [] : [path, ...this.#settings.Symlinks];
    const removals = names.map((name) => () => host.files.unlink(name));
    if (entry.kind === 'MessageQueue') removals.push(() => host.unlinkQueue(entry.address));
    for (const remove of removals)
      try {
        remove();
      } catch {
        // Gone already, or replaced by something that is not ours to remove.
      }
  }

  /**
   * Calls back where something comes in. False where one of them can't be watched, which is said: regular files and some
   * devices never become readable (epoll_ctl(2)).
   */
  watch(incoming: (port: Port) => void): boolean {
    try {
      for (const port of this.#ports)
        if (port.fd >= 0 && port.watch === undefined && port.pause === undefined) {
          this.#limitPolls(port);
          this.#watchPort(port, incoming);
        }
      return true;
    } catch (error) {
      this.#owner.log(4, `Failed to watch listening fds: ${reasonOf(error)}`);
      this.#owner.log(4, `Failed to watch sockets: ${reasonOf(error)}`);
      this.unwatch();
      return false;
    }
  }

  #watchPort(port: Port, incoming: (port: Port) => void): void {
    port.watch = this.#host.watchReadable(port.fd, () => {
      const now = this.#host.monotonic();
      if (port.polls.below(now)) {
        incoming(port);
        return;
      }
      unwatchPort(port);
      port.pause = this.#host.after(port.polls.end - now, () => {
        port.pause = undefined;
        this.#watchPort(port, incoming);
      });
    });
  }

  /**
   * Counts from here on: each time that a socket listens again, which without Accept=yes is after each of its events.
   * Without a line of its own the limit depends on Accept=, and there is none before 255.
   */
  #limitPolls({ polls }: Port): void {
    polls.reset();
    const { PollLimitIntervalSec: interval, PollLimitBurst: burst, Accept } = this.#settings;
    const said = burst !== unlimited;
    const byDefault = this.#host.voice.manager.limitsPolls ? (Accept ? 150 : 15) : 0;
    polls.intervalMs = interval;
    polls.burst = said ? burst : byDefault;
  }

  unwatch(): void {
    for (const port of this.#ports) unwatchPort(port);
  }

  /** What is queued is dropped, so that a service that is being stopped is not started by it (FlushPending=). */
  flush(): void {
    for (const fd of this.descriptors) this.#host.flushFd(fd);
  }
}

function unwatchPort(port: Port): void {
  port.watch?.close();
  port.watch = undefined;
  port.pause?.cancel();
  port.pause = undefined;
}

function reasonOf(error: unknown): string {
  if (error instanceof SystemError) return systemReason(error);
  return error instanceof Error ? error.message : String(error);
}

const positive = (value: number): number | undefined => (value > 0 ? value : undefined);
const given = (value: number): number | undefined => (value >= 0 ? value : undefined);

/** IPPROTO_… of systemd.socket(5), SocketProtocol=. */
const protocols: Readonly<Record<number, SocketSpec['protocol']>> = { 132: 'sctp', 136: 'udplite', 262: 'mptcp' };

/** What is to be opened for a Listen line. */
function specOf(entry: ListenEntry, settings: SocketSettings): SocketSpec {
  const protocol = protocols[settings.SocketProtocol];
  return {
    ...addressOf(entry),
    ...(protocol === undefined ? {} : { protocol }),
    backlog: Math.min(settings.Backlog, 0x7fffffff),
    mode: settings.SocketMode,
    directoryMode: settings.DirectoryMode,
    options: optionsOf(settings),
  };
}

function optionsOf(s: SocketSettings): SocketSpec['options'] {
  return {
    bindIPv6Only: s.BindIPv6Only,
    reusePort: s.ReusePort,
    keepAlive: s.KeepAlive,
    keepAliveTimeSec: positive(s.KeepAliveTimeSec / 1000),
    keepAliveIntervalSec: positive(s.KeepAliveIntervalSec / 1000),
    keepAliveProbes: positive(s.KeepAliveProbes),
    noDelay: s.NoDelay,
    deferAcceptSec: positive(s.DeferAcceptSec / 1000),
    priority: given(s.Priority),
    mark: given(s.Mark),
    receiveBuffer: positive(s.ReceiveBuffer),
    sendBuffer: positive(s.SendBuffer),
    ipTos: given(s.IPTOS),
    ipTtl: given(s.IPTTL),
    pipeSize: positive(s.PipeSize),
    freeBind: s.FreeBind,
    transparent: s.Transparent,
    broadcast: s.Broadcast,
    passCredentials: s.PassCredentials,
    passSecurity: s.PassSecurity,
    passPidFd: s.PassPIDFD,
    refuseDescriptors: !s.AcceptFileDescriptors,
    passPacketInfo: s.PassPacketInfo,
    ...(s.Timestamping === 'off' ? {} : { timestamping: s.Timestamping }),
    bindToDevice: s.BindToDevice,
    tcpCongestion: s.TCPCongestion,
    mqMaxMsg: positive(s.MessageQueueMaxMessages),
    mqMsgSize: positive(s.MessageQueueMessageSize),
    writable: s.Writable,
  };
}

const kinds = {
  Stream: 'stream',
  Datagram: 'datagram',
  SequentialPacket: 'seqpacket',
  FIFO: 'fifo',
  Special: 'special',
  Netlink: 'netlink',
  MessageQueue: 'mqueue',
  USBFunction: 'usb',
} as const;

/** What a Listen line comes to: what is no address has been refused when it was read. */
function addressOf({ kind, address }: ListenEntry): Pick<SocketSpec, 'kind' | 'path' | 'inet' | 'vsock' | 'netlink'> {
  const socket = kinds[kind];
  if (kind === 'FIFO' || kind === 'Special' || kind === 'MessageQueue' || kind === 'USBFunction')
    return { kind: socket, path: address };
  const parsed = (kind === 'Netlink' ? parseNetlinkAddress(address) : parseSocketAddress(address))!;
  switch (parsed.family) {
    case 'unix':
      return { kind: socket, path: parsed.path };
    case 'vsock':
      return { kind: socket, vsock: { cid: parsed.cid ?? 0xffffffff, port: parsed.port } };
    case 'netlink':
      return { kind: socket, netlink: { family: netlinkFamilyNumber(parsed.protocol)!, group: parsed.group } };
    default:
      return { kind: socket, inet: { ...parsed, family: parsed.family } };
  }
}

/** Whether two Listen lines are of one address, however it is written. */
const isSame = (a: ListenEntry, b: ListenEntry): boolean =>
  JSON.stringify(addressOf(a)) === JSON.stringify(addressOf(b));

/** Its name in the file system, where it has one. */
function pathOf({ kind, address }: ListenEntry): string | undefined {
  return address.startsWith('/') && kind !== 'MessageQueue' ? address : undefined;
}
