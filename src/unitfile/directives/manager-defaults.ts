/** What units start from where no file of theirs says it: systemd-system.conf(5). */

import type { LimitName, ResourceLimit } from '../../sys/host.ts';
import type { PlainOutput } from './shapes.ts';

/** `Default*=` and the like of systemd-system.conf(5); what unit settings start from. Times in ms, sizes in bytes. */
export interface ManagerDefaults {
  timeoutStartMs: number;
  timeoutStopMs: number;
  /** undefined: as timeoutStopMs. */
  timeoutAbortMs: number | undefined;
  deviceTimeoutMs: number;
  restartMs: number;
  startLimitIntervalMs: number;
  startLimitBurst: number;
  timerAccuracyMs: number;
  standardOutput: PlainOutput;
  standardError: PlainOutput;
  cpuAccounting: boolean;
  memoryAccounting: boolean;
  tasksAccounting: boolean;
  ioAccounting: boolean;
  blockIOAccounting: boolean;
  ipAccounting: boolean;
  tasksMax: number;
  oomPolicy: 'continue' | 'stop' | 'kill';
  oomScoreAdjust: number | undefined;
  restrictSuidSgid: boolean;
  /** Limits that are set for every process of a unit; a missing one is left as the manager has it. */
  limits: Partial<Record<LimitName, ResourceLimit>>;
  umask: number;
  /** system or user manager. */
  scope: 'system' | 'user';
}

/** Default*= of systemd-system.conf(5) as systemd 252 is built in Debian, before any file changes them. */
export function managerDefaults(facts: {
  scope: 'system' | 'user';
  /** DefaultTasksMax=15 % of what the machine allows. */
  tasksLimit: number;
  /** The manager's own hard limits. */
  limit: (name: LimitName) => ResourceLimit;
  /** fs.nr_open of proc(5): no process may have more descriptors. */
  nrOpen: number;
  /** What processes get whose unit sets none; undefined: what the manager has. */
  oomScoreAdjust?: number | undefined;
  umask?: number;
  /** CPU time is counted without being asked for, as later releases do. */
  cpuAccounting?: boolean;
}): ManagerDefaults {
  const openFiles = facts.limit('NOFILE');
  // Services of the system may have many more than the kernel's default lets PID 1 have (systemd-system.conf(5)).
  const hard = facts.scope === 'system' ? Math.min(facts.nrOpen, Math.max(openFiles.hard, 524_288)) : openFiles.hard;
  return {
    scope: facts.scope,
    timeoutStartMs: 90_000,
    timeoutStopMs: 90_000,
    timeoutAbortMs: undefined,
    deviceTimeoutMs: 90_000,
    restartMs: 100,
    startLimitIntervalMs: 10_000,
    startLimitBurst: 5,
    timerAccuracyMs: 60_000,
    standardOutput: 'journal',
    standardError: 'inherit',
    cpuAccounting: facts.cpuAccounting ?? false,
    memoryAccounting: true,
    tasksAccounting: true,
    ioAccounting: false,
    blockIOAccounting: false,
    ipAccounting: false,
    tasksMax: Math.floor((facts.tasksLimit * 15) / 100),
    oomPolicy: 'stop',
    oomScoreAdjust: facts.oomScoreAdjust,
    restrictSuidSgid: false,
    limits: {
      NOFILE: { soft: Math.min(1024, openFiles.soft), hard },
      MEMLOCK: facts.limit('MEMLOCK'),
    },
    umask: facts.umask ?? 0o022,
  };
}
