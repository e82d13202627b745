/** File capabilities of k and K lines: cap_text_formats(7), and how the kernel keeps them (linux/capability.h). */
import { whitespace } from '../../text/characters.ts';
import { parseUid } from '../../text/numbers.ts';
import { extract, WordReader } from '../../text/quoting.ts';
import { lastCapability, parseCapability } from '../../values/capabilities.ts';

/** What a file's `security.capability` says: one bit of `effective` stands for all that it permits or passes on. */
export interface FileCapabilities {
  permitted: bigint;
  inheritable: bigint;
  effective: boolean;
  /** Root of the user namespace in which it counts. */
  rootUid: number | undefined;
}

/** How a line changes one capability's three flags. */
interface Clause {
  readonly capabilities: bigint;
  /** Flags to set, and those that are touched. */
  readonly set: string;
  readonly touched: string;
}

export interface CapabilityChange {
  readonly clauses: readonly Clause[];
  readonly rootUid: number | undefined;
}

const all = (1n << BigInt(lastCapability + 1)) - 1n;

/** `cap_a,cap_b+ep cap_c=`, `all=`, `rootuid=1000`; the text of an error where it is none of that. */
export function parseCapabilityChange(text: string): CapabilityChange | string {
  const clauses: Clause[] = [];
  let rootUid: number | undefined;
  const reader = new WordReader(text, whitespace, extract.unquote);
  for (let word = reader.next(); word !== undefined; word = reader.next()) {
    const root = /^rootuid=(.*)$/s.exec(word)?.[1];
    if (root !== undefined) {
      rootUid = parseUid(root);
      if (rootUid === undefined) return `Failed to parse rootuid value '${root}': Invalid argument`;
      continue;
    }
    const match = /^([^-+=]*)((?:[-+=][eip]*)+)$/s.exec(word);
    const capabilities = match === null ? undefined : capabilitiesOf(match[1]!);
    if (match === null || capabilities === undefined) return `Failed to parse capability '${word}': Invalid argument`;
    for (const [, operator, flags = ''] of match[2]!.matchAll(/([-+=])([eip]*)/g))
      clauses.push({
        capabilities,
        set: operator === '-' ? '' : flags,
        touched: operator === '=' ? 'eip' : flags,
      });
  }
  return reader.failed || (clauses.length === 0 && rootUid === undefined)
    ? `Failed to parse capability list '${text}': Invalid argument`
    : { clauses, rootUid };
}

/** No name and `all` stand for every capability. */
function capabilitiesOf(names: string): bigint | undefined {
  if (names === '' || names.toLowerCase() === 'all') return all;
  let mask = 0n;
  for (const name of names.split(',')) {
    const capability = parseCapability(name);
    if (capability === undefined) return undefined;
    mask |= 1n << BigInt(capability);
  }
  return mask;
}

export const noCapabilities: FileCapabilities = {
  permitted: 0n,
  inheritable: 0n,
  effective: false,
  rootUid: undefined,
};

/** What a file has once a line was applied to what it had. */
export function changedCapabilities(
  before: FileCapabilities,
  { clauses, rootUid }: CapabilityChange,
): FileCapabilities {
  let { permitted, inheritable } = before;
  let effective = before.effective ? permitted | inheritable : 0n;
  const apply = (mask: bigint, { capabilities, set, touched }: Clause, flag: string): bigint =>
    !touched.includes(flag) ? mask : set.includes(flag) ? mask | capabilities : mask & ~capabilities;
  for (const clause of clauses) {
    permitted = apply(permitted, clause, 'p');
    inheritable = apply(inheritable, clause, 'i');
    effective = apply(effective, clause, 'e');
  }
  return { permitted, inheritable, effective: effective !== 0n, rootUid: rootUid ?? before.rootUid };
}

const revision2 = 0x02000000;
const revision3 = 0x03000000;
const effectiveBit = 1;
const low = (1n << 32n) - 1n;

/** The value of the attribute. */
export function encodeCapabilities(value: FileCapabilities): Buffer {
  const data = Buffer.alloc(value.rootUid === undefined ? 20 : 24);
  const magic = (value.rootUid === undefined ? revision2 : revision3) | (value.effective ? effectiveBit : 0);
  data.writeUInt32LE(magic, 0);
  for (const [index, shift] of [0n, 32n].entries()) {
    data.writeUInt32LE(Number((value.permitted >> shift) & low), 4 + 8 * index);
    data.writeUInt32LE(Number((value.inheritable >> shift) & low), 8 + 8 * index);
  }
  if (value.rootUid !== undefined) data.writeUInt32LE(value.rootUid, 20);
  return data;
}

/** The attribute as a value; undefined where it is of no kind that is known. */
export function decodeCapabilities(data: Buffer): FileCapabilities | undefined {
  if (data.length < 4) return undefined;
  const magic = data.readUInt32LE(0);
  const revision = magic & 0xff000000;
  if (data.length !== { [revision2]: 20, [revision3]: 24 }[revision]) return undefined;
  const word = (at: number): bigint => BigInt(data.readUInt32LE(at));
  return {
    permitted: word(4) | (word(12) << 32n),
    inheritable: word(8) | (word(16) << 32n),
    effective: (magic & effectiveBit) !== 0,
    rootUid: revision === revision3 ? data.readUInt32LE(20) : undefined,
  };
}
