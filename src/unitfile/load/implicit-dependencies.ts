/**
 * Dependencies that no line of a unit file says: "Implicit Dependencies" and "Default Dependencies" of the man pages
 * of each type. A pure function of the finished settings.
 */

import { isDevicePath, parentOf, pathIsAbsolute, pathIsNormalized, pathJoin, pathSimplify } from '../../text/paths.ts';
import { isNetworkType } from '../../values/mount-types.ts';
import type { Voice } from '../../voice/voice.ts';
import type { DependencyName } from '../directives/kind.ts';
import type { StdioSetting } from '../directives/shapes.ts';
import type { ExecSettings } from '../directives/table.ts';
import type { SpecifierDirectories } from '../language/specifiers.ts';
import { buildUnitName, changeUnitSuffix } from '../language/unit-name.ts';
import { hasNonAcceptSocket, listenPath } from './listening.ts';
import type { DependencyOrigin, LoadedUnit } from './loaded-unit.ts';
import { isExtrinsicMount, mountOption } from './mount-points.ts';

export interface ImplicitFacts {
  scope: 'system' | 'user';
  directories: SpecifierDirectories;
  voice: Voice['loading'];
}

class Dependencies {
  readonly #unit: LoadedUnit;
  readonly #seen = new Set<string>();
  /** Why the unit can't be loaded: it has a path that can't be looked up. */
  refused: 'EPERM' | 'EADDRNOTAVAIL' | undefined;
  constructor(unit: LoadedUnit) {
    this.#unit = unit;
  }

  add(origin: DependencyOrigin, name: string, ...kinds: DependencyName[]): void {
    if (this.refused !== undefined) return;
    for (const kind of kinds) this.#unit.dependencies.push({ kind, name, origin });
  }

  /** WantsMountsFor= a path. */
  wantsMounts(path: string): void {
    const simple = this.#usable(path);
    const { wantsMountsFor } = this.#unit;
    if (simple !== undefined && !wantsMountsFor.includes(simple)) wantsMountsFor.push(simple);
  }

  /** RequiresMountsFor= a path. */
  mounts(path: string): void {
    if (this.#seen.size === 0) for (const known of this.#unit.requiresMountsFor) this.#seen.add(known);
    const simple = this.#usable(path);
    if (simple === undefined || this.#seen.has(simple)) return;
    this.#seen.add(simple);
    this.#unit.requiresMountsFor.push(simple);
  }

  #usable(path: string): string | undefined {
    const simple = pathSimplify(path);
    if (!pathIsNormalized(simple)) this.refused = 'EPERM';
    return this.refused === undefined && pathIsAbsolute(simple) ? simple : undefined;
  }
}

/** What a unit of its type depends on, in systemd's order; an errno where that can't be said. */
export function addImplicitDependencies(unit: LoadedUnit, facts: ImplicitFacts): Dependencies['refused'] {
  const to = new Dependencies(unit);
  forImages(unit, to);
  forType(unit, to, facts);
  return to.refused;
}

function forType(unit: LoadedUnit, to: Dependencies, facts: ImplicitFacts): void {
  switch (unit.type) {
    case 'service':
      forService(unit, to, facts);
      return;
    case 'socket':
      forSocket(unit, to, facts);
      return;
    case 'timer':
      forTimer(unit, to, facts);
      return;
    case 'path':
      forPath(unit, to, facts);
      return;
    case 'mount':
      forMount(unit, to, facts);
      return;
    case 'automount':
      forAutomount(unit, to, facts);
      return;
    case 'swap':
      forSwap(unit, to, facts);
      return;
    case 'target':
      // What a target wants comes before it: that depends on both sides, the registry adds it.
      if (unit.unit.DefaultDependencies && !unit.names.includes('shutdown.target')) stopAtShutdown(to);
      return;
    case 'slice':
      if (unit.cgroup?.Slice !== undefined) to.add('implicit', unit.cgroup.Slice, 'InSlice');
      if (unit.unit.DefaultDependencies) stopAtShutdown(to);
      return;
    case 'scope':
      if (unit.unit.DefaultDependencies) stopAtShutdown(to);
      return;
    default:
  }
}

/** Last, and only for units that passed their type's checks: the slice, which the unit needs and comes after. */
export function addSliceDependencies(unit: LoadedUnit): void {
  if (unit.cgroup === undefined) return;
  const to = new Dependencies(unit);
  const origin: DependencyOrigin = unit.type === 'slice' ? 'implicit' : 'file';
  const slice = unit.cgroup.Slice;
  if (slice !== undefined) {
    if (unit.type !== 'slice') to.add(origin, slice, 'InSlice');
    to.add(origin, slice, 'After', 'Requires');
  } else if (!unit.names.includes('-.slice')) to.add(origin, '-.slice', 'After', 'Requires');
}

function stopAtShutdown(to: Dependencies): void {
  to.add('default', 'shutdown.target', 'Before', 'Conflicts');
}

function afterSysinit(to: Dependencies, facts: ImplicitFacts): void {
  if (facts.scope === 'system') to.add('default', 'sysinit.target', 'After', 'Requires');
}

/** Images need drivers: with DeviceAllow= or DevicePolicy= the kernel is asked to have them. */
function forImages(unit: LoadedUnit, to: Dependencies): void {
  const { exec, cgroup } = unit;
  if (exec === undefined || cgroup === undefined) return;
  if (exec.RootImage === undefined && exec.MountImages.length === 0) return;
  if (cgroup.DevicePolicy === 'auto' && cgroup.DeviceAllow.length === 0) return;
  for (const module of ['loop', 'dm_mod', 'dm_verity']) to.add('file', `modprobe@${module}.service`, 'After', 'Wants');
}

function forService(unit: LoadedUnit, to: Dependencies, facts: ImplicitFacts): void {
  const service = unit.service!;
  forExec(unit, unit.exec!, to, facts);
  if (unit.unit.DefaultDependencies) {
    if (facts.scope === 'system') afterSysinit(to, facts);
    else to.add('default', 'basic.target', 'Requires');
    to.add('default', 'basic.target', 'After');
    stopAtShutdown(to);
  }
  if (service.BusName !== undefined && service.Type === 'dbus') to.add('file', 'dbus.socket', 'Requires', 'After');
}

const logs = (stdio: StdioSetting): boolean =>
  stdio.kind === 'journal' ||
  stdio.kind === 'journal+console' ||
  stdio.kind === 'kmsg' ||
  stdio.kind === 'kmsg+console';

/** systemd.exec(5), "IMPLICIT DEPENDENCIES". */
function forExec(unit: LoadedUnit, exec: ExecSettings, to: Dependencies, facts: ImplicitFacts): void {
  const directory = exec.WorkingDirectory;
  const { wantsMounts, disconnectedWantsVar } = facts.voice;
  const wants = (path: string): void => (wantsMounts ? to.wantsMounts(path) : to.mounts(path));
  if (directory !== undefined && directory.path !== '~') {
    if (!directory.optional) to.mounts(directory.path);
    else if (wantsMounts) to.wantsMounts(directory.path);
  }
  if (exec.RootDirectory !== undefined) wants(exec.RootDirectory);
  if (exec.RootImage !== undefined) wants(exec.RootImage);
  const { runtime, state, cache, logs: logDirectory, configuration } = facts.directories;
  for (const [parent, entries] of [
    [runtime, exec.RuntimeDirectory],
    [state, exec.StateDirectory],
    [cache, exec.CacheDirectory],
    [logDirectory, exec.LogsDirectory],
    [configuration, exec.ConfigurationDirectory],
  ] as const) {
    for (const entry of entries) to.mounts(pathJoin(parent, entry.name));
  }
  if (facts.scope !== 'system') return;
  if (exec.StateDirectory.length > 0 || exec.CacheDirectory.length > 0 || exec.LogsDirectory.length > 0) {
    to.add('file', 'systemd-remount-fs.service', 'After');
  }
  if (
    disconnectedWantsVar &&
    exec.PrivateTmp === 'disconnected' &&
    unit.unit.DefaultDependencies &&
    exec.RootDirectory === undefined
  )
    to.wantsMounts('/var');
  if (exec.PrivateTmp === 'yes') {
    if (wantsMounts) to.wantsMounts('/tmp');
    else to.add('file', 'tmp.mount', 'After', 'Wants');
    wants('/var/tmp');
    to.add('file', 'systemd-tmpfiles-setup.service', 'After');
  }
  if (exec.RootImage !== undefined) to.add('file', 'systemd-udevd.service', 'After');
  if (exec.LogNamespace !== undefined) {
    for (const [prefix, suffix] of facts.voice.journalUnits) {
      const unitName = buildUnitName(prefix, exec.LogNamespace, suffix);
      if (unitName !== undefined) to.add('file', unitName, 'After', 'Requires');
    }
  } else if (logs(exec.StandardOutput) || logs(exec.StandardError)) {
    to.add('file', 'systemd-journald.socket', 'After');
  }
}

function forSocket(unit: LoadedUnit, to: Dependencies, facts: ImplicitFacts): void {
  const socket = unit.socket!;
  if (hasNonAcceptSocket(unit) && socket.Service !== undefined) {
    to.add('implicit', socket.Service, 'Before', 'Triggers');
  }
  for (const entry of socket.Listen) {
    const path = listenPath(entry);
    if (path !== undefined) to.mounts(path);
  }
  const commands = [socket.ExecStartPre, socket.ExecStartPost, socket.ExecStopPre, socket.ExecStopPost];
  if (commands.some((list) => list.length > 0)) forExec(unit, unit.exec!, to, facts);
  if (!unit.unit.DefaultDependencies) return;
  to.add('default', 'sockets.target', 'Before');
  afterSysinit(to, facts);
  stopAtShutdown(to);
}

function forTimer(unit: LoadedUnit, to: Dependencies, facts: ImplicitFacts): void {
  const timer = unit.timer!;
  trigger(unit, to, timer.Unit);
  if (timer.Persistent && facts.scope === 'system') to.mounts('/var/lib/systemd/timers');
  if (!unit.unit.DefaultDependencies) return;
  to.add('default', 'timers.target', 'Before');
  if (facts.scope === 'system') {
    afterSysinit(to, facts);
    if (timer.Timers.some((entry) => entry.base === 'OnCalendar')) {
      to.add('default', 'time-sync.target', 'After');
      to.add('default', 'time-set.target', 'After');
    }
  }
  stopAtShutdown(to);
}

/** The unit of the same name, where no Unit= line has made the dependency already. */
function trigger(unit: LoadedUnit, to: Dependencies, name: string | undefined): void {
  if (name === undefined || unit.dependencies.some((d) => d.kind === 'Triggers')) return;
  to.add('implicit', name, 'Before', 'Triggers');
}

function forPath(unit: LoadedUnit, to: Dependencies, facts: ImplicitFacts): void {
  const path = unit.path!;
  trigger(unit, to, path.Unit);
  for (const entry of path.Paths) to.mounts(entry.path);
  if (!unit.unit.DefaultDependencies) return;
  to.add('default', 'paths.target', 'Before');
  afterSysinit(to, facts);
  stopAtShutdown(to);
}

const quotaTypes: ReadonlySet<string> = new Set(['ext2', 'ext3', 'ext4', 'reiserfs', 'jfs', 'f2fs']);

function forMount(unit: LoadedUnit, to: Dependencies, facts: ImplicitFacts): void {
  forExec(unit, unit.exec!, to, facts);
  const mount = unit.mount!;
  const where = mount.Where!;
  const { What: what, Options: options, Type: type } = mount;
  const isSet = (name: string): boolean => mountOption(options, name) !== undefined;
  const isBind = isSet('bind') || isSet('rbind') || type === 'bind' || type === 'rbind';
  const isNetwork = isSet('_netdev') || isNetworkType(type);
  if (where !== '/') to.mounts(parentOf(where));
  if (what !== undefined && pathIsAbsolute(what) && (isBind || isSet('loop') || !isNetwork)) to.mounts(what);
  const wantsQuota = ['usrquota', 'grpquota', 'quota', 'usrjquota', 'grpjquota'].some(isSet);
  if (facts.scope === 'system' && wantsQuota && !isBind && (type === undefined || quotaTypes.has(type))) {
    to.add('file', 'systemd-quotacheck.service', 'Before', 'Wants');
    to.add('file', 'quotaon.service', 'Before', 'Wants');
  }
  if (!unit.unit.DefaultDependencies || facts.scope === 'user' || isExtrinsicMount(where, options)) return;
  const noFail = isSet('nofail');
  if (!noFail) to.add('file', isNetwork ? 'remote-fs.target' : 'local-fs.target', 'Before');
  to.add('file', isNetwork ? 'remote-fs-pre.target' : 'local-fs-pre.target', 'After');
  to.add('file', 'umount.target', 'Before', 'Conflicts');
  if (isNetwork) {
    to.add('file', 'network.target', 'After');
    to.add('file', 'network-online.target', 'Wants', 'After');
  }
  if (type === 'tmpfs') to.add('file', 'swap.target', 'After');
}

function forAutomount(unit: LoadedUnit, to: Dependencies, facts: ImplicitFacts): void {
  const mount = changeUnitSuffix(unit.id, '.mount');
  if (mount !== undefined) to.add('implicit', mount, 'Before', 'Triggers');
  const where = unit.automount!.Where!;
  // nothing holds the root directory
  if (where === '/') to.refused = 'EADDRNOTAVAIL';
  to.mounts(parentOf(where));
  if (!unit.unit.DefaultDependencies || facts.scope === 'user') return;
  to.add('default', 'local-fs.target', 'Before');
  to.add('default', 'local-fs-pre.target', 'After');
  to.add('default', 'umount.target', 'Before', 'Conflicts');
}

/** In a container a swap unit has no default dependencies, as it cannot be used there. */
function forSwap(unit: LoadedUnit, to: Dependencies, facts: ImplicitFacts): void {
  const { What: what, Device: device } = unit.swap!;
  to.mounts(device!);
  if (what !== undefined && !isDevicePath(what)) to.add('file', 'systemd-remount-fs.service', 'After');
  forExec(unit, unit.exec!, to, facts);
}
