/** The checks of each type of unit: whether what its files say can be a unit at all ("… Refusing."). */

import type { LogLevel } from '../../text/log-level.ts';
import type { Voice } from '../../voice/voice.ts';
import type { ServiceSettings } from '../directives/service.ts';
import { sliceNameIsValid, unitNameFromPath } from '../language/unit-name.ts';
import { hasCredentials } from './credentials.ts';
import { hasNonAcceptSocket, listenPath } from './listening.ts';
import type { LoadedUnit } from './loaded-unit.ts';
import { isApiMount, mountOption } from './mount-points.ts';

const infinity = Number.POSITIVE_INFINITY;

/** A unit that can't be: `message` is logged, `code` is its error. */
export interface Refusal {
  message: string;
  code: 'ENOEXEC' | 'ENOENT' | 'EINVAL';
}

const refuse = (message: string, code: Refusal['code'] = 'ENOEXEC'): Refusal => ({ message, code });

/** The checks of each type. `warn` is told of what has no effect. */
export function verifyUnit(
  unit: LoadedUnit,
  voice: Voice['loading'],
  warn: (level: LogLevel, message: string) => void,
): Refusal | undefined {
  return verifyType(unit, voice, warn) ?? verifyUsers(unit) ?? verifyPam(unit, voice) ?? warnOfRaces(unit, voice, warn);
}

function verifyUsers({ exec }: LoadedUnit): Refusal | undefined {
  if (exec?.UserNamespacePath === undefined || exec.PrivateUsers === 'no') return undefined;
  return refuse('PrivateUsers= may not be used with custom UserNamespacePath=. Refusing.');
}

function verifyType(
  unit: LoadedUnit,
  voice: Voice['loading'],
  warn: (level: LogLevel, message: string) => void,
): Refusal | undefined {
  switch (unit.type) {
    case 'service':
      return verifyService(unit, voice, warn);
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

function verifyOneshot(
  { Restart, RestartForceExitStatus, ExitType }: ServiceSettings,
  voice: Voice['loading'],
): Refusal | undefined {
  const refused = (what: string): Refusal =>
    refuse(`Service has ${what}, which isn't allowed for Type=oneshot services. Refusing.`);
  if (Restart === 'always' || Restart === 'on-success') return refused('Restart= set to either always or on-success');
  const { statuses, signals } = RestartForceExitStatus;
  if (voice.refusesForcedOneshots && statuses.length + signals.length > 0)
    return refused('RestartForceExitStatus= set');
  return ExitType === 'cgroup' ? refused('ExitType=cgroup set') : undefined;
}

function verifyService(
  unit: LoadedUnit,
  voice: Voice['loading'],
  warn: (level: LogLevel, message: string) => void,
): Refusal | undefined {
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
  const refusal = oneshot ? verifyOneshot(service, voice) : undefined;
  if (refusal !== undefined) return refusal;
  if (service.Type === 'dbus' && service.BusName === undefined) {
    return refuse('Service is of type D-Bus but no D-Bus service name has been specified. Refusing.');
  }
  if (service.Type === 'forking' && unit.exec!.PrivatePIDs) {
    return refuse('Service of Type=forking does not support PrivatePIDs=yes. Refusing.');
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
  if (service.RestartMaxDelaySec === infinity && service.RestartSteps > 0) {
    warn(4, 'Service has RestartSteps= but no RestartMaxDelaySec= setting. Ignoring.');
  }
  if (service.RestartMaxDelaySec !== infinity && service.RestartSteps === 0) {
    warn(4, 'Service has RestartMaxDelaySec= but no RestartSteps= setting. Ignoring.');
  }
  if (service.RestartMaxDelaySec < service.RestartSec) {
    warn(4, 'RestartMaxDelaySec= has a value smaller than RestartSec=, resetting RestartSec= to RestartMaxDelaySec=.');
    service.RestartSec = service.RestartMaxDelaySec;
  }
  return undefined;
}

function verifyPam({ type, exec, kill }: LoadedUnit, { pamKillModes }: Voice['loading']): Refusal | undefined {
  if (exec?.PAMName === undefined || kill === undefined) return undefined;
  const known = pamKillModes(type);
  return known === undefined || known.modes.includes(kill.KillMode) ? undefined : refuse(known.refusal);
}

function warnOfRaces(
  { service, exec }: LoadedUnit,
  { warnsOfCredentialRaces }: Voice['loading'],
  warn: (level: LogLevel, message: string) => void,
): undefined {
  if (!warnsOfCredentialRaces || service?.Type !== 'simple' || service.ExecStartPost.length === 0) return;
  if (!hasCredentials(exec!)) return;
  const what = 'Service uses a combination of Type=simple, ExecStartPost=, and credentials.';
  warn(4, `${what} This could lead to race conditions. Continuing.`);
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
  if (socket.Accept && socket.DeferTrigger !== 'no')
    return refuse('Socket unit is configured to be accepting with DeferTrigger= enabled. Refusing.');
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
  return undefined;
}

function verifyAutomount(unit: LoadedUnit): Refusal | undefined {
  const where = unit.automount!.Where!;
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
  return undefined;
}
