/** Capability sets: capabilities(7), and the secure bits of prctl(2). */
import { parseInteger } from '../text/numbers.ts';
import { extract, WordReader } from '../text/quoting.ts';

const names: readonly string[] = (
  'chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service ' +
  'net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin ' +
  'sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override ' +
  'mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore'
)
  .split(' ')
  .map((name) => `cap_${name}`);

const byName: ReadonlyMap<string, number> = new Map(names.map((name, index) => [name, index]));

/** The last capability that has a name. */
export const lastCapability = names.length - 1;

/** A set with all 64 bits on: what CapabilityBoundingSet= starts from. */
export const allCapabilities = (1n << 64n) - 1n;

/** The number of a capability by name (in any case) or number. */
export function parseCapability(text: string): number | undefined {
  const number = parseInteger(text);
  if (number !== undefined) return number >= 0 && number < 64 ? number : undefined;
  return byName.get(text.toLowerCase());
}

export function capabilityName(capability: number): string | undefined {
  return names[capability];
}

function wordsOf(text: string): string[] {
  const reader = new WordReader(text, undefined, extract.unquote);
  const words: string[] = [];
  for (let word = reader.next(); word !== undefined; word = reader.next()) words.push(word);
  return words;
}

/** The capabilities named in a text; words that name none are passed over, and so is what follows a stray quote. */
export function parseCapabilitySet(text: string): bigint {
  let mask = 0n;
  for (const word of wordsOf(text)) {
    const capability = parseCapability(word);
    if (capability !== undefined) mask |= 1n << BigInt(capability);
  }
  return mask;
}

/** Names of the set's members up to `last`, the last capability that the kernel knows. */
export function formatCapabilitySet(mask: bigint, last: number = lastCapability): string {
  const members: string[] = [];
  for (let capability = 0; capability <= last; capability++) {
    if ((mask >> BigInt(capability)) & 1n) members.push(names[capability] ?? `0x${capability.toString(16)}`);
  }
  return members.join(' ');
}

/**
 * One line of CapabilityBoundingSet= (`initial` is `allCapabilities`) or AmbientCapabilities= (0): sets, adds to or, with `~`,
 * takes away from what earlier lines gave.
 */
export function mergeCapabilitySet(text: string, current: bigint, initial: bigint): bigint {
  const invert = text.startsWith('~');
  const given = parseCapabilitySet(invert ? text.slice(1) : text);
  if (given === 0n || current === initial) return invert ? allCapabilities & ~given : given;
  return invert ? current & ~given : current | given;
}

const secureBits: readonly (readonly [string, number])[] = [
  ['keep-caps', 1 << 4],
  ['keep-caps-locked', 1 << 5],
  ['no-setuid-fixup', 1 << 2],
  ['no-setuid-fixup-locked', 1 << 3],
  ['noroot', 1 << 0],
  ['noroot-locked', 1 << 1],
  ['no-cap-ambient-raise', 1 << 6],
  ['no-cap-ambient-raise-locked', 1 << 7],
  ['exec-restrict-file', 1 << 8],
  ['exec-restrict-file-locked', 1 << 9],
  ['exec-deny-interactive', 1 << 10],
  ['exec-deny-interactive-locked', 1 << 11],
];

/** The bits named in a text; unknown words are passed over. */
export function parseSecureBits(text: string): number {
  let bits = 0;
  for (const word of wordsOf(text)) bits |= secureBits.find(([name]) => name === word)?.[1] ?? 0;
  return bits;
}

export function formatSecureBits(bits: number): string {
  return secureBits
    .filter(([, bit]) => (bits & bit) !== 0)
    .map(([name]) => name)
    .join(' ');
}
