/** Verbs about the manager and the whole system: reload, shutdown, sleep. */

import type { Objective } from '../../manager/objective.ts';
import { say } from '../../program/messages.ts';
import type { Host } from '../../sys/host.ts';
import { parseUnsigned } from '../../text/numbers.ts';
import { pathEquals, pathIsAbsolute } from '../../text/paths.ts';
import { parseTimestamp } from '../../values/time/timestamp.ts';
import { callersZone } from '../common/clock.ts';
import type { CliContext } from '../common/context.ts';
import { failVerb } from '../common/failure.ts';
import { managerOf } from '../common/manager-view.ts';
import { renewManager } from '../common/reload.ts';
import { planShutdown, showPlanned, shutDown } from '../common/shutdown.ts';
import type { SystemctlOptions } from './options.ts';
import type { Verb } from './verb.ts';

export function verbRenew(how: 'reload' | 'reexec'): Verb {
  return async (context) => {
    await renewManager(context, how);
    return 0;
  };
}

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
  const cancel = context.host.voice.systemctl.cancelWhen(objective);
  return planShutdown(context, { ...options, message: options.message.join(' '), cancel }, objective, atMs);
}

export const verbKexec: Verb = (context) => {
  return failVerb(context, context.host.voice.systemctl.noKexec);
};

/** `method` is logind's. */
export function verbSleep(verb: string, method: string): Verb {
  return (context, options) =>
    options.dryRun ? 0 : failVerb(context, `Call to ${method} failed: ${context.host.voice.systemctl.noSleep(verb)}`);
}

export const verbExit: Verb = (context, options, args) => {
  const [status] = args;
  if (status !== undefined) {
    const code = parseUnsigned(status, 255);
    if (code === undefined) failVerb(context, 'Invalid exit code.');
    if (!options.dryRun) managerOf(context).shutdown.endWith(code, `systemctl exit ${code} was asked for`);
  }
  return shutDown(context, options, 'exit');
};

export const verbSwitchRoot: Verb = (context, _options, args) => {
  const [root = '', _init, ...more] = args;
  const { host } = context;
  const { notInInitrd, tooManyForSwitchRoot } = host.voice.systemctl;
  if (more.length > 0) failVerb(context, tooManyForSwitchRoot);
  if (args.length === 0 && notInInitrd === undefined) failVerb(context, 'Too few arguments.');
  const refusal = notInInitrd?.(root, host.files.access(root, 'exists'));
  if (refusal !== undefined) failVerb(context, refusal);
  return failVerb(context, `Failed to switch root: ${reasonNotRoot(host, root)}`);
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
