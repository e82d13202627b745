/** Owners, modes and attributes of what is there. */
import { errorText } from '../../sys/error-text.ts';
import { isHardlinkDangerous } from '../../sys/hard-links.ts';
import { type FileStat, type PinnedFile, SystemError } from '../../sys/host.ts';
import { type AclKind, aclText, completeAcl, setAcl } from './acl.ts';
import { directorySyncFlag } from './arguments.ts';
import { changedCapabilities, decodeCapabilities, encodeCapabilities, noCapabilities } from './capabilities.ts';
import type { Item } from './item.ts';
import type { Creation, Run } from './run.ts';

/** A file that is held open one way or another. */
type Held = Pick<PinnedFile, 'stat' | 'chmod' | 'chown'>;

/** Something done to a file that is held; `stat` is its state. */
export type FileAction = (run: Run, item: Item, file: PinnedFile, path: string, creation: Creation) => void;

/** The `~` prefix of modes (tmpfiles.d(5), "Mode"). */
function maskedMode(mode: number, stat: FileStat): number {
  let masked = mode;
  for (const bits of [0o111, 0o222, 0o444]) if ((stat.mode & bits) === 0) masked &= ~bits;
  return stat.type === 'directory' ? masked : masked & ~0o7000;
}

const unchanged = -1;

/** Gives a file the line's owner and mode. `path` is for messages. */
export function setPermissions(run: Run, item: Item, file: Held, path: string, creation: Creation): void {
  if (!item.modeSet && item.uid === undefined && item.gid === undefined) return;
  const { log } = run;
  const stat = log.attempt(
    () => file.stat(),
    (reason) => `fstat(${path}) failed: ${reason}`,
  );
  if (isHardlinkDangerous(run.host.files, stat)) {
    throw log.failure(
      'EPERM',
      `Refusing to set permissions on hardlinked file ${path} while the fs.protected_hardlinks sysctl is turned off.`,
    );
  }
  const applies = (onlyCreate: boolean): boolean => creation !== 'existing' || !onlyCreate;
  const uid = item.uid !== undefined && applies(item.uidOnlyCreate) ? item.uid : stat.uid;
  const gid = item.gid !== undefined && applies(item.gidOnlyCreate) ? item.gid : stat.gid;
  const wanted = item.maskMode ? maskedMode(item.mode, stat) : item.mode;
  const mode = item.modeSet && applies(item.modeOnlyCreate) ? wanted : stat.mode;
  const changesOwner = uid !== stat.uid || gid !== stat.gid;
  const isLink = stat.type === 'symlink';
  const chmod = (to: number): void => {
    if (!isLink)
      log.attempt(
        () => file.chmod(to),
        (reason) => `fchmod() of ${path} failed: ${reason}`,
      );
  };
  // Never more access than both the old and the new owner are to have.
  if (changesOwner && (mode & stat.mode) !== stat.mode) chmod(mode & stat.mode);
  if (changesOwner) {
    log.attempt(
      () => file.chown(uid === stat.uid ? unchanged : uid, gid === stat.gid ? unchanged : gid),
      (reason) => `fchownat() of ${path} failed: ${reason}`,
    );
  }
  // A change of the owner may have taken bits away.
  if (changesOwner || mode !== stat.mode) chmod(mode);
}

export function setXattrs(run: Run, item: Item, file: PinnedFile, path: string): void {
  for (const [name, value] of item.xattrs) {
    run.log.attempt(
      () => run.host.files.setXattr(file.path, name, Buffer.from(value)),
      (reason) => `Setting extended attribute ${name}=${value} on ${path} failed: ${reason}`,
    );
  }
}

const notSupported: ReadonlySet<string> = new Set([
  'EOPNOTSUPP',
  'ENOTTY',
  'ENOSYS',
  'EAFNOSUPPORT',
  'EPFNOSUPPORT',
  'EPROTONOSUPPORT',
  'ESOCKTNOSUPPORT',
]);

/** Access lists of files and default lists of directories; a file system without them is left alone. */
export function setAcls(run: Run, item: Item, file: PinnedFile, path: string): void {
  const { log } = run;
  const { files } = run.host;
  const stat = file.stat();
  if (isHardlinkDangerous(run.host.files, stat)) {
    throw log.failure(
      'EPERM',
      `Refusing to set ACLs on hardlinked file ${path} while the fs.protected_hardlinks sysctl is turned off.`,
    );
  }
  if (stat.type === 'symlink') return;
  const lists: [AclKind, Item['aclAccess']][] = [['access', item.aclAccess]];
  if (stat.type === 'directory') lists.push(['default', item.aclDefault]);
  try {
    for (const [kind, acl] of lists) {
      if (acl === undefined) continue;
      const complete = completeAcl(files, file.path, file.stat(), kind, acl, item.force);
      try {
        setAcl(files, file.path, kind, complete);
      } catch (error) {
        if (!(error instanceof SystemError) || notSupported.has(error.code)) throw error;
        const reason = errorText(error.code);
        throw log.failure(error.code, `Setting ${kind} ACL "${aclText(complete)}" on ${path} failed: ${reason}`);
      }
    }
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    if (notSupported.has(error.code)) return;
    throw log.failure(error.code, `ACL operation on "${path}" failed: ${errorText(error.code)}`);
  }
}

const capabilityAttribute = 'security.capability';

/** File capabilities; with `+` those that the line does not touch stay. */
export function setCapabilities(run: Run, item: Item, file: PinnedFile, path: string): void {
  if (item.capabilities === undefined) return;
  const { log } = run;
  const { files } = run.host;
  const stat = file.stat();
  if (isHardlinkDangerous(files, stat)) {
    throw log.failure(
      'EPERM',
      `Refusing to set file capabilities on hardlinked file ${path} while the fs.protected_hardlinks sysctl is turned off.`,
    );
  }
  if (stat.type !== 'file') return;
  const present = log.attempt(
    () => files.getXattr(file.path, capabilityAttribute),
    (reason) => `Failed to read capabilities of '${path}': ${reason}`,
  );
  const before = item.force && present !== undefined ? decodeCapabilities(present) : noCapabilities;
  if (before === undefined)
    throw log.failure('EINVAL', `Failed to read capabilities of '${path}': ${errorText('EINVAL')}`);
  const after = changedCapabilities(before, item.capabilities);
  if (present === undefined && after.permitted === 0n && after.inheritable === 0n) return;
  log.attempt(
    () => files.setXattr(file.path, capabilityAttribute, encodeCapabilities(after)),
    (reason) => `Failed to set capabilities of '${path}': ${reason}`,
  );
}

const hex = (value: number): string => `0x${(value >>> 0).toString(16).padStart(8, '0')}`;

/** Inode flags as chattr(1) sets them; those that a file system does not have are told, and left. */
export function setFlags(run: Run, item: Item, file: PinnedFile, path: string): void {
  if (item.flags === undefined) return;
  const { log } = run;
  const { files } = run.host;
  const { type } = file.stat();
  if (type !== 'file' && type !== 'directory') {
    throw log.failure(
      'EINVAL',
      `Setting file flags is only supported on regular files and directories, cannot set on '${path}'.`,
    );
  }
  const { mask } = item.flags;
  const value = type === 'directory' ? item.flags.value : item.flags.value & ~directorySyncFlag;
  try {
    const before = files.fileFlags(file.path);
    const wanted = ((before & ~mask) | (value & mask)) >>> 0;
    if (wanted === before) return;
    if (refusalOf(run, file, wanted) === undefined) return;
    // Together they may be too much where each alone is possible.
    let unsupportedOnly = true;
    for (let bit = 1; bit <= 0x20000000; bit *= 2) {
      const now = files.fileFlags(file.path);
      const one = (mask & bit) === 0 ? now : ((now & ~bit) | (value & bit)) >>> 0;
      const refusal = one === now ? undefined : refusalOf(run, file, one);
      if (refusal === 'EINVAL') unsupportedOnly = false;
    }
    const after = files.fileFlags(file.path);
    if (after !== wanted && !unsupportedOnly) {
      log.say(
        'warning',
        `Cannot set file attributes for '${path}', maybe due to incompatibility in specified attributes, ` +
          `previous=${hex(before)}, current=${hex(after)}, expected=${hex(wanted)}, ignoring.`,
      );
    }
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    if (notSupported.has(error.code)) return;
    log.say(
      'warning',
      `Cannot set file attributes for '${path}', value=${hex(item.flags.value)}, mask=${hex(mask)}, ` +
        `ignoring: ${errorText(error.code)}`,
    );
  }
}

/** The name of the errno with which a file system refuses a combination; undefined where it takes it. */
function refusalOf(run: Run, file: PinnedFile, flags: number): string | undefined {
  const { files } = run.host;
  try {
    files.setFileFlags(file.path, flags);
  } catch (error) {
    if (!(error instanceof SystemError) || (error.code !== 'EINVAL' && !notSupported.has(error.code))) throw error;
    return error.code;
  }
  // Some take in silence what they do not keep.
  return files.fileFlags(file.path) === flags ? undefined : 'EINVAL';
}
