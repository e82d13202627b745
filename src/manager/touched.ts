/**
 * What has changed of that which is kept (src/kept/), told in the moment of the change to whoever writes it down for the case that
 * the manager crashes. Without one nothing happens.
 */
import type { JobRef, Unit } from '../units/unit.ts';

export interface TouchListener {
  /** A unit is another than it was, or gone. */
  unit(unit: Unit): void;
  /** The same of a job. */
  job(job: JobRef): void;
  /** Every unit may be another. */
  all(): void;
  /** Something that seldom changes may be another: the environment, the log level, and so on. */
  rare(): void;
  /** What belongs together has been done, and a process may have been made. */
  done(): void;
  /** The same, of what a service has said: it will not say it again. */
  heard(): void;
}

export class Touched implements TouchListener {
  listener: TouchListener | undefined;

  unit(unit: Unit): void {
    this.listener?.unit(unit);
  }
  job(job: JobRef): void {
    this.listener?.job(job);
  }
  all(): void {
    this.listener?.all();
  }
  rare(): void {
    this.listener?.rare();
  }
  done(): void {
    this.listener?.done();
  }
  heard(): void {
    this.listener?.heard();
  }
}
