/** DeferTrigger= of systemd.socket(5): a service that would be in conflict with others is started when they are gone. */
import type { Keeper } from '../kept/keeper.ts';
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
  /** How long it waits: monotonic milliseconds; 0 where it does not. */
  #untilMs = 0;

  constructor(socket: Unit, told: DeferralTold) {
    this.#socket = socket;
    this.#told = told;
  }

  /** The service could not be started: false where there is nothing to wait for. */
  begin(error: JobError): boolean {
    const { DeferTrigger, DeferTriggerMaxSec } = this.#socket.loaded.socket!;
    if (DeferTrigger === 'no' || !this.mayGoOn(error)) return false;
    this.#untilMs = this.#socket.manager.host.monotonic() + DeferTriggerMaxSec;
    this.#wait();
    return true;
  }

  keep(k: Keeper): void {
    this.#untilMs = k.number('untilMs', this.#untilMs);
  }

  /** Goes on with what was kept. */
  revive(): void {
    if (this.#untilMs > 0) this.#wait();
  }

  #wait(): void {
    const { changes, host } = this.#socket.manager;
    this.#open = changes.follow((unit) => {
      if (isInactiveOrFailed(unit.activeState)) this.#askSoon();
    });
    if (this.#untilMs !== Number.POSITIVE_INFINITY)
      this.#timer = host.after(Math.max(0, this.#untilMs - host.monotonic()), () => this.#told.tooLong());
  }

  end(): void {
    this.#untilMs = 0;
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
