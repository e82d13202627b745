/** Options of systemd-run(1), with the messages of those that exclude each other. */

import { type OutputMode, outputModes } from '../../journal/read/output-modes.ts';
import type { ProgramContext } from '../../program/context.ts';
import type { Section } from '../../program/help.ts';
import type { JsonMode } from '../../program/json.ts';
import {
  append,
  fail,
  flag,
  nothing,
  type OptionRow,
  option,
  type Parsing,
  set,
  showHelp,
  showVersion,
  type Take,
  takeJson,
  text,
} from '../../program/options.ts';
import { parseBoolean, parseNice } from '../../text/numbers.ts';
import { pathIsAbsolute, pathIsValid, pathSimplify } from '../../text/paths.ts';
import { envNameIsValid, envValueIsValid, setAssignment } from '../../unitfile/language/environment.ts';
import type { JobMode } from '../../units/job-types.ts';
import { parseCalendar } from '../../values/time/calendar.ts';
import { nextElapse } from '../../values/time/calendar-next.ts';
import type { Voice } from '../../voice/voice.ts';
import { clockOf } from '../common/clock.ts';
import { isJobMode } from '../common/jobs.ts';
import { toCapsule, toHost, toMachine } from '../common/reach.ts';

/** What stdin, stdout and stderr of the service are. */
export type StdioMode = 'journal' | 'pty' | 'pipe';

function defaultOptions() {
  return {
    user: false,
    scope: false,
    remainAfterExit: false,
    noBlock: false,
    wait: false,
    unit: undefined as string | undefined,
    description: undefined as string | undefined,
    slice: undefined as string | undefined,
    sliceInherit: false,
    sendSighup: false,
    host: undefined as string | undefined,
    machine: undefined as string | undefined,
    serviceType: undefined as string | undefined,
    uid: undefined as string | undefined,
    gid: undefined as string | undefined,
    nice: undefined as number | undefined,
    environment: [] as string[],
    properties: [] as string[],
    stdio: 'journal' as StdioMode,
    pathProperties: [] as string[],
    socketProperties: [] as string[],
    timerProperties: [] as string[],
    /** A timer unit starts the service. */
    withTimer: false,
    quiet: false,
    collect: false,
    workingDirectory: undefined as string | undefined,
    shell: false,
    /** --expand-environment=; undefined: as the kind of unit and the release say. */
    expand: undefined as boolean | undefined,
    /** -v: what the unit logs is shown, in the form of --output=. */
    verbose: false,
    output: 'short' as OutputMode,
    ignoreFailure: false,
    /** What runs is named as JSON, on stdout. */
    json: undefined as JsonMode | undefined,
    jobMode: 'fail' as JobMode,
    command: [] as string[],
    /** To be said before anything else. */
    warnings: [] as string[],
  };
}

export interface RunOptions extends ReturnType<typeof defaultOptions> {}

/** Options while they are read. */
interface Draft extends RunOptions {
  pty: boolean;
  pipe: boolean;
}

export function newDraft(): Draft {
  return { ...defaultOptions(), pty: false, pipe: false };
}

/** The unit that starts the service instead of us. */
export type Trigger = 'path' | 'socket' | 'timer';

export function triggerOf(options: RunOptions): Trigger | undefined {
  if (options.pathProperties.length > 0) return 'path';
  if (options.socketProperties.length > 0) return 'socket';
  return options.withTimer ? 'timer' : undefined;
}

/** Sets something of the timer. */
const timer =
  (setting: string): Take<Draft> =>
  (options, value) =>
    addTimer(options, `${setting}=${value}`);

/** systemd's own order. */
export const abbreviable =
  'help version user system capsule@256 scope unit description slice slice-inherit remain-after-exit ' +
  'expand-environment@254 send-sighup host machine service-type wait uid gid nice setenv property tty pty pty-late@258 pipe quiet ' +
  'on-active on-boot on-startup on-unit-active on-unit-inactive on-calendar on-timezone-change on-clock-change ' +
  'timer-property path-property socket-property no-block no-ask-password collect working-directory same-dir shell ' +
  'ignore-failure@256 background@256 json@257';

const rows: readonly OptionRow<Draft>[] = [
  option('-h --help', 'Show this help', showHelp),
  option('--version', 'Show package version', showVersion),
  option('--no-ask-password', 'Do not prompt for password', nothing),
  option('--user', 'Run as user unit', flag('user')),
  option('--system', undefined, set({ user: false })),
  option('-H --host=[USER@]HOST', 'Operate on remote host', toHost),
  option('-M --machine=CONTAINER', 'Operate on local container', toMachine),
  option('-C --capsule=NAME', undefined, toCapsule),
  option('--scope', 'Run this as scope rather than service', flag('scope')),
  option('-u --unit=UNIT', 'Run under the specified unit name', text('unit')),
  option('-p --property=NAME=VALUE', 'Set service or scope unit property', append('properties')),
  option('--description=TEXT', 'Description for unit', text('description')),
  option('--slice=SLICE', 'Run in the specified slice', text('slice')),
  option('--slice-inherit', 'Inherit the slice', flag('sliceInherit')),
  option('--no-block', 'Do not wait until operation finished', flag('noBlock')),
  option('-r --remain-after-exit', 'Leave service around until explicitly stopped', flag('remainAfterExit')),
  option('--wait', 'Wait until service stopped again', flag('wait')),
  option('--send-sighup', 'Send SIGHUP when terminating', flag('sendSighup')),
  option('--service-type=TYPE', 'Service type', text('serviceType')),
  option('--uid=USER', 'Run as system user', text('uid')),
  option('--gid=GROUP', 'Run as system group', text('gid')),
  option('--nice=NICE', 'Nice level', setNice),
  option('--working-directory=PATH', 'Set working directory', (options, value, { context: { cwd } }) => {
    options.workingDirectory = directoryOf(value.startsWith('/') || value === '' ? value : `${cwd}/${value}`);
  }),
  option('-d --same-dir', 'Inherit working directory from caller', (options, _value, { context: { cwd } }) => {
    options.workingDirectory = directoryOf(cwd);
  }),
  option('-E --setenv=NAME[=VALUE]', 'Set environment variable', setEnvironment),
  option('-t --pty, --tty', 'Run service on pseudo TTY as STDIN/STDOUT/\nSTDERR', flag('pty')),
  option('-T --pty-late', undefined, flag('pty')),
  option('-P --pipe', 'Pass STDIN/STDOUT/STDERR directly to service', flag('pipe')),
  option('-q --quiet', 'Suppress information messages during runtime', flag('quiet')),
  option('-v --verbose', 'Show unit logs while executing operation', flag('verbose')),
  option('--output=STRING', 'Form of these logs, as of journalctl', (options, value) => {
    options.output = outputModes.find((mode) => mode === value) ?? fail(`Unknown output format '${value}'.`);
  }),
  option('--expand-environment=BOOL', 'Control expansion of environment variables', (options, value, { context }) => {
    options.expand = parseBoolean(value) ?? fail(context.host.voice.options.badBoolean('--expand-environment=', value));
  }),
  option('--ignore-failure', 'Ignore the exit status of the invoked process', flag('ignoreFailure')),
  option('--background=COLOR', 'Set ANSI color for background', takeColor),
  option('--json=pretty|short|off', 'Print unit name and invocation id as JSON', takeJson),
  option('--job-mode=MODE', 'How to deal with queued jobs', (options, value) => {
    options.jobMode = isJobMode(value) ? value : fail(`Invalid job mode: ${value}`);
  }),
  option('-G --collect', 'Unload unit after it ran, even when failed', flag('collect')),
  option('-S --shell', 'Invoke a $SHELL interactively', flag('shell')),
];

const timerRows: readonly OptionRow<Draft>[] = [
  option('--on-active=SECONDS', 'Run after SECONDS delay', timer('OnActiveSec')),
  option('--on-boot=SECONDS', 'Run SECONDS after machine was booted up', timer('OnBootSec')),
  option('--on-startup=SECONDS', 'Run SECONDS after systemd activation', timer('OnStartupSec')),
  option('--on-unit-active=SECONDS', 'Run SECONDS after the last activation', timer('OnUnitActiveSec')),
  option('--on-unit-inactive=SECONDS', 'Run SECONDS after the last deactivation', timer('OnUnitInactiveSec')),
  option('--on-calendar=SPEC', 'Realtime timer', onCalendar),
  option('--on-timezone-change', 'Run when the timezone changes', (options) =>
    addTimer(options, 'OnTimezoneChange=yes'),
  ),
  option('--on-clock-change', 'Run when the realtime clock jumps', (options) => addTimer(options, 'OnClockChange=yes')),
  option('--timer-property=NAME=VALUE', 'Set timer unit property', (options, value) => {
    options.timerProperties.push(value);
    if (/^On(?:Active|Boot|Startup|UnitActive|UnitInactive)Sec=|^OnCalendar=/.test(value)) options.withTimer = true;
  }),
];

export const options: readonly Section<OptionRow<Draft>>[] = [
  [undefined, rows],
  ['Path options', [option('--path-property=NAME=VALUE', 'Set path unit property', append('pathProperties'))]],
  ['Socket options', [option('--socket-property=NAME=VALUE', 'Set socket unit property', append('socketProperties'))]],
  ['Timer options', timerRows],
];

/** Numbers of SGR, as `44` or `48;5;17`; nothing is coloured. */
function takeColor(_options: unknown, value: string, { context }: Parsing): void {
  if (context.host.voice.run.knowsColors && !/^(?:\d+(?:;\d+)*)?$/.test(value))
    fail(`Invalid --background= argument: ${value}`);
}

function addTimer(options: Draft, property: string): void {
  options.timerProperties.push(property);
  options.withTimer = true;
}

export function setNice(options: { nice: number | undefined }, value: string): void {
  options.nice = parseNice(value) ?? fail(`Failed to parse nice value: ${value}`);
}

/** `NAME` takes the caller's own value. */
export function setEnvironment(
  options: Pick<RunOptions, 'environment'>,
  assignment: string,
  { context: { env } }: Parsing,
): void {
  const equals = assignment.indexOf('=');
  const name = equals < 0 ? assignment : assignment.slice(0, equals);
  const value = equals < 0 ? (env[name] ?? '') : assignment.slice(equals + 1);
  if (!envNameIsValid(name) || !envValueIsValid(value))
    fail(`Cannot assign environment variable ${assignment}: Invalid argument`);
  options.environment = setAssignment(options.environment, `${name}=${value}`);
}

function onCalendar(options: Draft, value: string, { context }: Parsing): void {
  const clock = clockOf(context);
  const spec = parseCalendar(value, clock) ?? fail('Failed to parse calendar event specification: Invalid argument');
  if (nextElapse(spec, context.host.now(), clock) === undefined)
    options.warnings.push('Specified calendar expression is in the past, proceeding anyway.');
  addTimer(options, `OnCalendar=${value}`);
}

/** What options mean together. */
export function settleOptions(options: Draft, operands: readonly string[], context: ProgramContext): void {
  const { terminal, cwd } = context;
  const triggers = [options.pathProperties.length > 0, options.socketProperties.length > 0, options.withTimer];
  if (triggers.filter((given) => given).length > 1)
    fail('Only single trigger (path, socket, timer) unit can be created.');

  if (options.shell) {
    options.collect = true;
    if (!options.scope) {
      if (!options.pty && !options.pipe) {
        options.pty = true;
        options.pipe = true;
      }
      options.workingDirectory ??= directoryOf(cwd);
      options.serviceType ??= 'exec';
      options.wait = true;
    }
  }
  const onTerminal = terminal.stdin && terminal.stdout && terminal.stderr;
  if (options.pty && options.pipe) options.stdio = onTerminal ? 'pty' : 'pipe';
  else if (options.pty) options.stdio = 'pty';
  else if (options.pipe) options.stdio = 'pipe';

  if (operands.length > 0) {
    if (options.shell) fail('If --shell is used, no command line is expected.');
    options.command = [...operands];
  } else if (options.shell) {
    options.command = [callersShell(context)];
  } else if (options.unit === undefined || triggerOf(options) === undefined) {
    fail('Command line to execute required.');
  }
  const wrong = conflict(options, context.host.voice);
  if (wrong !== undefined) fail(wrong);
}

export function callersShell({ env, host, caller }: ProgramContext): string {
  if (env.SHELL !== undefined && pathIsAbsolute(env.SHELL) && pathIsValid(env.SHELL)) return pathSimplify(env.SHELL);
  if (caller.uid === 0) return host.files.access('/bin/bash', 'exec') ? '/bin/bash' : '/bin/sh';
  return host.lookupUser(String(caller.uid))?.shell || '/bin/sh';
}

/** The root directory is where a service is anyway. */
function directoryOf(path: string): string | undefined {
  const simple = pathSimplify(path);
  return simple === '' || simple === '/' ? undefined : simple;
}

function conflict(options: RunOptions, { run }: Voice): string | undefined {
  const { scope, stdio } = options;
  const withTrigger = triggerOf(options) !== undefined;
  if (options.user && options.host !== undefined)
    return 'Execution in user context is not supported on remote systems.';
  if (scope && options.host !== undefined) return 'Scope execution is not supported on remote systems.';
  const { noServiceOptions, scopeBlocks } = run;
  if (
    scope &&
    (options.remainAfterExit ||
      options.serviceType !== undefined ||
      (noServiceOptions.ignoresFailure && options.ignoreFailure))
  )
    return noServiceOptions.text;
  if (scope && options.noBlock && scopeBlocks !== undefined) return scopeBlocks;
  if (stdio !== 'journal' && (withTrigger || scope)) return run.triggersNoTerminal;
  if (stdio !== 'journal' && options.host !== undefined)
    return `${run.terminalOptions} is only supported when connecting to the local system or containers.`;
  if (stdio !== 'journal' && options.noBlock) return `${run.terminalOptions} is not compatible with --no-block.`;
  if (scope && withTrigger) return 'Path, socket or timer options are not supported in --scope mode.';
  if (options.timerProperties.length > 0 && !options.withTimer) return run.timerWithoutTime;
  if (options.wait) {
    if (options.noBlock) return '--wait may not be combined with --no-block.';
    if (withTrigger) return '--wait may not be combined with path, socket or timer operations.';
    if (scope) return '--wait may not be combined with --scope.';
  }
  return undefined;
}
