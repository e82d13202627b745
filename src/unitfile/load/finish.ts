/** What systemd does with a unit's settings once all its files are read: values that follow from others. */

import type { LimitName } from '../../sys/host.ts';
import { pathSimplify } from '../../text/paths.ts';
import { sipHash24 } from '../../text/siphash.ts';
import type { Voice } from '../../voice/voice.ts';
import type { ManagerDefaults } from '../directives/manager-defaults.ts';
import type { ExecDirectoryEntry } from '../directives/shapes.ts';
import type { ExecSettings, ServiceSettings } from '../directives/table.ts';
import {
  changeUnitSuffix,
  escapeUnitName,
  parentSlice,
  unitInstance,
  unitNameToPath,
  unitPrefix,
} from '../language/unit-name.ts';
import { hasCredentials } from './credentials.ts';
import { hasNonAcceptSocket } from './listening.ts';
import type { LoadedUnit } from './loaded-unit.ts';
import { isExtrinsicMount } from './mount-points.ts';

const infinity = Number.POSITIVE_INFINITY;

/** Unit-dependent facts of the manager that finishing needs. */
export interface FinishFacts {
  manager: ManagerDefaults;
  /** Home of the user manager's user. */
  home: string | undefined;
  voice: Voice['loading'];
}

/** Values that follow from others. */
export function finishSettings(unit: LoadedUnit, facts: FinishFacts): void {
  unit.finished = true;
  const { manager } = facts;
  if (unit.service !== undefined && unit.exec !== undefined && unit.cgroup !== undefined) {
    const { service, exec } = unit;
    if (!Object.hasOwn(service, 'Type')) {
      service.Type = impliedType(service, exec, facts.voice.credentialsImplyExec);
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
  if (unit.cgroup !== undefined) finishCGroup(unit, facts);
}

/** systemd.service(5), Type=. */
function impliedType(
  service: ServiceSettings,
  exec: ExecSettings,
  credentialsImplyExec: boolean,
): ServiceSettings['Type'] {
  if (service.BusName !== undefined) return 'dbus';
  if (credentialsImplyExec && hasCredentials(exec)) return 'exec';
  return service.ExecStart.length > 0 ? 'simple' : 'oneshot';
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

/** Parents before what lies in them, by name: the order in which they are made. */
const byPath = (a: ExecDirectoryEntry, b: ExecDirectoryEntry): number => {
  const left = a.name.split('/');
  const right = b.name.split('/');
  for (let i = 0; i < left.length && i < right.length; i++) {
    if (left[i] !== right[i]) return left[i]! < right[i]! ? -1 : 1;
  }
  return left.length - right.length;
};

const directoryKeys = [
  'RuntimeDirectory',
  'StateDirectory',
  'CacheDirectory',
  'LogsDirectory',
  'ConfigurationDirectory',
] as const;

function finishExec(unit: LoadedUnit, exec: ExecSettings, { manager, home, voice }: FinishFacts): void {
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
    if (exec.PrivateTmp === 'no') exec.PrivateTmp = voice.dynamicUserTmp;
    exec.RemoveIPC = true;
    exec.ProtectSystem = 'strict';
    if (exec.ProtectHome === 'no') exec.ProtectHome = 'read-only';
    exec.NoNewPrivileges = true;
    exec.RestrictSUIDSGID = true;
  }
}

const dynamicUserKey = Buffer.from('581aafe628584e96b44ef53b8c9207ec', 'hex');

/** systemd.exec(5), DynamicUser=: the unit's prefix where it can be a user's name, else a hash of it. */
function dynamicUserName(id: string): string {
  const prefix = unitPrefix(id) ?? id;
  if (/^[a-zA-Z_][a-zA-Z0-9_-]{0,30}$/.test(prefix)) return prefix;
  return `_du${sipHash24(Buffer.from(prefix), dynamicUserKey).toString(16).padStart(16, '0')}`;
}

function finishCGroup(unit: LoadedUnit, { manager, voice }: FinishFacts): void {
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
      const encrypted = exec.LoadCredentialEncrypted.length > 0 || exec.SetCredentialEncrypted.length > 0;
      if (encrypted && voice.tpmDevice !== null) add(voice.tpmDevice, 'rw');
    }
  }
  if (unit.type === 'slice') cgroup.Slice = parentSlice(unit.id);
  else cgroup.Slice ??= defaultSlice(unit, manager.scope);
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

function relatedUnit(unit: LoadedUnit, suffix: string): string | undefined {
  return changeUnitSuffix(unit.id, suffix);
}
