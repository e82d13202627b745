/**
 * inotify(7) as systemd.path(5) wants it. A watch is of a file and not of a name: after each event the path is followed
 * anew, for by then it may lead to another file, or further than before.
 */
import { checked, errnoCode } from './errno.ts';
import { type FileListener, type FileWatch, SystemError, type WatchedEvents } from './host.ts';
import type { Native } from './native.ts';
import type { ReadTurns } from './read-turns.ts';
import { watchFd } from './streams.ts';

export const IN_MODIFY = 0x2;
export const IN_ATTRIB = 0x4;
export const IN_CLOSE_WRITE = 0x8;
export const IN_MOVED_FROM = 0x40;
export const IN_MOVED_TO = 0x80;
export const IN_CREATE = 0x100;
export const IN_DELETE = 0x200;
export const IN_DELETE_SELF = 0x400;
export const IN_MOVE_SELF = 0x800;
export const IN_UNMOUNT = 0x2000;
export const IN_Q_OVERFLOW = 0x4000;
export const IN_IGNORED = 0x8000;
export const IN_DONT_FOLLOW = 0x2000000;

const ENOENT = 2;
const EACCES = 13;

const gone = IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB;
const changed = gone | IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;
const masks: Record<WatchedEvents, number> = {
  any: gone | IN_CREATE | IN_MOVED_TO,
  changed,
  modified: changed | IN_MODIFY,
};
// IN_ATTRIB, as of systemd 255: a directory that may not be read becomes one that may.
const parentMask = IN_MOVE_SELF | IN_DELETE_SELF | IN_ATTRIB | IN_CREATE | IN_MOVED_TO;

/** One inotify instance. */
export interface Inotify {
  /** Watches the file at `path`, or changes what is asked of it: its watch descriptor, or a negative errno. */
  add(path: string, mask: number): number;
  /** No more is heard but IN_IGNORED. A descriptor that the kernel has let go of is no error. */
  remove(wd: number): void;
  close(): void;
}

export interface InotifyEvent {
  /** -1 where events were lost. */
  wd: number;
  mask: number;
}

/** Throws SystemError. */
export type OpenInotify = (heard: (events: readonly InotifyEvent[]) => void) => Inotify;

export function openInotify(
  native: Native,
  turns: ReadTurns,
  heard: (events: readonly InotifyEvent[]) => void,
): Inotify {
  const fd = checked(native.inotifyInit(), 'inotify_init1');
  const reader = {
    readOnce: (): boolean => {
      const seen = native.inotifyRead(fd);
      const events: InotifyEvent[] = [];
      for (let i = 0; i < seen.length; i += 2) events.push({ wd: seen[i]!, mask: seen[i + 1]! });
      heard(events);
      return false;
    },
  };
  try {
    const watch = watchFd(native, fd, () => turns.ask(reader));
    native.setWatch(watch, 1);
    return {
      add: (path, mask) => native.inotifyAdd(fd, path, mask),
      remove: (wd) => void native.inotifyRemove(fd, wd),
      close: () => {
        turns.forget(reader);
        native.closeWatch(watch);
        native.closeFd(fd);
      },
    };
  } catch (error) {
    native.closeFd(fd);
    throw error;
  }
}

export class PathWatch implements FileWatch {
  readonly #inotify: Inotify;
  readonly #path: string;
  readonly #events: WatchedEvents;
  readonly #listener: FileListener;
  #watched = new Set<number>();
  /** The file that the path leads to, and those that it led to before of which something may still be heard. */
  readonly #own = new Set<number>();
  #closed = false;

  constructor(open: OpenInotify, path: string, events: WatchedEvents, listener: FileListener) {
    this.#path = path;
    this.#events = events;
    this.#listener = listener;
    this.#inotify = open((heard) => this.#heard(heard));
    try {
      this.#follow();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#inotify.close();
  }

  #heard(events: readonly InotifyEvent[]): void {
    let any = false;
    let itself = false;
    for (const { wd, mask } of events) {
      if ((mask & IN_IGNORED) !== 0) {
        this.#own.delete(wd);
        continue;
      }
      any = true;
      // What was lost may have been of the file itself.
      if (this.#own.has(wd) || (mask & IN_Q_OVERFLOW) !== 0) itself = true;
    }
    if (!any || this.#closed) return;
    this.#listener.changed(itself && this.#events !== 'any');
    if (this.#closed) return;
    try {
      this.#follow();
    } catch (error) {
      this.close();
      if (!(error instanceof SystemError)) throw error;
      this.#listener.failed(error);
      return;
    }
    this.#listener.changed(false);
  }

  /** Watches what is on the way to the file as it is now, and nothing else. */
  #follow(): void {
    const before = this.#watched;
    this.#watched = new Set();
    let own = -1;
    const parts = this.#path.split('/').filter((part) => part !== '');
    for (let i = 0; i <= parts.length; i++) {
      const last = i === parts.length;
      const at = `/${parts.slice(0, i).join('/')}`;
      const wd = this.#addLinkAndTarget(at, last ? masks[this.#events] : parentMask);
      if (wd === undefined) break;
      // A parent that has what we look for need only tell when it moves.
      if (i > 0) this.#add(`/${parts.slice(0, i - 1).join('/')}`, IN_MOVE_SELF);
      if (last) own = wd;
    }
    for (const wd of before) if (!this.#watched.has(wd)) this.#inotify.remove(wd);
    // One of the past that has another part now is no longer the file itself.
    for (const wd of this.#own) if (this.#watched.has(wd)) this.#own.delete(wd);
    if (own >= 0) this.#own.add(own);
  }

  /** A link is watched itself, and where it points to. Undefined where there is nothing (yet), or no permission. */
  #addLinkAndTarget(path: string, mask: number): number | undefined {
    let wd = this.#add(path, mask | IN_DONT_FOLLOW);
    if (wd >= 0) wd = this.#add(path, mask);
    if (wd >= 0) return wd;
    if ((wd !== -ENOENT && wd !== -EACCES) || path === '/')
      throw new SystemError(errnoCode(-wd), -wd, 'inotify_add_watch', path);
    return undefined;
  }

  #add(path: string, mask: number): number {
    const wd = this.#inotify.add(path, mask);
    if (wd >= 0) this.#watched.add(wd);
    return wd;
  }
}
