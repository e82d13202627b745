/** Processes: those that the manager starts, and all others. */
import type { Keeper } from '../../kept/keeper.ts';
import type { MountEntry } from './machine.ts';
import type { LateReport, SpawnRequest, SpawnResult } from './spawn.ts';

/** How a process ended. Each exit is reported once, adopted orphans included. */
export interface ProcessExit {
  pid: number;
  /** 'exited': status is the exit code; 'killed'/'dumped': status is the signal number. */
  how: 'exited' | 'killed' | 'dumped';
  status: number;
  /** User plus system CPU time, milliseconds; maximum resident set, KiB. */
  cpuMs: number;
  maxRssKiB: number;
}

/** One line of the process table. */
export interface ProcessInfo {
  pid: number;
  ppid: number;
  pgid: number;
  sid: number;
  state: string;
  /** Clock ticks since boot (field 22 of /proc/PID/stat): with the pid it names a process for ever. */
  startTime: number;
  comm: string;
  /** RLIMIT_LOCKS's hard value, and RLIMIT_RTTIME's; undefined where it is unlimited or unreadable. */
  tag: number | undefined;
  check: number | undefined;
}

/** A process, and what it had for children before it was looked at: where it is alive, these are all. */
export interface Family {
  readonly process: ProcessInfo;
  readonly children: readonly number[];
}

export interface ReceivedSignal {
  /** 'SIGTERM', 'SIGRTMIN+3', … */
  signal: string;
  /** Sender, 0 where the kernel sent it. */
  pid: number;
  value: number;
}

/** The program that a manager executes when it crashes. */
export interface CrashProgram {
  readonly path: string;
  /** Arguments; `fd` is that of the log. */
  argv(fd: number): string[];
  readonly env: string[];
}

/**
 * What is read by the program that is executed in place of one that has crashed. Beside what is written here it holds
 * what this process can't write any more (`CrashFact`).
 */
export interface CrashLog {
  /** About as many bytes as it holds then. Throws SystemError. */
  append(text: string): number;
  /** The same, of one that is to take the place of this one, which `anew` begins. Throws SystemError. */
  appendNext(text: string, anew: boolean): number;
  /** It takes its place; the program is executed where that crashes from the first time on. Throws SystemError. */
  turn(): void;
  /** These stay open under their number, as long as they are of the same file. */
  keep(fds: readonly number[]): void;
  release(fds: readonly number[]): void;
  /** Ends of processes that have been told so far, and processes that have been spawned. */
  moment(): { exits: number; spawned: number };
  /** Goes up with each change of what the host itself keeps. */
  readonly hostChanges: number;
  /** A crash is one again. */
  close(): void;
}

/**
 * What the process writes there itself:
 *
 *   spawn   number of the process that was spawned, its pid
 *   exit    number of the exit, pid, how (0 exited, 1 killed, 2 dumped), status, CPU milliseconds, maximum KiB; of those that
 *           somebody waits for
 *   crash   signal (0: an error that nobody has caught), code and sender as in siginfo_t
 *   fds     descriptors that are open
 */
export type CrashFact = 'spawn' | 'exit' | 'crash' | 'fds';

export interface Processes {
  /** Throws SystemError only where no process could be made at all (fork failed: EAGAIN, ENOMEM) or a field is unusable. */
  spawn(request: SpawnRequest): SpawnResult;
  /** Exits that were reaped together, in the order of reaping. Set once by the manager before the first spawn. */
  onExits: (exits: readonly ProcessExit[]) => void;
  onSignal: (signal: ReceivedSignal) => void;
  /** An error that no callback of the event loop has caught. The process goes on: a manager does not die of one. */
  onUncaught: (error: unknown) => void;
  /** A file system of a server does not answer for a file: told at once, and again only once it has answered. */
  onDeadMount: (path: string, mount: MountEntry) => void;
  /**
   * Sends a signal. False where there is no such process (ESRCH). With `startTime` a recycled pid is not hit.
   * Throws SystemError for anything else (EPERM).
   */
  kill(pid: number, signal: number, startTime?: number): boolean;
  /** kill with a value (sigqueue), for --kill-value. */
  sigqueue(pid: number, signal: number, value: number): boolean;
  /** Whole process table in one scan (about 20 µs a process). */
  processes(): ProcessInfo[];
  process(pid: number): ProcessInfo | undefined;
  /** Pids of its children; undefined where there is no such process, or the kernel tells of none (CONFIG_PROC_CHILDREN). */
  childrenOf(pid: number): number[] | undefined;
  /** Those of the processes that there are, in the same order (about 15 µs each). */
  families(pids: readonly number[]): Family[];
  /** User ids of a process: real, effective, saved, of the file system; [] where there is none. */
  userIds(pid: number): number[];
  /** /proc/PID/cmdline split at NUL; undefined where unreadable. [] for kernel threads and zombies. */
  commandLine(pid: number): string[] | undefined;

  /** Orphans among the descendants come to this process (PR_SET_CHILD_SUBREAPER). */
  becomeSubreaper(): void;
  /** Replaces this process image; on success it does not return. Throws SystemError. */
  exec(path: string, argv: string[], env: string[]): never;
  /**
   * The same for a manager that goes on as the new program: these descriptors stay open, and signals wait for it. Throws
   * SystemError, and all is as before.
   */
  reexec(path: string, argv: string[], env: string[], fds: Iterable<number>): never;
  /**
   * From here on a crash of this process executes that program in it: a signal by which it would end, or an error that nobody
   * has caught. Throws SystemError, and all is as before.
   */
  openCrashLog(program: CrashProgram): CrashLog;
  /** What of this process is not in any other part: signals that were not looked at, children that have not told yet. */
  keep(k: Keeper): void;
  /** Children that have not begun to run their program when they were kept; once read somebody has to hear of each. */
  hearLateReports(hear: (pid: number) => LateReport | undefined): void;
  /** Ends the manager. */
  exit(status: number): never;
  /** Name in /proc/PID/comm (PR_SET_NAME): at most 15 bytes count. */
  setProcessName(name: string): void;
}
