/** Timers and paths alone, with units that they start when the test says so. */

import { createUnit } from '../../../src/manager/factory.ts';
import type { SimOptions } from '../../../src/simulation/machine/machine.ts';
import type { UnitType } from '../../../src/unitfile/language/unit-name.ts';
import type { JobType } from '../../../src/units/job-types.ts';
import type { Unit } from '../../../src/units/unit.ts';
import { StillUnit, UnitsWorld } from '../../support/units-world.ts';

export class TriggersWorld extends UnitsWorld {
  /** Why units were started: TRIGGER_… */
  readonly reasons: [string, string][][] = [];
  /** Sub-states that units went through. */
  readonly path: string[] = [];

  constructor(texts: Record<string, string>, options: SimOptions = {}) {
    super(texts, options);
    this.onChange = (unit) => {
      this.path.push(`${unit.id} ${unit.subState}`);
      for (const trigger of unit.related('triggeredBy')) trigger.triggeredUnitChanged(unit);
    };
    const { add } = this.jobs;
    this.jobs.add = (type: JobType, unit, mode, details) => {
      if (details !== undefined) this.reasons.push(details.environment);
      if (unit instanceof StillUnit) unit.be('activating');
      return add(type, unit, mode, details);
    };
  }

  override create(type: UnitType, name: string): Unit {
    return type === 'timer' || type === 'path' ? createUnit(this, type, name) : new StillUnit(this, type, name);
  }

  /** Time passes; what was asked for meanwhile. */
  after(ms: number): string[] {
    this.requested.length = 0;
    this.host.advance(ms);
    return [...this.requested];
  }

  /** The unit comes up and ends again, which takes a millisecond. */
  runs(name: string): void {
    this.unit(name).set('active');
    this.host.advance(1);
    this.unit(name).set('inactive');
    this.host.settle();
  }
}
