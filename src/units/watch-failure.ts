/** Paths that can't be watched: which part of one stands in the way. */
import { errorText } from '../sys/error-text.ts';
import type { SystemError } from '../sys/host.ts';
import type { UnitManager } from './unit.ts';

/** The unit says what this means for it. */
export function logWatchFailure(manager: UnitManager, { code, path }: SystemError): void {
  if (path === undefined) manager.log(3, `Failed to allocate inotify fd: ${errorText(code)}`);
  else {
    // inotify(7): the space that is missing is the user's number of watches.
    const text = code === 'ENOSPC' ? 'inotify watch limit reached' : errorText(code);
    manager.log(3, `Failed to add a watch for ${path}: ${text}`);
  }
}
