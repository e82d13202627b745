/** What a dump says of a unit of each type. */

import { isExtrinsicMount } from '../../../unitfile/load/mount-points.ts';
import { Mount } from '../../../units/mount.ts';
import { PathUnit } from '../../../units/path.ts';
import { Scope } from '../../../units/scope.ts';
import { Service } from '../../../units/service.ts';
import { execKinds } from '../../../units/service-types.ts';
import { Socket, socketCommands } from '../../../units/socket.ts';
import { TimerUnit } from '../../../units/timer.ts';
import type { Unit } from '../../../units/unit.ts';
import { formatTimeSpan } from '../../../values/time/time-span.ts';
import { descriptorNameOf, mountedOptions } from '../../show/values.ts';
import { dumpCGroup, dumpCommands, dumpExec, dumpKill } from './contexts.ts';
import { type DumpLines, octal, span, yesNo } from './lines.ts';

function dumpService(lines: DumpLines, unit: Service): void {
  const { service, exec, kill } = unit.loaded;
  if (service === undefined || exec === undefined || kill === undefined) return;
  lines.all({
    'Service State': unit.subState,
    Result: unit.result,
    'Reload Result': unit.reloadResult,
    'Clean Result': unit.cleanResult,
    PermissionsStartOnly: service.PermissionsStartOnly,
    RootDirectoryStartOnly: service.RootDirectoryStartOnly,
    RemainAfterExit: service.RemainAfterExit,
    GuessMainPID: service.GuessMainPID,
    Type: service.Type,
    Restart: service.Restart,
    NotifyAccess: service.NotifyAccess,
    NotifyState: unit.notifyState,
    OOMPolicy: service.OOMPolicy,
  });
  if (unit.controlPid > 0) lines.add('Control PID', unit.controlPid);
  if (unit.mainPid > 0) {
    lines.all({
      'Main PID': unit.mainPid,
      'Main PID Known': unit.mainPidKnown,
      'Main PID Alien': unit.mainPidAlien,
    });
  }
  lines.maybe('PIDFile', service.PIDFile);
  if (service.BusName !== undefined) lines.all({ BusName: service.BusName, 'Bus Name Good': unit.busName.owned });
  lines.all({
    RestartSec: span(service.RestartSec),
    TimeoutStartSec: span(service.TimeoutStartSec),
    TimeoutStopSec: span(service.TimeoutStopSec),
    TimeoutStartFailureMode: service.TimeoutStartFailureMode,
    TimeoutStopFailureMode: service.TimeoutStopFailureMode,
  });
  if (service.TimeoutAbortSec !== undefined) lines.add('TimeoutAbortSec', span(service.TimeoutAbortSec));
  lines.all({
    RuntimeMaxSec: span(service.RuntimeMaxSec),
    RuntimeRandomizedExtraSec: span(service.RuntimeRandomizedExtraSec),
    WatchdogSec: span(service.WatchdogSec),
  });
  dumpKill(lines, kill);
  dumpExec(lines, exec, service.NonBlocking, unit.manager.host.voice);
  for (const kind of execKinds) dumpCommands(lines, kind, unit.commands(kind), unit.statusesOf(kind));
  lines.maybe('Status Text', unit.statusText);
  if (service.FileDescriptorStoreMax > 0) {
    lines.all({
      'File Descriptor Store Max': service.FileDescriptorStoreMax,
      'File Descriptor Store Current': unit.fdStore.size,
    });
  }
}

function dumpSocket(lines: DumpLines, unit: Socket): void {
  const { socket, exec, kill } = unit.loaded;
  if (socket === undefined || exec === undefined || kill === undefined) return;
  lines.all({
    'Socket State': unit.subState,
    Result: unit.result,
    'Clean Result': 'success',
    BindIPv6Only: socket.BindIPv6Only,
    Backlog: socket.Backlog,
    SocketMode: octal(socket.SocketMode),
    DirectoryMode: octal(socket.DirectoryMode),
    KeepAlive: socket.KeepAlive,
    NoDelay: socket.NoDelay,
    FreeBind: socket.FreeBind,
    Transparent: socket.Transparent,
    Broadcast: socket.Broadcast,
    PassCredentials: socket.PassCredentials,
    PassSecurity: socket.PassSecurity,
    PassPacketInfo: socket.PassPacketInfo,
    TCPCongestion: socket.TCPCongestion ?? 'n/a',
    RemoveOnStop: socket.RemoveOnStop,
    Writable: socket.Writable,
    FileDescriptorName: descriptorNameOf(unit),
    SELinuxContextFromNet: socket.SELinuxContextFromNet,
  });
  if (socket.Timestamping !== 'off') lines.add('Timestamping', socket.Timestamping);
  if (unit.controlPid > 0) lines.add('Control PID', unit.controlPid);
  lines.maybe('BindToDevice', socket.BindToDevice);
  if (socket.Accept) {
    lines.all({
      Accepted: unit.accepted,
      NConnections: unit.connections,
      MaxConnections: socket.MaxConnections,
      MaxConnectionsPerSource: socket.MaxConnectionsPerSource,
    });
  } else lines.add('FlushPending', yesNo(socket.FlushPending));
  const numbers: [string, number, number][] = [
    ['Priority', socket.Priority, 0],
    ['ReceiveBuffer', socket.ReceiveBuffer, 1],
    ['SendBuffer', socket.SendBuffer, 1],
    ['IPTOS', socket.IPTOS, 0],
    ['IPTTL', socket.IPTTL, 0],
    ['PipeSize', socket.PipeSize, 1],
    ['Mark', socket.Mark, 0],
    ['MessageQueueMaxMessages', socket.MessageQueueMaxMessages, 1],
    ['MessageQueueMessageSize', socket.MessageQueueMessageSize, 1],
  ];
  for (const [name, value, least] of numbers) if (value >= least) lines.add(name, value);
  if (socket.ReusePort) lines.add('ReusePort', 'yes');
  for (const name of ['SmackLabel', 'SmackLabelIPIn', 'SmackLabelIPOut'] as const) lines.maybe(name, socket[name]);
  if (socket.SocketUser !== undefined || socket.SocketGroup !== undefined) {
    lines.add('SocketUser', socket.SocketUser ?? 'n/a');
    lines.add('SocketGroup', socket.SocketGroup ?? 'n/a');
  }
  for (const name of ['KeepAliveTimeSec', 'KeepAliveIntervalSec'] as const) {
    if (socket[name] > 0) lines.add(name, span(socket[name]));
  }
  if (socket.KeepAliveProbes > 0) lines.add('KeepAliveProbes', socket.KeepAliveProbes);
  if (socket.DeferAcceptSec > 0) lines.add('DeferAcceptSec', span(socket.DeferAcceptSec));
  for (const { kind, address } of socket.Listen) lines.add(`Listen${kind}`, address);
  lines.add('TriggerLimitIntervalSec', span(socket.TriggerLimitIntervalSec));
  lines.add('TriggerLimitBurst', socket.TriggerLimitBurst);
  const protocol = { 136: 'udplite', 132: 'sctp', 262: 'mptcp' }[socket.SocketProtocol];
  lines.maybe('SocketProtocol', protocol);
  lines.list('Symlinks', socket.Symlinks);
  lines.add('TimeoutSec', span(socket.TimeoutSec));
  dumpExec(lines, exec, false, unit.manager.host.voice);
  dumpKill(lines, kill);
  for (const kind of socketCommands) {
    const runs = unit.commandsOf(kind);
    dumpCommands(
      lines,
      kind,
      runs.map(({ command }) => command),
      runs.map(({ status }) => status),
    );
  }
}

function dumpMount(lines: DumpLines, unit: Mount): void {
  const { mount, exec, kill, fragmentPath } = unit.loaded;
  if (mount === undefined || exec === undefined || kill === undefined) return;
  const { mounted } = unit;
  lines.all({
    'Mount State': unit.subState,
    Result: unit.result,
    'Clean Result': 'success',
    Where: mount.Where ?? '',
    What: mounted?.source ?? mount.What ?? 'n/a',
    'File System Type': mounted?.fstype ?? mount.Type ?? 'n/a',
    Options: mountedOptions(mounted) ?? mount.Options ?? 'n/a',
    'From /proc/self/mountinfo': mounted !== undefined,
    'From fragment': fragmentPath !== undefined,
    Extrinsic: isExtrinsicMount(mount.Where ?? '', mount.Options),
    DirectoryMode: octal(mount.DirectoryMode),
    SloppyOptions: mount.SloppyOptions,
    LazyUnmount: mount.LazyUnmount,
    ForceUnmount: mount.ForceUnmount,
    ReadWriteOnly: mount.ReadWriteOnly,
    TimeoutSec: span(mount.TimeoutSec),
  });
  if (unit.controlPid > 0) lines.add('Control PID', unit.controlPid);
  dumpExec(lines, exec, false, unit.manager.host.voice);
  dumpKill(lines, kill);
}

function dumpSwap(lines: DumpLines, unit: Unit): void {
  const { swap, exec, kill, fragmentPath } = unit.loaded;
  if (swap === undefined || exec === undefined || kill === undefined) return;
  lines.all({
    'Swap State': unit.subState,
    Result: 'success',
    'Clean Result': 'success',
    What: swap.Device ?? '',
    'From /proc/swaps': false,
    'From fragment': fragmentPath !== undefined,
    Extrinsic: false,
    Priority: swap.Priority ?? -1,
    Options: swap.Options ?? '',
    TimeoutSec: span(swap.TimeoutSec),
  });
  dumpExec(lines, exec, false, unit.manager.host.voice);
  dumpKill(lines, kill);
}

const triggered = (unit: Unit): string => unit.dependencyNames('Triggers')[0] ?? 'n/a';

function dumpTimer(lines: DumpLines, unit: TimerUnit): void {
  const { timer } = unit.loaded;
  if (timer === undefined) return;
  lines.all({
    'Timer State': unit.subState,
    Result: unit.result,
    Unit: triggered(unit),
    Persistent: timer.Persistent,
    WakeSystem: timer.WakeSystem,
    Accuracy: formatTimeSpan(timer.AccuracySec),
    RemainAfterElapse: timer.RemainAfterElapse,
    FixedRandomDelay: timer.FixedRandomDelay,
    OnClockChange: timer.OnClockChange,
    OnTimeZoneChange: timer.OnTimezoneChange,
  });
  for (const entry of timer.Timers) {
    lines.add(entry.base, entry.base === 'OnCalendar' ? entry.calendar : formatTimeSpan(entry.valueMs));
  }
}

function dumpPath(lines: DumpLines, unit: PathUnit): void {
  const { path } = unit.loaded;
  if (path === undefined) return;
  lines.all({
    'Path State': unit.subState,
    Result: unit.result,
    Unit: triggered(unit),
    MakeDirectory: path.MakeDirectory,
    DirectoryMode: octal(path.DirectoryMode),
    TriggerLimitIntervalSec: span(path.TriggerLimitIntervalSec),
    TriggerLimitBurst: path.TriggerLimitBurst,
  });
  for (const { type, path: watched } of path.Paths) lines.add(type, watched);
}

function dumpScope(lines: DumpLines, unit: Scope): void {
  const { scope } = unit.loaded;
  if (scope === undefined) return;
  lines.all({
    'Scope State': unit.subState,
    Result: unit.result,
    RuntimeMaxSec: span(scope.RuntimeMaxSec),
    RuntimeRandomizedExtraSec: span(scope.RuntimeRandomizedExtraSec),
    OOMPolicy: scope.OOMPolicy,
  });
}

function dumpAutomount(lines: DumpLines, unit: Unit): void {
  const { automount } = unit.loaded;
  if (automount === undefined) return;
  lines.all({
    'Automount State': unit.subState,
    Result: 'success',
    Where: automount.Where ?? '',
    ExtraOptions: automount.ExtraOptions ?? '(null)',
    DirectoryMode: octal(automount.DirectoryMode),
    TimeoutIdleUSec: span(automount.TimeoutIdleSec),
  });
}

/** The part of a unit's dump that depends on its type. */
export function dumpType(lines: DumpLines, unit: Unit): void {
  const { cgroup, kill } = unit.loaded;
  if (unit instanceof Service) dumpService(lines, unit);
  else if (unit instanceof Socket) dumpSocket(lines, unit);
  else if (unit instanceof Mount) dumpMount(lines, unit);
  else if (unit instanceof TimerUnit) dumpTimer(lines, unit);
  else if (unit instanceof PathUnit) dumpPath(lines, unit);
  else if (unit instanceof Scope) dumpScope(lines, unit);
  else if (unit.type === 'swap') dumpSwap(lines, unit);
  else if (unit.type === 'automount') dumpAutomount(lines, unit);
  else if (unit.type === 'slice') lines.add('Slice State', unit.subState);
  else if (unit.type === 'target') lines.add('Target State', unit.subState);
  else if (unit.type === 'device')
    lines.all({ 'Device State': unit.subState, 'Device Path': 'n/a', 'Sysfs Path': 'n/a' });
  if (cgroup !== undefined) dumpCGroup(lines, cgroup);
  // a scope's comes last
  if (unit instanceof Scope && kill !== undefined) dumpKill(lines, kill);
}
