/** Files that have more than one name. */
import type { FileStat, Files } from './host.ts';

/**
 * Whether a file may be somebody else's than that of the directory it is in: it has other names, and the kernel lets
 * ordinary users give names to what is not theirs (fs.protected_hardlinks, proc_sys_fs(5)).
 */
export function isHardlinkDangerous(files: Files, { type, nlink }: FileStat): boolean {
  if (type === 'directory' || nlink <= 1) return false;
  try {
    return files.readText('/proc/sys/fs/protected_hardlinks').trim() !== '1';
  } catch {
    return true;
  }
}
