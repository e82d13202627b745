/** The manager: its log, and what services find. */
import { row } from './row.ts';

/** What was not met, as it stands in a unit file: `ConditionPathExists` and `!/etc/file`. */
type Unmet = (name: string, parameter: string) => string;

/** Lines about jobs that are each ordered after the one before and the first after the last, and their priority. */
type Cycle = (jobs: readonly string[]) => { readonly priority: 3 | 4; readonly lines: readonly string[] };

const taskFailed =
  (verb: string) =>
  (task: string, why: string): string =>
    `Failed to ${verb} ${task} task: ${why}`;

export const managerRows = {
  /** Why a unit is not started; `%s` is the unit. */
  unmetCondition: row<Unmet>({
    252: (name, parameter) => `%s was skipped because of an unmet condition check (${name}=${parameter}).`,
    257: (name, parameter) => `%s skipped, unmet condition check ${name}=${parameter}`,
  }),
  /** What a condition is called; ConditionKernelVersion= has become another name of ConditionVersion=. */
  conditionType: row({
    252: (type: string) => type,
    258: (type: string) => (type === 'KernelVersion' ? 'Version' : type),
  }),
  /** LogExtraFields= are fields of what is said about the unit, too. */
  extraFieldsAbout: row({ 252: false, 257: true }),
  /** `down`: it could be frozen if it were there. */
  noFreezer: row({
    252: (unit: string, _down: boolean) => `Unit '${unit}' does not support freezing.`,
    257: (_unit: string, down: boolean) => (down ? 'Unit is not active' : 'Unit does not support freeze/thaw'),
  }),
  noTriggerCondition: row({
    252: '%s was skipped because no trigger condition checks were met.',
    257: '%s skipped, no trigger condition checks were met.',
  }),
  /** Of `kill`, for units of types that have no processes. */
  notKilled: row({ 252: 'Operation not supported', 257: 'Unit type does not support process killing.' }),
  /** Who connects to a socket of this machine alone, for MaxConnectionsPerSource=; undefined: that is not counted. */
  localSource: row<((uid: number) => string) | undefined>({ 252: undefined, 257: (uid) => `UID ${uid}` }),
  /** What comes before a start that a service has scheduled itself. */
  saysStoppedBeforeRestart: row({ 252: true, 257: false }),
  /** OnFailure= and OnSuccess= are about each end of a service that Restart= brings back, not about the last one alone. */
  handlesEndsBeforeRestart: row({ 252: false, 254: true }),
  /** Of RELOADING=1, READY=1 and STOPPING=1 in one message the last one counts; after that, STOPPING=1, then READY=1. */
  lastStateCounts: row({ 252: true, 253: false }),
  /** The state of a service that has said RELOADING=1 of itself. */
  ownReload: row<'reload' | 'reload-notify'>({ 252: 'reload', 253: 'reload-notify' }),
  /** READY=1 and RELOADING=1 after STOPPING=1 are refused. */
  stoppingIsFinal: row({ 252: false, 262: true }),
  /** Type=notify-reload with ExecReload=: the signal comes after the commands, and is waited for. */
  reloadSignalIsLast: row({ 252: false, 262: true }),
  /** Type=notify-reload: a service that would die of its signal is not started. */
  checksReloadSignal: row({ 252: false, 262: true }),
  /** The end of "reception is disabled". */
  notifiedInVain: row({ 252: '.', 257: '' }),
  /** MAINPID= of a process that is not there is told like a number that is none. */
  mainPidMustExist: row({ 252: false, 257: true }),
  badMainPid: row<(text: string, why: string) => string>({
    252: (text) => `Failed to parse MAINPID= field in notification message, ignoring: ${text}`,
    257: (text, why) => `Failed to parse MAINPID=${text} field in notification message, ignoring: ${why}`,
  }),
  /** A reload of a unit that ends meanwhile is canceled, however the unit ends. */
  endCancelsReload: row({ 252: false, 262: true }),
  /** Results of jobs that are told besides what could not be done. */
  toldResults: row<readonly ('timeout' | 'dependency')[]>({ 252: ['timeout', 'dependency'], 262: ['timeout'] }),
  /** A condition that can't be checked. */
  undecided: row<(condition: string, why: string) => string>({
    252: (condition, why) => `Couldn't determine result for ${condition}, assuming failed: ${why}`,
    262: (condition, why) => `Couldn't determine result for ${condition}: ${why}`,
  }),
  /** Of processes that are there before a unit starts: what is said after each of them in a message of its own. */
  leftoverHintIsAlone: row({ 252: false, 257: true }),
  /** Services whose descriptors are kept are told how many. */
  setsFdStore: row({ 252: false, 254: true }),
  /** What credentials could not be set up for; before, it is a protocol error whatever the reason. */
  tellsWhyNoCredentials: row({ 252: false, 262: true }),
  /** A program that is nowhere; `ignored`: behind the prefix `-`. */
  notLocated: row<{ readonly level: 5 | 6; readonly text: (path: string, ignored: boolean) => string }>({
    252: {
      level: 6,
      text: (path, ignored) =>
        ignored ? `Executable ${path} missing, skipping` : `Failed to locate executable ${path}`,
    },
    257: { level: 5, text: (path) => `Unable to locate executable '${path}'` },
  }),
  /** Variables in a command line that are not set are told. */
  tellsOfUnsetVariables: row({ 252: false, 257: true }),
  orderingCycle: row<Cycle>({
    252: (jobs) => ({
      priority: 4,
      lines: jobs.map((job, i) => `Found ${i === 0 ? 'ordering cycle' : 'dependency'} on ${job}`),
    }),
    262: (jobs) => ({
      priority: 3,
      lines: [`Found ordering cycle: ${jobs.join(' after ')} - after ${jobs[0]?.replace(/\/[^/]*$/, '')}`],
    }),
  }),
  consumed: row({
    252: (cpu: string, _wallClock: string) => `Consumed ${cpu} CPU time.`,
    259: (cpu: string, wallClock: string) => `Consumed ${cpu} CPU time over ${wallClock} wall clock time.`,
  }),
  /** The place where something could not be mounted for a service. */
  mountTarget: row({
    252: (path: string) => `/run/systemd/unit-root${path === '/' ? '' : path}`,
    257: (path: string) => path,
  }),
  /** Commands that do not belong to a start hear of the service's credentials, too. */
  credentialsAlways: row({ 252: true, 257: false }),
  /** A credential of the manager's own that it does not have; undefined where nobody hears of it. */
  inheritedMissing: row<((unit: string, name: string) => string) | undefined>({
    252: undefined,
    257: (_unit, name) => `Couldn't read inherited credential '${name}', skipping: No such file or directory`,
    262: (unit, name) => `${unit}: Couldn't read inherited credential '${name}', skipping: No such file or directory`,
  }),
  /** What could not be done with a phase of a unit: "Failed to run 'start' task". */
  /** Where mount(8) and umount(8) are, as ExecMount= shows them. */
  mountFolder: row({ 252: '/bin', 257: '/usr/bin' }),
  /** mount(8) gets the type before the options, also for a reload. */
  remountTypeFirst: row({ 252: false, 262: true }),
  taskFailed: row({ 252: taskFailed('run'), 257: taskFailed('spawn') }),
  /** A service that is restarted too often has failed of that, and not of what it has ended with. */
  restartLimitIsResult: row({ 252: false, 262: true }),
  /** ProtectHome=tmpfs: nothing can be put into what is there instead, as the manual says of all releases. */
  homesAreReadOnly: row({ 252: false, 257: true }),
  /** What was counted against start limits outlives daemon-reload. */
  reloadKeepsCounts: row({ 252: false, 255: true }),
  /** $PATH of services. */
  path: row({
    252: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    255: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin',
  }),
  /** How often something may come in at a socket is limited where no line says it, too. */
  limitsPolls: row({ 252: false, 255: true }),
  /** A socket is to belong to somebody who is not there. */
  unresolvedOwner: row<(kind: 'user' | 'group', name: string) => string>({
    252: (kind, name) => `Failed to resolve ${kind} ${name}: No such process`,
    262: (kind, name) => `Failed to resolve ${kind} '${name}': Unknown ${kind}`,
  }),
  /** User= of a service names somebody who is not there: what failed, why, and the errno that the step ends with. */
  unknownUser: row<(name: string) => { message: string; code: string; reason?: string }>({
    252: () => ({ message: 'Failed to determine user credentials', code: 'ESRCH' }),
    262: (name) => ({
      message: `Failed to determine credentials for user '${name}'`,
      code: 'EINVAL',
      reason: 'Unknown user',
    }),
  }),
  /** $USER of services of the system is set without User=, too. */
  alwaysSetsUser: row({ 252: false, 255: true }),
  /** The manager raises its own limit of core dumps as far as it may, and services have that. */
  raisesCoreLimit: row({ 252: false, 257: true }),
};
