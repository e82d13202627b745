/** CPU and NUMA node lists: `0-3,8`. */
import { parseRange } from '../text/numbers.ts';
import { extract, type Warn, WordReader } from '../text/quoting.ts';

/** What the kernel can be configured for at most. */
const cpuLimit = 8192;

/** What is said of ranges that are none. */
export interface CpuSetVoice {
  readonly bad: (word: string) => string;
  readonly reversed: (word: string, lower: number, upper: number) => string;
  readonly tooLarge: (word: string, cpu: number) => string;
  readonly unbalanced: (key: string, text: string) => string;
}

/**
 * The members of a list, ascending. A reversed range is told and left out; anything else that is wrong makes the
 * whole list undefined. `lvalue` names the setting in messages.
 */
export function parseCpuSet(text: string, lvalue: string, warn: Warn, voice: CpuSetVoice): number[] | undefined {
  const members = new Set<number>();
  const reader = new WordReader(text, ' \t\n\r,', extract.unquote);
  for (let word = reader.next(); word !== undefined; word = reader.next()) {
    const range = parseRange(word);
    if (range === undefined) {
      warn(3, voice.bad(word));
      return undefined;
    }
    const [lower, upper] = range;
    if (lower > upper) {
      warn(4, voice.reversed(word, lower, upper));
      continue;
    }
    if (upper >= cpuLimit) {
      warn(3, voice.tooLarge(word, Math.min(upper, 2 ** 32 - 2)));
      return undefined;
    }
    for (let cpu = lower; cpu <= upper; cpu++) members.add(cpu);
  }
  if (reader.failed) {
    warn(3, voice.unbalanced(lvalue, text));
    return undefined;
  }
  return [...members].sort((a, b) => a - b);
}

/** `0-3 8`: ranges with spaces between, as `show` prints them. */
export function formatCpuSet(cpus: readonly number[]): string {
  const sorted = [...new Set(cpus)].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let index = 0; index < sorted.length; ) {
    let last = index;
    while (last + 1 < sorted.length && sorted[last + 1] === sorted[last]! + 1) last++;
    parts.push(last > index ? `${sorted[index]}-${sorted[last]}` : `${sorted[index]}`);
    index = last + 1;
  }
  return parts.join(' ');
}
