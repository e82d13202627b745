/** Every verb of systemctl: how many arguments it takes, whether it needs a running manager, and what does it. */

import { say } from '../../program/messages.ts';
import { parseBoolean } from '../../text/numbers.ts';
import type { CliContext } from '../common/context.ts';
import type { SystemctlOptions } from './options.ts';
import { unreachable } from './reach.ts';
import { VerbFailed } from './units.ts';
import type { Verb } from './verb.ts';

export interface VerbEntry {
  readonly run: Verb;
  /** Loads its file, which `run` does by itself. */
  readonly load: () => Promise<unknown>;
  /** Arguments after the verb. */
  readonly least: number;
  readonly most: number;
  /** Works on files of another root, too (--root=). */
  readonly offline: boolean;
}

type Pick<Module> = (module: Module, verb: string) => Verb;

/** Rows whose file is loaded when one of them is called: a call pays for what it uses. */
function rowsOf<Module>(open: () => Promise<Module>, offline = false) {
  let module: Promise<Module> | undefined;
  const load = (): Promise<Module> => {
    module ??= open();
    return module;
  };
  return (names: string, pick: Pick<Module>, least = 0, most = Number.POSITIVE_INFINITY): [string, VerbEntry][] =>
    names.split(' ').map((name) => {
      const run: Verb = async (context, options, args) => pick(await load(), name)(context, options, args);
      return [name, { run, load, least, most, offline }];
    });
}

const control = rowsOf(() => import('./control.ts'));
const environment = rowsOf(() => import('./environment.ts'));
const is = rowsOf(() => import('./is.ts'));
const jobs = rowsOf(() => import('./jobs.ts'));
const list = rowsOf(() => import('./list.ts'));
const start = rowsOf(() => import('./start.ts'));
const system = rowsOf(() => import('./system.ts'));
const files = rowsOf(() => import('./install.ts'), true);

const startVerbs =
  'start stop condstop reload restart try-restart reload-or-try-restart try-reload-or-restart force-reload condreload condrestart';

export const verbs: ReadonlyMap<string, VerbEntry> = new Map<string, VerbEntry>(
  [
    list('list-units', (m) => m.verbListUnits),
    list('list-automounts', (m) => m.verbListAutomounts),
    list('list-sockets', (m) => m.verbListSockets),
    list('list-timers', (m) => m.verbListTimers),
    list('list-machines', (m) => m.verbListMachines),
    jobs('list-jobs', (m) => m.verbListJobs),
    jobs('clear-jobs', (m) => m.verbClearJobs, 0, 0),
    jobs('cancel', (m) => m.verbCancel),
    rowsOf(() => import('./deps.ts'))('list-dependencies', (m) => m.verbListDependencies),

    start(startVerbs, (m, verb) => m.verbStart(verb), 1),
    start('reload-or-restart', (m, verb) => m.verbStart(verb)),
    start('isolate', (m, verb) => m.verbStart(verb), 1, 1),
    control('kill', (m) => m.verbKill, 1),
    control('clean', (m) => m.verbClean, 1),
    control('freeze', (m) => m.verbFreeze('freeze'), 1),
    control('thaw', (m) => m.verbFreeze('thaw'), 1),
    control('reset-failed', (m) => m.verbResetFailed),
    control('set-property', (m) => m.verbSetProperty, 2),
    control('bind', (m) => m.verbBind, 2, 3),
    control('mount-image', (m) => m.verbMountImage, 3, 4),
    control('service-log-level service-log-target', (m) => m.verbServiceLog, 1, 2),
    control('whoami', (m) => m.verbWhoami),

    is('is-active check', (m) => m.verbIsActive, 1),
    is('is-failed', (m) => m.verbIsFailed, 1),
    rowsOf(() => import('./is.ts'), true)('is-system-running', (m) => m.verbIsSystemRunning, 0, 0),
    rowsOf(() => import('./show.ts'))('show', (m) => m.show),
    rowsOf(() => import('./status.ts'))('status', (m) => m.verbStatus),
    rowsOf(() => import('./cat.ts'))('cat', (m) => m.verbCat, 1),
    rowsOf(() => import('./edit.ts'))('edit', (m) => m.verbEdit, 1),
    rowsOf(() => import('./manual.ts'))('help', (m) => m.verbHelp),

    environment('show-environment', (m) => m.verbShowEnvironment, 0, 0),
    environment('set-environment', (m) => m.verbSetEnvironment, 1),
    environment('unset-environment', (m) => m.verbUnsetEnvironment, 1),
    environment('import-environment', (m) => m.verbImportEnvironment),

    system('daemon-reload', (m) => m.verbDaemonReload, 0, 0),
    system('daemon-reexec', (m) => m.verbDaemonReexec, 0, 0),
    system('log-level', (m) => m.verbLogLevel, 0, 1),
    system('log-target', (m) => m.verbLogTarget, 0, 1),
    system('service-watchdogs', (m) => m.verbServiceWatchdogs, 0, 1),
    system('default', (m) => m.verbEnter('default'), 0, 0),
    system('rescue', (m) => m.verbEnter('rescue'), 0, 0),
    system('emergency', (m) => m.verbEnter('emergency'), 0, 0),
    system('halt', (m) => m.verbShutdown('halt'), 0, 0),
    system('poweroff', (m) => m.verbShutdown('poweroff'), 0, 0),
    system('reboot', (m) => m.verbShutdown('reboot'), 0, 1),
    system('soft-reboot', (m) => m.verbShutdown('soft-reboot'), 0, 0),
    system('kexec', (m) => m.verbKexec, 0, 0),
    system('suspend hibernate hybrid-sleep suspend-then-hibernate', (m, verb) => m.verbSleep(verb), 0, 0),
    system('exit', (m) => m.verbExit, 0, 1),
    system('switch-root', (m) => m.verbSwitchRoot, 1),

    rowsOf(() => import('./unit-files.ts'), true)('list-unit-files', (m) => m.verbListUnitFiles),
    files('enable', (m) => m.verbEnable, 1),
    files('disable', (m) => m.verbDisable, 1),
    files('is-enabled', (m) => m.verbIsEnabled, 1),
    files('reenable', (m) => m.verbReenable, 1),
    files('preset', (m) => m.verbPreset, 1),
    files('preset-all', (m) => m.verbPresetAll, 0, 0),
    files('mask', (m) => m.verbMask, 1),
    files('unmask', (m) => m.verbUnmask, 1),
    files('link', (m) => m.verbLink, 1),
    files('revert', (m) => m.verbRevert, 1),
    files('add-wants', (m) => m.verbAddWants, 2),
    files('add-requires', (m) => m.verbAddRequires, 2),
    files('set-default', (m) => m.verbSetDefault, 1, 1),
    files('get-default', (m) => m.verbGetDefault, 0, 0),
  ].flat(),
);

const defaultVerb = 'list-units';

/** A chroot's systemctl changes nothing: the manager that runs is not the chroot's (systemd(1), $SYSTEMD_OFFLINE). */
function isInChroot({ host, env, manager }: CliContext): boolean {
  const offline = env.SYSTEMD_OFFLINE === undefined ? undefined : parseBoolean(env.SYSTEMD_OFFLINE);
  if (offline !== undefined) return offline;
  if (manager !== undefined && manager.host.pid === 1) return false;
  if (env.SYSTEMD_IGNORE_CHROOT !== undefined && parseBoolean(env.SYSTEMD_IGNORE_CHROOT) === true) return false;
  const outer = host.files.tryStat('/proc/1/root');
  const own = host.files.tryStat('/');
  return outer !== undefined && own !== undefined && (outer.dev !== own.dev || outer.ino !== own.ino);
}

/** Only the manager of the system can do these. */
const systemVerbs: ReadonlySet<string> = new Set(
  'halt poweroff reboot kexec soft-reboot suspend hibernate hybrid-sleep suspend-then-hibernate rescue emergency'.split(
    ' ',
  ),
);

/** What is wrong with a call, whatever runs or does not: an unknown verb, arguments, options that don't go with it. */
export function misuse(options: SystemctlOptions, operands: readonly string[]): string | undefined {
  const [name = defaultVerb, ...args] = operands;
  if (options.image !== undefined) return 'Disk images are not supported, --image= cannot be used.';
  const entry = verbs.get(name);
  if (entry === undefined) return `Unknown command verb ${name}.`;
  if (!entry.offline && options.root !== undefined) return `Verb '${name}' cannot be used with --root= or --image=.`;
  if (args.length < entry.least) return 'Too few arguments.';
  if (args.length > entry.most) return 'Too many arguments.';
  if (systemVerbs.has(name) && options.scope !== 'system') return `Bad action for --${options.scope} mode.`;
  return undefined;
}

/** Runs the verb that `operands` begins with; the result is the exit status. */
export async function runVerb(
  context: CliContext,
  options: SystemctlOptions,
  operands: readonly string[],
): Promise<number> {
  const [name = defaultVerb, ...args] = operands;
  const wrong = misuse(options, operands) ?? unreachable(context, options);
  if (wrong !== undefined) {
    say(context, 'error', wrong);
    return 1;
  }
  const entry = verbs.get(name)!;
  if (!entry.offline && isInChroot(context)) {
    say(context, 'info', `Running in chroot, ignoring command '${name}'`);
    return 0;
  }
  try {
    return await entry.run(context, options, args);
  } catch (error) {
    if (error instanceof VerbFailed) return error.status;
    throw error;
  }
}
