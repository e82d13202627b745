/**
 * A file system in memory, with owners, modes, links and, as inotify.ts has them, watches; everything the Host seam
 * asks of files.
 */
import {
  type DirectoryEntry,
  type FileStat,
  type Files,
  FileTypeError,
  type OpenDirectory,
  type OpenFile,
  type PinnedFile,
  SystemError,
  type WritableFile,
} from '../../sys/host.ts';
import { isNullToRead } from '../../sys/read-file.ts';
import {
  IN_ATTRIB,
  IN_CLOSE_WRITE,
  IN_CREATE,
  IN_DELETE,
  IN_MODIFY,
  IN_MOVE_SELF,
  IN_MOVED_FROM,
  IN_MOVED_TO,
} from '../../sys/watch-path.ts';
import { letGo, tell, type Watchable } from './inotify.ts';
import {
  appended,
  ClosedTrees,
  descend,
  type Errno,
  errnos,
  type Kind,
  type Node,
  type Place,
  part,
  setOwner,
  unlessFailing,
  unmounted,
} from './node.ts';

const maxLinks = 40;

export class SimFiles implements Files {
  readonly #now: () => number;
  readonly #root: Node;
  #nextIno = 2;
  /** What descriptors hold, by the names that they have in /proc. */
  readonly #held = new Map<string, Node>();
  #nextHeld = 100;
  /** Owner of what is made from now on. */
  uid = 0;
  gid = 0;
  readonly closed = new ClosedTrees();
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
      room: undefined,
      target: '',
      children: new Map(),
      writers: 0,
      watches: new Map(),
    };
  }

  #fail(code: Errno, call: string, path: string): never {
    throw new SystemError(code, errnos[code], call, path);
  }

  #refuse(call: string, path: string): void {
    const code = this.closed.why(path);
    if (code !== undefined) this.#fail(code, call, path);
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

  #place(path: string, call: string, follow = true): Place {
    this.#check(call, path);
    const { parent, node } = this.#walk(path, call, follow);
    if (node === undefined) this.#fail('ENOENT', call, path);
    return { parent, node };
  }

  #put(path: string, call: string, node: Node): Place {
    this.#check(call, path);
    const { parent, name, node: present } = this.#walk(path, call, false);
    if (parent.kind !== 'directory') this.#fail('ENOTDIR', call, path);
    if (present !== undefined) this.#fail('EEXIST', call, path);
    this.#refuse(call, path);
    this.#enter(parent, name, node);
    tell(parent, IN_CREATE);
    return { parent, node };
  }

  #enter(parent: Node, name: string, node: Node): void {
    parent.children.set(name, node);
    parent.mtimeMs = this.#now();
  }

  // ---- what is heard of by watches ------------------------------------------------------------------------------

  #tell({ parent, node }: Place, event: number): void {
    tell(node, event);
    if (parent !== node) tell(parent, event);
  }

  /** `data` is not the caller's any more. */
  #write(place: Place, data: Buffer): void {
    place.node.data = data;
    place.node.mtimeMs = this.#now();
    this.#tell(place, IN_MODIFY);
  }

  #open(place: Place): void {
    place.node.writers++;
  }
  #closeWriter(place: Place): void {
    place.node.writers--;
    this.#tell(place, IN_CLOSE_WRITE);
    if (place.node.nlink === 0 && place.node.writers === 0) letGo(place.node);
  }

  /** A name of a file is gone, and maybe the file with it. */
  #unlinked(node: Node): void {
    if (node.kind === 'directory') {
      letGo(node);
      return;
    }
    node.nlink--;
    tell(node, IN_ATTRIB);
    if (node.nlink === 0 && node.writers === 0) letGo(node);
  }

  #remove(parent: Node, name: string, node: Node): void {
    for (const [child, inner] of node.children) this.#remove(node, child, inner);
    parent.children.delete(name);
    parent.mtimeMs = this.#now();
    tell(parent, IN_DELETE);
    this.#unlinked(node);
  }

  /** What inotify_add_watch(2) finds; `failures` may have 'inotify_add_watch'. */
  watchable(path: string, follow: boolean): Watchable {
    return this.#place(path, 'inotify_add_watch', follow).node;
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

  // ---- what the kernel is not asked through Host -----------------------------------------------------------------

  /** Writes a file with its directories. */
  put(path: string, text: string | Uint8Array, mode = 0o644): void {
    this.mkdirs(path.slice(0, path.lastIndexOf('/')) || '/');
    this.writeAtomic(path, text, mode);
  }

  /** A node that is no file: a socket, a device, a FIFO. */
  putSpecial(path: string, kind: Kind, mode = 0o666, rdev = 0): void {
    this.mkdirs(path.slice(0, path.lastIndexOf('/')) || '/');
    if (this.tryLstat(path) !== undefined) this.unlink(path);
    this.#put(path, 'mknod', { ...this.#node(kind, mode), rdev });
  }

  /** What somebody at the other end of a FIFO, or a device, has to say. */
  feed(path: string, text: string): void {
    this.#get(path, 'write').data = Buffer.from(text);
  }

  /** Another file system comes to lie on a directory, until the call that is returned takes it away. */
  mountOver(path: string): () => void {
    const { parent, name, node: below } = this.#walk(path, 'mount', true);
    if (below === undefined) this.#fail('ENOENT', 'mount', path);
    const root = this.#node('directory', 0o755);
    parent.children.set(name, root);
    return () => {
      parent.children.set(name, below);
      unmounted(root);
    };
  }

  // ---- Files ----------------------------------------------------------------------------------------------------

  readFile(path: string, limit = 64 << 20): Buffer {
    const data = this.#read(path);
    if (data.length > limit) this.#fail('EFBIG', 'read', path);
    return Buffer.from(data);
  }
  readText(path: string, limit = 16 << 20): string {
    return this.readFile(path, limit).toString('utf8');
  }
  readStart(path: string, length: number): Buffer {
    return Buffer.from(this.#read(path).subarray(0, length));
  }
  readStream(path: string, limit: number): Buffer {
    const { kind, data } = this.#get(path, 'open');
    if (kind === 'directory') this.#fail('EISDIR', 'read', path);
    if (data.length > limit) this.#fail('EFBIG', 'read', path);
    return Buffer.from(data);
  }
  #read(path: string): Buffer {
    const { kind, rdev, data } = this.#get(path, 'open');
    return isNullToRead({ type: kind, rdev }, path) ? Buffer.alloc(0) : data;
  }
  writeAtomic(path: string, data: string | Uint8Array, mode = 0o644): void {
    this.#check('rename', path);
    this.#refuse('open', path);
    const { parent, name } = this.#walk(path, 'open', false);
    const temporary = this.#node('file', mode);
    const place = { parent, node: temporary };
    if (parent.kind !== 'directory') this.#fail('ENOTDIR', 'open', path);
    tell(parent, IN_CREATE);
    this.#open(place);
    this.#write(place, Buffer.from(data as string));
    this.#closeWriter(place);
    this.#move(place, { parent, name }, path);
  }
  append(path: string, data: string | Uint8Array, mode = 0o644): void {
    this.#check('open', path);
    const at = this.#walk(path, 'open', false);
    if (at.node?.kind === 'symlink') this.#fail('ELOOP', 'open', path);
    const place =
      at.node === undefined ? this.#put(path, 'open', this.#node('file', mode)) : { parent: at.parent, node: at.node };
    this.#open(place);
    if (data.length > 0) this.#write(place, Buffer.concat([place.node.data, Buffer.from(data as string)]));
    this.#closeWriter(place);
  }
  someName = (path: string, test: (name: string) => boolean): boolean => this.readdir(path).some(test);
  readdir(path: string): string[] {
    return this.entries(path).map(({ name }) => name);
  }
  entries(path: string): DirectoryEntry[] {
    this.#check('scandir', path);
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
  tryStat = (path: string): FileStat | undefined => this.#tryStat(path, true);
  tryLstat = (path: string): FileStat | undefined => this.#tryStat(path, false);
  #tryStat(path: string, follow: boolean): FileStat | undefined {
    const node = this.failures.size > 0 ? 'unsure' : descend(this.#root, path);
    if (node === undefined) return undefined;
    if (node === 'unsure' || (follow && node.kind === 'symlink'))
      return unlessFailing(() => (follow ? this.stat(path) : this.lstat(path)));
    return this.#stat(node);
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
    this.#remove(parent, name, node);
  }
  rename(from: string, to: string): void {
    this.#check('rename', from);
    const source = this.#walk(from, 'rename', false);
    if (source.node === undefined) this.#fail('ENOENT', 'rename', from);
    const target = this.#walk(to, 'rename', false);
    this.#move({ ...source, node: source.node }, target, to);
  }
  /** A file gets another name, or one that has none yet its first. */
  #move({ parent, name, node }: Place & { name?: string }, target: { parent: Node; name: string }, path: string): void {
    const replaced = target.parent.children.get(target.name);
    if (replaced === node) return;
    if (replaced?.kind === 'directory') {
      if (replaced.children.size > 0) this.#fail('ENOTEMPTY', 'rename', path);
      if (node.kind !== 'directory') this.#fail('EISDIR', 'rename', path);
    }
    if (name !== undefined) parent.children.delete(name);
    this.#enter(target.parent, target.name, node);
    tell(parent, IN_MOVED_FROM);
    tell(target.parent, IN_MOVED_TO);
    tell(node, IN_MOVE_SELF);
    if (replaced !== undefined) this.#unlinked(replaced);
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
    this.#remove(parent, name, node);
  }
  removeTree(path: string): void {
    this.#check('rm', path);
    if (this.tryLstat(path) === undefined) return;
    const { parent, name, node } = this.#walk(path, 'rm', false);
    if (node !== undefined) this.#remove(parent, name, node);
  }
  chmod(path: string, mode: number): void {
    const place = this.#place(path, 'chmod');
    place.node.mode = mode;
    this.#tell(place, IN_ATTRIB);
  }
  chown(path: string, uid: number, gid: number): void {
    const place = this.#place(path, 'lchown', false);
    setOwner(place.node, uid >= 0 ? uid : place.node.uid, gid >= 0 ? gid : place.node.gid);
    this.#tell(place, IN_ATTRIB);
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
        tell(node, IN_ATTRIB);
      },
      chown: (uid, gid) => {
        setOwner(node, uid >= 0 ? uid : node.uid, gid >= 0 ? gid : node.gid);
        node.ctimeMs = this.#now();
        tell(node, IN_ATTRIB);
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
    if (how === 'new') {
      if (at.node !== undefined) this.#fail('EEXIST', 'open', path);
      at.node = this.#put(path, 'open', this.#node('file', mode)).node;
    }
    if (at.node === undefined) this.#fail('ENOENT', 'open', path);
    if (at.node.kind === 'directory') this.#fail('EISDIR', 'open', path);
    if (at.node.kind === 'symlink') this.#fail('ELOOP', 'open', path);
    const file = at.node;
    const place = { parent: at.parent, node: file };
    this.#open(place);
    let position = how === 'append' ? file.data.length : 0;
    return {
      ...this.#owned(file),
      truncate: () => this.#write(place, Buffer.alloc(0)),
      write: (data) => {
        this.#check('write', path);
        const rest = file.data.subarray(position + data.length);
        this.#write(place, Buffer.concat([file.data.subarray(0, position), data, rest]));
        position += data.length;
      },
      sync: () => {},
      close: () => this.#closeWriter(place),
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
    tell(node, IN_ATTRIB);
  }
  copyFile(from: string, to: string, mode: number): void {
    const data = this.readFile(from);
    const file = this.openWritable(to, 'new', mode);
    file.write(data);
    file.close();
  }
  utimes(path: string, atimeMs: number, mtimeMs: number): void {
    const place = this.#place(path, 'utimes', false);
    Object.assign(place.node, { atimeMs, mtimeMs });
    this.#tell(place, IN_ATTRIB);
  }
  /** All four times of a file. */
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
    const place = this.#place(path, 'setxattr');
    place.node.xattrs.set(name, Buffer.from(value));
    this.#tell(place, IN_ATTRIB);
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
    if (stat === undefined || (mode === 'write' && this.closed.why(path) !== undefined)) return false;
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
    const place = this.#place(path, 'open', false);
    const { node } = place;
    if (node.kind === 'symlink') this.#fail('ELOOP', 'open', path);
    if (node.kind !== 'file') throw new FileTypeError(node.kind, path);
    if (how === 'append') this.#open(place);
    return {
      read: (position, length) => part(node, position, length),
      append: (data) => {
        this.#check('write', path);
        this.#write(place, appended(node, data));
      },
      size: () => node.data.length,
      sync: () => {},
      close: () => {
        if (how === 'append') this.#closeWriter(place);
      },
    };
  }
}
