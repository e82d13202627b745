/** Resource limits: systemd.exec(5) "PROCESS PROPERTIES", Limit*=. */
import type { LimitName, ResourceLimit } from '../sys/host.ts';
import { parseSizeExact, parseUnsigned64 } from '../text/numbers.ts';
import { parseTimeSpanUsec, usecInfinity } from './time/time-span.ts';

/** In the order of setrlimit(2)'s numbers. */
export const limitNames: readonly LimitName[] = [
  'CPU',
  'FSIZE',
  'DATA',
  'STACK',
  'CORE',
  'RSS',
  'NPROC',
  'NOFILE',
  'MEMLOCK',
  'AS',
  'LOCKS',
  'SIGPENDING',
  'MSGQUEUE',
  'NICE',
  'RTPRIO',
  'RTTIME',
];

const unlimited = (1n << 64n) - 1n;

function belowInfinity(value: bigint | 'EINVAL' | 'ERANGE' | undefined): bigint | undefined {
  return typeof value === 'bigint' && value < unlimited ? value : undefined;
}

function parseNiceLimit(text: string): bigint | undefined {
  const sign = text[0];
  const value = parseUnsigned64(sign === '+' || sign === '-' ? text.slice(1) : text);
  if (value === undefined) return undefined;
  if (sign === '+') return value < 20n ? 20n - value : undefined;
  if (sign === '-') return value <= 20n ? 20n + value : undefined;
  return value <= 40n ? value : undefined;
}

function parseOne(name: LimitName, text: string): bigint | undefined {
  if (name === 'NICE') return parseNiceLimit(text);
  if (text === 'infinity') return unlimited;
  switch (name) {
    case 'CPU': {
      const usec = parseTimeSpanUsec(text);
      if (typeof usec !== 'bigint') return undefined;
      return usec === usecInfinity ? unlimited : (usec + 999_999n) / 1_000_000n;
    }
    case 'RTTIME': {
      const usec = parseTimeSpanUsec(text, 1n);
      return typeof usec === 'bigint' ? usec : undefined;
    }
    case 'NOFILE':
    case 'NPROC':
    case 'LOCKS':
    case 'SIGPENDING':
    case 'RTPRIO':
      return belowInfinity(parseUnsigned64(text));
    default:
      return belowInfinity(parseSizeExact(text, 1024));
  }
}

function toNumber(value: bigint): number {
  return value === unlimited ? Number.POSITIVE_INFINITY : Number(value);
}

/**
 * `SOFT:HARD` or one value for both. Sizes have suffixes of base 1024, CPU is seconds, RTTIME microseconds unless they
 * have a unit, NICE accepts nice levels with a sign. 'soft>hard' where the soft limit is above the hard one.
 */
export function parseResourceLimit(name: LimitName, text: string): ResourceLimit | 'soft>hard' | undefined {
  // words are taken apart as everywhere: a backslash stands for nothing
  const words = text.replace(/\\(.)/g, '$1');
  const colon = words.indexOf(':');
  const soft = parseOne(name, colon < 0 ? words : words.slice(0, colon));
  if (soft === undefined) return undefined;
  const hard = colon < 0 ? soft : parseOne(name, words.slice(colon + 1));
  if (hard === undefined) return undefined;
  return soft > hard ? 'soft>hard' : { soft: toNumber(soft), hard: toNumber(hard) };
}

/** How many units a slice may have where nothing limits it. */
export const unlimitedUnits = 0xffffffff;
