/** RuntimeDirectory= and its four siblings: made, owned, removed and cleaned (systemd.exec(5), systemctl(1) clean). */
import { isHardlinkDangerous } from '../sys/hard-links.ts';
import { type FileStat, type Files, type Host, type PinnedFile, SystemError } from '../sys/host.ts';
import type { ExecSettings } from '../unitfile/directives/exec.ts';
import { type ExitStep, StepFailure } from './failure.ts';
import type { Identity } from './identity.ts';
import type { OwnDirectory } from './mounts.ts';

const directoryTypes = ['Runtime', 'State', 'Cache', 'Logs', 'Configuration'] as const;
type DirectoryType = (typeof directoryTypes)[number];

/** Where each type lies; UnitManager.directories has this shape. */
export interface DirectoryRoots {
  readonly runtime: string;
  readonly state: string;
  readonly cache: string;
  readonly logs: string;
  readonly configuration: string;
}

const rootOf = (roots: DirectoryRoots, type: DirectoryType): string =>
  roots[type.toLowerCase() as keyof DirectoryRoots];

const variable: Record<DirectoryType, string> = {
  Runtime: 'RUNTIME_DIRECTORY',
  State: 'STATE_DIRECTORY',
  Cache: 'CACHE_DIRECTORY',
  Logs: 'LOGS_DIRECTORY',
  Configuration: 'CONFIGURATION_DIRECTORY',
};

interface Entry {
  name: string;
  symlinks: readonly string[];
  readOnly?: boolean;
  /** Below another one of the same setting, through which it is reached. */
  nested: boolean;
}

/** Parents before what lies in them, as the loader has sorted them. */
function entriesOf(exec: ExecSettings, type: DirectoryType): Entry[] {
  const all = exec[`${type}Directory`];
  return all.map((entry) => ({ ...entry, nested: all.some(({ name }) => entry.name.startsWith(`${name}/`)) }));
}

/** RUNTIME_DIRECTORY= and the like, colon-separated. */
export function directoryVariables(exec: ExecSettings, roots: DirectoryRoots): string[] {
  return directoryTypes.flatMap((type) => {
    const entries = exec[`${type}Directory`];
    if (entries.length === 0) return [];
    return [`${variable[type]}=${entries.map((e) => `${rootOf(roots, type)}/${e.name}`).join(':')}`];
  });
}

/** All directories of a unit, where they really lie. */
export function directoryPaths(exec: ExecSettings, roots: DirectoryRoots): string[] {
  return directoryTypes.flatMap((type) => exec[`${type}Directory`].map((e) => `${rootOf(roots, type)}/${e.name}`));
}

/** Of a directory that only root may enter. */
const guardMode = 0o700;

/** Whether the directories of a dynamic user lie behind one that only root may enter. */
const isGuarded = (exec: ExecSettings, type: DirectoryType): boolean =>
  exec.DynamicUser && type !== 'Configuration' && (type !== 'Runtime' || exec.RuntimeDirectoryPreserve !== 'no');

/** What a mount namespace has of a unit's directories; `ownRoot`: it has a root of its own, in which there are no guards. */
export function directoryMounts(
  exec: ExecSettings,
  roots: DirectoryRoots,
  ownRoot: boolean,
): {
  guards: string[];
  directories: OwnDirectory[];
  links: (readonly [path: string, target: string])[];
  readOnly: string[];
} {
  const readOnly: string[] = [];
  const guards: string[] = [];
  const directories: OwnDirectory[] = [];
  const links: (readonly [path: string, target: string])[] = [];
  for (const type of directoryTypes) {
    const entries = entriesOf(exec, type);
    const guard = `${rootOf(roots, type)}/private`;
    const guarded = isGuarded(exec, type);
    if (entries.length > 0 && guarded && !ownRoot) guards.push(guard);
    for (const { name, symlinks, nested, readOnly: isReadOnly = false } of entries) {
      const path = `${rootOf(roots, type)}/${name}`;
      const source = guarded ? `${guard}/${name}` : path;
      const target = ownRoot ? path : source;
      for (const link of symlinks) links.push(linkOf(`${rootOf(roots, type)}/${link}`, path));
      if (isReadOnly) readOnly.push(target);
      if (nested) continue;
      directories.push({ source, target, nosuid: exec.DynamicUser });
      if (target !== path) links.push(linkOf(path, target));
    }
  }
  return { guards, directories, links, readOnly };
}

const linkOf = (path: string, to: string): readonly [string, string] => [path, relativePath(parentOf(path), to)];

/** Whether a mount namespace makes `private/` passable; without one dynamic users get plain directories. */
export interface DirectoryOptions {
  privateRoot: boolean;
  /** chown to the service's user; only a system manager does. */
  chown: boolean;
  warn(message: string): void;
}

/** Makes all directories of a unit, but not the links to them. Throws StepFailure with the type's exit status. */
export function makeDirectories(
  host: Host,
  exec: ExecSettings,
  roots: DirectoryRoots,
  identity: Identity,
  options: DirectoryOptions,
): void {
  for (const type of directoryTypes)
    attempt(type, roots, () => {
      for (const entry of entriesOf(exec, type))
        makeOne(host, exec, type, rootOf(roots, type), entry, identity, options);
    });
}

/** The links to them that a unit asks for; in a mount namespace they are made there. Throws StepFailure. */
export function linkDirectories(host: Host, exec: ExecSettings, roots: DirectoryRoots): void {
  for (const type of directoryTypes)
    attempt(type, roots, () => {
      const root = rootOf(roots, type);
      for (const { name, symlinks } of exec[`${type}Directory`])
        for (const link of symlinks) {
          host.files.mkdirs(parentOf(`${root}/${link}`));
          linkTo(host.files, `${root}/${name}`, `${root}/${link}`);
        }
    });
}

function attempt(type: DirectoryType, roots: DirectoryRoots, action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    const step = `${type.toUpperCase()}_DIRECTORY` as ExitStep;
    throw new StepFailure(step, `Failed to set up special execution directory in ${rootOf(roots, type)}`, error.code);
  }
}

function makeOne(
  host: Host,
  exec: ExecSettings,
  type: DirectoryType,
  root: string,
  { name, nested }: Entry,
  identity: Identity,
  options: DirectoryOptions,
): void {
  const { files } = host;
  const path = `${root}/${name}`;
  const mode = exec[`${type}DirectoryMode`];
  files.mkdirs(parentOf(path));
  let real = path;
  if (options.privateRoot && isGuarded(exec, type)) {
    // systemd.exec(5), DynamicUser=: behind a directory that only root may enter, with a link from the usual place.
    const guard = `${root}/private`;
    files.mkdirs(guard, guardMode);
    files.chmod(guard, guardMode);
    real = `${guard}/${name}`;
    files.mkdirs(parentOf(real));
    if (files.tryLstat(path)?.type === 'directory' && files.tryLstat(real) === undefined) files.rename(path, real);
    else if (files.tryStat(real) === undefined) files.mkdir(real, mode);
    if (!nested) linkTo(files, real, path);
  } else {
    takeBackFromPrivate(files, type, root, name);
    const present = files.tryStat(path);
    if (present === undefined) files.mkdir(path, mode);
    else if (present.type !== 'directory') throw new SystemError('ENOTDIR', 20, 'mkdir', path);
    else if (type === 'Configuration') {
      if (present.mode !== mode)
        options.warn(
          `ConfigurationDirectory '${name}' already exists but the mode is different. (File system: ${octal(present.mode)} ConfigurationDirectoryMode: ${octal(mode)})`,
        );
      return;
    }
  }
  if (files.stat(real).mode !== mode) files.chmod(real, mode);
  if (!options.chown) return;
  // No file of a dynamic user's may make others what it was.
  const mask = exec.DynamicUser ? 0o1777 : 0o7777;
  const left = ownTree(files, real, { uid: identity.uid ?? 0, gid: identity.gid ?? 0, mask });
  if (left.length > 0)
    options.warn(
      `Left the owner of ${left.length} hardlinked ${left.length === 1 ? 'file' : 'files'} in ${real} as it is while the fs.protected_hardlinks sysctl is turned off: ${left[0]}`,
    );
}

/** A directory of a service that once had a dynamic user: its link is replaced by the directory itself. */
function takeBackFromPrivate(files: Files, type: DirectoryType, root: string, name: string): void {
  const path = `${root}/${name}`;
  if (type === 'Configuration' || files.tryLstat(path)?.type !== 'symlink') return;
  const real = `${root}/private/${name}`;
  if (files.tryStat(real) === undefined || files.realpath(path) !== files.realpath(real)) return;
  files.unlink(path);
  files.rename(real, path);
}

interface Ownership {
  uid: number;
  gid: number;
  /** Bits of a mode that may stay. */
  mask: number;
}

const isOwned = (stat: FileStat, { uid, gid, mask }: Ownership): boolean =>
  stat.uid === uid && stat.gid === gid && (stat.mode & ~mask) === 0;

/**
 * The whole tree, unless its top is right already. Links are not followed, and nobody can divert the walk. The result is
 * what was left as it is, because it could be a name of somebody else's file.
 */
function ownTree(files: Files, path: string, ownership: Ownership): string[] {
  const left: string[] = [];
  const own = (file: PinnedFile, name: string): void => {
    const stat = file.stat();
    if (stat.type === 'directory')
      for (const below of namesIn(files, file))
        withPinned(files, `${file.path}/${below}`, (inside) => own(inside, `${name}/${below}`));
    if (isOwned(stat, ownership)) return;
    if (isHardlinkDangerous(files, stat)) {
      left.push(name);
      return;
    }
    file.chown(ownership.uid, ownership.gid);
    // chown drops the set-id bits.
    if (stat.type !== 'symlink') file.chmod(stat.mode & ownership.mask);
  };
  withPinned(files, path, (top) => {
    const stat = top.stat();
    if (stat.type !== 'directory') throw new SystemError('ENOTDIR', 20, 'open', path);
    if (!isOwned(stat, ownership)) own(top, path);
  });
  return left;
}

function withPinned(files: Files, path: string, action: (file: PinnedFile) => void): void {
  const file = files.pin(path);
  try {
    action(file);
  } finally {
    file.close();
  }
}

function namesIn(files: Files, { path }: PinnedFile): string[] {
  const directory = files.openDirectory(`${path}/.`);
  try {
    return directory.names();
  } finally {
    directory.close();
  }
}

/** A relative link at `path` to `to`. */
function linkTo(files: Files, to: string, path: string): void {
  const [, target] = linkOf(path, to);
  const present = files.tryLstat(path);
  if (present?.type === 'symlink') {
    if (files.readlink(path) === target) return;
    files.unlink(path);
  } else if (present !== undefined) throw new SystemError('EEXIST', 17, 'symlink', path);
  files.symlink(target, path);
}

function relativePath(from: string, to: string): string {
  const parts = (path: string): string[] => path.split('/').filter((part) => part !== '');
  const [up, down] = [parts(from), parts(to)];
  while (up.length > 0 && up[0] === down[0]) {
    up.shift();
    down.shift();
  }
  return [...up.map(() => '..'), ...down].join('/');
}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/';
const octal = (mode: number): string => mode.toString(8);

/** Removes the runtime directories and their links, once the unit is down. Never throws. */
export function removeRuntimeDirectories(host: Host, exec: ExecSettings, roots: DirectoryRoots): void {
  const { files } = host;
  for (const entry of exec.RuntimeDirectory) {
    const path = `${roots.runtime}/${entry.name}`;
    const isElsewhere = isGuarded(exec, 'Runtime') && files.tryLstat(path)?.type === 'symlink';
    quietly(() => files.removeTree(isElsewhere ? `${roots.runtime}/private/${entry.name}` : path));
    for (const link of entry.symlinks) quietly(() => files.unlink(`${roots.runtime}/${link}`));
  }
}

function quietly(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
}

/** --what= of `systemctl clean`. */
export type CleanWhat = 'runtime' | 'state' | 'cache' | 'logs' | 'configuration' | 'fdstore';

/** Directories that `systemctl clean --what=…` removes, with links and private places. */
export function directoriesToClean(exec: ExecSettings, roots: DirectoryRoots, what: ReadonlySet<CleanWhat>): string[] {
  return directoryTypes.flatMap((type) => {
    if (!what.has(type.toLowerCase() as CleanWhat)) return [];
    const root = rootOf(roots, type);
    return exec[`${type}Directory`].flatMap((entry) => [
      `${root}/${entry.name}`,
      ...(type === 'Configuration' ? [] : [`${root}/private/${entry.name}`]),
      ...entry.symlinks.map((link) => `${root}/${link}`),
    ]);
  });
}

/** What there is to clean (CanClean=). */
export function cleanable(exec: ExecSettings): CleanWhat[] {
  return directoryTypes.filter((t) => exec[`${t}Directory`].length > 0).map((t) => t.toLowerCase() as CleanWhat);
}
