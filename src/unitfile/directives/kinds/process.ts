/** Limits and other properties of processes: systemd.exec(5) "PROCESS PROPERTIES". */

import { errorText } from '../../../sys/error-text.ts';
import type { LimitName, ResourceLimit } from '../../../sys/host.ts';
import { parseOomScoreAdjust, parseUnsigned } from '../../../text/numbers.ts';
import { splitWords } from '../../../text/quoting.ts';
import { parsePersonality } from '../../../values/architectures.ts';
import { parseResourceLimit } from '../../../values/limits.ts';
import { parseNanoseconds } from '../../../values/time/time-span.ts';
import type { Kind } from '../kind.ts';
import { numberErrno, refuse, spanErrno, warning } from './basic.ts';

const limitErrno = (name: LimitName, value: string): string =>
  name === 'CPU' || name === 'RTTIME' ? spanErrno(value) : numberErrno(value);

/** undefined: as the manager has it. */
export function resourceLimit(name: LimitName): Kind<ResourceLimit | undefined> {
  return {
    name: 'limit',
    parse(value, at, current) {
      const limit = parseResourceLimit(name, value);
      if (limit === 'soft>hard') {
        at.report(warning, `Soft resource limit chosen higher than hard limit, ignoring: ${value}`);
      } else if (limit === undefined) {
        refuse(at, 'Failed to parse resource value', value, { why: limitErrno(name, value) });
      } else return limit;
      return current;
    },
    format: () => '',
  };
}

export const oomScoreAdjust: Kind<number | undefined> = {
  name: 'OOM score',
  parse(value, at, current) {
    if (value === '') return undefined;
    const score = parseOomScoreAdjust(value);
    if (score !== undefined) return score;
    const why = numberErrno(value);
    if (why === 'ERANGE' && at.section !== 'Manager') {
      at.report(warning, `OOM score adjust value out of range, ignoring: ${value}`);
    } else {
      at.report(warning, `Failed to parse the OOM score adjust value '${value}', ignoring: ${errorText(why)}`);
    }
    return current;
  },
  format: (value) => String(value ?? 0),
};

const coredumpBits: readonly string[] = [
  'private-anonymous',
  'shared-anonymous',
  'private-file-backed',
  'shared-file-backed',
  'elf-headers',
  'private-huge',
  'shared-huge',
  'private-dax',
  'shared-dax',
];

function coredumpMask(value: string): number | undefined {
  let mask = 0;
  const list = splitWords(value);
  if (list === undefined) return undefined;
  for (const word of list) {
    if (word === 'default') mask |= 0x33;
    else if (word === 'all') mask = 0xffffffff;
    else {
      const bit = coredumpBits.indexOf(word);
      const number = bit >= 0 ? 1 << bit : parseUnsigned(word, 0xffffffff, { base: 16 });
      if (number !== undefined) mask |= number;
      else return undefined;
    }
  }
  return mask >>> 0;
}

/** undefined: as the manager's own. */
export const coredumpFilter: Kind<number | undefined> = {
  name: 'core dump filter',
  parse(value, at, current) {
    if (value === '') return undefined;
    const mask = coredumpMask(value);
    if (mask !== undefined) return ((current ?? 0) | mask) >>> 0;
    at.report(warning, `Failed to parse the CoredumpFilter=${value}, ignoring: ${errorText('EINVAL')}`);
    return current;
  },
  format: (value) => `0x${(value ?? 0x33).toString(16)}`,
};

/** `infinity` is the number by which systemd knows that nothing has been said. */
const unsetNanoseconds = 0xffff_ffff_ffff_ffffn;

export const nanoseconds: Kind<bigint | undefined> = {
  name: 'time span (ns)',
  parse(value, at, current) {
    const ns = parseNanoseconds(value);
    if (ns !== undefined) return ns === unsetNanoseconds ? undefined : ns;
    refuse(at, 'Failed to parse nsec value', value, { why: spanErrno(value) });
    return current;
  },
  format: (value) => String(value ?? 50_000),
};

export const personality: Kind<string | undefined> = {
  name: 'architecture',
  parse(value, at, current) {
    if (value === '') return undefined;
    if (parsePersonality(value, at.machine.architecture()) !== undefined) return value;
    at.report(warning, at.voice.loading.badPersonality(value));
    return current;
  },
  format: (value) => value ?? '',
};
