/**
 * Crashes of the manager's own program that it has outlived (src/main/crash.ts). When they come again and again it enters safe
 * mode: it reaps, answers, and halts in order, and runs no other job; nothing that would start one is watched. What it was doing when
 * it crashed is not done again. A program that takes its place as planned (daemon-reexec) ends that.
 */
import type { JobGate } from '../jobs/engine.ts';
import type { Keeper } from '../kept/keeper.ts';
import { JobError, type JobMode } from '../units/job-types.ts';
import type { Unit } from '../units/unit.ts';
import type { Shutdown } from './shutdown.ts';

/** Crashes within so many milliseconds count together. */
const withinMs = 60_000;

export interface CrashesContext {
  readonly shutdown: Pick<Shutdown, 'hasBegun' | 'endWith'>;
}

export class Crashes implements JobGate {
  readonly #context: CrashesContext;
  /** All that there were. */
  count = 0;
  /** When those were that count together, monotonic milliseconds. */
  #recent: number[] = [];
  #isSafe = false;

  constructor(context: CrashesContext) {
    this.#context = context;
  }

  keep(k: Keeper): void {
    this.count = k.number('count', this.count);
    this.#recent = k.plain('recent', this.#recent);
    this.#isSafe = k.flag('isSafe', this.#isSafe);
  }

  /** One more: the `most`th within a minute leads to safe mode. `status` is what the manager ends with then. */
  add(nowMs: number, most: number, status: number): void {
    this.count++;
    this.#recent = [...this.#recent.filter((at) => nowMs - at < withinMs), nowMs];
    if (this.#recent.length < most) return;
    this.#isSafe = true;
    this.#context.shutdown.endWith(status, `Crashed ${this.#recent.length} times within a minute`);
  }

  /** Another program has taken the place of the one that crashed, as planned. */
  forgive(): void {
    this.#recent = [];
    if (!this.#isSafe) return;
    this.#isSafe = false;
    this.#context.shutdown.endWith(0, '');
  }

  get isSafe(): boolean {
    return this.#isSafe;
  }

  get isOpen(): boolean {
    return !this.#isSafe || this.#context.shutdown.hasBegun;
  }

  /** What halts is always a job that nothing replaces. */
  check(mode: JobMode): void {
    if (this.isOpen || mode === 'replace-irreversibly') return;
    throw new JobError(
      'org.freedesktop.systemd1.ShuttingDown',
      'The manager is in safe mode, for it has crashed again and again: it only halts. "systemctl daemon-reexec" ends that.',
    );
  }

  /** Whether a unit goes on after a crash with what it was waiting for. */
  goesOn({ type, subState }: Pick<Unit, 'type' | 'subState'>): boolean {
    return !this.#isSafe || !(type === 'timer' || type === 'path' || (type === 'socket' && subState === 'listening'));
  }
}
