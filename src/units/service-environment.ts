/**
 * systemd.exec(5), "ENVIRONMENT VARIABLES IN SPAWNED PROCESSES": those that depend on the service; and what else RestartMode=debug
 * changes of a start.
 */
import type { AcceptedConnection } from '../sys/host.ts';
import type { ExecSettings } from '../unitfile/directives/exec.ts';
import type { ServiceSettings } from '../unitfile/directives/service.ts';
import { signalName } from '../values/signals.ts';
import type { ExecStatus, ServiceResult } from './service-types.ts';
import type { Unit } from './unit.ts';

/** What a command of a phase is run with. */
export interface SpawnFlags {
  /** A control process; else the main one. */
  control?: boolean;
  passFds?: boolean;
  ttyStdin?: boolean;
  /** WATCHDOG_USEC is told. */
  watchdog?: boolean;
  credentials?: boolean;
  /** SERVICE_RESULT, EXIT_CODE, EXIT_STATUS are told. */
  result?: boolean;
  /** MONITOR_* of the service that this one handles the end of. */
  monitor?: boolean;
}

/** The same settings, but that all is logged: what no file has set is not the object's own. */
export const withoutLogLimit = (exec: ExecSettings): ExecSettings =>
  Object.create(exec, { LogLevelMax: { value: undefined } });

/** A service, as far as its processes are told of it. */
interface Told extends Unit {
  readonly settings: ServiceSettings;
  readonly mainPid: number;
  readonly debugInvocation: boolean;
  readonly result: ServiceResult;
  readonly mainStatus: ExecStatus;
}

/** `remote`: who is at the other end of the connection that it serves. */
export function serviceEnvironment(service: Told, flags: SpawnFlags, remote: AcceptedConnection['remote']): string[] {
  const { settings, manager } = service;
  const env: string[] = [];
  const { NotifyAccess } = settings;
  const mayNotify = flags.control ? NotifyAccess === 'exec' || NotifyAccess === 'all' : NotifyAccess !== 'none';
  if (mayNotify) env.push(`NOTIFY_SOCKET=${manager.notifySocket}`);
  const { FileDescriptorStoreMax } = settings;
  if (FileDescriptorStoreMax > 0 && manager.host.voice.manager.setsFdStore)
    env.push(`FDSTORE=${FileDescriptorStoreMax}`);
  if (service.mainPid > 0) env.push(`MAINPID=${service.mainPid}`);
  if (manager.scope === 'user') env.push(`MANAGERPID=${manager.host.pid}`);
  if (settings.PIDFile !== undefined) env.push(`PIDFILE=${settings.PIDFile}`);
  if (service.debugInvocation) env.push('DEBUG_INVOCATION=1');
  if (remote !== undefined) env.push(`REMOTE_ADDR=${remote.address}`, `REMOTE_PORT=${remote.port}`);
  if (flags.result) env.push(...resultVariables(service, ''));
  else if (flags.monitor) {
    const source = triggeringService(service);
    if (source !== undefined) {
      env.push(...resultVariables(source, 'MONITOR_'));
      if (source.invocationId !== '') env.push(`MONITOR_INVOCATION_ID=${source.invocationId}`);
      env.push(`MONITOR_UNIT=${source.id}`);
    }
  }
  if (service.activationDetails !== undefined) {
    env.push(`TRIGGER_UNIT=${service.activationDetails.triggerUnit}`);
    for (const [name, value] of service.activationDetails.environment) env.push(`${name}=${value}`);
  }
  return env;
}

/** The service whose end this one handles (OnFailure=, OnSuccess=), where it is only one. */
function triggeringService(service: Told): Told | undefined {
  let candidate: Unit | undefined;
  for (const kind of ['OnFailureOf', 'OnSuccessOf'] as const)
    for (const other of service.dependencies.get(kind) ?? []) {
      if (candidate !== undefined) {
        service.log(
          4,
          `multiple trigger source candidates for exit status propagation (${candidate.id}, ${other.id}), skipping.`,
        );
        return undefined;
      }
      candidate = other;
    }
  return candidate?.type === 'service' ? (candidate as Told) : undefined;
}

function resultVariables(service: Told, prefix: string): string[] {
  const env = [`${prefix}SERVICE_RESULT=${service.result}`];
  const { code, status } = service.mainStatus;
  if (code !== undefined)
    env.push(`${prefix}EXIT_CODE=${code}`, `${prefix}EXIT_STATUS=${code === 'exited' ? status : signalName(status)}`);
  return env;
}
