import { SystemError } from './error.ts';
import type { FileStat } from './files.ts';

/** What was to be read is no regular file. A directory has EISDIR and a socket ENXIO, as from the kernel. */
export class FileTypeError extends SystemError {
  readonly type: FileStat['type'];
  constructor(type: FileStat['type'], path: string) {
    if (type === 'directory') super('EISDIR', 21, 'read', path);
    else if (type === 'socket') super('ENXIO', 6, 'open', path);
    else super('EINVAL', 22, 'open', path);
    this.type = type;
  }
}
