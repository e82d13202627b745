import { describe, expect, test } from 'vitest';
import { SimHost } from '../../../../src/simulation/machine/host.ts';
import type { MountEntry } from '../../../../src/sys/host.ts';
import { conditionTypes, evaluateCondition } from '../../../../src/unitfile/conditions/conditions.ts';

type Options = ConstructorParameters<typeof SimHost>[0];
type Facts = Options & { mounts?: readonly string[]; vm?: string; initArgs?: string[]; machineId?: undefined };

/** `/target fstype options` */
const mount = (line: string): MountEntry => {
  const [target, fstype, options = 'rw'] = line.split(' ') as [string, string, string?];
  return { target, source: fstype, fstype, options: options.split(',') };
};

function machine({ mounts, vm, initArgs, ...options }: Facts = {}): SimHost {
  const host = new SimHost({ container: 'none', ...options });
  if (mounts !== undefined) host.mountTable = () => mounts.map(mount);
  if (vm !== undefined) host.virtualization = () => ({ container: options.container ?? 'none', vm });
  if (initArgs !== undefined) host.commandLine = (pid) => (pid === 1 ? initArgs : undefined);
  if ('machineId' in options) Object.assign(host, { machineId: undefined });
  return host;
}

const holds = (host: SimHost, line: string, environment: readonly string[] = []): boolean | string => {
  const equals = line.indexOf('=');
  const [type, parameter] = [line.slice(0, equals), line.slice(equals + 1)];
  return evaluateCondition({ type, parameter, negate: false }, host, { scope: 'system', environment });
};

/** What each line comes to: true, false or the text of an error. */
const answers = (host: SimHost, lines: readonly string[]) =>
  Object.fromEntries(lines.map((line) => [line, holds(host, line)]));

/** Every row of a table holds as it says. */
function check(host: SimHost, table: Record<string, boolean | string>): void {
  expect(answers(host, Object.keys(table))).toEqual(table);
}

const invalid = 'Invalid argument';

describe('memory and CPUs', () => {
  test('compare with what the machine has; at least that without an operator', () => {
    check(machine(), {
      'Memory=4G': true,
      'Memory=4294967297': false,
      'Memory=>=4G': true,
      'Memory=>4G': false,
      'Memory=<4G': false,
      'Memory=<=4G': true,
      'Memory==4G': true,
      'Memory=!=4G': false,
      'Memory=!=5G': true,
      'Memory=<5G': true,
      'Memory=<3G': false,
      'Memory=': invalid,
      'Memory=9X': invalid,
      'Memory=99999E': 'Numerical result out of range',
      'CPUs=4': true,
      'CPUs=5': false,
      'CPUs=<4': false,
      'CPUs=<=4': true,
      'CPUs==4': true,
      'CPUs=!=4': false,
      'CPUs=>3': true,
      'CPUs=-1': invalid,
    });
  });

  test('CPU flags are those of /proc/cpuinfo, by the names that systemd knows', () => {
    const host = machine({
      files: { '/proc/cpuinfo': 'processor : 0\nflags\t\t: fpu pclmulqdq fma xsave sse2\nbugs : avx\n' },
    });
    check(host, {
      'CPUFeature=fpu': true,
      'CPUFeature=FPU': true,
      'CPUFeature=sse2': true,
      'CPUFeature=pclmul': true,
      'CPUFeature=fma3': true,
      'CPUFeature=osxsave': true,
      'CPUFeature=xsave': true,
      'CPUFeature=sse': false,
      'CPUFeature=avx': false,
      'CPUFeature=pclmulqdq': false,
      'CPUFeature=bugs': false,
    });
    check(machine(), { 'CPUFeature=fpu': false });
  });

  test('the architecture by its name in systemd', () => {
    check(machine({ machine: 'aarch64' }), {
      'Architecture=arm64': true,
      'Architecture=native': true,
      'Architecture=aarch64': false,
      'Architecture=x86-64': false,
    });
    check(machine({ machine: 'pdp11' }), { 'Architecture=native': false, 'Architecture=pdp11': false });
  });
});

describe('control groups', () => {
  const v2 = '/sys/fs/cgroup cgroup2';
  test('of version 2 are listed in the tree', () => {
    check(machine({ mounts: [v2], files: { '/sys/fs/cgroup/cgroup.controllers': 'cpu io memory\n' } }), {
      'ControlGroupController=v2': true,
      'ControlGroupController=v1': false,
      'ControlGroupController=cpu': true,
      'ControlGroupController=cpu memory': true,
      'ControlGroupController=cpu pids': false,
      'ControlGroupController=nonsense': true,
    });
    check(machine({ mounts: [v2] }), { 'ControlGroupController=cpu': false });
  });

  test('of version 1 are listed by the kernel; what is enabled counts', () => {
    const table = '#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t3\t1\t1\nmemory\t0\t1\t0\n';
    check(
      machine({ mounts: ['/sys/fs/cgroup tmpfs', '/sys/fs/cgroup/cpu cgroup'], files: { '/proc/cgroups': table } }),
      {
        'ControlGroupController=v1': true,
        'ControlGroupController=v2': false,
        'ControlGroupController=cpu': true,
        'ControlGroupController=memory': false,
      },
    );
    check(machine({ mounts: ['/sys/fs/cgroup tmpfs'] }), { 'ControlGroupController=cpu': false });
  });

  test('can not be told where none are mounted; the last mount counts', () => {
    check(machine({ mounts: ['/ overlay'] }), { 'ControlGroupController=v2': 'No medium found' });
    check(machine({ mounts: [v2, '/sys/fs/cgroup tmpfs'] }), { 'ControlGroupController=v2': false });
  });
});

describe('virtualization', () => {
  const rows: [string, Facts, Record<string, boolean>][] = [
    ['none', {}, { yes: false, no: true, vm: false, container: false, none: false, kvm: false }],
    ['an unnamed container', { container: '' }, { yes: false, container: false }],
    ['a machine', { vm: 'kvm' }, { yes: true, no: false, vm: true, container: false, kvm: true, qemu: false }],
    ['no machine', { vm: '' }, { yes: false, vm: false }],
    [
      'a container in a machine',
      { container: 'podman', vm: 'kvm' },
      { yes: true, vm: false, container: true, podman: true, kvm: false, docker: false },
    ],
  ];
  test.each(rows)('%s', (_, facts, table) => {
    const host = machine(facts);
    for (const [word, expected] of Object.entries(table))
      expect([word, holds(host, `Virtualization=${word}`)]).toEqual([word, expected]);
  });

  const whole = '         0          0 4294967295\n';
  const part = '         0     100000      65536\n';
  test.each<[string, Record<string, string>, boolean]>([
    ['unknown', {}, false],
    ['all ids of the machine', { uid_map: whole, gid_map: whole, setgroups: 'allow\n' }, false],
    ['some users', { uid_map: part, gid_map: whole }, true],
    ['some groups', { uid_map: whole, gid_map: part }, true],
    ['all ids, but no setgroups', { uid_map: whole, gid_map: whole, setgroups: 'deny\n' }, true],
    ['a second line', { uid_map: `${whole}${part}`, gid_map: whole }, false],
  ])('private users: %s', (_, files, expected) => {
    const host = machine({
      files: Object.fromEntries(Object.entries(files).map(([name, text]) => [`/proc/self/${name}`, text])),
    });
    expect(holds(host, 'Virtualization=private-users')).toBe(expected);
  });
});

describe('firmware', () => {
  const smbios = { '/sys/class/dmi/id/sys_vendor': 'QEMU\n', '/sys/class/dmi/id/bios_version': '1.16.2\n' };

  test('by its traces in sysfs; a container has no UEFI', () => {
    check(machine(), { 'Firmware=uefi': false, 'Firmware=device-tree': false, 'Firmware=nonsense': false });
    const files = { '/sys/firmware/efi/x': '', '/sys/firmware/devicetree/base/model': '' };
    check(machine({ files }), { 'Firmware=uefi': true, 'Firmware=device-tree': true });
    check(machine({ files, container: 'docker' }), { 'Firmware=uefi': false });
  });

  test('what a device tree is compatible with', () => {
    const files = { '/proc/device-tree/compatible': 'raspberrypi,4-model-b\0brcm,bcm2711\0' };
    check(machine({ files }), {
      'Firmware=device-tree-compatible(brcm,bcm2711)': true,
      'Firmware=device-tree-compatible(raspberrypi,4-model-b)': true,
      'Firmware=device-tree-compatible(brcm)': false,
      'Firmware=device-tree-compatible(brcm,bcm2711': false,
    });
    check(machine({ files: { '/proc/device-tree/compatible': 'brcm,bcm2711' } }), {
      'Firmware=device-tree-compatible(brcm,bcm2711)': false,
    });
    check(machine(), { 'Firmware=device-tree-compatible(x)': false });
  });

  test('fields of SMBIOS', () => {
    check(machine({ files: smbios }), {
      'Firmware=smbios-field(sys_vendor = QEMU)': true,
      'Firmware=smbios-field(sys_vendor=QEMU)': true,
      'Firmware=smbios-field(sys_vendor != QEMU)': false,
      'Firmware=smbios-field(sys_vendor $= Q*)': true,
      'Firmware=smbios-field(sys_vendor !$= Q*)': false,
      'Firmware=smbios-field(bios_version >= 1.9)': true,
      'Firmware=smbios-field(bios_version < 1.9)': false,
      'Firmware=smbios-field(sys_vendor = "QEMU")': true,
      'Firmware=smbios-field(other = x)': false,
      'Firmware=smbios-field(sys_vendor)': invalid,
      'Firmware=smbios-field(= QEMU)': invalid,
      'Firmware=smbios-field(sys_vendor = a b)': invalid,
      'Firmware=smbios-field(sys_vendor =)': invalid,
      'Firmware=smbios-field(../x = y)': invalid,
      'Firmware=smbios-field(sys_vendor = x': invalid,
      'Firmware=smbios-field(sys_vendor = "x)': invalid,
    });
  });
});

describe('power', () => {
  const supply = (name: string, attributes: Record<string, string>) =>
    Object.entries(attributes).map(([file, text]) => [`/sys/class/power_supply/${name}/${file}`, `${text}\n`]);
  const battery = (status: string, scope?: string) =>
    supply('BAT0', { type: 'Battery', status, ...(scope === undefined ? {} : { scope }) });
  const mains = (online: string) => supply('AC', { type: 'Mains', online });

  test.each<[string, string[][], boolean]>([
    ['nothing is known', [], true],
    ['a battery that is used', battery('Discharging'), false],
    ['a battery that is loaded', battery('Charging'), true],
    ['the battery of a mouse', battery('Discharging', 'Device'), true],
    ['the battery of the system', battery('Discharging', 'System'), false],
    ['a battery beside the mains', [...battery('Discharging'), ...mains('1')], true],
    ['a battery beside mains without power', [...battery('Discharging'), ...mains('0')], false],
    ['mains without power', mains('0'), true],
    ['mains of which nothing is known', [...battery('Discharging'), ...mains('')], false],
  ])('%s', (_, files, onMains) => {
    const host = machine({ files: Object.fromEntries(files) });
    check(host, { 'ACPower=yes': onMains, 'ACPower=no': !onMains, 'ACPower=maybe': invalid });
  });
});

describe('security', () => {
  test('by the traces of each module', () => {
    const none = ['selinux', 'smack', 'apparmor', 'audit', 'ima', 'tomoyo', 'uefi-secureboot', 'tpm2', 'other'];
    check(machine(), Object.fromEntries(none.map((name) => [`Security=${name}`, false])));
    const efi = '/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c';
    const files = {
      '/sys/fs/selinux/enforce': '1',
      '/sys/fs/smackfs/x': '',
      '/sys/module/apparmor/parameters/enabled': 'Y\n',
      '/proc/self/loginuid': '0',
      '/sys/kernel/security/ima/x': '',
      '/sys/kernel/security/tomoyo/version': '',
      '/sys/class/tpmrm/tpmrm0': '',
      '/sys/kernel/security/tpm0/x': '',
      [efi]: '\x06\0\0\0\x01',
    };
    const all = Object.fromEntries(none.map((name) => [`Security=${name}`, name !== 'other']));
    check(machine({ files }), all);
    check(machine({ files: { ...files, [efi]: '\x06\0\0\0\0' } }), { 'Security=uefi-secureboot': false });
    check(machine({ files, container: 'docker' }), { 'Security=uefi-secureboot': false, 'Security=tpm2': false });
    check(machine({ files: { '/sys/module/apparmor/parameters/enabled': 'N\n' } }), { 'Security=apparmor': false });
    check(machine({ files: { '/sys/class/tpmrm/tpmrm0': '' } }), { 'Security=tpm2': false });
    check(machine({ files: { '/sys/firmware/efi/x': '' } }), { 'Security=uefi-secureboot': false });
    const maps = { '/proc/self/uid_map': '0 1000 1\n' };
    check(machine({ files: { ...files, ...maps } }), { 'Security=audit': false });
  });

  test('capabilities are those of the bounding set', () => {
    check(machine({ capabilities: 1n << 5n }), {
      'Capability=CAP_KILL': true,
      'Capability=cap_kill': true,
      'Capability=CAP_CHOWN': false,
      'Capability=CAP_FOWNER': false,
      'Capability=CAP_SETGID': false,
    });
  });
});

describe('pressure', () => {
  const line = (kind: string, ten: string, sixty: string, long: string) =>
    `${kind} avg10=${ten} avg60=${sixty} avg300=${long} total=7\n`;
  const of = (some: string, full = '') => some + full;
  const cgroup = '/sys/fs/cgroup';
  const files = {
    '/proc/pressure/memory': of(line('some', '9.00', '8.00', '7.00'), line('full', '40.00', '20.00', '10.50')),
    '/proc/pressure/cpu': of(line('some', '50.00', '5.00', '3.00'), line('full', '0.00', '0.00', '0.00')),
    '/proc/pressure/io': line('some', '1.00', '2.00', '3.00'),
    [`${cgroup}/cgroup.controllers`]: 'cpu memory',
    [`${cgroup}/memory.pressure`]: line('full', '1.00', '1.00', '30.00'),
    [`${cgroup}/a.slice/a-b.slice/memory.pressure`]: line('full', '1.00', '1.00', '31.00'),
    [`${cgroup}/a.slice/cpu.pressure`]: of(
      line('some', '90.00', '1.00', '80.00'),
      line('full', '1.00', '1.00', '32.00'),
    ),
    [`${cgroup}/x.slice/cpu.pressure`]: 'nothing\n',
  };
  const host = machine({ files, mounts: ['/sys/fs/cgroup cgroup2'] });

  test('is compared over five minutes, or as said', () => {
    check(host, {
      'MemoryPressure=10.5%': true,
      'MemoryPressure=10.49%': false,
      'MemoryPressure=20%/1min': true,
      'MemoryPressure=19%/1min': false,
      'MemoryPressure=40% / 10sec': true,
      'MemoryPressure=39%/10sec': false,
      'MemoryPressure=10.5%/5min': true,
      'MemoryPressure=10%/5min': false,
      'MemoryPressure=5%/2min': invalid,
      'MemoryPressure=5': invalid,
      'MemoryPressure=101%': invalid,
      'CPUPressure=3%': true,
      'CPUPressure=2%': false,
      'CPUPressure=50%/10sec': true,
      'CPUPressure=49%/10sec': false,
      'IOPressure=3%': true,
      'IOPressure=2.5%': false,
    });
  });

  test('of a slice is that of its control group', () => {
    check(host, {
      'MemoryPressure=-.slice:30%': true,
      'MemoryPressure=-.slice:29%': false,
      'MemoryPressure=a-b.slice: 31%': true,
      'MemoryPressure= a-b.slice :30%': false,
      'MemoryPressure=other.slice:0%': true,
      'MemoryPressure=a.service:0%': invalid,
      'CPUPressure=a.slice:32%': true,
      'CPUPressure=a.slice:31%': false,
      'CPUPressure=x.slice:31%': 'No data available',
      'IOPressure=a.slice:0%': true,
    });
    check(machine({ files, mounts: ['/sys/fs/cgroup tmpfs'] }), { 'MemoryPressure=-.slice:0%': true });
  });

  test('is none where the kernel does not tell', () => {
    check(machine(), { 'MemoryPressure=0%': true, 'MemoryPressure=nonsense': true });
    check(machine({ files: { '/proc/pressure/cpu': 'x' } }), { 'IOPressure=0%': true });
  });
});

describe('the kernel', () => {
  test('has the command line of process 1 in a container, its own elsewhere', () => {
    const files = { '/proc/cmdline': 'root=/dev/sda ro quiet "a b"=c x="d e"\n' };
    check(machine({ files, initArgs: ['/sbin/init', 'debug'] }), {
      'KernelCommandLine=ro': true,
      'KernelCommandLine=root': true,
      'KernelCommandLine=root=/dev/sda': true,
      'KernelCommandLine=root=/dev/sdb': false,
      'KernelCommandLine=r': false,
      'KernelCommandLine=quiet=': false,
      'KernelCommandLine=x=d e': true,
      'KernelCommandLine=debug': false,
    });
    check(machine({ files, container: 'docker', initArgs: ['/sbin/init', 'debug', 'a=b'] }), {
      'KernelCommandLine=debug': true,
      'KernelCommandLine=a': true,
      'KernelCommandLine=ro': false,
      'KernelCommandLine=/sbin/init': true,
    });
    const alone = machine({ files, container: 'docker' });
    alone.commandLine = () => undefined;
    check(alone, { 'KernelCommandLine=ro': false });
    check(machine(), { 'KernelCommandLine=x': false });
  });

  test('has a version that several expressions may be about', () => {
    check(machine(), {
      'KernelVersion=6.1.0': true,
      'KernelVersion=6.1.?': true,
      'KernelVersion=6.2*': false,
      'KernelVersion==6.1.0': true,
      'KernelVersion=!=6.1.0': false,
      'KernelVersion=>=6.1 <7': true,
      'KernelVersion=>=6.1 <6.1': false,
      'KernelVersion=">= 5" "< 7"': true,
      'KernelVersion=>= 5': true,
      'KernelVersion=>5 < 7': invalid,
      'KernelVersion=$=6.*': true,
      'KernelVersion=!$=6.*': false,
      'KernelVersion=': true,
      'KernelVersion=>=': invalid,
      'KernelVersion=<5 "': false,
      'KernelVersion=>5 "': invalid,
    });
  });

  test('and others have versions since later releases', () => {
    check(machine(), {
      'Version=systemd >= 252': true,
      'Version=systemd < 200': false,
      'Version=kernel =6.1.0': true,
      'Version=kernel>5': true,
      'Version=>5': true,
      'Version=<5': false,
      'Version=glibc >2': 'Operation not supported',
      'Version=systemdx >5': false,
    });
  });

  test('has modules', () => {
    const host = machine({ files: { '/sys/module/a_b/x': '' } });
    check(host, {
      'KernelModuleLoaded=a-b': true,
      'KernelModuleLoaded=a_b': true,
      'KernelModuleLoaded=a': false,
      'KernelModuleLoaded=../module': false,
      'KernelModuleLoaded=': false,
    });
  });
});

describe('files', () => {
  const mounts = ['/ overlay', '/srv ext4 ro,noatime', '/srv/a ext4 rw', '/b ext4 rw', '/b ext4 ro', '/mnt ext4'];
  const files = { '/srv/a/x': '', '/srv/x': 'x', '/b/x': '', '/etc/x': '', '/mnt/x': '', '/srvx/y': '' };

  test('on a file system that can be written', () => {
    const host = machine({ mounts, files });
    host.files.symlink('/srv/x', '/etc/link');
    check(host, {
      'PathIsReadWrite=/etc/x': true,
      'PathIsReadWrite=/srv/x': false,
      'PathIsReadWrite=/srvx/y': true,
      'PathIsReadWrite=/srv/a/x': true,
      'PathIsReadWrite=/b/x': false,
      'PathIsReadWrite=/etc/link': false,
      'PathIsReadWrite=/none': false,
    });
    check(machine({ mounts: [], files }), { 'PathIsReadWrite=/srv/x': true });
  });

  test('that are mount points', () => {
    const host = machine({ mounts, files });
    host.files.symlink('/mnt', '/etc/link');
    check(host, {
      'PathIsMountPoint=/': true,
      'PathIsMountPoint=/mnt': true,
      'PathIsMountPoint=/mnt/': true,
      'PathIsMountPoint=/mnt/x': false,
      'PathIsMountPoint=/etc/link': true,
      'PathIsMountPoint=/none': false,
    });
  });

  test('of each kind', () => {
    const host = machine({ files: { '/a/f': 'x', '/a/empty': '', '/a/bin/x': 'x', '/h/.hidden': '', '/h/x~': '' } });
    host.files.symlink('/nowhere', '/a/broken');
    host.files.symlink('/a/f', '/a/link');
    host.files.symlink('/a', '/dirlink');
    host.files.mkdirs('/e');
    host.files.putSpecial('/a/pipe', 'fifo');
    host.files.put('/a/group', 'x', 0o650);
    check(host, {
      'PathExists=/a/broken': false,
      'PathExists=/a/link': true,
      'PathExistsGlob=/a/*k': true,
      'PathExistsGlob=/a/{x,f}': true,
      'PathIsDirectory=/dirlink': true,
      'PathIsDirectory=/none': false,
      'PathIsSymbolicLink=/a/broken': true,
      'PathIsSymbolicLink=/none': false,
      'FileNotEmpty=/a/link': true,
      'FileNotEmpty=/a/pipe': false,
      'FileNotEmpty=/a': false,
      'FileNotEmpty=/none': false,
      'FileIsExecutable=/a/bin/x': true,
      'FileIsExecutable=/a/group': true,
      'FileIsExecutable=/a/f': false,
      'FileIsExecutable=/a': false,
      'DirectoryNotEmpty=/a': true,
      'DirectoryNotEmpty=/h': false,
      'DirectoryNotEmpty=/e': false,
      'DirectoryNotEmpty=/a/f': false,
      'DirectoryNotEmpty=/none': false,
    });
    host.files.failures.set('/e', { call: 'scandir', code: 'EACCES', errno: 13 });
    check(host, { 'DirectoryNotEmpty=/e': true });
  });

  test('on volumes that are encrypted, with all that lies below them', () => {
    const uuid = (device: string) => `/sys/dev/block/${device}/dm/uuid`;
    const host = machine({
      files: {
        [uuid('253:0')]: 'CRYPT-LUKS2-x\n',
        [uuid('253:1')]: 'LVM-x\n',
        '/sys/dev/block/253:1/slaves/dm-0/dm/uuid': 'CRYPT-LUKS2-y\n',
        [uuid('253:2')]: 'LVM-x\n',
        '/sys/dev/block/253:2/slaves/dm-0/dm/uuid': 'CRYPT-x\n',
        '/sys/dev/block/253:2/slaves/sda/dev': '',
        [uuid('253:300')]: 'CRYPT-LUKS2-z\n',
        '/sys/dev/block/253:4/slaves/.x': '',
      },
    });
    const device = (name: string, major: number, minor: number) => {
      const rdev = (major << 8) | (minor & 0xff) | ((minor & 0xfff00) << 12);
      host.files.putSpecial(`/dev/${name}`, 'block', 0o660, rdev);
    };
    device('luks', 253, 0);
    device('lvm', 253, 1);
    device('mirror', 253, 2);
    device('many', 253, 300);
    device('plain', 8, 1);
    device('none', 0, 5);
    host.files.mkdirs('/sys/dev/block/253:5/slaves');
    device('empty', 253, 5);
    host.files.put(uuid('0:5'), 'CRYPT-x');
    check(host, {
      'PathIsEncrypted=/dev/luks': true,
      'PathIsEncrypted=/dev/lvm': true,
      'PathIsEncrypted=/dev/mirror': false,
      'PathIsEncrypted=/dev/many': true,
      'PathIsEncrypted=/dev/plain': false,
      'PathIsEncrypted=/dev/none': false,
      'PathIsEncrypted=/dev/empty': false,
      'PathIsEncrypted=/etc': false,
      'PathIsEncrypted=/none': false,
    });
  });
});

describe('what the machine is called and has', () => {
  test('its name, in any case and by pattern, or its machine ID', () => {
    const id = 'fedcba9876543210fedcba9876543210';
    check(machine({ hostname: 'Box' }), {
      'Host=box': true,
      'Host=B?x': true,
      'Host=bo': false,
      [`Host=${id}`]: true,
      [`Host=${id.toUpperCase()}`]: true,
      'Host=fedcba98-7654-3210-fedc-ba9876543210': true,
      'Host=fedcba-987654-3210-fedc-ba9876543210': false,
      [`Host=${id}0`]: false,
      'Host=fedcba9876543210fedcba9876543211': false,
    });
    check(machine({ machineId: undefined }), { [`Host=${id}`]: 'No such file or directory', 'Host=sim': true });
    check(machine({ hostname: id.slice(1) }), { [`Host=${id.slice(1)}`]: true });
  });

  test('its release, of the first file that is there', () => {
    check(machine(), { 'OSRelease=ID=x': 'No such file or directory' });
    const usr = { '/usr/lib/os-release': 'ID=usr\nVERSION_ID="12.5"\n' };
    check(machine({ files: usr }), {
      'OSRelease=ID=usr': true,
      'OSRelease=ID!=usr': false,
      'OSRelease=VERSION_ID>12.4': true,
      'OSRelease=VERSION_ID>12.5': false,
      'OSRelease=VERSION_ID$=12.*': true,
      'OSRelease=ID=usr VERSION_ID=11': false,
      'OSRelease=ID="usr"': true,
      'OSRelease=ID= usr': invalid,
      'OSRelease=="usr"': invalid,
      'OSRelease=9ID=usr': invalid,
      'OSRelease="ID= usr"': invalid,
      'OSRelease=ID=usr "': invalid,
      'OSRelease=': true,
    });
    check(machine({ files: { ...usr, '/etc/os-release': 'ID=etc\n' } }), { 'OSRelease=ID=etc': true });
  });

  test('a first boot', () => {
    check(machine(), { 'FirstBoot=no': true, 'FirstBoot=yes': false, 'FirstBoot=': invalid });
    check(machine({ files: { '/run/systemd/first-boot': '' } }), { 'FirstBoot=no': false, 'FirstBoot=yes': true });
  });

  test('credentials, given as they are or encrypted', () => {
    const environment = { CREDENTIALS_DIRECTORY: '/c', ENCRYPTED_CREDENTIALS_DIRECTORY: '/e' };
    check(machine({ environment, files: { '/c/a': '', '/e/b': '', '/a': '' } }), {
      'Credential=a': true,
      'Credential=b': true,
      'Credential=c': false,
      'Credential=../a': false,
      'Credential=': false,
    });
    check(machine({ files: { '/a': '' } }), { 'Credential=a': false });
    check(machine({ environment: { CREDENTIALS_DIRECTORY: 'c' } }), { 'Credential=a': invalid });
  });

  test('variables of the environment that services get', () => {
    const host = machine();
    const environment = ['A=b', 'LONG=c=d'];
    for (const [parameter, expected] of Object.entries({
      A: true,
      'A=b': true,
      'A=c': false,
      LON: false,
      'LONG=c=d': true,
    }))
      expect([parameter, holds(host, `Environment=${parameter}`, environment)]).toEqual([parameter, expected]);
  });
});

describe('users and groups', () => {
  test.each<[string, Facts, Record<string, boolean>]>([
    ['PID 1', { pid: 1 }, { root: true, '0': true, '@system': true, nobody: false, alice: false, '1000': false }],
    ['root', { pid: 50 }, { root: true, '0': true, '@system': true, alice: false }],
    [
      'alice',
      { pid: 50, uid: 1000 },
      { alice: true, '1000': true, root: false, '@system': false, games: false, none: false },
    ],
    ['a user of the system', { pid: 50, uid: 999 }, { '@system': true, '999': true, '0': false }],
    ['nobody', { pid: 50, uid: 65534 }, { nobody: true, '@system': false }],
  ])('User= of %s', (_, facts, table) => {
    const host = machine(facts);
    for (const [name, expected] of Object.entries(table))
      expect([name, holds(host, `User=${name}`)]).toEqual([name, expected]);
  });

  test.each<[string, Facts, Record<string, boolean>]>([
    ['PID 1', { pid: 1 }, { root: true, '0': true, adm: false, daemon: false }],
    ['root', { pid: 50 }, { root: true, '0': true, adm: false, none: false }],
    ['alice', { pid: 50, uid: 1000 }, { adm: true, '4': true, audio: true, video: false, '44': false, root: true }],
    ['somebody unknown', { pid: 50, uid: 4711 }, { adm: false, '4': false, root: true }],
  ])('Group= of %s', (_, facts, table) => {
    const host = machine(facts);
    for (const [name, expected] of Object.entries(table))
      expect([name, holds(host, `Group=${name}`)]).toEqual([name, expected]);
  });
});

describe('NeedsUpdate=', () => {
  const day = Date.UTC(2024, 0, 15);
  function updated(options: {
    usr: number;
    stamp?: number;
    text?: string;
    cmdline?: string;
    mounts?: string[];
  }): boolean | string {
    const { usr, stamp, text = '', cmdline = '', mounts = ['/ overlay'] } = options;
    const host = machine({ mounts, files: { '/proc/cmdline': cmdline } });
    if (stamp !== undefined) {
      host.files.put('/etc/.updated', text);
      host.files.age('/etc/.updated', stamp);
    }
    host.files.age('/usr', usr);
    return holds(host, 'NeedsUpdate=/etc');
  }

  test.each<[string, Parameters<typeof updated>[0], boolean]>([
    ['no stamp', { usr: day }, true],
    ['an older stamp', { usr: day, stamp: day - 5000 }, true],
    ['a newer stamp', { usr: day, stamp: day + 5000 }, false],
    ['the same time', { usr: day, stamp: day }, false],
    ['a fraction of a second older', { usr: day + 7, stamp: day + 5 }, true],
    ['a fraction of a second newer', { usr: day + 5, stamp: day + 7 }, false],
    ['a stamp without fractions, and no other word', { usr: day + 5, stamp: day }, true],
    [
      'a stamp without fractions that says when',
      { usr: day + 5, stamp: day, text: `TIMESTAMP_NSEC=${day + 5}000000\n` },
      false,
    ],
    [
      'a stamp that says an earlier time',
      { usr: day + 5, stamp: day, text: `TIMESTAMP_NSEC=${day + 4}000000\n` },
      true,
    ],
    [
      'the last of several times',
      { usr: day + 5, stamp: day, text: `TIMESTAMP_NSEC=1\nTIMESTAMP_NSEC=${day + 6}000000\n` },
      false,
    ],
    ['a stamp that says nonsense', { usr: day + 5, stamp: day, text: 'TIMESTAMP_NSEC=x\n' }, true],
    ['a file system that can not be written', { usr: day, mounts: ['/ overlay ro'] }, false],
    [
      'the kernel command line says yes',
      { usr: day, stamp: day + 5000, cmdline: 'systemd.condition-needs-update' },
      true,
    ],
    ['it says no', { usr: day, cmdline: 'systemd.condition_needs_update=0' }, false],
    [
      'its last word counts',
      { usr: day, cmdline: 'systemd.condition-needs-update=1 systemd.condition-needs-update=0' },
      false,
    ],
    ['it says nonsense', { usr: day, stamp: day + 5000, cmdline: 'systemd.condition-needs-update=x' }, false],
    ['it says something else', { usr: day, stamp: day + 5000, cmdline: 'systemd.condition-needs-updates' }, false],
  ])('%s', (_, options, expected) => {
    expect(updated(options)).toBe(expected);
  });

  test('of no absolute path', () => {
    check(machine({ mounts: ['/ overlay ro'] }), { 'NeedsUpdate=etc': true });
  });
});

test('a condition that nobody knows can not be told, and what goes wrong is an error', () => {
  const host = machine();
  check(host, { 'Nonsense=x': invalid, 'toString=x': invalid });
  host.mountTable = () => {
    throw new Error('broken');
  };
  check(host, { 'ControlGroupController=v2': invalid });
  expect(conditionTypes).toContain('Memory');
});
