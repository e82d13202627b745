/** Files in memory, for a machine on which no directory can be written: the journal then lives as long as the manager. */
import type { Keeper } from '../../kept/keeper.ts';
import { type OpenFile, SystemError } from '../../sys/host.ts';
import type { JournalFiles } from './segment.ts';

/** Bytes that a journal in memory may take. */
export const memoryBytes = 4 * 1024 * 1024;

export class MemoryFiles implements JournalFiles {
  readonly #files = new Map<string, { parts: Buffer[]; size: number }>();

  keep(k: Keeper): void {
    k.list(
      'files',
      this.#files,
      (of, [path, { parts }]) => {
        of.text('path', path);
        of.bytes('data', Buffer.concat(parts));
      },
      (of) => {
        const data = of.bytes('data', Buffer.alloc(0));
        this.#files.set(of.text('path', ''), { parts: [data], size: data.length });
      },
    );
  }

  mkdirs(): void {}
  chown(): void {}

  tryStat(): undefined {
    return undefined;
  }

  space(): { total: number; free: number } {
    return { total: memoryBytes, free: memoryBytes };
  }

  readdir(path: string): string[] {
    const prefix = `${path}/`;
    return [...this.#files.keys()].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  }

  unlink(path: string): void {
    this.#files.delete(path);
  }

  open(path: string, how: 'read' | 'append'): OpenFile {
    let file = this.#files.get(path);
    if (file === undefined) {
      if (how === 'read') throw new SystemError('ENOENT', 2, 'open', path);
      file = { parts: [], size: 0 };
      this.#files.set(path, file);
    }
    const { parts } = file;
    const opened = file;
    return {
      read: (position, length) => {
        if (parts.length > 1) parts.splice(0, parts.length, Buffer.concat(parts));
        return parts[0]?.subarray(position, position + length) ?? Buffer.alloc(0);
      },
      append: (data) => {
        parts.push(Buffer.from(data));
        opened.size += data.length;
      },
      size: () => opened.size,
      sync: () => {},
      close: () => {},
    };
  }
}
