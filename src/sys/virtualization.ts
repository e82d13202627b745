/** What kind of machine this is, with the names and in the order of systemd-detect-virt(1). */
import type { Files } from './host.ts';

export interface MachineFacts {
  files: Files;
  environment: Readonly<Record<string, string>>;
  pid: number;
  /** Signature of the hypervisor that the CPU tells of (leaf 0x40000000); undefined where it tells of none. */
  hypervisor: string | undefined;
}

export function detectVirtualization(facts: MachineFacts): { container: string; vm: string } {
  return { container: detectContainer(facts), vm: detectVm(facts) };
}

// ---- containers -----------------------------------------------------------------------------------------------------

/** Values of $container that are known by name. */
const managers = new Set([
  'systemd-nspawn',
  'lxc-libvirt',
  'lxc',
  'openvz',
  'docker',
  'podman',
  'rkt',
  'wsl',
  'proot',
  'pouch',
]);

function detectContainer({ files, environment, pid }: MachineFacts): string {
  const exists = (path: string): boolean => files.access(path, 'exists');
  // Both are there outside of a container of OpenVZ.
  if (exists('/proc/vz') && !exists('/proc/bc')) return 'openvz';
  if (/Microsoft|WSL/.test(firstLine(files, '/proc/sys/kernel/osrelease'))) return 'wsl';
  const tracer = /^TracerPid:\s*(\d+)/m.exec(text(files, '/proc/self/status'))?.[1] ?? '0';
  if (tracer !== '0' && firstLine(files, `/proc/${tracer}/comm`).startsWith('proot')) return 'proot';

  const told = firstLine(files, '/run/host/container-manager');
  if (told !== '') return byName(files, told);
  if (pid === 1) {
    const given = environment.container;
    if (given !== undefined) return given === '' ? 'none' : byName(files, given);
  } else {
    // PID 1 may have left word for those who may not read its environment.
    const left =
      firstLine(files, '/run/systemd/container') ||
      (/(?:^|\0)container=([^\0]+)/.exec(text(files, '/proc/1/environ'))?.[1] ?? '');
    if (left !== '') return byName(files, left);
  }
  return byFiles(files) ?? (inCgroupNamespace(files) ? 'container-other' : 'none');
}

function byName(files: Files, name: string): string {
  // Some images carry this word whoever runs them.
  if (name === 'oci') return byFiles(files) ?? 'container-other';
  return managers.has(name) ? name : 'container-other';
}

/** Looked at last: an image may hold Docker's file whoever runs it. */
function byFiles(files: Files): string | undefined {
  if (files.access('/run/.containerenv', 'exists')) return 'podman';
  if (files.access('/.dockerenv', 'exists')) return 'docker';
  return undefined;
}

/** The root of the cgroup tree that is seen here is not that of the machine: cgroup_namespaces(7). */
function inCgroupNamespace(files: Files): boolean {
  const exists = (path: string): boolean => files.access(path, 'exists');
  if (!exists('/proc/self/ns/cgroup')) return false;
  if (exists('/sys/fs/cgroup/cgroup.procs')) {
    // Only groups below the root have either; cgroup.type came later.
    if (!exists('/sys/fs/cgroup/cgroup.events')) return false;
    return exists('/sys/fs/cgroup/cgroup.type') || !exists('/sys/kernel/cgroup/features');
  }
  return exists('/sys/fs/cgroup/systemd') && !exists('/sys/fs/cgroup/systemd/release_agent');
}

// ---- virtual machines -----------------------------------------------------------------------------------------------

const hypervisors: Readonly<Record<string, string>> = {
  XenVMMXenVMM: 'xen',
  KVMKVMKVM: 'kvm',
  'Linux KVM Hv': 'kvm',
  TCGTCGTCGTCG: 'qemu',
  VMwareVMware: 'vmware',
  'Microsoft Hv': 'microsoft',
  'bhyve bhyve ': 'bhyve',
  QNXQVMBSQG: 'qnx',
  ACRNACRNACRN: 'acrn',
  SRESRESRESRE: 'sre',
  'Apple VZ': 'apple',
};

/** What firmware says who made the machine; the product's name comes first, it tells KVM from QEMU. */
const firmwareFiles = ['product_name', 'sys_vendor', 'board_vendor', 'bios_vendor', 'product_version'];
const vendors: readonly (readonly [prefix: string, vm: string])[] = [
  ['KVM', 'kvm'],
  ['OpenStack', 'kvm'],
  ['KubeVirt', 'kvm'],
  ['Amazon EC2', 'amazon'],
  ['QEMU', 'qemu'],
  ['VMware', 'vmware'],
  ['VMW', 'vmware'],
  ['innotek GmbH', 'oracle'],
  ['VirtualBox', 'oracle'],
  ['Oracle Corporation', 'oracle'],
  ['Xen', 'xen'],
  ['Bochs', 'bochs'],
  ['Parallels', 'parallels'],
  ['BHYVE', 'bhyve'],
  ['Hyper-V', 'microsoft'],
  ['Apple Virtualization', 'apple'],
  ['Google Compute Engine', 'google'],
];
/** Their firmware is believed before the CPU, which tells of the KVM beneath. */
const firmwareFirst = new Set(['oracle', 'xen', 'amazon', 'parallels', 'google']);

function detectVm({ files, hypervisor }: MachineFacts): string {
  const firmware = byFirmware(files);
  if (firmware !== undefined && firmwareFirst.has(firmware)) return firmware;
  const processor = /^vendor_id\t: (.*)$/m.exec(text(files, '/proc/cpuinfo'))?.[1] ?? '';
  if (processor.startsWith('User Mode Linux')) return 'uml';
  const xenHost = text(files, '/proc/xen/capabilities').includes('control_d');
  if (files.access('/proc/xen', 'exists') && !xenHost) return 'xen';

  const cpu = hypervisor === undefined ? undefined : (hypervisors[hypervisor] ?? 'vm-other');
  const found = xenHost ? [cpu] : [cpu, firmware, bySysfs(files)];
  return (
    found.find((one) => one !== undefined && one !== 'vm-other') ?? (found.includes('vm-other') ? 'vm-other' : 'none')
  );
}

function byFirmware(files: Files): string | undefined {
  const bit = virtualMachineBit(files);
  for (const file of firmwareFiles) {
    const value = firstLine(files, `/sys/class/dmi/id/${file}`);
    const vendor = vendors.find(([prefix]) => value.startsWith(prefix))?.[1];
    if (vendor === undefined) continue;
    // Amazon's machines of bare metal bear the same names.
    if (vendor === 'amazon' && !(bit ?? !/\.metal(?:-|$)/.test(firstLine(files, '/sys/class/dmi/id/product_name'))))
      return undefined;
    return vendor;
  }
  return bit === true ? 'vm-other' : undefined;
}

/** Bit 4 of the second extension byte of the BIOS characteristics (SMBIOS, type 0); undefined where it can't be read. */
function virtualMachineBit(files: Files): boolean | undefined {
  try {
    const table = files.readFile('/sys/firmware/dmi/entries/0-0/raw');
    return table.length < 20 || table[1]! < 20 ? undefined : (table[19]! & 0x10) !== 0;
  } catch {
    return undefined;
  }
}

function bySysfs(files: Files): string | undefined {
  const type = firstLine(files, '/sys/hypervisor/type');
  return type === '' ? undefined : type === 'xen' ? 'xen' : 'vm-other';
}

function text(files: Files, path: string): string {
  try {
    return files.readText(path, 4 << 20);
  } catch {
    return '';
  }
}

const firstLine = (files: Files, path: string): string => text(files, path).split('\n', 1)[0]!;
