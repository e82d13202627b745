/** Every verb of systemctl: how many arguments it takes, whether it needs a running manager, and what does it. */

import { parseBoolean } from '../../unitfile/numbers.ts';
import type { CliContext, Verb } from '../context.ts';
import { say } from '../messages.ts';
import type { SystemctlOptions } from './options.ts';
import { VerbFailed } from './units.ts';

/** A verb's code: its file is loaded when it is first called, so that a call pays for what it uses. */
export class LazyVerb {
  readonly #load: () => Promise<Verb>;
  #loaded: Verb | undefined;

  constructor(load: () => Promise<Verb>) {
    this.#load = load;
  }

  async load(): Promise<Verb> {
    this.#loaded ??= await this.#load();
    return this.#loaded;
  }

  /** At once where it was loaded before. */
  run(...call: Parameters<Verb>): number | Promise<number> {
    return this.#loaded?.(...call) ?? this.load().then((verb) => verb(...call));
  }
}

export interface VerbEntry {
  readonly verb: LazyVerb;
  /** Arguments after the verb. */
  readonly least: number;
  readonly most: number;
  /** Works on files of another root, too (--root=). */
  readonly offline: boolean;
}

function lazy<Module>(load: () => Promise<Module>, pick: (module: Module) => Verb): LazyVerb {
  return new LazyVerb(async () => pick(await load()));
}

// Names of files, as functions that load them.
const cat = () => import('./cat.ts');
const control = () => import('./control.ts');
const deps = () => import('./deps.ts');
const edit = () => import('./edit.ts');
const environment = () => import('./environment.ts');
const install = () => import('./install.ts');
const is = () => import('./is.ts');
const jobs = () => import('./jobs.ts');
const list = () => import('./list.ts');
const manual = () => import('./manual.ts');
const show = () => import('./show.ts');
const start = () => import('./start.ts');
const status = () => import('./status.ts');
const system = () => import('./system.ts');
const unitFiles = () => import('./unit-files.ts');

const any = Number.POSITIVE_INFINITY;

function online(verb: LazyVerb, least = 0, most = any): VerbEntry {
  return { verb, least, most, offline: false };
}

/** On files, of another root where --root= says so. */
function offline(verb: LazyVerb, least = 0, most = any): VerbEntry {
  return { verb, least, most, offline: true };
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
].map((verb): [string, VerbEntry] => [
  verb,
  online(
    lazy(start, (m) => m.verbStart(verb)),
    1,
  ),
]);

const sleepVerbs = ['suspend', 'hibernate', 'hybrid-sleep', 'suspend-then-hibernate'].map(
  (verb): [string, VerbEntry] => [
    verb,
    online(
      lazy(system, (m) => m.verbSleep(verb)),
      0,
      0,
    ),
  ],
);

export const verbs: ReadonlyMap<string, VerbEntry> = new Map<string, VerbEntry>([
  ['list-units', online(lazy(list, (m) => m.verbListUnits))],
  ['list-automounts', online(lazy(list, (m) => m.verbListAutomounts))],
  ['list-sockets', online(lazy(list, (m) => m.verbListSockets))],
  ['list-timers', online(lazy(list, (m) => m.verbListTimers))],
  ['list-jobs', online(lazy(jobs, (m) => m.verbListJobs))],
  ['list-machines', online(lazy(list, (m) => m.verbListMachines))],
  [
    'clear-jobs',
    online(
      lazy(jobs, (m) => m.verbClearJobs),
      0,
      0,
    ),
  ],
  ['cancel', online(lazy(jobs, (m) => m.verbCancel))],
  ...startVerbs,
  ['reload-or-restart', online(lazy(start, (m) => m.verbStart('reload-or-restart')))],
  [
    'isolate',
    online(
      lazy(start, (m) => m.verbStart('isolate')),
      1,
      1,
    ),
  ],
  [
    'kill',
    online(
      lazy(control, (m) => m.verbKill),
      1,
    ),
  ],
  [
    'clean',
    online(
      lazy(control, (m) => m.verbClean),
      1,
    ),
  ],
  [
    'freeze',
    online(
      lazy(control, (m) => m.verbFreeze('freeze')),
      1,
    ),
  ],
  [
    'thaw',
    online(
      lazy(control, (m) => m.verbFreeze('thaw')),
      1,
    ),
  ],
  [
    'is-active',
    online(
      lazy(is, (m) => m.verbIsActive),
      1,
    ),
  ],
  [
    'check',
    online(
      lazy(is, (m) => m.verbIsActive),
      1,
    ),
  ],
  [
    'is-failed',
    online(
      lazy(is, (m) => m.verbIsFailed),
      1,
    ),
  ],
  ['lazy(show, (m) => m.show)', online(lazy(show, (m) => m.show))],
  ['status', online(lazy(status, (m) => m.verbStatus))],
  [
    'cat',
    online(
      lazy(cat, (m) => m.verbCat),
      1,
    ),
  ],
  [
    'edit',
    online(
      lazy(edit, (m) => m.verbEdit),
      1,
    ),
  ],
  ['help', online(lazy(manual, (m) => m.verbHelp))],
  [
    'daemon-reload',
    online(
      lazy(system, (m) => m.verbDaemonReload),
      0,
      0,
    ),
  ],
  [
    'daemon-reexec',
    online(
      lazy(system, (m) => m.verbDaemonReexec),
      0,
      0,
    ),
  ],
  [
    'log-level',
    online(
      lazy(system, (m) => m.verbLogLevel),
      0,
      1,
    ),
  ],
  [
    'log-target',
    online(
      lazy(system, (m) => m.verbLogTarget),
      0,
      1,
    ),
  ],
  [
    'service-log-level',
    online(
      lazy(control, (m) => m.verbServiceLog),
      1,
      2,
    ),
  ],
  [
    'service-log-target',
    online(
      lazy(control, (m) => m.verbServiceLog),
      1,
      2,
    ),
  ],
  [
    'service-watchdogs',
    online(
      lazy(system, (m) => m.verbServiceWatchdogs),
      0,
      1,
    ),
  ],
  [
    'lazy(show, (m) => m.show)-environment',
    online(
      lazy(environment, (m) => m.verbShowEnvironment),
      0,
      0,
    ),
  ],
  [
    'set-environment',
    online(
      lazy(environment, (m) => m.verbSetEnvironment),
      1,
    ),
  ],
  [
    'unset-environment',
    online(
      lazy(environment, (m) => m.verbUnsetEnvironment),
      1,
    ),
  ],
  ['import-environment', online(lazy(environment, (m) => m.verbImportEnvironment))],
  [
    'halt',
    online(
      lazy(system, (m) => m.verbShutdown('halt')),
      0,
      0,
    ),
  ],
  [
    'poweroff',
    online(
      lazy(system, (m) => m.verbShutdown('poweroff')),
      0,
      0,
    ),
  ],
  [
    'reboot',
    online(
      lazy(system, (m) => m.verbShutdown('reboot')),
      0,
      1,
    ),
  ],
  [
    'soft-reboot',
    online(
      lazy(system, (m) => m.verbShutdown('soft-reboot')),
      0,
      0,
    ),
  ],
  [
    'kexec',
    online(
      lazy(system, (m) => m.verbKexec),
      0,
      0,
    ),
  ],
  ...sleepVerbs,
  [
    'default',
    online(
      lazy(system, (m) => m.verbEnter('default')),
      0,
      0,
    ),
  ],
  [
    'rescue',
    online(
      lazy(system, (m) => m.verbEnter('rescue')),
      0,
      0,
    ),
  ],
  [
    'emergency',
    online(
      lazy(system, (m) => m.verbEnter('emergency')),
      0,
      0,
    ),
  ],
  [
    'exit',
    online(
      lazy(system, (m) => m.verbExit),
      0,
      1,
    ),
  ],
  ['reset-failed', online(lazy(control, (m) => m.verbResetFailed))],
  [
    'switch-root',
    online(
      lazy(system, (m) => m.verbSwitchRoot),
      1,
    ),
  ],
  ['list-dependencies', online(lazy(deps, (m) => m.verbListDependencies))],
  [
    'set-property',
    online(
      lazy(control, (m) => m.verbSetProperty),
      2,
    ),
  ],
  [
    'is-system-running',
    offline(
      lazy(is, (m) => m.verbIsSystemRunning),
      0,
      0,
    ),
  ],
  ['list-unit-files', offline(lazy(unitFiles, (m) => m.verbListUnitFiles))],
  [
    'enable',
    offline(
      lazy(install, (m) => m.verbEnable),
      1,
    ),
  ],
  [
    'disable',
    offline(
      lazy(install, (m) => m.verbDisable),
      1,
    ),
  ],
  [
    'is-enabled',
    offline(
      lazy(install, (m) => m.verbIsEnabled),
      1,
    ),
  ],
  [
    'reenable',
    offline(
      lazy(install, (m) => m.verbReenable),
      1,
    ),
  ],
  [
    'preset',
    offline(
      lazy(install, (m) => m.verbPreset),
      1,
    ),
  ],
  [
    'preset-all',
    offline(
      lazy(install, (m) => m.verbPresetAll),
      0,
      0,
    ),
  ],
  [
    'mask',
    offline(
      lazy(install, (m) => m.verbMask),
      1,
    ),
  ],
  [
    'unmask',
    offline(
      lazy(install, (m) => m.verbUnmask),
      1,
    ),
  ],
  [
    'link',
    offline(
      lazy(install, (m) => m.verbLink),
      1,
    ),
  ],
  [
    'revert',
    offline(
      lazy(install, (m) => m.verbRevert),
      1,
    ),
  ],
  [
    'add-wants',
    offline(
      lazy(install, (m) => m.verbAddWants),
      2,
    ),
  ],
  [
    'add-requires',
    offline(
      lazy(install, (m) => m.verbAddRequires),
      2,
    ),
  ],
  [
    'set-default',
    offline(
      lazy(install, (m) => m.verbSetDefault),
      1,
      1,
    ),
  ],
  [
    'get-default',
    offline(
      lazy(install, (m) => m.verbGetDefault),
      0,
      0,
    ),
  ],
  [
    'bind',
    online(
      lazy(control, (m) => m.verbBind),
      2,
      3,
    ),
  ],
  [
    'mount-image',
    online(
      lazy(control, (m) => m.verbMountImage),
      3,
      4,
    ),
  ],
  ['whoami', online(lazy(control, (m) => m.verbWhoami))],
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
    return await entry.verb.run(context, options, args);
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
