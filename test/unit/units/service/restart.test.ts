import { describe, expect, it } from 'vitest';
import type { SimProcess } from '../../../../src/simulation/machine/processes.ts';
import { exits, runs, type World, world } from '../../../support/world.ts';

/** Ways in which a main process can end. */
const ends: Record<string, (w: World, main: SimProcess) => void> = {
  'exit 0': (_, main) => main.exit(0),
  'exit 1': (_, main) => main.exit(1),
  'exit 42 (in SuccessExitStatus)': (_, main) => main.exit(42),
  SIGTERM: (_, main) => main.die(15),
  SIGKILL: (_, main) => main.die(9),
  SIGSEGV: (_, main) => main.die(11),
  watchdog: (w, main) => {
    main.handlers.set(6, () => main.exit(0));
    w.host.advance(1000);
  },
  'runtime limit': (w) => w.host.advance(2000),
};

/** systemd.service(5), Restart=: "Exit causes and the effect of the Restart= settings". */
const restarts: Record<string, string[]> = {
  no: [],
  always: Object.keys(ends),
  'on-success': ['exit 0', 'exit 42 (in SuccessExitStatus)', 'SIGTERM'],
  'on-failure': ['exit 1', 'SIGKILL', 'SIGSEGV', 'watchdog', 'runtime limit'],
  'on-abnormal': ['SIGKILL', 'SIGSEGV', 'watchdog', 'runtime limit'],
  'on-abort': ['SIGKILL', 'SIGSEGV'],
  'on-watchdog': ['watchdog'],
};

const results: Record<string, string> = {
  'exit 0': 'success',
  'exit 1': 'exit-code',
  'exit 42 (in SuccessExitStatus)': 'success',
  SIGTERM: 'success',
  SIGKILL: 'signal',
  SIGSEGV: 'core-dump',
  watchdog: 'watchdog',
  'runtime limit': 'timeout',
};

describe('Restart=', () => {
  for (const [policy, which] of Object.entries(restarts))
    for (const [end, happens] of Object.entries(ends)) {
      const restart = which.includes(end);
      it(`${policy}: ${restart ? 'restarts' : 'stays down'} after ${end}`, () => {
        const w = world({ programs: { d: runs } });
        const service = w.service(
          'a.service',
          `ExecStart=/usr/bin/d
Restart=${policy}
RestartSec=5
SuccessExitStatus=42
${end === 'watchdog' ? 'WatchdogSec=1' : ''}
${end === 'runtime limit' ? 'RuntimeMaxSec=2' : ''}
`,
        );
        w.up(service);
        happens(w, w.host.running('d')!);
        w.host.settle();
        if (restart) {
          expect(service.subState).toBe('auto-restart');
          expect(service.activeState).toBe('activating');
          w.host.advance(4999);
          expect(service.nRestarts).toBe(0);
          w.host.advance(2);
          expect(service.subState).toBe('running');
          expect(service.nRestarts).toBe(1);
          expect(w.messages(service)).toContain('Scheduled restart job, restart counter is at 1.');
        } else {
          expect(service.result).toBe(results[end]);
          expect(service.subState).toBe(results[end] === 'success' ? 'dead' : 'failed');
          w.host.advance(60_000);
          expect(w.host.spawned).toHaveLength(1);
        }
      });
    }

  it.each([
    [252, true],
    [257, false],
  ] as const)('in %i, a stop comes before it in the log: %s', (release, isSaid) => {
    const w = world({ release, programs: { d: runs } });
    const service = w.service('a.service', 'ExecStart=/usr/bin/d\nRestart=always\nRestartSec=1\n');
    w.up(service);
    w.host.running('d')!.exit(1);
    w.host.advance(1001);
    expect(service.nRestarts).toBe(1);
    const said = (): string[] =>
      w.logged.map(({ message }) => message).filter((text) => /^St(?:art|opp)ed /.test(text));
    const [started, stopped] = ['Started a.service.', 'Stopped a.service.'];
    expect(said()).toEqual([started, ...(isSaid ? [stopped] : []), started]);
    w.manager.jobs.add('restart', service, 'replace');
    w.host.settle();
    expect(said().slice(-2)).toEqual([stopped, started]);
  });

  const made = (): World => world({ programs: { d: runs } });

  it('does not act on a stop that was asked for', () => {
    const w = made();
    const service = w.service('a.service', 'ExecStart=/usr/bin/d\nRestart=always\n');
    w.up(service);
    const stop = w.stop(service);
    w.host.advance(60_000);
    expect(stop.result).toBe('done');
    expect(service.subState).toBe('dead');
    expect(w.host.spawned).toHaveLength(1);
  });

  it('is cut short by a stop while it waits', () => {
    const w = made();
    const service = w.service('a.service', 'ExecStart=/usr/bin/d\nRestart=always\nRestartSec=1min\n');
    w.up(service);
    w.host.running('d')!.exit(1);
    w.host.settle();
    expect(service.subState).toBe('auto-restart');
    w.stop(service);
    w.host.advance(120_000);
    expect(service.subState).toBe('dead');
    expect(w.host.spawned).toHaveLength(1);
  });

  it('is prevented and forced by exit statuses', () => {
    const w = made();
    const prevented = w.service(
      'p.service',
      'ExecStart=/usr/bin/d\nRestart=always\nRestartPreventExitStatus=3 SIGKILL\n',
    );
    w.up(prevented);
    w.host.running('d')!.exit(3);
    w.host.advance(1000);
    expect(prevented.subState).toBe('failed');
    const forced = w.service('f.service', 'ExecStart=/usr/bin/d\nRestart=no\nRestartForceExitStatus=3\n');
    w.up(forced);
    w.host.running('d')!.exit(3);
    w.host.advance(1000);
    expect(forced.subState).toBe('running');
    expect(forced.nRestarts).toBe(1);
  });

  it.each([
    [252, true],
    [254, false],
  ] as const)('in %i, tells that OnFailure= has to wait for the last try: %s', (release, waits) => {
    const w = world({ release, programs: { d: runs } });
    const service = w.service('a.service', 'ExecStart=/usr/bin/d\nRestart=on-failure\n');
    w.up(service);
    w.host.running('d')!.exit(1);
    w.host.settle();
    expect(w.changes.find((c) => c.sub === 'failed')?.flags.endsQuietly).toBe(waits);
  });

  it('starts counting anew with a start that somebody asked for', () => {
    const w = made();
    const service = w.service('a.service', 'ExecStart=/usr/bin/d\nRestart=on-failure\nRestartSec=1\n');
    w.up(service);
    w.host.running('d')!.exit(1);
    w.host.advance(1001);
    expect(service.nRestarts).toBe(1);
    w.host.running('d')!.exit(0);
    w.host.settle();
    expect(service.subState).toBe('dead');
    expect(service.nRestarts).toBe(1);
    w.up(service);
    expect(service.nRestarts).toBe(0);
  });
});

describe('StartLimitIntervalSec=, StartLimitBurst=', () => {
  it('gives up a service that fails faster than it may be started', () => {
    const w = world({ programs: { d: runs } });
    const service = w.service(
      'a.service',
      '[Unit]\nStartLimitIntervalSec=10\nStartLimitBurst=5\n[Service]\nExecStart=/usr/bin/d\nRestart=always\nRestartSec=100ms\n',
    );
    w.host.onSpawn = (process) => process.exit(1);
    w.start(service);
    w.host.advance(600_000);
    expect(w.host.spawned).toHaveLength(5);
    expect(service.subState).toBe('failed');
    expect(service.result).toBe('exit-code');
    expect(service.nRestarts).toBe(5);
    expect(w.messages(service)).toContain('Start request repeated too quickly.');
    service.resetFailed();
    expect(service.subState).toBe('dead');
    expect(w.up(service).result).toBe('done');
  });

  it('never gives up one that is slow enough, over ten minutes', () => {
    const w = world({ programs: { d: runs } });
    const service = w.service(
      'a.service',
      '[Unit]\nStartLimitIntervalSec=10\nStartLimitBurst=5\n[Service]\nExecStart=/usr/bin/d\nRestart=always\nRestartSec=2s\n',
    );
    w.host.onSpawn = (process) => process.exit(1, 100);
    w.start(service);
    w.host.advance(600_000);
    expect(service.nRestarts).toBe(285);
    expect(w.messages(service)).not.toContain('Start request repeated too quickly.');
    // Ten minutes of it are no trouble for the machine either: nothing is left over.
    expect(w.host.openFds().size).toBe(0);
    expect(w.watched.length).toBeLessThanOrEqual(1);
  });

  it('tells a start by hand what it hit', () => {
    const w = world({ programs: { d: runs } });
    const service = w.service('a.service', '[Unit]\nStartLimitBurst=2\n[Service]\nExecStart=/usr/bin/d\n');
    for (let i = 0; i < 2; i++) {
      expect(w.up(service).result).toBe('done');
      w.stop(service);
      w.host.settle();
    }
    expect(w.up(service).result).toBe('failed');
    expect(service.result).toBe('start-limit-hit');
  });

  it('counts starts that are asked for while the service waits to be restarted', () => {
    const w = world({ programs: { d: exits(1) } });
    const limit = '[Unit]\nStartLimitIntervalSec=1h\nStartLimitBurst=3\n';
    const service = w.service('a.service', `${limit}[Service]\nExecStart=/usr/bin/d\nRestart=always\nRestartSec=1h\n`);
    w.up(service);
    for (let more = 0; more < 2; more++) {
      const job = w.up(service);
      expect([service.subState, job.state]).toEqual(['auto-restart', 'waiting']);
    }
    expect(w.up(service).result).toBe('failed');
    expect([service.subState, service.result]).toEqual(['failed', 'exit-code']);
  });

  it('counts those that come while it stops, at each change of its state, and lets it stop all the same', () => {
    const w = world({ programs: { d: (process) => process.ignores.add(15) } });
    const limit = '[Unit]\nStartLimitIntervalSec=1h\nStartLimitBurst=3\n';
    const service = w.service('a.service', `${limit}[Service]\nExecStart=/usr/bin/d\nTimeoutStopSec=4\n`);
    w.up(service);
    w.stop(service);
    w.host.settle();
    const job = w.up(service);
    w.up(service);
    expect([service.subState, job.state]).toEqual(['stop-sigterm', 'waiting']);
    w.host.advance(4_000);
    expect([service.subState, service.result, job.result]).toEqual(['failed', 'timeout', 'failed']);
    expect(w.host.running('d')).toBeUndefined();
    expect(w.host.spawned).toHaveLength(1);
  });

  it.each([
    [252, 'is forgotten by daemon-reload', 'done'],
    [255, 'outlives daemon-reload', 'failed'],
  ] as const)('of release %i %s', async (release, _what, result) => {
    const w = world({ programs: { d: exits(0) }, release });
    const limit = '[Unit]\nStartLimitIntervalSec=1h\nStartLimitBurst=1\n';
    const service = w.service('a.service', `${limit}[Service]\nExecStart=/usr/bin/d\n`);
    expect(w.up(service).result).toBe('done');
    expect(w.up(service).result).toBe('failed');
    expect(service.startLimitHit).toBe(true);
    await w.systemctl('daemon-reload');
    expect(service.startLimitHit).toBe(false);
    expect(w.up(service).result).toBe(result);
  });
});

describe('RestartSteps= and RestartMode=', () => {
  it('the delay grows step by step up to RestartMaxDelaySec=', () => {
    const w = world({ programs: { d: runs } });
    const service = w.service(
      'a.service',
      '[Unit]\nStartLimitBurst=0\n[Service]\nExecStart=/usr/bin/d\nRestart=always\nRestartSec=1s\nRestartSteps=3\nRestartMaxDelaySec=8s\n',
    );
    const starts: number[] = [];
    w.host.onSpawn = (process) => {
      starts.push(w.host.monotonic());
      process.exit(1);
    };
    w.start(service);
    w.host.advance(60_000);
    const delays = starts.slice(1, 6).map((at, i) => Math.round((at - starts[i]!) / 100) / 10);
    expect(delays).toEqual([1, 2, 4, 8, 8]);
  });

  it('direct: others do not see it down', () => {
    const w = world({ programs: { d: runs } });
    const service = w.service('a.service', 'ExecStart=/usr/bin/d\nRestart=always\nRestartMode=direct\n');
    w.up(service);
    w.host.running('d')!.exit(1);
    w.host.settle();
    expect(service.subState).toBe('auto-restart');
    expect(w.path(service)).not.toContain('failed');
    w.host.advance(200);
    expect(service.subState).toBe('running');
  });
});

it('RestartRandomizedDelaySec= is waited for on top of RestartSec=', () => {
  const w = world({ programs: { d: runs } });
  const service = w.service(
    'a.service',
    'ExecStart=/usr/bin/d\nRestart=always\nRestartSec=1\nRestartRandomizedDelaySec=10\n',
  );
  w.up(service);
  w.host.randomBytes = (length) => Buffer.alloc(length, 0x80);
  w.host.running('d')!.exit(0);
  w.host.advance(5_900);
  expect(service.subState).toBe('auto-restart');
  w.host.advance(300);
  expect(service.subState).toBe('running');
});
