/** Words of service.ts: states, results, kinds of commands, and how a process ended. */
import type { ProcessExit } from '../sys/host.ts';
import type { ExitStatusSet } from '../values/exit-status.ts';
import type { ActiveState, Timestamp } from './unit.ts';

export type ServiceState =
  | 'dead'
  | 'dead-resources-pinned'
  | 'condition'
  | 'start-pre'
  | 'start'
  | 'start-post'
  | 'running'
  | 'exited'
  | 'reload'
  | 'reload-signal'
  | 'reload-notify'
  | 'reload-post'
  | 'stop'
  | 'stop-watchdog'
  | 'stop-sigterm'
  | 'stop-sigkill'
  | 'stop-post'
  | 'final-watchdog'
  | 'final-sigterm'
  | 'final-sigkill'
  | 'failed'
  | 'auto-restart'
  | 'cleaning';

/** Result= of `show`, systemd.service(5) "SERVICE_RESULT". */
export type ServiceResult =
  | 'success'
  | 'resources'
  | 'protocol'
  | 'timeout'
  | 'exit-code'
  | 'signal'
  | 'core-dump'
  | 'watchdog'
  | 'start-limit-hit'
  | 'oom-kill'
  | 'exec-condition';

export const execKinds = [
  'ExecCondition',
  'ExecStartPre',
  'ExecStart',
  'ExecStartPost',
  'ExecReload',
  'ExecReloadPost',
  'ExecStop',
  'ExecStopPost',
] as const;
export type ExecKind = (typeof execKinds)[number];

export const activeStates: Record<ServiceState, ActiveState> = {
  dead: 'inactive',
  'dead-resources-pinned': 'inactive',
  condition: 'activating',
  'start-pre': 'activating',
  start: 'activating',
  'start-post': 'activating',
  running: 'active',
  exited: 'active',
  reload: 'reloading',
  'reload-signal': 'reloading',
  'reload-notify': 'reloading',
  'reload-post': 'reloading',
  stop: 'deactivating',
  'stop-watchdog': 'deactivating',
  'stop-sigterm': 'deactivating',
  'stop-sigkill': 'deactivating',
  'stop-post': 'deactivating',
  'final-watchdog': 'deactivating',
  'final-sigterm': 'deactivating',
  'final-sigkill': 'deactivating',
  failed: 'failed',
  'auto-restart': 'activating',
  cleaning: 'maintenance',
};

/** States of a start that counts as done at once for Type=idle, so that it delays nobody (systemd.service(5), Type=). */
const activeWhileStarting: ReadonlySet<ServiceState> = new Set(['condition', 'start-pre', 'start', 'start-post']);

export function activeStateOf(state: ServiceState, idle: boolean): ActiveState {
  return idle && activeWhileStarting.has(state) ? 'active' : activeStates[state];
}

const set = (...states: ServiceState[]): ReadonlySet<ServiceState> => new Set(states);

/** Down, and not failed; in the second the store of descriptors holds some. */
export const isDead = set('dead', 'dead-resources-pinned');

const stopping = [
  'stop',
  'stop-watchdog',
  'stop-sigterm',
  'stop-sigkill',
  'stop-post',
  'final-watchdog',
  'final-sigterm',
  'final-sigkill',
] as const;
const reloading = ['reload', 'reload-signal', 'reload-notify', 'reload-post'] as const;

/** States in which there may be a main process, a control process, a timer, a watchdog, a connection. */
export const withTimer = set(
  'condition',
  'start-pre',
  'start',
  'start-post',
  'running',
  ...reloading,
  ...stopping,
  'auto-restart',
  'cleaning',
);
export const withMainProcess = set('start', 'start-post', 'running', ...reloading, ...stopping);
export const withControlProcess = set(
  'condition',
  'start-pre',
  'start',
  'start-post',
  'reload',
  'reload-post',
  ...stopping,
  'cleaning',
);
export const withConnection = set(
  'condition',
  'start-pre',
  'start',
  'start-post',
  'running',
  ...reloading,
  ...stopping,
);
export const withWatchdog = set('start-post', 'running', ...reloading);
export const isReloading = set(...reloading);
export const isStopping = set(...stopping);
/** States whose commands belong to the start, with its timeout. */
export const isStarting = set('condition', 'start-pre', 'start', 'start-post', 'running', ...reloading);

/** What became of a process; timestamps of 0 are never. */
export interface ExecStatus {
  pid: number;
  startTimestamp: Timestamp;
  /** When it became the program that it was started for. */
  handoffTimestamp: Timestamp;
  exitTimestamp: Timestamp;
  /** undefined while it runs. */
  code: ProcessExit['how'] | undefined;
  status: number;
}

const never: Timestamp = { realtime: 0, monotonic: 0 };

export const noStatus = (): ExecStatus => ({
  pid: 0,
  startTimestamp: never,
  handoffTimestamp: never,
  exitTimestamp: never,
  code: undefined,
  status: 0,
});

/** One that an earlier program may have kept, which knew less of it. */
export const keptStatus = (status: Partial<ExecStatus> | undefined): ExecStatus => ({ ...noStatus(), ...status });

/** `runs`: it is its program already. */
export const startedStatus = (pid: number, now: Timestamp, runs: boolean): ExecStatus => ({
  ...noStatus(),
  pid,
  startTimestamp: now,
  handoffTimestamp: runs ? now : never,
});

/** The status after the exit; that of another process is forgotten. */
export function endedStatus(before: ExecStatus, exit: ProcessExit, now: Timestamp): ExecStatus {
  const base = before.pid === exit.pid ? before : { ...noStatus(), pid: exit.pid };
  return { ...base, exitTimestamp: now, code: exit.how, status: exit.status };
}

/** Signals that end a daemon cleanly: it has no handler for them. */
const cleanSignals = new Set([1, 2, 13, 15]);

/** A success as systemd.service(5), SuccessExitStatus=, has it. */
export function isCleanExit(exit: ProcessExit, daemon: boolean, success: ExitStatusSet): boolean {
  if (exit.how === 'exited') return exit.status === 0 || success.statuses.includes(exit.status);
  if (exit.how === 'killed') return (daemon && cleanSignals.has(exit.status)) || success.signals.includes(exit.status);
  return false;
}

export function resultOfExit(exit: ProcessExit): ServiceResult {
  if (exit.how === 'exited') return 'exit-code';
  return exit.how === 'killed' ? 'signal' : 'core-dump';
}

/** RestartPreventExitStatus= and RestartForceExitStatus=: whether the end of the main process is among them. */
export function statusIsIn(list: ExitStatusSet, { code, status }: ExecStatus): boolean {
  if (code === undefined) return false;
  return code === 'exited' ? list.statuses.includes(status) : list.signals.includes(status);
}

/** ERRNO= (0: none), BUSERROR= and VARLINKERROR=. */
export interface StatusErrors {
  readonly errno: number;
  readonly bus: string;
  readonly varlink: string;
}
export const noErrors: StatusErrors = { errno: 0, bus: '', varlink: '' };
