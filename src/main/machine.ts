/** What a boot finds prepared: directories under /run, the machine's id, and a word of welcome. */
import { pidNamespace } from '../control/places.ts';
import { errorText } from '../sys/error-text.ts';
import { type Host, SystemError } from '../sys/host.ts';
import { isMountPoint } from '../sys/mounts.ts';
import { nullDevice } from '../sys/read-file.ts';
import { parseEnvFile } from '../unitfile/language/env-file.ts';

/** Directories that programs look for, with their modes. /run/systemd/system is what sd_booted(3) asks for. */
const directories: readonly (readonly [string, number])[] = [
  ['/run/systemd', 0o755],
  ['/run/systemd/system', 0o755],
  ['/run/systemd/journal', 0o755],
  ['/run/systemd/units', 0o755],
  ['/run/systemd/ask-password', 0o755],
  ['/run/systemd/machines', 0o755],
  ['/run/systemd/seats', 0o755],
  ['/run/systemd/sessions', 0o755],
  ['/run/systemd/users', 0o755],
  ['/run/systemd/userdb', 0o755],
  ['/run/lock', 0o1777],
  ['/run/log', 0o755],
];

/** Makes /run what programs expect. What can't be made is told to `report`, in one line; the boot goes on. */
export function prepareRun(host: Host, report: (message: string) => void): void {
  const failed: string[] = [];
  let reason = '';
  for (const [path, mode] of directories) {
    try {
      if (host.files.tryStat(path)?.type === 'directory') continue;
      host.files.mkdirs(path, mode);
      host.files.chmod(path, mode);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      failed.push(path);
      reason = errorText(error.code);
    }
  }
  if (failed.length > 0) report(`Failed to create ${failed.join(', ')}: ${reason}`);
}

/**
 * /run/systemd/container: what programs without rights over PID 1's environment read (systemd-detect-virt(1),
 * ConditionVirtualization= of generators). Not where a machine is no container, or /run has one already.
 */
export function tellContainer(host: Host, report: (message: string) => void): void {
  const path = '/run/systemd/container';
  const { container } = host.virtualization();
  if (container === 'none' || host.files.access(path, 'exists')) return;
  try {
    host.files.writeAtomic(path, `${container}\n`, 0o644);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    report(`Failed to write ${path}: ${errorText(error.code)}`);
  }
}

/** /dev/null, which everything needs. A file in its place, as a careless `rm` leaves it, is told of and stays. */
export function ensureNull(host: Host, report: (message: string) => void): void {
  const there = host.files.tryStat('/dev/null');
  if (there?.type === 'char' && there.rdev === nullDevice) return;
  if (there !== undefined) {
    report(`/dev/null is no device but a ${there.type}: what is written there is kept, and read again.`);
    return;
  }
  try {
    host.files.mkdirs('/dev', 0o755);
    host.files.mknod('/dev/null', 'char', 0o666, nullDevice);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    report(`/dev/null is missing and can't be made (${errorText(error.code)}): programs that open it will fail.`);
  }
}

/**
 * The init of a container, or what stands for it: what it boots is a life of the container. Where containerd and CRI-O leave
 * nothing by which systemd-detect-virt(1) would know them, a kubelet does.
 */
export const isContainersInit = (host: Host): boolean =>
  host.isInit && (host.virtualization().container !== 'none' || isKubernetes(host));

const isKubernetes = ({ environment }: Host): boolean => !!environment.KUBERNETES_SERVICE_HOST;

/**
 * What the journal calls this boot (32 hex digits): a life of the container, where the kernel's id is that of the machine
 * below. systemd-nspawn(1) gives each life an id of its own, by a mount.
 */
export function bootIdOf(host: Host): string {
  if (!isContainersInit(host) || isMountPoint(host, '/proc/sys/kernel/random/boot_id')) return host.bootId;
  const startTime = (pid: number): number => host.process(pid)?.startTime ?? 0;
  const namespace = Number(/\d+/.exec(pidNamespace(host))?.[0] ?? 0);
  const id = Buffer.alloc(16);
  id.write(host.bootId, 'hex');
  // Each fact in a place of its own: no two lives above one boot of the machine get the same.
  for (const [at, fact] of [
    [4, namespace],
    [8, startTime(1)],
    [12, host.pid === 1 ? 0 : startTime(host.pid)],
  ] as const)
    id.writeUInt32LE((id.readUInt32LE(at) ^ fact) >>> 0, at);
  return id.toString('hex');
}

const machineIdPath = '/etc/machine-id';

/** ConditionFirstBoot= looks here. */
const firstBootFlag = '/run/systemd/first-boot';

/**
 * A first boot, machine-id(5): the image says `uninitialized`. An image that has no such file is none: what its author
 * has enabled and disabled stands.
 */
export function isFirstBoot(host: Host): boolean {
  try {
    return host.files.readText(machineIdPath, 4096).trim() === 'uninitialized';
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return false;
  }
}

/** Sets or takes back the flag of a first boot. */
export function flagFirstBoot(host: Host, on: boolean, report: (message: string) => void): void {
  try {
    if (on) host.files.writeAtomic(firstBootFlag, '', 0o644);
    else host.files.unlink(firstBootFlag);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    report(`Failed to ${on ? 'create' : 'remove'} ${firstBootFlag}: ${errorText(error.code)}`);
  }
}

/**
 * machine-id(5): an image comes without an id, or with the word `uninitialized`; it gets one at its first boot, from
 * the container engine ($container_uuid) or at random. A read-only /etc keeps none.
 */
export function ensureMachineId(host: Host, report: (message: string) => void): void {
  if (host.machineId !== undefined) return;
  const given = host.environment.container_uuid?.replaceAll('-', '').toLowerCase();
  const id = given !== undefined && /^(?!0{32})[0-9a-f]{32}$/.test(given) ? given : randomId(host);
  try {
    host.files.writeAtomic(machineIdPath, `${id}\n`, 0o444);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    report(`Failed to write ${machineIdPath}: ${errorText(error.code)}`);
  }
}

/** A random UUID of version 4, as sd_id128_randomize(3) makes them. */
function randomId(host: Host): string {
  const bytes = host.randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex');
}

/** The name of the system, from os-release(5). */
export function prettyName(host: Host): string {
  for (const path of ['/etc/os-release', '/usr/lib/os-release']) {
    try {
      const { pairs } = parseEnvFile(host.files.readText(path, 64 * 1024), path);
      const name = pairs.findLast(([key]) => key === 'PRETTY_NAME')?.[1];
      if (name !== undefined && name !== '') return name;
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
    }
  }
  return 'Linux';
}
