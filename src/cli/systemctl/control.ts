/** Verbs that do something to units without a job: kill, clean, freeze, reset-failed, set-property and their kin. */

import type { KillWhom } from '../../exec/kill.ts';
import type { PropertySetting } from '../../manager/set-property.ts';
import { workInTurns } from '../../program/in-turns.ts';
import { say } from '../../program/messages.ts';
import { errorText } from '../../sys/error-text.ts';
import { SystemError } from '../../sys/host.ts';
import { parseUnsigned } from '../../text/numbers.ts';
import { pathIsAbsolute, pathIsNormalized, pathStartsWith } from '../../text/paths.ts';
import { JobError } from '../../units/job-types.ts';
import { Service } from '../../units/service.ts';
import type { Unit } from '../../units/unit.ts';
import { signalName, sigRtMin } from '../../values/signals.ts';
import type { AskedMount, MountRefusals } from '../../voice/systemctl.ts';
import type { CliContext } from '../common/context.ts';
import { failVerb, isBusError } from '../common/failure.ts';
import { finishInactive } from '../common/jobs.ts';
import { loadUnit, type ManagerView, managerOf, whyNoProperties } from '../common/manager-view.ts';
import { PropertyError, UnitText } from '../common/unit-text.ts';
import { hasOwnMounts } from '../show/later.ts';
import type { SystemctlOptions } from './options.ts';
import { sayNoUnit, unitOfProcess } from './status.ts';
import { expandUnitNames, mangleOne } from './units.ts';
import type { Verb } from './verb.ts';

/** Does something to each unit; the exit status is 1 where it failed for one. `word` begins the message of a failure. */
async function forEachUnit(
  context: CliContext,
  options: SystemctlOptions,
  args: readonly string[],
  word: string,
  act: (unit: Unit, manager: ManagerView) => void | Promise<void>,
): Promise<number> {
  const manager = managerOf(context);
  let status = 0;
  for (const name of (await expandUnitNames(context, manager, options, args)).names) {
    try {
      const unit = manager.units.find(name);
      // One whose file is gone is still there while it runs, or until its failure is forgotten.
      if (unit === undefined || (unit.loadState === 'not-found' && unit.activeState === 'inactive'))
        throw new JobError('org.freedesktop.systemd1.NoSuchUnit', `Unit ${name} not loaded.`);
      await act(unit, manager);
    } catch (error) {
      if (!isBusError(error)) throw error;
      say(context, 'error', `${word} ${name}: ${error.message}`);
      status = 1;
    }
  }
  return status;
}

const killWhom: ReadonlySet<string> = new Set<KillWhom>([
  'main',
  'control',
  'all',
  'main-fail',
  'control-fail',
  'all-fail',
]);

const isKillWhom = (text: string): text is KillWhom => killWhom.has(text);

const invalidArgs = 'org.freedesktop.DBus.Error.InvalidArgs';

export const verbKill: Verb = async (context, options, args) => {
  const killed: Unit[] = [];
  const whom = `${options.killWhom || 'all'}${options.jobMode === 'fail' ? '-fail' : ''}`;
  const status = await forEachUnit(context, options, args, 'Failed to kill unit', async (unit, manager) => {
    if (!isKillWhom(whom)) throw new JobError(invalidArgs, context.host.voice.systemctl.badKillWhom(whom));
    if (options.killValue !== undefined && options.signal < sigRtMin) {
      const name = `SIG${signalName(options.signal)}`;
      throw new JobError(
        invalidArgs,
        `Value parameter only accepted for realtime signals (SIGRTMIN…SIGRTMAX), refusing for signal ${name}.`,
      );
    }
    await workInTurns(context, manager.requests.killing(unit, whom, options.signal, options.killValue));
    killed.push(unit);
  });
  return options.wait ? finishInactive(context, managerOf(context), options, killed, status) : status;
};

export const verbResetFailed: Verb = (context, options, args) => {
  if (args.length > 0)
    return forEachUnit(context, options, args, 'Failed to reset failed state of unit', (unit) =>
      managerOf(context).units.resetFailedOf(unit),
    );
  if (!options.dryRun) managerOf(context).units.resetFailed();
  return 0;
};

/** The unit, referenced by the call; complains where there is no such unit. */
function reference(context: CliContext, manager: ManagerView, name: string): Unit | undefined {
  const unit = loadUnit(manager, name);
  const missing = unit instanceof JobError ? unit.message : unit.loaded.loadError?.message;
  if (!(unit instanceof JobError) && missing === undefined) return unit;
  say(context, 'error', `Failed to add reference to unit ${name}: ${missing}`);
  return undefined;
}

/** Units that are being cleaned for a call, and its exit status so far. */
interface Cleaning {
  readonly units: readonly string[];
  readonly status: number;
}

export const verbClean: Verb = async (context, options, args) => {
  const manager = managerOf(context);
  if (context.continuation !== undefined) {
    const { units, status } = context.continuation.facts as Cleaning;
    return finishCleaning(
      context,
      manager,
      units.flatMap((name) => manager.units.find(name) ?? []),
      status,
    );
  }
  const cleaning: Unit[] = [];
  let status = 0;
  for (const name of (await expandUnitNames(context, manager, options, args)).names) {
    const unit = reference(context, manager, name);
    if (unit === undefined) {
      status = 1;
      continue;
    }
    try {
      manager.requests.clean(unit, options.what ?? ['cache', 'runtime']);
      cleaning.push(unit);
    } catch (error) {
      if (!isBusError(error)) throw error;
      say(context, 'error', `Failed to clean unit ${name}: ${error.message}`);
      status = 1;
    }
  }
  return options.noBlock ? status : finishCleaning(context, manager, cleaning, status);
};

async function finishCleaning(
  context: CliContext,
  manager: ManagerView,
  units: readonly Unit[],
  status: number,
): Promise<number> {
  const { callerProcess } = context;
  const facts: Cleaning = { units: units.map(({ id }) => id), status };
  if (callerProcess !== undefined) callerProcess.goesOn = () => ({ kind: 'call', facts });
  const results = await Promise.all(units.map((unit) => cleaned(context, manager, unit)));
  return results.every((good) => good) ? status : 1;
}

/** Resolves once the unit is not being cleaned any more: whether everything is gone. */
function cleaned(context: CliContext, manager: ManagerView, unit: Unit): Promise<boolean> {
  return new Promise((resolve) => {
    const done = (): boolean => unit.activeState !== 'maintenance';
    const finish = (): void => resolve(!(unit instanceof Service) || unit.cleanResult === 'success');
    if (done()) return finish();
    const watch = manager.changes.watch(unit, () => {
      if (!done()) return;
      watch.close();
      finish();
    });
    context.signal.addEventListener(
      'abort',
      () => {
        watch.close();
        resolve(false);
      },
      { once: true },
    );
  });
}

/** Processes can be suspended only with a control group of their own that may be written. */
export function verbFreeze(verb: 'freeze' | 'thaw'): Verb {
  return async (context, options, args) => {
    const manager = managerOf(context);
    let status = 0;
    for (const name of (await expandUnitNames(context, manager, options, args)).names) {
      const unit = reference(context, manager, name);
      try {
        if (unit !== undefined) manager.requests.freeze(unit, verb);
      } catch (error) {
        if (!isBusError(error)) throw error;
        say(context, 'error', `Failed to ${verb} unit ${name}: ${error.message}`);
      }
      status = 1;
    }
    return status;
  };
}

const dropInHeader = `# This is a drop-in unit file extension, created via "systemctl set-property"
# or an equivalent operation. Do not edit.
`;

export const verbSetProperty: Verb = async (context, options, args) => {
  const [pattern = '', ...all] = args;
  const assignments = all.filter((assignment) => !assignment.startsWith('Markers='));
  const markers = all.flatMap((a) => (a.startsWith('Markers=') ? [a.slice(8).split(/\s+/).filter(Boolean)] : []));
  const manager = managerOf(context);
  let status = 0;
  for (const name of (await expandUnitNames(context, manager, options, [pattern])).names) {
    try {
      const unit = loadUnit(manager, name);
      const settings = propertiesOf(context, manager, name, unit instanceof JobError ? undefined : unit, assignments);
      if (unit instanceof JobError) throw unit;
      const { loadError } = unit.loaded;
      if (loadError !== undefined) throw new JobError(loadError.name, loadError.message);
      manager.requests.setProperties(unit, options.runtime, settings, markers);
    } catch (error) {
      if (!isBusError(error)) throw error;
      say(context, 'error', `Failed to set unit properties on ${name}: ${error.message}`);
      status = 1;
    }
  }
  return status;
};

/** What systemctl can't send ends the program; what the manager would refuse is told by `refused`. */
function propertiesOf(
  context: CliContext,
  manager: ManagerView,
  name: string,
  unit: Unit | undefined,
  assignments: readonly string[],
): PropertySetting[] {
  const texts = new Map<string, UnitText>();
  return assignments.map((assignment) => {
    const equals = assignment.indexOf('=');
    const [key, value] = [assignment.slice(0, equals), assignment.slice(equals + 1)];
    const text = texts.get(key) ?? new UnitText(manager, name, { header: dropInHeader, current: unit?.loaded });
    texts.set(key, text);
    let refused: string | undefined;
    try {
      text.assign(assignment);
    } catch (error) {
      if (!(error instanceof PropertyError)) throw error;
      if (!error.byManager) failVerb(context, error.message);
      refused = error.message;
    }
    return { key, property: text.propertyOf(key, value), text: text.text, refused };
  });
}

type Why = (says: MountRefusals) => string;

/** A service's main process where it sees a file system of its own; `refuse` says why a mount can't be put there. */
function placeOfMount(context: CliContext, unit: Service, mount: AskedMount, refuse: (why: Why) => never): number {
  const hidden = unit.loaded.exec?.InaccessiblePaths ?? [];
  if (hidden.some(({ path }) => pathStartsWith(mount.target, path) !== undefined))
    return refuse((says) => says.hidden(mount));
  const { files, pid: own } = context.host;
  const namespaceOf = (pid: number): string | undefined => {
    try {
      return files.readlink(`/proc/${pid}/ns/mnt`);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      return undefined;
    }
  };
  const { mainPid } = unit;
  if (mainPid === 0) return refuse((says) => (hasOwnMounts(unit) ? says.down(mount) : says.shared(mount)));
  const space = namespaceOf(mainPid);
  return space === undefined || space === namespaceOf(own) ? refuse((says) => says.shared(mount)) : mainPid;
}

const partitions = /^(?:root|usr|home|srv|esp|xbootldr|swap|(?:root|usr)-verity(?:-sig)?|tmp|var)$/;

/** Mount options of an image may begin with the partition that they are for. */
const namesPartition = (text: string): boolean =>
  !text.includes(':') || partitions.test(text.slice(0, text.indexOf(':')));

/** What `bind` and `mount-image` have in common: the unit's main process, and both ends. */
function mountVerb(
  what: string,
  method: string,
  mount: (context: CliContext, options: SystemctlOptions, at: { pid: number; source: string; target: string }) => void,
): Verb {
  return (context, options, [unit = '', source = '', target = source, imageOptions = '']) => {
    const name = mangleOne(context, options, unit);
    if (!namesPartition(imageOptions)) failVerb(context, 'Failed to create bus message: Invalid argument');
    const fail = (reason: string): never => failVerb(context, `Failed to ${what}: ${reason}`);
    const refuse = (why: Why): never => fail(why(context.host.voice.systemctl.mountRefusals));
    const found = managerOf(context).units.find(name);
    if (found === undefined) return fail(`Unit ${name} not loaded.`);
    const asked = { method, unit: found.id, source, target };
    if (!(found instanceof Service)) return refuse((says) => says.type(asked, found.type));
    const { ownMountsFirst } = context.host.voice.systemctl;
    if (ownMountsFirst && !hasOwnMounts(found)) return refuse((says) => says.shared(asked));
    const named = { Source: source, Destination: target };
    for (const [end, path] of Object.entries(named))
      if (!pathIsAbsolute(path) || !pathIsNormalized(path)) return refuse((says) => says.path(end));
    const pid = placeOfMount(context, found, asked, refuse);
    try {
      mount(context, options, { pid, source, target });
      return 0;
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      return refuse((says) => says.failed(asked, errorText(error.code)));
    }
  };
}

export const verbBind: Verb = mountVerb(
  'bind mount',
  'BindMountUnit',
  ({ host }, { readOnly, mkdir }, { pid, source, target }) =>
    host.bindInto(pid, source, target, { readOnly, make: mkdir }),
);
/** Needs loop devices, which containers do not have. */
export const verbMountImage: Verb = mountVerb('mount image', 'MountImageUnit', ({ host }, _options, { source }) => {
  if (host.files.stat(source).type === 'directory') throw new SystemError('EISDIR', 21, 'mount', source);
  throw new SystemError('EOPNOTSUPP', 95, 'mount', source);
});

/** service-log-level, service-log-target: asks the service over D-Bus, which is not there. */
export const verbServiceLog: Verb = (context, options, args) => {
  const manager = managerOf(context);
  const name = mangleOne(context, options, args[0]!, 'service-log-level');
  const unit = loadUnit(manager, name);
  if (unit instanceof JobError)
    failVerb(context, `Failed to obtain BusName= property of ${name}: ${whyNoProperties(name, unit)}`);
  if (unit.loaded.service?.BusName === undefined) {
    if (!(unit instanceof Service))
      failVerb(
        context,
        `Failed to obtain BusName= property of ${name}: ` +
          'Unknown interface org.freedesktop.systemd1.Service or property BusName.',
      );
    say(context, 'error', `Unit ${name} doesn't declare BusName=.`);
    if (!options.quiet)
      say(
        context,
        'notice',
        'Hint: the service must declare BusName= and implement the appropriate D-Bus interface.\n' +
          '      See the org.freedesktop.LogControl1(5) man page for details.',
      );
    return 1;
  }
  return failVerb(context, 'Failed to connect to bus: No such file or directory');
};

/** Of systemd 254: the unit of the caller, or of processes. */
export const verbWhoami: Verb = (context, _options, args) => {
  const manager = managerOf(context);
  let status = 0;
  const one = (pid: number): void => {
    const unit = unitOfProcess(manager, pid);
    if (unit !== undefined) context.out(`${unit.id}\n`);
    else {
      sayNoUnit(context, pid);
      status = 1;
    }
  };
  if (args.length === 0) one(context.caller.pid);
  for (const arg of args) one(parseUnsigned(arg) || failVerb(context, `Invalid PID specified: ${arg}`));
  return status;
};
