/**
 * Properties of a unit, a job or the manager as text: what `systemctl show` prints of each.
 *
 *   show.ts        all of one thing, or those that were asked for
 *   interfaces.ts  which properties a type has, in systemd's order; those that rows of the table add
 *   values.ts      what a unit has for each: from its settings, or from what it is doing; later.ts, of later releases
 *   manager.ts     the same of the manager
 *   print.ts       a property as lines: -p, --all, --value
 *
 * How a setting is written is its kind's (src/unitfile/directives); the program's options are in src/cli/systemctl/show.ts.
 */

import type { JobRef, Unit } from '../../units/unit.ts';
import { type ShownValue, unprintable } from '../../values/shown.ts';
import type { ManagerView } from '../common/manager-view.ts';
import { propertiesOfManager } from './manager.ts';
import { type PrintOptions, PropertyFilter, printProperty } from './print.ts';
import { propertiesOf } from './values.ts';

/** Only properties that pass the filter are looked at, so `-p` of a few is cheap. */
function printed<S>(
  properties: Iterable<{ readonly name: string; readonly own: boolean; readonly get: S }>,
  print: PrintOptions,
  give: (source: S) => ShownValue,
): string {
  const filter = new PropertyFilter(print.properties);
  let text = '';
  for (const { name, own, get } of properties) {
    const wanted = own || print.properties !== undefined ? filter.wants(name) : undefined;
    if (wanted !== undefined) text += printProperty(name, give(get), print, wanted.expected);
  }
  return text;
}

export function showUnit(unit: Unit, manager: ManagerView, print: PrintOptions): string {
  const context = { manager, print };
  return printed(propertiesOf(unit.type, manager.host.voice), print, (get) => get(unit, context));
}

export function showManager(manager: ManagerView, print: PrintOptions): string {
  return printed(propertiesOfManager(manager), print, (get) => get(manager, print));
}

export function showJob(job: JobRef, print: PrintOptions): string {
  const values: [string, ShownValue][] = [
    ['Id', String(job.id)],
    ['Unit', job.unit.id],
    ['JobType', job.type],
    ['State', job.state],
    ['ActivationDetails', unprintable],
  ];
  const properties = values.map(([name, get]) => ({ name, own: true, get }));
  return printed(properties, print, (value) => value);
}
