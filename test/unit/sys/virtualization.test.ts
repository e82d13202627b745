import { describe, expect, it } from 'vitest';
import { SimFiles } from '../../../src/simulation/machine/files.ts';
import { detectVirtualization } from '../../../src/sys/virtualization.ts';

interface Machine {
  files?: Record<string, string>;
  environment?: Record<string, string>;
  pid?: number;
  hypervisor?: string;
}

function detect({ files = {}, environment = {}, pid = 1, hypervisor }: Machine): { container: string; vm: string } {
  const sim = new SimFiles(() => 0);
  for (const [path, text] of Object.entries(files)) sim.put(path, text);
  return detectVirtualization({ files: sim, environment, pid, hypervisor });
}
const container = (machine: Machine): string => detect(machine).container;
const vm = (machine: Machine): string => detect(machine).vm;

describe('a container', () => {
  it('is none on a bare machine', () => {
    expect(detect({})).toEqual({ container: 'none', vm: 'none' });
  });

  it('is what $container of PID 1 says', () => {
    expect(container({ environment: { container: 'podman' } })).toBe('podman');
    expect(container({ environment: { container: 'something' } })).toBe('container-other');
    expect(container({ environment: { container: '' }, files: { '/.dockerenv': '' } })).toBe('none');
    expect(container({ environment: { container: 'docker' }, pid: 7 })).toBe('none');
    expect(container({ files: { '/proc/1/environ': 'A=b\0container=lxc\0C=d\0' }, pid: 7 })).toBe('lxc');
    expect(
      container({ files: { '/proc/1/environ': 'container=lxc\0', '/run/systemd/container': 'docker\n' }, pid: 7 }),
    ).toBe('docker');
  });

  it('is told by its manager, or by files that it leaves', () => {
    expect(container({ files: { '/run/host/container-manager': 'systemd-nspawn\n', '/.dockerenv': '' } })).toBe(
      'systemd-nspawn',
    );
    expect(container({ files: { '/.dockerenv': '' } })).toBe('docker');
    expect(container({ files: { '/.dockerenv': '', '/run/.containerenv': '' } })).toBe('podman');
    expect(container({ environment: { container: 'oci' }, files: { '/.dockerenv': '' } })).toBe('docker');
    expect(container({ environment: { container: 'oci' } })).toBe('container-other');
  });

  it('is another one where the cgroup tree has its root elsewhere', () => {
    const unified = {
      '/proc/self/ns/cgroup': '',
      '/sys/fs/cgroup/cgroup.procs': '',
      '/sys/kernel/cgroup/features': '',
    };
    expect(container({ files: unified })).toBe('none');
    expect(
      container({ files: { ...unified, '/sys/fs/cgroup/cgroup.events': '', '/sys/fs/cgroup/cgroup.type': '' } }),
    ).toBe('container-other');
    const legacy = { '/proc/self/ns/cgroup': '', '/sys/fs/cgroup/systemd/tasks': '' };
    expect(container({ files: legacy })).toBe('container-other');
    expect(container({ files: { ...legacy, '/sys/fs/cgroup/systemd/release_agent': '' } })).toBe('none');
  });
});

describe('a virtual machine', () => {
  const dmi = (file: string, text: string): Record<string, string> => ({ [`/sys/class/dmi/id/${file}`]: `${text}\n` });

  it('is what the CPU says, if that is known', () => {
    expect(vm({ hypervisor: 'KVMKVMKVM' })).toBe('kvm');
    expect(vm({ hypervisor: 'KVMKVMKVM', files: dmi('sys_vendor', 'QEMU') })).toBe('kvm');
    expect(vm({ hypervisor: 'whatisthis' })).toBe('vm-other');
    expect(vm({ hypervisor: 'whatisthis', files: dmi('sys_vendor', 'Bochs') })).toBe('bochs');
  });

  it('is what some firmware says, whatever the CPU says', () => {
    expect(vm({ hypervisor: 'KVMKVMKVM', files: dmi('bios_vendor', 'innotek GmbH') })).toBe('oracle');
    expect(vm({ hypervisor: 'KVMKVMKVM', files: dmi('product_name', 'Google Compute Engine') })).toBe('google');
    expect(vm({ files: { ...dmi('sys_vendor', 'Amazon EC2'), ...dmi('product_name', 'm5.large') } })).toBe('amazon');
    expect(vm({ files: { ...dmi('sys_vendor', 'Amazon EC2'), ...dmi('product_name', 'm5.metal') } })).toBe('none');
  });

  it('is Xen in a guest, not in its host', () => {
    expect(vm({ files: { '/proc/xen/capabilities': '' } })).toBe('xen');
    expect(vm({ files: { '/proc/xen/capabilities': 'control_d\n' } })).toBe('none');
    expect(vm({ files: { '/sys/hypervisor/type': 'xen\n' } })).toBe('xen');
  });
});
