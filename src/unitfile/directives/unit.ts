/** [Unit] of systemd.unit(5). */

import type { UnitType } from '../language/unit-name.ts';
import {
  type DefaultFacts,
  does,
  group,
  honoured,
  honouredWhere,
  legacy,
  noEffect,
  type Redirect,
  type SettingsOf,
  setting,
  slot,
  writes,
} from './directive.ts';
import type { DependencyName } from './kind.ts';
import { boolean, oneOf, span, unitPath, unitString, unsigned, warning } from './kinds/basic.ts';
import {
  addDependencies,
  conditionList,
  conditionPath,
  conditionString,
  documentation,
  emergencyAction,
  exitStatusByte,
  jobMode,
  jobModeIsolate,
  jobRunningTimeout,
  jobTimeout,
  mountsFor,
  rebootArgument,
} from './kinds/unit.ts';

function dependency(kind: DependencyName, options: { legacy?: boolean; since?: number } = {}): Redirect {
  return does('units', kind, (_settings, value, at) => addDependencies(kind, value, at), honoured, options);
}

function obsoleteDependency(kind: DependencyName): Redirect {
  return does(
    'units',
    kind,
    (_settings, value, at) => {
      at.report(
        warning,
        `Unit dependency type ${at.key}= is obsolete, replacing by ${kind}=, please update your unit file`,
      );
      addDependencies(kind, value, at);
    },
    honoured,
    { legacy: true },
  );
}

/** Conditions of systemd.unit(5) whose parameter is a path. */
export const pathConditions = [
  'PathExists',
  'PathExistsGlob',
  'PathIsDirectory',
  'PathIsSymbolicLink',
  'PathIsMountPoint',
  'PathIsReadWrite',
  'PathIsEncrypted',
  'DirectoryNotEmpty',
  'FileNotEmpty',
  'FileIsExecutable',
  'NeedsUpdate',
] as const;

const stringConditions = [
  'FirstBoot',
  'Architecture',
  'Firmware',
  'Virtualization',
  'Host',
  'KernelCommandLine',
  'KernelVersion',
  'Credential',
  'Security',
  'Capability',
  'ACPower',
  'Memory',
  'CPUFeature',
  'CPUs',
  'Environment',
  'User',
  'Group',
  'ControlGroupController',
  'OSRelease',
  'MemoryPressure',
  'CPUPressure',
  'IOPressure',
] as const;

/** Newer than 252, with the release that brought them. */
const laterConditions = { KernelModuleLoaded: 258, Version: 258, Fraction: 261, MachineTag: 261 } as const;
/** The same of those whose parameter is a path. */
export const laterPathConditions = { PathIsSocket: 260 } as const;

type ConditionRows<P extends string> = Record<
  | `${P}${(typeof pathConditions)[number] | (typeof stringConditions)[number]}`
  | `${P}${keyof typeof laterConditions | keyof typeof laterPathConditions}`,
  Redirect
>;

function conditions<P extends 'Condition' | 'Assert'>(prefix: P, into: string): ConditionRows<P> {
  const rows: Record<string, Redirect> = {};
  for (const type of pathConditions) rows[prefix + type] = writes(into, conditionPath(type), honoured);
  for (const type of stringConditions) rows[prefix + type] = writes(into, conditionString(type), honoured);
  for (const [type, since] of Object.entries(laterPathConditions))
    rows[prefix + type] = writes(into, conditionPath(type), honoured, { since });
  for (const [type, since] of Object.entries(laterConditions))
    rows[prefix + type] = writes(into, conditionString(type), honoured, { since });
  return rows as ConditionRows<P>;
}

/** A device that does not appear is given up after a while. */
const deviceTimeout = (facts: DefaultFacts): number =>
  facts.type === 'device' ? facts.manager.deviceTimeoutMs : Number.POSITIVE_INFINITY;

const noArgument = noEffect('a container has no firmware or boot loader to pass an argument to');

/** device, mount, swap, slice and scope units stay as they are on isolate. */
const staysOnIsolate: ReadonlySet<UnitType> = new Set(['device', 'mount', 'automount', 'swap', 'slice', 'scope']);

export const unitDirectives = group({
  Description: setting(unitString('Description'), undefined, honoured),
  Documentation: setting(documentation, [], honoured),
  SourcePath: setting(unitPath(), undefined, honoured),

  Requires: dependency('Requires'),
  Requisite: dependency('Requisite'),
  Wants: dependency('Wants'),
  BindsTo: dependency('BindsTo'),
  BindTo: dependency('BindsTo', { legacy: true }),
  Upholds: dependency('Upholds'),
  Conflicts: dependency('Conflicts'),
  Before: dependency('Before'),
  After: dependency('After'),
  OnSuccess: dependency('OnSuccess'),
  OnFailure: dependency('OnFailure'),
  PropagatesReloadTo: dependency('PropagatesReloadTo'),
  PropagateReloadTo: dependency('PropagatesReloadTo', { legacy: true }),
  ReloadPropagatedFrom: dependency('ReloadPropagatedFrom'),
  PropagateReloadFrom: dependency('ReloadPropagatedFrom', { legacy: true }),
  PropagatesStopTo: dependency('PropagatesStopTo'),
  StopPropagatedFrom: dependency('StopPropagatedFrom'),
  PartOf: dependency('PartOf'),
  JoinsNamespaceOf: {
    ...dependency('JoinsNamespaceOf'),
    support: honouredWhere('directories of PrivateTmp= are shared, network and IPC namespaces are not'),
  },
  RequiresOverridable: obsoleteDependency('Requires'),
  RequisiteOverridable: obsoleteDependency('Requisite'),
  RequiresMountsFor: setting(mountsFor, [], honoured),
  WantsMountsFor: setting(mountsFor, [], honoured, { since: 256, property: null }),

  StopWhenUnneeded: setting(boolean, false, honoured),
  RefuseManualStart: setting(boolean, false, honoured),
  RefuseManualStop: setting(boolean, false, honoured),
  AllowIsolate: setting(boolean, false, honoured),
  DefaultDependencies: setting(boolean, true, honoured),
  OnSuccessJobMode: setting(jobMode, 'fail', honoured),
  OnFailureJobMode: setting(jobMode, 'replace', honoured),
  OnFailureIsolate: writes('OnFailureJobMode', jobModeIsolate, honoured, { legacy: true }),
  IgnoreOnIsolate: setting(boolean, (facts) => staysOnIsolate.has(facts.type), honoured),
  IgnoreOnSnapshot: legacy,
  JobTimeoutSec: setting(jobTimeout, Number.POSITIVE_INFINITY, honoured, {
    // For compatibility it sets JobRunningTimeoutSec= too, unless that is set.
    after(settings) {
      if (!Object.hasOwn(settings, 'JobRunningTimeoutSet')) settings.JobRunningTimeoutSec = settings.JobTimeoutSec;
    },
  }),
  JobRunningTimeoutSec: setting(jobRunningTimeout, deviceTimeout, honoured, {
    after(settings) {
      settings.JobRunningTimeoutSet = true;
    },
  }),
  JobRunningTimeoutSet: slot(boolean, false, { property: null }),
  JobTimeoutAction: setting(emergencyAction, 'none', honoured),
  JobTimeoutRebootArgument: setting(rebootArgument, undefined, noArgument),
  StartLimitIntervalSec: setting(span, (facts) => facts.manager.startLimitIntervalMs, honoured),
  StartLimitInterval: writes('StartLimitIntervalSec', span, honoured, { legacy: true }),
  StartLimitBurst: setting(unsigned, (facts) => facts.manager.startLimitBurst, honoured),
  StartLimitAction: setting(emergencyAction, 'none', honoured),
  FailureAction: setting(emergencyAction, 'none', honoured),
  SuccessAction: setting(emergencyAction, 'none', honoured),
  FailureActionExitStatus: setting(exitStatusByte, undefined, honoured),
  SuccessActionExitStatus: setting(exitStatusByte, undefined, honoured),
  RebootArgument: setting(rebootArgument, undefined, noArgument),
  CollectMode: setting(oneOf('garbage collection mode', ['inactive', 'inactive-or-failed']), 'inactive', honoured),
  SurviveFinalKillSignal: setting(
    boolean,
    false,
    noEffect('what is left when PID 1 of a container ends is ended by the kernel'),
    { since: 255, property: null },
  ),

  Conditions: slot(conditionList, [], { property: null }),
  Asserts: slot(conditionList, [], { property: null }),
  ...conditions('Condition', 'Conditions'),
  ...conditions('Assert', 'Asserts'),
});

export type UnitSettings = SettingsOf<typeof unitDirectives>;
