import { describe, expect, it } from 'vitest';
import type { SimProcess } from '../../../../src/simulation/machine/processes.ts';
import { type World, world } from '../../../support/world.ts';

const files = { '/usr/bin/d': '', '/usr/bin/pre': '', '/usr/bin/post': '', '/usr/bin/stop': '', '/usr/bin/reload': '' };

/** A process that no signal but SIGKILL ends. */
const stubborn = (process: SimProcess): void => {
  for (const signal of [1, 2, 6, 15]) process.ignores.add(signal);
};

function made(onSpawn: (process: SimProcess) => void): World {
  const w = world({ files });
  w.host.onSpawn = onSpawn;
  return w;
}

describe('TimeoutStartSec=', () => {
  for (const [name, text, sub] of [
    ['ExecCondition', 'ExecCondition=/usr/bin/pre\nExecStart=/usr/bin/d', 'condition'],
    ['ExecStartPre', 'ExecStartPre=/usr/bin/pre\nExecStart=/usr/bin/d', 'start-pre'],
    ['Type=oneshot', 'Type=oneshot\nExecStart=/usr/bin/d', 'start'],
    ['Type=forking', 'Type=forking\nExecStart=/usr/bin/d', 'start'],
    ['Type=notify', 'Type=notify\nExecStart=/usr/bin/d', 'start'],
    ['ExecStartPost', 'ExecStart=/usr/bin/d\nExecStartPost=/usr/bin/post', 'start-post'],
  ] as const)
    it(`ends a ${name} that takes too long`, () => {
      const w = made(() => {});
      const service = w.service('a.service', `${text}\nTimeoutStartSec=3\n`);
      const job = w.start(service);
      w.host.advance(2999);
      expect(service.subState).toBe(sub);
      w.host.advance(2);
      expect(w.messages(service)).toContain(`${sub} operation timed out. Terminating.`);
      expect(service.subState).toBe('failed');
      expect(service.result).toBe('timeout');
      expect(job.result).toBe('failed');
      expect([...w.host.table.values()].filter((p) => p.pid !== 1)).toEqual([]);
    });

  it('does not count for a oneshot that does not set it', () => {
    const w = made(() => {});
    const service = w.service('a.service', 'Type=oneshot\nExecStart=/usr/bin/d\n');
    w.start(service);
    w.host.advance(10 * 60_000);
    expect(service.subState).toBe('start');
  });

  it('is put off by EXTEND_TIMEOUT_USEC=', () => {
    const w = made(() => {});
    const service = w.service('a.service', 'Type=notify\nExecStart=/usr/bin/d\nTimeoutStartSec=3\n');
    w.start(service);
    w.host.advance(2000);
    w.host.running('d')!.notify('EXTEND_TIMEOUT_USEC=5000000');
    w.host.advance(4999);
    expect(service.subState).toBe('start');
    w.host.advance(2);
    expect(service.result).toBe('timeout');
  });

  it.each([
    ['abort', 'Aborting.', [6, 18, 9]],
    ['kill', 'Killing.', [9]],
  ])('TimeoutStartFailureMode=%s', (mode, word, signals) => {
    const w = made(stubborn);
    const service = w.service(
      'a.service',
      `Type=notify\nExecStart=/usr/bin/d\nTimeoutStartSec=3\nTimeoutAbortSec=2\nTimeoutStartFailureMode=${mode}\n`,
    );
    w.start(service);
    w.host.advance(10_000);
    expect(w.messages(service)).toContain(`start operation timed out. ${word}`);
    expect(w.host.spawned[0]!.received).toEqual(signals);
    expect(service.result).toBe('timeout');
  });
});

describe('TimeoutStopSec=', () => {
  it('goes from SIGTERM to SIGKILL', () => {
    const w = made(stubborn);
    const service = w.service('a.service', 'ExecStart=/usr/bin/d\nTimeoutStopSec=5\n');
    w.up(service);
    const pid = service.mainPid;
    w.stop(service);
    w.host.advance(4999);
    expect(service.subState).toBe('stop-sigterm');
    w.host.advance(2);
    expect(service.subState).toBe('failed');
    expect(service.result).toBe('timeout');
    expect(w.messages(service)).toEqual([
      "State 'stop-sigterm' timed out. Killing.",
      `Killing process ${pid} (d) with signal SIGKILL.`,
      'Main process exited, code=killed, status=9/KILL',
      "Failed with result 'timeout'.",
    ]);
  });

  it('leaves a process alone with SendSIGKILL=no', () => {
    const w = made(stubborn);
    const service = w.service('a.service', 'ExecStart=/usr/bin/d\nTimeoutStopSec=5\nSendSIGKILL=no\n');
    w.up(service);
    w.stop(service);
    w.host.advance(20_000);
    expect(w.host.spawned[0]!.received).not.toContain(9);
    expect(w.messages(service)).toContain("State 'stop-sigterm' timed out. Skipping SIGKILL.");
    expect(w.messages(service)).toContain(
      `Unit process ${w.host.spawned[0]!.pid} (d) remains running after unit stopped.`,
    );
    expect(service.subState).toBe('failed');
  });

  it('counts for ExecStop, with each failure mode', () => {
    for (const [mode, word] of [
      ['terminate', 'Terminating.'],
      ['abort', 'Aborting.'],
      ['kill', 'Killing.'],
    ]) {
      const w = made(() => {});
      const service = w.service(
        'a.service',
        `ExecStart=/usr/bin/d\nExecStop=/usr/bin/stop\nTimeoutStopSec=5\nTimeoutStopFailureMode=${mode}\n`,
      );
      w.up(service);
      w.stop(service);
      w.host.advance(4000);
      expect(service.subState).toBe('stop');
      w.host.advance(10_000);
      expect(w.messages(service)).toContain(`Stopping timed out. ${word}`);
      expect(service.subState).toBe('failed');
      expect(service.result).toBe('timeout');
      expect(w.host.running('stop')).toBeUndefined();
    }
  });

  it('counts for ExecStopPost', () => {
    const w = made((p) => {
      if (p.comm === 'post') stubborn(p);
    });
    const service = w.service('a.service', 'ExecStart=/usr/bin/d\nExecStopPost=/usr/bin/post\nTimeoutStopSec=5\n');
    w.up(service);
    w.stop(service);
    w.host.advance(4000);
    expect(service.subState).toBe('stop-post');
    w.host.advance(2000);
    expect(service.subState).toBe('final-sigterm');
    w.host.advance(5000);
    expect(w.messages(service)).toContain("State 'stop-post' timed out. Terminating.");
    expect(w.messages(service)).toContain("State 'final-sigterm' timed out. Killing.");
    expect(service.subState).toBe('failed');
  });

  it('kills others that outlive the main process', () => {
    const w = made((p) => stubborn(p.fork()));
    const service = w.service('a.service', 'ExecStart=/usr/bin/d\nTimeoutStopSec=5\n');
    w.up(service);
    w.stop(service);
    w.host.settle();
    expect(service.subState).toBe('final-sigterm');
    w.host.advance(5001);
    expect(service.subState).toBe('failed');
    expect(w.host.running('forked')).toBeUndefined();
  });
});

describe('other limits', () => {
  it('RuntimeMaxSec= stops a service', () => {
    const w = made(() => {});
    const service = w.service('a.service', 'ExecStart=/usr/bin/d\nRuntimeMaxSec=30\n');
    w.up(service);
    w.host.advance(29_999);
    expect(service.subState).toBe('running');
    w.host.advance(2);
    expect(service.result).toBe('timeout');
    expect(w.messages(service)).toContain('Service reached runtime time limit. Stopping.');
  });

  it('RuntimeRandomizedExtraSec= adds to it', () => {
    const w = made(() => {});
    const service = w.service('a.service', 'ExecStart=/usr/bin/d\nRuntimeMaxSec=30\nRuntimeRandomizedExtraSec=30\n');
    w.up(service);
    w.host.advance(30_001);
    expect(service.subState).toBe('running');
    w.host.advance(30_000);
    expect(service.result).toBe('timeout');
  });

  it('a reload that takes too long fails, the service goes on', () => {
    const w = made(() => {});
    const service = w.service('a.service', 'ExecStart=/usr/bin/d\nExecReload=/usr/bin/reload\nTimeoutStartSec=5\n');
    w.up(service);
    const job = w.reload(service);
    w.host.advance(4000);
    expect(service.subState).toBe('reload');
    w.host.advance(2000);
    expect(job.result).toBe('failed');
    expect(service.reloadResult).toBe('timeout');
    expect(service.subState).toBe('running');
    expect(w.host.running('reload')).toBeUndefined();
  });

  it('WatchdogSec= aborts a service that says nothing, not one that does', () => {
    const w = made(() => {});
    const service = w.service('a.service', 'Type=notify\nExecStart=/usr/bin/d\nWatchdogSec=10\n');
    w.start(service);
    w.host.settle();
    const main = w.host.running('d')!;
    expect(main.env('WATCHDOG_USEC')).toBe('10000000');
    main.notify('READY=1');
    for (let i = 0; i < 10; i++) {
      w.host.advance(9000);
      main.notify('WATCHDOG=1');
    }
    w.host.settle();
    expect(service.subState).toBe('running');
    w.host.advance(9999);
    expect(service.subState).toBe('running');
    w.host.advance(2);
    expect(service.result).toBe('watchdog');
    expect(main.received[0]).toBe(6);
    expect(w.messages(service)).toContain('Watchdog timeout (limit 10s)!');
  });

  it('WATCHDOG_USEC= changes the limit, WATCHDOG=trigger ends the service at once', () => {
    const w = made(() => {});
    const service = w.service('a.service', 'Type=notify\nExecStart=/usr/bin/d\nWatchdogSec=10\n');
    w.start(service);
    w.host.settle();
    const main = w.host.running('d')!;
    main.notify('READY=1\nWATCHDOG_USEC=60000000');
    w.host.advance(59_000);
    expect(service.subState).toBe('running');
    expect(service.watchdogMs).toBe(60_000);
    main.notify('STATUS=lost\nWATCHDOG=trigger');
    w.host.settle();
    expect(service.result).toBe('watchdog');
    expect(w.messages(service)).toContain('Watchdog request (last status: lost)!');
  });

  it('service-watchdogs no: a timeout is told, what a service asks for is not done', () => {
    const w = made(() => {});
    w.manager.serviceWatchdogs = false;
    const service = w.service('a.service', 'Type=notify\nExecStart=/usr/bin/d\nWatchdogSec=10\n');
    w.start(service);
    w.host.settle();
    w.host.running('d')!.notify('READY=1\nWATCHDOG=trigger');
    w.host.advance(30_000);
    expect(service.subState).toBe('running');
    // It is armed anew only by a sign of life.
    expect(w.messages(service)).toEqual(['Watchdog disabled! Ignoring watchdog timeout (limit 10s)!']);
    w.manager.serviceWatchdogs = true;
    w.host.running('d')!.notify('WATCHDOG=1');
    w.host.advance(10_000);
    expect(service.result).toBe('watchdog');
  });
});
