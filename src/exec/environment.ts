/** Environment blocks: lists of KEY=VALUE, later ones win in the place of the first (systemd.exec(5), "ENVIRONMENT"). */

import { reasonOf } from '../sys/error-text.ts';
import { globAll } from '../sys/glob.ts';
import { FileTypeError, type Host, SystemError } from '../sys/host.ts';
import { bytesToText } from '../text/bytes.ts';
import type { ExecSettings } from '../unitfile/directives/exec.ts';
import type { EnvironmentFileRef } from '../unitfile/directives/shapes.ts';
import { loadEnvironmentFile } from '../unitfile/language/env-file.ts';
import { credentialsDirectory, hasCredentials } from './credentials.ts';
import { type DirectoryRoots, directoryVariables } from './directories.ts';
import { SpawnError } from './failure.ts';
import { type Identity, loginOf, ownHome } from './identity.ts';
import { needsTerm, type PassedFd, terminalPath } from './stdio.ts';

/** Largest file that is read: more than a process can be given, and as much as the manager can read at once. */
const maxFileBytes = 4 * 1024 * 1024;

/** Joins blocks; an assignment in a later one replaces that of an earlier one where it stands. */
function mergeEnvironment(...blocks: readonly (readonly string[])[]): string[] {
  const merged = new Map<string, string>();
  for (const block of blocks) for (const entry of block) merged.set(entry.slice(0, entry.indexOf('=')), entry);
  return [...merged.values()];
}

/** UnsetEnvironment=: names, or assignments that go only where they match as a whole. */
function unsetEnvironment(block: string[], unset: readonly string[]): string[] {
  const gone = new Set(unset);
  return block.filter((entry) => !gone.has(entry) && !gone.has(entry.slice(0, entry.indexOf('='))));
}

/** PassEnvironment=: those of the manager's own variables that are set. */
function passedEnvironment(environment: Readonly<Record<string, string>>, names: readonly string[]): string[] {
  return names.flatMap((name) => (environment[name] === undefined ? [] : [`${name}=${environment[name]}`]));
}

/** As a lookup for `$NAME` in command lines. */
export function asMap(block: readonly string[]): Map<string, string> {
  return new Map(block.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]));
}

function unreadable(path: string, error: SystemError): SpawnError {
  const message = 'Failed to load environment files';
  if (error.code === 'EFBIG') return new SpawnError(message, 'E2BIG');
  const named = error instanceof FileTypeError && error.type !== 'directory';
  return named
    ? new SpawnError(message, error.code, `${path}: ${reasonOf(error)}`)
    : new SpawnError(message, error.code);
}

/**
 * EnvironmentFile=: all files that match, in order. Throws SpawnError where one is missing or unreadable and not behind
 * the prefix `-`.
 */
export function loadEnvironmentFiles(
  host: Host,
  references: readonly EnvironmentFileRef[],
  warn: (message: string) => void,
): string[] {
  let block: string[] = [];
  const read = (path: string): void => {
    const data = host.files.readFile(path, maxFileBytes);
    const { commentsGoOn } = host.voice.loading;
    const told = (_level: number, message: string): void => warn(message);
    const { assignments, error } = loadEnvironmentFile(bytesToText(data), path, told, commentsGoOn);
    if (error !== undefined) throw new SystemError(error.code, 0, 'read', path);
    block = mergeEnvironment(block, assignments);
  };
  for (const { path, optional } of references) {
    const paths = /[*?[]/.test(path) ? globAll(host.files, path) : [path];
    if (paths.length === 0 && !optional) throw new SpawnError('Failed to load environment files', 'ENOENT');
    for (const found of paths)
      try {
        read(found);
      } catch (error) {
        if (!(error instanceof SystemError)) throw error;
        if (!optional) throw unreadable(found, error);
      }
  }
  return block;
}

export interface EnvironmentFacts {
  host: Host;
  exec: ExecSettings;
  unit: string;
  invocationId: string;
  roots: DirectoryRoots;
  /** The manager's own block, and what the unit's type adds: NOTIFY_SOCKET, MAINPID … */
  manager: readonly string[];
  type: readonly string[];
  /** EnvironmentFile= */
  files: readonly string[];
  identity: Identity;
  passed: readonly PassedFd[];
  /** It may know where the unit's credentials are. */
  seesCredentials: boolean;
  watchdogUSec: string | undefined;
  /** Value of JOURNAL_STREAM. */
  journalStream: string | undefined;
}

/** The whole environment of a process, in the order of systemd.exec(5): what comes later counts. */
export function processEnvironment(facts: EnvironmentFacts): string[] {
  const { host, exec, manager, type, files } = facts;
  const search = exec.ExecSearchPath.length === 0 ? [] : [`PATH=${exec.ExecSearchPath.join(':')}`];
  const passed = passedEnvironment(host.environment, exec.PassEnvironment);
  const merged = mergeEnvironment(manager, type, ownVariables(facts), search, passed, exec.Environment, files);
  return unsetEnvironment(merged, exec.UnsetEnvironment);
}

/** What the manager says of the process. */
function ownVariables(facts: EnvironmentFacts): string[] {
  const { host, exec, unit, invocationId, roots, passed, seesCredentials, watchdogUSec, journalStream } = facts;
  const own: string[] = [];
  if (passed.length > 0)
    own.push('LISTEN_PID=', `LISTEN_FDS=${passed.length}`, `LISTEN_FDNAMES=${passed.map((f) => f.name).join(':')}`);
  if (watchdogUSec !== undefined) own.push('WATCHDOG_PID=', `WATCHDOG_USEC=${watchdogUSec}`);
  own.push(...loginVariables(facts));
  if (invocationId !== '') own.push(`INVOCATION_ID=${invocationId}`);
  if (needsTerm(exec)) own.push(`TERM=${terminalType(host, exec)}`);
  if (journalStream !== undefined) own.push(`JOURNAL_STREAM=${journalStream}`);
  own.push(...directoryVariables(exec, roots));
  if (seesCredentials && hasCredentials(exec))
    own.push(`CREDENTIALS_DIRECTORY=${credentialsDirectory(roots.runtime, unit)}`);
  own.push('SYSTEMD_EXEC_PID=');
  return own;
}

/** SetLoginEnvironment= */
function loginVariables({ host, exec, identity, manager }: EnvironmentFacts): string[] {
  const { home, username, shell } = identity;
  const given = manager.some((entry) => entry.startsWith('USER='));
  const always = host.voice.manager.alwaysSetsUser && !given ? (username ?? loginOf(host)?.name ?? 'root') : undefined;
  if (exec.SetLoginEnvironment === false) return always === undefined ? [] : [`USER=${always}`];
  const needed = exec.SetLoginEnvironment === true || exec.WorkingDirectory?.path === '~';
  const ownUser = exec.SetLoginEnvironment === true ? loginOf(host) : undefined;
  const login = {
    home: home ?? (needed ? ownHome(host) : undefined),
    name: username ?? ownUser?.name,
    shell: shell ?? ownUser?.shell,
  };
  const own: string[] = [];
  if (login.home !== undefined) own.push(`HOME=${login.home}`);
  if (login.name !== undefined) own.push(`LOGNAME=${login.name}`, `USER=${login.name}`);
  else if (always !== undefined) own.push(`USER=${always}`);
  if (login.shell !== undefined) own.push(`SHELL=${login.shell}`);
  return own;
}

function terminalType(host: Host, exec: ExecSettings): string {
  const tty = terminalPath(exec);
  const own = tty === '/dev/console' ? host.environment.TERM : undefined;
  return own ?? (/^\/dev\/(tty\d+|console)$/.test(tty) ? 'linux' : 'vt220');
}
