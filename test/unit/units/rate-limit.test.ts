import { describe, expect, it } from 'vitest';
import { RateLimit } from '../../../src/units/rate-limit.ts';

describe('a limit of three in ten seconds', () => {
  it('lets three through from the first one on, then none until the window is over', () => {
    const limit = new RateLimit(10_000, 3);
    expect([1000, 1001, 10_999, 10_999].map((now) => limit.below(now))).toEqual([true, true, true, false]);
    expect(limit.end).toBe(11_000);
    expect(limit.below(10_999.9)).toBe(false);
    expect(limit.below(11_000)).toBe(true);
    expect(limit.end).toBe(21_000);
    expect([11_000, 20_999, 20_999].map((now) => limit.below(now))).toEqual([true, true, false]);
  });

  it('begins anew when it is reset', () => {
    const limit = new RateLimit(10_000, 1);
    expect(limit.below(1000)).toBe(true);
    expect(limit.below(1000)).toBe(false);
    limit.reset();
    expect(limit.below(1500)).toBe(true);
    expect(limit.end).toBe(11_500);
    limit.reset();
    expect(limit.end).toBe(10_000);
  });
});

it.each([
  [0, 3],
  [-1, 3],
  [10_000, 0],
  [10_000, -1],
])('an interval of %s with a burst of %s is no limit', (interval, burst) => {
  const limit = new RateLimit(interval, burst);
  for (let n = 0; n < 10; n++) expect(limit.below(1000)).toBe(true);
});
