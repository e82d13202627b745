/**
 * Files whose file system is a server, on the network or a process (FUSE): it may have gone, and whoever asks for a file
 * then waits for ever. The manager looks first which mount a path is on, by what never waits, and has a thread ask.
 */
import * as fs from 'node:fs';
import { DeadMountError, type Files, type MountEntry } from './host.ts';
import { parseMountTable } from './mounts.ts';
import type { Native } from './native.ts';

/** What a server may take for its first answer; after one that takes longer it is not waited for again. */
const patienceMs = 1000;
const maxLinks = 40;

/** fstype_is_network() of systemd, and what is served by a process or by the machine around. */
const remoteTypes: ReadonlySet<string> = new Set(
  (
    'afs ceph cifs smb3 smbfs sshfs ncpfs ncp nfs nfs4 gfs gfs2 glusterfs pvfs2 ocfs2 lustre davfs ' +
    '9p virtiofs fuse fuseblk beegfs orangefs coda'
  ).split(' '),
);

const isRemote = ({ fstype, target }: MountEntry): boolean =>
  // Where the root itself is one there is nothing that would not wait.
  target !== '/' && (remoteTypes.has(fstype) || fstype.startsWith('fuse.'));

/** The lines of a table that may be of such mounts: mostly there are none, and nothing else is looked at. */
const remoteLine = new RegExp(`^.* - (?:${[...remoteTypes].join('|')}|fuse\\.\\S+) .*$`, 'gm');

type DeadMount = (path: string, mount: MountEntry) => void;

export class RemoteMounts {
  readonly #native: Native;
  readonly #onDead: DeadMount;
  readonly #table: number;
  #known: readonly MountEntry[] = [];
  /**
   * In this turn of the loop what is known has been looked at. Between a look and the call that follows a server may vanish
   * as well: that hundreds of calls share one adds nothing to that.
   */
  #isFresh = false;
  readonly #turnIsOver = (): void => {
    this.#isFresh = false;
  };
  /** Probes that go on, by mount point. */
  readonly #probes = new Map<string, number>();

  /** Throws where there is no /proc. */
  constructor(native: Native, onDead: DeadMount) {
    this.#native = native;
    this.#onDead = onDead;
    this.#table = fs.openSync('/proc/self/mountinfo', fs.constants.O_RDONLY);
    this.#read();
  }

  #read(): void {
    // Asked first: what comes while it is read is read again.
    this.#native.hasChanged(this.#table);
    const lines = fs.readFileSync('/proc/self/mountinfo', 'utf8').match(remoteLine) ?? [];
    this.#known = lines.length === 0 ? [] : parseMountTable(`${lines.join('\n')}\n`).filter(isRemote);
  }

  #mounts(): readonly MountEntry[] {
    if (!this.#isFresh) {
      this.#isFresh = true;
      setImmediate(this.#turnIsOver);
      if (this.#native.hasChanged(this.#table)) this.#read();
    }
    return this.#known;
  }

  /** Whether there are any: where not, no path needs to be checked. */
  get any(): boolean {
    return this.#mounts().length > 0;
  }

  /** The mount of this kind that a path leads to or through, if any: links are followed as far as that takes no answer. */
  of(path: string): MountEntry | undefined {
    const mounts = this.#mounts();
    if (mounts.length === 0 || !path.startsWith('/') || path.startsWith('/proc/')) return undefined;
    let parts = path.split('/');
    let here = '';
    let links = 0;
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
      if (part === '' || part === '.') continue;
      if (part === '..') {
        here = here.slice(0, Math.max(0, here.lastIndexOf('/')));
        continue;
      }
      const next = `${here}/${part}`;
      const found = mounts.findLast(({ target }) => target === next);
      if (found !== undefined) return found;
      let target: string | undefined;
      try {
        if (fs.lstatSync(next, { throwIfNoEntry: false })?.isSymbolicLink()) target = fs.readlinkSync(next);
      } catch {
        return undefined;
      }
      if (target === undefined) {
        here = next;
        continue;
      }
      if (++links > maxLinks) return undefined;
      if (target.startsWith('/')) here = '';
      parts = [...target.split('/'), ...parts];
    }
    return undefined;
  }

  /** Returns at once where a path is on no such mount, and in a bounded time else. Throws DeadMountError. */
  check(path: string): void {
    const mount = this.of(path);
    if (mount === undefined) return;
    const { target } = mount;
    const before = this.#probes.get(target);
    if (before !== undefined) {
      if (this.#native.probeGoesOn(before)) throw new DeadMountError(path, mount);
      this.#probes.delete(target);
    }
    const probe = this.#native.probe(path, patienceMs);
    if (probe === 0) return;
    if (probe > 0) this.#probes.set(target, probe);
    this.#onDead(path, mount);
    throw new DeadMountError(path, mount);
  }
}

/** Calls that take paths: how many, and what they come to where one does not answer. */
const calls: Partial<Record<keyof Files, { paths: 1 | 2; otherwise?: unknown }>> = {
  readFile: { paths: 1 },
  readStart: { paths: 1 },
  writeAtomic: { paths: 1 },
  append: { paths: 1 },
  open: { paths: 1 },
  space: { paths: 1 },
  readdir: { paths: 1 },
  entries: { paths: 1 },
  stat: { paths: 1 },
  lstat: { paths: 1 },
  tryStat: { paths: 1, otherwise: undefined },
  tryLstat: { paths: 1, otherwise: undefined },
  readlink: { paths: 1 },
  realpath: { paths: 1 },
  symlink: { paths: 2 },
  unlink: { paths: 1 },
  rename: { paths: 2 },
  mkdirs: { paths: 1 },
  mkdir: { paths: 1 },
  rmdir: { paths: 1 },
  chmod: { paths: 1 },
  chown: { paths: 1 },
  pin: { paths: 1 },
  openDirectory: { paths: 1 },
  openWritable: { paths: 1 },
  lockFile: { paths: 1 },
  mknod: { paths: 1 },
  link: { paths: 2 },
  copyFile: { paths: 2 },
  utimes: { paths: 1 },
  access: { paths: 1, otherwise: false },
};

/**
 * From here on no call of `files` waits for a file system that does not answer: it fails with DeadMountError, and `onDead`
 * is told. Undefined without /proc, where nobody tells what is mounted.
 */
export function guardFiles(native: Native, files: Files, onDead: DeadMount): RemoteMounts | undefined {
  let mounts: RemoteMounts;
  try {
    mounts = new RemoteMounts(native, onDead);
  } catch {
    return undefined;
  }
  const methods = files as unknown as Record<string, (...given: unknown[]) => unknown>;
  for (const [name, { paths, ...rest }] of Object.entries(calls)) {
    const method = methods[name]!;
    methods[name] = (...given) => {
      if (!mounts.any) return method.apply(files, given);
      try {
        for (const path of given.slice(0, paths)) mounts.check(path as string);
      } catch (error) {
        if (!(error instanceof DeadMountError) || !('otherwise' in rest)) throw error;
        return rest.otherwise;
      }
      return method.apply(files, given);
    };
  }
  return mounts;
}
