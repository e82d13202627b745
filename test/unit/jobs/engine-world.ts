/** The job engine alone: units that start and stop when the test says so. */
import { JobEngine } from '../../../src/jobs/engine.ts';
import type { Job } from '../../../src/jobs/job.ts';
import { createUnit } from '../../../src/manager/factory.ts';
import { Guard } from '../../../src/manager/guard.ts';
import type { SimOptions } from '../../../src/simulation/machine/machine.ts';
import type { UnitType } from '../../../src/unitfile/language/unit-name.ts';
import { JobError, type JobMode, type JobType } from '../../../src/units/job-types.ts';
import type { Unit } from '../../../src/units/unit.ts';
import { StillUnit, UnitsWorld } from '../../support/units-world.ts';

export class EngineWorld extends UnitsWorld {
  readonly engine: JobEngine;
  /** Lines on the console: `[  OK  ] Started …`. */
  readonly status: string[] = [];
  /** Units whose job has ended, and `all` where none is left. */
  readonly ended: string[] = [];
  /** Called before jobs run. */
  onBeforeRun: () => void = () => {};
  /** Units whose OnFailure= was started. */
  readonly handled: string[] = [];
  readonly gate = { check: (_mode: JobMode): void => {}, isOpen: true };

  constructor(texts: Record<string, string>, options: SimOptions = {}) {
    super(texts, options);
    this.engine = new JobEngine({
      host: this.host,
      gate: this.gate,
      log: this.log,
      statusLine: (status, text) => this.status.push(`[${status}] ${text}`),
      retryLoad: (unit) => this.units.retry(unit),
      allUnits: () => this.units.all(),
      emergencyAction: (action, reason, status) => this.shutdown.emergencyAction(action, reason, status),
      jobEnded: (unit) => this.ended.push(unit.id),
      startOnFailure: (unit) => this.handled.push(unit.id),
      jobRuns: () => {},
      jobChanged: () => {},
      worked: () => {},
      ran: () => {},
      allDone: () => this.ended.push('all'),
      beforeRun: () => this.onBeforeRun(),
      defer: (callback) => new Guard(this.host, this.log).defer(callback),
    });
    this.onChange = (unit, _from, to, flags) => this.engine.unitChanged(unit, to, flags.reloadFailed === true);
  }

  /** Targets are real ones, slices are there. */
  override create(type: UnitType, name: string): Unit {
    if (type === 'target') return createUnit(this, type, name);
    const unit = new StillUnit(this, type, name);
    return type === 'slice' ? unit.be('active') : unit;
  }

  /** Queues a job and lets what can run begin. */
  add(type: JobType, name: string, mode: JobMode = 'replace'): Job {
    const job = this.engine.add(type, this.unit(name), mode);
    this.host.settle();
    return job;
  }

  /** The text with which a job is refused. */
  refusal(type: JobType, name: string, mode: JobMode = 'replace'): string {
    try {
      this.engine.add(type, this.unit(name), mode);
    } catch (error) {
      if (error instanceof JobError) return `${error.busName.replace(/.*\./, '')}: ${error.message}`;
      throw error;
    }
    throw new Error('not refused');
  }

  /** Jobs that are there: `start a.service running`. */
  get queued(): string[] {
    return [...this.engine.all()].map(({ type, unit, state }) => `${type} ${unit.id} ${state}`).sort();
  }

  /** A unit gets to a state, and what waits for it goes on. */
  becomes(state: Parameters<ReturnType<UnitsWorld['unit']>['set']>[0], ...names: string[]): void {
    for (const name of names) this.unit(name).set(state);
    this.host.settle();
  }
}
