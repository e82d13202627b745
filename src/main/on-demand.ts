/** A manager that was started for one call: how it is started, and when it ends. */
import { findManager, livingManager, type Scope } from '../control/places.ts';
import type { ControlServer } from '../control/server.ts';
import type { Manager } from '../manager/manager.ts';
import type { Host, Timer } from '../sys/host.ts';
import { isInactiveOrFailed } from '../units/unit.ts';
import { frontDoor, spawnInit } from './installation.ts';
import { holdsSurvivors } from './record.ts';

/** Calls come in rows (stop, start, status): so long the manager waits for the next one, milliseconds. */
const patienceMs = 3_000;
/** A failure can be asked about for longer. */
const failedPatienceMs = 60_000;
/** From the spawn of a manager to its socket. */
const startTimeoutMs = 30_000;
/** The same of one that somebody else has spawned just now. */
const otherTimeoutMs = 3_000;
const pollMs = 5;

/** Units of these types are only names for others, or belong to the machine: alone they are nothing to manage. */
const passive: ReadonlySet<string> = new Set(['target', 'slice', 'device', 'mount', 'swap', 'scope']);

function isUsed(manager: Manager): boolean {
  if (manager.jobs.size > 0) return true;
  for (const unit of manager.units.all())
    if (
      (!passive.has(unit.type) || holdsSurvivors(unit)) &&
      (!isInactiveOrFailed(unit.activeState) || unit.willRestart)
    )
      return true;
  return false;
}

/** Calls `end` once nothing has been left to manage, and nobody has asked anything, for a while. */
export function endWhenUnused(manager: Manager, control: ControlServer, end: () => void): void {
  let timer: Timer | undefined;
  const look = (): void => {
    timer = undefined;
    if (isUsed(manager)) return;
    if (control.connections > 0) arm(patienceMs);
    else end();
  };
  const arm = (delayMs: number): void => {
    timer?.cancel();
    timer = manager.host.after(delayMs, look);
  };
  const quiet = (): void => {
    if (!isUsed(manager)) arm(manager.units.failed.size > 0 ? failedPatienceMs : patienceMs);
  };
  manager.onQuiet = quiet;
  control.onRequest = quiet;
  quiet();
}

/**
 * Starts a manager in the background, or finds the one that is just coming up, and waits for its socket. Throws an
 * Error that says why there is none.
 */
export async function startManager(host: Host, scope: Scope): Promise<void> {
  let pid: number | undefined;
  let deadline = host.monotonic() + startTimeoutMs;
  let ended = false;
  // It takes the place that it can have.
  while (findManager(host, scope) === undefined) {
    // One that is seen may be coming up, or just end.
    if (pid === undefined && livingManager(host, scope) === undefined) pid = spawnManager(host, scope);
    if (!ended && pid !== undefined && hasEnded(host, pid)) {
      // Another that was started at the same moment may be coming up.
      ended = true;
      deadline = host.monotonic() + otherTimeoutMs;
    }
    if (host.monotonic() > deadline) {
      const reason = ended ? `it has ended, \`systemctl --${scope} init\` says why` : 'timed out';
      throw new Error(`Failed to start a manager in the background: ${reason}`);
    }
    await new Promise<void>((resolve) => host.after(pollMs, resolve));
  }
}

function hasEnded(host: Host, pid: number): boolean {
  const found = host.process(pid);
  return found === undefined || found.state === 'Z';
}

function spawnManager(host: Host, scope: Scope): number {
  const { pid, failure } = spawnInit(host, ['--on-demand', `--${scope}`]);
  if (failure !== undefined)
    throw new Error(`Failed to start a manager in the background: ${frontDoor()}: ${failure.code} (process ${pid})`);
  return pid;
}
