/** sd_notify(3): who may say what, and what becomes of it. */
import { describe, expect, it } from 'vitest';
import { isCleanExit, resultOfExit, statusIsIn } from '../../../../src/units/service-types.ts';
import { allCommands, player, stubborn } from './service-player.ts';

const up = ['start', 'control 0', 'control 0'];

describe('NotifyAccess=', () => {
  const got = (pid: number) => `4 Got notification message from PID ${pid}, but reception`;

  it.each([
    ['none', [], 'is disabled.'],
    ['main', ['main'], 'only permitted for main PID MAIN'],
    ['exec', ['main', 'control'], 'only permitted for main PID MAIN and control PID CONTROL'],
    ['all', ['main', 'control', 'child'], ''],
  ])('%s lets %j speak', (access, speakers, refusal) => {
    const p = player(`${allCommands}NotifyAccess=${access}\n`, stubborn);
    p.host.lastNotifySocket = p.w.manager.notifySocket;
    p.play(...up);
    const [main, control, child] = [p.main(), p.control(), p.main().fork()];
    const heard = Object.entries({ main, control, child }).filter(([name, process]) => {
      p.host.datagram(p.w.manager.notifySocket, `STATUS=${name}`, { pid: process.pid, uid: 0, gid: 0 });
      p.host.settle();
      return p.service.statusText === name;
    });
    expect(heard.map(([name]) => name)).toEqual(speakers);
    const said = p.told();
    if (refusal !== '')
      expect(said.at(-1)).toBe(
        `${got(child.pid)} ${refusal.replace('MAIN', `${main.pid}`).replace('CONTROL', `${control.pid}`)}`,
      );
    expect(said).toHaveLength(3 - speakers.length);
  });

  it.each([
    ['main', [...up, 'control 0'], 'only permitted for main PID MAIN'],
    ['exec', [...up, 'control 0'], 'only permitted for main PID MAIN'],
    ['main', ['start'], 'only permitted for main PID which is currently not known'],
    ['exec', ['start'], 'only permitted for control PID CONTROL'],
    ['exec', [...up, 'control 0', 'main 1', '0 ms', 'control 0'], ''],
  ])('%s after %j', (access, way, refusal) => {
    const p = player(`${allCommands}NotifyAccess=${access}\n`, stubborn);
    p.play('start');
    const stranger = p.control().fork();
    p.play(...way.slice(1));
    const names = { MAIN: p.service.mainPid, CONTROL: p.service.controlPid };
    p.service.notified({ pid: stranger.pid, uid: 0, lines: ['STATUS=x'], fds: [] });
    expect(p.service.statusText).toBe('');
    if (refusal !== '')
      expect(p.told().at(-1)).toBe(
        `${got(stranger.pid)} ${refusal.replace('MAIN', `${names.MAIN}`).replace('CONTROL', `${names.CONTROL}`)}`,
      );
  });

  it('exec where there is neither process', () => {
    const p = player('NotifyAccess=exec\nRemainAfterExit=yes\n');
    p.play('start', 'main 0');
    p.service.notified({ pid: 4711, uid: 0, lines: ['STATUS=x'], fds: [] });
    expect(p.told()).toEqual([
      `${got(4711)} only permitted for main PID and control PID which are currently not known`,
    ]);
  });
});

describe('a message', () => {
  const running = (settings = '') => {
    const p = player(`NotifyAccess=all\n${settings}`, stubborn);
    p.play('start');
    return p;
  };

  it.each([
    ['STATUS=fine', 'fine', undefined],
    [`STATUS=${'x'.repeat(1023)}`, 'x'.repeat(1023), undefined],
    [`STATUS=${'x'.repeat(1024)}`, '', '4 Status message overly long (1024 > 1023), ignoring.'],
    ['STATUS=\ufffd', '', '4 Status message in notification message is not UTF-8 clean, ignoring.'],
  ])('%.20s', (message, text, warning) => {
    const { play, service, told } = running();
    service.statusText = 'before';
    play(message);
    expect(service.statusText).toBe(text);
    expect(told()[0]).toBe(warning);
  });

  it.each([
    ['ERRNO=0', 0],
    ['ERRNO=4095', 4095],
    ['ERRNO=4096', -1],
    ['ERRNO=-1', -1],
    ['ERRNO=ENOENT', 2],
    ['ERRNO=x', -1],
  ])('%s', (message, errno) => {
    const { play, service, told } = running();
    service.statusErrors = { errno: -1, bus: '', varlink: '' };
    play(message);
    expect(service.statusErrors.errno).toBe(errno);
    expect(told()).toHaveLength(errno < 0 ? 1 : 0);
  });

  it.each([
    ['MAINPID=0', '4 Failed to parse MAINPID= field in notification message, ignoring: 0'],
    ['MAINPID=2147483648', '4 Failed to parse MAINPID= field in notification message, ignoring: 2147483648'],
    ['MAINPID=2147483647', '4 New main PID 2147483647 does not exist or is a zombie.'],
    ['MAINPID=1', '4 New main PID 1 is the manager, refusing.'],
    ['EXTEND_TIMEOUT_USEC=x', '4 Failed to parse EXTEND_TIMEOUT_USEC=x'],
    ['WATCHDOG_USEC=-1', '4 Failed to parse WATCHDOG_USEC=-1'],
    ['WATCHDOG=2', '4 Passed WATCHDOG= field is invalid, ignoring.'],
    ['FDSTOREREMOVE=1', '4 FDSTOREREMOVE=1 requested, but no valid file descriptor name passed, ignoring.'],
    ['FDSTORE=1\nFDNAME=a:b', '4 Passed FDNAME= name is invalid, ignoring.'],
  ])('%j is not taken', (message, warning) => {
    const { play, told, service } = running();
    const before = service.mainPid;
    play(message);
    expect(told()).toEqual([warning]);
    expect(service.mainPid).toBe(before);
  });

  it('that names the control process as the main one is refused, as is one of a stranger', () => {
    const p = player(`${allCommands}NotifyAccess=all\n`, stubborn);
    p.play(...up);
    p.play(`MAINPID=${p.service.controlPid}`);
    expect(p.told()).toEqual([`4 New main PID ${p.service.controlPid} is the control process, refusing.`]);
    const foreign = p.host.addForeign();
    p.main().uid = 1000;
    const main = p.service.mainPid;
    p.play(`MAINPID=${foreign.pid}`);
    expect(p.service.mainPid).toBe(main);
    expect(p.w.messages(p.service, 7)).toContain(`New main PID ${foreign.pid} does not belong to service, refusing.`);
  });

  it('comes too late when the service goes down', () => {
    const p = player(`${allCommands}NotifyAccess=all\nWatchdogSec=5\n`, stubborn);
    p.play(...up, 'control 0', 'stop', 'control 0');
    const child = p.main().fork();
    p.play(`MAINPID=${child.pid}\nWATCHDOG=trigger\nWATCHDOG=1`);
    expect([p.state(), p.service.mainPid === child.pid, p.told()]).toEqual(['stop-sigterm success', false, []]);
  });

  it('counts as a sign of life: WATCHDOG=1', () => {
    const { play } = running('WatchdogSec=5\n');
    expect(play('4000 ms', 'WATCHDOG=1', '4999 ms', '1 ms').slice(-2)).toEqual([
      'running success',
      'stop-watchdog watchdog',
    ]);
  });

  it('to what is not loaded is not heard, and its descriptors are closed', () => {
    const { service, host } = running();
    const fd = host.makeFd('x');
    service.loadState = 'masked';
    service.notified({ pid: service.mainPid, uid: 0, lines: ['STATUS=x', 'FDSTORE=1'], fds: [fd] });
    expect([service.statusText, host.openFds().has(fd)]).toEqual(['', false]);
  });
});

describe('the descriptor store', () => {
  it('keeps each open file once, by name, up to its size', () => {
    const p = player('NotifyAccess=all\nFileDescriptorStoreMax=3\n', stubborn);
    p.play('start');
    const { host, service } = p;
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((what) => host.makeFd(what)) as [number, number, number, number];
    // The first two are the same open file; of the last one nothing is known.
    const inodes = new Map([a, b, c].map((fd) => [`/proc/self/fd/${fd}`, fd === c ? 200 : 100]));
    const tryStat = host.files.tryStat.bind(host.files);
    host.files.tryStat = (path) => {
      const ino = inodes.get(path);
      return ino === undefined ? tryStat(path) : { ...host.files.stat('/etc/passwd'), dev: 1, ino };
    };
    const say = (lines: string[], ...fds: number[]) => service.notified({ pid: service.mainPid, uid: 0, lines, fds });
    say(['FDSTORE=1', 'FDNAME=one'], a);
    say(['FDSTORE=1', 'FDNAME=two'], b);
    say(['FDSTORE=1', 'FDNAME=one'], c, d);
    expect(service.fdStore.entries.map(({ fd, name }) => `${fd === a ? 'a' : fd === c ? 'c' : 'd'} ${name}`)).toEqual([
      'd one',
      'c one',
      'a one',
    ]);
    expect([a, b, c, d].map((fd) => host.openFds().has(fd))).toEqual([true, false, true, true]);
    const late = host.makeFd('late');
    say(['FDSTORE=1'], late);
    expect(host.openFds().has(late)).toBe(false);
    expect(p.told()).toEqual(['4 Cannot store more fds than FileDescriptorStoreMax=3, closing remaining.']);
    say(['FDSTOREREMOVE=1', 'FDNAME=two']);
    expect(service.fdStore.size).toBe(3);
    say(['FDSTOREREMOVE=1', 'FDNAME=one']);
    expect([service.fdStore.size, host.openFds().size]).toEqual([0, 0]);
  });

  it('of what is down takes nothing', () => {
    for (const event of ['main 0', 'main 1']) {
      const p = player('NotifyAccess=all\nFileDescriptorStoreMax=3\n');
      p.play('start', event);
      const fd = p.host.makeFd('x');
      p.service.notified({ pid: 5, uid: 0, lines: ['FDSTORE=1'], fds: [fd] });
      expect([p.service.fdStore.size, p.host.openFds().has(fd)]).toEqual([0, false]);
    }
  });
});

describe('an end', () => {
  const list = { statuses: [3], signals: [10] };
  it.each([
    ['exited', 0, true, true],
    ['exited', 1, false, false],
    ['exited', 3, true, true],
    ['killed', 1, true, false],
    ['killed', 2, true, false],
    ['killed', 13, true, false],
    ['killed', 15, true, false],
    ['killed', 9, false, false],
    ['killed', 3, false, false],
    ['killed', 14, false, false],
    ['killed', 10, true, true],
    ['dumped', 10, false, false],
    ['dumped', 3, false, false],
  ] as const)('%s %d is clean for a daemon: %s, for a command: %s', (how, status, daemon, command) => {
    const exit = { pid: 1, how, status, cpuMs: 0, maxRssKiB: 0 };
    expect([isCleanExit(exit, true, list), isCleanExit(exit, false, list)]).toEqual([daemon, command]);
  });

  it('that is not has a result', () => {
    const results = (['exited', 'killed', 'dumped'] as const).map((how) =>
      resultOfExit({ pid: 1, how, status: 1, cpuMs: 0, maxRssKiB: 0 }),
    );
    expect(results).toEqual(['exit-code', 'signal', 'core-dump']);
  });

  it('is among statuses or signals', () => {
    const status = (code: 'exited' | 'killed' | 'dumped' | undefined, number: number) => ({
      pid: 1,
      startTimestamp: { realtime: 1, monotonic: 1 },
      handoffTimestamp: { realtime: 1, monotonic: 1 },
      exitTimestamp: { realtime: 1, monotonic: 1 },
      code,
      status: number,
    });
    expect(
      [
        status('exited', 3),
        status('exited', 10),
        status('killed', 10),
        status('dumped', 10),
        status('killed', 3),
        status(undefined, 3),
      ].map((one) => statusIsIn(list, one)),
    ).toEqual([true, false, true, true, false, false]);
  });
});
