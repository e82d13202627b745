/** What kind of machine this is, as systemd-detect-virt(1) finds it. */
import type { Files } from './host.ts';

const containers = new Set([
  'openvz',
  'lxc',
  'lxc-libvirt',
  'systemd-nspawn',
  'docker',
  'podman',
  'rkt',
  'wsl',
  'proot',
  'pouch',
]);

const vendors: [string, string][] = [
  ['KVM', 'kvm'],
  ['OpenStack', 'kvm'],
  ['KubeVirt', 'kvm'],
  ['Amazon EC2', 'amazon'],
  ['QEMU', 'qemu'],
  ['VMware', 'vmware'],
  ['VMW', 'vmware'],
  ['innotek GmbH', 'oracle'],
  ['VirtualBox', 'oracle'],
  ['Xen', 'xen'],
  ['Bochs', 'bochs'],
  ['Parallels', 'parallels'],
  ['BHYVE', 'bhyve'],
  ['Hyper-V', 'microsoft'],
  ['Apple Virtualization', 'apple'],
];

export function detectVirtualization(
  files: Files,
  environment: Readonly<Record<string, string>>,
  pid: number,
): { container: string; vm: string } {
  return { container: detectContainer(files, environment, pid), vm: detectVm(files) };
}

function text(files: Files, path: string): string {
  try {
    return files
      .readText(path, 1 << 20)
      .replace(/\0+$/, '')
      .trim();
  } catch {
    return '';
  }
}

function detectContainer(files: Files, environment: Readonly<Record<string, string>>, pid: number): string {
  if (files.access('/proc/vz', 'exists') && !files.access('/proc/bc', 'exists')) return 'openvz';
  const kernel = text(files, '/proc/sys/kernel/osrelease');
  if (/Microsoft|WSL/.test(kernel)) return 'wsl';
  const told =
    text(files, '/run/host/container-manager') ||
    (pid === 1
      ? (environment.container ?? '')
      : (/(?:^|\0)container=([^\0]*)/.exec(text(files, '/proc/1/environ'))?.[1] ?? '') ||
        text(files, '/run/systemd/container'));
  if (told === 'oci') return byFiles(files) ?? 'container-other';
  if (told !== '') return containers.has(told) ? told : 'container-other';
  return byFiles(files) ?? 'none';
}

function byFiles(files: Files): string | undefined {
  if (files.access('/run/.containerenv', 'exists')) return 'podman';
  if (files.access('/.dockerenv', 'exists')) return 'docker';
  return undefined;
}

function detectVm(files: Files): string {
  const dmi = '/sys/class/dmi/id';
  for (const file of ['product_name', 'sys_vendor', 'board_vendor', 'bios_vendor', 'product_version']) {
    const value = text(files, `${dmi}/${file}`);
    const vendor = vendors.find(([prefix]) => value.startsWith(prefix));
    if (vendor !== undefined) return vendor[1];
  }
  const type = text(files, '/sys/hypervisor/type');
  if (type === 'xen') return 'xen';
  if (/^flags\s*:.*\bhypervisor\b/m.test(text(files, '/proc/cpuinfo'))) return 'vm-other';
  return 'none';
}
