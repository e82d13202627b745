/** Architectures by systemd's names, and those that personality(2) can ask for. */

const personalityLinux32 = 8;

/** The 32-bit variant of an architecture, whose programs its machines run as well. */
export const secondaryArchitecture: Readonly<Record<string, string>> = {
  'x86-64': 'x86',
  arm64: 'arm',
  'ppc64-le': 'ppc-le',
  ppc64: 'ppc',
  s390x: 's390',
};

/** Personality=: the number for personality(2), given the machine's architecture by systemd's name. */
export function parsePersonality(text: string, native: string | undefined): number | undefined {
  if (native === undefined) return undefined;
  if (text === native) return 0;
  return secondaryArchitecture[native] === text ? personalityLinux32 : undefined;
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

/** All of systemd's names, in order. */
export const architectureNames: readonly string[] = [
  ...new Set([...Object.values(architectures), 'sh', 'mips-le', 'mips64-le']),
].sort();
