/** Verbs about the manager and the whole system: reload, log settings, states of the machine, shutdown. */

import type { Objective } from '../../manager/objective.ts';
import { say } from '../../program/messages.ts';
import type { Host } from '../../sys/host.ts';
import { parseBoolean, parseUnsigned } from '../../text/numbers.ts';
import { pathEquals, pathIsAbsolute } from '../../text/paths.ts';
import { logLevelName, parseLogLevel } from '../../values/syslog.ts';
import { formatTimestamp, parseTimestamp } from '../../values/time/timestamp.ts';
import type { CliContext } from '../common/context.ts';
import { type ManagerView, managerOf } from '../common/manager-view.ts';
import type { SystemctlOptions } from './options.ts';
import { callersZone } from './output.ts';
import { runJobs } from './start.ts';
import { failVerb } from './units.ts';
import type { Verb } from './verb.ts';

const errorMessage = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export const verbDaemonReload: Verb = async (context) => {
  try {
    await managerOf(context).reloads.request();
  } catch (error) {
    failVerb(context, `Reload daemon failed: ${errorMessage(error)}`);
  }
  return 0;
};

export const verbDaemonReexec: Verb = async (context) => {
  try {
    await managerOf(context).reloads.reexec();
  } catch (error) {
    failVerb(context, `Reexecute daemon failed: ${errorMessage(error)}`);
  }
  return 0;
};

export const verbLogLevel: Verb = (context, _options, args) => {
  const manager = managerOf(context);
  const [level] = args;
  if (level === undefined) context.out(`${logLevelName(manager.logControl.level)}\n`);
  else {
    const parsed = parseLogLevel(level);
    if (parsed === undefined) failVerb(context, `"${level}" is not a valid log level.`);
    manager.logControl.level = parsed;
  }
  return 0;
};

/** Where the manager can log to (systemd(1), --log-target=). */
export const logTargets: ReadonlySet<string> = new Set([
  'console',
  'console-prefixed',
  'kmsg',
  'journal',
  'journal-or-kmsg',
  'syslog',
  'syslog-or-kmsg',
  'auto',
  'null',
]);

export const verbLogTarget: Verb = (context, _options, args) => {
  const manager = managerOf(context);
  const [target] = args;
  if (target === undefined) context.out(`${manager.logControl.target}\n`);
  else if (logTargets.has(target)) manager.logControl.target = target;
  else
    failVerb(
      context,
      `Failed to set log target of org.freedesktop.systemd1 to ${target}: Invalid log target '${target}'`,
    );
  return 0;
};

export const verbServiceWatchdogs: Verb = (context, _options, args) => {
  const manager = managerOf(context);
  const [value] = args;
  if (value === undefined) context.out(`${manager.serviceWatchdogs ? 'yes' : 'no'}\n`);
  else {
    const on = parseBoolean(value);
    if (on === undefined) failVerb(context, 'Failed to parse service-watchdogs argument: Invalid argument');
    manager.serviceWatchdogs = on;
  }
  return 0;
};

/** default, rescue, emergency: isolates a target. */
export function verbEnter(verb: 'default' | 'rescue' | 'emergency'): Verb {
  return (context, options) => {
    const manager = managerOf(context);
    return runJobs(context, manager, options, { type: 'start', word: 'start' }, [`${verb}.target`], 'isolate');
  };
}

const haltingWords: Readonly<Record<Objective, string>> = {
  halt: 'Halting.',
  poweroff: 'Powering off.',
  reboot: 'Rebooting.',
  kexec: 'Rebooting.',
  exit: 'Exiting.',
  'soft-reboot': 'Soft-rebooting.',
};

export function verbShutdown(objective: 'halt' | 'poweroff' | 'reboot' | 'soft-reboot'): Verb {
  return (context, options, args) => {
    if (options.firmwareSetup)
      failVerb(
        context,
        'Cannot indicate to EFI to boot into setup mode: Firmware does not support boot into firmware.',
      );
    if (options.bootLoaderMenuMs !== undefined)
      failVerb(
        context,
        'Cannot indicate to boot loader to enter boot loader entry menu: Loader does not support boot loader entry selection.',
      );
    if (options.bootLoaderEntry !== undefined)
      failVerb(
        context,
        `Cannot set boot into loader entry '${options.bootLoaderEntry}': Loader does not support boot loader entry selection.`,
      );
    if (objective === 'reboot' && args.length > 0) {
      if (options.rebootArgument !== undefined)
        failVerb(context, 'Both --reboot-argument= and positional argument passed to reboot command, refusing.');
      say(
        context,
        'notice',
        'Positional argument to reboot command is deprecated, please use --reboot-argument= instead. Accepting anyway.',
      );
    }
    if (options.when !== undefined) return shutDownLater(context, options, objective, options.when);
    return shutDown(context, options, objective);
  };
}

/** --when= of systemd 254: at a moment, or about what is planned. */
function shutDownLater(context: CliContext, options: SystemctlOptions, objective: Objective, when: string): number {
  const manager = managerOf(context);
  if (when === 'show') return showPlanned(context);
  if (when === 'cancel') {
    manager.shutdown.schedule.set(undefined);
    return 0;
  }
  const nowMs = context.host.now();
  const atMs = when === 'auto' || when === '' ? nowMs + 60_000 : parseTimestamp(when, nowMs, callersZone(context));
  if (atMs === undefined) failVerb(context, `Failed to parse --when= argument '${when}': Invalid argument`);
  return planShutdown(context, { ...options, message: options.message.join(' ') }, objective, atMs);
}

/** `atMs` of the wall clock. Says what was planned. */
export function planShutdown(
  context: CliContext,
  options: Pick<SystemctlOptions, 'dryRun' | 'quiet' | 'noWall'> & { message: string },
  objective: Objective,
  atMs: number,
): number {
  const { dryRun, noWall, message } = options;
  const { uid } = context.caller;
  const manager = managerOf(context);
  if (manager.resting) {
    say(context, 'error', 'Failed to schedule shutdown: No manager is running.');
    return 1;
  }
  manager.shutdown.schedule.set({ objective, atMs, dryRun, wall: !noWall, message, uid });
  if (!options.quiet) say(context, 'info', plannedText(context, objective, atMs));
  return 0;
}

export function showPlanned(context: CliContext): number {
  const planned = managerOf(context).shutdown.schedule.current;
  if (planned === undefined) say(context, 'error', 'No scheduled shutdown.');
  else say(context, 'info', plannedText(context, planned.objective, planned.atMs));
  return planned === undefined ? 1 : 0;
}

function plannedText(context: CliContext, objective: Objective, atMs: number): string {
  const word = objective === 'reboot' ? 'Reboot' : objective === 'kexec' ? 'Reboot via kexec' : 'Shutdown';
  const when = formatTimestamp(atMs, callersZone(context), 'pretty') ?? 'n/a';
  return `${word} scheduled for ${when}, use 'shutdown -c' to cancel.`;
}

/**
 * In order; at once with --force; without a look back with two of them. A manager that is not PID 1 goes alone: the
 * caller lives on, and hears when everything has been stopped.
 */
export function shutDown(
  context: CliContext,
  options: SystemctlOptions,
  objective: Objective,
): number | Promise<number> {
  const manager = managerOf(context);
  if (options.force >= 2 && objective !== 'exit') {
    if (!options.quiet) say(context, 'info', haltingWords[objective]);
    if (!options.dryRun) afterAnswer(context, manager, () => manager.shutdown.endNow(objective));
    return 0;
  }
  if (options.dryRun) return 0;
  if (options.force >= 1) {
    afterAnswer(context, manager, () => manager.shutdown.force(objective));
    return 0;
  }
  manager.shutdown.request(objective);
  return manager.host.pid === 1 || options.noBlock ? 0 : manager.shutdown.whenEnding().then(() => 0);
}

/** The caller gets its answer before the manager that writes it is gone. */
function afterAnswer(context: CliContext, manager: ManagerView, act: () => void): void {
  void context.drained().then(() => manager.host.defer(act));
}

export const verbKexec: Verb = (context) => {
  return failVerb(context, '/sbin/kexec is not available: No such file or directory');
};

const sleepMethods: Readonly<Record<string, string>> = {
  suspend: 'Suspend',
  hibernate: 'Hibernate',
  'hybrid-sleep': 'HybridSleep',
  'suspend-then-hibernate': 'SuspendThenHibernate',
};

export function verbSleep(verb: string): Verb {
  return (context) => {
    return failVerb(context, `Call to ${sleepMethods[verb]} failed: Sleep verb "${verb}" not supported`);
  };
}

export const verbExit: Verb = (context, options, args) => {
  const [status] = args;
  if (status !== undefined) {
    const code = parseUnsigned(status, 255);
    if (code === undefined) failVerb(context, 'Invalid exit code.');
    if (!options.dryRun) managerOf(context).shutdown.exitStatus = code;
  }
  return shutDown(context, options, 'exit');
};

export const verbSwitchRoot: Verb = (context, _options, args) => {
  const [root = '', _init, ...more] = args;
  if (more.length > 0) failVerb(context, 'Wrong number of arguments.');
  return failVerb(context, `Failed to switch root: ${reasonNotRoot(context.host, root)}`);
};

/** What is wrong with a new root directory; where nothing is, that the root of a container is not ours to change. */
function reasonNotRoot({ files }: Host, root: string): string {
  if (root === '') return 'New root directory may not be the empty string.';
  if (!pathIsAbsolute(root)) return `New root path '${root}' is not absolute.`;
  if (pathEquals(root, '/')) return 'New root directory cannot be the old root directory.';
  if (!files.access(root, 'exists'))
    return `Failed to determine whether root path '${root}' contains an OS tree: No such file or directory`;
  if (!['etc', 'usr/lib'].some((directory) => files.access(`${root}/${directory}/os-release`, 'exists')))
    return `Specified switch root path '${root}' does not seem to be an OS tree. os-release file is missing.`;
  return 'Not supported in a container.';
}
