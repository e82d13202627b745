/** The tree of control groups with their processes, below a unit. */

import type { Style } from '../../program/colors.ts';
import { ellipsize } from '../../program/text-width.ts';
import type { ProcessInfo } from '../../sys/host.ts';
import { quoteCommandLine } from '../../text/quoting.ts';
import { controlGroupOf } from '../../units/control-group.ts';
import type { Unit } from '../../units/unit.ts';
import type { CliContext } from './context.ts';
import type { ManagerView } from './manager-view.ts';

interface Group {
  readonly processes: { pid: number; command: string }[];
  readonly children: Map<string, Group>;
}

const newGroup = (): Group => ({ processes: [], children: new Map() });

/** The command line as a shell would take it; `[comm]` where there is none. */
function commandOf(context: CliContext, { pid, comm }: Pick<ProcessInfo, 'pid' | 'comm'>): string {
  const argv = [...(context.host.commandLine(pid) ?? [])];
  while (argv.at(-1) === '') argv.pop();
  return argv.length > 0 ? quoteCommandLine(argv, { escapeEmpty: true }) : `[${comm}]`;
}

/** Processes of a unit; the manager itself is the one of init.scope. */
function* processesOf(manager: ManagerView, unit: Unit): Generator<'', ProcessInfo[], undefined> {
  if (unit.id === 'init.scope') {
    const own = manager.host.process(manager.host.pid);
    return own === undefined ? [] : [own];
  }
  const work = manager.tracker.seek(unit.id);
  for (;;) {
    const next = work.next();
    if (next.done === true) return next.value;
    yield '';
  }
}

function descend(group: Group, path: string): Group {
  let at = group;
  for (const name of path.split('/')) {
    if (name === '') continue;
    let next = at.children.get(name);
    if (next === undefined) {
      next = newGroup();
      at.children.set(name, next);
    }
    at = next;
  }
  return at;
}

/** Fills in the tree below a unit's group; for a slice, with the units in it. Nothing at a time, there is only work. */
function* fill(root: Group, context: CliContext, manager: ManagerView, unit: Unit, path: string): Generator<''> {
  const units = unit.type === 'slice' ? [...manager.units.all()] : [unit];
  for (const member of units) {
    yield '';
    const processes = yield* processesOf(manager, member);
    if (processes.length === 0) continue;
    const at = controlGroupOf(member);
    if (path !== '/' && at !== path && !at.startsWith(`${path}/`)) continue;
    const group = descend(root, path === '/' ? at : at.slice(path.length));
    for (const info of processes) {
      group.processes.push({ pid: info.pid, command: commandOf(context, info) });
      yield '';
    }
  }
}

/** `columns` of 0 shortens nothing. */
function* print(group: Group, prefix: string, columns: number, style: Style): Generator<string> {
  const { glyphs, colors } = style;
  const processes = group.processes.sort((a, b) => a.pid - b.pid);
  const children = [...group.children].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const width = String(processes.at(-1)?.pid ?? 0).length;
  for (const [index, { pid, command }] of processes.entries()) {
    const room = columns === 0 ? Number.POSITIVE_INFINITY : Math.max(columns - 2 - width - 1, 20);
    const shown = room === Number.POSITIVE_INFINITY ? command : ellipsize(command, room, 100, style.utf8);
    const more = index + 1 < processes.length || children.length > 0;
    yield `${prefix}${more ? glyphs.branch : glyphs.right}${colors.grey}${String(pid).padStart(width)} ${shown}${colors.normal}\n`;
  }
  const inner = columns === 0 ? 0 : Math.max(columns - 2, 20);
  for (const [index, [name, child]] of children.entries()) {
    const more = index + 1 < children.length;
    yield `${prefix}${more ? glyphs.branch : glyphs.right}${name}\n`;
    yield* print(child, prefix + (more ? glyphs.vertical : glyphs.space), inner, style);
  }
}

/** Lines of the processes of a unit, each behind `prefix`, in pieces. */
export function* processTree(
  context: CliContext,
  manager: ManagerView,
  unit: Unit,
  path: string,
  options: { prefix: string; full: boolean; style: Style },
): Generator<string> {
  const { prefix, full, style } = options;
  const columns = full ? 0 : Math.max(style.columns - prefix.length, 0) || style.columns;
  const root = newGroup();
  yield* fill(root, context, manager, unit, path);
  yield* print(root, prefix, columns, style);
}
