/** --clean: what is older than a line permits goes (tmpfiles.d(5), "Age"). */
import { errorText } from '../../sys/error-text.ts';
import { type FileStat, type OpenDirectory, SystemError } from '../../sys/host.ts';
import { pathStartsWith } from '../../text/paths.ts';
import { globPaths, pathMatcher } from './glob.ts';
import type { Item, TimeKind } from './item.ts';
import { Failure } from './log.ts';
import type { Run } from './run.ts';

const depthLimit = 256;

/** What one --clean knows of the machine. */
export class Cleaner {
  readonly #run: Run;
  #mounts: ReadonlySet<string> | undefined;
  #sockets: ReadonlySet<string> | 'unknown' | undefined;
  #patterns: ((path: string) => boolean)[] | undefined;

  constructor(run: Run) {
    this.#run = run;
  }

  /** Throws `Failure` where a directory that a pattern matched cannot be read. */
  clean(item: Item): void {
    switch (item.type) {
      case 'd':
      case 'D':
      case 'v':
      case 'q':
      case 'Q':
      case 'x':
      case 'C':
        try {
          this.#cleanDirectory(item, item.path);
        } catch (error) {
          // Said, and of no consequence.
          if (!(error instanceof Failure)) throw error;
        }
        return;
      case 'e':
      case 'X':
        for (const path of globPaths(this.#run.host.files, item.path)) this.#cleanDirectory(item, path);
        return;
      case 'r':
      case 'R':
        for (const path of globPaths(this.#run.host.files, item.path)) this.#cleanPath(item, path);
        return;
      default:
        return;
    }
  }

  /** r and R lines with an age: the path itself, with all that it holds for R. */
  #cleanPath(item: Item, path: string): void {
    const { files } = this.#run.host;
    const { age } = item;
    const now = this.#run.host.now();
    const stat = files.tryLstat(path);
    if (age === undefined || now < age || stat === undefined) return;
    const isDirectory = stat.type === 'directory';
    if (isDirectory && item.type === 'R') this.#cleanDirectory(item, path);
    if (item.keepFirstLevel || !isOld(stat, isDirectory ? item.ageByDirectory : item.ageByFile, now - age)) return;
    this.#remove(path, isDirectory);
  }

  /** Removes what a path holds and no other line is about; itself too for R lines, where nothing is left in it. */
  removeBelow(item: Item, path: string): void {
    const whatever = { ...item, age: 0, ageByFile: noTimes, ageByDirectory: noTimes, keepFirstLevel: false };
    this.#cleanDirectory(whatever, path);
    if (item.type === 'R') this.#remove(path, true);
  }

  /** Whether lines are about something that a path holds. */
  hasLinesBelow(path: string): boolean {
    const { items, globs } = this.#run.table;
    return [...items.keys(), ...globs.keys()].some(
      (other) => other !== path && pathStartsWith(other, path) !== undefined,
    );
  }

  #remove(path: string, isDirectory: boolean): void {
    const { host, log } = this.#run;
    try {
      if (isDirectory) host.files.rmdir(path);
      else host.files.unlink(path);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (error.code !== 'ENOENT' && error.code !== 'ENOTEMPTY')
        log.say('warning', `Failed to remove "${path}", ignoring: ${errorText(error.code)}`);
    }
  }

  #cleanDirectory(item: Item, path: string): void {
    const { host, log } = this.#run;
    const now = host.now();
    if (item.age === undefined || now < item.age) return;
    let directory: OpenDirectory;
    try {
      directory = host.files.openDirectory(path);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return;
      throw log.failure(error.code, `Failed to open directory ${path}: ${errorText(error.code)}`);
    }
    try {
      const real = host.files.realpath(path);
      const walk = { item, cutoff: now - item.age, device: directory.stat().dev };
      this.#cleanBelow(walk, { directory, path, real, isMount: this.#isMount(real) }, depthLimit);
    } finally {
      directory.close();
    }
  }

  #isMount(real: string): boolean {
    this.#mounts ??= new Set(this.#run.host.mountTable().map(({ target }) => target));
    return this.#mounts.has(real);
  }

  /** A socket that somebody listens on, or that nobody can tell of. */
  #isLive(path: string): boolean {
    this.#sockets ??= this.#readSockets();
    return this.#sockets === 'unknown' || this.#sockets.has(path);
  }

  #readSockets(): ReadonlySet<string> | 'unknown' {
    try {
      const text = this.#run.host.files.readText('/proc/net/unix', 64 << 20);
      const paths = text.split('\n').map((line) => line.trim().split(/\s+/).slice(7).join(' '));
      return new Set(paths.filter((path) => path.startsWith('/')));
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (error.code !== 'ENOENT')
        this.#run.log.say('warning', `Failed to open /proc/net/unix, ignoring: ${errorText(error.code)}`);
      return 'unknown';
    }
  }

  /** Whether another line is about this path. */
  #hasOwnLine(path: string): boolean {
    const { items, globs } = this.#run.table;
    this.#patterns ??= [...globs.keys()].map(pathMatcher);
    return items.has(path) || this.#patterns.some((matches) => matches(path));
  }

  #cleanBelow(walk: Walk, level: Level, depth: number): void {
    const { directory } = level;
    const before = directory.stat();
    let deleted = false;
    for (const name of directory.names()) {
      const path = `${level.path === '/' ? '' : level.path}/${name}`;
      const real = `${level.real === '/' ? '' : level.real}/${name}`;
      let stat: FileStat;
      try {
        stat = this.#run.host.files.lstat(`${directory.path}/${name}`);
      } catch (error) {
        if (!(error instanceof SystemError)) throw error;
        if (error.code !== 'ENOENT' && error.code !== 'EACCES')
          this.#run.log.say('error', `statx(${path}) failed: ${errorText(error.code)}`);
        continue;
      }
      if (stat.dev !== walk.device || (stat.type === 'directory' && this.#isMount(real))) continue;
      if (this.#hasOwnLine(path)) continue;
      const entry = { name, path, real, stat };
      if (stat.type === 'directory') this.#cleanSubdirectory(walk, level, entry, depth);
      else if (this.#cleanFile(walk, level, entry)) deleted = true;
    }
    // What was removed shall not make the directory look used.
    if (deleted) {
      try {
        directory.utimes(before.atimeMs, before.mtimeMs);
      } catch (error) {
        if (!(error instanceof SystemError)) throw error;
        const reason = errorText(error.code);
        this.#run.log.say('warning', `Failed to revert timestamps of '${level.path}', ignoring: ${reason}`);
      }
    }
  }

  #cleanSubdirectory(walk: Walk, level: Level, { name, path, real, stat }: Entry, depth: number): void {
    const { host, log } = this.#run;
    if (level.isMount && name === 'lost+found' && stat.uid === 0) return;
    const at = `${level.directory.path}/${name}`;
    if (depth <= 0) log.say('warning', `Reached max depth on "${path}".`);
    else {
      let directory: OpenDirectory;
      try {
        directory = host.files.openDirectory(at, true);
      } catch (error) {
        if (!(error instanceof SystemError)) throw error;
        // ENOENT: gone meanwhile. EAGAIN: its owner holds a lock on it.
        if (error.code !== 'ENOENT' && error.code !== 'EAGAIN')
          log.say('warning', `Opening directory "${path}" failed, ignoring: ${errorText(error.code)}`);
        return;
      }
      try {
        const below = { ...walk, item: { ...walk.item, keepFirstLevel: false } };
        this.#cleanBelow(below, { directory, path, real, isMount: false }, depth - 1);
      } finally {
        directory.close();
      }
    }
    if (walk.item.keepFirstLevel || !isOld(stat, walk.item.ageByDirectory, walk.cutoff)) return;
    try {
      host.files.rmdir(at);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (error.code !== 'ENOENT' && error.code !== 'ENOTEMPTY')
        log.say('warning', `Failed to remove directory "${path}", ignoring: ${errorText(error.code)}`);
    }
  }

  /** True where it has been removed. */
  #cleanFile(walk: Walk, level: Level, { name, path, stat }: Entry): boolean {
    const { host, log } = this.#run;
    const sticky = (stat.mode & 0o1000) !== 0;
    const isQuota = stat.type === 'file' && stat.uid === 0 && quotaFiles.has(name);
    if (sticky || (level.isMount && isQuota) || stat.type === 'char' || stat.type === 'block') return false;
    if (stat.type === 'socket' && this.#isLive(path)) return false;
    if (walk.item.keepFirstLevel || !isOld(stat, walk.item.ageByFile, walk.cutoff)) return false;
    try {
      host.files.unlink(`${level.directory.path}/${name}`);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (error.code !== 'ENOENT') log.say('warning', `Failed to remove "${path}", ignoring: ${errorText(error.code)}`);
    }
    return true;
  }
}

/** Whatever its times. */
const noTimes: ReadonlySet<TimeKind> = new Set();

const quotaFiles: ReadonlySet<string> = new Set(['.journal', 'aquota.user', 'aquota.group']);

interface Walk {
  readonly item: Item;
  /** Milliseconds since the epoch. */
  readonly cutoff: number;
  readonly device: number;
}

interface Level {
  readonly directory: OpenDirectory;
  /** As the line says it. */
  readonly path: string;
  /** Without links. */
  readonly real: string;
  readonly isMount: boolean;
}

interface Entry {
  readonly name: string;
  readonly path: string;
  readonly real: string;
  readonly stat: FileStat;
}

const times: Readonly<Record<TimeKind, (stat: FileStat) => number>> = {
  a: (stat) => stat.atimeMs,
  b: (stat) => stat.birthtimeMs,
  c: (stat) => stat.ctimeMs,
  m: (stat) => stat.mtimeMs,
};

/** Whether all of the times that count are before the cutoff. */
function isOld(stat: FileStat, by: ReadonlySet<TimeKind>, cutoff: number): boolean {
  return [...by].every((kind) => times[kind](stat) < cutoff);
}
