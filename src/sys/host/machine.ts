/** The machine and the manager's place in it: names, limits, mounts, console, memory. */
import type { FdWatch } from './descriptors.ts';
import type { LimitName, ResourceLimit } from './spawn.ts';

/** Sets of the manager's own process, a bit for each capability (capabilities(7)). */
export interface Capabilities {
  effective: bigint;
  permitted: bigint;
  bounding: bigint;
}

/** A mount of this process's namespace, proc_pid_mountinfo(5), unescaped. */
export interface MountEntry {
  target: string;
  source: string;
  fstype: string;
  /** Of the mount point, then of the file system. */
  options: string[];
}

export interface Machine {
  /** The manager's own process id (1 as a container's init) and ids. */
  readonly pid: number;
  /** Whether this process is what its container was started for: PID 1, or what stands for it below a small init. */
  readonly isInit: boolean;
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups. */
  readonly groups: readonly number[];
  readonly hostname: string;
  /** Environment of the manager at start. Never changes. */
  readonly environment: Readonly<Record<string, string>>;
  /** 32 lower-case hex digits. */
  readonly bootId: string;
  readonly machineId: string | undefined;

  randomBytes(size: number): Buffer;
  uname(): { sysname: string; nodename: string; release: string; version: string; machine: string };
  /** 'docker', 'podman', 'systemd-nspawn', … or 'none' as systemd-detect-virt --container; and vm. */
  virtualization(): { container: string; vm: string };
  /** Bytes of memory and CPUs of the machine. */
  memoryTotal(): number;
  cpuCount(): number;

  /** All mounts, in the order in which they were made. */
  mountTable(): readonly MountEntry[];
  /**
   * Puts what is at `source` at `target`, as the process sees it in its own mount namespace. A target that is missing is made
   * where `make`. Throws SystemError.
   */
  bindInto(pid: number, source: string, target: string, how: { readOnly: boolean; make: boolean }): void;
  /** Calls back when something was mounted or unmounted in this process's namespace. Throws SystemError. */
  watchMounts(callback: () => void): FdWatch;

  /** The process's own limits as it got them at start. */
  limit(name: LimitName): ResourceLimit;
  capabilities(): Capabilities;

  /**
   * Removes System V and POSIX IPC objects (ipcs(1), /dev/shm, /dev/mqueue) of a user or a group; undefined: of none.
   * Shared memory in use stays. The number of objects removed. Throws SystemError where one could not be.
   */
  removeIpc(uid: number | undefined, gid: number | undefined): number;
  /** Removes a POSIX message queue by its name, which begins with a slash. Throws SystemError. */
  unlinkQueue(name: string): void;

  /** Writes to the console (the manager's own stdout/stderr), never blocking: what does not fit is kept in a bounded buffer. */
  console(text: string): void;
  /** Hangs up (vhangup(2)) and resets a terminal, without waiting and as far as it goes. */
  revertTerminal(path: string, how: { hangUp: boolean; reset: boolean }): void;
  /** reboot(2) with LINUX_REBOOT_CMD_*; in a PID namespace it ends the namespace. Throws SystemError. */
  reboot(command: 'halt' | 'poweroff' | 'restart'): void;

  /**
   * Its own score among those that the kernel chooses from when memory runs out, -1000 to 1000 (proc(5), oom_score_adj); 0
   * without /proc. Setting throws SystemError: a lower one than it was given takes CAP_SYS_RESOURCE.
   */
  oomScoreAdjust: number;
  /** Bytes of memory that are mapped and present, pages of files included. */
  residentBytes(): number;
  /** Bytes of JavaScript's objects and buffers, garbage included. */
  heapBytes(): number;
  /** Gives back memory that a burst of work has left behind: garbage, and pages. Takes some forty milliseconds. */
  releaseMemory(): void;
  /** Gives back pages that nothing is in, and those of program text: these come back from the page cache when touched. */
  releasePages(): void;
}
