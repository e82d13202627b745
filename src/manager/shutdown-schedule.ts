/** shutdown(8) at a time of the wall clock, and the files by which logind tells other programs of it. */
import { dirname } from 'node:path';
import type { Keeper } from '../kept/keeper.ts';
import { type Host, SystemError, type Timer } from '../sys/host.ts';
import { cEscape } from '../text/quoting.ts';
import type { Objective } from './objective.ts';

export interface ScheduledShutdown {
  objective: Objective;
  /** Wall clock, milliseconds. */
  atMs: number;
  /** Nothing but the announcement (`shutdown -k`). */
  dryRun: boolean;
  /** Whether users' terminals are to be told. */
  wall: boolean;
  message: string;
  /** Who wants it. */
  uid: number;
}

const scheduledPath = '/run/systemd/shutdown/scheduled';
const nologinPath = '/run/nologin';
const nologinText =
  'System is going down. Unprivileged users are not permitted to log in anymore. For technical details, see pam_nologin(8).\n';
/** So long before it, milliseconds, others than root may no longer log in (shutdown(8)). */
const nologinMs = 5 * 60_000;
/** In steps, so that a clock that is set is noticed. */
const stepMs = 60_000;

export class ShutdownSchedule {
  readonly #host: Host;
  /** A user's manager ends alone: nobody else needs to know. */
  readonly #announces: boolean;
  readonly #begin: (objective: Objective) => void;
  readonly #log: (level: 4 | 6, message: string) => void;
  #current: ScheduledShutdown | undefined;
  #timer: Timer | undefined;
  #nologin = false;

  constructor(
    host: Host,
    scope: 'system' | 'user',
    begin: (objective: Objective) => void,
    log: (level: 4 | 6, message: string) => void,
  ) {
    this.#host = host;
    this.#announces = scope === 'system';
    this.#begin = begin;
    this.#log = log;
  }

  get current(): ScheduledShutdown | undefined {
    return this.#current;
  }

  /** undefined takes back what was planned. */
  set(schedule: ScheduledShutdown | undefined): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#current = schedule;
    this.#tell(schedule);
    if (schedule !== undefined) this.#wait(schedule);
  }

  keep(k: Keeper): void {
    this.#current = k.plain('current', this.#current);
    this.#nologin = k.flag('nologin', this.#nologin);
  }

  revive(): void {
    if (this.#current !== undefined) this.#wait(this.#current);
  }

  #wait(schedule: ScheduledShutdown): void {
    const left = schedule.atMs - this.#host.now();
    this.#forbidLogins(left <= nologinMs);
    if (left > 0) {
      const toNologin = left > nologinMs ? left - nologinMs : left;
      this.#timer = this.#host.after(Math.min(toNologin, stepMs), () => this.#wait(schedule));
    } else if (schedule.dryRun) {
      this.#log(6, 'Running in dry run, suppressing action.');
      this.set(undefined);
    } else this.#begin(schedule.objective);
  }

  #tell(schedule: ScheduledShutdown | undefined): void {
    if (schedule === undefined) {
      this.#remove(scheduledPath);
      this.#forbidLogins(false);
      return;
    }
    const { atMs, wall, objective, uid, message } = schedule;
    const text =
      `USEC=${Math.round(atMs * 1000)}\nWARN_WALL=${wall ? 1 : 0}\nMODE=${objective}\nUID=${uid}\n` +
      (message === '' ? '' : `WALL_MESSAGE=${cEscape(message)}\n`);
    this.#try(() => {
      this.#host.files.mkdirs(dirname(scheduledPath), 0o755);
      this.#host.files.writeAtomic(scheduledPath, text, 0o644);
    });
  }

  #forbidLogins(forbidden: boolean): void {
    if (forbidden === this.#nologin) return;
    this.#nologin = forbidden;
    if (forbidden) this.#try(() => this.#host.files.writeAtomic(nologinPath, nologinText, 0o644));
    else this.#remove(nologinPath);
  }

  #remove(path: string): void {
    this.#try(() => {
      if (this.#host.files.tryLstat(path) !== undefined) this.#host.files.unlink(path);
    });
  }

  #try(action: () => void): void {
    if (!this.#announces) return;
    try {
      action();
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      this.#log(4, `Failed to tell of a scheduled shutdown: ${error.message}`);
    }
  }
}
