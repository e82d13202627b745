/** Classes and policies by which the kernel shares out CPUs, disks and memory: systemd.exec(5) "SCHEDULING". */
import { parseUnsigned } from '../text/numbers.ts';

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
const schedPolicies = wordTable({ other: 0, batch: 3, idle: 5, fifo: 1, rr: 2, ext: 7 }, 2 ** 31 - 1);
const numaPolicies = wordTable({
  default: 0,
  preferred: 1,
  bind: 2,
  interleave: 3,
  local: 4,
  'preferred-many': 5,
  'weighted-interleave': 6,
});

/** IOSchedulingClass=. */
export const parseIoClass = ioClasses.parse;
export const ioClassName = ioClasses.name;
/** CPUSchedulingPolicy=. */
export const parseSchedPolicy = schedPolicies.parse;
export const schedPolicyName = schedPolicies.name;
/** NUMAPolicy=, the numbers of set_mempolicy(2). */
export const parseNumaPolicy = numaPolicies.parse;
export const numaPolicyName = numaPolicies.name;
