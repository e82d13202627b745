import { describe, expect, it } from 'vitest';
import type { SimProcess } from '../../../../src/simulation/machine/processes.ts';
import { world } from '../../../support/world.ts';

function started(text: string, script: (process: SimProcess) => void = () => {}) {
  const w = world({ files: { '/usr/bin/d': '', '/usr/bin/post': '' } });
  w.host.onSpawn = script;
  const service = w.service('a.service', `ExecStart=/usr/bin/d\n${text}`);
  const job = w.up(service);
  const say = (message: string, fds: number[] = [], from = w.host.running('d')!): void => {
    from.notify(message, fds);
    w.host.settle();
  };
  return { w, service, job, say };
}

describe('Type=notify', () => {
  it('is up when it says so', () => {
    const { service, job, say } = started('Type=notify\n');
    expect(service.subState).toBe('start');
    say('STATUS=half way');
    expect(service.statusText).toBe('half way');
    expect(service.subState).toBe('start');
    say('READY=1\nSTATUS=up');
    expect(service.subState).toBe('running');
    expect(job.result).toBe('done');
    say('STATUS=');
    expect(service.statusText).toBe('');
  });

  it('fails where it ends without a word', () => {
    const { w, service, job } = started('Type=notify\n', (p) => p.exit(0));
    expect(job.result).toBe('failed');
    expect(service.result).toBe('protocol');
    expect(w.messages(service)).toContain("Failed with result 'protocol'.");
    expect(started('Type=notify\n', (p) => p.exit(3)).service.result).toBe('exit-code');
  });

  it('may name another main process', () => {
    const { w, service, say } = started('Type=notify\nNotifyAccess=all\n');
    const main = w.host.running('d')!;
    const worker = main.fork();
    say(`READY=1\nMAINPID=${worker.pid}`);
    expect(service.mainPid).toBe(worker.pid);
    main.exit(0);
    w.host.settle();
    expect(service.subState).toBe('running');
    worker.exit(2);
    w.host.settle();
    expect(service.mainStatus).toMatchObject({ code: 'exited', status: 2, pid: worker.pid });
  });

  it('may not name a process that is not its own, unless root says it', () => {
    const { w, service, say } = started('Type=notify\nUser=daemon\n');
    const main = service.mainPid;
    const foreign = w.host.addForeign();
    say(`MAINPID=${foreign.pid}`);
    expect(service.mainPid).toBe(main);
    say('MAINPID=1');
    say('MAINPID=999999');
    say('MAINPID=x');
    expect(service.mainPid).toBe(main);
    expect(w.messages(service)).toEqual([
      'New main PID 1 is the manager, refusing.',
      'New main PID 999999 does not exist or is a zombie.',
      'Failed to parse MAINPID= field in notification message, ignoring: x',
    ]);
    w.host.running('d')!.uid = 0;
    say(`MAINPID=${foreign.pid}`);
    expect(service.mainPid).toBe(foreign.pid);
    expect(service.mainPidAlien).toBe(true);
  });
});

describe('what it says that can not be', () => {
  it.each([
    ['0', 'Numerical result out of range'],
    ['x', 'Invalid argument'],
    ['999999', 'No such process'],
  ])('MAINPID=%s, from 257 on', (text, why) => {
    const w = world({ release: 257, files: { '/usr/bin/d': '' } });
    const service = w.service('a.service', 'ExecStart=/usr/bin/d\nNotifyAccess=all\n');
    w.up(service);
    w.host.running('d')!.notify(`MAINPID=${text}\nSTATUS=b\nBUSERROR=org.foo\nVARLINKERROR=io.foo\nMONOTONIC_USEC=y`);
    w.host.settle();
    expect(w.messages(service)).toEqual([
      `Failed to parse MAINPID=${text} field in notification message, ignoring: ${why}`,
      'Failed to parse MONOTONIC_USEC= field in notification message, ignoring: y',
    ]);
    expect([service.statusText, service.statusErrors]).toEqual(['b', { errno: 0, bus: 'org.foo', varlink: 'io.foo' }]);
  });
});

describe('NotifyAccess=', () => {
  it.each([
    ['none', false, false],
    ['main', true, false],
    ['exec', true, false],
    ['all', true, true],
  ])('%s', (access, main, child) => {
    const { w, service, say } = started(`NotifyAccess=${access}\n`);
    w.host.lastNotifySocket = w.manager.notifySocket;
    const other = w.host.running('d')!.fork();
    say('STATUS=child', [], other);
    expect(service.statusText).toBe(child ? 'child' : '');
    say('STATUS=main');
    expect(service.statusText).toBe(main ? 'main' : '');
    if (!child)
      expect(w.messages(service)[0]).toBe(
        access === 'none'
          ? `Got notification message from PID ${other.pid}, but reception is disabled.`
          : `Got notification message from PID ${other.pid}, but reception only permitted for main PID ${service.mainPid}`,
      );
  });

  it('decides who gets the socket', () => {
    for (const [access, main, control] of [
      ['none', false, false],
      ['main', true, false],
      ['exec', true, true],
    ] as const) {
      const { w } = started(`NotifyAccess=${access}\nExecStartPost=/usr/bin/post\n`);
      expect(w.host.spawned.map((p) => p.env('NOTIFY_SOCKET') !== undefined)).toEqual([main, control]);
    }
  });
});

describe('what a running service says', () => {
  it('RELOADING=1 and READY=1 make a reload of its own', () => {
    const { service, say } = started('Type=notify\n');
    say('READY=1');
    say('RELOADING=1\nMONOTONIC_USEC=5');
    expect(service.subState).toBe('reload');
    expect(service.activeState).toBe('reloading');
    say('READY=1');
    expect(service.subState).toBe('running');
  });

  it('STOPPING=1 is as good as a SIGTERM', () => {
    const { w, service, say } = started('Type=notify\nTimeoutStopSec=5\n');
    say('READY=1');
    say('STOPPING=1');
    expect(service.subState).toBe('stop-sigterm');
    w.host.running('d')!.exit(0);
    w.host.settle();
    expect(service.subState).toBe('dead');
    const slow = started('Type=notify\nTimeoutStopSec=5\n');
    slow.say('READY=1');
    slow.say('STOPPING=1');
    slow.w.host.advance(5001);
    expect(slow.service.result).toBe('timeout');
  });

  it('of several states in one message the last counts', () => {
    const { service, say } = started('Type=notify\n');
    say('STOPPING=1\nREADY=1');
    expect(service.subState).toBe('running');
  });

  it('ERRNO= and nonsense', () => {
    const { w, service, say } = started('Type=notify\n');
    say('ERRNO=12\nFOO=bar\nnonsense\nWATCHDOG=maybe\nWATCHDOG_USEC=x\nEXTEND_TIMEOUT_USEC=');
    expect(service.statusErrors.errno).toBe(12);
    expect(w.messages(service)).toEqual([
      'Failed to parse EXTEND_TIMEOUT_USEC=',
      'Passed WATCHDOG= field is invalid, ignoring.',
      'Failed to parse WATCHDOG_USEC=x',
    ]);
    expect(service.subState).toBe('start');
  });

  it('ERRNO= by name, and out of range', () => {
    const { w, service, say } = started('Type=notify\n');
    say('ERRNO=EAGAIN');
    expect(service.statusErrors.errno).toBe(11);
    say('ERRNO=-4');
    say('ERRNO=5000');
    say('ERRNO=ENOTHING');
    expect(service.statusErrors.errno).toBe(11);
    expect(w.messages(service)).toEqual([
      "Failed to parse ERRNO= field value '-4' in notification message: Numerical result out of range",
      "Failed to parse ERRNO= field value '5000' in notification message: Numerical result out of range",
      "Failed to parse ERRNO= field value 'ENOTHING' in notification message: Invalid argument",
    ]);
  });
});

describe('the descriptor store', () => {
  it('keeps what it is given over a restart and hands it back, the last one first', () => {
    const { w, service, say } = started('Type=notify\nFileDescriptorStoreMax=2\nRestart=always\nRestartSec=1\n');
    const fds = ['one', 'two', 'three'].map((name) => w.host.makeFd(name));
    say('FDSTORE=1\nFDNAME=first', [fds[0]!]);
    say('FDSTORE=1', [fds[1]!]);
    say('FDSTORE=1\nFDNAME=third', [fds[2]!]);
    expect(service.fdStore.size).toBe(2);
    expect(w.host.openFds().has(fds[2]!)).toBe(false);
    expect(w.messages(service)).toContain('Cannot store more fds than FileDescriptorStoreMax=2, closing remaining.');
    say('READY=1');
    w.host.running('d')!.exit(0);
    w.host.advance(1001);
    const next = w.host.running('d')!;
    expect(next.request!.fds).toEqual([fds[1], fds[0]]);
    expect(next.env('LISTEN_FDS')).toBe('2');
    expect(next.env('LISTEN_FDNAMES')).toBe('stored:first');
    say('FDSTOREREMOVE=1\nFDNAME=first');
    expect(service.fdStore.size).toBe(1);
    w.stop(service);
    w.host.settle();
    expect(service.fdStore.size).toBe(0);
    expect(w.host.openFds().size).toBe(0);
  });

  const stored = (lines: string) => {
    const of = started(`Type=notify\nFileDescriptorStoreMax=2\n${lines}`);
    const fd = of.w.host.makeFd('kept');
    of.say('FDSTORE=1\nFDNAME=kept', [fd]);
    of.say('READY=1');
    return { ...of, fd, state: () => `${of.service.subState} ${of.service.fdStore.size}` };
  };

  // systemd.service(5), FileDescriptorStorePreserve=
  it.each([
    ['no', 'dead 0', 'failed 0'],
    ['restart', 'dead 0', 'failed 0'],
    ['yes', 'dead-resources-pinned 1', 'failed 1'],
    ['on-success', 'dead-resources-pinned 1', 'failed 0'],
  ])('FileDescriptorStorePreserve=%s: %s after a stop, %s after a failure', (preserve, afterStop, afterFailure) => {
    const ended = stored(`FileDescriptorStorePreserve=${preserve}\n`);
    ended.w.stop(ended.service);
    ended.w.host.settle();
    expect(ended.state()).toBe(afterStop);
    const failed = stored(`FileDescriptorStorePreserve=${preserve}\n`);
    failed.w.host.running('d')!.exit(1);
    failed.w.host.settle();
    expect(failed.state()).toBe(afterFailure);
  });

  it('FileDescriptorStorePreserve=no: a restart finds nothing', () => {
    const { w, service, fd } = stored('FileDescriptorStorePreserve=no\nRestart=always\nRestartSec=1\n');
    w.host.running('d')!.exit(0);
    w.host.advance(1001);
    expect(w.host.running('d')!.request!.fds).toBeUndefined();
    expect(service.fdStore.size).toBe(0);
    expect(w.host.openFds().has(fd)).toBe(false);
  });

  it('FileDescriptorStorePreserve=yes: the next start has it, unless it was cleaned away', async () => {
    const { w, service, fd, state } = stored('FileDescriptorStorePreserve=yes\n');
    w.stop(service);
    w.host.settle();
    // nothing else needs the unit: what it keeps does
    w.manager.units.collectGarbage();
    expect(w.manager.units.find(service.id)).toBe(service);
    expect(service.activeState).toBe('inactive');
    await w.systemctl(`start --no-block ${service.id}`);
    w.host.settle();
    expect(w.host.running('d')!.request!.fds).toEqual([fd]);
    w.stop(service);
    w.host.settle();
    expect(await w.systemctl(`clean --what=fdstore ${service.id}`)).toMatchObject({ status: 0 });
    expect(state()).toBe('dead 0');
    expect(w.host.openFds().has(fd)).toBe(false);
  });

  it('takes nothing where there is no store', () => {
    const { w, service, say } = started('Type=notify\n');
    const fd = w.host.makeFd('x');
    say('FDSTORE=1', [fd]);
    expect(service.fdStore.size).toBe(0);
    expect(w.host.openFds().has(fd)).toBe(false);
  });
});

describe('messages of later releases', () => {
  it('MAINPIDFD=1 names the main process by a pidfd', () => {
    const { w, service, say } = started('Type=notify\nNotifyAccess=all\n');
    const worker = w.host.running('d')!.fork();
    w.files.put('/proc/self/fdinfo/7', `pos:\t0\nflags:\t02000002\nPid:\t${worker.pid}\nNSpid:\t9\n`);
    w.files.put('/proc/self/fdinfo/8', 'pos:\t0\n');
    const main = service.mainPid;
    say('MAINPIDFD=1', [7, 8]);
    say('MAINPIDFD=1');
    say('MAINPIDFD=1', [8]);
    expect(service.mainPid).toBe(main);
    expect(w.messages(service)).toEqual([
      'Got MAINPIDFD=1 with more than one fd, ignoring.',
      'Got MAINPIDFD=1 with no fd, ignoring.',
      'Got MAINPIDFD=1 with an fd that is no process, ignoring.',
    ]);
    say('READY=1\nMAINPIDFD=1', [7]);
    expect(service.mainPid).toBe(worker.pid);
  });

  it('NOTIFYACCESS= changes who may speak, until the next start', () => {
    const { w, service, say } = started('Type=notify\nNotifyAccess=main\n');
    const child = w.host.running('d')!.fork();
    say('STATUS=a', [], child);
    expect(service.statusText).toBe('');
    say('READY=1\nNOTIFYACCESS=all');
    say('STATUS=b', [], child);
    expect(service.statusText).toBe('b');
    say('NOTIFYACCESS=nobody');
    expect(w.messages(service)).toContain(
      "Failed to parse NOTIFYACCESS= field value 'nobody' in notification message, ignoring: Invalid argument",
    );
    w.stop(service);
    w.host.settle();
    expect(service.notifyAccess).toBe('all');
    w.up(service);
    expect(service.notifyAccess).toBeUndefined();
  });

  it('RESTART_RESET=1 makes the restart counter begin again', () => {
    const { w, service, say } = started(
      'Restart=always\nRestartSec=1\nRestartSteps=4\nRestartMaxDelaySec=100\nNotifyAccess=all\n',
    );
    w.host.running('d')!.exit(0);
    w.host.advance(2_000);
    expect(service.nRestarts).toBe(1);
    say('RESTART_RESET=1');
    expect(service.nRestarts).toBe(0);
  });
});
