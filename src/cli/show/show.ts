/** Properties of a unit, a job or the manager as text: what `systemctl show` prints of each. */

import type { JobRef, Unit } from '../../units/unit.ts';
import type { ManagerView } from '../common/manager-view.ts';
import { propertiesOfManager } from './manager.ts';
import { type PrintOptions, PropertyFilter, printProperty, unprintable } from './print.ts';
import { propertiesOf } from './values.ts';

/** Only properties that pass the filter are looked at, so `-p` of a few is cheap. */
export function showUnit(unit: Unit, manager: ManagerView, print: PrintOptions): string {
  const filter = new PropertyFilter(print.properties);
  const context = { manager, print };
  let text = '';
  for (const [name, get] of propertiesOf(unit.type)) {
    const wanted = filter.wants(name);
    if (wanted !== undefined) text += printProperty(name, get(unit, context), print, wanted.expected);
  }
  return text;
}

export function showManager(manager: ManagerView, print: PrintOptions): string {
  const filter = new PropertyFilter(print.properties);
  let text = '';
  for (const [name, get] of propertiesOfManager) {
    const wanted = filter.wants(name);
    if (wanted !== undefined) text += printProperty(name, get(manager, print), print, wanted.expected);
  }
  return text;
}

export function showJob(job: JobRef, print: PrintOptions): string {
  const filter = new PropertyFilter(print.properties);
  let text = '';
  for (const [name, value] of [
    ['Id', String(job.id)],
    ['Unit', job.unit.id],
    ['JobType', job.type],
    ['State', job.state],
    ['ActivationDetails', unprintable],
  ] as const) {
    const wanted = filter.wants(name);
    if (wanted !== undefined) text += printProperty(name, value, print, wanted.expected);
  }
  return text;
}
