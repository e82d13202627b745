/** Conditions about the machine: memory, CPUs, control groups, virtualization, firmware, security, power, pressure. */
import type { Host } from '../../sys/host.ts';
import { trimBlanks } from '../../text/characters.ts';
import { compareTexts, orderHolds, takeCompareOperator } from '../../text/compare.ts';
import { parseBoolean, parsePermyriad, parseSizeExact, parseUnsigned } from '../../text/numbers.ts';
import { filenameIsValid, pathJoin } from '../../text/paths.ts';
import { extract, splitWords } from '../../text/quoting.ts';
import { architectureName } from '../../values/architectures.ts';
import { parseCapability } from '../../values/capabilities.ts';
import { controllers } from '../../values/controllers.ts';
import { sliceNameIsValid } from '../language/unit-name.ts';
import {
  booleanOf,
  containerOf,
  exists,
  invalid,
  operatorIndex,
  outOfRange,
  readSmall,
  type Test,
  Undecidable,
} from './condition-test.ts';

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
  const wanted = (splitWords(parameter) ?? []).filter((word) => controllers.includes(word));
  // a text that names no controller at all is taken to hold
  const supported = supportedControllers(host);
  return wanted.every((controller) => supported.has(controller));
}

/** Whether the process runs in a user namespace of its own: its ids are not all mapped to themselves. */
export function inUserNamespace(host: Host): boolean {
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

/** By type. */
export const machineTests: Readonly<Record<string, Test>> = {
  Virtualization: virtualization,
  Security: security,
  Capability: capability,
  ACPower: (parameter, host) => booleanOf(parameter) === onAcPower(host),
  Architecture: (parameter, host) => {
    const own = architectureName(host.uname().machine);
    return own !== undefined && (parameter === 'native' || parameter === own);
  },
  Firmware: firmware,
  ControlGroupController: controlGroupController,
  CPUs: cpus,
  Memory: memory,
  CPUFeature: cpuFeature,
  MemoryPressure: pressure('memory'),
  CPUPressure: pressure('cpu'),
  IOPressure: pressure('io'),
};
