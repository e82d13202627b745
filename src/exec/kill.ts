/** Signals to the processes of a unit (systemd.kill(5)): to bring it down, and on a client's request. */
import { type Host, type ProcessInfo, SystemError } from '../sys/host.ts';
import type { LogLevel } from '../text/log-level.ts';
import type { KillSettings } from '../unitfile/directives/kill.ts';
import { signalName } from '../values/signals.ts';
import { atOnce, inSlices, type Slices } from './slices.ts';
import type { ProcessTracker } from './tracker.ts';

const SIGHUP = 1;
const SIGKILL = 9;
const SIGCONT = 18;

/** Processes that get a signal between two places where others may have their turn. */
const signalledAtOnce = 16;

/** Rounds of looking again for processes that were forked meanwhile. */
const maxRounds = 16;

/** A unit, as far as killing its processes goes. */
export interface KillTarget {
  readonly id: string;
  readonly manager: { readonly host: Host; readonly tracker: ProcessTracker };
  log(level: LogLevel, message: string): void;
}

/** `restart`: the stop that a restart begins with; `watchdog`: a service that is to leave a core. */
export type KillOperation = 'terminate' | 'restart' | 'kill' | 'watchdog';

export interface UnitPids {
  /** 0 or undefined: none. */
  mainPid?: number;
  controlPid?: number;
  /** The main process is not our child: its end is not waited for. */
  mainPidAlien?: boolean;
}

function signalFor(kill: KillSettings, operation: KillOperation): number {
  switch (operation) {
    case 'terminate':
      return kill.KillSignal;
    case 'restart':
      return kill.RestartKillSignal || kill.KillSignal;
    case 'kill':
      return kill.FinalKillSignal;
    case 'watchdog':
      return kill.WatchdogSignal;
  }
}

/** Sends the signal and SIGCONT, without which a stopped process would not see it. False where there is no process. */
function killAndContinue(host: Host, pid: number, signal: number, startTime?: number): boolean {
  const sent = host.kill(pid, signal, startTime);
  if (sent && signal !== SIGCONT && signal !== SIGKILL) host.kill(pid, SIGCONT, startTime);
  return sent;
}

/**
 * Signals what KillMode= says of a unit that goes down. True where an end of processes is to be waited for. Kills that a
 * person should know of (SIGKILL, the watchdog's) are logged. Where there are thousands, those that this turn has no time for get
 * their signal in the next ones, until the unit gets other processes or other signals.
 */
export function killUnitProcesses(
  target: KillTarget,
  kill: KillSettings,
  operation: KillOperation,
  pids: UnitPids,
): boolean {
  if (kill.KillMode === 'none') return false;
  const { host, tracker } = target.manager;
  const signal = signalFor(kill, operation);
  const noteworthy = operation === 'kill' || operation === 'watchdog';
  const hangup = kill.SendSIGHUP && operation === 'terminate' && signal !== SIGHUP;
  let wait = false;

  for (const [pid, what] of [
    [pids.mainPid ?? 0, 'main'],
    [pids.controlPid ?? 0, 'control'],
  ] as const) {
    if (pid <= 0) continue;
    if (noteworthy) logKill(target, pid, commandOf(host, pid), signal);
    try {
      const sent = killAndContinue(host, pid, signal);
      if (what === 'control' || pids.mainPidAlien !== true) wait = true;
      if (sent && hangup) host.kill(pid, SIGHUP);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      const comm = commandOf(host, pid) ?? 'n/a';
      target.log(4, `Failed to kill ${what} process ${pid} (${comm}), ignoring: ${error.message}`);
    }
  }

  const isWanted = tracker.takeTurns(target.id);
  if (kill.KillMode !== 'control-group' && !(kill.KillMode === 'mixed' && operation === 'kill')) return wait;
  const others = killOthers(target, { signal, noteworthy, hangup }, new Set([pids.mainPid ?? 0, pids.controlPid ?? 0]));
  let hit = false;
  const done = inSlices(host, others, isWanted, (any) => {
    hit = any;
  });
  // Now, for nothing waits for it: the unit may be gone in the next turn.
  atOnce(killSuspects(target));
  return wait || (done ? hit : tracker.hasProcesses(target.id));
}

/** All but the main and the control process. Whether there was one that got the signal. */
function* killOthers(
  target: KillTarget,
  { signal, noteworthy, hangup }: { signal: number; noteworthy: boolean; hangup: boolean },
  done: Set<number>,
): Slices<boolean> {
  const { host, tracker } = target.manager;
  const hit: ProcessInfo[] = [];
  for (let round = 0; round < maxRounds; round++) {
    // A fork may have been missed; one that is made after its parent was signalled is seen by the next look.
    const found = (yield* tracker.seek(target.id, round > 0)).filter((p) => !done.has(p.pid));
    if (found.length === 0) break;
    for (const [index, process] of found.entries()) {
      if (index % signalledAtOnce === signalledAtOnce - 1) yield;
      done.add(process.pid);
      if (noteworthy) logKill(target, process.pid, process.comm, signal);
      if (trySignal(target, () => killAndContinue(host, process.pid, signal, process.startTime))) hit.push(process);
    }
  }
  if (hangup)
    for (const [index, p] of hit.entries()) {
      if (index % signalledAtOnce === signalledAtOnce - 1) yield;
      trySignal(target, () => host.kill(p.pid, SIGHUP, p.startTime));
    }
  return hit.length > 0;
}

/** Processes that have made it doubtful whose they are get no chance to stay: nobody waits for them. */
function* killSuspects(target: KillTarget): Slices<void> {
  const { host, tracker } = target.manager;
  for (let round = 0; round < maxRounds; round++) {
    const suspects = yield* tracker.seekSuspects(target.id, round > 0);
    if (suspects.length === 0) return;
    for (const { pid, comm, startTime } of suspects) {
      target.log(5, `Killing process ${pid} (${comm}), which may have left this unit by changing its mark.`);
      trySignal(target, () => host.kill(pid, SIGKILL, startTime));
      yield;
    }
  }
}

function trySignal(target: KillTarget, send: () => boolean): boolean {
  try {
    return send();
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    target.log(4, `Failed to kill control group, ignoring: ${error.message}`);
    return false;
  }
}

function logKill(target: KillTarget, pid: number, comm: string | undefined, signal: number): void {
  if (comm?.startsWith('(')) return;
  target.log(5, `Killing process ${pid} (${comm ?? 'n/a'}) with signal SIG${signalName(signal)}.`);
}

const commandOf = (host: Host, pid: number): string | undefined => host.process(pid)?.comm;

const leftoverHint =
  'This usually indicates unclean termination of a previous run, or service implementation deficiencies.';

/** Tells of each process that is still there when a unit starts or has stopped; returns how many. */
export function warnLeftovers(target: KillTarget, when: 'start' | 'stop'): number {
  let count = 0;
  for (const { pid, comm } of target.manager.tracker.processesOf(target.id)) {
    if (comm.startsWith('(')) continue;
    count++;
    if (when === 'stop') target.log(6, `Unit process ${pid} (${comm}) remains running after unit stopped.`);
    else {
      const found = `Found left-over process ${pid} (${comm}) in control group while starting unit. Ignoring.`;
      if (target.manager.host.voice.manager.leftoverHintIsAlone) {
        target.log(4, found);
        target.log(4, leftoverHint);
      } else target.log(4, `${found}\n${leftoverHint}`);
    }
  }
  return count;
}

/** --kill-whom= of systemctl(1); the `-fail` forms complain where nothing was hit. */
export type KillWhom = 'main' | 'control' | 'all' | 'main-fail' | 'control-fail' | 'all-fail';

/** Why a client's kill did not work: a D-Bus error name's last part, and the text. */
export class KillError extends Error {
  readonly busName: string;
  constructor(busName: string, message: string) {
    super(message);
    this.busName = busName;
  }
}

const noSuchProcess = 'org.freedesktop.systemd1.NoSuchProcess';

/**
 * `systemctl kill`: sends any signal to the processes asked for. `type` is the unit's, for the text; a pid of undefined
 * says that units of this type have no such process. Throws KillError.
 */
export function* killOnRequest(
  target: KillTarget,
  type: string,
  whom: KillWhom,
  signal: number,
  pids: { mainPid: number | undefined; controlPid: number | undefined },
  value?: number,
): Slices<void> {
  const { host, tracker } = target.manager;
  const which = whom.replace('-fail', '') as 'main' | 'control' | 'all';
  for (const kind of ['main', 'control'] as const) {
    if (which !== kind) continue;
    const pid = pids[`${kind}Pid`];
    if (pid === undefined) throw new KillError(noSuchProcess, `${type} units have no ${kind} processes`);
    if (pid === 0) throw new KillError(noSuchProcess, `No ${kind} process to kill`);
  }
  const name = `SIG${signalName(signal)}`;
  let killed = false;
  let failure: KillError | undefined;
  const send = (pid: number, what: string, startTime?: number, comm = commandOf(host, pid) ?? 'n/a'): void => {
    const whatFor = `${name} to ${what} process ${pid} (${comm})`;
    try {
      const sent = value === undefined ? host.kill(pid, signal, startTime) : host.sigqueue(pid, signal, value);
      if (!sent && startTime !== undefined) return;
      if (!sent) throw new SystemError('ESRCH', 3, 'kill');
      if (what !== 'auxiliary') target.log(6, `Sent signal ${whatFor} on client request.`);
      killed = true;
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      failure ??= new KillError(noSuchProcess, `Failed to send signal ${whatFor}: ${error.code}`);
      target.log(4, `Failed to send signal ${whatFor} on client request: ${error.code}`);
    }
  };
  if (which !== 'main' && pids.controlPid) send(pids.controlPid, 'control');
  if (which !== 'control' && pids.mainPid) send(pids.mainPid, 'main');
  if (which === 'all') {
    const done = new Set([pids.mainPid, pids.controlPid]);
    for (const [index, p] of (yield* tracker.seek(target.id, true)).entries()) {
      if (index % signalledAtOnce === signalledAtOnce - 1) yield;
      if (done.has(p.pid)) continue;
      target.log(6, `Sending signal ${name} to process ${p.pid} (${p.comm}) on client request.`);
      send(p.pid, 'auxiliary', p.startTime, p.comm);
    }
  }
  if (failure !== undefined) throw failure;
  if (!killed && whom.endsWith('-fail')) throw new KillError(noSuchProcess, 'No matching processes to kill');
}
