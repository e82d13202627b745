/** Restart= and its kin (systemd.service(5)): whether a service that has ended comes back, and after how long. */
import type { ServiceSettings } from '../unitfile/directives/service.ts';
import { type ExecStatus, type ServiceResult, statusIsIn } from './service-types.ts';

type RestartSettings = Pick<ServiceSettings, 'Restart' | 'RestartPreventExitStatus' | 'RestartForceExitStatus'>;
type DelaySettings = Pick<ServiceSettings, 'RestartSec' | 'RestartSteps' | 'RestartMaxDelaySec'>;

/** Whether a service that ended with `result`, its main process with `status`, is started again. */
export function shallRestart(settings: RestartSettings, result: ServiceResult, status: ExecStatus): boolean {
  const { Restart, RestartPreventExitStatus, RestartForceExitStatus } = settings;
  if (statusIsIn(RestartPreventExitStatus, status)) return false;
  if (statusIsIn(RestartForceExitStatus, status)) return true;
  const clean = result === 'success' || result === 'exec-condition';
  switch (Restart) {
    case 'always':
      return result !== 'exec-condition';
    case 'on-success':
      return result === 'success';
    case 'on-failure':
      return !clean;
    case 'on-abnormal':
      return !clean && result !== 'exit-code';
    case 'on-watchdog':
      return result === 'watchdog';
    case 'on-abort':
      return result === 'signal' || result === 'core-dump';
    default:
      return false;
  }
}

/**
 * Milliseconds until the next restart, after `nRestarts` of them: RestartSec=, which RestartSteps= steps lead from to
 * RestartMaxDelaySec=, each by the same factor.
 */
export function restartDelayMs(settings: DelaySettings, nRestarts: number): number {
  const { RestartSec, RestartSteps, RestartMaxDelaySec } = settings;
  const next = nRestarts + 1;
  const grows =
    RestartSteps > 0 &&
    RestartSec > 0 &&
    RestartSec < RestartMaxDelaySec &&
    RestartMaxDelaySec !== Number.POSITIVE_INFINITY;
  if (!grows || next <= 1) return RestartSec;
  if (next > RestartSteps) return RestartMaxDelaySec;
  return RestartSec * (RestartMaxDelaySec / RestartSec) ** ((next - 1) / RestartSteps);
}
