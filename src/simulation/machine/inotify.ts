/**
 * The kernel's half of inotify(7) for SimFiles: watches are of files and not of names, events queue until somebody
 * reads them, a watch whose file is gone ends.
 */
import { SystemError } from '../../sys/host.ts';
import {
  IN_DELETE_SELF,
  IN_DONT_FOLLOW,
  IN_IGNORED,
  IN_Q_OVERFLOW,
  IN_UNMOUNT,
  type Inotify,
  type InotifyEvent,
} from '../../sys/watch-path.ts';

/** What may be watched: the masks that each instance has set, by their descriptors. */
export interface Watchable {
  readonly watches: Map<SimInotify, { wd: number; mask: number }>;
}

/** Told whether it was asked for or not. */
const always = IN_IGNORED | IN_UNMOUNT | IN_Q_OVERFLOW;

/** Something happened to a file: whoever watches it for that hears of it. */
export function tell(file: Watchable, event: number): void {
  for (const [instance, { wd, mask }] of file.watches)
    if (((mask | always) & event) !== 0) instance.queue({ wd, mask: event });
}

/** The last name and the last descriptor of a file are gone. */
export function letGo(file: Watchable, how: typeof IN_DELETE_SELF | typeof IN_UNMOUNT = IN_DELETE_SELF): void {
  tell(file, how);
  for (const instance of [...file.watches.keys()]) instance.forget(file);
}

export class SimInotify implements Inotify {
  readonly #find: (path: string, follow: boolean) => Watchable;
  readonly #wake: (deliver: () => void) => void;
  readonly #heard: (events: readonly InotifyEvent[]) => void;
  readonly #whenClosed: () => void;
  readonly #watched = new Map<number, Watchable>();
  #nextWd = 1;
  #queue: InotifyEvent[] = [];
  #woken = false;
  #closed = false;

  /** `find` throws SystemError; `wake` calls back from the event loop. */
  constructor(
    find: (path: string, follow: boolean) => Watchable,
    wake: (deliver: () => void) => void,
    heard: (events: readonly InotifyEvent[]) => void,
    closed: () => void = () => {},
  ) {
    this.#find = find;
    this.#wake = wake;
    this.#heard = heard;
    this.#whenClosed = closed;
  }

  add(path: string, mask: number): number {
    let file: Watchable;
    try {
      file = this.#find(path, (mask & IN_DONT_FOLLOW) === 0);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      return -error.errno;
    }
    const wd = file.watches.get(this)?.wd ?? this.#nextWd++;
    file.watches.set(this, { wd, mask: mask & ~IN_DONT_FOLLOW });
    this.#watched.set(wd, file);
    return wd;
  }

  remove(wd: number): void {
    const file = this.#watched.get(wd);
    if (file !== undefined) this.forget(file);
  }

  close(): void {
    this.#closed = true;
    this.#whenClosed();
    for (const file of this.#watched.values()) file.watches.delete(this);
    this.#watched.clear();
  }

  forget(file: Watchable): void {
    const { wd } = file.watches.get(this)!;
    file.watches.delete(this);
    this.#watched.delete(wd);
    this.queue({ wd, mask: IN_IGNORED });
  }

  queue(event: InotifyEvent): void {
    this.#queue.push(event);
    if (this.#woken) return;
    this.#woken = true;
    this.#wake(() => {
      this.#woken = false;
      if (!this.#closed) this.#heard(this.#queue.splice(0));
    });
  }
}
