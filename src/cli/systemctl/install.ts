/** Verbs that change which units are enabled: on files alone, or through the manager where one runs. */

import { inTurns } from '../../program/in-turns.ts';
import { say } from '../../program/messages.ts';
import { errorText } from '../../sys/error-text.ts';
import { parseBoolean } from '../../text/numbers.ts';
import { pathJoin } from '../../text/paths.ts';
import { type LookupPaths, lookupPaths } from '../../unitfile/files/load-path.ts';
import type { ErrorCode } from '../../unitfile/install/changes.ts';
import * as operations from '../../unitfile/install/operations.ts';
import { chase } from '../../unitfile/install/places.ts';
import { UnitFileSearch } from '../../unitfile/install/search.ts';
import { isErrorCode, unitFileState } from '../../unitfile/install/state.ts';
import { mangleUnitName, unitNameIsValid, unitTemplateName } from '../../unitfile/language/unit-name.ts';
import type { CliContext } from '../common/context.ts';
import { failVerb } from '../common/failure.ts';
import { type ManagerView, managerOf, unitToTellOf } from '../common/manager-view.ts';
import { renewManager } from '../common/reload.ts';
import { busError, noInstallConfigText, printManagersChanges, printOwnChanges, sayAt } from './install-messages.ts';
import type { SystemctlOptions } from './options.ts';
import { installSysv, type SysvVerb } from './sysv-install.ts';
import type { Verb } from './verb.ts';

/** Where the files of a call are, and the manager where the call goes through one. */
export interface Installation {
  readonly search: UnitFileSearch;
  readonly paths: LookupPaths;
  readonly manager: ManagerView | undefined;
}

/** Undefined where systemctl itself does the work: no manager, another root, --global (systemctl(1)). */
function managerFor(context: CliContext, options: SystemctlOptions): ManagerView | undefined {
  if (context.manager === undefined || options.root !== undefined || options.scope === 'global') return undefined;
  if (parseBoolean(context.env.SYSTEMCTL_INSTALL_CLIENT_SIDE ?? '') === true) return undefined;
  return managerOf(context);
}

/** Why there is no load path below a root. */
function checkRoot({ host }: CliContext, { root, scope }: SystemctlOptions): ErrorCode | undefined {
  if (root === undefined || root === '/') return undefined;
  if (scope === 'user') return 'EINVAL';
  const stat = host.files.tryStat(root);
  return stat === undefined ? 'ENOENT' : stat.type === 'directory' ? undefined : 'ENOTDIR';
}

/** The message of a call for which there is no load path below a root. */
type RootFailure = (reason: string, root: string) => string;

const rootFailure: RootFailure = (reason, root) =>
  `Failed to initialize unit search paths for root directory ${root}: ${reason}`;

/** Verbs that change something say it of themselves. */
const failureOf =
  ({ host }: CliContext, word: string): RootFailure =>
  (reason) =>
    host.voice.unitFiles.ownFailureAtAll(word, reason);

/** Writes a message and ends the verb where the root is none; `ofRoot` has its words. */
export function installationOf(context: CliContext, options: SystemctlOptions, ofRoot = rootFailure): Installation {
  const manager = managerFor(context, options);
  const running = context.manager;
  if (manager !== undefined && running !== undefined) {
    const { paths } = running.loader;
    const search = new UnitFileSearch(context.host, paths, (level, message) => running.log(level, message));
    return { search, paths, manager };
  }
  const { root, scope } = options;
  const wrong = checkRoot(context, options);
  if (wrong !== undefined) failVerb(context, ofRoot(errorText(wrong), root ?? ''));
  const { env, host } = context;
  const home = env.HOME ?? host.lookupUser(String(context.caller.uid))?.home;
  const paths = lookupPaths({
    scope,
    env,
    usrLibFirst: host.voice.unitFiles.usrLibFirst,
    ...(root === undefined ? {} : { root }),
    ...(home === undefined ? {} : { home }),
  });
  const search = new UnitFileSearch(host, paths, (level, message) => {
    sayAt(context, level, message);
  });
  return { search, paths, manager };
}

function noticeOf(context: CliContext, options: SystemctlOptions): { notice?: (message: string) => void } {
  return options.quiet ? {} : { notice: (message) => say(context, 'notice', message) };
}

/** Unit names with their suffix; paths, which stand for files, made absolute. */
function mangleNames(
  context: CliContext,
  options: SystemctlOptions,
  operation: string,
  args: readonly string[],
): string[] {
  return args.map((arg) => {
    if (arg.includes('/')) return arg.startsWith('/') ? arg : pathJoin(context.cwd, arg);
    return (
      mangleUnitName(arg, { operation, ...noticeOf(context, options) }) ??
      failVerb(context, `Failed to mangle unit name or path '${arg}': ${errorText('EINVAL')}`)
    );
  });
}

function mangleTarget(context: CliContext, options: SystemctlOptions, operation: string, arg: string): string {
  return (
    mangleUnitName(arg, { operation, suffix: '.target', ...noticeOf(context, options) }) ??
    failVerb(context, `Failed to mangle unit name: ${errorText('EINVAL')}`)
  );
}

type InstallVerb = 'enable' | 'disable' | 'reenable' | 'link' | 'preset' | 'mask' | 'unmask' | 'revert';

/** Verbs that ask for init scripts fail at that. */
function installFailureOf(context: CliContext, { scope }: SystemctlOptions, verb: InstallVerb): RootFailure {
  const asks = (verb === 'enable' || verb === 'disable') && scope === 'system';
  return asks && context.host.voice.unitFiles.scriptsFirst ? rootFailure : failureOf(context, verb);
}

/** Whether a verb tells of units that have no rules. */
const tellsOfRules = ({ host }: CliContext, verb: InstallVerb): boolean =>
  verb === 'enable' ||
  verb === 'reenable' ||
  (verb === 'disable' && host.voice.unitFiles.disableTellsOfNoInstallConfig);

function perform(
  { search }: Installation,
  options: SystemctlOptions,
  verb: InstallVerb,
  names: readonly string[],
): operations.InstallResult {
  const { runtime } = options;
  const flags = { runtime, force: options.force > 0 };
  switch (verb) {
    case 'enable':
      return operations.enable(search, flags, names);
    case 'disable':
      return operations.disable(search, { runtime }, names);
    case 'reenable':
      return operations.reenable(search, flags, names);
    case 'link':
      return operations.link(search, flags, names);
    case 'preset':
      return operations.preset(search, flags, names, options.presetMode);
    case 'mask':
      return operations.mask(search, flags, names);
    case 'unmask':
      return operations.unmask(search, { runtime }, names);
    case 'revert':
      return operations.revert(search, names);
  }
}

/** Prints what was done; false where it failed, which is told too. `word` stands in systemctl's own messages. */
function report(
  context: CliContext,
  options: SystemctlOptions,
  installation: Installation,
  result: operations.InstallResult,
  word: string,
  managersWord = word,
): boolean {
  if (installation.manager === undefined) {
    printOwnChanges(context, result, word, options.quiet);
    return result.error === undefined;
  }
  const error = busError(context, result);
  if (error !== undefined) {
    say(context, 'error', `Failed to ${managersWord}: ${error}`);
    return false;
  }
  if (result.changes.length > 0) installation.manager.loader.noteInstallation();
  printManagersChanges(context, result.changes, options.quiet);
  return true;
}

async function reloadManager(context: CliContext, options: SystemctlOptions, manager: ManagerView | undefined) {
  if (manager !== undefined && !options.noReload) await renewManager(context, 'reload');
}

function verbInstall(verb: InstallVerb): Verb {
  return async (context, options, args) => {
    if (args.length === 0) return 0;
    const { nowNeedsVerb } = context.host.voice.systemctl;
    if (options.now && nowActions[verb] === undefined && nowNeedsVerb !== undefined) failVerb(context, nowNeedsVerb);
    const installation = installationOf(context, options, installFailureOf(context, options, verb));
    const { manager, paths } = installation;
    let names = mangleNames(context, options, `to ${verb}`, args);
    if (verb === 'enable' || verb === 'disable') {
      ({ names } = await installSysv(context, options, paths, verb satisfies SysvVerb, names));
      if (names.length === 0) {
        await reloadManager(context, options, manager);
        return 0;
      }
    }
    if (verb === 'disable') names = withoutPaths(context, names);
    if (verb === 'link') checkLinked(context, options, args);
    if (manager !== undefined && (verb === 'mask' || verb === 'unmask'))
      for (const name of names)
        if (!unitExists(context, manager, paths, name))
          say(context, 'notice', `Unit ${name} does not exist, proceeding anyway.`);
    const result = perform(installation, options, verb, names);
    if (!report(context, options, installation, result, verb, `${verb} unit`)) return 1;
    await reloadManager(context, options, manager);
    if (!options.quiet && !options.noWarn) {
      if (manager !== undefined) await warnOfTriggers(context, manager, verb, names);
      if (tellsOfRules(context, verb) && result.count === 0) say(context, 'notice', noInstallConfigText(context));
      if (verb === 'disable' && options.scope === 'user') warnOfGlobal(context, options, names);
    }
    return options.now ? startOrStop(context, options, verb, names) : 0;
  };
}

/** Others may start again what is disabled or masked. */
async function warnOfTriggers(
  context: CliContext,
  manager: ManagerView,
  verb: InstallVerb,
  names: readonly string[],
): Promise<void> {
  const { installWarnsOfTriggers, triggersRemain } = context.host.voice.systemctl;
  if (!installWarnsOfTriggers || (verb !== 'disable' && verb !== 'mask')) return;
  // The manager has it, and a process of its own, which has no manager, needs none of it.
  const { activeTriggers } = await import('../common/jobs.ts');
  for (const name of names) {
    const triggers = activeTriggers(manager, name, verb === 'disable');
    if (triggers.length > 0)
      say(context, 'warning', triggersRemain(verb === 'disable' ? 'Disabling' : 'Masking', name, triggers));
  }
}

/** What is enabled for all users starts for this one as well. */
function warnOfGlobal(context: CliContext, options: SystemctlOptions, names: readonly string[]): void {
  const { host } = context;
  if (!host.voice.unitFiles.disableTellsOfGlobal) return;
  const { root } = options;
  const paths = lookupPaths({ scope: 'global', env: context.env, ...(root === undefined ? {} : { root }) });
  const search = new UnitFileSearch(host, paths);
  const enabled = names.filter((name) => /^enabled(-runtime)?$/.test(unitFileState(search, name)));
  if (enabled.length > 0)
    say(
      context,
      'notice',
      'The following unit files have been enabled in global scope. This means\n' +
        'they will still be started automatically after a successful disablement\n' +
        `in user scope:\n${enabled.join(', ')}`,
    );
}

/** What --now does after them. */
const nowActions: Partial<Record<InstallVerb, 'start' | 'stop' | 'try-restart'>> = {
  enable: 'start',
  disable: 'stop',
  mask: 'stop',
  reenable: 'try-restart',
};

/** --now. Without a manager nothing runs that would have to be stopped. */
async function startOrStop(
  context: CliContext,
  options: SystemctlOptions,
  verb: InstallVerb,
  names: readonly string[],
): Promise<number> {
  const action = nowActions[verb];
  if (action === undefined) return 0;
  const { nowOfTemplate, nowNeedsManager } = context.host.voice.systemctl;
  const all = names.map((name) => name.slice(name.lastIndexOf('/') + 1));
  if (context.manager === undefined || options.root !== undefined) {
    if (verb === 'enable') failVerb(context, nowNeedsManager(options.root !== undefined));
    return 0;
  }
  const isTemplate = (name: string): boolean => nowOfTemplate !== undefined && unitNameIsValid(name, 'template');
  for (const name of all)
    if (nowOfTemplate !== undefined && isTemplate(name)) say(context, 'warning', nowOfTemplate(verb, name));
  const units = all.filter((name) => !isTemplate(name));
  if (units.length === 0) return 0;
  const { verbStart } = await import('./start.ts');
  return verbStart(action)(context, options, units);
}

/** `disable` takes the name from a path. */
function withoutPaths(context: CliContext, names: readonly string[]): string[] {
  if (names.some((name) => name.includes('/')))
    say(context, 'warning', "Warning: Can't execute disable on the unit file path. Proceeding with the unit name.");
  return names.map((name) => name.slice(name.lastIndexOf('/') + 1));
}

function checkLinked(context: CliContext, { root }: SystemctlOptions, args: readonly string[]): void {
  const { unitFiles } = context.host.voice;
  for (const arg of args) {
    if (arg.includes('/')) continue;
    const name = mangleUnitName(arg) ?? arg;
    if (root !== undefined) failVerb(context, unitFiles.relativeLinkBelowRoot(name));
    failVerb(context, `Link argument must contain at least one directory separator.\n${unitFiles.relativeLink(name)}`);
  }
}

/** Whether a unit has a file or is active all the same. */
function unitExists(context: CliContext, manager: ManagerView, paths: LookupPaths, name: string): boolean {
  if (unitNameIsValid(name, 'template')) {
    const template = unitTemplateName(name) ?? name;
    return paths.search.some((directory) => {
      const found = chase(context.host.files, `${directory}/${template}`, paths.root);
      return 'path' in found;
    });
  }
  const unit = unitToTellOf(context, manager, name);
  return unit.loadState !== 'not-found' || unit.activeState !== 'inactive';
}

export const verbEnable = verbInstall('enable');
export const verbDisable = verbInstall('disable');
export const verbReenable = verbInstall('reenable');
export const verbLink = verbInstall('link');
export const verbPreset = verbInstall('preset');
export const verbMask = verbInstall('mask');
export const verbUnmask = verbInstall('unmask');
export const verbRevert = verbInstall('revert');

export const verbPresetAll: Verb = async (context, options) => {
  const installation = installationOf(context, options, context.host.voice.unitFiles.presetAllFailed);
  const flags = { runtime: options.runtime, force: options.force > 0 };
  const result = operations.presetAll(installation.search, flags, options.presetMode);
  if (!report(context, options, installation, result, 'preset', 'preset all units')) return 1;
  await reloadManager(context, options, installation.manager);
  return 0;
};

function verbAddDependency(kind: 'wants' | 'requires'): Verb {
  return async (context, options, args) => {
    const [first, ...rest] = args;
    if (first === undefined) return 0;
    const target = mangleTarget(context, options, 'as target', first);
    const names = mangleNames(context, options, 'as dependency', rest);
    const installation = installationOf(context, options, failureOf(context, 'add dependency on'));
    const flags = { runtime: options.runtime, force: options.force > 0 };
    const result = operations.addDependency(installation.search, flags, names, target, kind);
    if (!report(context, options, installation, result, 'add dependency on', 'add dependency')) return 1;
    await reloadManager(context, options, installation.manager);
    return 0;
  };
}

export const verbAddWants = verbAddDependency('wants');
export const verbAddRequires = verbAddDependency('requires');

// ---- questions ------------------------------------------------------------------------------------------------------

const enabledStates: ReadonlySet<string> = new Set([
  'enabled',
  'enabled-runtime',
  'static',
  'alias',
  'indirect',
  'generated',
]);

export const verbIsEnabled: Verb = async (context, options, args) => {
  const { unitFiles, systemctl } = context.host.voice;
  if (!unitFiles.scriptsFirst && checkRoot(context, options) !== undefined) {
    if (!options.quiet) for (const _ of args) context.out('not-found\n');
    return systemctl.unknownUnitStatus ?? 1;
  }
  const installation = installationOf(context, options);
  const { search, paths } = installation;
  const mangled = mangleNames(context, options, 'to check', args);
  const sysv = await installSysv(context, options, paths, 'is-enabled', mangled, search.directories);
  const { unknownIsEnabled, unknownUnitStatus } = context.host.voice.systemctl;
  let { enabled } = sysv;
  // A script that was asked about is known.
  let known = sysv.names.length < mangled.length;
  for await (const name of inTurns(context, sysv.names)) {
    const state = unitFileState(search, name);
    if (state === 'ENOENT' && unknownIsEnabled === 'not-found') {
      if (!options.quiet) context.out('not-found\n');
      continue;
    }
    known = true;
    if (isErrorCode(state)) failVerb(context, `Failed to get unit file state for ${name}: ${errorText(state)}`);
    enabled ||= enabledStates.has(state);
    if (options.quiet) continue;
    context.out(`${state}\n`);
    if (options.full) printLinks(context, options, search, name);
  }
  if (enabled) return 0;
  return known ? 1 : (unknownUnitStatus ?? 1);
};

/** is-enabled --full: links that `disable` would remove. */
function printLinks(context: CliContext, options: SystemctlOptions, search: UnitFileSearch, name: string): void {
  const { error, changes } = operations.disable(search, { dryRun: true, runtime: options.runtime }, [name]);
  if (error !== undefined) failVerb(context, `Failed to get file links for ${name}: ${errorText(error)}`);
  for (const change of changes) if (change.kind === 'unlink') context.out(`  ${change.path}\n`);
}

/** The default target, or why there is none. */
function defaultOf({ search }: Installation): { name: string } | { message: string } {
  const found = operations.getDefault(search);
  if ('name' in found) return found;
  return { message: found.error === 'ERFKILL' ? 'Unit file is masked.' : errorText(found.error) };
}

export const verbGetDefault: Verb = (context, options) => {
  const found = defaultOf(installationOf(context, options, (reason) => `Failed to get default target: ${reason}`));
  if ('message' in found) failVerb(context, `Failed to get default target: ${found.message}`);
  context.out(`${found.name}\n`);
  warnOfCommandLine(context, options);
  return 0;
};

export const verbSetDefault: Verb = async (context, options, args) => {
  const name = mangleTarget(context, options, 'set-default', args[0] ?? '');
  const installation = installationOf(context, options, failureOf(context, 'set default'));
  const result = operations.setDefault(installation.search, { force: true }, name);
  if (!report(context, options, installation, result, 'set default', 'set default target')) return 1;
  await reloadManager(context, options, installation.manager);
  warnOfCommandLine(context, options);
  if (options.quiet) return 0;
  const found = defaultOf(installation);
  if ('message' in found) failVerb(context, `Failed to get default target: ${found.message}`);
  if (found.name !== name)
    say(context, 'notice', `Note: "${found.name}" is the default unit (possibly a runtime override).`);
  return 0;
};

/** Words of the command line that name what is booted, besides systemd.unit= (kernel-command-line(7)). */
const runlevelWords: ReadonlySet<string> = new Set('emergency -b rescue single -s s S 1 2 3 4 5'.split(' '));

/** A container's command line is that of its first process. */
function warnOfCommandLine(context: CliContext, options: SystemctlOptions): void {
  if (options.quiet || options.root !== undefined) return;
  const { host } = context;
  let words: string[];
  if (host.virtualization().container !== 'none') words = host.commandLine(1) ?? [];
  else {
    try {
      words = host.files.readText('/proc/cmdline', 64 * 1024).split(/\s+/);
    } catch {
      return;
    }
  }
  let override: string | undefined;
  for (const word of words) {
    const unit = /^systemd[._-]unit=(.*)$/.exec(word)?.[1];
    if (unit !== undefined) {
      if (unitNameIsValid(unit, 'plain', 'instance')) override = 'systemd.unit';
    } else if (runlevelWords.has(word)) override = word;
  }
  if (override !== undefined)
    say(context, 'notice', `Note: found "${override}" on the kernel commandline, which overrides the default unit.`);
}
