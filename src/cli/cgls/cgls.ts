/**
 * systemd-cgls(1): the tree of control groups with their processes; below some of them, or below units. The tree itself is
 * the one of `systemctl status` (../common/process-tree.ts). It is what the manager knows of units, not what is mounted at
 * /sys/fs/cgroup: a container may have no group of its own to look at.
 */

import { query } from '../../program/access.ts';
import { pagerIsUsed, styleOf } from '../../program/colors.ts';
import { CommandLine } from '../../program/command-line.ts';
import { plainFrame } from '../../program/help.ts';
import { printInTurns } from '../../program/in-turns.ts';
import { say } from '../../program/messages.ts';
import {
  fail,
  flag,
  nothing,
  type OptionRow,
  option,
  showHelp,
  showVersion,
  type Take,
} from '../../program/options.ts';
import { callOf, type ParsedCall, type Program, sayEnded } from '../../program/program.ts';
import { parseBoolean } from '../../text/numbers.ts';
import { pathSimplify } from '../../text/paths.ts';
import { mangleUnitName, rootSlice } from '../../unitfile/language/unit-name.ts';
import { controlGroupOf } from '../../units/control-group.ts';
import type { Unit } from '../../units/unit.ts';
import { controllers } from '../../values/controllers.ts';
import type { CliContext } from '../common/context.ts';
import { loadUnit, type ManagerView, managerOf } from '../common/manager-view.ts';
import { processTree } from '../common/process-tree.ts';

function defaultOptions() {
  return {
    full: false,
    noPager: false,
    machine: false,
    /** Names are those of units, of one manager or the other; else they are paths of control groups. */
    units: undefined as 'system' | 'user' | undefined,
    names: [] as string[],
  };
}

interface CglsOptions extends ReturnType<typeof defaultOptions> {}

/** Sets where units are, and takes one that stands with the option. */
const unitsOf =
  (units: 'system' | 'user'): Take<CglsOptions> =>
  (options, value, { bare }) => {
    options.units = units;
    if (!bare) options.names.push(value);
  };

/** Without control groups of one's own there is nothing to show of them; the value is checked all the same. */
const checked =
  (name: string): Take<CglsOptions> =>
  (_options, value) => {
    if (parseBoolean(value) === undefined) fail(`Failed to parse --${name}= value: ${value}`);
  };

const rows: readonly OptionRow<CglsOptions>[] = [
  option('-h --help', 'Show this help', showHelp),
  option('--version', 'Show package version', showVersion),
  option('--no-pager', 'Do not pipe output into a pager', flag('noPager')),
  option('-a --all', 'Show all groups, including empty', nothing),
  option('-u --unit[=UNIT]', ['-u --unit', 'Show the subtrees of specified system units'], unitsOf('system')),
  option('--user-unit[=UNIT]', ['   --user-unit', 'Show the subtrees of specified user units'], unitsOf('user')),
  option('--xattr=BOOL', 'Show cgroup extended attributes', checked('xattr')),
  option('-x', undefined, nothing),
  option('-c', undefined, nothing),
  option('--cgroup-id=BOOL', 'Show cgroup ID', checked('cgroup-id')),
  option('-l --full', 'Do not ellipsize output', flag('full')),
  option('-k', 'Include kernel threads in output', nothing),
  option('-M --machine=', 'Show container', flag('machine')),
];

const commandLine = new CommandLine<CglsOptions>({
  frame: {
    ...plainFrame,
    usage: '[OPTIONS...] [CGROUP...]',
    about: 'Recursively show control group contents.',
    width: 19,
    manual: 'systemd-cgls(1)',
  },
  options: [[undefined, rows]],
  abbreviable: 'help version no-pager all full machine unit user-unit xattr cgroup-id',
  errors: 'logged',
  defaults: defaultOptions,
  settle: (options, operands) => {
    options.names.push(...operands);
    if (!options.machine) return;
    fail(
      options.units === undefined
        ? 'Failed to load machine data: No such file or directory\nFailed to list cgroup tree: No such file or directory'
        : 'Cannot combine --unit or --user-unit with --machine=.',
    );
  },
});

export const systemdCgls: Program<CliContext> = { commandLine, parse };

function parse(context: CliContext): ParsedCall<CliContext> | number {
  const parsed = commandLine.parse(context);
  if ('status' in parsed) return sayEnded(context, parsed);
  const { options } = parsed;
  return callOf(query(), context.argv, (running) => printTree(running, options), {
    scope: options.units ?? 'system',
    pager: options.noPager ? undefined : 'start',
  });
}

async function printTree(context: CliContext, options: CglsOptions): Promise<number> {
  const manager = managerOf(context);
  const style = styleOf(context);
  const full = options.full || pagerIsUsed(context, options.noPager);
  const show: Show = async (title, unit, path) => {
    context.out(title);
    await printInTurns(context, processTree(context, manager, unit, path, { prefix: '', full, style }));
  };

  if (options.names.length === 0) {
    const root = manager.units.find(rootSlice);
    const title = `${context.host.voice.tools.groupTitle('/')}\n-.slice\n`;
    if (root === undefined) context.out(title);
    else await show(title, root, '/');
    return 0;
  }
  let failure: string | undefined;
  for (const name of options.names) {
    const error = await (options.units === undefined
      ? showGroup(context, manager, name, show)
      : showUnit(manager, name, show));
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

type Show = (title: string, unit: Unit, path: string) => Promise<void>;

async function showUnit(manager: ManagerView, name: string, show: Show): Promise<Failure | undefined> {
  const id = mangleUnitName(name);
  if (id === undefined) return { text: 'Failed to mangle unit name: Invalid argument', reason: 'Invalid argument' };
  const unit = loadUnit(manager, id);
  const path = 'id' in unit ? controlGroupOf(unit) : '';
  if (!('id' in unit) || path === '')
    return { text: `Unit ${id} not found.`, severity: 'warning', reason: 'No such file or directory' };
  await show(`Unit ${id} (${path}):\n`, unit, path);
  return undefined;
}

async function showGroup(
  context: CliContext,
  manager: ManagerView,
  name: string,
  show: Show,
): Promise<Failure | undefined> {
  // A path, a controller, or both; there is one tree for all controllers.
  const split = /^(?:([^/:]+)(?::(?=\/)|$))?(\/.*)?$/.exec(name);
  if (split === null || name === '')
    return { text: `Failed to split argument ${name}: Invalid argument`, reason: 'Invalid argument' };
  const [, controller, path = '/'] = split;
  const wanted = pathSimplify(path.replace(/^\/sys\/fs\/cgroup(?=\/|$)/, '') || '/');
  const { groupTitle, controllerPassedOver } = context.host.voice.tools;
  const isPath = controller === undefined && path !== wanted;
  const title = `${isPath ? `Directory ${path}:` : groupTitle(wanted, controller)}\n`;
  const warning = controller === undefined ? undefined : controllerPassedOver(controller);
  if (warning !== undefined) say(context, 'warning', warning);
  if (controller !== undefined && controller !== 'name=systemd' && !controllers.includes(controller))
    return { title, reason: 'No such file or directory' };
  for (const unit of manager.units.all())
    if (controlGroupOf(unit) === wanted) {
      await show(title, unit, wanted);
      return undefined;
    }
  return { title, reason: 'No such file or directory' };
}
