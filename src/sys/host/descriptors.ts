/** Descriptors that the manager holds, whatever they are of. */

/** Readiness of a descriptor that stays in the manager. */
export interface FdWatch {
  close(): void;
}

export interface Descriptors {
  /** Calls back each time the descriptor is readable, until closed (level-triggered, one call a loop turn). */
  watchReadable(fd: number, callback: () => void): FdWatch;
  closeFd(fd: number): void;
  /** Closes one that came from outside, where nobody waits for it: a lingering socket, a file of FUSE may take its time. */
  discardFd(fd: number): void;
  /** Opens a file of any type without waiting, or connects to the Unix stream socket at `path`. Throws SystemError. */
  openFd(path: string, access: 'read' | 'readwrite' | 'append' | 'truncate'): number;
  /**
   * What a regular file or memfd holds from its start, up to `limit` bytes, without touching its offset. Throws
   * SystemError where the descriptor is anything else (ESPIPE, EBADF).
   */
  readFd(fd: number, limit: number): Buffer;
  /** A file in memory that holds these bytes. Throws SystemError. */
  memfd(data: Uint8Array): number;
  /** Drops everything queued (FlushPending=). */
  flushFd(fd: number): void;
  pipe(): { read: number; write: number };
  /** Whether programs that this process becomes have it as well: clears or sets FD_CLOEXEC. */
  setCloseOnExec(fd: number, on: boolean): void;
  isTty(fd: number): boolean;
  /** How many more this process may have, at least; 0 where there is no room for two. */
  descriptorsLeft(): number;
}
