/** Priorities, CPUs and memory nodes of processes: systemd.exec(5) "SCHEDULING". */

import { errorText } from '../../../sys/error-text.ts';
import { parseInteger, parseNice } from '../../../text/numbers.ts';
import { formatCpuSet, parseCpuSet } from '../../../values/cpu-set.ts';
import { numaPolicyName, parseIoClass, parseNumaPolicy, parseSchedPolicy } from '../../../values/scheduling.ts';
import type { Kind } from '../kind.ts';
import { expand, numberErrno, optional, warning } from './basic.ts';

/** undefined: as the manager's own. */
export const nice: Kind<number | undefined> = {
  name: 'nice level',
  parse(value, at, current) {
    if (value === '') return undefined;
    const level = parseNice(value);
    if (level !== undefined) return level;
    if (numberErrno(value) === 'ERANGE') at.report(warning, `Nice priority out of range, ignoring: ${value}`);
    else at.report(warning, `Failed to parse nice priority '${value}', ignoring: ${errorText('EINVAL')}`);
    return current;
  },
  format: (value) => String(value ?? 0),
};

/** Number of IOPRIO_CLASS_*; undefined: not set. `none` is best-effort, as ioprio_normalize makes it. */
export const ioClass: Kind<number | undefined> = optional(
  'realtime|best-effort|idle',
  'Failed to parse IO scheduling class',
  (value) => {
    const number = parseIoClass(value);
    return number === 0 ? 2 : number;
  },
  (value) => String(value ?? 2),
  { saidByAll: true },
);

export const ioPriority: Kind<number | undefined> = optional(
  '0…7',
  'Failed to parse IO priority',
  (value) => parseInteger(value, 0, 7),
  (value) => String(value ?? 4),
  { saidByAll: true },
);

/** Number of SCHED_*; undefined: not set. */
export const cpuPolicy: Kind<number | undefined> = optional(
  'other|batch|idle|fifo|rr|ext',
  'Failed to parse CPU scheduling policy',
  parseSchedPolicy,
  (value) => String(value ?? 0),
  { saidByAll: true },
);

export const cpuPriority: Kind<number | undefined> = {
  name: '1…99',
  parse(value, at, current) {
    const number = parseInteger(value);
    if (number === undefined) at.report(warning, `Failed to parse CPU scheduling priority, ignoring: ${value}`);
    else if (number >= 0 && number <= 99) return number;
    else at.report(warning, `CPU scheduling priority is out of range, ignoring: ${value}`);
    return current;
  },
  format: (value) => String(value ?? 0),
};

/** A set of CPUs, lines add up. */
export function cpuSet(options: { specifiers?: boolean; all?: boolean; raw?: boolean } = {}): Kind<number[]> {
  return {
    name: 'CPU list',
    parse(value, at, current) {
      if (options.all === true && value === 'all') {
        return Array.from({ length: at.machine.numaNodes() }, (_, node) => node);
      }
      const text = options.specifiers === true ? expand(at, 'full', value) : value;
      if (text === undefined) return current;
      if (text === '') return [];
      const more = parseCpuSet(text, at.key, (level, message) => at.report(level, message), at.voice.loading.cpuSets);
      if (more === undefined) {
        if (options.all === true && at.voice.loading.cpuSets.tellsMask)
          at.report(warning, `Failed to parse NUMA node mask, ignoring: ${value}`);
        return current;
      }
      return [...new Set([...current, ...more])].sort((a, b) => a - b);
    },
    // The Startup… ones have no printer of their own in systemctl: bytes in hexadecimal.
    format: (cpus) => (options.raw === true ? bytesOfSet(cpus) : formatCpuSet(cpus)),
  };
}

/** Sets are kept in words of 64 bits. */
function bytesOfSet(cpus: readonly number[]): string {
  if (cpus.length === 0) return '';
  const bytes = Buffer.alloc(8 * (Math.floor(Math.max(...cpus) / 64) + 1));
  for (const cpu of cpus) bytes[cpu >> 3]! |= 1 << (cpu & 7);
  return bytes.toString('hex');
}

export const cpuAffinity: Kind<number[]> = {
  ...cpuSet({ specifiers: true }),
  name: 'CPU list or numa',
  parse(value, at, current, initial) {
    return value === 'numa' ? [] : cpuSet({ specifiers: true }).parse(value, at, current, initial);
  },
};

/** undefined: no line says one; an empty list is what a line without a valid range leaves. */
export const numaMask: Kind<number[] | undefined> = {
  name: 'NUMA nodes or all',
  parse(value, at, current) {
    if (value === '') return undefined;
    const none: number[] = [];
    const nodes = cpuSet({ all: true }).parse(value, at, current ?? none, none);
    return nodes === none ? current : nodes;
  },
  format: (nodes) => formatCpuSet(nodes ?? []),
};

export const numaPolicy: Kind<number | undefined> = optional(
  'default|preferred|bind|interleave|local|preferred-many|weighted-interleave',
  'Invalid NUMA policy type',
  parseNumaPolicy,
  (value) => (value === undefined ? 'n/a' : (numaPolicyName(value) ?? 'n/a')),
);
