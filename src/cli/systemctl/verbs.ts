/** Every verb of systemctl: how many arguments it takes, whether it needs a running manager, and what does it. */

import { parseBoolean } from '../../unitfile/numbers.ts';
import type { CliContext, Verb } from '../context.ts';
import { say } from '../messages.ts';
import { verbCat } from './cat.ts';
import {
  verbBind,
  verbClean,
  verbFreeze,
  verbKill,
  verbMountImage,
  verbResetFailed,
  verbServiceLog,
  verbSetProperty,
  verbWhoami,
} from './control.ts';
import { verbListDependencies } from './deps.ts';
import { verbEdit } from './edit.ts';
import { verbImportEnvironment, verbSetEnvironment, verbShowEnvironment, verbUnsetEnvironment } from './environment.ts';
import {
  verbAddRequires,
  verbAddWants,
  verbDisable,
  verbEnable,
  verbGetDefault,
  verbIsEnabled,
  verbLink,
  verbMask,
  verbPreset,
  verbPresetAll,
  verbReenable,
  verbRevert,
  verbSetDefault,
  verbUnmask,
} from './install.ts';
import { verbIsActive, verbIsFailed, verbIsSystemRunning } from './is.ts';
import { verbCancel, verbClearJobs, verbListJobs } from './jobs.ts';
import { verbListAutomounts, verbListMachines, verbListSockets, verbListTimers, verbListUnits } from './list.ts';
import { verbHelp } from './manual.ts';
import type { SystemctlOptions } from './options.ts';
import { show } from './show.ts';
import { verbStart } from './start.ts';
import { verbStatus } from './status.ts';
import {
  verbDaemonReexec,
  verbDaemonReload,
  verbEnter,
  verbExit,
  verbKexec,
  verbLogLevel,
  verbLogTarget,
  verbServiceWatchdogs,
  verbShutdown,
  verbSleep,
  verbSwitchRoot,
} from './system.ts';
import { verbListUnitFiles } from './unit-files.ts';
import { VerbFailed } from './units.ts';

export interface VerbEntry {
  readonly run: Verb;
  /** Arguments after the verb. */
  readonly least: number;
  readonly most: number;
  /** Works on files of another root, too (--root=). */
  readonly offline: boolean;
}

const any = Number.POSITIVE_INFINITY;

function online(run: Verb, least = 0, most = any): VerbEntry {
  return { run, least, most, offline: false };
}

/** On files, of another root where --root= says so. */
function offline(run: Verb, least = 0, most = any): VerbEntry {
  return { run, least, most, offline: true };
}

const startVerbs = [
  'start',
  'stop',
  'condstop',
  'reload',
  'restart',
  'try-restart',
  'reload-or-try-restart',
  'try-reload-or-restart',
  'force-reload',
  'condreload',
  'condrestart',
].map((verb): [string, VerbEntry] => [verb, online(verbStart(verb), 1)]);

const sleepVerbs = ['suspend', 'hibernate', 'hybrid-sleep', 'suspend-then-hibernate'].map(
  (verb): [string, VerbEntry] => [verb, online(verbSleep(verb), 0, 0)],
);

export const verbs: ReadonlyMap<string, VerbEntry> = new Map<string, VerbEntry>([
  ['list-units', online(verbListUnits)],
  ['list-automounts', online(verbListAutomounts)],
  ['list-sockets', online(verbListSockets)],
  ['list-timers', online(verbListTimers)],
  ['list-jobs', online(verbListJobs)],
  ['list-machines', online(verbListMachines)],
  ['clear-jobs', online(verbClearJobs, 0, 0)],
  ['cancel', online(verbCancel)],
  ...startVerbs,
  ['reload-or-restart', online(verbStart('reload-or-restart'))],
  ['isolate', online(verbStart('isolate'), 1, 1)],
  ['kill', online(verbKill, 1)],
  ['clean', online(verbClean, 1)],
  ['freeze', online(verbFreeze('freeze'), 1)],
  ['thaw', online(verbFreeze('thaw'), 1)],
  ['is-active', online(verbIsActive, 1)],
  ['check', online(verbIsActive, 1)],
  ['is-failed', online(verbIsFailed, 1)],
  ['show', online(show)],
  ['status', online(verbStatus)],
  ['cat', online(verbCat, 1)],
  ['edit', online(verbEdit, 1)],
  ['help', online(verbHelp)],
  ['daemon-reload', online(verbDaemonReload, 0, 0)],
  ['daemon-reexec', online(verbDaemonReexec, 0, 0)],
  ['log-level', online(verbLogLevel, 0, 1)],
  ['log-target', online(verbLogTarget, 0, 1)],
  ['service-log-level', online(verbServiceLog, 1, 2)],
  ['service-log-target', online(verbServiceLog, 1, 2)],
  ['service-watchdogs', online(verbServiceWatchdogs, 0, 1)],
  ['show-environment', online(verbShowEnvironment, 0, 0)],
  ['set-environment', online(verbSetEnvironment, 1)],
  ['unset-environment', online(verbUnsetEnvironment, 1)],
  ['import-environment', online(verbImportEnvironment)],
  ['halt', online(verbShutdown('halt'), 0, 0)],
  ['poweroff', online(verbShutdown('poweroff'), 0, 0)],
  ['reboot', online(verbShutdown('reboot'), 0, 1)],
  ['soft-reboot', online(verbShutdown('soft-reboot'), 0, 0)],
  ['kexec', online(verbKexec, 0, 0)],
  ...sleepVerbs,
  ['default', online(verbEnter('default'), 0, 0)],
  ['rescue', online(verbEnter('rescue'), 0, 0)],
  ['emergency', online(verbEnter('emergency'), 0, 0)],
  ['exit', online(verbExit, 0, 1)],
  ['reset-failed', online(verbResetFailed)],
  ['switch-root', online(verbSwitchRoot, 1)],
  ['list-dependencies', online(verbListDependencies)],
  ['set-property', online(verbSetProperty, 2)],
  ['is-system-running', offline(verbIsSystemRunning, 0, 0)],
  ['list-unit-files', offline(verbListUnitFiles)],
  ['enable', offline(verbEnable, 1)],
  ['disable', offline(verbDisable, 1)],
  ['is-enabled', offline(verbIsEnabled, 1)],
  ['reenable', offline(verbReenable, 1)],
  ['preset', offline(verbPreset, 1)],
  ['preset-all', offline(verbPresetAll, 0, 0)],
  ['mask', offline(verbMask, 1)],
  ['unmask', offline(verbUnmask, 1)],
  ['link', offline(verbLink, 1)],
  ['revert', offline(verbRevert, 1)],
  ['add-wants', offline(verbAddWants, 2)],
  ['add-requires', offline(verbAddRequires, 2)],
  ['set-default', offline(verbSetDefault, 1, 1)],
  ['get-default', offline(verbGetDefault, 0, 0)],
  ['bind', online(verbBind, 2, 3)],
  ['mount-image', online(verbMountImage, 3, 4)],
  ['whoami', online(verbWhoami)],
]);

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

/** Runs the verb that `operands` begins with; the result is the exit status. */
export async function runVerb(
  context: CliContext,
  options: SystemctlOptions,
  operands: readonly string[],
): Promise<number> {
  const [name = defaultVerb, ...args] = operands;
  const refuse = (message: string): number => {
    say(context, 'error', message);
    return 1;
  };
  if (options.image !== undefined) return refuse('Disk images are not supported, --image= cannot be used.');
  const entry = verbs.get(name);
  if (entry !== undefined && !entry.offline && options.root !== undefined)
    return refuse(`Verb '${name}' cannot be used with --root= or --image=.`);
  if (entry === undefined) return refuse(`Unknown command verb ${name}.`);
  if (args.length < entry.least) return refuse('Too few arguments.');
  if (args.length > entry.most) return refuse('Too many arguments.');
  if (!entry.offline && isInChroot(context)) {
    say(context, 'info', `Running in chroot, ignoring command '${name}'`);
    return 0;
  }
  const elsewhere = refuseElsewhere(context, options);
  if (elsewhere !== undefined) return refuse(elsewhere);
  try {
    return await entry.run(context, options, args);
  } catch (error) {
    if (error instanceof VerbFailed) return error.status;
    throw error;
  }
}

/** -H and -M reach this system only. */
function refuseElsewhere(
  { host, caller }: CliContext,
  { host: remote, machine, scope }: SystemctlOptions,
): string | undefined {
  if (remote !== undefined) return `Failed to connect to ${remote}: only the local system can be managed.`;
  if (machine === undefined || machine === '' || machine === '.host') return undefined;
  const at = machine.lastIndexOf('@');
  const name = machine.slice(at + 1);
  const user = at < 0 ? '' : machine.slice(0, at);
  if (name !== '' && name !== '.host') return 'Failed to connect to bus: Host is down';
  const uid = user === '' ? caller.uid : host.lookupUser(user)?.uid;
  if (uid === caller.uid || (scope === 'system' && user === 'root')) return undefined;
  return `Failed to connect to user ${user}: only one's own manager can be reached.`;
}
