/** Sockets: the manager's own, and those that units listen on. */

/** Credentials of a peer (SO_PEERCRED, SCM_CREDENTIALS). */
export interface PeerCredentials {
  pid: number;
  uid: number;
  gid: number;
  /** Supplementary groups that a peer had when it connected. */
  groups?: readonly number[];
}

/** A bidirectional or receive-only byte stream: control connections, stdout streams. Backpressure by pause/resume. */
export interface ByteStream {
  readonly peer: PeerCredentials;
  /** `chunk` is the caller's for as long as the call: the next read, of whatever stream, writes over it. */
  onData: (chunk: Buffer) => void;
  onEnd: () => void;
  /**
   * While set, descriptors that come with the data are taken, and belong to whoever is called; before the data they came
   * with. While not set, the kernel drops them.
   */
  onDescriptors?: ((fds: number[]) => void) | undefined;
  /** Bytes accepted but not yet taken by the kernel. */
  readonly buffered: number;
  /** Called when `buffered` has come back to 0. */
  onDrain: () => void;
  write(data: Uint8Array): void;
  pause(): void;
  resume(): void;
  /**
   * Delivers through `onData` (and `onEnd`) what the kernel holds for this stream right now, a few reads of it, without
   * waiting for the event loop: what a service wrote before it exited comes before what is said about its exit.
   */
  pull?(): void;
  /** Sends what is buffered, then closes. */
  end(): void;
  destroy(): void;
}

/** One that another program of this process can go on with. */
export interface StreamConnection extends ByteStream {
  readonly fd: number;
  /** What was written and the kernel has not taken. */
  readonly unsent: Buffer;
}

export interface StreamListener {
  readonly fd: number;
  onConnection: (connection: StreamConnection) => void;
  /** Asked about each who connects, before: undefined, or the last thing that is said to it. Must be quick, for many may come. */
  refuse: (peer: PeerCredentials) => Uint8Array | undefined;
  close(): void;
}

/** A datagram with its ancillary data. Descriptors belong to the receiver, who closes them. */
export interface Datagram {
  data: Buffer;
  credentials: PeerCredentials | undefined;
  fds: number[];
  /**
   * For as long as `onDatagram` runs: whether the pid of the credentials is that of the same process still; undefined where
   * the kernel (before 6.5) can't tell.
   */
  hasPid: () => boolean | undefined;
}

export interface DatagramSocket {
  readonly fd: number;
  onDatagram: (datagram: Datagram) => void;
  /** Nothing more is received for now: who sends has to wait once the kernel holds enough. */
  pause(): void;
  resume(): void;
  close(): void;
}

/** What a listening descriptor of systemd.socket(5) is made of; all resolved. */
export interface SocketSpec {
  kind: 'stream' | 'datagram' | 'seqpacket' | 'fifo' | 'special' | 'netlink' | 'mqueue' | 'usb';
  /** AF_UNIX path ('@…' abstract) or file path. */
  path?: string;
  /** 'ipv4' | 'ipv6' with address text and port; `vsock` with numbers. */
  inet?: { family: 'ipv4' | 'ipv6'; address: string; port: number; scope?: string };
  vsock?: { cid: number; port: number };
  /** `family` is the number of netlink(7). */
  netlink?: { family: number; group: number };
  protocol?: 'udplite' | 'sctp' | 'mptcp';
  backlog?: number;
  mode?: number;
  directoryMode?: number;
  options?: {
    bindIPv6Only?: 'default' | 'both' | 'ipv6-only';
    reusePort?: boolean;
    keepAlive?: boolean;
    keepAliveTimeSec?: number;
    keepAliveIntervalSec?: number;
    keepAliveProbes?: number;
    noDelay?: boolean;
    deferAcceptSec?: number;
    priority?: number;
    mark?: number;
    receiveBuffer?: number;
    sendBuffer?: number;
    ipTos?: number;
    ipTtl?: number;
    pipeSize?: number;
    freeBind?: boolean;
    transparent?: boolean;
    broadcast?: boolean;
    passCredentials?: boolean;
    passSecurity?: boolean;
    passPidFd?: boolean;
    /** What others pass with SCM_RIGHTS is not taken. */
    refuseDescriptors?: boolean;
    passPacketInfo?: boolean;
    timestamping?: 'us' | 'ns';
    bindToDevice?: string;
    tcpCongestion?: string;
    mqMaxMsg?: number;
    mqMsgSize?: number;
    writable?: boolean;
  };
}

export interface AcceptedConnection {
  fd: number;
  peer: PeerCredentials | undefined;
  /** 'ipv4'/'ipv6' peers: for %i of Accept=yes instances and REMOTE_ADDR/REMOTE_PORT. */
  remote?: { address: string; port: number };
  local?: { address: string; port: number };
}

export interface Sockets {
  /**
   * Listens on a Unix stream socket at `path` with `mode`; replaces a stale socket, never follows a link. Who connects waits
   * while accepting would leave fewer than `leaves` descriptors.
   */
  listenStream(path: string, mode: number, leaves?: number): StreamListener;
  /** A descriptor that listens on a Unix stream socket already. Throws SystemError (EBADF, ENOTSOCK). */
  adoptListener(fd: number, leaves?: number): StreamListener;
  /** A descriptor of a socket that `bindDatagram` has made. */
  adoptDatagram(fd: number): DatagramSocket;
  /** A descriptor of a stream that was open; `inTurns`: it is read in turns with others, as those of strangers are. */
  adoptStream(fd: number, inTurns: boolean): StreamConnection;
  /** Receives datagrams with credentials and descriptors at `path`. */
  bindDatagram(path: string, mode: number): DatagramSocket;
  /** A connected stream: one end stays as a connection, `fd` goes to a child and is closed by `closeFd`. */
  streamPair(): { connection: StreamConnection; fd: number; dev: number; ino: number };
  /** Connects to a Unix stream socket. Throws SystemError (ENOENT, ECONNREFUSED). */
  connectStream(path: string): StreamConnection;
  /** Sends one datagram without waiting. Throws SystemError (ENOENT, ECONNREFUSED, EAGAIN where the receiver is full). */
  sendDatagram(path: string, data: Uint8Array, fds?: number[]): void;

  /** Makes a listening descriptor (or FIFO, special file, …) for a socket unit. */
  openSocket(spec: SocketSpec): number;
  accept(fd: number): AcceptedConnection | undefined;
}
