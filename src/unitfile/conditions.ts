/** Conditions and asserts: systemd.unit(5) "CONDITIONS AND ASSERTS". */
import { globFirst } from '../sys/glob.ts';
import { type FileStat, type Host, SystemError } from '../sys/host.ts';
import { SYSTEMD_VERSION } from '../sys/version.ts';
import { parseCapability } from './capabilities.ts';
import { compareTexts, orderHolds, takeCompareOperator } from './compare.ts';
import { envNameIsValid, parseEnvFile } from './env-file.ts';
import { fnmatch } from './fnmatch.ts';
import { trimBlanks } from './lexer.ts';
import { parseBoolean, parsePermyriad, parseSizeExact, parseUid, parseUnsigned, parseUnsigned64 } from './numbers.ts';
import { filenameIsValid, pathEquals, pathIsAbsolute, pathJoin, pathStartsWith } from './paths.ts';
import { extract, splitWords, WordReader } from './quoting.ts';
import type { Condition } from './types.ts';
import { sliceNameIsValid } from './unit-name.ts';
import { architectureName, credentialNameIsValid } from './values.ts';

/** What a condition may ask besides the host. */
export interface ConditionContext {
  scope: 'system' | 'user';
  /** `NAME=VALUE` of the environment that services get: ConditionEnvironment=. */
  environment: readonly string[];
}

/** Text of the error that makes a condition undecidable. */
class Undecidable extends Error {}

const invalid = 'Invalid argument';
const outOfRange = 'Numerical result out of range';

type Test = (parameter: string, host: Host, context: ConditionContext) => boolean;

/** Types whose parameter is an absolute path. */
export const pathConditions: ReadonlySet<string> = new Set([
  'PathExists',
  'PathExistsGlob',
  'PathIsDirectory',
  'PathIsSymbolicLink',
  'PathIsMountPoint',
  'PathIsReadWrite',
  'PathIsEncrypted',
  'DirectoryNotEmpty',
  'FileNotEmpty',
  'FileIsExecutable',
  'NeedsUpdate',
]);

const containerOf = (host: Host): string | undefined => {
  const { container } = host.virtualization();
  return container === 'none' || container === '' ? undefined : container;
};

function exists(host: Host, path: string): boolean {
  return host.files.access(path, 'exists');
}

/** A small file of /proc or /sys; undefined where it cannot be read. */
function readSmall(host: Host, path: string): string | undefined {
  try {
    return host.files.readText(path, 1024 * 1024);
  } catch {
    return undefined;
  }
}

/** In a container the "kernel command line" is that of process 1. */
function kernelCommandLine(host: Host): string {
  if (containerOf(host) !== undefined) return (host.commandLine(1) ?? []).join(' ');
  return trimBlanks(readSmall(host, '/proc/cmdline') ?? '');
}

function kernelOptions(host: Host): string[] {
  return splitWords(kernelCommandLine(host), extract.unquote | extract.relax) ?? [];
}

/** Whether `NAME=VALUE` is among the assignments, or, where `wanted` has no `=`, the name. */
function hasAssignment(assignments: readonly string[], wanted: string): boolean {
  if (wanted.includes('=')) return assignments.includes(wanted);
  return assignments.some((entry) => entry === wanted || entry.startsWith(`${wanted}=`));
}

/** Expressions that a version must all satisfy: `>=5.10 <7`. */
function versionMatches(parameter: string, version: string): boolean {
  const reader = new WordReader(parameter, undefined, extract.unquote);
  for (let first = true; ; first = false) {
    const word = reader.next();
    if (word === undefined) break;
    const text = trimBlanks(word);
    const taken = takeCompareOperator(text, { patterns: true, text: true });
    let wanted = trimBlanks(taken?.rest ?? text);
    if (wanted === '') {
      // only the first expression may have a blank after its operator
      const next = first ? reader.next(0) : undefined;
      if (next === undefined) throw new Undecidable(invalid);
      wanted = next;
    }
    if (!compareTexts(taken?.operator ?? 'pattern =', version, wanted)) return false;
  }
  if (reader.failed) throw new Undecidable(invalid);
  return true;
}

/** ConditionVersion= of later systemd: of the kernel unless `systemd` or `kernel` comes first. */
function versionOf(parameter: string, host: Host): boolean {
  const match = /^(systemd|kernel|glibc)(?=[ \t<>=!$]|$)[ \t]*/.exec(parameter);
  const rest = match === null ? parameter : parameter.slice(match[0].length);
  if (match?.[1] === 'systemd') return versionMatches(rest, String(SYSTEMD_VERSION));
  if (match?.[1] === 'glibc') throw new Undecidable('Operation not supported');
  return versionMatches(rest, host.uname().release);
}

const operatorCharacters = '$<=>!';

function operatorIndex(text: string): number {
  for (let index = 0; index < text.length; index++) if (operatorCharacters.includes(text[index]!)) return index;
  return -1;
}

function readOsRelease(host: Host): ReadonlyMap<string, string> {
  for (const path of ['/etc/os-release', '/usr/lib/os-release']) {
    const text = readSmall(host, path);
    if (text !== undefined) return new Map(parseEnvFile(text, path).pairs);
  }
  throw new Undecidable('No such file or directory');
}

function osRelease(parameter: string, host: Host): boolean {
  const words = splitWords(parameter, extract.unquote);
  if (words === undefined) throw new Undecidable(invalid);
  for (const word of words) {
    const at = operatorIndex(word);
    const key = at < 0 ? '' : word.slice(0, at);
    const taken = takeCompareOperator(word.slice(Math.max(at, 0)), { patterns: true, text: true });
    if (!envNameIsValid(key) || taken === undefined || taken.rest === '' || /^[ \t\n\r]/.test(taken.rest)) {
      throw new Undecidable(invalid);
    }
    if (!compareTexts(taken.operator, readOsRelease(host).get(key) ?? '', taken.rest)) return false;
  }
  return true;
}

function memory(parameter: string, host: Host): boolean {
  const taken = takeCompareOperator(parameter, {});
  const size = parseSizeExact(taken?.rest ?? parameter, 1024);
  if (typeof size !== 'bigint') throw new Undecidable(size === 'EINVAL' ? invalid : outOfRange);
  const total = BigInt(Math.trunc(host.memoryTotal()));
  return orderHolds(total < size ? -1 : total > size ? 1 : 0, taken?.operator ?? '>=');
}

function cpus(parameter: string, host: Host): boolean {
  const taken = takeCompareOperator(parameter, {});
  const count = parseUnsigned(taken?.rest ?? parameter);
  if (count === undefined) throw new Undecidable(invalid);
  return orderHolds(host.cpuCount() - count, taken?.operator ?? '>=');
}

const nobody = 65534;
const lastSystemUid = 999;

function user(parameter: string, host: Host): boolean {
  if (parameter === 'root') return host.uid === 0;
  if (parameter === 'nobody') return host.uid === nobody;
  if (parameter === '@system') return host.uid <= lastSystemUid;
  const id = parseUid(parameter);
  if (id !== undefined) return id === host.uid;
  // process 1 does not look up names; it is root, which has been ruled out
  return host.pid !== 1 && host.lookupUser(parameter)?.uid === host.uid;
}

function group(parameter: string, host: Host): boolean {
  const inGroup = (gid: number): boolean => {
    if (gid === host.gid) return true;
    const name = host.lookupUser(String(host.uid))?.name;
    return name !== undefined && host.groupsOf(name, host.gid).includes(gid);
  };
  const id = parseUid(parameter);
  if (id !== undefined) return inGroup(id);
  if (host.pid === 1) return parameter === 'root';
  const record = host.lookupGroup(parameter);
  return record !== undefined && inGroup(record.gid);
}

const controllers = new Set([
  'cpu',
  'cpuacct',
  'cpuset',
  'io',
  'blkio',
  'memory',
  'devices',
  'pids',
  'bpf-firewall',
  'bpf-devices',
  'bpf-foreign',
  'bpf-socket-bind',
  'bpf-restrict-network-interfaces',
]);

function unifiedHierarchy(host: Host): boolean {
  const root = host.mountTable().findLast((entry) => entry.target === '/sys/fs/cgroup');
  if (root === undefined) throw new Undecidable('No medium found');
  return root.fstype === 'cgroup2';
}

function supportedControllers(host: Host): ReadonlySet<string> {
  if (unifiedHierarchy(host)) {
    return new Set((readSmall(host, '/sys/fs/cgroup/cgroup.controllers') ?? '').trim().split(/\s+/));
  }
  const rows = (readSmall(host, '/proc/cgroups') ?? '').split('\n').map((line) => line.split('\t'));
  return new Set(rows.filter((row) => row[3] === '1').map((row) => row[0]!));
}

function controlGroupController(parameter: string, host: Host): boolean {
  if (parameter === 'v2') return unifiedHierarchy(host);
  if (parameter === 'v1') return !unifiedHierarchy(host);
  const wanted = (splitWords(parameter) ?? []).filter((word) => controllers.has(word));
  // a text that names no controller at all is taken to hold
  const supported = supportedControllers(host);
  return wanted.every((controller) => supported.has(controller));
}

/** Whether the process runs in a user namespace of its own: its ids are not all mapped to themselves. */
function inUserNamespace(host: Host): boolean {
  for (const file of ['/proc/self/uid_map', '/proc/self/gid_map']) {
    const map = readSmall(host, file);
    if (map === undefined) return false;
    const fields = trimBlanks(map.split('\n')[0]!).split(/ +/);
    if (fields.join(' ') !== '0 0 4294967295') return true;
  }
  return trimBlanks(readSmall(host, '/proc/self/setgroups') ?? '') === 'deny';
}

function virtualization(parameter: string, host: Host): boolean {
  if (parameter === 'private-users') return inUserNamespace(host);
  const container = containerOf(host);
  const { vm } = host.virtualization();
  const found = container ?? (vm === 'none' || vm === '' ? undefined : vm);
  const any = parseBoolean(parameter);
  if (any !== undefined) return any === (found !== undefined);
  if (parameter === 'vm') return container === undefined && found !== undefined;
  if (parameter === 'container') return container !== undefined;
  return found === parameter;
}

function smbiosField(expression: string, host: Host): boolean {
  const at = operatorIndex(expression);
  if (at <= 0) throw new Undecidable(invalid);
  const field = trimBlanks(expression.slice(0, at));
  const taken = takeCompareOperator(expression.slice(at), { patterns: true, text: true });
  const words = taken === undefined ? undefined : splitWords(taken.rest, extract.unquote);
  if (taken === undefined || words?.length !== 1 || !filenameIsValid(field)) throw new Undecidable(invalid);
  const value = readSmall(host, `/sys/class/dmi/id/${field}`);
  return value !== undefined && compareTexts(taken.operator, trimBlanks(value), words[0]!);
}

function argumentOf(parameter: string, name: string): string | undefined {
  return parameter.startsWith(`${name}(`) && parameter.endsWith(')') ? parameter.slice(name.length + 1, -1) : undefined;
}

function firmware(parameter: string, host: Host): boolean {
  if (parameter === 'device-tree') return exists(host, '/sys/firmware/devicetree/');
  if (parameter === 'uefi') return containerOf(host) === undefined && exists(host, '/sys/firmware/efi/');
  const compatible = argumentOf(parameter, 'device-tree-compatible');
  if (compatible !== undefined) {
    const list = readSmall(host, '/proc/device-tree/compatible');
    return list?.endsWith('\0') === true && list.slice(0, -1).split('\0').includes(compatible);
  }
  const field = argumentOf(parameter, 'smbios-field');
  if (field !== undefined) return smbiosField(field, host);
  if (parameter.startsWith('smbios-field(')) throw new Undecidable(invalid);
  return false;
}

function hostCondition(parameter: string, host: Host): boolean {
  const id = parameter.replaceAll('-', '').toLowerCase();
  const isId = /^[0-9a-f]{32}$/.test(id) && (parameter.length === 32 || /^\w{8}-(?:\w{4}-){3}\w{12}$/.test(parameter));
  if (!isId) return fnmatch(parameter, host.hostname, { ignoreCase: true });
  if (host.machineId === undefined) throw new Undecidable('No such file or directory');
  return host.machineId === id;
}

function booleanOf(parameter: string): boolean {
  const value = parseBoolean(parameter);
  if (value === undefined) throw new Undecidable(invalid);
  return value;
}

/** Power supplies of sysfs: on mains unless a battery is discharging and nothing else is online. */
function onAcPower(host: Host): boolean {
  const directory = '/sys/class/power_supply';
  let names: string[];
  try {
    names = host.files.readdir(directory);
  } catch {
    return true;
  }
  const attribute = (name: string, file: string): string =>
    trimBlanks(readSmall(host, pathJoin(directory, name, file)) ?? '');
  let online = false;
  let discharging = false;
  for (const name of names) {
    if (attribute(name, 'type') === 'Battery') {
      discharging ||= attribute(name, 'scope') !== 'Device' && attribute(name, 'status') === 'Discharging';
    } else {
      online ||= (parseUnsigned(attribute(name, 'online')) ?? 0) > 0;
    }
  }
  return online || !discharging;
}

const efiGlobal = '8be4df61-93ca-11d2-aa0d-00e098032b8c';

function security(parameter: string, host: Host): boolean {
  switch (parameter) {
    case 'selinux':
      return exists(host, '/sys/fs/selinux/enforce');
    case 'smack':
      return exists(host, '/sys/fs/smackfs/');
    case 'apparmor':
      return parseBoolean(trimBlanks(readSmall(host, '/sys/module/apparmor/parameters/enabled') ?? '')) ?? false;
    case 'audit':
      // the kernel's audit subsystem does not talk to other user namespaces
      return exists(host, '/proc/self/loginuid') && !inUserNamespace(host);
    case 'ima':
      return exists(host, '/sys/kernel/security/ima/');
    case 'tomoyo':
      return exists(host, '/sys/kernel/security/tomoyo/version');
    case 'uefi-secureboot': {
      if (!firmware('uefi', host)) return false;
      try {
        return host.files.readFile(`/sys/firmware/efi/efivars/SecureBoot-${efiGlobal}`)[4] === 1;
      } catch {
        return false;
      }
    }
    case 'tpm2':
      return (
        containerOf(host) === undefined && exists(host, '/sys/class/tpmrm') && exists(host, '/sys/kernel/security/tpm0')
      );
    default:
      return false;
  }
}

function capability(parameter: string, host: Host): boolean {
  const number = parseCapability(parameter);
  if (number === undefined) throw new Undecidable(invalid);
  return ((host.capabilities().bounding >> BigInt(number)) & 1n) === 1n;
}

/** Whether the file system that holds a path is mounted read-only; undefined where there is no such path. */
function readOnly(path: string, host: Host): boolean | undefined {
  let real: string;
  try {
    real = host.files.realpath(path);
  } catch (error) {
    return error instanceof SystemError && error.code === 'ENOENT' ? undefined : false;
  }
  let best: { length: number; options: readonly string[] } | undefined;
  for (const { target, options } of host.mountTable()) {
    if (pathStartsWith(real, target) === undefined) continue;
    // a later mount on the same place hides the earlier one
    if (best === undefined || target.length >= best.length) best = { length: target.length, options };
  }
  return best?.options.includes('ro') ?? false;
}

function needsUpdate(parameter: string, host: Host): boolean {
  const option = kernelOptions(host).findLast((word) => /^systemd[._]condition[-_]needs[-_]update(?:=|$)/.test(word));
  if (option !== undefined) {
    const equals = option.indexOf('=');
    const forced = equals < 0 ? true : parseBoolean(option.slice(equals + 1));
    if (forced !== undefined) return forced;
  }
  if (!pathIsAbsolute(parameter)) return true;
  if (readOnly(parameter, host)) return false;
  const stamp = pathJoin(parameter, '.updated');
  const updated = host.files.tryLstat(stamp);
  const usr = host.files.tryLstat('/usr/');
  if (updated === undefined || usr === undefined) return true;
  const seconds = (stat: FileStat): number => Math.floor(stat.mtimeMs / 1000);
  if (seconds(usr) !== seconds(updated)) return seconds(usr) > seconds(updated);
  const usrFraction = usr.mtimeMs - seconds(usr) * 1000;
  const updatedFraction = updated.mtimeMs - seconds(updated) * 1000;
  if (usrFraction === 0 || updatedFraction > 0) return usrFraction > updatedFraction;
  // a file system without fractions of a second: the file tells what time was meant
  const written = parseEnvFile(readSmall(host, stamp) ?? '', stamp).pairs.findLast(([key]) => key === 'TIMESTAMP_NSEC');
  const nanoseconds = written === undefined ? undefined : parseUnsigned64(written[1]);
  return nanoseconds === undefined || usr.mtimeMs * 1e6 > Number(nanoseconds);
}

function mountPoint(path: string, host: Host): boolean {
  try {
    const real = host.files.realpath(path);
    return host.mountTable().some(({ target }) => pathEquals(target, real));
  } catch {
    return false;
  }
}

/** Device mapper's layers below a path's block device: LUKS volumes say so in their uuid. */
function encrypted(path: string, host: Host): boolean {
  const stat = host.files.tryStat(path);
  if (stat === undefined) return false;
  const device = stat.type === 'block' ? stat.rdev : stat.dev;
  const major = Math.floor(device / 256) & 0xfff;
  const minor = (device & 0xff) | (Math.floor(device / 4096) & 0xfff00);
  const isEncrypted = (directory: string, depth: number): boolean => {
    if (trimBlanks(readSmall(host, `${directory}/dm/uuid`) ?? '').startsWith('CRYPT-')) return true;
    if (depth === 0) return false;
    try {
      const slaves = host.files.readdir(`${directory}/slaves`);
      return slaves.length > 0 && slaves.every((slave) => isEncrypted(`${directory}/slaves/${slave}`, depth - 1));
    } catch {
      return false;
    }
  };
  return major !== 0 && isEncrypted(`/sys/dev/block/${major}:${minor}`, 8);
}

/** The kernel's own names where they differ from systemd's. */
const cpuFlagAliases: Readonly<Record<string, string>> = { pclmul: 'pclmulqdq', fma3: 'fma', osxsave: 'xsave' };

/** Flags of CPUID that systemd knows by name. */
const cpuFlags = new Set(
  (
    'fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ht pni pclmul ' +
    'monitor ssse3 fma3 cx16 sse4_1 sse4_2 movbe popcnt aes xsave osxsave avx f16c rdrand bmi1 avx2 bmi2 rdseed adx ' +
    'sha_ni syscall rdtscp lm lahf_lm abm constant_tsc'
  ).split(' '),
);

function cpuFeature(parameter: string, host: Host): boolean {
  const flag = parameter.toLowerCase();
  if (!cpuFlags.has(flag)) return false;
  const line = /^flags\s*:(.*)$/m.exec(readSmall(host, '/proc/cpuinfo') ?? '')?.[1] ?? '';
  return ` ${line} `.includes(` ${cpuFlagAliases[flag] ?? flag} `);
}

const backupSuffixes = new Set(
  'rpmnew rpmsave rpmorig dpkg-old dpkg-new dpkg-tmp dpkg-dist dpkg-bak dpkg-backup dpkg-remove ucf-new ucf-old ucf-dist swp bak old new'.split(
    ' ',
  ),
);

/** Files that do not count as a directory's content. */
function isHiddenOrBackup(name: string): boolean {
  if (name.startsWith('.') || name.endsWith('~')) return true;
  if (name === 'lost+found' || name === 'aquota.user' || name === 'aquota.group') return true;
  const dot = name.lastIndexOf('.');
  return dot >= 0 && backupSuffixes.has(name.slice(dot + 1));
}

function directoryNotEmpty(path: string, host: Host): boolean {
  try {
    return host.files.readdir(path).some((name) => !isHiddenOrBackup(name));
  } catch (error) {
    // an unreadable directory may well have something in it
    return !(error instanceof SystemError && (error.code === 'ENOENT' || error.code === 'ENOTDIR'));
  }
}

function credential(parameter: string, host: Host): boolean {
  if (!credentialNameIsValid(parameter)) return false;
  return ['CREDENTIALS_DIRECTORY', 'ENCRYPTED_CREDENTIALS_DIRECTORY'].some((variable) => {
    const directory = host.environment[variable];
    if (directory === undefined) return false;
    if (!pathIsAbsolute(directory)) throw new Undecidable(invalid);
    return host.files.tryLstat(pathJoin(directory, parameter)) !== undefined;
  });
}

/** The file of a slice's pressure; undefined where the machine has none. */
function slicePressureFile(slice: string, resource: string, host: Host): string | undefined {
  if (!unifiedHierarchy(host) || !supportedControllers(host).has(resource)) return undefined;
  if (!sliceNameIsValid(slice)) throw new Undecidable(invalid);
  const parts: string[] = [];
  if (slice !== '-.slice') {
    const names = slice.slice(0, -'.slice'.length).split('-');
    names.forEach((_, index) => {
      parts.push(`${names.slice(0, index + 1).join('-')}.slice`);
    });
  }
  return ['/sys/fs/cgroup', ...parts, `${resource}.pressure`].join('/');
}

/** `[SLICE:]PERCENT[/10sec|1min|5min]`: true while the pressure is at most that. */
function pressure(resource: 'memory' | 'cpu' | 'io'): Test {
  return (parameter, host) => {
    if (!exists(host, '/proc/pressure')) return true;
    const colon = parameter.indexOf(':');
    const slice = colon < 0 ? undefined : trimBlanks(parameter.slice(0, colon));
    const path = slice === undefined ? `/proc/pressure/${resource}` : slicePressureFile(slice, resource, host);
    if (path === undefined) return true;
    const value = parameter.slice(colon + 1);
    const slash = value.indexOf('/');
    const span = slash < 0 ? '5min' : trimBlanks(value.slice(slash + 1));
    const average = span.startsWith('10sec')
      ? 'avg10'
      : span.startsWith('1min')
        ? 'avg60'
        : span.startsWith('5min')
          ? 'avg300'
          : undefined;
    const limit = parsePermyriad(trimBlanks(slash < 0 ? value : value.slice(0, slash)));
    if (average === undefined || limit === undefined) throw new Undecidable(invalid);
    const text = readSmall(host, path);
    if (text === undefined) return true;
    const kinds = resource === 'cpu' && slice === undefined ? ['some'] : ['full', 'some'];
    for (const kind of kinds) {
      const line = text.split('\n').find((entry) => entry.startsWith(`${kind} `));
      const current = new RegExp(` ${average}=([0-9.]+)`).exec(line ?? '')?.[1];
      if (current !== undefined) return Number(current) * 100 <= limit;
    }
    throw new Undecidable('No data available');
  };
}

const tests: Readonly<Record<string, Test>> = {
  PathExists: (path, host) => exists(host, path),
  PathExistsGlob: (pattern, host) => globFirst(host.files, pattern) !== undefined,
  PathIsDirectory: (path, host) => host.files.tryStat(path)?.type === 'directory',
  PathIsSymbolicLink: (path, host) => host.files.tryLstat(path)?.type === 'symlink',
  PathIsMountPoint: mountPoint,
  PathIsReadWrite: (path, host) => readOnly(path, host) === false,
  PathIsEncrypted: encrypted,
  DirectoryNotEmpty: directoryNotEmpty,
  FileNotEmpty: (path, host) => {
    const stat = host.files.tryStat(path);
    return stat?.type === 'file' && stat.size > 0;
  },
  FileIsExecutable: (path, host) => {
    const stat = host.files.tryStat(path);
    return stat?.type === 'file' && (stat.mode & 0o111) !== 0;
  },
  KernelCommandLine: (parameter, host) => hasAssignment(kernelOptions(host), parameter),
  KernelVersion: (parameter, host) => versionMatches(parameter, host.uname().release),
  Version: versionOf,
  KernelModuleLoaded: (name, host) => filenameIsValid(name) && exists(host, `/sys/module/${name.replaceAll('-', '_')}`),
  Credential: credential,
  Virtualization: virtualization,
  Security: security,
  Capability: capability,
  Host: hostCondition,
  ACPower: (parameter, host) => booleanOf(parameter) === onAcPower(host),
  Architecture: (parameter, host) => {
    const own = architectureName(host.uname().machine);
    return own !== undefined && (parameter === 'native' || parameter === own);
  },
  Firmware: firmware,
  NeedsUpdate: needsUpdate,
  FirstBoot: (parameter, host) => booleanOf(parameter) === exists(host, '/run/systemd/first-boot'),
  User: user,
  Group: group,
  ControlGroupController: controlGroupController,
  CPUs: cpus,
  Memory: memory,
  Environment: (parameter, _host, { environment }) => hasAssignment(environment, parameter),
  CPUFeature: cpuFeature,
  OSRelease: osRelease,
  MemoryPressure: pressure('memory'),
  CPUPressure: pressure('cpu'),
  IOPressure: pressure('io'),
};

/** All types: names without `Condition` and `Assert`. */
export const conditionTypes: readonly string[] = Object.keys(tests);

/** Whether a condition holds, its `!` included; the text of an error where that cannot be said. */
export function evaluateCondition(
  condition: Pick<Condition, 'type' | 'negate' | 'parameter'>,
  host: Host,
  context: ConditionContext,
): boolean | string {
  const test = Object.hasOwn(tests, condition.type) ? tests[condition.type] : undefined;
  if (test === undefined) return invalid;
  try {
    return test(condition.parameter, host, context) !== condition.negate;
  } catch (error) {
    if (error instanceof Undecidable) return error.message;
    return error instanceof SystemError ? error.message : invalid;
  }
}
