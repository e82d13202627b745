/**
 * What a unit file may say: one row a directive, by section and by type of unit. Whoever wants to know asks here: readers,
 * `systemctl show`, verification, transient units, docs/directives.md.
 *
 *   table.ts             the groups of rows; which group a section has, and which row a name in it is
 *   directive.ts         what a row is: kind of value, default, what becomes of it, property, release
 *   unit.ts, install.ts, service.ts, socket.ts, timer.ts, mount.ts, scope.ts, manager.ts   the rows of a section
 *   exec.ts, kill.ts, cgroup.ts   rows that sections share
 *   kind.ts              what a kind of values is: how a line is read, what that may ask and do, how the value is shown
 *   kinds/               the kinds, by manual page
 *   shapes.ts            what settings hold that is more than a word or a number
 *   manager-defaults.ts  what units start from
 *   document.ts          docs/directives.md
 *
 * What one value means wherever it stands (a signal, a time span, a system call) is src/values. Files are read in
 * src/unitfile/load; CONTRIBUTING.md says how a directive is added.
 */

import { type UnitType, unitTypes } from '../language/unit-name.ts';
import { type CGroupSettings, cgroupDirectives } from './cgroup.ts';
import type { AnyRow, DefaultFacts, Group } from './directive.ts';
import { type ExecSettings, execDirectives } from './exec.ts';
import { type InstallSettings, installDirectives } from './install.ts';
import { type KillSettings, killDirectives } from './kill.ts';
import type { SettingsRecord } from './kind.ts';
import { type ManagerSettings, managerDirectives } from './manager.ts';
import {
  type AutomountSettings,
  automountDirectives,
  type MountSettings,
  mountDirectives,
  type SwapSettings,
  swapDirectives,
} from './mount.ts';
import { type ScopeSettings, type SliceSettings, scopeDirectives, sliceDirectives } from './scope.ts';
import { type ServiceSettings, serviceDirectives } from './service.ts';
import { type SocketSettings, socketDirectives } from './socket.ts';
import { type PathSettings, pathDirectives, type TimerSettings, timerDirectives } from './timer.ts';
import { type UnitSettings, unitDirectives } from './unit.ts';

export type {
  AutomountSettings,
  CGroupSettings,
  ExecSettings,
  InstallSettings,
  KillSettings,
  ManagerSettings,
  MountSettings,
  PathSettings,
  ScopeSettings,
  ServiceSettings,
  SliceSettings,
  SocketSettings,
  SwapSettings,
  TimerSettings,
  UnitSettings,
};

/** Settings by the group that declares them. A unit has `unit`, its type's own, and what the type shares. */
export interface SettingsGroups {
  unit: UnitSettings;
  install: InstallSettings;
  service: ServiceSettings;
  socket: SocketSettings;
  timer: TimerSettings;
  path: PathSettings;
  mount: MountSettings;
  automount: AutomountSettings;
  swap: SwapSettings;
  slice: SliceSettings;
  scope: ScopeSettings;
  exec: ExecSettings;
  kill: KillSettings;
  cgroup: CGroupSettings;
  /** Of system.conf, not of a unit. */
  manager: ManagerSettings;
}

export type GroupName = keyof SettingsGroups;

export const groups: { readonly [N in GroupName]: Group } = {
  unit: unitDirectives,
  install: installDirectives,
  service: serviceDirectives,
  socket: socketDirectives,
  timer: timerDirectives,
  path: pathDirectives,
  mount: mountDirectives,
  automount: automountDirectives,
  swap: swapDirectives,
  slice: sliceDirectives,
  scope: scopeDirectives,
  exec: execDirectives,
  kill: killDirectives,
  cgroup: cgroupDirectives,
  manager: managerDirectives,
};

/** Groups that the type's own section holds, in the order in which a name is looked up. */
export const sectionGroups: { readonly [T in UnitType]: readonly GroupName[] } = {
  service: ['service', 'exec', 'cgroup', 'kill'],
  socket: ['socket', 'exec', 'cgroup', 'kill'],
  mount: ['mount', 'exec', 'cgroup', 'kill'],
  swap: ['swap', 'exec', 'cgroup', 'kill'],
  automount: ['automount'],
  timer: ['timer'],
  path: ['path'],
  slice: ['slice', 'cgroup'],
  scope: ['scope', 'cgroup', 'kill'],
  target: [],
  device: [],
};

/** The section of a type: 'Service' of services. Targets and devices have none. */
export const sectionOf = (type: UnitType): string | undefined =>
  sectionGroups[type].length === 0 ? undefined : type[0]!.toUpperCase() + type.slice(1);

export interface FoundDirective {
  group: GroupName;
  key: string;
  row: AnyRow;
}

const tables = new Map<string, Map<string, FoundDirective>>();

function table(section: string, names: readonly GroupName[]): void {
  const rows = new Map<string, FoundDirective>();
  for (const name of names) {
    for (const [key, row] of Object.entries(groups[name])) {
      if (row.slot && !row.directive) continue;
      if (!rows.has(key)) rows.set(key, { group: name, key, row });
    }
  }
  tables.set(section, rows);
}

table('Unit', ['unit']);
table('Install', ['install']);
table('Manager', ['manager']);
for (const type of unitTypes) {
  const section = sectionOf(type);
  if (section !== undefined) table(section, sectionGroups[type]);
}

/** The row of a directive; undefined where systemd says "Unknown key name". */
export const findDirective = (section: string, key: string): FoundDirective | undefined =>
  tables.get(section)?.get(key);

/** Settings of one group that no file has touched. */
export function initialSettings<N extends GroupName>(name: N, facts: DefaultFacts): SettingsGroups[N] {
  const settings: SettingsRecord = {};
  for (const [key, row] of Object.entries(groups[name])) if (row.slot) settings[key] = row.initial(facts);
  return settings as unknown as SettingsGroups[N];
}
