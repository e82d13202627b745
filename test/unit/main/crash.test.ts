/** What a manager writes down for the case that it crashes, and what its next program makes of the moment in which it did. */
import { describe, expect, it } from 'vitest';
import { readLog } from '../../../src/kept/log.ts';
import { crashOf } from '../../../src/main/after-crash.ts';
import { keepForCrash } from '../../../src/main/crash.ts';
import { SystemError } from '../../../src/sys/host.ts';
import type { Service } from '../../../src/units/service.ts';
import { exits, runs, type World, type WorldOptions, world } from '../../support/world.ts';

const program = { path: '', argv: () => [], env: [] };

const machine = (units: Record<string, string>, { programs = {} }: WorldOptions): World =>
  world({ units, programs }).keepForCrash().boot();

/** From here on nothing reaches the log but what the process itself writes there. */
function stopWriting(w: World): void {
  const log = w.host.crashLog!;
  log.append = () => log.text.length;
}

const complaints = (w: World): string[] =>
  w.logged.filter(({ priority }) => priority <= 4).map(({ message }) => message);

describe('after a crash', () => {
  it('an end that was reaped and told to nobody is told, with its status', () => {
    const w = machine(
      { 'a.service': '[Service]\nExecStart=/usr/bin/a\nRestart=on-failure\nRestartSec=1\n' },
      { programs: { a: runs } },
    );
    const before = w.unit('a.service') as Service;
    w.up(before);
    stopWriting(w);
    w.host.table.get(before.mainPid)!.exit(3);
    w.host.settle();
    expect(before.state).toBe('auto-restart');
    w.crash();
    const after = w.unit('a.service') as Service;
    expect([after.state, after.mainStatus.code, after.mainStatus.status]).toEqual(['auto-restart', 'exited', 3]);
    w.host.advance(1000);
    expect([after.state, after.nRestarts, w.host.spawned.length]).toEqual(['running', 1, 2]);
  });

  it('an end that was told is not told again', () => {
    const w = machine({ 'a.service': '[Service]\nExecStart=/usr/bin/a\n' }, { programs: { a: exits(3) } });
    w.up(w.unit('a.service'));
    const { moment, facts } = readLog(w.host.crashLog!.text);
    expect(moment).toMatchObject({ exits: 1, spawned: 1 });
    expect(crashOf({ moment, facts }).crash).toMatchObject({ exits: [], undone: [] });
  });

  it('a process that was made in that moment is ended, and its job made again', () => {
    const w = machine(
      {
        'a.service': '[Unit]\nAfter=slow.service\n[Service]\nExecStart=/usr/bin/a\n',
        'slow.service': '[Service]\nType=oneshot\nExecStart=/usr/bin/slow\n',
      },
      { programs: { a: runs, slow: runs } },
    );
    w.start(w.unit('slow.service'));
    w.up(w.unit('a.service'));
    stopWriting(w);
    w.host.running('slow')!.exit(0);
    w.host.settle();
    const first = w.host.running('a')!;
    w.crash();
    w.host.settle();
    const after = w.unit('a.service') as Service;
    expect(first.alive).toBe(false);
    expect(after.state).toBe('running');
    expect(w.host.table.get(after.mainPid)).toMatchObject({ alive: true, comm: 'a' });
    expect(complaints(w)).toContainEqual(expect.stringMatching(/was made in the moment of the crash, and is ended/));
  });

  it('a process that has gone without a word counts as killed', () => {
    const w = machine({ 'a.service': '[Service]\nExecStart=/usr/bin/a\n' }, { programs: { a: runs } });
    const before = w.unit('a.service') as Service;
    w.up(before);
    w.host.table.delete(before.mainPid);
    w.crash();
    w.host.settle();
    expect([w.unit('a.service').activeState, (w.unit('a.service') as Service).result]).toEqual(['failed', 'signal']);
  });

  it('signs of life count from when they came, and a watchdog goes on', () => {
    const w = machine(
      { 'a.service': '[Service]\nType=notify\nNotifyAccess=all\nWatchdogSec=10\nExecStart=/usr/bin/a\n' },
      { programs: { a: (process) => process.notify('READY=1') } },
    );
    const before = w.unit('a.service') as Service;
    w.up(before);
    w.host.advance(8_000);
    w.host.table.get(before.mainPid)!.notify('WATCHDOG=1\nSTATUS=well');
    w.host.settle();
    w.crash();
    const after = w.unit('a.service') as Service;
    expect(after.statusText).toBe('well');
    w.host.advance(9_900);
    expect(after.state).toBe('running');
    w.host.advance(200);
    expect(after.state).not.toBe('running');
  });

  it('a transient unit is there, with its process', async () => {
    const w = machine({}, { programs: { a: runs } });
    await w.call('systemd-run', '--unit=t.service /usr/bin/a');
    w.host.settle();
    const pid = (w.manager.units.find('t.service') as Service).mainPid;
    w.crash();
    expect((w.manager.units.find('t.service') as Service).mainPid).toBe(pid);
  });

  it('crash after crash nothing is lost, and the log stays within bounds', () => {
    const w = machine(
      {
        'a.service':
          '[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/usr/bin/a\nRestart=always\nRestartSec=0.1\n',
      },
      { programs: { a: exits(1, 50) } },
    );
    w.up(w.unit('a.service'));
    let most = 0;
    for (let n = 0; n < 20; n++) {
      w.host.advance(1_000);
      most = Math.max(most, w.host.crashLog!.text.length);
      w.crash();
    }
    expect((w.unit('a.service') as Service).nRestarts).toBeGreaterThan(100);
    expect(complaints(w).filter((message) => /Internal|Could not/.test(message))).toEqual([]);
    expect(most).toBeLessThan(1 << 20);
  });
});

describe('a manager that crashes again and again', () => {
  const units = {
    'a.service': '[Service]\nExecStart=/usr/bin/a\nRestart=always\nRestartSec=1\n',
    'b.service': '[Service]\nExecStart=/usr/bin/b\n',
    'waits.service': '[Unit]\nAfter=slow.service\n[Service]\nExecStart=/usr/bin/b\n',
    'slow.service': '[Service]\nType=oneshot\nExecStart=/usr/bin/slow\n',
    'tick.timer': '[Timer]\nOnActiveSec=1\nUnit=b.service\n',
    'look.path': '[Path]\nPathExists=/wanted\nUnit=b.service\n',
    'call.socket': '[Socket]\nListenStream=/run/call\nService=b.service\n',
  };
  const inSafeMode = (): World => {
    const w = machine(units, { programs: { a: runs, b: runs, slow: runs } });
    w.up(w.unit('a.service'));
    w.start(w.unit('slow.service'));
    w.start(w.unit('waits.service'));
    for (const name of ['tick.timer', 'look.path', 'call.socket']) w.up(w.unit(name));
    w.answered().crash(2);
    expect(w.manager.crashes.isSafe).toBe(false);
    w.crash(2);
    w.host.settle();
    return w;
  };

  it('starts nothing any more, of its own accord or asked, and says so', async () => {
    const w = inSafeMode();
    w.files.put('/wanted', '');
    w.host.advance(10_000);
    w.host.running('a')!.exit(1);
    w.host.running('slow')!.exit(0);
    w.host.advance(10_000);
    // What ends is reaped, and told as ever.
    expect((w.unit('a.service') as Service).mainStatus.status).toBe(1);
    expect(w.host.spawned.map(({ comm }) => comm)).toEqual(['a', 'slow']);
    expect(w.unit('waits.service').job?.state).toBe('waiting');
    const start = await w.systemctl('start b');
    expect([start.status, start.err]).toEqual([
      1,
      expect.stringMatching(
        /^Failed to start b\.service: The manager is in safe mode, .* "systemctl daemon-reexec" ends/,
      ),
    ]);
    expect((await w.systemctl('is-system-running')).out).toBe('maintenance\n');
    expect((await w.systemctl('show -p NCrashes')).out).toBe('NCrashes=2\n');
    expect((await w.systemctl('status')).out).toMatch(/^ +Crashes: 2$/m);
  });

  it('halts in order, and ends with the status of the crash', () => {
    const w = inSafeMode();
    w.manager.shutdown.request('poweroff');
    w.host.advance(200_000);
    expect(w.host.running('a')).toBeUndefined();
    expect(w.manager.shutdown.exitStatus).toBe(139);
    expect(w.manager.shutdown.exitReason).toBe('Crashed 2 times within a minute');
  });

  it('is as ever under another program, which takes its place as planned', () => {
    const w = inSafeMode();
    w.reexec();
    w.manager.crashes.forgive();
    w.up(w.unit('b.service'));
    expect([w.manager.systemState, w.manager.shutdown.exitStatus, w.manager.crashes.count]).toEqual(['running', 0, 2]);
  });

  it('counts only what comes within a minute', () => {
    const w = machine(units, {});
    for (let n = 0; n < 5; n++) {
      w.crash(2);
      w.host.advance(60_000);
    }
    expect([w.manager.crashes.isSafe, w.manager.crashes.count]).toEqual([false, 5]);
  });
});

describe('a manager that can not write it down', () => {
  it('says so once, and goes on without', () => {
    const w = world({ units: { 'a.service': '[Service]\nExecStart=/usr/bin/a\n' }, programs: { a: runs } }).boot();
    w.host.openCrashLog = () => {
      throw new SystemError('EMFILE', 24, 'memfd_create');
    };
    w.keepForCrash();
    w.up(w.unit('a.service'));
    expect(w.unit('a.service').activeState).toBe('active');
    expect(complaints(w)).toEqual([expect.stringMatching(/^Failed to keep the state for the case of a crash.*EMFILE/)]);
  });

  it('does so too where there is no room any more, and asks no more of what has none', () => {
    const w = machine({ 'a.service': '[Service]\nExecStart=/usr/bin/a\n' }, { programs: { a: runs } });
    const log = w.host.crashLog!;
    let tries = 0;
    let closed = 0;
    log.append = () => {
      tries++;
      throw new SystemError('ENOSPC', 28, 'write');
    };
    log.close = () => void closed++;
    w.up(w.unit('a.service'));
    w.host.advance(1000);
    expect([w.unit('a.service').activeState, tries, closed]).toEqual(['active', 1, 1]);
    expect(complaints(w)).toEqual([expect.stringMatching(/ENOSPC/)]);
  });

  it('stops when it is told to', () => {
    const w = world({ units: { 'a.service': '[Service]\nExecStart=/usr/bin/a\n' }, programs: { a: runs } }).boot();
    const state = keepForCrash({
      manager: w.manager,
      control: undefined,
      program,

      keep: () => {},
    });
    state.close();
    const { text } = w.host.crashLog!;
    w.up(w.unit('a.service'));
    expect(w.host.crashLog!.text.replaceAll(/\["(?:spawn|exit)".*\n/g, '')).toBe(text);
  });
});
