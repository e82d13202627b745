/** What a service says of itself: the messages of sd_notify(3). */
import { errorText } from '../sys/error-text.ts';
import { type Host, SystemError } from '../sys/host.ts';
import { hasInvalidBytes } from '../text/bytes.ts';
import { parseInteger, parseUnsigned, parseUnsigned64 } from '../text/numbers.ts';
import type { ServiceSettings } from '../unitfile/directives/service.ts';
import type { LoadState } from '../unitfile/load/loaded-unit.ts';
import { parseErrno } from '../values/errno.ts';
import { fdNameIsValid } from '../values/names.ts';
import { fromUsec } from '../values/time/time-span.ts';
import type { FdStore } from './fd-store.ts';
import { judgeMainPid, type MainPidOwner } from './main-pid.ts';
import type { RateLimit } from './rate-limit.ts';
import type { StateSaid } from './service-reload.ts';
import { isDead, type ServiceState, type StatusErrors } from './service-types.ts';

/** A message, with the sender's credentials from the kernel. */
export interface Notification {
  pid: number;
  uid: number;
  /** KEY=VALUE, in order. */
  lines: readonly string[];
  /** Belong to whoever gets the message. */
  fds: readonly number[];
}

/** A service, as far as it can be told something by its processes. */
export interface NotifiedService extends MainPidOwner {
  readonly loadState: LoadState;
  readonly state: ServiceState;
  readonly settings: ServiceSettings;
  readonly fdStore: FdStore;
  statusText: string;
  statusErrors: StatusErrors;
  readonly notifyComplaints: RateLimit;
  nRestarts: number;
  /** NOTIFYACCESS=: who may speak from now on, until the next start; undefined: as NotifyAccess= says. */
  notifyAccess: ServiceSettings['NotifyAccess'] | undefined;
  setMainPid(pid: number): void;
  stateSaid(said: StateSaid): void;
  extendTimeout(ms: number): void;
  resetWatchdog(): void;
  overrideWatchdog(ms: number): void;
  forceWatchdog(): void;
}

const maxStatusBytes = 1023;
const maxErrno = 4095;
/** States in which a service may say who its main process is, and is watched. */
const livingStates = new Set([
  'start',
  'start-post',
  'running',
  'reload',
  'reload-signal',
  'reload-notify',
  'reload-post',
]);

/** What is wrong in messages is not said more often than its service's limit lets pass. */
function complain(service: NotifiedService, message: string): void {
  if (service.notifyComplaints.below(service.manager.host.monotonic())) service.log(4, message);
}

/** NotifyAccess= of systemd.service(5). */
function isAuthorized(service: NotifiedService, pid: number): boolean {
  const { mainPid: main, controlPid: control } = service;
  const got = `Got notification message from PID ${pid}, but reception`;
  switch (service.notifyAccess ?? service.settings.NotifyAccess) {
    case 'none':
      complain(service, `${got} is disabled${service.manager.host.voice.manager.notifiedInVain}`);
      return false;
    case 'main':
      if (pid === main) return true;
      if (main !== 0) complain(service, `${got} only permitted for main PID ${main}`);
      else complain(service, `${got} only permitted for main PID which is currently not known`);
      return false;
    case 'exec':
      if (pid === main || pid === control) return true;
      if (main !== 0 && control !== 0)
        complain(service, `${got} only permitted for main PID ${main} and control PID ${control}`);
      else if (main !== 0) complain(service, `${got} only permitted for main PID ${main}`);
      else if (control !== 0) complain(service, `${got} only permitted for control PID ${control}`);
      else complain(service, `${got} only permitted for main PID and control PID which are currently not known`);
      return false;
    default:
      return true;
  }
}

/** Does what the message says; never throws for what it contains. Descriptors that are not stored are closed. */
export function handleNotification(service: NotifiedService, { pid, uid, lines, fds }: Notification): void {
  const left = [...fds];
  try {
    if (service.loadState !== 'loaded' || !isAuthorized(service, pid)) return;
    const field = (name: string): string | undefined =>
      lines.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1);
    changeMainPid(service, mainPidOf(service, lines, fds, field), uid);
    changeState(service, lines, field('MONOTONIC_USEC'));
    changeStatus(service, field('STATUS'));
    changeErrors(service, field('ERRNO'), field('BUSERROR'), field('VARLINKERROR'));
    changeAccess(service, field('NOTIFYACCESS'));
    if (lines.includes('RESTART_RESET=1') && livingStates.has(service.state)) {
      service.log(7, `Got RESTART_RESET=1, resetting restart counter from ${service.nRestarts}.`);
      service.nRestarts = 0;
    }
    const extend = field('EXTEND_TIMEOUT_USEC');
    if (extend !== undefined) {
      const usec = parseUnsigned64(extend);
      if (usec === undefined) complain(service, `Failed to parse EXTEND_TIMEOUT_USEC=${extend}`);
      else service.extendTimeout(fromUsec(usec));
    }
    changeWatchdog(service, field('WATCHDOG'), field('WATCHDOG_USEC'));
    changeStore(service, lines, field('FDNAME'), left);
  } finally {
    for (const fd of left) service.manager.host.discardFd(fd);
  }
}

/** MAINPID=, or the process of a pidfd that came along (MAINPIDFD=1). */
function mainPidOf(
  service: NotifiedService,
  lines: readonly string[],
  fds: readonly number[],
  field: (name: string) => string | undefined,
): string | undefined {
  if (!lines.includes('MAINPIDFD=1')) return field('MAINPID');
  const [fd] = fds;
  if (fd === undefined || fds.length > 1) {
    service.log(4, `Got MAINPIDFD=1 with ${fd === undefined ? 'no' : 'more than one'} fd, ignoring.`);
    return undefined;
  }
  const pid = pidOfPidfd(service.manager.host, fd);
  if (pid === undefined) service.log(4, 'Got MAINPIDFD=1 with an fd that is no process, ignoring.');
  return pid;
}

/** proc(5), /proc/PID/fdinfo: the process behind a pidfd; -1 where it has ended. */
function pidOfPidfd({ files }: Host, fd: number): string | undefined {
  try {
    const [, pid] = /^Pid:\s+(-?\d+)$/m.exec(files.readText(`/proc/self/fdinfo/${fd}`)) ?? [];
    return pid;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return undefined;
  }
}

const accesses: ReadonlySet<string> = new Set(['none', 'main', 'exec', 'all']);

function changeAccess(service: NotifiedService, word: string | undefined): void {
  if (word === undefined) return;
  if (accesses.has(word)) service.notifyAccess = word as ServiceSettings['NotifyAccess'];
  else
    service.log(
      4,
      `Failed to parse NOTIFYACCESS= field value '${word}' in notification message, ignoring: Invalid argument`,
    );
}

/** Why a text is no process's number; undefined where it is one. */
function problemOf(host: Host, text: string, pid: number | undefined): string | undefined {
  if (pid === undefined || pid === 0) return errorText(parseInteger(text) === undefined ? 'EINVAL' : 'ERANGE');
  const { mainPidMustExist } = host.voice.manager;
  return mainPidMustExist && pid !== 1 && host.process(pid) === undefined ? errorText('ESRCH') : undefined;
}

function changeMainPid(service: NotifiedService, text: string | undefined, uid: number): void {
  if (text === undefined || !livingStates.has(service.state)) return;
  const pid = parseUnsigned(text, 2 ** 31 - 1);
  const problem = problemOf(service.manager.host, text, pid);
  if (pid === undefined || problem !== undefined) {
    complain(service, service.manager.host.voice.manager.badMainPid(text, problem ?? ''));
    return;
  }
  if (service.mainPidKnown && pid === service.mainPid) return;
  const verdict = judgeMainPid(service, pid, 4);
  if (verdict === undefined) return;
  if (verdict === 'doubtful' && uid !== 0) {
    service.log(7, `New main PID ${pid} does not belong to service, refusing.`);
    return;
  }
  service.setMainPid(pid);
}

/** In 252, of several the last one counts; there is no Type=notify-reload yet, which answers in one message. */
function changeState(service: NotifiedService, lines: readonly string[], monotonic: string | undefined): void {
  const monotonicUsec = monotonic === undefined ? undefined : parseUnsigned64(monotonic);
  if (monotonic !== undefined && monotonicUsec === undefined)
    complain(service, `Failed to parse MONOTONIC_USEC= field in notification message, ignoring: ${monotonic}`);
  const lastCounts = service.manager.host.voice.manager.lastStateCounts && service.settings.Type !== 'notify-reload';
  const last = lines.findLast((line) => line === 'READY=1' || line === 'RELOADING=1' || line === 'STOPPING=1');
  const has = (line: string): boolean => (lastCounts ? line === last : lines.includes(line));
  service.stateSaid({
    ready: has('READY=1'),
    reloading: has('RELOADING=1'),
    stopping: has('STOPPING=1'),
    monotonicUsec: monotonicUsec === undefined ? undefined : Number(monotonicUsec),
  });
}

function changeStatus(service: NotifiedService, text: string | undefined): void {
  if (text === undefined) return;
  const length = Buffer.byteLength(text);
  if (length > maxStatusBytes)
    complain(service, `Status message overly long (${length} > ${maxStatusBytes}), ignoring.`);
  else if (hasInvalidBytes(text) || text.includes('\ufffd'))
    complain(service, 'Status message in notification message is not UTF-8 clean, ignoring.');
  else {
    service.statusText = text;
    return;
  }
  service.statusText = '';
}

function changeErrors(
  service: NotifiedService,
  errnoText: string | undefined,
  bus: string | undefined,
  varlink: string | undefined,
): void {
  const said = service.statusErrors;
  const errno = errnoText === undefined ? undefined : errnoOf(service, errnoText);
  service.statusErrors = { errno: errno ?? said.errno, bus: bus ?? said.bus, varlink: varlink ?? said.varlink };
}

function errnoOf(service: NotifiedService, text: string): number | undefined {
  const errno = parseErrno(text) ?? parseInteger(text);
  if (errno !== undefined && errno >= 0 && errno <= maxErrno) return errno;
  const why = errno === undefined ? 'Invalid argument' : 'Numerical result out of range';
  complain(service, `Failed to parse ERRNO= field value '${text}' in notification message: ${why}`);
  return undefined;
}

/** A service that is down, or on its way there, is not watched, whatever is left of it says. */
function changeWatchdog(service: NotifiedService, word: string | undefined, usecText: string | undefined): void {
  if (!livingStates.has(service.state)) return;
  if (word === '1') service.resetWatchdog();
  else if (word === 'trigger') service.forceWatchdog();
  else if (word !== undefined) complain(service, 'Passed WATCHDOG= field is invalid, ignoring.');
  if (usecText === undefined) return;
  const usec = parseUnsigned64(usecText);
  if (usec === undefined) complain(service, `Failed to parse WATCHDOG_USEC=${usecText}`);
  else service.overrideWatchdog(fromUsec(usec));
}

/** Takes descriptors out of `fds` that the store now owns. */
function changeStore(
  service: NotifiedService,
  lines: readonly string[],
  name: string | undefined,
  fds: number[],
): void {
  const valid = name !== undefined && fdNameIsValid(name) && name !== '';
  if (lines.includes('FDSTOREREMOVE=1')) {
    if (valid) service.fdStore.remove(name);
    else complain(service, 'FDSTOREREMOVE=1 requested, but no valid file descriptor name passed, ignoring.');
    return;
  }
  // What a service keeps is for its next start; one that is down and stays down has none.
  if (!lines.includes('FDSTORE=1') || isDead.has(service.state) || service.state === 'failed') return;
  if (name !== undefined && !valid) complain(service, 'Passed FDNAME= name is invalid, ignoring.');
  const max = service.settings.FileDescriptorStoreMax;
  for (let fd = fds.shift(); fd !== undefined; fd = fds.shift())
    if (service.fdStore.add(fd, valid ? name : 'stored', max) === 'full') {
      complain(service, `Cannot store more fds than FileDescriptorStoreMax=${max}, closing remaining.`);
      return;
    }
}
