/** Spans of time as users write them, in milliseconds. */
import { formatTimeSpan, parseTimeSpan } from '../values/time/time-span.ts';
import { InvalidOption } from './errors.ts';
import type { Span } from './words.ts';

/** Milliseconds, 0 or more, not infinite. Throws InvalidOption; `what` names the place. */
export function spanMs(span: Span, what: string): number {
  const ms = typeof span === 'number' ? span : parseTimeSpan(span);
  if (ms === undefined || !Number.isFinite(ms) || ms < 0)
    throw new InvalidOption(`${what}: '${span}' is no span of time; valid are milliseconds, '5min', '1h 30s'`);
  return ms;
}

export const spanText = (ms: number): string => formatTimeSpan(ms, 0);
