/** A file system in memory, with owners, modes, links and watches; everything the Host seam asks of files. */
import {
  type DirectoryEntry,
  type FileStat,
  type Files,
  type OpenDirectory,
  type OpenFile,
  type PinnedFile,
  SystemError,
  type WritableFile,
} from '../../src/sys/host.ts';

type Kind = FileStat['type'];

interface Node {
  kind: Kind;
  mode: number;
  uid: number;
  gid: number;
  ino: number;
  atimeMs: number;
  mtimeMs: number;
  ctimeMs: number;
  birthtimeMs: number;
  nlink: number;
  rdev: number;
  flags: number;
  locked: boolean;
  xattrs: Map<string, Buffer>;
  data: Buffer;
  target: string;
  children: Map<string, Node>;
}

const errnos = {
  EPERM: 1,
  ENOENT: 2,
  EAGAIN: 11,
  EACCES: 13,
  EEXIST: 17,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  EFBIG: 27,
  ENOTEMPTY: 39,
  ELOOP: 40,
  EOPNOTSUPP: 95,
} as const;
type Errno = keyof typeof errnos;

const maxLinks = 40;

export class SimFiles implements Files {
  readonly #now: () => number;
  readonly #root: Node;
  #nextIno = 2;
  /** What descriptors hold, by the names that they have in /proc. */
  readonly #held = new Map<string, Node>();
  #nextHeld = 100;
  readonly #watches = new Set<{ path: string; callback: (path: string, event: FileEvent) => void }>();
  /** Owner of what is made from now on. */
  uid = 0;
  gid = 0;
  /** Paths whose next operations fail, by operation name ('mkdir', 'readFile', …) or '*'. */
  readonly failures = new Map<string, { call: string; code: string; errno: number }>();

  constructor(now: () => number) {
    this.#now = now;
    this.#root = this.#node('directory', 0o755);
  }

  #node(kind: Kind, mode: number): Node {
    const now = this.#now();
    return {
      kind,
      mode,
      uid: this.uid,
      gid: this.gid,
      ino: this.#nextIno++,
      atimeMs: now,
      mtimeMs: now,
      ctimeMs: now,
      birthtimeMs: now,
      nlink: kind === 'directory' ? 2 : 1,
      rdev: 0,
      flags: 0,
      locked: false,
      xattrs: new Map(),
      data: Buffer.alloc(0),
      target: '',
      children: new Map(),
    };
  }

  #fail(code: Errno, call: string, path: string): never {
    throw new SystemError(code, errnos[code], call, path);
  }

  #check(call: string, path: string): void {
    const failure = this.failures.get(path);
    if (failure !== undefined && (failure.call === '*' || failure.call === call))
      throw new SystemError(failure.code, failure.errno, call, path);
  }

  /** Walks to a node; undefined where the last component is missing. `follow` also follows a link there. */
  #walk(
    path: string,
    call: string,
    follow: boolean,
  ): { parent: Node; name: string; node: Node | undefined; real: string } {
    let links = 0;
    let parts = path.split('/').filter((p) => p !== '' && p !== '.');
    const stack: { node: Node; name: string }[] = [];
    let here = this.#root;
    const [held] = /^\/proc\/self\/fd\/\d+/.exec(path) ?? [];
    if (held !== undefined) {
      const node = this.#held.get(held);
      if (node === undefined) this.#fail('ENOENT', call, path);
      here = node;
      parts = parts.slice(4);
      if (parts.length === 0) return { parent: here, name: '.', node: here, real: held };
    }
    if (!path.startsWith('/')) this.#fail('EINVAL', call, path);
    if (parts.length === 0) return { parent: here, name: '', node: here, real: '/' };
    for (;;) {
      const name = parts.shift()!;
      const realHere = (): string => stack.map((s) => `/${s.name}`).join('');
      if (name === '..') {
        stack.pop();
        here = stack.at(-1)?.node ?? this.#root;
        if (parts.length === 0) return { parent: here, name: '.', node: here, real: realHere() || '/' };
        continue;
      }
      if (here.kind !== 'directory') this.#fail('ENOTDIR', call, path);
      const node = here.children.get(name);
      const last = parts.length === 0;
      if (node === undefined) {
        if (last) return { parent: here, name, node: undefined, real: `${realHere()}/${name}` };
        this.#fail('ENOENT', call, path);
      }
      if (node.kind === 'symlink' && (!last || follow)) {
        if (++links > maxLinks) this.#fail('ELOOP', call, path);
        const target = node.target.split('/').filter((p) => p !== '' && p !== '.');
        if (node.target.startsWith('/')) {
          stack.length = 0;
          here = this.#root;
        }
        parts = [...target, ...parts];
        if (parts.length === 0) return { parent: here, name: '.', node: here, real: realHere() || '/' };
        continue;
      }
      if (last) return { parent: here, name, node, real: `${realHere()}/${name}` };
      stack.push({ node, name });
      here = node;
    }
  }

  #get(path: string, call: string, follow = true): Node {
    this.#check(call, path);
    const { node } = this.#walk(path, call, follow);
    if (node === undefined) this.#fail('ENOENT', call, path);
    return node;
  }

  #put(path: string, call: string, node: Node, replace = false): void {
    this.#check(call, path);
    const at = this.#walk(path, call, false);
    if (at.parent.kind !== 'directory') this.#fail('ENOTDIR', call, path);
    if (at.node !== undefined && !replace) this.#fail('EEXIST', call, path);
    at.parent.children.set(at.name, node);
    at.parent.mtimeMs = this.#now();
    this.#event(path, 'appeared');
  }

  #event(path: string, event: FileEvent): void {
    for (const watch of [...this.#watches]) watch.callback(path, event);
  }

  /** Calls back after every change to any path, synchronously, with the path as it was written. */
  watch(path: string, callback: (path: string, event: FileEvent) => void): { close(): void } {
    const watch = { path, callback };
    this.#watches.add(watch);
    return { close: () => this.#watches.delete(watch) };
  }

  #stat(node: Node): FileStat {
    return {
      type: node.kind,
      mode: node.mode,
      uid: node.uid,
      gid: node.gid,
      size: node.kind === 'symlink' ? node.target.length : node.data.length,
      atimeMs: node.atimeMs,
      mtimeMs: node.mtimeMs,
      ctimeMs: node.ctimeMs,
      birthtimeMs: node.birthtimeMs,
      dev: 1,
      ino: node.ino,
      rdev: node.rdev,
      nlink: node.nlink,
    };
  }

  // ---- for tests ------------------------------------------------------------------------------------------------

  /** Writes a file with its directories; for the set-up of a test. */
  put(path: string, text: string | Uint8Array, mode = 0o644): void {
    this.mkdirs(path.slice(0, path.lastIndexOf('/')) || '/');
    this.writeAtomic(path, text, mode);
  }

  /** A node that is no file: a socket, a device, a FIFO. */
  putSpecial(path: string, kind: Kind, mode = 0o666): void {
    this.mkdirs(path.slice(0, path.lastIndexOf('/')) || '/');
    this.#put(path, 'mknod', this.#node(kind, mode), true);
  }

  // ---- Files ----------------------------------------------------------------------------------------------------

  readFile(path: string): Buffer {
    const node = this.#get(path, 'open');
    if (node.kind === 'directory') this.#fail('EISDIR', 'read', path);
    return Buffer.from(node.data);
  }
  readText(path: string, limit = 16 << 20): string {
    const data = this.readFile(path);
    if (data.length > limit) this.#fail('EFBIG', 'read', path);
    return data.toString('utf8');
  }
  writeAtomic(path: string, data: string | Uint8Array, mode = 0o644): void {
    const node = this.#node('file', mode);
    node.data = Buffer.from(data as string);
    this.#put(path, 'rename', node, true);
    this.#event(path, 'closed');
  }
  append(path: string, data: string | Uint8Array, mode = 0o644): void {
    this.#check('open', path);
    const at = this.#walk(path, 'open', false);
    if (at.node?.kind === 'symlink') this.#fail('ELOOP', 'open', path);
    let node = at.node;
    if (node === undefined) {
      node = this.#node('file', mode);
      this.#put(path, 'open', node);
    }
    node.data = Buffer.concat([node.data, Buffer.from(data as string)]);
    node.mtimeMs = this.#now();
    this.#event(path, 'modified');
    this.#event(path, 'closed');
  }
  readdir(path: string): string[] {
    const node = this.#get(path, 'scandir');
    if (node.kind !== 'directory') this.#fail('ENOTDIR', 'scandir', path);
    return [...node.children.keys()];
  }
  entries(path: string): DirectoryEntry[] {
    const node = this.#get(path, 'scandir');
    if (node.kind !== 'directory') this.#fail('ENOTDIR', 'scandir', path);
    return [...node.children].map(([name, { kind }]) => ({ name, type: kind }));
  }
  stat(path: string): FileStat {
    return this.#stat(this.#get(path, 'stat'));
  }
  lstat(path: string): FileStat {
    return this.#stat(this.#get(path, 'lstat', false));
  }
  tryStat(path: string): FileStat | undefined {
    try {
      return this.stat(path);
    } catch {
      return undefined;
    }
  }
  tryLstat(path: string): FileStat | undefined {
    try {
      return this.lstat(path);
    } catch {
      return undefined;
    }
  }
  readlink(path: string): string {
    const node = this.#get(path, 'readlink', false);
    if (node.kind !== 'symlink') this.#fail('EINVAL', 'readlink', path);
    return node.target;
  }
  realpath(path: string): string {
    const at = this.#walk(path, 'realpath', true);
    if (at.node === undefined) this.#fail('ENOENT', 'realpath', path);
    return at.real;
  }
  symlink(target: string, path: string): void {
    const node = this.#node('symlink', 0o777);
    node.target = target;
    this.#put(path, 'symlink', node);
  }
  unlink(path: string): void {
    this.#check('unlink', path);
    const { parent, name, node } = this.#walk(path, 'unlink', false);
    if (node === undefined) this.#fail('ENOENT', 'unlink', path);
    if (node.kind === 'directory') this.#fail('EISDIR', 'unlink', path);
    parent.children.delete(name);
    this.#event(path, 'gone');
  }
  rename(from: string, to: string): void {
    this.#check('rename', from);
    const source = this.#walk(from, 'rename', false);
    if (source.node === undefined) this.#fail('ENOENT', 'rename', from);
    const target = this.#walk(to, 'rename', false);
    if (target.node?.kind === 'directory' && target.node.children.size > 0) this.#fail('ENOTEMPTY', 'rename', to);
    source.parent.children.delete(source.name);
    target.parent.children.set(target.name, source.node);
    this.#event(from, 'gone');
    this.#event(to, 'appeared');
  }
  mkdirs(path: string, mode = 0o755): void {
    let here = '';
    for (const part of path.split('/').filter((p) => p !== '')) {
      here += `/${part}`;
      const stat = this.tryStat(here);
      if (stat === undefined) this.mkdir(here, mode);
      else if (stat.type !== 'directory') this.#fail('ENOTDIR', 'mkdir', here);
    }
  }
  mkdir(path: string, mode = 0o755): void {
    this.#put(path, 'mkdir', this.#node('directory', mode));
  }
  rmdir(path: string): void {
    this.#check('rmdir', path);
    const { parent, name, node } = this.#walk(path, 'rmdir', false);
    if (node === undefined) this.#fail('ENOENT', 'rmdir', path);
    if (node.kind !== 'directory') this.#fail('ENOTDIR', 'rmdir', path);
    if (node.children.size > 0) this.#fail('ENOTEMPTY', 'rmdir', path);
    parent.children.delete(name);
    this.#event(path, 'gone');
  }
  removeTree(path: string): void {
    this.#check('rm', path);
    if (this.tryLstat(path) === undefined) return;
    const { parent, name, node } = this.#walk(path, 'rm', false);
    if (node === undefined) return;
    parent.children.delete(name);
    this.#event(path, 'gone');
  }
  chmod(path: string, mode: number): void {
    this.#get(path, 'chmod').mode = mode;
  }
  chown(path: string, uid: number, gid: number): void {
    const node = this.#get(path, 'lchown', false);
    node.uid = uid;
    node.gid = gid;
  }
  #hold(node: Node): { path: string; close: () => void } {
    const path = `/proc/self/fd/${this.#nextHeld++}`;
    this.#held.set(path, node);
    return { path, close: () => void this.#held.delete(path) };
  }
  /** Descriptors that are held and not yet closed. */
  get heldCount(): number {
    return this.#held.size;
  }
  #owned(node: Node): Pick<PinnedFile, 'stat' | 'chmod' | 'chown'> {
    return {
      stat: () => this.#stat(node),
      chmod: (mode) => {
        if (node.kind === 'symlink') this.#fail('EOPNOTSUPP', 'chmod', '');
        node.mode = mode;
        node.ctimeMs = this.#now();
      },
      chown: (uid, gid) => {
        if (uid >= 0) node.uid = uid;
        if (gid >= 0) node.gid = gid;
        node.ctimeMs = this.#now();
      },
    };
  }
  pin(path: string): PinnedFile {
    const node = this.#get(path, 'open', false);
    return { ...this.#hold(node), ...this.#owned(node) };
  }
  openDirectory(path: string, lock = false): OpenDirectory {
    const node = this.#get(path, 'open', false);
    if (node.kind !== 'directory') this.#fail(node.kind === 'symlink' ? 'ELOOP' : 'ENOTDIR', 'open', path);
    if (lock && node.locked) this.#fail('EAGAIN', 'flock', path);
    if (lock) node.locked = true;
    const held = this.#hold(node);
    return {
      path: held.path,
      names: () => [...node.children.keys()],
      stat: () => this.#stat(node),
      utimes: (atimeMs, mtimeMs) => {
        Object.assign(node, { atimeMs, mtimeMs });
      },
      close: () => {
        if (lock) node.locked = false;
        held.close();
      },
    };
  }
  openWritable(path: string, how: 'existing' | 'append' | 'own' | 'new', mode = 0o644): WritableFile {
    this.#check('open', path);
    const at = this.#walk(path, 'open', how === 'existing' || how === 'append');
    let node = at.node;
    if (how === 'new') {
      if (node !== undefined) this.#fail('EEXIST', 'open', path);
      node = this.#node('file', mode);
      this.#put(path, 'open', node);
    }
    if (node === undefined) this.#fail('ENOENT', 'open', path);
    if (node.kind === 'directory') this.#fail('EISDIR', 'open', path);
    if (node.kind === 'symlink') this.#fail('ELOOP', 'open', path);
    const file = node;
    let position = how === 'append' ? file.data.length : 0;
    return {
      ...this.#owned(file),
      truncate: () => {
        file.data = Buffer.alloc(0);
      },
      write: (data) => {
        this.#check('write', path);
        file.data = Buffer.concat([file.data.subarray(0, position), data, file.data.subarray(position + data.length)]);
        position += data.length;
        file.mtimeMs = this.#now();
        this.#event(path, 'modified');
      },
      sync: () => {},
      close: () => this.#event(path, 'closed'),
    };
  }
  lockFile(path: string): { close(): void } {
    this.#check('fcntl', path);
    if (this.tryLstat(path) === undefined) this.append(path, '', 0o600);
    return { close: () => {} };
  }
  mknod(path: string, type: 'char' | 'block' | 'fifo' | 'socket', mode: number, rdev = 0): void {
    const node = this.#node(type, mode);
    node.rdev = rdev;
    this.#put(path, 'mknod', node);
  }
  link(from: string, to: string): void {
    const node = this.#get(from, 'link', false);
    this.#put(to, 'link', node);
    node.nlink++;
  }
  copyFile(from: string, to: string, mode: number): void {
    const node = this.#node('file', mode);
    node.data = this.readFile(from);
    this.#put(to, 'open', node);
  }
  utimes(path: string, atimeMs: number, mtimeMs: number): void {
    Object.assign(this.#get(path, 'utimes', false), { atimeMs, mtimeMs });
  }
  /** All four times of a file, for the set-up of a test. */
  age(path: string, timeMs: number): void {
    Object.assign(this.#get(path, 'utimes', false), {
      atimeMs: timeMs,
      mtimeMs: timeMs,
      ctimeMs: timeMs,
      birthtimeMs: timeMs,
    });
  }
  getXattr(path: string, name: string): Buffer | undefined {
    return this.#get(path, 'getxattr').xattrs.get(name);
  }
  setXattr(path: string, name: string, value: Uint8Array): void {
    this.#get(path, 'setxattr').xattrs.set(name, Buffer.from(value));
  }
  listXattrs(path: string): string[] {
    return [...this.#get(path, 'listxattr').xattrs.keys()];
  }
  fileFlags(path: string): number {
    return this.#get(path, 'ioctl').flags;
  }
  setFileFlags(path: string, flags: number): void {
    this.#get(path, 'ioctl').flags = flags;
  }
  /** Modes are taken as they are given. */
  umask(): number {
    return 0;
  }
  access(path: string, mode: 'read' | 'write' | 'exec' | 'exists'): boolean {
    const stat = this.tryStat(path);
    if (stat === undefined) return false;
    return mode !== 'exec' || stat.type === 'directory' || (stat.mode & 0o111) !== 0;
  }
  /** What `space` answers. */
  size = { total: 8 * 1024 ** 3, free: 4 * 1024 ** 3 };
  space(path: string): { total: number; free: number } {
    this.#get(path, 'statvfs');
    return this.size;
  }
  open(path: string, how: 'read' | 'append', mode = 0o644): OpenFile {
    if (how === 'append' && this.tryStat(path) === undefined) this.append(path, '', mode);
    const node = this.#get(path, 'open');
    return {
      read: (position, length) => Buffer.from(node.data.subarray(position, position + length)),
      append: (data) => {
        this.#check('write', path);
        node.data = Buffer.concat([node.data, Buffer.from(data)]);
        node.mtimeMs = this.#now();
        this.#event(path, 'modified');
      },
      size: () => node.data.length,
      sync: () => {},
      close: () => this.#event(path, 'closed'),
    };
  }
}

/** What happened to a path: 'closed' is IN_CLOSE_WRITE, 'modified' a write to a file that stays open. */
export type FileEvent = 'appeared' | 'gone' | 'modified' | 'closed';
