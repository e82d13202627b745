/** `init`, with what stands behind it: units to bring up, or options for how to be a manager. */
import { type InitWords, takeInitWords } from '../cli/systemctl-py/init-words.ts';
import { type ConsoleMode, consoleModes, consoleText } from '../journal/forward/console.ts';
import { errorText } from '../sys/error-text.ts';
import { type Host, SystemError } from '../sys/host.ts';
import { createRealHost } from '../sys/real-host.ts';
import { processFacts } from '../sys/stdio.ts';
import { parseBoolean } from '../text/numbers.ts';
import { mangleUnitName } from '../unitfile/language/unit-name.ts';
import { type Kept, type ManagerPlan, runManager } from './manager-process.ts';
import { sweep } from './sweep.ts';
import { leaveTerminationMessage } from './termination-log.ts';

const usage = `systemctl init [OPTIONS…] [UNIT…]

Become the manager: boot default.target, or only the units named here and what they need.

  --system, --user       The system's manager, or one of the user's own
  --unit=UNIT            As a UNIT argument
  --show-status=BOOL     Status lines of boot and shutdown on stdout
  -0, --exit             End when no service is left, or none of the units named here
  --strict               Fail a unit for what the container can't give it, as systemd does ($PIDONE_STRICT=yes)
  --crash-limit=COUNT    After so many crashes within a minute only reap, answer and halt; 0: end at the first (5)
  --with-parent          Halt when the process that has started this one is gone
  --owned=DIRECTORY      Everything of the manager is below it, and goes with it; says READY=1 on stdout
  --sweep=DIRECTORY      Only end what such a manager that was killed has left, and remove the directory
  --console=MODE         What stdout shows besides: none, status, services, both, json ($PIDONE_CONSOLE)
`;

/** Becomes the manager. */
export async function runInit(argv: readonly string[]): Promise<void> {
  const [facts, words] = factsFor(argv);
  const host = createRealHost({ manager: false, ...facts });
  const wanted =
    words.findLast((word) => word.startsWith('--console='))?.slice('--console='.length) ??
    host.environment.PIDONE_CONSOLE;
  const fail = (message: string): never => {
    const mode = wanted === 'json' ? 'json' : 'status';
    host.console(consoleText(mode, `${message}\n`, { pid: host.pid, now: host.now() }, { PRIORITY: '3' }));
    leaveTerminationMessage(host, `${message}\n`);
    return host.exit(1);
  };
  try {
    const swept = words.findLast((word) => word.startsWith('--sweep='));
    if (swept !== undefined) {
      await sweep(host, directoryOf(swept, swept.slice('--sweep='.length)));
      return host.exit(0);
    }
    const version = words.findLast((word) => word.startsWith('--kept-version='))?.split('=')[1];
    if (version !== undefined) return await sayWhetherItGoesOn(host, Number(version));
    const kept = await keptState(host, words);
    host.manage();
    const plan = planOf(words, host.environment, host.uid, host.isInit, processFacts().cwd);
    if (plan === undefined) {
      host.console(usage);
      return host.exit(0);
    }
    await runManager(host, { ...plan, argv, ...(kept === undefined ? {} : { kept }) });
  } catch (error) {
    fail(`Failed to start the manager: ${reasonOf(error)}${tooFew(host, error)}`);
  }
}

/** Asked by a manager that would become this program: whether it understands what that one keeps. */
async function sayWhetherItGoesOn(host: Host, version: number): Promise<never> {
  const [{ canGoOnStatus }, { keptVersion }] = await Promise.all([import('./reexec.ts'), import('../kept/keeper.ts')]);
  return host.exit(version <= keptVersion ? canGoOnStatus : 1);
}

/** What the program before this one has kept: undefined where there was none. */
async function keptState(host: Host, words: readonly string[]): Promise<Kept | undefined> {
  const option = words.findLast((word) => word.startsWith('--state-fd='));
  if (option === undefined) return undefined;
  const { endReading, readState } = await import('./kept-state.ts');
  const { state, crash } = readState(host, descriptor(option, option.slice('--state-fd='.length)));
  return { state, crash, end: (manager) => endReading(manager, state) };
}

/** What the front door tells of the process for the host, and all other arguments. */
function factsFor(argv: readonly string[]): [{ isInit: boolean; openFiles?: number }, string[]] {
  const facts: { isInit: boolean; openFiles?: number } = { isInit: false };
  const words = argv.filter((argument) => {
    const [name, value] = splitOption(argument);
    if (name === '--main') facts.isInit = true;
    // What the process was given before Node took all that it may have.
    else if (name === '--open-files') facts.openFiles = Number(value);
    else return true;
    return false;
  });
  return [facts, words];
}

/** Node itself has some twenty descriptors, and the manager as many as that again before it has a service. */
function tooFew(host: Host, error: unknown): string {
  if (!(error instanceof SystemError) || error.code !== 'EMFILE') return '';
  return ` (it may have ${host.limit('NOFILE').hard} descriptors, RLIMIT_NOFILE, and needs 40)`;
}

function reasonOf(error: unknown): string {
  if (error instanceof SystemError) return `${error.path ?? error.syscall}: ${errorText(error.code)}`;
  return error instanceof Error ? error.message : String(error);
}

/** What the arguments ask for; undefined for --help. Throws an Error with a message for people. */
export function planOf(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  uid: number,
  isInit: boolean,
  cwd = '/',
): ManagerPlan | undefined {
  const { words, ...own } = takeInitWords(argv, cwd);
  const plan = planOfWords(words, env, uid, isInit);
  return plan === undefined || !asksForMore(own) ? plan : { ...plan, own };
}

/** Whether any of systemctl.py's options was there. */
const asksForMore = ({ exits, localhost, extraVars, notices }: Omit<InitWords, 'words'>): boolean =>
  exits || localhost !== undefined || extraVars.length > 0 || notices.length > 0;

function planOfWords(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  uid: number,
  isInit: boolean,
): ManagerPlan | undefined {
  const units: string[] = [];
  // Without rights over the system only a manager of one's own can be had; the init of a container is the system's.
  let scope: ManagerPlan['scope'] = uid === 0 || isInit ? 'system' : 'user';
  let onDemand = false;
  let controlFd: number | undefined;
  let place: string | undefined;
  let withParent: ManagerPlan['withParent'];
  let owned: string | undefined;
  let showStatus: boolean | undefined;
  let crashLimit: number | undefined;
  let strict = booleanOf('$PIDONE_STRICT', env.PIDONE_STRICT || 'no');
  let console: string | undefined = env.PIDONE_CONSOLE;
  for (const argument of argv) {
    const [name, value] = splitOption(argument);
    switch (name) {
      case '--help':
        return undefined;
      case '--system':
        scope = 'system';
        break;
      case '--user':
        scope = 'user';
        break;
      case '--on-demand':
        onDemand = true;
        break;
      case '--with-parent':
        withParent ??= { pidfd: undefined };
        break;
      case '--parent-fd':
        withParent = { pidfd: descriptor(argument, value) };
        break;
      case '--owned':
        owned = directoryOf(argument, value);
        break;
      case '--crash-limit':
        crashLimit = countOf(argument, value);
        break;
      case '--unit':
        units.push(unitName(value ?? ''));
        break;
      case '--control-fd':
        controlFd = descriptor(argument, value);
        break;
      case '--place':
        if (!/^[/@]./.test(value ?? '')) throw new Error(`${argument}: not a directory or the name of a socket`);
        place = value;
        break;
      case '--show-status':
        showStatus = booleanOf(name, value ?? 'yes');
        break;
      case '--strict':
        strict = booleanOf(name, value ?? 'yes');
        break;
      case '--console':
        console = value;
        break;
      default:
        // systemctl's own options may stand before the verb; those that say nothing to a manager are left.
        if (!argument.startsWith('-')) units.push(unitName(argument));
    }
  }
  const mode = consoleModes.find((known) => known === (console || 'status'));
  if (mode === undefined) throw new Error(`--console=${console}: not one of ${consoleModes.join(', ')}`);
  return {
    scope,
    units: units.length > 0 ? units : undefined,
    onDemand,
    strict,
    controlFd,
    place,
    withParent,
    owned,
    ...(crashLimit === undefined ? {} : { crashLimit }),
    // Where the output is to show status lines, ShowStatus= of system.conf has a say.
    showStatus: showStatus ?? (onDemand || (mode !== 'status' && mode !== 'both') ? false : undefined),
    console: mode satisfies ConsoleMode,
  };
}

function splitOption(argument: string): [string, string | undefined] {
  const equals = argument.indexOf('=');
  return argument.startsWith('--') && equals > 0
    ? [argument.slice(0, equals), argument.slice(equals + 1)]
    : [argument, undefined];
}

function booleanOf(name: string, value: string): boolean {
  const known = parseBoolean(value);
  if (known === undefined) throw new Error(`${name}=${value}: not a boolean`);
  return known;
}

function countOf(argument: string, value: string | undefined): number {
  if (!/^\d{1,9}$/.test(value ?? '')) throw new Error(`${argument}: not a number, 0 or more`);
  return Number(value);
}

function descriptor(argument: string, value: string | undefined): number {
  const fd = Number(value);
  if (!Number.isInteger(fd) || fd < 3) throw new Error(`${argument}: not the number of a descriptor`);
  return fd;
}

function directoryOf(argument: string, value: string | undefined): string {
  if (value === undefined || !/^\/[^/]/.test(value)) throw new Error(`${argument}: not the path of a directory`);
  return value;
}

function unitName(text: string): string {
  const name = mangleUnitName(text);
  if (name === undefined) throw new Error(`${text}: not a unit name`);
  return name;
}
