/** The table of mounts, asked. */
import type { Host } from './host.ts';

/** Whether something is mounted at just this path; links are not followed. */
export const isMountPoint = (host: Pick<Host, 'mountTable'>, path: string): boolean =>
  host.mountTable().some(({ target }) => target === path);
