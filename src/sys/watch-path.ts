/** inotify as systemd.path(5) wants it: the path itself, and each parent, so that appearing is seen. */
import { checked, errnoCode } from './errno.ts';
import { type FileWatch, SystemError } from './host.ts';
import type { Native, Watch } from './native.ts';
import { watchFd } from './streams.ts';

const IN_ATTRIB = 0x4;
const IN_CLOSE_WRITE = 0x8;
const IN_MODIFY = 0x2;
const IN_MOVED_FROM = 0x40;
const IN_MOVED_TO = 0x80;
const IN_CREATE = 0x100;
const IN_DELETE = 0x200;
const IN_DELETE_SELF = 0x400;
const IN_MOVE_SELF = 0x800;
const IN_DONT_FOLLOW = 0x2000000;

const gone = IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB;
const changed = gone | IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;
const masks = { any: gone | IN_CREATE | IN_MOVED_TO, changed, modified: changed | IN_MODIFY };
const parentMask = IN_MOVE_SELF | IN_DELETE_SELF | IN_CREATE | IN_MOVED_TO;

export class PathWatch implements FileWatch {
  readonly #native: Native;
  readonly #fd: number;
  readonly #watch: Watch;
  #closed = false;

  constructor(native: Native, path: string, events: keyof typeof masks, callback: (itself: boolean) => void) {
    this.#native = native;
    this.#fd = checked(native.inotifyInit(), 'inotify_init1');
    let primary = -1;
    let failed = 0;
    let watched = false;
    const parts = path.split('/').filter((part) => part !== '');
    for (let i = 0; i <= parts.length; i++) {
      const at = `/${parts.slice(0, i).join('/')}`;
      const last = i === parts.length;
      const mask = last ? masks[events] : parentMask;
      // A link is watched itself, and where it points to.
      const itself = native.inotifyAdd(this.#fd, at, mask | IN_DONT_FOLLOW);
      const target = itself < 0 ? itself : native.inotifyAdd(this.#fd, at, mask);
      if (target < 0) {
        failed = -target;
        break;
      }
      watched = true;
      // A parent that has what we look for need only tell when it moves.
      if (i > 0) native.inotifyAdd(this.#fd, `/${parts.slice(0, i - 1).join('/')}`, IN_MOVE_SELF);
      if (last) primary = target;
    }
    if (!watched) {
      native.closeFd(this.#fd);
      throw new SystemError(errnoCode(failed), failed, 'inotify_add_watch', path);
    }
    this.#watch = watchFd(native, this.#fd, () => {
      const seen = native.inotifyRead(this.#fd);
      let own = false;
      for (let i = 0; i < seen.length; i += 2) if (seen[i] === primary) own = true;
      if (!this.#closed && seen.length > 0) callback(own && events !== 'any');
    });
    native.setWatch(this.#watch, 1);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#native.closeWatch(this.#watch);
    this.#native.closeFd(this.#fd);
  }
}
