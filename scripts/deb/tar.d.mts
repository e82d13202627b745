export interface Entry {
  name: string;
  type: 'file' | 'directory' | 'symlink' | 'hardlink';
  mode: number;
  content?: Buffer;
  target?: string;
}
export function readTar(archive: Buffer): Required<Entry>[];
export function tarEntry(entry: Entry, time: number): Buffer;
export const tarEnd: Buffer;
