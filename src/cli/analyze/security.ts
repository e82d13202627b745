/** systemd-analyze security: how much of the system a service could reach. */

import { styleOf } from '../../program/colors.ts';
import { inTurns, sortedInTurns } from '../../program/in-turns.ts';
import { say } from '../../program/messages.ts';
import { Table } from '../../program/table.ts';
import { errorText } from '../../sys/error-text.ts';
import { SystemError } from '../../sys/host.ts';
import { mangleUnitName, replaceUnitInstance, unitNameIsValid } from '../../unitfile/language/unit-name.ts';
import type { LoadedUnit } from '../../unitfile/load/loaded-unit.ts';
import { JobError } from '../../units/job-types.ts';
import type { CliContext } from '../common/context.ts';
import { managerOf } from '../common/manager-view.ts';
import { analyzedManager } from './boot-times.ts';
import { absolute, Findings, loadArgument, loadingManager, nameOf } from './loading-manager.ts';
import type { AnalyzeOptions } from './options.ts';
import { assess, type Exposure, fileUrl, printTable } from './security/assess.ts';
import type { JudgedUnit } from './security/judgements.ts';
import { type Policy, readPolicy } from './security/policy.ts';

/** Undefined for what runs no programs. `implied`: settings that need a mount namespace count as PrivateMounts=. */
function judged(context: CliContext, loaded: LoadedUnit, implied: boolean): JudgedUnit | undefined {
  const { exec, cgroup } = loaded;
  if (exec === undefined || cgroup === undefined) return undefined;
  const needsMounts =
    exec.PrivateDevices ||
    exec.PrivateTmp !== 'no' ||
    exec.ProtectControlGroups !== 'no' ||
    exec.ProtectKernelTunables ||
    exec.ProtectKernelModules ||
    exec.ProtectHome !== 'no' ||
    exec.ProtectSystem !== 'no' ||
    exec.RootImage !== undefined;
  return {
    id: loaded.id,
    fragmentPath: loaded.fragmentPath,
    defaultDependencies: loaded.unit.DefaultDependencies,
    notifyAccess: loaded.service?.NotifyAccess ?? 'none',
    exec,
    cgroup,
    privateMounts: exec.PrivateMounts || (implied && needsMounts),
    machine: context.host.uname().machine,
    systemCalls: context.host.voice.systemCalls,
  };
}

/** The name of a service as an argument says it; a text is what is wrong with it. */
function serviceName(context: CliContext, options: AnalyzeOptions, argument: string): { name: string } | string {
  const name = mangleUnitName(argument, { notice: (text) => say(context, 'notice', text) });
  if (name === undefined) return `Failed to mangle unit name '${argument}': Invalid argument`;
  if (!name.endsWith('.service')) return `Unit ${argument} is not a service unit, refusing.`;
  const instance = unitNameIsValid(name, 'template')
    ? replaceUnitInstance(name, options.instance ?? context.host.voice.analyze.liveInstance)
    : name;
  return { name: instance ?? name };
}

/** Collects services and says at the end how the call went. */
class Review {
  readonly #context: CliContext;
  readonly #options: AnalyzeOptions;
  readonly #policy: Policy;
  readonly #style;
  readonly #overview = new Table('unit', 'exposure', 'predicate', 'happy');
  status = 0;

  constructor(context: CliContext, options: AnalyzeOptions, policy: Policy) {
    this.#context = context;
    this.#options = options;
    this.#policy = policy;
    this.#style = styleOf(context);
  }

  async judge(unit: JudgedUnit, details: boolean): Promise<void> {
    const exposure = await assess(this.#context, this.#style, this.#options, unit, this.#policy, details);
    this.#addToOverview(unit, exposure);
    if (exposure.value > this.#options.threshold) this.status = 1;
  }

  #addToOverview(unit: JudgedUnit, { text, word, color, smiley }: Exposure): void {
    const { fragmentPath } = unit;
    this.#overview.add(
      { text: unit.id, ...(fragmentPath === undefined ? {} : { url: fileUrl(this.#context, fragmentPath) }) },
      { text: text.padStart('EXPOSURE'.length), json: text },
      { text: word, color },
      smiley,
    );
  }

  printOverview(): Promise<void> {
    return printTable(this.#context, this.#style, this.#options, this.#overview);
  }

  /** A message, and exit status 1 in the end. */
  refuse(text: string): void {
    say(this.#context, 'error', text);
    this.status = 1;
  }
}

/** Every long-running service that is loaded. */
async function reviewAll(context: CliContext, review: Review): Promise<void> {
  const all = [...managerOf(context).units.all()].filter(({ id, loadState, loaded }) => {
    return id.endsWith('.service') && loadState === 'loaded' && loaded.service?.Type !== 'oneshot';
  });
  const services = await sortedInTurns(context, all, (a, b) => (a.id < b.id ? -1 : 1));
  for await (const { loaded } of inTurns(context, services)) {
    const unit = judged(context, loaded, true);
    if (unit !== undefined) await review.judge(unit, false);
  }
  await review.printOverview();
}

async function reviewNamed(
  context: CliContext,
  options: AnalyzeOptions,
  review: Review,
  args: readonly string[],
): Promise<void> {
  for await (const [index, argument] of inTurns(context, args.entries())) {
    if (index > 0) context.out('\n');
    const named = serviceName(context, options, argument);
    // what has been found so far is not summed up
    if (typeof named === 'string') return review.refuse(named);
    const { name } = named;
    try {
      const { loadState, loaded } = managerOf(context).units.load(name);
      const unit = loadState === 'loaded' ? judged(context, loaded, true) : undefined;
      if (unit !== undefined) await review.judge(unit, true);
      else if (loadState === 'not-found') review.refuse(`Unit ${name} not found, cannot analyze.`);
      else if (loadState === 'masked') review.refuse(`Unit ${name} is masked, cannot analyze.`);
      else review.refuse(`Unit ${name} not loaded properly, cannot analyze.`);
    } catch (error) {
      if (!(error instanceof JobError)) throw error;
      review.refuse(`Failed to get unit properties: ${error.message}`);
    }
  }
  if (args.length === 1) return;
  context.out('\n');
  await review.printOverview();
}

const profileDirectories = ['/etc', '/run', '/usr/local/lib', '/usr/lib', '/lib'];

/** Where the profile of --profile= is: a path, or the name of one that portable services have. */
function profilePath(context: CliContext, profile: string, unit: string): string | undefined {
  if (profile.includes('/')) return profile;
  const type = unit.slice(unit.lastIndexOf('.') + 1);
  return profileDirectories
    .map((directory) => `${directory}/systemd/portable/profile/${profile}/${type}.conf`)
    .find((path) => context.host.files.access(path, 'exists'));
}

/** Puts the profile in a directory of drop-ins for each file. A text is what is wrong. */
function addProfile(
  context: CliContext,
  profile: string,
  directory: string,
  args: readonly string[],
): string | undefined {
  const { files } = context.host;
  for (const argument of args) {
    const name = nameOf(absolute(context, argument));
    const path = profilePath(context, profile, name);
    if (path === undefined) return `Failed to find portable profile ${profile}: ${errorText('ENOENT')}`;
    try {
      const text = files.readFile(path);
      files.mkdirs(`${directory}/${name}.d`, 0o755);
      files.writeAtomic(`${directory}/${name}.d/profile.conf`, text, 0o644);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      return `Failed to copy: ${errorText(error.code)}`;
    }
  }
  return undefined;
}

/** --offline=: files, through a manager of their own. */
async function reviewFiles(
  context: CliContext,
  options: AnalyzeOptions,
  review: Review,
  args: readonly string[],
): Promise<void> {
  const { host } = context;
  const hearsExits = host.onExits;
  const { profile } = options;
  const directory = `/tmp/systemd-analyze-${host.randomBytes(6).toString('hex')}`;
  try {
    if (profile !== undefined) {
      host.files.mkdir(directory, 0o700);
      const wrong = addProfile(context, profile, directory, args);
      if (wrong !== undefined) return review.refuse(wrong);
    }
    const findings = new Findings(context, options.scope === 'system' ? 'system' : 'user');
    const manager = loadingManager(context, options, args, findings, profile === undefined ? [] : [directory]);
    const units: JudgedUnit[] = [];
    for (const argument of args) {
      const loaded = loadArgument(context, options, manager, argument)?.loaded;
      const unit = loaded === undefined ? undefined : judged(context, loaded, host.voice.analyze.offlineImpliesMounts);
      if (unit !== undefined) units.push(unit);
      else review.status = 1;
    }
    for await (const unit of inTurns(context, units)) await review.judge(unit, true);
  } finally {
    host.onExits = hearsExits;
    if (profile !== undefined) host.files.removeTree(directory);
  }
}

/** All loaded services at a glance, the named ones one by one, or unit files that no manager knows. */
export async function security(context: CliContext, options: AnalyzeOptions, args: readonly string[]): Promise<number> {
  if (!options.offline && analyzedManager(context) === undefined) return 1;
  const policy = readPolicy(context, options.securityPolicy);
  if (typeof policy === 'string') {
    say(context, 'error', policy);
    return 1;
  }
  const { offlineNeedsUnits } = context.host.voice.analyze;
  if (options.offline && args.length === 0 && offlineNeedsUnits !== undefined) {
    say(context, 'error', offlineNeedsUnits);
    return 1;
  }
  const review = new Review(context, options, policy);
  if (options.offline) await reviewFiles(context, options, review, args);
  else if (args.length === 0) await reviewAll(context, review);
  else await reviewNamed(context, options, review, args);
  return review.status;
}
