/** What systemctl says about itself: `--help`, and the lists behind `-t help`, `--state=help`, `-s help`. */

import { styleOf } from '../../program/colors.ts';
import { Table } from '../../program/table.ts';
import { signalName, sigRtMax } from '../../values/signals.ts';
import type { CliContext } from '../common/context.ts';

type Terminal = Pick<CliContext, 'program' | 'env' | 'terminal'>;

export const loadStates: readonly string[] = [
  'stub',
  'loaded',
  'not-found',
  'bad-setting',
  'error',
  'merged',
  'masked',
];

const activeStates = 'active reloading inactive failed activating deactivating maintenance';
const unitFileStates =
  'enabled enabled-runtime linked linked-runtime alias masked masked-runtime static disabled indirect generated ' +
  'transient bad';

const subStates: readonly (readonly [type: string, states: string])[] = [
  ['automount', 'dead waiting running failed'],
  ['device', 'dead tentative plugged'],
  [
    'mount',
    'dead mounting mounting-done mounted remounting unmounting remounting-sigterm remounting-sigkill ' +
      'unmounting-sigterm unmounting-sigkill failed cleaning',
  ],
  ['path', 'dead waiting running failed'],
  ['scope', 'dead start-chown running abandoned stop-sigterm stop-sigkill failed'],
  [
    'service',
    'dead condition start-pre start start-post running exited reload stop stop-watchdog stop-sigterm stop-sigkill ' +
      'stop-post final-watchdog final-sigterm final-sigkill failed auto-restart cleaning',
  ],
  ['slice', 'dead active'],
  [
    'socket',
    'dead start-pre start-chown start-post listening running stop-pre stop-pre-sigterm stop-pre-sigkill stop-post ' +
      'final-sigterm final-sigkill failed cleaning',
  ],
  [
    'swap',
    'dead activating activating-done active deactivating deactivating-sigterm deactivating-sigkill failed cleaning',
  ],
  ['target', 'dead active'],
  ['timer', 'dead waiting running elapsed failed'],
];

const lines = (words: readonly string[]): string => words.map((word) => `${word}\n`).join('');

/** In systemd's order, which is not that of our own. */
const types = 'service mount swap socket target device automount timer path slice scope';

export function typesText(legend: boolean): string {
  return (legend ? 'Available unit types:\n' : '') + lines(types.split(' '));
}

export function statesText(legend: boolean): string {
  const section = (title: string, states: string): string => (legend ? `${title}:\n` : '') + lines(states.split(' '));
  const gap = legend ? '\n' : '';
  return [
    section('Available unit load states', loadStates.join(' ')),
    section('Available unit active states', activeStates),
    section('Available unit file states', unitFileStates),
    ...subStates.map(([type, states]) => section(`Available ${type} unit substates`, states)),
  ].join(gap);
}

/** systemd counts real-time signals from RTMIN+0. */
function signalText(signal: number): string {
  const name = signalName(signal);
  return name === 'RTMIN' ? 'RTMIN+0' : name;
}

export function signalList(): string {
  return lines(Array.from({ length: sigRtMax + 1 }, (_, signal) => signalText(signal)));
}

export function signalTable(context: Terminal): string {
  const table = new Table('signal', 'name');
  for (let signal = 1; signal <= sigRtMax; signal++) table.add(String(signal), `SIG${signalText(signal)}`);
  return table.render({ header: true, full: false, style: styleOf(context) });
}

type Entry = readonly [synopsis: string, text: string];

const commandGroups: readonly (readonly [title: string, entries: readonly Entry[]])[] = [
  [
    'Units',
    [
      ['list-units [PATTERN...]', 'Units in memory'],
      ['list-sockets [PATTERN...]', 'Socket units, by address'],
      ['list-timers [PATTERN...]', 'Timer units, by the time they elapse next'],
      ['list-automounts [PATTERN...]', 'Automount units, by path'],
      ['status [PATTERN...|PID...]', 'How units, or the whole system, are doing'],
      ['show [PATTERN...|JOB...]', 'Properties of units, jobs or the manager'],
      ['is-active PATTERN...', 'Are units active?'],
      ['is-failed PATTERN...', 'Have units failed?'],
      ['list-dependencies [UNIT...]', 'What units need, as a tree'],
      ['start UNIT...', 'Start units'],
      ['stop UNIT...', 'Stop units'],
      ['restart UNIT...', 'Stop and start units'],
      ['try-restart UNIT...', 'Restart units that are active'],
      ['reload UNIT...', 'Let units read their configuration again'],
      ['reload-or-restart UNIT...', 'Reload units that can be, restart the others'],
      ['try-reload-or-restart UNIT...', 'The same, for units that are active'],
      ['isolate UNIT', 'Start a unit and stop all others'],
      ['kill UNIT...', 'Send a signal to processes of units'],
      ['clean UNIT...', 'Remove runtime, cache, state, logs or configuration'],
      ['freeze PATTERN...', 'Suspend the processes of units'],
      ['thaw PATTERN...', 'Let them go on'],
      ['reset-failed [PATTERN...]', 'Forget that units have failed'],
      ['set-property UNIT NAME=VALUE...', 'Change settings of a unit that is running'],
      ['help PATTERN...|PID...', 'Manual pages of units'],
      ['whoami [PID...]', 'The unit of a process'],
    ],
  ],
  [
    'Unit files',
    [
      ['list-unit-files [PATTERN...]', 'Unit files that are installed'],
      ['cat PATTERN...', 'Unit files with their drop-ins'],
      ['edit UNIT...', 'Edit unit files'],
      ['enable [UNIT...|PATH...]', 'Enable units'],
      ['disable UNIT...', 'Disable units'],
      ['reenable UNIT...', 'Disable and enable units'],
      ['preset UNIT...', 'Enable or disable units by the preset policy'],
      ['preset-all', 'The same, for all units'],
      ['is-enabled UNIT...', 'Are units enabled?'],
      ['mask UNIT...', 'Make units impossible to start'],
      ['unmask UNIT...', 'Undo that'],
      ['link PATH...', 'Make unit files from elsewhere known'],
      ['revert UNIT...', "Go back to the vendor's version of units"],
      ['add-wants TARGET UNIT...', 'Let a target want units'],
      ['add-requires TARGET UNIT...', 'Let a target require units'],
      ['get-default', 'The target that is booted'],
      ['set-default TARGET', 'Set it'],
    ],
  ],
  [
    'Jobs and environment',
    [
      ['list-jobs [PATTERN...]', 'Jobs that are queued or running'],
      ['cancel [JOB...]', 'Cancel all jobs, or these'],
      ['show-environment', 'Variables that services are given'],
      ['set-environment NAME=VALUE...', 'Set some'],
      ['unset-environment NAME...', 'Remove some'],
      ['import-environment NAME...', 'Take some from the caller'],
    ],
  ],
  [
    'Manager and system',
    [
      ['init [UNIT...]', 'Boot: be the init of a container'],
      ['daemon-reload', 'Read unit files again'],
      ['daemon-reexec', 'Replace the manager by a new one, units go on'],
      ['log-level [LEVEL]', "The manager's log level"],
      ['log-target [TARGET]', "Where the manager's log goes"],
      ['service-watchdogs [BOOL]', 'Whether watchdogs of services bite'],
      ['is-system-running', 'Is everything up?'],
      ['default', 'Start the default target'],
      ['rescue', 'Start rescue mode'],
      ['emergency', 'Start emergency mode'],
      ['halt, poweroff, reboot', 'Stop everything and end'],
      ['exit [STATUS]', 'The same, with an exit status'],
    ],
  ],
];

const optionEntries: readonly Entry[] = [
  ['-h --help', 'This text'],
  ['   --version', 'Version'],
  ['   --system, --user', 'Which manager to talk to'],
  ['-t --type=TYPE', 'Units of a type'],
  ['   --state=STATE', 'Units in a load, active or sub-state'],
  ['   --failed', 'The same as --state=failed'],
  ['-p --property=NAME', 'Only these properties'],
  ['-P NAME', 'The same as --value --property=NAME'],
  ['   --value', 'Values without names'],
  ['-a --all', 'Also units that are inactive, properties without a value'],
  ['-l --full', "Don't shorten lines"],
  ['-n --lines=NUMBER', 'How many lines of the log to show'],
  ['-o --output=MODE', 'How to show them (short, cat, json, ...)'],
  ['   --plain', 'Lists without dots and trees'],
  ['   --legend=BOOL', 'With headers and hints, or without'],
  ['   --timestamp=STYLE', 'pretty, unix, us, utc, us+utc'],
  ['   --no-pager', 'No pager'],
  ['-q --quiet', 'Less output'],
  ['   --reverse, --after, --before', 'Other kinds of dependencies'],
  ['   --with-dependencies', 'Units with what they need'],
  ['   --show-types', 'Sockets with their types'],
  ['   --job-mode=MODE', 'What happens to jobs that are queued already'],
  ['-T --show-transaction', 'Show all jobs that are queued'],
  ['   --no-block', "Don't wait"],
  ['   --wait', 'Wait until units have stopped again, or the system is up'],
  ['   --kill-whom=WHOM', 'main, control or all'],
  ['-s --signal=SIGNAL', 'Which signal to send'],
  ['   --what=KINDS', 'What to clean'],
  ['   --now', 'Start or stop units, too'],
  ['-f --force', 'Replace links; end without waiting'],
  ['   --runtime', 'Until the next boot only'],
  ['   --global', "All users' units"],
  ['   --no-reload', "Don't reload after changes of unit files"],
  ['   --preset-mode=MODE', 'full, enable-only, disable-only'],
  ['   --root=PATH', 'Unit files below another directory'],
  ['   --dry-run', 'Only say what would be done'],
];

export function helpText(context: Terminal): string {
  const { colors } = styleOf(context);
  const rows = (entries: readonly Entry[], width: number): string =>
    entries.map(([left, right]) => `  ${left.padEnd(width)} ${right}\n`).join('');
  return [
    `${context.program} [OPTIONS...] COMMAND ...\n\n`,
    `${colors.highlight}Starts, stops and inspects services of this container.${colors.normal}\n`,
    ...commandGroups.map(([title, entries]) => `\n${colors.underline}${title}:${colors.normal}\n${rows(entries, 33)}`),
    `\n${colors.underline}Options:${colors.normal}\n${rows(optionEntries, 33)}`,
  ].join('');
}
