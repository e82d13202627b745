/** DeferTrigger= of systemd.socket(5): a service that would be in conflict with others is started when they are gone. */
import type { Timer } from '../sys/host.ts';
import type { JobError } from './job-types.ts';
import { isInactiveOrFailed, type Unit } from './unit.ts';

export interface DeferralTold {
  /** A unit has stopped: now may be the time. */
  again(): void;
  /** It has taken longer than DeferTriggerMaxSec=. */
  tooLong(): void;
}

export class Deferral {
  readonly #socket: Unit;
  readonly #told: DeferralTold;
  #open: { close(): void } | undefined;
  #timer: Timer | undefined;
  #asked = false;

  constructor(socket: Unit, told: DeferralTold) {
    this.#socket = socket;
    this.#told = told;
  }

  /** The service could not be started: false where there is nothing to wait for. */
  begin(error: JobError): boolean {
    const { DeferTrigger, DeferTriggerMaxSec } = this.#socket.loaded.socket!;
    if (DeferTrigger === 'no' || !this.mayGoOn(error)) return false;
    const { changes, host } = this.#socket.manager;
    this.#open = changes.follow((unit) => {
      if (isInactiveOrFailed(unit.activeState)) this.#askSoon();
    });
    if (DeferTriggerMaxSec !== Number.POSITIVE_INFINITY)
      this.#timer = host.after(DeferTriggerMaxSec, () => this.#told.tooLong());
    return true;
  }

  end(): void {
    this.#open?.close();
    this.#open = undefined;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Whether what is in the way may still go: with `yes` there have to be jobs that could make it. */
  mayGoOn({ busName }: JobError): boolean {
    if (busName !== 'org.freedesktop.systemd1.TransactionIsDestructive') return false;
    return this.#socket.loaded.socket!.DeferTrigger === 'patient' || !this.#socket.manager.jobs.idle;
  }

  /** Why it is given up. */
  lastWords({ busName, message }: JobError): string {
    return busName === 'org.freedesktop.systemd1.TransactionIsDestructive'
      ? 'Service conflicts with active units even after all jobs have completed, giving up.'
      : `Failed to queue service startup job: ${message}`;
  }

  /** In a turn of its own, in which the job that has stopped the unit is gone. */
  #askSoon(): void {
    if (this.#asked) return;
    this.#asked = true;
    this.#socket.manager.host.defer(() => {
      this.#asked = false;
      if (this.#open !== undefined) this.#told.again();
    });
  }
}
