/**
 * The filters of system calls that a unit asks for, on their way to its processes. filters.ts: which ones its settings ask for;
 * program.ts: how one becomes a program for the kernel; numbers.ts: the calls of each architecture. The child loads them
 * (native/), and src/unitfile/directives/kinds has the groups (`@system-service`) and reads the settings.
 */
import { type Host, type SpawnRequest, SystemError } from '../../sys/host.ts';
import { parseBoolean } from '../../text/numbers.ts';
import type { ExecSettings } from '../../unitfile/directives/exec.ts';
import { StepFailure } from '../failure.ts';
import { type Seccomp, SeccompError, seccompOf, seccompSettings } from './filters.ts';

const available = new WeakMap<Host, boolean>();

/** Whether the kernel has filters; $SYSTEMD_SECCOMP=0 of the manager says that it has none. */
function isAvailable(host: Host): boolean {
  let known = available.get(host);
  if (known === undefined) {
    known = parseBoolean(host.environment.SYSTEMD_SECCOMP ?? '') !== false && kernelHasFilters(host);
    available.set(host, known);
  }
  return known;
}

function kernelHasFilters(host: Host): boolean {
  try {
    return /^Seccomp:/m.test(host.files.readText('/proc/self/status'));
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return true;
  }
}

/** Settings never change once a unit is loaded, nor does what is made of them. */
const made = new WeakMap<ExecSettings, Seccomp>();

/** Throws StepFailure (228 SECCOMP) where the settings contradict each other. */
export function applySeccomp(
  host: Host,
  exec: ExecSettings,
  request: SpawnRequest,
  debug: (message: string) => void,
): void {
  const settings = seccompSettings(exec);
  if (settings.length === 0) return;
  request.seccomp = { programs: [], barsExec: false };
  if (!isAvailable(host)) {
    for (const name of settings) debug(`SECCOMP features not detected in the kernel, skipping ${name}=`);
    return;
  }
  try {
    const filters = made.get(exec) ?? seccompOf(exec, host.uname().machine);
    made.set(exec, filters);
    request.seccomp = filters;
  } catch (error) {
    if (error instanceof SeccompError) throw new StepFailure('SECCOMP', error.message, error.code);
    throw error;
  }
}
