/** Turns in a service's life that two things at a time make: a word in a reload, a stop while it waits, a restart refused. */
import { describe, expect, it } from 'vitest';
import { SystemError } from '../../../../src/sys/host.ts';
import { JobError } from '../../../../src/units/job-types.ts';
import { world } from '../../../support/world.ts';
import { allCommands, player, stubborn } from './service-player.ts';

const up = ['start', 'control 0', 'control 0'];
const run = [...up, 'control 0'];

describe('what a service says', () => {
  it.each([
    ['READY=1', 'running success'],
    ['RELOADING=1', 'reload success'],
    ['STOPPING=1', 'stop-sigterm success'],
  ])('when it runs: %s', (word, end) => {
    const { play } = player(`${allCommands}Type=notify\nTimeoutStartSec=7\n`, stubborn);
    play(...up, 'READY=1', 'control 0');
    expect(play(word)).toEqual([end]);
  });

  it('counts by its last word in 252, and from 253 on STOPPING=1 more than READY=1 and that more than RELOADING=1', () => {
    const says = (release: 252 | 253, message: string): string | undefined => {
      const { play } = player(`${allCommands}Type=notify\n`, stubborn, { release });
      return play(...up, 'READY=1', 'control 0', message).at(-1);
    };
    expect(says(252, 'READY=1\nRELOADING=1')).toBe('reload success');
    expect(says(253, 'READY=1\nRELOADING=1')).toBe('running success');
    expect(says(252, 'STOPPING=1\nREADY=1')).toBe('running success');
    expect(says(253, 'STOPPING=1\nREADY=1')).toBe('stop-sigterm success');
    expect(says(253, 'RELOADING=1')).toBe('reload-notify success');
  });

  it('after STOPPING=1 is refused from 262 on', () => {
    for (const [release, refused] of [
      [257, 0],
      [262, 1],
    ] as const) {
      const { play, told } = player(`${allCommands}Type=notify\n`, stubborn, { release });
      play(...up, 'READY=1', 'control 0', 'STOPPING=1');
      for (const state of ['READY', 'RELOADING']) {
        expect(play(`${state}=1`)).toEqual(['stop-sigterm success']);
        const text = `4 Service must stop after STOPPING=1 notification, refusing attempted transition to ${state}.`;
        expect(told().filter((line) => line === text)).toHaveLength(refused);
      }
    }
  });

  it('while ExecReload= runs is no end of the reload', () => {
    const { play } = player(`${allCommands}Type=notify\n`, stubborn);
    play(...up, 'READY=1', 'control 0', 'reload');
    expect(play('READY=1', 'RELOADING=1', 'READY=1', 'control 0')).toEqual([
      'reload success',
      'reload success',
      'reload success',
      'reload-post success',
    ]);
  });

  it('of a reload has a limit, and a way through ExecReloadPost=', () => {
    const { play, w, service } = player(`${allCommands}Type=notify\nTimeoutStartSec=7\n`, stubborn);
    play(...up, 'READY=1', 'control 0', 'RELOADING=1');
    expect(play('READY=1', 'control 0')).toEqual(['reload-post success', 'running success']);
    play('RELOADING=1');
    expect(play('6999 ms', '1 ms')).toEqual(['reload success', 'reload success']);
    expect(w.messages(service)).toEqual(['Reload operation timed out. Killing reload process.']);
    expect(w.messages(service, 7)).not.toContain('Changed reload -> reload');
  });

  it('before it is up counts when it is: STOPPING=1, RELOADING=1', () => {
    const stops = player(`${allCommands}NotifyAccess=all\nTimeoutStopSec=5\n`, stubborn);
    stops.play(...up, 'STOPPING=1');
    expect(stops.play('control 0', '4999 ms', '1 ms').slice(0, 2)).toEqual([
      'stop-sigterm success',
      'stop-sigterm success',
    ]);
    const reloads = player(`${allCommands}NotifyAccess=all\n`, stubborn);
    reloads.play(...up, 'RELOADING=1');
    expect(reloads.play('control 0', 'READY=1')).toEqual(['reload success', 'reload-post success']);
  });

  it('makes others reload that it passes a reload on to', () => {
    const w = world({
      units: {
        'b.service': '[Service]\nExecStart=/usr/bin/b\nExecReload=/usr/bin/again\n',
        'a.service': '[Unit]\nPropagatesReloadTo=b.service\n[Service]\nType=notify\nExecStart=/usr/bin/a\n',
      },
      programs: { a: (p) => p.notify('READY=1'), b: () => {}, again: () => {} },
    });
    w.up(w.unit('b.service'));
    w.up(w.unit('a.service'));
    w.host.running('a')!.notify('RELOADING=1');
    w.host.settle();
    expect(w.unit('b.service').subState).toBe('reload');
  });
});

describe('Type=notify-reload', () => {
  const text = `${allCommands}Type=notify-reload\nTimeoutStartSec=7\n`;
  const running = [...up, 'READY=1', 'control 0'];
  /** Later than any signal of a test. */
  const answer = `RELOADING=1\nMONOTONIC_USEC=${2 ** 50}`;

  it.each([
    ['RELOADING=1', 'reload-signal'],
    ['RELOADING=1\nMONOTONIC_USEC=5', 'reload-signal'],
    ['RELOADING=1\nMONOTONIC_USEC=5\nREADY=1', 'reload-signal'],
    ['READY=1', 'reload-signal'],
    [answer, 'reload-notify'],
    [`READY=1\n${answer}`, 'reload-post'],
    ['STOPPING=1', 'stop-sigterm'],
  ])('waits for an answer to its signal: %j', (message, state) => {
    const { play } = player(`${text}ExecReload=\n`, stubborn);
    expect(play(...running, '5 ms', 'reload', message).at(-1)).toBe(`${state} success`);
  });

  it('is asked by a signal beside ExecReload=, from 262 on after it', () => {
    const before = player(text, stubborn, { release: 257 });
    expect(before.play(...running, 'reload', 'control 0').slice(-2)).toEqual(['reload success', 'reload-post success']);
    expect(before.main().received).toEqual([1]);
    const after = player(text, stubborn, { release: 262 });
    after.play(...running, 'reload');
    expect(after.main().received).toEqual([]);
    expect(after.play('control 0', answer, 'READY=1')).toEqual([
      'reload-signal success',
      'reload-notify success',
      'reload-post success',
    ]);
    expect(after.main().received).toEqual([1]);
  });

  it('is not up in 262 where it has no handler for the signal', () => {
    const start = (release: 257 | 262, caught: string) => {
      const { play, w, service, main, told } = player('Type=notify-reload\n', stubborn, { release });
      play('start');
      const status = `SigBlk:\t0000000000000000\nSigCgt:\t${caught}\n`;
      w.put(`/proc/${main().pid}/status`, status);
      play('READY=1');
      return { state: service.subState, said: told().filter((line) => line.includes('handler')), pid: service.mainPid };
    };
    const deaf = start(262, '0000000000000200');
    expect(deaf).toMatchObject({
      state: 'stop-sigterm',
      said: [`3 Main process ${deaf.pid} lacks handler for reload signal HUP, refusing service startup.`],
    });
    expect(start(262, '0000000000000001')).toMatchObject({ state: 'running', said: [] });
    expect(start(257, '0000000000000200')).toMatchObject({ state: 'running', said: [] });
  });

  it('is asked by a signal', () => {
    const { play, main, service } = player(`${text}ExecReload=\nReloadSignal=SIGUSR1\n`, stubborn);
    expect(play(...running, 'reload', answer, 'READY=1', 'control 0').slice(-4)).toEqual([
      'reload-signal success',
      'reload-notify success',
      'reload-post success',
      'running success',
    ]);
    expect(main().received).toEqual([10]);
    expect([service.canReload, service.reloadResult]).toEqual([true, 'success']);
  });

  it('fails the reload where it can not be sent', () => {
    const { play, host, service, told } = player(text, stubborn);
    play(...running);
    host.kill = () => {
      throw new SystemError('EPERM', 1, 'kill');
    };
    expect(play('reload')).toEqual(['running success']);
    expect(service.reloadResult).toBe('resources');
    expect(told()[0]).toMatch(/^4 Failed to send reload signal: .*EPERM/);
  });

  it('with nobody to ask runs ExecReload=', () => {
    const { play, host } = player(`${text}RemainAfterExit=yes\n`);
    play(...running, 'main 0');
    expect(play('reload')).toEqual(['reload success']);
    expect(host.kills).toEqual([]);
  });
});

describe('a reload', () => {
  it('is for what has one', () => {
    const { play, service } = player('', stubborn);
    play('start');
    expect([service.canReload, service.reload()]).toEqual([false, 'not-applicable']);
    const other = player('ExecReload=/usr/bin/reload\n', stubborn);
    other.play('start');
    expect([other.service.canReload, other.service.reload()]).toEqual([true, 'started']);
    expect(other.service.reload()).toBe('again');
  });

  it('whose main process ends meanwhile ends with it', () => {
    const { play } = player(allCommands, stubborn);
    play(...run, 'reload');
    expect(play('main 0', 'control 0', 'control 0')).toEqual(['reload success', 'reload-post success', 'stop success']);
    const failed = player(allCommands, stubborn);
    failed.play(...run, 'reload');
    expect(failed.play('main 1', 'control 1')).toEqual(['reload exit-code', 'stop-post exit-code']);
  });
});

describe('a start that is skipped', () => {
  it('by ExecCondition= says so', () => {
    const { play, told, w } = player(allCommands);
    expect(play('start', 'control 3', 'control 0')).toEqual([
      'condition success',
      'stop-post exec-condition',
      'dead exec-condition',
    ]);
    expect(told()).toEqual(["6 Skipped due to 'exec-condition'."]);
    expect(w.logged.find(({ message }) => message.includes('Skipped'))?.fields).toMatchObject({
      UNIT_RESULT: 'exec-condition',
    });
  });

  it('sets whether its condition held', () => {
    const { play, service } = player(allCommands);
    play('start');
    expect(play('control 255')).toEqual(['stop-post exit-code']);
    service.conditionResult = false;
    const held = player(allCommands);
    held.play('start');
    held.service.conditionResult = false;
    held.play('control 0');
    expect(held.service.conditionResult).toBe(true);
  });
});

describe('Restart=always', () => {
  const text = 'Restart=always\nRestartSec=1\n';

  it('does not act on a stop, whoever asks for it', () => {
    const { play, service, main } = player(text, stubborn);
    play('start');
    service.stop();
    main().exit(0);
    expect(play('0 ms', '10000 ms')).toEqual(['dead success', 'dead success']);
    // It acts again in the next life.
    expect(play('start', 'main 0')).toEqual(['running success', 'auto-restart success']);
  });

  it('waits for a stop that is queued', () => {
    const { play, service, told } = player(text);
    play('start', 'main 0');
    service.job = { id: 1, unit: service, type: 'stop', state: 'waiting' };
    expect(play('1000 ms', '10000 ms')).toEqual(['auto-restart success', 'auto-restart success']);
    expect(told().at(-1)).toBe('6 Stop job pending for unit, skipping automatic restart.');
  });

  it('gives up where there can be no job', () => {
    const { play, w, told } = player(text);
    play('start', 'main 0');
    w.manager.jobs.add = () => {
      throw new JobError('org.freedesktop.systemd1.TransactionIsDestructive', 'Transaction is destructive.');
    };
    expect(play('1000 ms')).toEqual(['failed resources']);
    expect(told()).toContain('4 Failed to schedule restart job: Transaction is destructive.');
  });

  it('with RestartMode=direct shows an end that is one', () => {
    const { play } = player('Restart=on-failure\nRestartMode=direct\n');
    expect(play('start', 'main 0')).toEqual(['running success', 'dead success']);
  });

  it('is due: others that it needs are kept', () => {
    const { play, service } = player(text);
    expect(service.willRestart).toBe(false);
    play('start', 'main 0');
    expect(service.willRestart).toBe(true);
    play('stop');
    expect(service.willRestart).toBe(false);
  });

  it('is over with a stop, descriptors and all', () => {
    const { play, service, host } = player(`${text}FileDescriptorStoreMax=1\nNotifyAccess=all\n`);
    play('start');
    host.running('main')!.notify('FDSTORE=1', [host.makeFd('kept')]);
    expect(play('main 0')).toEqual(['auto-restart success']);
    expect(service.fdStore.size).toBe(1);
    expect(service.stop()).toBe('quiet');
    expect(service.fdStore.size).toBe(0);
  });
});

it('what is kept is for the main process alone', () => {
  const { play, host } = player(`${allCommands}FileDescriptorStoreMax=1\nNotifyAccess=all\nRestart=always\n`);
  play(...run);
  host.running('main')!.notify('FDSTORE=1', [host.makeFd('kept')]);
  host.settle();
  play('main 0', 'control 0', 'control 0', '100 ms', 'control 0', 'control 0');
  const counts = Object.fromEntries(host.spawned.map(({ comm, request }) => [comm, request!.fds?.length ?? 0]));
  expect(counts).toEqual({ condition: 0, pre: 0, main: 1, post: 0, stop: 0, late: 0 });
});

it('Type=idle leaves no pipe behind where its program can not be run', () => {
  const w = world({ programs: { busy: () => {}, main: () => {} } });
  w.up(w.service('busy.service', 'Type=oneshot\nExecStart=/usr/bin/busy\n'));
  w.host.forkErrors.set('/usr/bin/main', { code: 'EAGAIN', errno: 11 });
  const service = w.service('a.service', 'Type=idle\nExecStart=/usr/bin/main\n');
  w.up(service);
  expect([service.subState, service.result]).toEqual(['failed', 'resources']);
  expect([...w.host.openFds().values()]).not.toContain('pipe');
});

describe('a service whose file says something else meanwhile', () => {
  it('has nothing to start any more', () => {
    const { play, w, service, told } = player(allCommands);
    play('start');
    w.service('a.service', 'Type=simple\nExecStop=/usr/bin/stop\nExecStart=/usr/bin/main\n');
    service.loaded.service!.ExecStart = [];
    expect(play('control 0')).toEqual(['failed resources']);
    expect(told().slice(0, 2)).toEqual([
      "3 There's no 'start' task anymore we could start.",
      "4 Failed to run 'start' task: No such device or address",
    ]);
  });
});

describe('what is left of the life before', () => {
  const left = (settings: string) => {
    const p = player(`${allCommands}TimeoutStopSec=1\n${settings}`, stubborn);
    p.play(...run);
    stubborn(p.host.running('main')!.fork());
    p.play('stop', 'control 0', 'main 0', 'control 0', '1000 ms', '1000 ms');
    return p;
  };

  it.each([
    ['SendSIGKILL=no\n', 'failed resources'],
    ['SendSIGKILL=no\nKillMode=mixed\n', 'failed resources'],
    ['SendSIGKILL=no\nKillMode=process\n', 'condition success'],
    ['KillMode=process\n', 'condition success'],
  ])('with %j', (settings, end) => {
    const { play, told } = left(settings);
    expect(play('start')).toEqual([end]);
    expect(told().some((line) => line.startsWith('4 Found left-over process'))).toBe(true);
    expect(told().some((line) => line === "4 Failed to run 'exec-condition' task: Device or resource busy")).toBe(
      end.startsWith('failed'),
    );
  });

  it.each([
    ['ExecStartPre=/usr/bin/pre\nExecStart=/usr/bin/main\n', 'start-pre', 'failed resources'],
    ['ExecStart=/usr/bin/main\n', 'start', 'stop-sigterm resources'],
  ])('before the first command, with %j', (commands, task, end) => {
    const p = player(`${commands}TimeoutStopSec=1\nSendSIGKILL=no\n`, stubborn);
    p.play('start');
    if (task === 'start-pre') p.play('control 0');
    stubborn(p.host.running('main')!.fork());
    p.play('stop', 'main 0', '1000 ms', '1000 ms');
    expect(p.play('start')).toEqual([end]);
    expect(p.told()).toContain(`4 Failed to run '${task}' task: Device or resource busy`);
    expect(p.told()).toContain(
      '3 Will not start SendSIGKILL=no service of type KillMode=control-group or mixed while processes exist',
    );
  });
});

describe('a main process that ends before its service is up', () => {
  it.each([
    ['RemainAfterExit=yes\nNotifyAccess=all\n', ['start success', 'exited success']],
    ['RemainAfterExit=yes\nNotifyAccess=main\n', ['stop-sigterm protocol', 'stop-sigterm protocol']],
    ['NotifyAccess=all\n', ['stop-sigterm protocol', 'stop-sigterm protocol']],
  ])('leaves others to say so, with %j: %j', (settings, wanted) => {
    const { play, host, main, service } = player(`Type=notify\n${settings}`, stubborn);
    play('start');
    const child = main().fork();
    stubborn(child);
    const before = play('main 0');
    service.notified({ pid: child.pid, uid: 0, lines: ['READY=1'], fds: [] });
    host.settle();
    expect([...before, ...play('0 ms')]).toEqual(wanted);
  });

  it('of a program that may be missing is none', () => {
    const { play, told } = player('Type=exec\nExecStart=-/usr/bin/missing\n');
    expect(play('start')).toEqual(['dead success']);
    expect(told()[0]).toMatch(/missing, skipping/);
  });
});

it.each([
  ['stop-sigterm', ['stop', 'control 0'], 'stop-post success'],
  ['stop-sigkill', ['stop', 'control 0', '1000 ms'], 'stop-post timeout'],
  ['final-sigterm', ['stop', 'control 0', '1000 ms', '1000 ms', '1000 ms', 'control 0'], 'failed timeout'],
  ['final-sigkill', ['stop', 'control 0', '1000 ms', '1000 ms', '1000 ms', '1000 ms', 'control 0'], 'failed timeout'],
])('in %s the end of the main process counts, not that of others', (subState, way, end) => {
  const { play, main, service } = player(`${allCommands}TimeoutStopSec=1\n`, stubborn);
  play(...run);
  stubborn(main().fork());
  play('unkillable', ...way);
  expect(service.subState).toBe(subState);
  expect(play('main 0')).toEqual([end]);
});
