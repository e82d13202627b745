/** [Socket] of systemd.socket(5). */

import {
  group,
  honoured,
  honouredWhere,
  noEffect,
  type Redirect,
  type SettingsOf,
  type Support,
  setting,
  slot,
  writes,
} from './directive.ts';
import {
  boolean,
  integer,
  long,
  mode,
  oneOfOrBoolean,
  pathWords,
  size,
  span,
  spanFix0,
  string,
  unitString,
  unsigned,
  words,
} from './kinds/basic.ts';
import { userName } from './kinds/identity.ts';
import { execCommands } from './kinds/service.ts';
import {
  fdName,
  interfaceName,
  ipTos,
  listenEntries,
  listenEntry,
  socketProtocol,
  socketService,
  timestamping,
} from './kinds/socket.ts';
import type { ListenEntry } from './shapes.ts';

const socketXattrs = noEffect('before Linux 7.0 sockets have no extended attributes');
const attributes = words;
const deferTrigger = oneOfOrBoolean('socket defer trigger', ['no', 'yes', 'patient'], 'yes', 'no');
const smack = noEffect("SMACK is the host's, a container cannot label its sockets");

const listen = (kind: ListenEntry['kind'], support: Support = honoured): Redirect =>
  writes('Listen', listenEntry(kind), support);

export const socketDirectives = group({
  Listen: slot(listenEntries, []),
  ListenStream: listen('Stream'),
  ListenDatagram: listen('Datagram'),
  ListenSequentialPacket: listen('SequentialPacket'),
  ListenFIFO: listen('FIFO'),
  ListenNetlink: listen('Netlink'),
  ListenSpecial: listen('Special'),
  ListenMessageQueue: listen('MessageQueue'),
  ListenUSBFunction: listen('USBFunction', noEffect('containers have no USB gadget controller')),
  /** Protocol number of IPPROTO_*, 0 where unset. */
  SocketProtocol: setting(socketProtocol, 0, honoured),
  BindIPv6Only: setting(
    oneOfOrBoolean('bind IPv6 only value', ['default', 'both', 'ipv6-only'], 'ipv6-only', 'both'),
    'default',
    honoured,
  ),
  Backlog: setting(unsigned, 2147483647, honoured),
  BindToDevice: setting(interfaceName, undefined, honoured),
  ExecStartPre: setting(execCommands, [], honoured, { property: null }),
  ExecStartPost: setting(execCommands, [], honoured, { property: null }),
  ExecStopPre: setting(execCommands, [], honoured, { property: null }),
  ExecStopPost: setting(execCommands, [], honoured, { property: null }),
  TimeoutSec: setting(spanFix0, (facts) => facts.manager.timeoutStartMs, honoured),
  SocketUser: setting(userName, undefined, honoured),
  SocketGroup: setting(userName, undefined, honoured),
  SocketMode: setting(mode, 0o666, honoured),
  DirectoryMode: setting(mode, 0o755, honoured),
  Accept: setting(boolean, false, honoured),
  FlushPending: setting(boolean, false, honoured),
  Writable: setting(boolean, false, honoured),
  MaxConnections: setting(unsigned, 64, honoured),
  MaxConnectionsPerSource: setting(unsigned, 0, honoured),
  KeepAlive: setting(boolean, false, honoured),
  KeepAliveTimeSec: setting(span, 0, honoured),
  KeepAliveIntervalSec: setting(span, 0, honoured),
  KeepAliveProbes: setting(unsigned, 0, honoured),
  DeferAcceptSec: setting(span, 0, honoured),
  NoDelay: setting(boolean, false, honoured),
  /** -1: as the kernel has it; also of IPTTL=, Mark=, IPTOS=. */
  Priority: setting(integer, -1, honoured),
  ReceiveBuffer: setting(size, 0, honoured),
  SendBuffer: setting(size, 0, honoured),
  IPTOS: setting(ipTos, -1, honoured),
  IPTTL: setting(integer, -1, honoured),
  Mark: setting(integer, -1, honoured),
  PipeSize: setting(size, 0, honoured),
  FreeBind: setting(boolean, false, honoured),
  Transparent: setting(boolean, false, honoured),
  Broadcast: setting(boolean, false, honoured),
  PassCredentials: setting(boolean, false, honoured),
  PassPIDFD: setting(boolean, false, honouredWhere('where the kernel can (6.5)'), { since: 256, property: null }),
  PassSecurity: setting(boolean, false, honoured),
  PassPacketInfo: setting(boolean, false, honoured),
  PassFileDescriptorsToExec: setting(boolean, false, honoured, { since: 256, property: null }),
  AcceptFileDescriptors: setting(boolean, true, honouredWhere('where the kernel can (6.16)'), {
    since: 257,
    property: null,
  }),
  Timestamping: setting(timestamping, 'off', honoured),
  TCPCongestion: setting(string, undefined, honoured),
  ReusePort: setting(boolean, false, honoured),
  MessageQueueMaxMessages: setting(long, 0, honoured),
  MessageQueueMessageSize: setting(long, 0, honoured),
  RemoveOnStop: setting(boolean, false, honoured),
  Symlinks: setting(pathWords, [], honoured),
  FileDescriptorName: setting(fdName, undefined, honoured, { property: null }),
  Service: setting(socketService, undefined, honoured, { property: null }),
  /** Infinity: no line says it; the type's default then depends on Accept=. */
  TriggerLimitIntervalSec: setting(span, Number.POSITIVE_INFINITY, honoured),
  TriggerLimitBurst: setting(unsigned, 4294967295, honoured),
  PollLimitIntervalSec: setting(span, 2000, honoured, { since: 255, property: null }),
  PollLimitBurst: setting(unsigned, 4294967295, honoured, {
    since: 255,
    property: null,
  }),
  DeferTrigger: setting(deferTrigger, 'no', honoured, { since: 258, property: null }),
  DeferTriggerMaxSec: setting(spanFix0, Number.POSITIVE_INFINITY, honoured, { since: 258, property: null }),
  XAttrEntryPoint: setting(attributes, [], socketXattrs, { since: 262, property: null }),
  XAttrListen: setting(attributes, [], socketXattrs, { since: 262, property: null }),
  XAttrAccept: setting(attributes, [], socketXattrs, { since: 262, property: null }),
  SmackLabel: setting(unitString('label'), undefined, smack),
  SmackLabelIPIn: setting(unitString('label'), undefined, smack),
  SmackLabelIPOut: setting(unitString('label'), undefined, smack),
  SELinuxContextFromNet: setting(
    boolean,
    false,
    noEffect("SELinux is the host's, a container cannot load or switch policy"),
    { property: null },
  ),
});

export type SocketSettings = SettingsOf<typeof socketDirectives>;
