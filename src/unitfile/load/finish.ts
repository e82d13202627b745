/**
 * What systemd does with a unit's settings once all its files are read: values that follow from others, then the
 * checks that make a unit unusable ("… Refusing.").
 */

import type { LimitName } from '../../sys/host.ts';
import type { LogLevel } from '../../text/log-level.ts';
import { pathIsAbsolute, pathSimplify } from '../../text/paths.ts';
import { sipHash24 } from '../../text/siphash.ts';
import type { ManagerDefaults } from '../directives/directive.ts';
import { byPath } from '../directives/kinds/exec.ts';
import type { ExecSettings } from '../directives/table.ts';
import type { ListenEntry } from '../language/types.ts';
import {
  changeUnitSuffix,
  escapeUnitName,
  parentSlice,
  sliceNameIsValid,
  unitInstance,
  unitNameFromPath,
  unitNameToPath,
  unitPrefix,
} from '../language/unit-name.ts';
import type { LoadedUnit } from './loader.ts';

const infinity = Number.POSITIVE_INFINITY;

/** Unit-dependent facts of the manager that finishing needs. */
export interface FinishFacts {
  manager: ManagerDefaults;
  /** Home of the user manager's user. */
  home: string | undefined;
}

/** Values that follow from others. */
export function finishSettings(unit: LoadedUnit, facts: FinishFacts): void {
  unit.finished = true;
  const { manager } = facts;
  if (unit.service !== undefined && unit.exec !== undefined && unit.cgroup !== undefined) {
    const { service, exec } = unit;
    if (!Object.hasOwn(service, 'Type')) {
      service.Type = service.BusName !== undefined ? 'dbus' : service.ExecStart.length > 0 ? 'simple' : 'oneshot';
    }
    if (service.Type === 'oneshot' && !Object.hasOwn(service, 'TimeoutStartSec')) service.TimeoutStartSec = infinity;
    finishStdio(exec, manager);
    const needsSocket =
      service.Type === 'notify' ||
      service.Type === 'notify-reload' ||
      service.WatchdogSec > 0 ||
      service.FileDescriptorStoreMax > 0;
    if (service.NotifyAccess === 'none' && needsSocket) service.NotifyAccess = 'main';
    if (!Object.hasOwn(service, 'OOMPolicy') && unit.cgroup.DelegateEnabled) service.OOMPolicy = 'continue';
  }
  if (unit.scope !== undefined && unit.cgroup !== undefined) {
    if (!Object.hasOwn(unit.scope, 'OOMPolicy') && unit.cgroup.DelegateEnabled) unit.scope.OOMPolicy = 'continue';
  }
  if (unit.socket !== undefined) {
    const { socket } = unit;
    if (socket.TriggerLimitIntervalSec === infinity) socket.TriggerLimitIntervalSec = 2000;
    if (socket.TriggerLimitBurst === 0xffffffff) socket.TriggerLimitBurst = socket.Accept ? 200 : 20;
    if (hasNonAcceptSocket(unit) && socket.Service === undefined) socket.Service = relatedUnit(unit, '.service');
  }
  if (unit.timer !== undefined && unit.timer.Unit === undefined) unit.timer.Unit = relatedUnit(unit, '.service');
  if (unit.path !== undefined) {
    unit.path.Unit ??= relatedUnit(unit, '.service');
    if (unit.path.TriggerLimitIntervalSec === infinity) unit.path.TriggerLimitIntervalSec = 2000;
    if (unit.path.TriggerLimitBurst === 0xffffffff) unit.path.TriggerLimitBurst = 200;
  }
  if (unit.mount !== undefined) {
    unit.mount.Where = pathSimplify(unit.mount.Where ?? unitNameToPath(unit.id) ?? '/');
    if (unit.description === '') unit.description = unit.mount.Where;
  }
  if (unit.automount !== undefined) {
    unit.automount.Where = pathSimplify(unit.automount.Where ?? unitNameToPath(unit.id) ?? '/');
  }
  if (unit.swap !== undefined) {
    unit.swap.Device = pathSimplify(unit.swap.What ?? unitNameToPath(unit.id) ?? '/');
    if (unit.description === '') unit.description = unit.swap.Device;
  }
  if ((unit.type === 'slice' || unit.type === 'device') && unit.description === '') {
    const path = unitNameToPath(unit.id);
    if (path !== undefined) unit.description = unit.type === 'slice' ? `Slice ${path}` : path;
  }
  if (unit.exec !== undefined) finishExec(unit, unit.exec, facts);
  if (unit.cgroup !== undefined) finishCGroup(unit, manager);
}

/** A service's standard streams: systemd.exec(5), StandardOutput=. */
function finishStdio(exec: ExecSettings, manager: ManagerDefaults): void {
  if (exec.StandardInput.kind === 'null' && exec.StandardInputData !== undefined) exec.StandardInput = { kind: 'data' };
  switch (exec.StandardInput.kind) {
    case 'tty':
    case 'tty-force':
    case 'tty-fail':
    case 'socket':
    case 'fd':
      return;
    default:
  }
  if (exec.StandardOutput.kind !== 'inherit') return;
  if (exec.StandardError.kind === 'inherit') exec.StandardError = { kind: manager.standardError };
  exec.StandardOutput = { kind: manager.standardOutput };
}

const capability = { mknod: 27n, sysRawio: 17n, sysModule: 16n, syslog: 34n, sysTime: 25n, wakeAlarm: 35n };

const directoryKeys = [
  'RuntimeDirectory',
  'StateDirectory',
  'CacheDirectory',
  'LogsDirectory',
  'ConfigurationDirectory',
] as const;

function finishExec(unit: LoadedUnit, exec: ExecSettings, { manager, home }: FinishFacts): void {
  for (const [name, limit] of Object.entries(manager.limits)) exec[`Limit${name as LimitName}`] ??= limit;
  if (manager.scope === 'user' && exec.WorkingDirectory === undefined && home !== undefined) {
    exec.WorkingDirectory = { path: home, optional: true };
  }
  for (const key of directoryKeys) if (exec[key].length > 1) exec[key] = [...exec[key]].sort(byPath);
  let dropped = 0n;
  if (exec.PrivateDevices) dropped |= (1n << capability.mknod) | (1n << capability.sysRawio);
  if (exec.ProtectKernelModules) dropped |= 1n << capability.sysModule;
  if (exec.ProtectKernelLogs) dropped |= 1n << capability.syslog;
  if (exec.ProtectClock) dropped |= (1n << capability.sysTime) | (1n << capability.wakeAlarm);
  if (dropped !== 0n) exec.CapabilityBoundingSet &= ~dropped;
  if (exec.DynamicUser) {
    exec.User ??= dynamicUserName(unit.id);
    exec.Group ??= exec.User;
    exec.PrivateTmp = true;
    exec.RemoveIPC = true;
    exec.ProtectSystem = 'strict';
    if (exec.ProtectHome === 'no') exec.ProtectHome = 'read-only';
    exec.NoNewPrivileges = true;
    exec.RestrictSUIDSGID = true;
  }
}

const dynamicUserKey = Buffer.from('581aaff628584e96b44ef53b8c9207ec', 'hex');

/** systemd.exec(5), DynamicUser=: the unit's prefix where it can be a user's name, else a hash of it. */
function dynamicUserName(id: string): string {
  const prefix = unitPrefix(id) ?? id;
  if (/^[a-zA-Z_][a-zA-Z0-9_-]{0,30}$/.test(prefix)) return prefix;
  return `_du${sipHash24(Buffer.from(prefix), dynamicUserKey).toString(16).padStart(16, '0')}`;
}

function finishCGroup(unit: LoadedUnit, manager: ManagerDefaults): void {
  const { exec } = unit;
  const cgroup = unit.cgroup!;
  if (exec !== undefined) {
    if (exec.PrivateDevices && cgroup.DevicePolicy === 'auto') cgroup.DevicePolicy = 'closed';
    if (cgroup.DevicePolicy !== 'auto' || cgroup.DeviceAllow.length > 0) {
      const add = (path: string, access: string): void => {
        cgroup.DeviceAllow = [{ path, access }, ...cgroup.DeviceAllow];
      };
      if (exec.RootImage !== undefined || exec.MountImages.length > 0) {
        for (const path of ['/dev/loop-control', '/dev/mapper/control']) add(path, 'rw');
        for (const path of ['block-loop', 'block-blkext', 'block-device-mapper']) add(path, 'rwm');
      }
      if (exec.ProtectClock) add('char-rtc', 'r');
      if (exec.LoadCredentialEncrypted.length > 0 || exec.SetCredentialEncrypted.length > 0) add('/dev/tpmrm0', 'rw');
    }
  }
  if (unit.type === 'slice') cgroup.Slice = parentSlice(unit.id);
  else cgroup.Slice ??= defaultSlice(unit, manager.scope);
}

/** Mount points that are there before and after the manager: it neither orders nor unmounts them. */
export function isExtrinsicMount(where: string, options: string | undefined): boolean {
  if (where === '/' || where === '/usr' || where === '/etc') return true;
  if (/^\/(run\/initramfs|proc|sys|dev)(\/|$)/.test(where)) return true;
  return mountOption(options, 'x-initrd.mount') !== undefined;
}

/** Value of a mount option: '' where it has none, undefined where the option is not there. */
export function mountOption(options: string | undefined, name: string): string | undefined {
  for (const option of (options ?? '').split(',')) {
    if (option === name) return '';
    if (option.startsWith(`${name}=`)) return option.slice(name.length + 1);
  }
  return undefined;
}

/** systemd.slice(5): instances in a slice of their template, the rest in system.slice or app.slice. */
function defaultSlice(unit: LoadedUnit, scope: 'system' | 'user'): string {
  const instance = unitInstance(unit.id);
  if (instance !== undefined && instance !== '') {
    const template = escapeUnitName(unitPrefix(unit.id)!);
    return `${scope === 'system' ? 'system' : 'app'}-${template}.slice`;
  }
  const extrinsic =
    unit.perpetual ||
    (unit.mount !== undefined && (scope === 'user' || isExtrinsicMount(unit.mount.Where!, unit.mount.Options))) ||
    (unit.type === 'swap' && scope === 'user');
  if (extrinsic) return '-.slice';
  return scope === 'system' ? 'system.slice' : 'app.slice';
}

export function relatedUnit(unit: LoadedUnit, suffix: string): string | undefined {
  return changeUnitSuffix(unit.id, suffix);
}

const isAccepting = (entry: ListenEntry): boolean => entry.kind === 'Stream' || entry.kind === 'SequentialPacket';

/** A socket whose service is started once for all connections. */
export function hasNonAcceptSocket(unit: LoadedUnit): boolean {
  const { socket } = unit;
  return socket !== undefined && (!socket.Accept || socket.Listen.some((entry) => !isAccepting(entry)));
}

/** Path of a listening address in the file system. */
export function listenPath(entry: ListenEntry): string | undefined {
  return pathIsAbsolute(entry.address) && entry.kind !== 'MessageQueue' && entry.kind !== 'Netlink'
    ? entry.address
    : undefined;
}

/** Mount points that the kernel's interfaces, or the container engine, own. */
const apiMounts: ReadonlySet<string> = new Set([
  '/proc',
  '/sys',
  '/dev',
  '/sys/kernel/security',
  '/sys/fs/smackfs',
  '/dev/shm',
  '/dev/pts',
  '/run',
  '/sys/fs/cgroup',
  '/sys/fs/cgroup/unified',
  '/sys/fs/cgroup/systemd',
  '/sys/fs/pstore',
  '/sys/firmware/efi/efivars',
  '/sys/fs/bpf',
  '/sys/fs/selinux',
  '/dev/console',
  '/proc/kmsg',
  '/proc/sys',
  '/proc/sys/kernel/random/boot_id',
]);
export const isApiMount = (where: string): boolean =>
  apiMounts.has(where) || where.startsWith('/sys/fs/cgroup/') || /^\/run\/host(\/|$)/.test(where);

/** A unit that can't be: `message` is logged, `code` is its error. */
export interface Refusal {
  message: string;
  code: 'ENOEXEC' | 'ENOENT' | 'EINVAL';
}

const refuse = (message: string, code: Refusal['code'] = 'ENOEXEC'): Refusal => ({ message, code });

/** The checks of each type. `warn` is told of what has no effect. */
export function verifyUnit(unit: LoadedUnit, warn: (level: LogLevel, message: string) => void): Refusal | undefined {
  switch (unit.type) {
    case 'service':
      return verifyService(unit, warn);
    case 'socket':
      return verifySocket(unit);
    case 'timer':
      return verifyTimer(unit);
    case 'path':
      return unit.path!.Paths.length === 0 ? refuse('Path unit lacks path setting. Refusing.') : undefined;
    case 'mount':
      return verifyMount(unit);
    case 'automount':
      return verifyAutomount(unit);
    case 'swap':
      return verifySwap(unit);
    case 'slice':
      return sliceNameIsValid(unit.id) ? undefined : refuse(`Slice name ${unit.id} is not valid. Refusing.`);
    default:
      return undefined;
  }
}

function verifyService(unit: LoadedUnit, warn: (level: LogLevel, message: string) => void): Refusal | undefined {
  const service = unit.service!;
  const oneshot = service.Type === 'oneshot';
  const starts = service.ExecStart.length;
  const noSuccess = unit.unit.SuccessAction === 'none';
  if (starts === 0 && service.ExecStop.length === 0 && noSuccess) {
    return refuse('Service has no ExecStart=, ExecStop=, or SuccessAction=. Refusing.');
  }
  if (!oneshot && starts === 0) {
    return refuse('Service has no ExecStart= setting, which is only allowed for Type=oneshot services. Refusing.');
  }
  if (!service.RemainAfterExit && starts === 0 && noSuccess) {
    return refuse(
      'Service has no ExecStart= and no SuccessAction= settings and does not have RemainAfterExit=yes set. Refusing.',
    );
  }
  if (!oneshot && starts > 1) {
    return refuse(
      'Service has more than one ExecStart= setting, which is only allowed for Type=oneshot services. Refusing.',
    );
  }
  if (oneshot && (service.Restart === 'always' || service.Restart === 'on-success')) {
    return refuse(
      "Service has Restart= set to either always or on-success, which isn't allowed for Type=oneshot services. Refusing.",
    );
  }
  const { statuses, signals } = service.RestartForceExitStatus;
  if (oneshot && statuses.length + signals.length > 0) {
    return refuse("Service has RestartForceExitStatus= set, which isn't allowed for Type=oneshot services. Refusing.");
  }
  if (oneshot && service.ExitType === 'cgroup') {
    return refuse("Service has ExitType=cgroup set, which isn't allowed for Type=oneshot services. Refusing.");
  }
  if (service.Type === 'dbus' && service.BusName === undefined) {
    return refuse('Service is of type D-Bus but no D-Bus service name has been specified. Refusing.');
  }
  const killMode = unit.kill!.KillMode;
  if (unit.exec!.PAMName !== undefined && killMode !== 'control-group' && killMode !== 'mixed') {
    return refuse("Service has PAM enabled. Kill mode must be set to 'control-group' or 'mixed'. Refusing.");
  }
  if (service.USBFunctionDescriptors !== undefined && service.USBFunctionStrings === undefined) {
    warn(4, 'Service has USBFunctionDescriptors= setting, but no USBFunctionStrings=. Ignoring.');
  }
  if (service.USBFunctionDescriptors === undefined && service.USBFunctionStrings !== undefined) {
    warn(4, 'Service has USBFunctionStrings= setting, but no USBFunctionDescriptors=. Ignoring.');
  }
  if (service.RuntimeMaxSec !== infinity && oneshot) {
    warn(4, 'RuntimeMaxSec= has no effect in combination with Type=oneshot. Ignoring.');
  }
  if (service.RuntimeMaxSec === infinity && service.RuntimeRandomizedExtraSec !== 0) {
    warn(4, 'Service has RuntimeRandomizedExtraSec= setting, but no RuntimeMaxSec=. Ignoring.');
  }
  return undefined;
}

function verifySocket(unit: LoadedUnit): Refusal | undefined {
  const socket = unit.socket!;
  if (socket.Listen.length === 0) {
    return refuse('Unit has no Listen setting (ListenStream=, ListenDatagram=, ListenFIFO=, ...). Refusing.');
  }
  if (socket.Accept && hasNonAcceptSocket(unit)) {
    return refuse('Unit configured for accepting sockets, but sockets are non-accepting. Refusing.');
  }
  if (socket.Accept && socket.MaxConnections <= 0) return refuse('MaxConnection= setting too small. Refusing.');
  if (socket.Accept && socket.Service !== undefined) {
    return refuse('Explicit service configuration for accepting socket units not supported. Refusing.');
  }
  if (unit.exec!.PAMName !== undefined && unit.kill!.KillMode !== 'control-group') {
    return refuse("Unit has PAM enabled. Kill mode must be set to 'control-group'. Refusing.");
  }
  const nodes = socket.Listen.filter(
    (entry) => entry.kind !== 'Special' && entry.kind !== 'USBFunction' && listenPath(entry) !== undefined,
  );
  if (socket.Symlinks.length > 0 && nodes.length !== 1) {
    return refuse('Unit has symlinks set but none or more than one node in the file system. Refusing.');
  }
  return undefined;
}

function verifyTimer(unit: LoadedUnit): Refusal | undefined {
  const { Timers, OnClockChange, OnTimezoneChange } = unit.timer!;
  if (Timers.length > 0 || OnClockChange || OnTimezoneChange) return undefined;
  return refuse('Timer unit lacks value setting. Refusing.');
}

const reservedOptions = ['fd', 'pgrp', 'minproto', 'maxproto', 'direct', 'indirect'];

function verifyMount(unit: LoadedUnit): Refusal | undefined {
  const where = unit.mount!.Where!;
  if (unit.names.includes(unitNameFromPath(where, '.mount') ?? '') === false) {
    return refuse("Where= setting doesn't match unit name. Refusing.");
  }
  if (isApiMount(where)) return refuse(`Cannot create mount unit for API file system ${where}. Refusing.`);
  if (unit.fragmentPath !== undefined && unit.mount!.What === undefined && !unit.perpetual) {
    return refuse('What= setting is missing. Refusing.');
  }
  if (unit.exec!.PAMName !== undefined && unit.kill!.KillMode !== 'control-group') {
    return refuse("Unit has PAM enabled. Kill mode must be set to control-group'. Refusing.");
  }
  return undefined;
}

function verifyAutomount(unit: LoadedUnit): Refusal | undefined {
  const where = unit.automount!.Where!;
  if (where === '/') return refuse('Cannot have an automount unit for the root directory. Refusing.');
  if (!unit.names.includes(unitNameFromPath(where, '.automount') ?? '')) {
    return refuse("Where= setting doesn't match unit name. Refusing.");
  }
  const reserved = reservedOptions.find((o) => mountOption(unit.automount!.ExtraOptions, o) !== undefined);
  return reserved === undefined
    ? undefined
    : refuse(`ExtraOptions= setting may not contain reserved option ${reserved}.`);
}

function verifySwap(unit: LoadedUnit): Refusal | undefined {
  if (!unit.names.includes(unitNameFromPath(unit.swap!.Device!, '.swap') ?? '')) {
    return refuse('Value of What= and unit name do not match, not loading.');
  }
  if (unit.exec!.PAMName !== undefined && unit.kill!.KillMode !== 'control-group') {
    return refuse("Unit has PAM enabled. Kill mode must be set to 'control-group'. Refusing to load.");
  }
  return undefined;
}
