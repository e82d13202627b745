/** Managers that only load: what `systemd-analyze verify` and `security --offline=` see units through. */
import { validateLoadState } from '../../jobs/transaction.ts';
import { Journal, type LogMessage } from '../../journal/journal.ts';
import { defaultConfig } from '../../journal/storage/config.ts';
import type { Manager } from '../../manager/manager.ts';
import { type Severity, say } from '../../program/messages.ts';
import { pathJoin, pathSimplify } from '../../text/paths.ts';
import { lookupPaths } from '../../unitfile/files/load-path.ts';
import {
  replaceUnitInstance,
  unitNameIsValid,
  unitNameKind,
  unitTemplateName,
} from '../../unitfile/language/unit-name.ts';
import { createLoader, type UnitLoader } from '../../unitfile/load/loader.ts';
import { JobError } from '../../units/job-types.ts';
import type { Unit } from '../../units/unit.ts';
import type { CliContext } from '../common/context.ts';
import { readingManager } from '../common/reading-manager.ts';
import type { AnalyzeOptions } from './options.ts';

const severities: readonly Severity[] = ['error', 'error', 'error', 'error', 'warning', 'notice', 'info'];

/** The log of a manager that only loads: goes to stderr, and remembers whose files had something wrong in them. */
export class Findings extends Journal {
  readonly #context: CliContext;
  readonly units = new Set<string>();

  constructor(context: CliContext, scope: 'system' | 'user') {
    super(context.host, { scope, config: { ...defaultConfig(), storage: 'none' } });
    this.#context = context;
  }

  override log({ message, priority, unit, fields }: LogMessage): void {
    const severity = severities[priority];
    if (severity !== undefined) say(this.#context, severity, message);
    if (unit !== undefined && priority <= 4 && fields?.CONFIG_FILE !== undefined) this.units.add(unit);
  }
}

function directoryOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Absolute, seen from where the caller is. */
export function absolute(context: CliContext, path: string): string {
  return pathSimplify(path.startsWith('/') ? path : pathJoin(context.cwd, path));
}

/** The directory that holds an argument, or the template of it. */
function unitDirectory(context: CliContext, argument: string): string | undefined {
  const { files } = context.host;
  const path = absolute(context, argument);
  if (files.access(path, 'exists')) return directoryOf(path);
  const template = unitTemplateName(nameOf(path));
  if (template === undefined || unitNameKind(nameOf(path)) !== 'instance') return undefined;
  return files.access(`${directoryOf(path)}/${template}`, 'exists') ? directoryOf(path) : undefined;
}

/**
 * A manager whose load path begins with the directories of the arguments, and ends with `more`. It starts nothing and
 * listens to nothing.
 */
export function loadingManager(
  context: CliContext,
  options: AnalyzeOptions,
  args: readonly string[],
  journal: Findings,
  more: readonly string[] = [],
): Manager {
  const { host, env, caller } = context;
  const scope = options.scope === 'system' ? 'system' : 'user';
  const own = [...new Set(args.map((arg) => unitDirectory(context, arg)).filter((path) => path !== undefined))];
  const given = env.SYSTEMD_UNIT_PATH;
  const path = own.length === 0 ? given : given === '' ? own.join(':') : [...own, given ?? ''].join(':');
  const home = env.HOME ?? host.lookupUser(String(caller.uid))?.home;
  const paths = lookupPaths({
    scope,
    usrLibFirst: host.voice.unitFiles.usrLibFirst,
    env: { ...env, SYSTEMD_UNIT_PATH: path },
    ...(options.root === undefined ? {} : { root: options.root }),
    ...(home === undefined ? {} : { home }),
  });
  const search = more.length === 0 ? paths : { ...paths, search: [...paths.search, ...more] };
  const alone = options.recursiveErrors === 'no' || options.offline;
  const loader = createLoader(host, { scope, paths: search, alone });
  if (alone) loadAlone(loader);
  return readingManager(host, { scope, loader, journal });
}

/** `--recursive-errors=no`, `--offline=`: units are read without what they depend on. */
function loadAlone(loader: UnitLoader): void {
  const load = loader.load.bind(loader);
  loader.load = (name) => ({ ...load(name), dependencies: [], requiresMountsFor: [], wantsMountsFor: [] });
}

/** The unit of an argument. Undefined, after a message, where it can't be started at all. */
export function loadArgument(
  context: CliContext,
  { instance }: Pick<AnalyzeOptions, 'instance'>,
  manager: Manager,
  argument: string,
): Unit | undefined {
  const base = nameOf(absolute(context, argument));
  const name = unitNameIsValid(base, 'template')
    ? replaceUnitInstance(base, instance ?? context.host.voice.analyze.reviewInstance)
    : base;
  if (name === undefined || unitNameKind(name) === undefined) {
    say(context, 'error', `Failed to prepare filename ${argument}: Invalid argument`);
    return undefined;
  }
  try {
    const unit = manager.units.load(name);
    validateLoadState(unit);
    return unit;
  } catch (error) {
    if (!(error instanceof JobError)) throw error;
    say(context, 'error', error.message);
    return undefined;
  }
}
