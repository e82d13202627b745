/** list-units and the lists of single types. */

import { type Style, styleOf } from '../../program/colors.ts';
import { inTurns, sortedInTurns } from '../../program/in-turns.ts';
import { type Cell, Table } from '../../program/table.ts';
import { unitNameFromPath } from '../../unitfile/language/unit-name.ts';
import { TimerUnit } from '../../units/timer.ts';
import type { Unit } from '../../units/unit.ts';
import { formatTimeSpan, toUsec, usecInfinity } from '../../values/time/time-span.ts';
import type { CliContext } from '../common/context.ts';
import { type ManagerView, managerOf } from '../common/manager-view.ts';
import type { SystemctlOptions } from './options.ts';
import { legendText, Moments, printTable } from './output.ts';
import { expandUnitNames, listUnits, sortUnits, withDependencies } from './units.ts';
import type { Verb } from './verb.ts';

const badLoadStates: ReadonlySet<string> = new Set(['error', 'not-found', 'bad-setting', 'masked']);

const changing: ReadonlySet<string> = new Set(['reloading', 'activating', 'maintenance', 'deactivating']);

export const verbListUnits: Verb = async (context, options, args) => {
  const manager = managerOf(context);
  const patterns = options.withDependencies ? await withDependencies(context, manager, options, args) : args;
  const units = await sortUnits(context, await listUnits(context, manager, options, patterns));
  const style = styleOf(context);
  const { table, jobs } = await unitTable(context, units, options, style);
  await printTable(context, options, style, table);
  if (options.legend) context.out(unitLegend(context, options, style, units.length, jobs));
  return 0;
};

async function unitTable(
  context: CliContext,
  units: readonly Unit[],
  options: SystemctlOptions,
  style: Style,
): Promise<{ table: Table; jobs: number }> {
  const { marksChanging } = context.host.voice.systemctl;
  const { colors, glyphs } = style;
  const table = new Table('', 'unit', 'load', 'active', 'sub', 'job', 'description');
  if (options.plain) table.hide(0);
  let jobs = 0;
  for await (const [index, unit] of inTurns(context, units.entries())) {
    const next = units[index + 1];
    // The last unit of each type is underlined.
    const last = next !== undefined && next.type !== unit.type;
    const plain = last ? colors.underline : '';
    const red = last ? colors.redUnderline : colors.red;
    const { loadState, activeState } = unit;
    let dot = plain;
    let load = plain;
    let active = plain;
    let marked = false;
    if (!options.plain && badLoadStates.has(loadState)) {
      dot = last ? colors.yellowUnderline : colors.yellow;
      load = red;
      // The name is coloured like the state, which is none of the red ones here.
      active = '';
      marked = true;
    } else if (!options.plain && activeState === 'failed') {
      dot = red;
      active = red;
      load = '';
      marked = true;
    } else if (!options.plain && marksChanging && changing.has(activeState)) {
      dot = last ? colors.underline : colors.highlight;
      active = dot;
      marked = true;
    }
    const cell = (text: string, color: string): string | Cell => (color === '' ? text : { text, color, gap: true });
    if (unit.job !== undefined) jobs++;
    table.add(
      cell(marked ? glyphs.circle : ' ', dot),
      cell(unit.id, active),
      cell(loadState, load),
      cell(activeState, active),
      cell(unit.subState, active),
      cell(unit.job?.type ?? '', plain),
      cell(unit.description, plain),
    );
  }
  if (jobs === 0) table.hide(5);
  return { table, jobs };
}

function unitLegend(
  { host }: CliContext,
  options: SystemctlOptions,
  { colors, glyphs }: Style,
  count: number,
  jobs: number,
): string {
  const { all, states } = options;
  const { grey, normal } = colors;
  const text = host.voice.systemctl.legend({ count, jobs, arrow: glyphs.arrow, grey, normal });
  const on = count > 0 ? colors.highlight : colors.red;
  const files = `${colors.grey}To show all installed unit files use 'systemctl list-unit-files'.${colors.normal}\n`;
  if (all || states.includes('inactive')) return `${text}${on}${count} loaded units listed.${colors.normal}\n${files}`;
  if (states.length > 0) return `${text}${count} loaded units listed.\n`;
  const hint = `${colors.grey}Pass --all to see loaded but inactive units, too.${colors.normal}`;
  return `${text}${on}${count} loaded units listed.${colors.normal} ${hint}\n${files}`;
}

/** Units of a type that the arguments name; patterns and names get the suffix. */
async function unitsOfType(
  context: CliContext,
  manager: ManagerView,
  options: SystemctlOptions,
  args: readonly string[],
  type: Unit['type'],
): Promise<Unit[]> {
  const { names } = await expandUnitNames(context, manager, options, args, { suffix: `.${type}`, failure: false });
  // Patterns that match nothing leave nothing to list.
  if (args.length > 0 && names.length === 0) return [];
  return (await listUnits(context, manager, options, names)).filter((unit) => unit.type === type);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Paths by their components, after all else. */
function comparePathsLast(a: string, b: string): number {
  const isPath = (text: string): number => (text.startsWith('/') ? 1 : 0);
  if (isPath(a) !== isPath(b)) return isPath(a) - isPath(b);
  return isPath(a) ? compare(a.replaceAll('/', '\0'), b.replaceAll('/', '\0')) : compare(a, b);
}

async function finish(context: CliContext, options: SystemctlOptions, table: Table, type: string): Promise<number> {
  const style = styleOf(context);
  await printTable(context, options, style, table);
  if (options.legend) context.out(legendText(options, style, type, table.size));
  return 0;
}

export const verbListSockets: Verb = async (context, options, args) => {
  const manager = managerOf(context);
  const listening = (await unitsOfType(context, manager, options, args, 'socket')).flatMap((unit) =>
    (unit.loaded.socket?.Listen ?? []).map((entry) => ({ unit, address: entry.address, kind: entry.kind })),
  );
  const order = context.host.voice.systemctl.socketsPathsLast ? comparePathsLast : compare;
  const rows = await sortedInTurns(
    context,
    listening,
    (a, b) => order(a.address, b.address) || compare(a.kind, b.kind),
  );
  const table = new Table('listen', 'type', 'unit', 'activates');
  if (!options.showTypes) table.hide(1);
  for await (const { unit, address, kind } of inTurns(context, rows)) {
    const triggers = unit.dependencyNames('Triggers');
    table.add(address, kind, unit.id, triggers.length === 0 ? undefined : triggers.join(', '));
  }
  return finish(context, options, table, 'socket');
};

const infinity = Number.POSITIVE_INFINITY;

/** When a timer elapses next, on the wall clock; Infinity where it does not. */
export function nextElapse(timer: TimerUnit, nowMs: number, monotonicMs: number): number {
  const realtime = timer.nextElapseRealtime > 0 ? timer.nextElapseRealtime : infinity;
  const monotonic = timer.nextElapseMonotonic;
  if (monotonic <= 0 || monotonic === infinity) return realtime;
  return Math.min(nowMs + (monotonic - monotonicMs), realtime);
}

export const verbListTimers: Verb = async (context, options, args) => {
  const manager = managerOf(context);
  const moments = new Moments(context, 'pretty');
  const monotonicMs = context.host.monotonic();
  const timers = (await unitsOfType(context, manager, options, args, 'timer'))
    .filter((unit) => unit instanceof TimerUnit)
    .map((unit) => ({ unit, next: nextElapse(unit, moments.nowMs, monotonicMs) }));
  const rows = await sortedInTurns(context, timers, (a, b) =>
    a.next === b.next ? compare(a.unit.id, b.unit.id) : a.next < b.next ? -1 : 1,
  );
  const table = new Table('next', 'left', 'last', 'passed', 'unit', 'activates');
  if (context.host.voice.systemctl.spansAtRight) for (const column of [1, 3]) table.alignRight(column);
  for await (const { unit, next } of inTurns(context, rows))
    table.add(
      moments.cell(next),
      moments.leftCell(next),
      moments.cell(unit.lastTrigger.realtime),
      moments.relativeCell(unit.lastTrigger.realtime),
      unit.id,
      unit.dependencyNames('Triggers').join(', '),
    );
  return finish(context, options, table, 'timer');
};

export const verbListPaths: Verb = async (context, options, args) => {
  const manager = managerOf(context);
  const watched = (await unitsOfType(context, manager, options, args, 'path')).flatMap((unit) =>
    (unit.loaded.path?.Paths ?? []).map(({ type, path }) => ({ unit, kind: type, path })),
  );
  const rows = await sortedInTurns(
    context,
    watched,
    (a, b) => comparePathsLast(a.path, b.path) || compare(a.kind, b.kind) || compare(a.unit.id, b.unit.id),
  );
  const table = new Table('path', 'condition', 'unit', 'activates');
  for await (const { unit, kind, path } of inTurns(context, rows))
    table.add(path, kind, unit.id, unit.dependencyNames('Triggers').join(', '));
  return finish(context, options, table, 'path');
};

export const verbListAutomounts: Verb = async (context, options, args) => {
  const manager = managerOf(context);
  const mounts = (await unitsOfType(context, manager, options, args, 'automount')).map((unit) => {
    const where = unit.loaded.automount?.Where ?? '';
    const mountName = unitNameFromPath(where, '.mount');
    const mount = mountName === undefined ? undefined : manager.units.find(mountName);
    return {
      unit,
      where,
      what: mount?.loaded.mount?.What ?? '',
      mounted: mount?.activeState === 'active',
      timeoutMs: unit.loaded.automount?.TimeoutIdleSec ?? 0,
    };
  });
  const rows = await sortedInTurns(context, mounts, (a, b) => compare(a.where, b.where));
  const table = new Table('what', 'where', 'mounted', 'idle timeout', 'unit');
  for await (const { unit, what, where, mounted, timeoutMs } of inTurns(context, rows)) {
    const usec = toUsec(timeoutMs);
    table.add(
      what,
      where,
      { text: mounted ? 'yes' : 'no', json: mounted },
      { text: formatTimeSpan(timeoutMs, 1), json: usec === usecInfinity ? null : usec },
      unit.id,
    );
  }
  return finish(context, options, table, 'automount');
};

/** This machine is the only one that is known here. */
export const verbListMachines: Verb = async (context, options, args) => {
  const manager = managerOf(context);
  const style = styleOf(context);
  const { colors, glyphs } = style;
  const { hostname } = context.host;
  const table = new Table('', 'name', 'state', 'failed', 'jobs');
  if (options.plain) table.hide(0);
  const listed = args.length === 0 || args.includes(hostname) || args.includes('.host');
  if (listed) {
    const state = manager.systemState;
    const failed = manager.units.failed.size;
    const color = state === 'running' ? '' : state === 'degraded' ? colors.red : colors.yellow;
    table.add(
      { text: state === 'running' ? ' ' : glyphs.circle, color },
      `${hostname} (host)`,
      { text: state, color },
      { text: String(failed), color: failed > 0 ? colors.red : '', json: failed },
      { text: String(manager.jobs.size), json: manager.jobs.size },
    );
  }
  await printTable(context, options, style, table);
  if (options.legend) context.out(`\n${listed ? 1 : 0} machines listed.\n`);
  return 0;
};
