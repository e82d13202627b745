/** The table of mounts: read, and asked. */
import type { Host, MountEntry } from './host.ts';

/** Blanks and backslashes in names of places. */
const plain = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** /proc/PID/mountinfo, proc_pid_mountinfo(5), in its order. */
export function parseMountTable(text: string): MountEntry[] {
  const table: MountEntry[] = [];
  for (const line of text.split('\n')) {
    const [before, after] = line.split(' - ');
    const own = before?.split(' ');
    const [fstype, source, superOptions] = after?.split(' ') ?? [];
    if (own === undefined || own.length < 6 || fstype === undefined || source === undefined) continue;
    const options = [...own[5]!.split(','), ...(superOptions?.split(',') ?? [])];
    table.push({ target: plain(own[4]!), source: plain(source), fstype, options });
  }
  return table;
}

/** The same for who reads it again and again, as each of many mount units does: it is seldom another than before. */
export function mountTableReader(): (text: string) => readonly MountEntry[] {
  let last = '';
  let table: readonly MountEntry[] = [];
  return (text) => {
    if (text !== last) [last, table] = [text, parseMountTable(text)];
    return table;
  };
}

/** Whether something is mounted at just this path; links are not followed. */
export const isMountPoint = (host: Pick<Host, 'mountTable'>, path: string): boolean =>
  host.mountTable().some(({ target }) => target === path);

/** The mount that a path is on; undefined where the table has none. */
export function mountOf(host: Pick<Host, 'mountTable'>, path: string): MountEntry | undefined {
  const above = host.mountTable().filter(({ target }) => `${path}/`.startsWith(target === '/' ? '/' : `${target}/`));
  // The longest is the nearest; of several at one place the last is seen.
  return above.reduce<MountEntry | undefined>(
    (best, mount) => (best === undefined || mount.target.length >= best.target.length ? mount : best),
    undefined,
  );
}

/** Whether what is written at this path takes memory (tmpfs, ramfs) and no disk. */
export function isInMemory(host: Pick<Host, 'mountTable'>, path: string): boolean {
  const fstype = mountOf(host, path)?.fstype;
  return fstype === 'tmpfs' || fstype === 'ramfs';
}
