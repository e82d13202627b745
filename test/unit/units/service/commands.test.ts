/** What the commands of each phase are given: systemd.exec(5), "ENVIRONMENT VARIABLES IN SPAWNED PROCESSES", and settings. */
import { describe, expect, it } from 'vitest';
import type { Service } from '../../../../src/units/service.ts';
import type { Release } from '../../../../src/voice/release.ts';
import { exits, type World, world } from '../../../support/world.ts';
import { allCommands, player } from './service-player.ts';

/** A whole life of a.service, in which each command ends well; what each process was given, by its program. */
function life(text: string, options: { w?: World; name?: string } = {}) {
  const { w = world(), name = 'a.service' } = options;
  for (const kind of ['condition', 'pre', 'main', 'post', 'reload', 'reloaded', 'stop', 'late'])
    w.put(`/usr/bin/${kind}`, '');
  const service = w.service(name, allCommands + text);
  w.host.onSpawn = (process) => {
    if (process.comm !== 'main') process.exit(0);
    else if (text.includes('PIDFile=')) w.put('/run/a.pid', `${process.pid}\n`);
  };
  const from = w.host.spawned.length;
  w.up(service);
  const mainPid = service.mainPid;
  w.reload(service);
  w.host.settle();
  w.stop(service);
  w.host.settle();
  const processes = Object.fromEntries(w.host.spawned.slice(from).map((process) => [process.comm, process]));
  const having = (variable: string): string[] =>
    Object.keys(processes).filter((comm) => processes[comm]!.env(variable) !== undefined);
  const where = (test: (process: (typeof processes)[string]) => boolean): string[] =>
    Object.keys(processes).filter((comm) => test(processes[comm]!));
  return { w, service, processes, having, where, mainPid };
}
const all = ['condition', 'pre', 'main', 'post', 'reload', 'reloaded', 'stop', 'late'];

describe('variables', () => {
  it.each([
    ['NOTIFY_SOCKET', 'NotifyAccess=all', all],
    ['NOTIFY_SOCKET', 'NotifyAccess=main', ['main']],
    ['NOTIFY_SOCKET', 'NotifyAccess=none', []],
    ['MAINPID', '', ['post', 'reload', 'reloaded', 'stop']],
    ['FDSTORE', 'FileDescriptorStoreMax=3', [], 252],
    ['FDSTORE', 'FileDescriptorStoreMax=3', all, 254],
    ['FDSTORE', '', [], 254],
    ['WATCHDOG_USEC', 'WatchdogSec=10', ['main']],
    ['WATCHDOG_USEC', '', []],
    ['WATCHDOG_USEC', 'WatchdogSec=infinity', []],
    ['SERVICE_RESULT', '', ['stop', 'late']],
    ['EXIT_STATUS', '', ['late']],
    ['EXIT_CODE', '', ['late']],
    ['PIDFILE', 'PIDFile=/run/a.pid', all],
    ['PIDFILE', '', []],
    ['CREDENTIALS_DIRECTORY', 'SetCredential=a:b', all],
    ['MANAGERPID', '', []],
    ['TRIGGER_UNIT', '', []],
    ['REMOTE_ADDR', '', []],
    ['MONITOR_UNIT', '', []],
  ] as [string, string, string[], Release?][])('%s with %j are told %j', (variable, setting, wanted, release) => {
    const options = release === undefined ? {} : { w: world({ release }) };
    expect(life(`${setting}\n`, options).having(variable)).toEqual(wanted);
  });

  it('have the values of this life', () => {
    const { processes, mainPid } = life('WatchdogSec=10\nPIDFile=/run/a.pid\n');
    const values = (comm: string, ...names: string[]) => names.map((name) => processes[comm]!.env(name));
    expect(values('main', 'WATCHDOG_USEC', 'PIDFILE', 'NOTIFY_SOCKET')).toEqual([
      '10000000',
      '/run/a.pid',
      '/run/systemd/notify',
    ]);
    expect(values('stop', 'MAINPID', 'SERVICE_RESULT')).toEqual([`${mainPid}`, 'success']);
    expect(values('late', 'SERVICE_RESULT', 'EXIT_CODE', 'EXIT_STATUS')).toEqual(['success', 'killed', 'TERM']);
  });

  it('of the services of a user name the manager', () => {
    const w = world({ scope: 'user', pid: 50 });
    const { having, processes } = life('', { w });
    expect(having('MANAGERPID')).toEqual(all);
    expect(processes.main!.env('MANAGERPID')).toBe('50');
  });

  it('say who has started the service, and why', () => {
    const w = world({ programs: { main: exits(0) } });
    const service = w.service('a.service', 'ExecStart=/usr/bin/main\n');
    w.manager.jobs.add('start', service, 'replace', {
      triggerUnit: 'a.path',
      environment: [
        ['TRIGGER_PATH', '/srv/x'],
        ['TRIGGER_MORE', '1'],
      ],
    });
    w.host.settle();
    expect(w.host.spawned[0]!.request!.env.filter((line) => line.startsWith('TRIGGER'))).toEqual([
      'TRIGGER_UNIT=a.path',
      'TRIGGER_PATH=/srv/x',
      'TRIGGER_MORE=1',
    ]);
  });
});

describe('MONITOR_…', () => {
  /** a.service ends in this way, handled by h.service; what that is told. */
  function handled(
    end: (w: World, a: Service) => void,
    how = 'OnFailure=h.service',
    files: Record<string, string> = {},
  ) {
    const w = world({
      files: {
        '/etc/systemd/system/h.service':
          '[Service]\nExecStartPre=/usr/bin/before\nExecStart=/usr/bin/handle\nExecStartPost=/usr/bin/after\n',
        ...files,
      },
      programs: { main: () => {}, before: exits(0), after: exits(0), handle: () => {} },
    });
    const a = w.service('a.service', `[Unit]\n${how}\n[Service]\nExecStart=/usr/bin/main\n`);
    w.up(a);
    end(w, a);
    w.host.settle();
    const told = (comm: string) =>
      w.host.spawned
        .find((process) => process.comm === comm)
        ?.request?.env.filter((line) => line.startsWith('MONITOR_'));
    return { w, a, told };
  }

  it('of the service that has failed', () => {
    const { a, told } = handled((w) => w.host.running('main')!.exit(3));
    const wanted = [
      'MONITOR_SERVICE_RESULT=exit-code',
      'MONITOR_EXIT_CODE=exited',
      'MONITOR_EXIT_STATUS=3',
      `MONITOR_INVOCATION_ID=${a.invocationId}`,
      'MONITOR_UNIT=a.service',
    ];
    expect([told('before'), told('handle'), told('after')]).toEqual([wanted, wanted, []]);
  });

  it('of one that has ended well, or by a signal', () => {
    expect(handled((w) => w.host.running('main')!.exit(0), 'OnSuccess=h.service').told('handle')).toContain(
      'MONITOR_SERVICE_RESULT=success',
    );
    expect(
      handled((w) => w.host.running('main')!.die(9))
        .told('handle')!
        .slice(0, 3),
    ).toEqual(['MONITOR_SERVICE_RESULT=signal', 'MONITOR_EXIT_CODE=killed', 'MONITOR_EXIT_STATUS=KILL']);
  });

  it('of none where it could be several', () => {
    const { w, told } = handled((world) => world.host.running('main')!.exit(3), 'OnFailure=h.service', {
      '/etc/systemd/system/b.service': '[Unit]\nOnSuccess=h.service\n[Service]\nExecStart=/usr/bin/main\n',
      '/etc/systemd/system/multi-user.target': '[Unit]\nWants=b.service\n',
    });
    expect(told('handle')).toHaveLength(5);
    w.unit('b.service');
    const h = w.unit('h.service') as Service;
    w.restart(h);
    w.host.settle();
    const last = w.host.spawned.filter(({ comm }) => comm === 'handle').at(-1)!;
    expect(last.env('MONITOR_UNIT')).toBeUndefined();
    expect(w.messages(h)).toContain(
      'multiple trigger source candidates for exit status propagation (a.service, b.service), skipping.',
    );
  });
});

describe('what only some commands are run with', () => {
  it('a terminal as standard input', () => {
    const { where } = life('StandardInput=tty\nTTYPath=/dev/null\n');
    expect(where(({ request }) => request!.stdin.kind !== 'null')).toEqual(['condition', 'pre', 'main', 'late']);
  });

  it('identity and sandbox, where PermissionsStartOnly= keeps them to the main process', () => {
    expect(life('User=daemon\n').where(({ uid }) => uid === 1)).toEqual(all);
    expect(life('User=daemon\nPermissionsStartOnly=yes\n').where(({ uid }) => uid === 1)).toEqual(['main']);
  });

  it('a root directory, where RootDirectoryStartOnly= keeps it to the main process', () => {
    const root = { w: world({ files: { '/srv/root/etc/x': '' } }) };
    for (const kind of all) root.w.put(`/srv/root/usr/bin/${kind}`, '');
    const inRoot = (settings: string): string[] =>
      life(settings, root).where(({ request }) => request!.root === '/srv/root');
    expect(inRoot('RootDirectory=/srv/root\n')).toEqual(all);
    expect(inRoot('RootDirectory=/srv/root\nRootDirectoryStartOnly=yes\n')).toEqual(['main']);
  });

  it('listening sockets and OpenFile=, also not blocking', () => {
    const sockets = (settings: string, listen = 'ListenStream=/run/a\n') => {
      const w = world({
        files: {
          '/etc/systemd/system/a.socket': `[Socket]\n${listen}`,
          '/srv/file': 'text',
        },
      });
      w.unit('a.socket');
      w.service('a.service', allCommands + settings);
      w.up(w.unit('a.socket'));
      return life(settings, { w });
    };
    const { having, processes, where } = sockets(
      'NonBlocking=yes\nOpenFile=/srv/file:file\n',
      'ListenStream=/run/a\nListenStream=/run/b\n',
    );
    expect(having('LISTEN_FDS')).toEqual(['main']);
    expect(processes.main!.env('LISTEN_FDS')).toBe('3');
    expect(processes.main!.env('LISTEN_FDNAMES')).toBe('a.socket:a.socket:file');
    expect(where(({ request }) => request!.fdsNonBlocking === true)).toContain('main');
    // They are needed, too, where a stream is one.
    expect(sockets('StandardInput=socket\n').where(({ request }) => request!.stdin.kind === 'fd')).toEqual(all);
  });
});

describe('credentials', () => {
  it('are written for the commands that start, and go with the service', () => {
    const p = player(`${allCommands}SetCredential=key:secret\n`);
    const there = (): boolean => p.host.files.tryStat('/run/credentials/a.service/key') !== undefined;
    p.play('start');
    const seen = ['control 0', 'control 0', 'control 0', 'stop', 'control 0', 'control 0'].map((event) => {
      const before = there();
      p.play(event);
      return before;
    });
    expect(seen).toEqual([false, true, true, true, true, true]);
    expect([p.service.subState, there()]).toEqual(['dead', false]);
  });
});
