/** What a service has beside its states: time limits, the end of its last process, CPU time, descriptors, its rubbish. */
import { describe, expect, it } from 'vitest';
import { SystemError } from '../../../../src/sys/host.ts';
import type { Socket } from '../../../../src/units/socket.ts';
import { world } from '../../../support/world.ts';
import { allCommands, player, stubborn } from './service-player.ts';

describe('EXTEND_TIMEOUT_USEC=', () => {
  it.each([
    ['EXTEND_TIMEOUT_USEC=5000000', 7_000],
    // Less than what is left, nothing, and forever change nothing.
    ['EXTEND_TIMEOUT_USEC=1000000', 3_000],
    ['EXTEND_TIMEOUT_USEC=0', 3_000],
    ['EXTEND_TIMEOUT_USEC=18446744073709551615', 3_000],
  ])('%s after 2 s of 3', (message, limitMs) => {
    const { play } = player('Type=notify\nTimeoutStartSec=3\n', stubborn);
    play('start', '2000 ms', message);
    expect(play(`${limitMs - 2_001} ms`, '1 ms')).toEqual(['start success', 'stop-sigterm timeout']);
  });

  it('puts off the watchdog, too', () => {
    const { play } = player('Type=notify\nWatchdogSec=3\n', stubborn);
    play('start', 'READY=1', '2000 ms', 'EXTEND_TIMEOUT_USEC=5000000');
    expect(play('4999 ms', '1 ms')).toEqual(['running success', 'stop-watchdog watchdog']);
    const other = player('Type=notify\nWatchdogSec=3\n', stubborn);
    other.play('start', 'READY=1', '1000 ms', 'EXTEND_TIMEOUT_USEC=1000000');
    expect(other.play('1999 ms', '1 ms')).toEqual(['running success', 'stop-watchdog watchdog']);
  });

  it('of what has no limit sets none', () => {
    const { play } = player('', stubborn);
    play('start', 'EXTEND_TIMEOUT_USEC=5000000');
    expect(play('600000 ms')).toEqual(['running success']);
  });
});

it('says nothing of control groups at a start', () => {
  const w = world({
    release: 262,
    units: { 'a.service': '[Service]\nExecStart=/usr/bin/a\nTasksAccounting=yes\n' },
    programs: { a: () => {} },
  });
  w.start(w.unit('a.service'));
  w.host.settle();
  const said = w.logged.filter(({ unit }) => unit === 'a.service').map(({ message }) => message);
  expect(said.some((message) => message.startsWith('Started a.service'))).toBe(true);
  expect(said.filter((message) => /pids|control group|cgroup/i.test(message))).toEqual([]);
});

describe('RuntimeMaxSec=', () => {
  it('counts from when the service became active', () => {
    const { play } = player('Type=notify\nRuntimeMaxSec=30\nExecReload=/usr/bin/reload\n', stubborn);
    play('start', '5000 ms', 'READY=1', '10000 ms', 'reload', '1000 ms', 'control 0');
    expect(play('18999 ms', '1 ms')).toEqual(['running success', 'stop-sigterm timeout']);
  });

  it('is over at once where a reload has taken longer', () => {
    const { play } = player('RuntimeMaxSec=3\nExecReload=/usr/bin/reload\nTimeoutStartSec=1min\n', stubborn);
    play('start', 'reload');
    expect(play('10000 ms', 'control 0')).toEqual(['reload success', 'stop-sigterm timeout']);
  });

  it.each([
    ['10', 0xffffffff, 10_000],
    ['10', 0x80000000, 5_000],
    ['10', 0, 0],
    ['0', 0xffffffff, 0],
    ['infinity', 0xffffffff, 0],
  ])('and RuntimeRandomizedExtraSec=%s, by the chance of %d', (extra, chance, wanted) => {
    const { play, host, service } = player(`RuntimeMaxSec=30\nRuntimeRandomizedExtraSec=${extra}\n`, stubborn);
    host.randomBytes = (size) => {
      const bytes = Buffer.alloc(size);
      bytes.writeUInt32LE(chance);
      return bytes;
    };
    play('start');
    expect(service.timerDeadline - host.monotonic() - 30_000).toBeCloseTo(wanted, 3);
  });
});

describe('the watchdog', () => {
  it('watches a service that is up, from then on', () => {
    const { play, service, host } = player(
      'WatchdogSec=5\nExecStartPost=/usr/bin/post\nExecReload=/usr/bin/reload\n',
      stubborn,
    );
    play('start');
    expect(service.watchdogTimestamp.monotonic).toBe(host.monotonic());
    expect(play('2000 ms', 'control 0', 'reload', '2999 ms', '1 ms')).toEqual([
      'start-post success',
      'running success',
      'reload success',
      'reload success',
      'stop-watchdog watchdog',
    ]);
    expect(service.watchdogTimestamp).toEqual({ realtime: 0, monotonic: 0 });
  });

  it.each([
    ['WatchdogSec=infinity\n', 0],
    ['WatchdogSec=0\n', 0],
    ['', 0],
    ['WatchdogSec=5\n', 5_000],
  ])('%j', (settings, ms) => {
    const { play, service, host } = player(settings, stubborn);
    play('start');
    expect(service.watchdogMs).toBe(ms);
    expect(host.untilNext).toBe(ms === 0 ? undefined : ms);
  });

  it('that a service has set is over with its life; 0 switches it off', () => {
    const { play, service } = player('Type=notify\nWatchdogSec=5\n', stubborn);
    play('start', 'READY=1', 'WATCHDOG_USEC=1000000');
    expect(service.watchdogMs).toBe(1_000);
    expect(play('999 ms', '1 ms', 'main 0', 'start', 'READY=1')).toEqual([
      'running success',
      'stop-watchdog watchdog',
      'failed watchdog',
      'start success',
      'running success',
    ]);
    expect(service.watchdogMs).toBe(5_000);
    expect(play('WATCHDOG_USEC=0', '60000 ms')).toEqual(['running success', 'running success']);
  });

  it('can be pulled by the service: WATCHDOG=trigger', () => {
    const { play, told, main } = player('Type=notify\n', stubborn);
    play('start', 'READY=1');
    const process = main();
    expect(play('WATCHDOG=trigger')).toEqual(['stop-watchdog watchdog']);
    expect(process.received).toEqual([6, 18]);
    expect(told()[0]).toBe('3 Watchdog request (last status: <unset>)!');
  });
});

describe('the end of the last process', () => {
  it('ends a service of ExitType=cgroup, not that of its main one', () => {
    const { play, host, main } = player('ExitType=cgroup\n');
    play('start');
    const child = main().fork();
    expect(play('main 0')).toEqual(['running success']);
    child.exit(0);
    host.settle();
    expect(play('0 ms')).toEqual(['dead success']);
    const failed = player('ExitType=cgroup\n');
    failed.play('start');
    failed.main().fork().exit(0, 10);
    expect(failed.play('main 3', '10 ms')).toEqual(['running exit-code', 'failed exit-code']);
  });

  it.each([
    ['notify', 'start success', 'failed protocol'],
    ['exec', 'running success', 'dead success'],
    ['forking', 'running success', 'dead success'],
  ])('of ExitType=cgroup and Type=%s, that goes before its child', (type, then, end) => {
    const { play, host, service } = player(`Type=${type}\nExitType=cgroup\n`);
    play('start');
    const process = host.running('main')!;
    const child = process.fork();
    expect(play(service.mainPid > 0 ? 'main 0' : 'control 0')).toEqual([then]);
    child.exit(0);
    host.settle();
    expect(play('0 ms')).toEqual([end]);
  });

  it('is waited for by a stop', () => {
    const { play, host, service, w } = player(`${allCommands}TimeoutStopSec=10\n`, stubborn);
    play('start', 'control 0', 'control 0', 'control 0');
    const child = host.running('main')!.fork();
    stubborn(child);
    expect(play('stop', 'control 0', 'main 0')).toEqual(['stop success', 'stop-sigterm success', 'stop-post success']);
    expect(play('control 0')).toEqual(['final-sigterm success']);
    child.exit(0);
    host.settle();
    expect([service.subState, w.watched]).toEqual(['dead', []]);
  });
});

describe('the main process', () => {
  it('may be somebody else’s child: its end is looked for', () => {
    const { play, host, service, told, main } = player('Type=notify\nNotifyAccess=all\n');
    play('start');
    main().uid = 0;
    const foreign = host.addForeign();
    play(`MAINPID=${foreign.pid}\nREADY=1`);
    expect([service.mainPid, service.mainPidAlien]).toEqual([foreign.pid, true]);
    expect(told()).toContain(
      `4 Supervising process ${foreign.pid} which is not our child. We'll most likely not notice when it exits.`,
    );
    host.running('main')!.exit(0);
    expect(play('0 ms')).toEqual(['running success']);
  });

  it('is told at debug level, with each change of state', () => {
    const { play, w, service, host } = player('Type=forking\nPIDFile=/run/a.pid\nExecReload=/usr/bin/reload\n');
    play('start');
    const [first, second] = [host.running('main')!.fork(), host.running('main')!.fork()];
    w.put('/run/a.pid', `${first.pid}\n`);
    play('control 0', 'reload');
    w.put('/run/a.pid', `${second.pid}\n`);
    play('control 0');
    expect(w.messages(service, 7).filter((line) => /^Changed|^Main PID/.test(line))).toEqual([
      'Changed dead -> start',
      `Main PID loaded: ${first.pid}`,
      'Changed start -> running',
      'Changed running -> reload',
      `Main PID changing: ${first.pid} -> ${second.pid}`,
      'Changed reload -> running',
    ]);
    expect(service.mainPid).toBe(second.pid);
    const guessed = player('Type=forking\n');
    guessed.play('start');
    const only = guessed.host.running('main')!.fork();
    guessed.play('control 0');
    expect(guessed.w.messages(guessed.service, 7)).toContain(`Main PID guessed: ${only.pid}`);
    const unknown = player('Type=forking\nGuessMainPID=no\n');
    unknown.play('start');
    unknown.host.running('main')!.fork();
    expect(unknown.play('control 0')).toEqual(['running success']);
    expect(unknown.service.mainPid).toBe(0);
  });

  it.each([
    ['main 3', '5 Main process exited, code=exited, status=3/NOTIMPLEMENTED'],
    ['main KILL', '4 Main process exited, code=killed, status=9/KILL'],
    ['main SEGV', '4 Main process exited, code=dumped, status=11/SEGV'],
  ])('that ends badly is told: %s', (event, line) => {
    const { play, told, w, service } = player('');
    play('start', event);
    expect(told()[0]).toBe(line);
    const well = player('');
    well.play('start', 'main TERM');
    expect(well.w.messages(well.service, 7)).toContain('Main process exited, code=killed, status=15/TERM (success)');
    expect(w.logged.find(({ message }) => message.includes('exited'))?.fields).toMatchObject({
      COMMAND: 'ExecStart',
      EXIT_STATUS: String(service.mainStatus.status),
    });
  });

  it('may be named by a file of anybody where it is the service’s own', () => {
    const { play, w, host, service } = player('Type=forking\nPIDFile=/run/a.pid\n');
    play('start');
    const child = host.running('main')!.fork();
    w.put('/run/a.pid', `${child.pid}\n`);
    host.files.chown('/run/a.pid', 1000, 1000);
    expect(play('control 0')).toEqual(['running success']);
    expect(service.mainPid).toBe(child.pid);
  });

  it('is known with its times, also when it has ended', () => {
    const { play, service, host } = player('');
    play('start');
    const started = { realtime: host.now(), monotonic: host.monotonic() };
    const pid = service.mainPid;
    expect(service.mainStatus).toMatchObject({ pid, startTimestamp: started, code: undefined, status: 0 });
    expect(service.exitStatus).toBeUndefined();
    play('1000 ms', 'main 7');
    const ended = { realtime: host.now(), monotonic: host.monotonic() };
    expect(service.mainStatus).toEqual({
      pid,
      startTimestamp: started,
      handoffTimestamp: started,
      exitTimestamp: ended,
      code: 'exited',
      status: 7,
    });
    expect(service.exitStatus).toBe(7);
    play('start', 'main KILL');
    expect([service.mainStatus.code, service.mainStatus.status, service.exitStatus]).toEqual(['killed', 9, 255]);
  });

  it('is no more known by its commands after daemon-reload, but by itself', () => {
    const { play, service } = player(allCommands);
    play('start', 'control 0', 'control 0', 'control 0');
    expect(service.statusesOf('ExecStartPre')[0]!.code).toBe('exited');
    service.reread();
    expect(service.statusesOf('ExecStartPre')).toMatchObject([{ pid: 0, code: undefined, status: 0 }]);
    expect(service.mainStatus.pid).toBe(service.mainPid);
  });

  it.each([
    [0, 7, '0'],
    [1_000, 7, '1s'],
    [1_001, 6, '1.001s'],
    [600_000, 6, '10min'],
    [600_001, 5, '10min 1ms'],
  ])('has used %d ms: told at level %d', (cpuMs, level, text) => {
    const { play, w, main } = player('');
    play('start');
    main().cpuMs = cpuMs;
    play('main 0');
    const line = w.logged.find(({ message }) => message.startsWith('a.service: Consumed'))!;
    expect(line).toMatchObject({ priority: level, fields: { CPU_USAGE_NSEC: `${cpuMs * 1e6}` } });
    if (cpuMs > 0) expect(line.message).toBe(`a.service: Consumed ${text} CPU time.`);
    play('start');
    expect(w.manager.tracker.cpuMsOf('a.service')).toBe(0);
  });
});

describe('an instance for a connection', () => {
  const ends = {
    local: { family: 'inet' as const, address: '10.0.0.1', port: 80 },
    remote: { family: 'inet' as const, address: 'fe80::9', port: 4000 },
    peer: undefined,
  };
  function connected(connection: typeof ends | { peer: { pid: number; uid: number; gid: number } }, unit = '') {
    const w = world({
      units: {
        'a.socket': '[Socket]\nListenStream=/run/a\nAccept=yes\n',
        'a@.service': `${unit}[Service]\nStandardInput=socket\nExecStart=/usr/bin/a\n`,
      },
      programs: { a: () => {} },
    });
    const socket = w.unit('a.socket') as Socket;
    w.up(socket);
    w.host.makeReadable(socket.descriptors[0]!.fd, connection);
    w.host.settle();
    const service = [...w.manager.units.all()].find(({ id }) => id.startsWith('a@0'))!;
    return { w, service, socket };
  }

  it('is told both ends, has its descriptor, and gives it back', () => {
    const { w, service, socket } = connected(ends);
    expect(service.description).toBe('[fe80::9]:4000');
    const process = w.host.running('a')!;
    expect([process.env('REMOTE_ADDR'), process.env('REMOTE_PORT'), process.env('LISTEN_FDS')]).toEqual([
      'fe80::9',
      '4000',
      undefined,
    ]);
    expect([...w.host.openFds().values()]).toContain('connection');
    process.exit(0);
    w.host.settle();
    expect([...w.host.openFds().values()]).not.toContain('connection');
    expect(socket.connections).toBe(0);
  });

  it('is described with its peer', () => {
    const peer = { peer: { pid: 77, uid: 5, gid: 5 } };
    expect(connected(peer).service.description).toBe('PID 77/UID 5');
    expect(connected(peer, '[Unit]\nDescription=A thing\n').service.description).toBe('A thing (PID 77/UID 5)');
    const v4 = { ...ends, remote: { ...ends.remote, address: '10.0.0.9' } };
    expect(connected(v4).service.description).toBe('10.0.0.9:4000');
  });
});

describe('systemctl clean', () => {
  const made = (settings = 'StateDirectory=kept\n') => {
    const p = player(settings, stubborn);
    p.host.files.mkdirs('/var/lib/kept/below');
    return p;
  };

  it('is for a service that is down and has no job', () => {
    const { play, service, w } = made();
    const clean = (what: 'state' | 'cache') => () => service.clean(new Set([what]));
    play('start');
    expect(clean('state')).toThrow('Unit is not inactive or has pending job.');
    play('main 1');
    expect(clean('state')).toThrow('Unit is not inactive or has pending job.');
    service.resetFailed();
    expect(clean('cache')).toThrow('No matching resources found.');
    service.job = { id: 1, unit: service, type: 'start', state: 'waiting' };
    expect(clean('state')).toThrow('Unit is not inactive or has pending job.');
    service.job = undefined;
    service.loadState = 'not-found';
    expect(clean('state')).toThrow('Unit is not inactive or has pending job.');
    service.loadState = 'loaded';
    clean('state')();
    expect([service.subState, service.activeState, service.start(), service.reload()]).toEqual([
      'cleaning',
      'maintenance',
      'again',
      'not-applicable',
    ]);
    w.host.settle();
    expect([service.subState, service.cleanResult]).toEqual(['dead', 'success']);
    expect(w.host.files.tryStat('/var/lib/kept')).toBeUndefined();
  });

  it('says what it could not remove, and that it has failed', () => {
    const { service, host, told } = made();
    host.files.rmdir = (path) => {
      throw new SystemError('EROFS', 30, 'rmdir', path);
    };
    service.clean(new Set(['state']));
    host.settle();
    expect([service.subState, service.result, service.cleanResult]).toEqual(['dead', 'success', 'exit-code']);
    expect(told()[0]).toMatch(/^4 Failed to clean \/var\/lib\/kept\S*: Read-only file system$/);
    service.resetFailed();
    expect(service.cleanResult).toBe('success');
  });

  it('is ended by a stop before it has begun', () => {
    const { service, host } = made();
    service.clean(new Set(['state']));
    expect(service.stop()).toBe('quiet');
    host.settle();
    expect(service.subState).toBe('dead');
    expect(host.files.tryStat('/var/lib/kept')).toBeDefined();
  });

  it('can what its settings name', () => {
    expect(made().service.canClean).toEqual(['state']);
    expect(made('').service.canClean).toEqual([]);
  });
});

describe('descriptors of a client that waits', () => {
  it('go with the service, each once', () => {
    const { play, service, host } = player('');
    const [input, output] = [host.makeFd('terminal'), host.makeFd('file')];
    service.setStdio({ stdin: input, stdout: output, stderr: output });
    play('start');
    expect(host.openFds().has(input)).toBe(true);
    play('main 0');
    expect([host.openFds().has(input), host.openFds().has(output)]).toEqual([false, false]);
  });

  it('stay for a start that follows', () => {
    const { play, service, host } = player('Restart=always\nRestartSec=1\n');
    const input = host.makeFd('terminal');
    service.setStdio({ stdin: input });
    expect(play('start', 'main 0', '1000 ms')).toEqual(['running success', 'auto-restart success', 'running success']);
    expect(host.openFds().has(input)).toBe(true);
    play('stop');
    expect(host.openFds().has(input)).toBe(false);
  });
});

it('a failure is forgotten with reset-failed, restarts and all', () => {
  const { play, service } = player('Restart=on-failure\nRestartSec=1\nExecReload=/usr/bin/reload\n');
  play('start', 'main 1', '1000 ms', 'reload', 'control 1', 'stop');
  expect([service.nRestarts, service.reloadResult]).toEqual([1, 'exit-code']);
  play('start', 'main 1');
  service.resetFailed();
  expect([service.nRestarts, service.reloadResult, service.result]).toEqual([0, 'success', 'success']);
});

it.each([
  ['no', [false, false]],
  ['restart', [true, false]],
  ['yes', [true, true]],
] as const)('RuntimeDirectoryPreserve=%s: kept over a restart and over a stop: %j', (preserve, kept) => {
  const { play, host } = player(
    `RuntimeDirectory=mine\nRuntimeDirectoryPreserve=${preserve}\nRestart=always\nRestartSec=1\n`,
  );
  const there = (): boolean => host.files.tryStat('/run/mine') !== undefined;
  play('start', 'main 0');
  const afterEnd = there();
  play('1000 ms', 'stop');
  expect([afterEnd, there()]).toEqual(kept);
});
