/** Exit statuses by name: systemd.exec(5) "PROCESS EXIT CODES". */
import { parseUnsigned } from '../text/numbers.ts';
import { splitWords, type Warn } from '../text/quoting.ts';

import { parseSignal } from './signals.ts';

/** SuccessExitStatus= and its kin. */
export interface ExitStatusSet {
  statuses: number[];
  signals: number[];
}

export type ExitStatusClass = 'libc' | 'systemd' | 'LSB' | 'BSD';

export interface ExitStatusName {
  status: number;
  name: string;
  class: ExitStatusClass;
}

function numbered(from: number, names: string, statusClass: ExitStatusClass): ExitStatusName[] {
  return names
    .split(' ')
    .map((name, index) => ({ status: from + index, name, class: statusClass }))
    .filter(({ name }) => name !== '-');
}

/** All statuses that have a name, in order. */
export const exitStatusTable: readonly ExitStatusName[] = [
  ...numbered(0, 'SUCCESS FAILURE', 'libc'),
  ...numbered(2, 'INVALIDARGUMENT NOTIMPLEMENTED NOPERMISSION NOTINSTALLED NOTCONFIGURED NOTRUNNING', 'LSB'),
  ...numbered(
    64,
    'USAGE DATAERR NOINPUT NOUSER NOHOST UNAVAILABLE SOFTWARE OSERR OSFILE CANTCREAT IOERR TEMPFAIL PROTOCOL NOPERM CONFIG',
    'BSD',
  ),
  ...numbered(
    200,
    'CHDIR NICE FDS EXEC MEMORY LIMITS OOM_ADJUST SIGNAL_MASK STDIN STDOUT CHROOT IOPRIO TIMERSLACK SECUREBITS ' +
      'SETSCHEDULER CPUAFFINITY GROUP USER CAPABILITIES CGROUP SETSID CONFIRM STDERR - PAM NETWORK NAMESPACE ' +
      'NO_NEW_PRIVILEGES SECCOMP SELINUX_CONTEXT PERSONALITY APPARMOR ADDRESS_FAMILIES RUNTIME_DIRECTORY - CHOWN ' +
      'SMACK_PROCESS_LABEL KEYRING STATE_DIRECTORY CACHE_DIRECTORY LOGS_DIRECTORY CONFIGURATION_DIRECTORY ' +
      'NUMA_POLICY CREDENTIALS BPF',
    'systemd',
  ),
  { status: 255, name: 'EXCEPTION', class: 'systemd' },
];

const byStatus: ReadonlyMap<number, ExitStatusName> = new Map(exitStatusTable.map((entry) => [entry.status, entry]));
const byName: ReadonlyMap<string, number> = new Map(exitStatusTable.map((entry) => [entry.name, entry.status]));

/** A name of the table or a number from 0 to 255. */
export function parseExitStatus(text: string): number | undefined {
  return byName.get(text) ?? parseUnsigned(text, 255);
}

/** The name of a status, where it has one among the given classes (all unless told). */
export function exitStatusName(status: number, classes?: readonly ExitStatusClass[]): string | undefined {
  const entry = byStatus.get(status);
  return entry !== undefined && (classes === undefined || classes.includes(entry.class)) ? entry.name : undefined;
}

export function exitStatusClass(status: number): ExitStatusClass | undefined {
  return byStatus.get(status)?.class;
}

function addSorted(list: readonly number[], value: number): number[] {
  return list.includes(value) ? [...list] : [...list, value].sort((a, b) => a - b);
}

/**
 * SuccessExitStatus= and its kin: statuses and signals are added to `current`, '' empties it. What does not parse is
 * told and left out.
 */
export function parseExitStatusSet(value: string, current: ExitStatusSet, lvalue: string, warn: Warn): ExitStatusSet {
  if (value === '') return { statuses: [], signals: [] };
  let { statuses, signals } = current;
  const words = splitWords(value);
  if (words === undefined) {
    warn(4, `Failed to parse ${lvalue}=${value}, ignoring: Invalid argument`);
    return current;
  }
  for (const word of words) {
    const status = parseExitStatus(word);
    const signal = status === undefined ? parseSignal(word) : undefined;
    if (status !== undefined) statuses = addSorted(statuses, status);
    else if (signal !== undefined) signals = addSorted(signals, signal);
    else warn(4, `Failed to parse value, ignoring: ${word}`);
  }
  return { statuses, signals };
}
