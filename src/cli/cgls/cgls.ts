/** systemd-cgls(1): the tree of control groups with their processes; below some of them, or below units. */

import { pagerIsUsed, styleOf } from '../../program/colors.ts';
import { OptionReader, type OptionSet } from '../../program/getopt.ts';
import { say } from '../../program/messages.ts';
import { versionText } from '../../sys/version.ts';
import { parseBoolean } from '../../text/numbers.ts';
import { pathSimplify } from '../../text/paths.ts';
import { mangleUnitName, rootSlice } from '../../unitfile/language/unit-name.ts';
import { controlGroupOf } from '../../units/control-group.ts';
import type { Unit } from '../../units/unit.ts';
import { controllers } from '../../values/controllers.ts';
import type { CliContext } from '../common/context.ts';
import { type ManagerView, managerOf } from '../common/manager-view.ts';
import { processTree } from '../systemctl/processes.ts';
import { loadUnit } from '../systemctl/units.ts';

type OptionId =
  | 'help'
  | 'version'
  | 'no-pager'
  | 'all'
  | 'full'
  | 'kernel'
  | 'machine'
  | 'unit'
  | 'user-unit'
  | 'xattr'
  | 'cgroup-id';

const optionSet: OptionSet<OptionId> = {
  long: [
    { name: 'help', argument: 'none', id: 'help' },
    { name: 'version', argument: 'none', id: 'version' },
    { name: 'no-pager', argument: 'none', id: 'no-pager' },
    { name: 'all', argument: 'none', id: 'all' },
    { name: 'full', argument: 'none', id: 'full' },
    { name: 'machine', argument: 'required', id: 'machine' },
    { name: 'unit', argument: 'optional', id: 'unit' },
    { name: 'user-unit', argument: 'optional', id: 'user-unit' },
    { name: 'xattr', argument: 'required', id: 'xattr' },
    { name: 'cgroup-id', argument: 'required', id: 'cgroup-id' },
  ],
  short: {
    h: { argument: 'none', id: 'help' },
    k: { argument: 'none', id: 'kernel' },
    a: { argument: 'none', id: 'all' },
    l: { argument: 'none', id: 'full' },
    M: { argument: 'required', id: 'machine' },
    u: { argument: 'optional', id: 'unit' },
  },
};

export interface CglsOptions {
  readonly full: boolean;
  readonly noPager: boolean;
  /** Names are those of units, of one manager or the other; else they are paths of control groups. */
  readonly units: 'system' | 'user' | undefined;
  readonly names: readonly string[];
}

export type ParsedCgls = CglsOptions | { readonly status: number };

function help(context: CliContext): string {
  const link = styleOf(context).link('man:systemd-cgls(1)', 'systemd-cgls(1) man page');
  return `${context.program} [OPTIONS...] [CGROUP...]

Recursively show control group contents.

  -h --help           Show this help
     --version        Show package version
     --no-pager       Do not pipe output into a pager
  -a --all            Show all groups, including empty
  -u --unit           Show the subtrees of specified system units
     --user-unit      Show the subtrees of specified user units
     --xattr=BOOL     Show cgroup extended attributes
     --cgroup-id=BOOL Show cgroup ID
  -l --full           Do not ellipsize output
  -k                  Include kernel threads in output
  -M --machine=       Show container

See the ${link} for details.
`;
}

/** Takes the arguments apart; an exit status where the call ends here. */
export function parseCgls(context: CliContext): ParsedCgls {
  let full = false;
  let noPager = false;
  let units: CglsOptions['units'];
  let machine = false;
  const names: string[] = [];
  const reader = new OptionReader(context.program, optionSet, context.argv);
  for (let option = reader.next(); option !== undefined; option = reader.next()) {
    if ('error' in option) {
      context.err(`${option.error}\n`);
      return { status: 1 };
    }
    switch (option.id) {
      case 'help':
        context.out(help(context));
        return { status: 0 };
      case 'version':
        context.out(versionText());
        return { status: 0 };
      case 'no-pager':
        noPager = true;
        break;
      case 'full':
        full = true;
        break;
      case 'machine':
        machine = true;
        break;
      case 'unit':
      case 'user-unit':
        units = option.id === 'unit' ? 'system' : 'user';
        if (option.value !== undefined) names.push(option.value);
        break;
      case 'xattr':
      case 'cgroup-id':
        // Without control groups of one's own there is neither; the value is checked all the same.
        if (parseBoolean(option.value!) === undefined) {
          say(context, 'error', `Failed to parse --${option.id}= value: ${option.value}`);
          return { status: 1 };
        }
        break;
      default:
        break;
    }
  }
  names.push(...reader.operands);
  if (machine) {
    const text =
      units === undefined
        ? 'Failed to load machine data: No such file or directory\nFailed to list cgroup tree: No such file or directory'
        : 'Cannot combine --unit or --user-unit with --machine=.';
    say(context, 'error', text);
    return { status: 1 };
  }
  return { full, noPager, units, names };
}

/** Writes the tree. */
export function systemdCgls(context: CliContext, options: CglsOptions): number {
  const manager = managerOf(context);
  const style = styleOf(context);
  const full = options.full || pagerIsUsed(context, options.noPager);
  const show = (title: string, unit: Unit, path: string): void =>
    context.out(title + processTree(context, manager, unit, path, { prefix: '', full, style }));

  if (options.names.length === 0) {
    const root = manager.units.find(rootSlice);
    if (root === undefined) context.out('Control group /:\n-.slice\n');
    else show('Control group /:\n-.slice\n', root, '/');
    return 0;
  }
  let failure: string | undefined;
  for (const name of options.names) {
    const error = options.units === undefined ? showGroup(manager, name, show) : showUnit(manager, name, show);
    if (error === undefined) continue;
    if (error.title !== undefined) context.out(error.title);
    if (error.text !== undefined) say(context, error.severity ?? 'error', error.text);
    failure ??= error.reason;
  }
  if (failure === undefined) return 0;
  say(context, 'error', `Failed to list cgroup tree: ${failure}`);
  return 1;
}

interface Failure {
  readonly title?: string;
  readonly text?: string;
  readonly severity?: 'warning';
  readonly reason: string;
}

type Show = (title: string, unit: Unit, path: string) => void;

function showUnit(manager: ManagerView, name: string, show: Show): Failure | undefined {
  const id = mangleUnitName(name);
  if (id === undefined) return { text: 'Failed to mangle unit name: Invalid argument', reason: 'Invalid argument' };
  const unit = loadUnit(manager, id);
  const path = 'id' in unit ? controlGroupOf(unit) : '';
  if (!('id' in unit) || path === '')
    return { text: `Unit ${id} not found.`, severity: 'warning', reason: 'No such file or directory' };
  show(`Unit ${id} (${path}):\n`, unit, path);
  return undefined;
}

function showGroup(manager: ManagerView, name: string, show: Show): Failure | undefined {
  // A path, a controller, or both; there is one tree for all controllers.
  const split = /^(?:([^/:]+)(?::(?=\/)|$))?(\/.*)?$/.exec(name);
  if (split === null || name === '')
    return { text: `Failed to split argument ${name}: Invalid argument`, reason: 'Invalid argument' };
  const [, controller, path = '/'] = split;
  const wanted = pathSimplify(path.replace(/^\/sys\/fs\/cgroup(?=\/|$)/, '') || '/');
  const title =
    controller !== undefined
      ? `Controller ${controller}; Control group ${wanted}:\n`
      : path === wanted
        ? `Control group ${wanted}:\n`
        : `Directory ${path}:\n`;
  if (controller !== undefined && controller !== 'name=systemd' && !controllers.includes(controller))
    return { title, reason: 'No such file or directory' };
  for (const unit of manager.units.all())
    if (controlGroupOf(unit) === wanted) {
      show(title, unit, wanted);
      return undefined;
    }
  return { title, reason: 'No such file or directory' };
}
