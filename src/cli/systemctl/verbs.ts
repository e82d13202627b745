/**
 * Every verb of systemctl, one row each: its synopsis, which says how many arguments it takes, its text in --help, who
 * may call it (access.ts), and what does it. Rows of one maker have the file in common, where they work, and whether a
 * pager shows what they print.
 */

import { change, query } from '../../program/access.ts';
import type { Help, HelpLine, Section } from '../../program/help.ts';
import { type Access, lazily, type VerbRow, verbFinder } from '../../program/verbs.ts';
import type { CliContext } from '../common/context.ts';
import { settingAccess } from '../common/manager-settings.ts';
import {
  call,
  cancelling,
  eachUnit,
  entering,
  files,
  filesAndStart,
  job,
  resetting,
  serviceLog,
  settingProperty,
  starts,
} from './access.ts';
import type { SystemctlOptions } from './options.ts';
import type { Verb } from './verb.ts';

export interface SystemctlVerb extends VerbRow<CliContext, SystemctlOptions> {
  /** On files of any root (--root=, a chroot), with a manager that runs, or only with that of the system. */
  readonly place: 'files' | 'manager' | 'system';
  readonly pager: 'paged' | 'direct';
}

/** A maker of rows for verbs of one file, which is loaded when one of them is called. */
function rowsOf<Module>(
  place: SystemctlVerb['place'],
  pager: SystemctlVerb['pager'],
  open: () => Promise<Module>,
): (synopsis: string, help: Help, access: Access<SystemctlOptions>, pick: (module: Module) => Verb) => SystemctlVerb {
  const file = lazily(open);
  return (synopsis, help, access, pick) => ({
    synopsis,
    help,
    place,
    pager,
    access,
    load: async () => pick(await file()),
  });
}

const openControl = () => import('./control.ts');
const openEnvironment = () => import('./environment.ts');
const openIs = () => import('./is.ts');
const openJobs = () => import('./jobs.ts');
const openStart = () => import('./start.ts');
const openSystem = () => import('./system.ts');

const list = rowsOf('manager', 'paged', () => import('./list.ts'));
const status = rowsOf('manager', 'paged', () => import('./status.ts'));
const show = rowsOf('manager', 'paged', () => import('./show.ts'));
const dependencies = rowsOf('manager', 'paged', () => import('./deps.ts'));
const is = rowsOf('manager', 'direct', openIs);
const state = rowsOf('files', 'direct', openIs);
const start = rowsOf('manager', 'direct', openStart);
const enter = rowsOf('manager', 'direct', openStart);
const enterAlone = rowsOf('system', 'direct', openStart);
const control = rowsOf('manager', 'direct', openControl);
const manual = rowsOf('manager', 'paged', () => import('./manual.ts'));

const unitFiles = rowsOf('files', 'paged', () => import('./unit-files.ts'));
const cat = rowsOf('manager', 'paged', () => import('./cat.ts'));
const edit = rowsOf('manager', 'direct', () => import('./edit.ts'));
const install = rowsOf('files', 'direct', () => import('./install.ts'));

const jobs = rowsOf('manager', 'direct', openJobs);
const listJobs = rowsOf('manager', 'paged', openJobs);
const environment = rowsOf('manager', 'direct', openEnvironment);
const showEnvironment = rowsOf('manager', 'paged', openEnvironment);

const setting = rowsOf('manager', 'direct', () => import('../common/manager-settings.ts'));
const manager = rowsOf('manager', 'direct', openSystem);
const system = rowsOf('system', 'direct', openSystem);

const anyone = query();
const onFiles = query({ files: true });
const execute = change('Failed to execute operation');

/** The manager itself: what the front door makes of this, no verb does (native/client/main.c). */
const init: HelpLine = { synopsis: 'init [UNIT...]', text: 'Boot: be the init of a container' };

export const verbs: readonly Section<SystemctlVerb | HelpLine>[] = [
  [
    'Units',
    [
      list('list-units [PATTERN...]', 'Units in memory', anyone, (m) => m.verbListUnits),
      list('list-sockets [PATTERN...]', 'Socket units, by address', anyone, (m) => m.verbListSockets),
      list('list-timers [PATTERN...]', 'Timer units, by the time they elapse next', anyone, (m) => m.verbListTimers),
      list('list-paths [PATTERN...]', 'Path units, by path', anyone, (m) => m.verbListPaths),
      list('list-automounts [PATTERN...]', 'Automount units, by path', anyone, (m) => m.verbListAutomounts),
      list('list-machines [PATTERN...]', undefined, anyone, (m) => m.verbListMachines),
      status('status [PATTERN...|PID...]', 'How units, or the whole system, are doing', anyone, (m) => m.verbStatus),
      show('show [PATTERN...|JOB...]', 'Properties of units, jobs or the manager', anyone, (m) => m.show),
      is('is-active PATTERN..., check', 'Are units active?', anyone, (m) => m.verbIsActive),
      is('is-failed [PATTERN...]', 'Have units failed?', anyone, (m) => m.verbIsFailed),
      dependencies('list-dependencies [UNIT...]', 'What units need, as a tree', anyone, (m) => m.verbListDependencies),
      start('start UNIT...', 'Start units', job('start', starts), (m) => m.verbStart('start')),
      start('stop UNIT..., condstop', 'Stop units', job('stop'), (m) => m.verbStart('stop')),
      start('restart UNIT...', 'Stop and start units', job('restart', starts), (m) => m.verbStart('restart')),
      start('try-restart UNIT..., condrestart', 'Restart units that are active', job('try-restart'), (m) =>
        m.verbStart('try-restart'),
      ),
      start('reload UNIT...', 'Let units read their configuration again', job('reload'), (m) => m.verbStart('reload')),
      // with --marked there is none
      start(
        'reload-or-restart [UNIT...]',
        ['reload-or-restart UNIT...', 'Reload units that can be, restart the others'],
        job('reload-or-restart', starts),
        (m) => m.verbStart('reload-or-restart'),
      ),
      start(
        'try-reload-or-restart UNIT..., reload-or-try-restart, force-reload, condreload',
        'The same, for units that are active',
        job('reload-or-try-restart'),
        (m) => m.verbStart('try-reload-or-restart'),
      ),
      start(
        'enqueue-marked',
        'Restart or reload units that are marked',
        job('reload-or-restart', starts),
        (m) => m.verbEnqueueMarked,
      ),
      start('isolate UNIT', 'Start a unit and stop all others', job('start', starts), (m) => m.verbStart('isolate')),
      control(
        'kill UNIT...',
        'Send a signal to processes of units',
        eachUnit('Failed to kill unit'),
        (m) => m.verbKill,
      ),
      control(
        'clean UNIT...',
        'Remove runtime, cache, state, logs or configuration',
        eachUnit('Failed to add reference to unit'),
        (m) => m.verbClean,
      ),
      control('freeze PATTERN...', 'Suspend the processes of units', eachUnit('Failed to add reference to unit'), (m) =>
        m.verbFreeze('freeze'),
      ),
      control('thaw PATTERN...', 'Let them go on', eachUnit('Failed to add reference to unit'), (m) =>
        m.verbFreeze('thaw'),
      ),
      control('reset-failed [PATTERN...]', 'Forget that units have failed', resetting, (m) => m.verbResetFailed),
      control(
        'set-property UNIT NAME=VALUE...',
        'Change settings of a unit that is running',
        settingProperty,
        (m) => m.verbSetProperty,
      ),
      control('bind UNIT PATH [PATH]', undefined, eachUnit('Failed to bind mount to unit'), (m) => m.verbBind),
      control(
        'mount-image UNIT IMAGE PATH [OPTIONS]',
        undefined,
        eachUnit('Failed to mount image of unit'),
        (m) => m.verbMountImage,
      ),
      control('service-log-level SERVICE [LEVEL]', undefined, serviceLog('level'), (m) => m.verbServiceLog),
      control('service-log-target SERVICE [TARGET]', undefined, serviceLog('target'), (m) => m.verbServiceLog),
      manual(
        'help [PATTERN...|PID...]',
        ['help PATTERN...|PID...', 'Manual pages of units'],
        query({ own: 'always' }),
        (m) => m.verbHelp,
      ),
      control('whoami [PID...]', 'The unit of a process', anyone, (m) => m.verbWhoami),
    ],
  ],
  [
    'Unit files',
    [
      unitFiles('list-unit-files [PATTERN...]', 'Unit files that are installed', onFiles, (m) => m.verbListUnitFiles),
      cat(
        'cat PATTERN...',
        'Unit files with their drop-ins',
        query({ files: true, own: 'unprivileged' }),
        (m) => m.verbCat,
      ),
      edit(
        'edit UNIT...',
        'Edit unit files',
        change('Failed to execute operation', { files: true, own: 'always' }),
        (m) => m.verbEdit,
      ),
      install(
        'enable UNIT|PATH...',
        ['enable [UNIT...|PATH...]', 'Enable units'],
        filesAndStart('enable unit'),
        (m) => m.verbEnable,
      ),
      install('disable UNIT...', 'Disable units', files('disable unit'), (m) => m.verbDisable),
      install('reenable UNIT...', 'Disable and enable units', filesAndStart('reenable unit'), (m) => m.verbReenable),
      install(
        'preset UNIT...',
        'Enable or disable units by the preset policy',
        files('preset unit'),
        (m) => m.verbPreset,
      ),
      install('preset-all', 'The same, for all units', files('preset all units'), (m) => m.verbPresetAll),
      install('is-enabled UNIT...', 'Are units enabled?', onFiles, (m) => m.verbIsEnabled),
      install('mask UNIT...', 'Make units impossible to start', files('mask unit'), (m) => m.verbMask),
      install('unmask UNIT...', 'Undo that', files('unmask unit'), (m) => m.verbUnmask),
      install('link PATH...', 'Make unit files from elsewhere known', files('link unit'), (m) => m.verbLink),
      install('revert UNIT...', "Go back to the vendor's version of units", files('revert unit'), (m) => m.verbRevert),
      install('add-wants TARGET UNIT...', 'Let a target want units', files('add dependency'), (m) => m.verbAddWants),
      install(
        'add-requires TARGET UNIT...',
        'Let a target require units',
        files('add dependency'),
        (m) => m.verbAddRequires,
      ),
      install('get-default', 'The target that is booted', onFiles, (m) => m.verbGetDefault),
      install('set-default TARGET', 'Set it', files('set default target'), (m) => m.verbSetDefault),
    ],
  ],
  [
    'Jobs and environment',
    [
      listJobs('list-jobs [PATTERN...]', 'Jobs that are queued or running', anyone, (m) => m.verbListJobs),
      jobs('cancel [JOB...]', 'Cancel all jobs, or these', cancelling, (m) => m.verbCancel),
      jobs('clear-jobs', undefined, execute, (m) => m.verbClearJobs),
      showEnvironment('show-environment', 'Variables that services are given', anyone, (m) => m.verbShowEnvironment),
      environment(
        'set-environment NAME=VALUE...',
        'Set some',
        change('Failed to set environment'),
        (m) => m.verbSetEnvironment,
      ),
      environment(
        'unset-environment NAME...',
        'Remove some',
        change('Failed to set environment'),
        (m) => m.verbUnsetEnvironment,
      ),
      environment(
        'import-environment [NAME...]',
        ['import-environment NAME...', 'Take some from the caller'],
        change('Failed to import environment'),
        (m) => m.verbImportEnvironment,
      ),
    ],
  ],
  [
    'Manager and system',
    [
      init,
      manager('daemon-reload', 'Read unit files again', change('Reload daemon failed'), (m) => m.verbRenew('reload')),
      manager(
        'daemon-reexec',
        'Replace the manager by a new one, units go on',
        change('Reexecute daemon failed'),
        (m) => m.verbRenew('reexec'),
      ),
      setting('log-level [LEVEL]', "The manager's log level", settingAccess('log-level'), (m) =>
        m.verbSetting('log-level'),
      ),
      setting('log-target [TARGET]', "Where the manager's log goes", settingAccess('log-target'), (m) =>
        m.verbSetting('log-target'),
      ),
      setting(
        'service-watchdogs [BOOL]',
        'Whether watchdogs of services bite',
        settingAccess('service-watchdogs'),
        (m) => m.verbSetting('service-watchdogs'),
      ),
      state('is-system-running', 'Is everything up?', query({ asksForManager: true }), (m) => m.verbIsSystemRunning),
      enter('default', 'Start the default target', entering('default.target'), (m) => m.verbEnter('default.target')),
      enterAlone('rescue', 'Start rescue mode', entering('rescue.target'), (m) => m.verbEnter('rescue.target')),
      enterAlone('emergency', 'Start emergency mode', entering('emergency.target'), (m) =>
        m.verbEnter('emergency.target'),
      ),
      system('halt', ['halt, poweroff, reboot', 'Stop everything and end'], call('Halt'), (m) =>
        m.verbShutdown('halt'),
      ),
      system('poweroff', undefined, call('PowerOff'), (m) => m.verbShutdown('poweroff')),
      system('reboot [ARG]', undefined, call('Reboot'), (m) => m.verbShutdown('reboot')),
      system('soft-reboot', undefined, execute, (m) => m.verbShutdown('soft-reboot')),
      system('kexec', undefined, execute, (m) => m.verbKexec),
      system('suspend', undefined, call('Suspend'), (m) => m.verbSleep('suspend', 'Suspend')),
      system('hibernate', undefined, call('Hibernate'), (m) => m.verbSleep('hibernate', 'Hibernate')),
      system('hybrid-sleep', undefined, call('HybridSleep'), (m) => m.verbSleep('hybrid-sleep', 'HybridSleep')),
      system('suspend-then-hibernate', undefined, call('SuspendThenHibernate'), (m) =>
        m.verbSleep('suspend-then-hibernate', 'SuspendThenHibernate'),
      ),
      system('sleep', undefined, call('Sleep'), (m) => m.verbSleep('sleep', 'Sleep')),
      manager('exit [STATUS]', 'The same, with an exit status', change('Failed to set exit code'), (m) => m.verbExit),
      manager('switch-root [ROOT [INIT...]]', undefined, execute, (m) => m.verbSwitchRoot),
    ],
  ],
];

/** By name, old ones too. */
export const verbNamed = verbFinder<SystemctlVerb>(verbs);
