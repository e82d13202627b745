/** The table of mounts, asked. */
import type { Host } from './host.ts';

/** Whether something is mounted at just this path; links are not followed. */
export const isMountPoint = (host: Pick<Host, 'mountTable'>, path: string): boolean =>
  host.mountTable().some(({ target }) => target === path);

/** Whether what is written at this path takes memory (tmpfs, ramfs) and no disk. */
export function isInMemory(host: Pick<Host, 'mountTable'>, path: string): boolean {
  const above = host.mountTable().filter(({ target }) => `${path}/`.startsWith(target === '/' ? '/' : `${target}/`));
  // The longest is the nearest; of several at one place the last is seen.
  const { fstype } = above.reduce((best, mount) => (mount.target.length >= best.target.length ? mount : best), {
    target: '',
    fstype: '',
  });
  return fstype === 'tmpfs' || fstype === 'ramfs';
}
