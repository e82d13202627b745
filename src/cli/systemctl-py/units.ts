/** default-services, list-start-dependencies, environment: what units are, as the manager has read them. */

import { isBoundToUser } from '../../exec/confinement.ts';
import { directoryPaths } from '../../exec/directories.ts';
import { loadEnvironmentFiles, processEnvironment } from '../../exec/environment.ts';
import { SpawnError, StepFailure } from '../../exec/failure.ts';
import { resolveIdentity, resolveOwnIdentity } from '../../exec/identity.ts';
import { inTurns } from '../../program/in-turns.ts';
import { say } from '../../program/messages.ts';
import type { ExecSettings } from '../../unitfile/directives/exec.ts';
import { mangleUnitName } from '../../unitfile/language/unit-name.ts';
import { JobError } from '../../units/job-types.ts';
import { reasonNotRun } from '../../units/not-run.ts';
import type { Unit } from '../../units/unit.ts';
import type { CliContext } from '../common/context.ts';
import { failVerb } from '../common/failure.ts';
import { loadUnit, managerOf } from '../common/manager-view.ts';
import { readExtraVars } from './extra-vars.ts';
import type { PyVerb } from './verb.ts';

/** What systemctl.py ends with for a unit that is not there. */
const notFoundStatus = 4;

function unitNamed(context: CliContext, arg: string, suffix = '.service'): Unit {
  const name = mangleUnitName(arg, { suffix }) ?? failVerb(context, `'${arg}' is no name of a unit.`);
  const unit = loadUnit(managerOf(context), name);
  if (unit instanceof JobError) failVerb(context, unit.message);
  return unit.loadState === 'not-found' ? failVerb(context, `Unit ${name} not found.`, notFoundStatus) : unit;
}

/** What a start of a unit pulls in, or asks for. */
const startKinds = ['Requires', 'Requisite', 'BindsTo', 'Wants', 'Upholds'] as const;

/** Daemons of systemd's own: systemctl.py passes over them as well, where --all does not ask for them. */
const isSystemds = ({ id, loaded }: Unit): boolean =>
  id.startsWith('systemd-') || reasonNotRun(id, loaded.fragmentPath) !== undefined;

/** Sockets and services that a boot of the default target brings up, or of those named. */
export const verbDefaultServices: PyVerb = async (context, options, args) => {
  const targets = (args.length > 0 ? args : ['default.target']).map((arg) => unitNamed(context, arg, '.target'));
  const seen = new Set<Unit>(targets);
  const found: Unit[] = [];
  for await (const target of inTurns(context, seen)) {
    if (target.type !== 'target') continue;
    for (const kind of startKinds)
      for (const unit of target.dependencies.get(kind) ?? []) {
        if (seen.has(unit)) continue;
        seen.add(unit);
        if (unit.type !== 'socket' && unit.type !== 'service') continue;
        if (unit.loadState === 'loaded' && (options.all || !isSystemds(unit))) found.push(unit);
      }
  }
  for (const type of ['socket', 'service']) {
    const names = found.filter((unit) => unit.type === type).map(({ id }) => id);
    for (const name of names.sort()) context.out(`${name}\n`);
  }
  return 0;
};

/** Units that are started with those named, in their order, and what asks for each. */
export const verbListStartDependencies: PyVerb = async (context, _options, args) => {
  const why = new Map<Unit, string[]>();
  const requested = args.map((arg) => unitNamed(context, arg));
  for (const unit of requested) why.set(unit, ['Requested']);
  for (const { loaded } of requested)
    for await (const { kind, name, origin } of inTurns(context, loaded.dependencies)) {
      // What a line says, or a link in a .wants directory.
      if (origin !== 'file' || !startKinds.some((known) => known === kind)) continue;
      const unit = loadUnit(managerOf(context), name);
      if (unit instanceof JobError || unit.loadState !== 'loaded' || unit.type === 'slice') continue;
      const kinds = why.get(unit);
      if (kinds === undefined) why.set(unit, [kind]);
      else if (!kinds.includes(kind) && !requested.includes(unit)) kinds.push(kind);
    }
  for (const unit of inStartOrder([...why.keys()])) context.out(`${unit.id}\t(${why.get(unit)!.join(' ')})\n`);
  return 0;
};

const byName = (a: Unit, b: Unit): number => (a.id < b.id ? -1 : 1);

/** By After=, and by name where that says nothing. */
function inStartOrder(units: readonly Unit[]): Unit[] {
  const wanted = new Set(units);
  const seen = new Set<Unit>();
  const order: Unit[] = [];
  for (const first of [...units].sort(byName)) {
    // A unit goes on the stack a second time below those that come before it.
    const stack: { unit: Unit; placed: boolean }[] = [{ unit: first, placed: false }];
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      const { unit, placed } = top;
      if (placed) order.push(unit);
      else if (!seen.has(unit)) {
        seen.add(unit);
        stack.push({ unit, placed: true });
        const before = [...(unit.dependencies.get('After') ?? [])].filter((other) => wanted.has(other));
        for (const other of before.sort(byName).reverse()) stack.push({ unit: other, placed: false });
      }
    }
  }
  return order;
}

/** What the processes of a unit are given, but for what differs from one start to the next. */
export const verbEnvironment: PyVerb = (context, options, [arg = '']) => {
  const unit = unitNamed(context, arg);
  const { exec } = unit.loaded;
  if (exec === undefined) failVerb(context, `Unit ${unit.id} runs no program.`);
  const extra = readExtraVars(context.host.files, options.extraVars, context.cwd);
  if ('error' in extra) failVerb(context, extra.error);
  const values = new Map<string, string>();
  for (const entry of [...environmentOf(context, unit, exec), ...extra.assignments])
    values.set(entry.slice(0, entry.indexOf('=')), entry);
  for (const name of [...values.keys()].sort()) context.out(`${values.get(name)}\n`);
  return 0;
};

function environmentOf(context: CliContext, unit: Unit, exec: ExecSettings): string[] {
  const { manager } = unit;
  const { host, directories: roots } = manager;
  try {
    const identity = isBoundToUser(manager)
      ? resolveOwnIdentity(host, exec)
      : resolveIdentity(host, exec, directoryPaths(exec, roots));
    const block = processEnvironment({
      host,
      exec,
      unit: unit.id,
      invocationId: '',
      roots,
      manager: manager.environmentBlock(),
      type: [],
      files: loadEnvironmentFiles(host, exec.EnvironmentFile, (text) => say(context, 'warning', text)),
      identity,
      passed: [],
      watchdogUSec: undefined,
      seesCredentials: true,
      journalStream: undefined,
    });
    return block.filter((entry) => entry !== 'SYSTEMD_EXEC_PID=');
  } catch (error) {
    if (!(error instanceof SpawnError || error instanceof StepFailure)) throw error;
    return failVerb(context, `${unit.id}: ${error.message}: ${error.reason}`);
  }
}
