/** How a start can fail before the program runs. */

import { explainedText } from '../sys/error-text.ts';
import type { Host, SpawnStep } from '../sys/host.ts';
import { parseExitStatus } from '../values/exit-status.ts';

/** Steps of systemd.exec(5), "Process Exit Codes", that preparing or spawning a process can fail at. */
export type ExitStep =
  | SpawnStep
  | 'STATE_DIRECTORY'
  | 'CACHE_DIRECTORY'
  | 'LOGS_DIRECTORY'
  | 'CONFIGURATION_DIRECTORY'
  | 'CREDENTIALS';

export const exitStatusOf = (step: ExitStep): number => parseExitStatus(step)!;

/**
 * A step that fails in the process to be: it ends with the step's status, as if it had got that far. The message is what
 * is logged of it, followed by the reason.
 */
export class StepFailure extends Error {
  readonly step: ExitStep;
  /** Name of the errno: 'ESRCH'. */
  readonly code: string;
  /** Ends with 0 and is told as information: a missing executable behind the prefix `-`. */
  readonly ignored: boolean;
  /** The errno's text, or more. */
  readonly reason: string;
  constructor(step: ExitStep, message: string, code: string, ignored = false, reason = explainedText(code)) {
    super(message);
    this.step = step;
    this.code = code;
    this.ignored = ignored;
    this.reason = reason;
  }
}

/** No program is there to be run; `ignored`: behind the prefix `-`. */
export const notLocated = (host: Pick<Host, 'voice'>, path: string, code: string, ignored: boolean): StepFailure =>
  new StepFailure('EXEC', host.voice.manager.notLocated.text(path, ignored), code, ignored);

/** No process can be made at all (systemd.service(5): result 'resources'). `code` is the errno's name. */
export class SpawnError extends Error {
  readonly code: string;
  /** The errno's text, or more. */
  readonly reason: string;
  constructor(message: string, code: string, reason = explainedText(code)) {
    super(message);
    this.code = code;
    this.reason = reason;
  }
}

/** What the log says of a step that fails in the child, systemd's words; `%s` is the executable or number at hand. */
export const stepMessages: Partial<Record<ExitStep, string>> = {
  CHDIR: 'Changing to the requested working directory failed',
  NICE: 'Failed to set up process scheduling priority (nice level)',
  FDS: 'Failed to adjust passed file descriptors',
  EXEC: 'Failed to execute %s',
  LIMITS: 'Failed to adjust resource limit',
  OOM_ADJUST: 'Failed to adjust OOM setting',
  SIGNAL_MASK: 'Failed to set process signal mask',
  STDIN: 'Failed to set up standard input',
  STDOUT: 'Failed to set up standard output',
  STDERR: 'Failed to set up standard error output',
  CHROOT: 'Chrooting to the requested root directory failed',
  IOPRIO: 'Failed to set up IO scheduling priority',
  TIMERSLACK: 'Failed to set up timer slack',
  SECUREBITS: 'Failed to set process secure bits',
  SETSCHEDULER: 'Failed to set up CPU scheduling',
  CPUAFFINITY: 'Failed to set up CPU affinity',
  GROUP: 'Changing group credentials failed',
  USER: 'Failed to change UID',
  CAPABILITIES: 'Failed to drop capabilities',
  CGROUP: 'Failed to attach to cgroup',
  SETSID: 'Failed to create new process session',
  NETWORK: 'Failed to set up network namespacing',
  NAMESPACE: 'Failed to set up mount namespacing',
  NO_NEW_PRIVILEGES: 'Failed to disable new privileges',
  SECCOMP: 'Failed to apply system call filters',
  PERSONALITY: 'Failed to set up execution domain (personality)',
};
