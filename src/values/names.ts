/** Names with rules of their own, and small tables of words for numbers. */
import { byteLength, hasControlCharacter, hasInvalidBytes } from '../text/bytes.ts';
import { parseInteger, parseUid, parseUnsigned } from '../text/numbers.ts';

/** A name of $LISTEN_FDNAMES: printable ASCII without `:`, at most 255 characters. May be empty. */
export function fdNameIsValid(name: string): boolean {
  return name.length <= 255 && /^[ -9;-~]*$/.test(name);
}

export interface InterfaceNameOptions {
  /** Alternative names may have 127 characters, others 15. */
  alternative?: boolean;
  /** An interface's index counts as a name. */
  numeric?: boolean;
}

/** A network interface's name: printable ASCII without `:`, `/`, `%` and spaces. */
export function interfaceNameIsValid(name: string, options: InterfaceNameOptions = {}): boolean {
  if (name === '') return false;
  if ((parseInteger(name) ?? 0) > 0) return options.numeric ?? false;
  if (name.length > (options.alternative ? 127 : 15)) return false;
  if (name === '.' || name === '..' || name === 'all' || name === 'default') return false;
  return /^[!-$&-.0-9;-~]+$/.test(name) && !/^[0-9]+$/.test(name);
}

/**
 * A user's or group's name. `strict` is what systemd gives to users it makes itself; `relaxed` bars only what would
 * break passwd(5). `numeric` accepts ids, too.
 */
export function userNameIsValid(name: string, mode: 'strict' | 'relaxed', numeric = false): boolean {
  if (name === '') return false;
  if (parseUid(name) !== undefined) return numeric;
  if (mode === 'strict') return /^[A-Za-z_][A-Za-z0-9_-]{0,30}$/.test(name);
  if (name.startsWith(' ') || name.endsWith(' ') || hasInvalidBytes(name) || hasControlCharacter(name)) return false;
  return !(/[:/]/.test(name) || /^-?[0-9]*$/.test(name) || name === '.' || name === '..');
}

/** A host name of at most 64 letters, digits, hyphens and dots; a trailing dot is not accepted. */
export function hostnameIsValid(name: string): boolean {
  if (name === '' || name.length > 64) return false;
  return name.split('.').every((label) => /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/.test(label));
}

/** A name of LogNamespace=: a file name of at most 222 bytes that a unit could have as its instance. */
export function logNamespaceIsValid(name: string): boolean {
  return name !== '.' && name !== '..' && name.length <= 222 && /^[A-Za-z0-9:_.@-]+$/.test(name);
}

/** A credential's name: a file name of printable ASCII without `:`. */
export function credentialNameIsValid(name: string): boolean {
  return (
    name !== '' &&
    name !== '.' &&
    name !== '..' &&
    !name.includes('/') &&
    fdNameIsValid(name) &&
    byteLength(name) <= 255
  );
}

interface WordTable {
  parse(text: string): number | undefined;
  name(value: number): string;
}

/** Words for numbers; numbers up to `max` may be written as such. */
function wordTable(words: Readonly<Record<string, number>>, max?: number): WordTable {
  const byNumber = new Map(Object.entries(words).map(([word, value]) => [value, word]));
  return {
    parse: (text) =>
      Object.hasOwn(words, text) ? words[text] : max === undefined ? undefined : parseUnsigned(text, max),
    name: (value) => byNumber.get(value) ?? String(value),
  };
}

const ioClasses = wordTable({ none: 0, realtime: 1, 'best-effort': 2, idle: 3 }, 8);
const schedPolicies = wordTable({ other: 0, batch: 3, idle: 5, fifo: 1, rr: 2 }, 2 ** 31 - 1);
const numaPolicies = wordTable({ default: 0, preferred: 1, bind: 2, interleave: 3, local: 4 });

/** IOSchedulingClass=. */
export const parseIoClass = ioClasses.parse;
export const ioClassName = ioClasses.name;
/** CPUSchedulingPolicy=. */
export const parseSchedPolicy = schedPolicies.parse;
export const schedPolicyName = schedPolicies.name;
/** NUMAPolicy=, the numbers of set_mempolicy(2). */
export const parseNumaPolicy = numaPolicies.parse;
export const numaPolicyName = numaPolicies.name;

const personalityLinux32 = 8;

/** Architectures that personality(2) can ask for: the machine's own, and its 32-bit variant. */
const secondaryArchitecture: Readonly<Record<string, string>> = {
  'x86-64': 'x86',
  arm64: 'arm',
  'ppc64-le': 'ppc-le',
  ppc64: 'ppc',
  s390x: 's390',
};

/** Personality=: the number for personality(2), given the machine's architecture by systemd's name. */
export function parsePersonality(text: string, native = 'x86-64'): number | undefined {
  if (text === native) return 0;
  return secondaryArchitecture[native] === text ? personalityLinux32 : undefined;
}

export function personalityName(value: number | undefined, native = 'x86-64'): string {
  if (value === 0) return native;
  return value === personalityLinux32 ? (secondaryArchitecture[native] ?? '') : '';
}

/** systemd's name for a machine of uname(2). */
const architectures: Readonly<Record<string, string>> = {
  x86_64: 'x86-64',
  i386: 'x86',
  i486: 'x86',
  i586: 'x86',
  i686: 'x86',
  aarch64: 'arm64',
  aarch64_be: 'arm64-be',
  armv4l: 'arm',
  armv4b: 'arm-be',
  armv4tl: 'arm',
  armv4tb: 'arm-be',
  armv5tl: 'arm',
  armv5tb: 'arm-be',
  armv5tel: 'arm',
  armv5teb: 'arm-be',
  armv5tejl: 'arm',
  armv5tejb: 'arm-be',
  armv6l: 'arm',
  armv6b: 'arm-be',
  armv7l: 'arm',
  armv7b: 'arm-be',
  armv8l: 'arm',
  armv8b: 'arm-be',
  ppc64: 'ppc64',
  ppc64le: 'ppc64-le',
  ppc: 'ppc',
  ppcle: 'ppc-le',
  s390x: 's390x',
  s390: 's390',
  riscv64: 'riscv64',
  riscv32: 'riscv32',
  loongarch64: 'loongarch64',
  ia64: 'ia64',
  mips: 'mips',
  mips64: 'mips64',
  sparc: 'sparc',
  sparc64: 'sparc64',
  alpha: 'alpha',
  parisc: 'parisc',
  parisc64: 'parisc64',
  m68k: 'm68k',
  tilegx: 'tilegx',
  sh5: 'sh64',
  crisv32: 'cris',
  nios2: 'nios2',
  arc: 'arc',
  arceb: 'arc-be',
};

/** systemd's name of the architecture that uname(2) calls `machine`; undefined for an unknown one. */
export function architectureName(machine: string): string | undefined {
  return Object.hasOwn(architectures, machine) ? architectures[machine] : undefined;
}
