/** systemctl: its lists, its answers, its exit statuses. */
import { row } from './row.ts';

/** What the legend of list-units is made of. */
export interface LegendFacts {
  readonly count: number;
  readonly jobs: number;
  readonly arrow: string;
  readonly grey: string;
  readonly normal: string;
}

function plainLegend({ count, jobs }: LegendFacts): string {
  if (count === 0) return '';
  return (
    '\nLOAD   = Reflects whether the unit definition was properly loaded.\n' +
    'ACTIVE = The high-level unit activation state, i.e. generalization of SUB.\n' +
    'SUB    = The low-level unit activation state, values depend on unit type.\n' +
    (jobs > 0 ? 'JOB    = Pending job for the unit.\n\n' : '')
  );
}

function greyLegend({ count, jobs, arrow, grey, normal }: LegendFacts): string {
  if (count === 0) return '\n';
  const line = (head: string, text: string): string => `${grey}${head} ${arrow} ${text}${normal}\n`;
  return (
    `\n${line('Legend: LOAD  ', 'Reflects whether the unit definition was properly loaded.')}` +
    line('        ACTIVE', 'The high-level unit activation state, i.e. generalization of SUB.') +
    line('        SUB   ', 'The low-level unit activation state, values depend on unit type.') +
    `${jobs > 0 ? line('        JOB   ', 'Pending job for the unit.') : ''}\n`
  );
}

/** systemctl's table of verbs. */
const tableOrder = (
  'list-units list-unit-files list-automounts list-paths list-sockets list-timers list-jobs list-machines ' +
  'cancel start stop reload restart try-restart reload-or-restart try-reload-or-restart isolate kill clean ' +
  'freeze thaw is-active is-failed show cat status help daemon-reload daemon-reexec log-level log-target ' +
  'service-log-level service-log-target service-watchdogs show-environment set-environment unset- ' +
  'environment import-environment halt poweroff reboot kexec soft-reboot sleep suspend hibernate hybrid- ' +
  'sleep suspend-then-hibernate default rescue emergency exit reset-failed enable disable is-enabled ' +
  'reenable preset preset-all mask unmask link revert switch-root list-dependencies set-default get-default ' +
  'set-property is-system-running add-wants add-requires edit whoami'
).split(' ');

/** The same in the order of its --help. */
const helpOrder = (
  'list-automounts list-paths list-sockets list-timers is-active is-failed status show cat help list- ' +
  'dependencies start stop reload restart try-restart enqueue-marked reload-or-restart try-reload-or- ' +
  'restart isolate kill clean freeze thaw set-property bind mount-image service-log-level service-log- ' +
  'target reset-failed whoami list-unit-files enable disable reenable preset preset-all is-enabled mask ' +
  'unmask link revert add-wants add-requires edit get-default set-default list-machines list-jobs cancel ' +
  'show-environment set-environment unset-environment import-environment daemon-reload daemon-reexec log- ' +
  'level log-target service-watchdogs is-system-running default rescue emergency halt poweroff reboot kexec ' +
  'soft-reboot exit switch-root sleep suspend hibernate hybrid-sleep suspend-then-hibernate'
).split(' ');

/** What is to be mounted, by which method of the bus. */
export interface AskedMount {
  readonly method: string;
  readonly unit: string;
  readonly source: string;
  readonly target: string;
}

export interface MountRefusals {
  readonly type: (mount: AskedMount, type: string) => string;
  readonly path: (end: string) => string;
  readonly shared: (mount: AskedMount) => string;
  readonly down: (mount: AskedMount) => string;
  readonly hidden: (mount: AskedMount) => string;
  readonly failed: (mount: AskedMount, reason: string) => string;
}

const plainRefusals: MountRefusals = {
  type: () => 'Unit is not of type .service',
  path: (end) => `${end} path must be absolute and normalized.`,
  shared: () => 'Unit not running in private mount namespace, cannot activate bind mount',
  down: () => 'Unit is not running',
  hidden: ({ target }) => `${target} is not accessible to this unit`,
  failed: ({ source, target }, reason) => `Failed to mount ${source} on ${target} in unit's namespace: ${reason}`,
};

const unscheduled = ({ source, target, unit }: AskedMount, why: string): string =>
  `Live mounting '${source}' on '${target}' for unit '${unit}' cannot be scheduled: ${why}`;

const liveRefusals: MountRefusals = {
  type: ({ method }, type) => `${method} operation is not supported for unit type '${type}'`,
  path: (end) => `${end} path must be absolute and normalized`,
  shared: ({ unit }) => `Unit '${unit}' not running in private mount namespace, cannot live mount.`,
  down: (mount) => unscheduled(mount, 'service not running'),
  hidden: (mount) => unscheduled(mount, 'destination is not accessible to this unit'),
  failed: ({ method, unit }) => `method '${method}' for unit '${unit}' failed`,
};

export const systemctlRows = {
  /** A process that is of no unit; `isThere`: whether there is one at all. */
  noUnitOfProcess: row<(pid: number, isThere: boolean) => string>({
    252: (pid) => `Failed to get unit for PID ${pid}: PID ${pid} does not belong to any loaded unit.`,
    257: (pid, isThere) =>
      isThere ? `PID ${pid} does not belong to any loaded unit.` : `PID ${pid} doesn't exist or is already gone.`,
  }),
  badKillWhom: row({
    252: (whom: string) => `Invalid who argument ${whom}`,
    257: (whom: string) => `Invalid whom argument: ${whom}`,
  }),
  /** edit asks for a terminal. */
  editNeedsTerminal: row({
    252: 'Cannot edit units if not on a tty.',
    257: 'Cannot edit units interactively if not on a tty.',
  }),
  /** --global with what only a manager can do. */
  globalNeedsFiles: row({ 252: false, 257: true }),
  cancelFailed: row({
    252: (id: number) => `Failed to cancel job ${id}`,
    257: (id: number) => `Failed to cancel job ${id}, ignoring`,
  }),
  /** Of is-active, is-failed and is-enabled for units that are not there; undefined: as for one that is not so. */
  unknownUnitStatus: row<number | undefined>({ 252: undefined, 253: 4 }),
  /** What is-enabled does for a unit that is not there: it fails, or has a word. */
  unknownIsEnabled: row<'fails' | 'not-found'>({ 252: 'fails', 253: 'not-found' }),
  /** is-failed without units asks for the state of the system. */
  isFailedOfSystem: row({ 252: false, 255: true }),
  /** Verbs that are refused: who asks whether there is one goes by the exit status. */
  missingVerbs: row<readonly string[]>({ 252: ['list-paths', 'sleep'], 254: ['sleep'], 256: [] }),
  unknownVerb: row({
    252: (verb: string, _guess: string | undefined) => `Unknown command verb ${verb}.`,
    254: (verb: string, guess: string | undefined) =>
      guess === undefined
        ? `Unknown command verb '${verb}'.`
        : `Unknown command verb '${verb}', did you mean '${guess}'?`,
  }),
  /** A program of which a verb has to be named, and its verbs. */
  verbRequired: row({
    252: (_verbs: readonly string[]) => 'Command verb required.',
    257: (verbs: readonly string[]) => `Command verb required (one of ${verbs.join(', ')}).`,
  }),
  /** Of edit: what has become of a file, and of one that is empty. */
  editInstalled: row<((path: string) => string) | undefined>({
    252: undefined,
    257: (path) => `Successfully installed edited file '${path}'.`,
  }),
  editEmpty: row<(path: string, stdin: boolean) => readonly ['warning' | 'notice', string]>({
    252: (path) => ['warning', `Editing "${path}" canceled: temporary file is empty.`],
    257: (path, stdin) => [
      'notice',
      stdin
        ? 'Stripped stdin content is empty, not writing file.'
        : `${path}: after editing, new contents are empty, not writing file.`,
    ],
  }),
  /** Of equally good guesses the first in this order. */
  guessedFirst: row<readonly string[]>({ 252: tableOrder, 262: helpOrder }),
  legend: row({ 252: plainLegend, 254: greyLegend }),
  /** list-units sets a dot before units that are changing, too. */
  marksChanging: row({ 252: false, 254: true }),
  /** list-sockets has addresses that are no paths first. */
  socketsPathsLast: row({ 252: false, 254: true }),
  /** What follows a span in the column LEFT of list-timers. */
  left: row({ 252: ' left', 254: '' }),
  /** Spans of list-timers stand at the right of their columns. */
  spansAtRight: row({ 252: false, 254: true }),

  /** Programs say in one form of all properties that their values are no good. */
  badPropertiesAlike: row({ 252: false, 262: true }),
  /** Why `bind` and `mount-image` put nothing anywhere. */
  mountRefusals: row<MountRefusals>({ 252: plainRefusals, 257: liveRefusals }),

  // status
  invocationLine: row({ 252: false, 256: true }),
  /** The line of CPU time: before it took cgroup v1's accounting, which no container lets systemd have. */
  cpuLine: row({ 252: false, 256: true }),
  /** Units without a process show their control group. */
  emptyCGroup: row({ 252: true, 262: false }),
  /** How many units of a slice are up. */
  activeUnitsLine: row({ 252: false, 258: true }),
  unmetCondition: row({ 252: 'condition failed', 257: 'condition unmet' }),
  /** Of ERRNO= and its kin of sd_notify(3); empty where there is nothing to be said. */
  error: row<
    (errors: { readonly errno: number; readonly bus: string; readonly varlink: string }, message: string) => string
  >({
    252: ({ errno }, message) => (errno > 0 ? `${errno} (${message})` : ''),
    257: ({ errno, bus, varlink }, message) =>
      [
        ...(errno > 0 ? [`code: ${errno} (${message})`] : []),
        ...(bus === '' ? [] : [`D-Bus: ${bus}`]),
        ...(varlink === '' ? [] : [`Varlink: ${varlink}`]),
      ].join('; '),
  }),
  /** How many descriptors systemd keeps for a service, and may keep. */
  fdStoreLine: row({ 252: false, 254: true }),

  /** In the hint about units whose names begin with a dash. */
  hintDots: row({ 252: (_utf8: boolean) => '...', 262: (utf8: boolean) => (utf8 ? '…' : '...') }),
  /** -T tells of jobs that end well. */
  tellsOfFinished: row({ 252: false, 257: true }),
  /** `bind` looks whether the unit has mounts of its own before it looks at the paths. */
  ownMountsFirst: row({ 252: false, 257: true }),
  /** How a planned shutdown of --when= is canceled. */
  cancelWhen: row({ 252: (_verb: string) => 'shutdown -c', 257: (verb: string) => `systemctl ${verb} --when=cancel` }),
  noKexec: row({
    252: '/sbin/kexec is not available: No such file or directory',
    257: '/usr/sbin/kexec is not available: No such file or directory',
    262: 'No kexec kernel loaded and autodetection failed.\nAutomatic loading works only on systems booted with EFI.',
  }),
  /** Why logind does not put a container to sleep. */
  noSleep: row({
    252: (verb: string) => `Sleep verb "${verb}" not supported`,
    257: (verb: string) =>
      verb === 'sleep' ? 'None of the configured sleep operations are supported' : 'No such file or directory',
  }),
  /** Of `switch-root` outside of an initrd, or to a directory that is not there; undefined: it is gone on with. */
  notInInitrd: row<((root: string, exists: boolean) => string | undefined) | undefined>({
    252: undefined,
    257: (root, exists) =>
      root === ''
        ? 'Not in initrd, refusing switch-root operation.'
        : exists
          ? undefined
          : `Failed to check if switch-root directory '${root}' is current root: No such file or directory`,
  }),
  tooManyForSwitchRoot: row({ 252: 'Wrong number of arguments.', 257: 'Too many arguments.' }),
  /** --marked of reload-or-restart, which has become a verb. */
  markedIsOld: row<string | undefined>({
    252: undefined,
    260: "--marked is deprecated. Please use 'systemctl enqueue-marked' instead.",
  }),
  /** -M with what is no name of a machine, when options are read; undefined: when it is to be reached. */
  badMachine: row<((machine: string) => string) | undefined>({
    252: undefined,
    262: (machine) => `Invalid --machine= specified: ${machine}`,
  }),
  /** `help`: documentation that is no manual page; on stdout or in the log. */
  otherDocumentation: row<{ readonly first: string; readonly of: (uri: string) => string } | undefined>({
    252: undefined,
    257: { first: '\n', of: (uri) => `Additional documentation: ${uri}\n` },
  }),

  // enable
  /** --now with a verb that it says nothing to. */
  nowNeedsVerb: row<string | undefined>({
    252: undefined,
    257: '--now can only be used with verb enable, disable, reenable, or mask.',
  }),
  /** --now of a template; undefined: it is started all the same, which fails. */
  nowOfTemplate: row<((verb: string, unit: string) => string) | undefined>({
    252: undefined,
    257: (verb, unit) => `Template unit is not supported by ${verb} --now, skipping: ${unit}`,
  }),
  /** enable --now where nothing runs that could start units; `root`: with --root=. */
  nowNeedsManager: row({
    252: (_root: boolean) => 'Failed to start units: there is no manager to start them.',
    257: (_root: boolean) =>
      '--now cannot be used when systemd is not running or in conjunction with --root=/--global, refusing.',
    262: (root: boolean) =>
      root ? '--now cannot be used with --root=.' : 'Failed to start units: there is no manager to start them.',
  }),
  /** The distribution's program for SysV init scripts. */
  sysvInstall: row({ 252: '/lib/systemd/systemd-sysv-install', 255: '/usr/lib/systemd/systemd-sysv-install' }),

  // start, stop
  /** The jobs of several units are queued in one transaction, or none of them; otherwise one after the other. */
  queuesTogether: row({ 252: false, 262: true }),
  /** A unit that was stopped can be started again by others. */
  stillTriggered: row({
    252: (unit: string, triggers: readonly string[]) =>
      `Warning: Stopping ${unit}, but it can still be activated by:\n${triggers.map((id) => `  ${id}`).join('\n')}`,
    256: (unit: string, triggers: readonly string[]) =>
      `Stopping '${unit}', but its triggering units are still active:\n${triggers.join(', ')}`,
  }),
  /** disable and mask warn of it, too. */
  installWarnsOfTriggers: row({ 252: false, 256: true }),
  triggersRemain: row({
    252: (_operation: string, _unit: string, _triggers: readonly string[]) => '',
    256: (operation: string, unit: string, triggers: readonly string[]) =>
      `${operation} '${unit}', but its triggering units are still active:\n${triggers.join(', ')}`,
  }),
};
