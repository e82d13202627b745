/** Which mount points are not the manager's to order or to make, and what a mount's options say. */

/** Mount points that are there before and after the manager: it neither orders nor unmounts them. */
export function isExtrinsicMount(where: string, options: string | undefined): boolean {
  if (where === '/' || where === '/usr' || where === '/etc') return true;
  if (/^\/(run\/initramfs|proc|sys|dev)(\/|$)/.test(where)) return true;
  return mountOption(options, 'x-initrd.mount') !== undefined;
}

/** Value of a mount option: '' where it has none, undefined where the option is not there. */
export function mountOption(options: string | undefined, name: string): string | undefined {
  for (const option of (options ?? '').split(',')) {
    if (option === name) return '';
    if (option.startsWith(`${name}=`)) return option.slice(name.length + 1);
  }
  return undefined;
}

/** Mount points that the kernel's interfaces, or the container engine, own. */
const apiMounts: ReadonlySet<string> = new Set([
  '/proc',
  '/sys',
  '/dev',
  '/sys/kernel/security',
  '/sys/fs/smackfs',
  '/dev/shm',
  '/dev/pts',
  '/run',
  '/sys/fs/cgroup',
  '/sys/fs/cgroup/unified',
  '/sys/fs/cgroup/systemd',
  '/sys/fs/pstore',
  '/sys/firmware/efi/efivars',
  '/sys/fs/bpf',
  '/sys/fs/selinux',
  '/dev/console',
  '/proc/kmsg',
  '/proc/sys',
  '/proc/sys/kernel/random/boot_id',
]);
export const isApiMount = (where: string): boolean =>
  apiMounts.has(where) || where.startsWith('/sys/fs/cgroup/') || /^\/run\/host(\/|$)/.test(where);
