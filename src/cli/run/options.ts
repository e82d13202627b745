/** Options of systemd-run(1), with the messages of those that exclude each other. */

import { OptionReader, type OptionSet } from '../../program/getopt.ts';
import { parseNice } from '../../text/numbers.ts';
import { pathIsAbsolute, pathIsValid, pathSimplify } from '../../text/paths.ts';
import { envNameIsValid, envValueIsValid, setAssignment } from '../../unitfile/language/environment.ts';
import { parseCalendar } from '../../values/time/calendar.ts';
import { nextElapse } from '../../values/time/calendar-next.ts';
import { momentsOf } from '../analyze/moments.ts';
import type { CliContext } from '../common/context.ts';

/** What stdin, stdout and stderr of the service are. */
export type StdioMode = 'journal' | 'pty' | 'pipe';

export interface RunOptions {
  user: boolean;
  scope: boolean;
  remainAfterExit: boolean;
  noBlock: boolean;
  wait: boolean;
  unit: string | undefined;
  description: string | undefined;
  slice: string | undefined;
  sliceInherit: boolean;
  sendSighup: boolean;
  host: string | undefined;
  machine: string | undefined;
  serviceType: string | undefined;
  uid: string | undefined;
  gid: string | undefined;
  nice: number | undefined;
  environment: string[];
  properties: string[];
  stdio: StdioMode;
  pathProperties: string[];
  socketProperties: string[];
  timerProperties: string[];
  /** A timer unit starts the service. */
  withTimer: boolean;
  quiet: boolean;
  collect: boolean;
  workingDirectory: string | undefined;
  shell: boolean;
  command: string[];
}

/** The unit that starts the service instead of us. */
export type Trigger = 'path' | 'socket' | 'timer';

export function triggerOf(options: RunOptions): Trigger | undefined {
  if (options.pathProperties.length > 0) return 'path';
  if (options.socketProperties.length > 0) return 'socket';
  return options.withTimer ? 'timer' : undefined;
}

export type ParsedRun =
  | { readonly options: RunOptions; readonly warnings: readonly string[] }
  | { readonly help: true }
  | { readonly version: true }
  /** `plain`: getopt's own words, without a colour. */
  | { readonly error: string; readonly plain?: true };

/** Settings of the timer that have an option of their own. */
const timerOptions = {
  'on-active': 'OnActiveSec',
  'on-boot': 'OnBootSec',
  'on-startup': 'OnStartupSec',
  'on-unit-active': 'OnUnitActiveSec',
  'on-unit-inactive': 'OnUnitInactiveSec',
} as const;
type TimerOption = keyof typeof timerOptions;

const isTimerOption = (id: string): id is TimerOption => Object.hasOwn(timerOptions, id);

type OptionId =
  | TimerOption
  | 'help'
  | 'version'
  | 'user'
  | 'system'
  | 'scope'
  | 'unit'
  | 'description'
  | 'slice'
  | 'slice-inherit'
  | 'remain-after-exit'
  | 'send-sighup'
  | 'host'
  | 'machine'
  | 'service-type'
  | 'wait'
  | 'uid'
  | 'gid'
  | 'nice'
  | 'setenv'
  | 'property'
  | 'pty'
  | 'pipe'
  | 'quiet'
  | 'on-calendar'
  | 'on-timezone-change'
  | 'on-clock-change'
  | 'timer-property'
  | 'path-property'
  | 'socket-property'
  | 'no-block'
  | 'no-ask-password'
  | 'collect'
  | 'working-directory'
  | 'same-dir'
  | 'shell';

const without =
  'help version user system scope slice-inherit remain-after-exit send-sighup wait pty pipe quiet on-timezone-change ' +
  'on-clock-change no-block no-ask-password collect same-dir shell';
const withArgument =
  'unit description slice host machine service-type uid gid nice setenv property on-active on-boot on-startup ' +
  'on-unit-active on-unit-inactive on-calendar timer-property path-property socket-property working-directory';

const none = (id: OptionId) => ({ argument: 'none', id }) as const;
const required = (id: OptionId) => ({ argument: 'required', id }) as const;

const optionSet: OptionSet<OptionId> = {
  long: [
    ...without.split(' ').map((name) => ({ name, ...none(name as OptionId) })),
    ...withArgument.split(' ').map((name) => ({ name, ...required(name as OptionId) })),
    { name: 'tty', ...none('pty') },
  ],
  short: {
    h: none('help'),
    u: required('unit'),
    r: none('remain-after-exit'),
    H: required('host'),
    M: required('machine'),
    E: required('setenv'),
    p: required('property'),
    t: none('pty'),
    P: none('pipe'),
    q: none('quiet'),
    G: none('collect'),
    d: none('same-dir'),
    S: none('shell'),
  },
  stopAtOperand: true,
};

type ParseContext = Pick<CliContext, 'program' | 'argv' | 'env' | 'cwd' | 'terminal' | 'host' | 'caller'>;

/** Takes the arguments apart. `warnings` are to be said before anything else. */
export function parseRun(context: ParseContext): ParsedRun {
  return new Parser(context).parse();
}

class Parser {
  readonly #context: ParseContext;
  readonly #options: RunOptions;
  readonly #warnings: string[] = [];
  #pty = false;
  #pipe = false;

  constructor(context: ParseContext) {
    this.#context = context;
    this.#options = {
      user: false,
      scope: false,
      remainAfterExit: false,
      noBlock: false,
      wait: false,
      unit: undefined,
      description: undefined,
      slice: undefined,
      sliceInherit: false,
      sendSighup: false,
      host: undefined,
      machine: undefined,
      serviceType: undefined,
      uid: undefined,
      gid: undefined,
      nice: undefined,
      environment: [],
      properties: [],
      stdio: 'journal',
      pathProperties: [],
      socketProperties: [],
      timerProperties: [],
      withTimer: false,
      quiet: false,
      collect: false,
      workingDirectory: undefined,
      shell: false,
      command: [],
    };
  }

  parse(): ParsedRun {
    const { program, argv } = this.#context;
    const reader = new OptionReader(program, optionSet, argv);
    for (let option = reader.next(); option !== undefined; option = reader.next()) {
      if ('error' in option) return { error: option.error, plain: true };
      if (option.id === 'help') return { help: true };
      if (option.id === 'version') return { version: true };
      const error = this.#take(option.id, option.value ?? '');
      if (error !== undefined) return { error };
    }
    const error = this.#settle(reader.operands);
    return error === undefined ? { options: this.#options, warnings: this.#warnings } : { error };
  }

  /** The text of an error. */
  #take(id: OptionId, value: string): string | undefined {
    const options = this.#options;
    if (isTimerOption(id)) {
      this.#addTimer(`${timerOptions[id]}=${value}`);
      return undefined;
    }
    switch (id) {
      case 'user':
      case 'system':
        options.user = id === 'user';
        break;
      case 'scope':
      case 'wait':
      case 'quiet':
      case 'collect':
      case 'shell':
        options[id] = true;
        break;
      case 'slice-inherit':
        options.sliceInherit = true;
        break;
      case 'remain-after-exit':
        options.remainAfterExit = true;
        break;
      case 'send-sighup':
        options.sendSighup = true;
        break;
      case 'no-block':
        options.noBlock = true;
        break;
      case 'pty':
        this.#pty = true;
        break;
      case 'pipe':
        this.#pipe = true;
        break;
      case 'unit':
      case 'description':
      case 'slice':
      case 'uid':
      case 'gid':
        options[id] = value;
        break;
      case 'host':
        options.host = value;
        options.machine = undefined;
        break;
      case 'machine':
        options.machine = value;
        options.host = undefined;
        break;
      case 'service-type':
        options.serviceType = value;
        break;
      case 'nice': {
        const nice = parseNice(value);
        if (nice === undefined) return `Failed to parse nice value: ${value}`;
        options.nice = nice;
        break;
      }
      case 'setenv':
        return this.#setEnvironment(value);
      case 'property':
        options.properties.push(value);
        break;
      case 'path-property':
        options.pathProperties.push(value);
        break;
      case 'socket-property':
        options.socketProperties.push(value);
        break;
      case 'timer-property':
        options.timerProperties.push(value);
        if (/^On(?:Active|Boot|Startup|UnitActive|UnitInactive)Sec=|^OnCalendar=/.test(value)) options.withTimer = true;
        break;
      case 'on-calendar':
        return this.#onCalendar(value);
      case 'on-timezone-change':
        this.#addTimer('OnTimezoneChange=yes');
        break;
      case 'on-clock-change':
        this.#addTimer('OnClockChange=yes');
        break;
      case 'working-directory': {
        const path = value.startsWith('/') || value === '' ? value : `${this.#context.cwd}/${value}`;
        options.workingDirectory = directoryOf(path);
        break;
      }
      case 'same-dir':
        options.workingDirectory = directoryOf(this.#context.cwd);
        break;
      default:
        break;
    }
    return undefined;
  }

  #addTimer(property: string): void {
    this.#options.timerProperties.push(property);
    this.#options.withTimer = true;
  }

  /** `NAME` takes the caller's own value. */
  #setEnvironment(text: string): string | undefined {
    const equals = text.indexOf('=');
    const name = equals < 0 ? text : text.slice(0, equals);
    const value = equals < 0 ? (this.#context.env[name] ?? '') : text.slice(equals + 1);
    if (!envNameIsValid(name) || !envValueIsValid(value))
      return `Cannot assign environment variable ${text}: Invalid argument`;
    this.#options.environment = setAssignment(this.#options.environment, `${name}=${value}`);
    return undefined;
  }

  #onCalendar(text: string): string | undefined {
    const moments = momentsOf(this.#context);
    const spec = parseCalendar(text, moments);
    if (spec === undefined) return 'Failed to parse calendar event specification: Invalid argument';
    if (nextElapse(spec, this.#context.host.now(), moments) === undefined)
      this.#warnings.push('Specified calendar expression is in the past, proceeding anyway.');
    this.#addTimer(`OnCalendar=${text}`);
    return undefined;
  }

  /** What options mean together. */
  #settle(operands: readonly string[]): string | undefined {
    const options = this.#options;
    const { terminal, cwd } = this.#context;
    const triggers = [options.pathProperties.length > 0, options.socketProperties.length > 0, options.withTimer];
    if (triggers.filter((given) => given).length > 1)
      return 'Only single trigger (path, socket, timer) unit can be created.';

    if (options.shell) {
      options.collect = true;
      if (!options.scope) {
        if (!this.#pty && !this.#pipe) {
          this.#pty = true;
          this.#pipe = true;
        }
        options.workingDirectory ??= directoryOf(cwd);
        options.serviceType ??= 'exec';
        options.wait = true;
      }
    }
    const onTerminal = terminal.stdin && terminal.stdout && terminal.stderr;
    if (this.#pty && this.#pipe) options.stdio = onTerminal ? 'pty' : 'pipe';
    else if (this.#pty) options.stdio = 'pty';
    else if (this.#pipe) options.stdio = 'pipe';

    if (operands.length > 0) {
      if (options.shell) return 'If --shell is used, no command line is expected.';
      options.command = [...operands];
    } else if (options.shell) {
      options.command = [this.#shell()];
    } else if (options.unit === undefined || triggerOf(options) === undefined) {
      return 'Command line to execute required.';
    }
    return conflict(options);
  }

  #shell(): string {
    const { env, host, caller } = this.#context;
    if (env.SHELL !== undefined && pathIsAbsolute(env.SHELL) && pathIsValid(env.SHELL)) return pathSimplify(env.SHELL);
    if (caller.uid === 0) return host.files.access('/bin/bash', 'exec') ? '/bin/bash' : '/bin/sh';
    return host.lookupUser(String(caller.uid))?.shell || '/bin/sh';
  }
}

/** The root directory is where a service is anyway. */
function directoryOf(path: string): string | undefined {
  const simple = pathSimplify(path);
  return simple === '' || simple === '/' ? undefined : simple;
}

function conflict(options: RunOptions): string | undefined {
  const { scope, stdio } = options;
  const withTrigger = triggerOf(options) !== undefined;
  if (options.user && options.host !== undefined)
    return 'Execution in user context is not supported on remote systems.';
  if (scope && options.host !== undefined) return 'Scope execution is not supported on remote systems.';
  if (scope && (options.remainAfterExit || options.serviceType !== undefined))
    return '--remain-after-exit and --service-type= are not supported in --scope mode.';
  if (stdio !== 'journal' && (withTrigger || scope)) return '--pty/--pipe is not compatible in timer or --scope mode.';
  if (stdio !== 'journal' && options.host !== undefined)
    return '--pty/--pipe is only supported when connecting to the local system or containers.';
  if (stdio !== 'journal' && options.noBlock) return '--pty/--pipe is not compatible with --no-block.';
  if (scope && withTrigger) return 'Path, socket or timer options are not supported in --scope mode.';
  if (options.timerProperties.length > 0 && !options.withTimer)
    return '--timer-property= has no effect without any other timer options.';
  if (options.wait) {
    if (options.noBlock) return '--wait may not be combined with --no-block.';
    if (withTrigger) return '--wait may not be combined with path, socket or timer operations.';
    if (scope) return '--wait may not be combined with --scope.';
  }
  return undefined;
}
