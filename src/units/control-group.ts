/** Where a unit's processes stand in the tree of slices, as systemd names control groups, whether there are any or not. */
import { parentSlice, rootSlice } from '../unitfile/language/unit-name.ts';
import { Mount } from './mount.ts';
import { isInactiveOrFailed, type Unit } from './unit.ts';

const withControlGroup: ReadonlySet<string> = new Set(['service', 'socket', 'mount', 'swap', 'slice', 'scope']);

/** Names that the kernel uses in a control group's directory get a `_` in front. */
const reserved =
  /^(?:[_.]|cgroup\.|(?:cpu|cpuacct|cpuset|io|blkio|memory|devices|pids)\.|(?:notify_on_release|release_agent|tasks)$)/;

function escaped(name: string): string {
  return reserved.test(name) ? `_${name}` : name;
}

/** `/a.slice/a-b.slice` for `a-b.slice`, nothing for the root. */
function slicePath(slice: string): string {
  return slice === rootSlice ? '' : `${slicePath(parentSlice(slice)!)}/${escaped(slice)}`;
}

/** A group is made when a unit starts, and goes with its last process once the unit does nothing any more. */
function exists(unit: Unit): boolean {
  const idle =
    isInactiveOrFailed(unit.activeState) ||
    unit.subState === 'exited' ||
    unit.subState === 'auto-restart' ||
    (unit instanceof Mount && unit.found);
  return !idle || unit.manager.tracker.hasProcesses(unit.id);
}

/** ControlGroup of `systemctl show`: '' where a unit has none (now), '/' for the root slice. */
export function controlGroupOf(unit: Unit): string {
  if (!withControlGroup.has(unit.type) || !exists(unit)) return '';
  if (unit.type === 'slice') return slicePath(unit.id) || '/';
  // Where no slice is set, the implicit dependency says it; init.scope stands beside the slices.
  const slice = unit.startedInSlice ?? unit.dependencyNames('InSlice')[0] ?? rootSlice;
  return `${slicePath(slice)}/${escaped(unit.id)}`;
}
