import { SystemError } from './error.ts';
import type { MountEntry } from './machine.ts';

/** A file is on a file system whose server does not answer. */
export class DeadMountError extends SystemError {
  readonly mount: MountEntry;
  constructor(path: string, mount: MountEntry) {
    super('ETIMEDOUT', 110, 'open', path);
    this.mount = mount;
  }
}
