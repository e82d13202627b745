import { describe, expect, test } from 'vitest';
import { restartDelayMs, shallRestart } from '../../../../src/units/service-restart.ts';
import type { ServiceResult } from '../../../../src/units/service-types.ts';

const none = { statuses: [], signals: [] };
const status = { pid: 1, code: 'exited', status: 3 } as Parameters<typeof shallRestart>[2];

describe('Restart=, the table of systemd.service(5)', () => {
  const results: ServiceResult[] = [
    'success',
    'exit-code',
    'signal',
    'core-dump',
    'timeout',
    'watchdog',
    'exec-condition',
    'resources',
  ];
  test.each([
    ['no', []],
    ['on-success', ['success']],
    ['on-failure', ['exit-code', 'signal', 'core-dump', 'timeout', 'watchdog', 'resources']],
    ['on-abnormal', ['signal', 'core-dump', 'timeout', 'watchdog', 'resources']],
    ['on-watchdog', ['watchdog']],
    ['on-abort', ['signal', 'core-dump']],
    ['always', ['success', 'exit-code', 'signal', 'core-dump', 'timeout', 'watchdog', 'resources']],
  ] as const)('%s', (Restart, restarted) => {
    const settings = { Restart, RestartPreventExitStatus: none, RestartForceExitStatus: none };
    expect(results.filter((result) => shallRestart(settings, result, status))).toEqual(restarted);
  });

  test('RestartForceExitStatus= restarts what would not come back, RestartPreventExitStatus= goes before it', () => {
    const three = { statuses: [3], signals: [] };
    const forced = { Restart: 'no', RestartPreventExitStatus: none, RestartForceExitStatus: three } as const;
    expect(shallRestart(forced, 'exit-code', status)).toBe(true);
    expect(shallRestart({ ...forced, RestartPreventExitStatus: three }, 'exit-code', status)).toBe(false);
    expect(shallRestart({ ...forced, Restart: 'always', RestartPreventExitStatus: three }, 'signal', status)).toBe(
      false,
    );
  });
});

describe('RestartSec= that grows', () => {
  const growing = { RestartSec: 1000, RestartSteps: 3, RestartMaxDelaySec: 8000 };
  test('in RestartSteps= steps to RestartMaxDelaySec=, each by the same factor', () => {
    expect([0, 1, 2, 3, 4, 100].map((n) => Math.round(restartDelayMs(growing, n)))).toEqual([
      1000, 2000, 4000, 8000, 8000, 8000,
    ]);
  });
  test.each([
    { ...growing, RestartSteps: 0 },
    { ...growing, RestartMaxDelaySec: Number.POSITIVE_INFINITY },
    { ...growing, RestartMaxDelaySec: 1000 },
    { ...growing, RestartMaxDelaySec: 500 },
  ])('does not without something to grow to: %o', (settings) => {
    expect(restartDelayMs(settings, 5)).toBe(1000);
  });
  test('nor from nothing', () => {
    expect(restartDelayMs({ ...growing, RestartSec: 0 }, 5)).toBe(0);
  });
});
