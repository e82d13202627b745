/** Words of jobs: what one does, how it treats others, what becomes of it, and the error with which it is refused. */

/** Job types of systemd: the first six may be installed, the others are turned into one of them or into nothing. */
export type JobType =
  | 'start'
  | 'verify-active'
  | 'stop'
  | 'reload'
  | 'restart'
  | 'nop'
  | 'try-restart'
  | 'try-reload'
  | 'reload-or-start';

/** --job-mode= of systemctl(1). */
export type JobMode =
  | 'fail'
  | 'lenient'
  | 'replace'
  | 'replace-irreversibly'
  | 'isolate'
  | 'flush'
  | 'ignore-dependencies'
  | 'ignore-requirements'
  | 'triggering'
  | 'restart-dependencies';

export type JobResult =
  | 'done'
  | 'canceled'
  | 'timeout'
  | 'failed'
  | 'dependency'
  | 'skipped'
  | 'invalid'
  | 'assert'
  | 'unsupported'
  | 'collected'
  | 'once'
  | 'concurrency';

/** An error with the D-Bus name that systemctl turns into an exit status. */
export class JobError extends Error {
  /** 'org.freedesktop.systemd1.NoSuchUnit' … */
  readonly busName: string;
  constructor(busName: string, message: string) {
    super(message);
    this.busName = busName;
  }
}
