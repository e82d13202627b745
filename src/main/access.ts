/**
 * Who may do what, and where: a table of the programs' verbs. As on a real system without polkit, root and the
 * manager's own user may change things, everyone may ask (org.freedesktop.systemd1.conf).
 */
import { mangleUnitName } from '../unitfile/language/unit-name.ts';

/** How a verb is answered. */
export interface VerbAccess {
  /** Asks only, or changes something. */
  readonly kind: 'query' | 'change';
  /** Touches unit files and nothing that runs: needs no manager. */
  readonly files?: true;
  /** May make processes run that do not run yet: without a manager one is started first. */
  readonly starts?: true;
  /** Without a manager the answer is that there is none; else it is what a manager of nothing would say. */
  readonly asksForManager?: true;
  /** Reads files that the caller names or an editor changes them: with the caller's own rights, in its own process. */
  readonly own?: 'always' | 'unprivileged';
  /** What a caller hears who may only ask: lines on stderr and the exit status (1 where it is not given). */
  readonly refusal?: (args: readonly string[]) => { text: string; status?: number };
}

export interface CallPlace {
  readonly program: string;
  /** First word that is no option; undefined where there is none. */
  readonly verb: string | undefined;
  /** --root= or --image= was given. */
  readonly offline: boolean;
}

const denied = 'Access denied';

function line(text: string): VerbAccess['refusal'] {
  return () => ({ text: `${text}: ${denied}\n` });
}

function query(more: Partial<VerbAccess> = {}): VerbAccess {
  return { kind: 'query', ...more };
}

/** start, stop and what becomes of them: refused for each unit, exit status 4 (insufficient privileges). */
function job(word: string, more: Partial<VerbAccess> = {}, fixed?: string): VerbAccess {
  const refusal: VerbAccess['refusal'] = (args) => ({
    status: 4,
    text: (fixed === undefined ? args.map(unitName) : [fixed])
      .map(
        (unit) => `Failed to ${word} ${unit}: ${denied}\nSee system logs and 'systemctl status ${unit}' for details.\n`,
      )
      .join(''),
  });
  return { kind: 'change', refusal, ...more };
}

function unitName(argument: string): string {
  return mangleUnitName(argument) ?? argument;
}

function files(word: string): VerbAccess {
  return { kind: 'change', files: true, refusal: line(`Failed to ${word}`) };
}

/** Reads a setting without an argument, sets it with one. */
function setting(text: (args: readonly string[]) => string): (args: readonly string[]) => VerbAccess {
  return (args) =>
    args.length === 0 ? query() : { kind: 'change', refusal: () => ({ text: `${text(args)}: ${denied}\n` }) };
}

/** Refused unit by unit. */
function each(text: (unit: string) => string): VerbAccess {
  return {
    kind: 'change',
    refusal: (args) => ({ text: args.map((a) => `${text(unitName(a))}: ${denied}\n`).join('') }),
  };
}

function system(method: string): VerbAccess {
  return { kind: 'change', refusal: line(`Call to ${method} failed`) };
}

type Row = VerbAccess | ((args: readonly string[]) => VerbAccess);

const systemctl: ReadonlyMap<string, Row> = new Map<string, Row>([
  ...[
    'list-units',
    'list-automounts',
    'list-sockets',
    'list-timers',
    'list-jobs',
    'list-machines',
    'list-dependencies',
    'is-active',
    'check',
    'is-failed',
    'show',
    'status',
    'show-environment',
    'whoami',
  ].map((verb): [string, Row] => [verb, query()]),
  ['is-system-running', query({ asksForManager: true })],
  ['list-unit-files', query({ files: true })],
  ['is-enabled', query({ files: true })],
  ['get-default', query({ files: true })],
  ['cat', query({ files: true, own: 'unprivileged' })],
  ['help', query({ own: 'always' })],
  ['edit', { kind: 'change', files: true, own: 'always' }],

  ['start', job('start', { starts: true })],
  ['stop', job('stop')],
  ['condstop', job('stop')],
  ['reload', job('reload')],
  ['restart', job('restart', { starts: true })],
  ['try-restart', job('try-restart')],
  ['condrestart', job('try-restart')],
  ['reload-or-restart', job('reload-or-restart', { starts: true })],
  ['reload-or-try-restart', job('reload-or-try-restart')],
  ['try-reload-or-restart', job('reload-or-try-restart')],
  ['force-reload', job('reload-or-try-restart')],
  ['condreload', job('reload-or-try-restart')],
  ['isolate', job('start', { starts: true })],
  ['default', job('start', { starts: true }, 'default.target')],
  ['rescue', job('start', { starts: true }, 'rescue.target')],
  ['emergency', job('start', { starts: true }, 'emergency.target')],
  ['kill', each((unit) => `Failed to kill unit ${unit}`)],
  ['clean', each((unit) => `Failed to add reference to unit ${unit}`)],
  ['freeze', each((unit) => `Failed to add reference to unit ${unit}`)],
  ['thaw', each((unit) => `Failed to add reference to unit ${unit}`)],
  [
    'reset-failed',
    (args) =>
      args.length === 0
        ? { kind: 'change', refusal: line('Failed to execute operation') }
        : each((unit) => `Failed to reset failed state of unit ${unit}`),
  ],
  [
    'set-property',
    {
      kind: 'change',
      refusal: (args) => ({ text: `Failed to set unit properties on ${unitName(args[0] ?? '')}: ${denied}\n` }),
    },
  ],
  ['bind', each((unit) => `Failed to bind mount to unit ${unit}`)],
  ['mount-image', each((unit) => `Failed to mount image of unit ${unit}`)],

  ['daemon-reload', { kind: 'change', refusal: line('Reload daemon failed') }],
  ['daemon-reexec', { kind: 'change', refusal: line('Reexecute daemon failed') }],
  ['clear-jobs', { kind: 'change', refusal: line('Failed to execute operation') }],
  [
    'cancel',
    {
      kind: 'change',
      refusal: (args) => ({
        text:
          args.length === 0
            ? `Failed to execute operation: ${denied}\n`
            : args.map((id) => `Failed to cancel job ${id}: ${denied}\n`).join(''),
      }),
    },
  ],
  ['set-environment', { kind: 'change', refusal: line('Failed to set environment') }],
  ['unset-environment', { kind: 'change', refusal: line('Failed to set environment') }],
  ['import-environment', { kind: 'change', refusal: line('Failed to import environment') }],
  ['log-level', setting(([level]) => `Failed to set log level of org.freedesktop.systemd1 to ${level}`)],
  ['log-target', setting(([target]) => `Failed to set log target of org.freedesktop.systemd1 to ${target}`)],
  ['service-log-level', (args) => setting(() => `Failed to set log level of ${args[0]} to ${args[1]}`)(args.slice(1))],
  [
    'service-log-target',
    (args) => setting(() => `Failed to set log target of ${args[0]} to ${args[1]}`)(args.slice(1)),
  ],
  ['service-watchdogs', setting(() => 'Failed to set service-watchdog state')],

  ['enable', files('enable unit')],
  ['disable', files('disable unit')],
  ['reenable', files('reenable unit')],
  ['preset', files('preset unit')],
  ['preset-all', files('preset all units')],
  ['mask', files('mask unit')],
  ['unmask', files('unmask unit')],
  ['link', files('link unit')],
  ['revert', files('revert unit')],
  ['set-default', files('set default target')],
  ['add-wants', files('add dependency')],
  ['add-requires', files('add dependency')],

  ['halt', system('Halt')],
  ['poweroff', system('PowerOff')],
  ['reboot', system('Reboot')],
  ['kexec', { kind: 'change', refusal: line('Failed to execute operation') }],
  ['soft-reboot', { kind: 'change', refusal: line('Failed to execute operation') }],
  ['suspend', system('Suspend')],
  ['hibernate', system('Hibernate')],
  ['hybrid-sleep', system('HybridSleep')],
  ['suspend-then-hibernate', system('SuspendThenHibernate')],
  ['exit', { kind: 'change', refusal: line('Failed to set exit code') }],
  ['switch-root', { kind: 'change', refusal: line('Failed to execute operation') }],
]);

/** Programs whose verbs, if they have any, are all of one kind. */
const programs: Readonly<Record<string, VerbAccess>> = {
  journalctl: query({ files: true, own: 'unprivileged' }),
  'systemd-cgls': query(),
  'systemd-escape': query({ files: true }),
  'systemd-run': { kind: 'change', starts: true, refusal: line('Failed to start transient service unit') },
  halt: system('Halt'),
  poweroff: system('PowerOff'),
  reboot: system('Reboot'),
  shutdown: { kind: 'change', refusal: line('Failed to schedule shutdown') },
  telinit: { kind: 'change', refusal: line('Failed to execute operation') },
  init: { kind: 'change', refusal: line('Failed to execute operation') },
  runlevel: query(),
};

/** Verbs of systemd-analyze that look at what runs; the others calculate, or read files that the caller names. */
const analyzeRunning: ReadonlySet<string> = new Set([
  'time',
  'blame',
  'critical-chain',
  'plot',
  'dump',
  'dot',
  'get-log-level',
  'get-log-target',
]);

/** Verbs of systemd-analyze that change the manager, by what systemctl has for the same. */
const analyzeSettings: ReadonlyMap<string, string> = new Map([
  ['log-level', 'log-level'],
  ['set-log-level', 'log-level'],
  ['log-target', 'log-target'],
  ['set-log-target', 'log-target'],
  ['service-watchdogs', 'service-watchdogs'],
]);

/** `args` are all arguments, the verb and options among them. */
function analyzeAccess(verb: string, args: readonly string[]): VerbAccess {
  // verify makes a manager of its own, and looks from where the caller is
  if (verb === 'verify') return query({ files: true, own: 'always' });
  if (verb === 'security') {
    return args.some((arg) => arg.startsWith('--offline')) ? query({ files: true, own: 'always' }) : query();
  }
  const setting = analyzeSettings.get(verb);
  if (setting !== undefined) return accessOf('systemctl', setting, args.slice(args.indexOf(verb) + 1));
  return analyzeRunning.has(verb) ? query() : query({ files: true, own: 'unprivileged' });
}

/**
 * The row of a call. Programs that have none do their work in the caller's own process; a verb that systemctl does not
 * know is a query: its answer is a message.
 */
export function accessOf(program: string, verb: string | undefined, args: readonly string[]): VerbAccess {
  if (program === 'systemd-analyze') return analyzeAccess(verb ?? 'time', args);
  if (program !== 'systemctl') return programs[program] ?? { kind: 'query', files: true, own: 'always' };
  const row = systemctl.get(verb ?? 'list-units');
  if (row === undefined) return query();
  return typeof row === 'function' ? row(args) : row;
}

/** What the manager does with a call: answers it, hands it back, or says no. */
export function placeInManager(call: CallPlace, access: VerbAccess, privileged: boolean): 'here' | 'local' | 'denied' {
  if (call.offline || access.own === 'always') return 'local';
  if (!privileged && access.own === 'unprivileged') return 'local';
  return access.kind === 'change' && !privileged ? 'denied' : 'here';
}
