import { describe, expect, it } from 'vitest';
import { world } from '../world.ts';

const run = '[Service]\nExecStart=/bin/true\n';

describe('system.conf', () => {
  it('is what units start from, drop-ins by name, /etc before /usr/lib', () => {
    const { loader } = world({
      '/etc/systemd/system.conf': '[Manager]\nDefaultTimeoutStopSec=5\nDefaultRestartSec=1\n',
      '/usr/lib/systemd/system.conf.d/10-x.conf': '[Manager]\nDefaultTimeoutStopSec=7\nDefaultLimitNOFILE=10:20\n',
      '/usr/lib/systemd/system.conf.d/20-y.conf': '[Manager]\nDefaultTasksMax=99\n',
      '/etc/systemd/system.conf.d/20-y.conf': '[Manager]\nDefaultTasksMax=98\n',
      '/etc/systemd/system/a.service': run,
    });
    const unit = loader.load('a.service');
    expect(unit.service).toMatchObject({ TimeoutStopSec: 7000, RestartSec: 1000, TimeoutStartSec: 90_000 });
    expect(unit.exec?.LimitNOFILE).toEqual({ soft: 10, hard: 20 });
    expect(unit.cgroup?.TasksMax).toBe(98);
  });

  it('an empty TasksMax= is what it says, of slices too, which are without a limit otherwise', () => {
    const { loader } = world({
      '/etc/systemd/system.conf': '[Manager]\nDefaultTasksMax=\nDefaultTasksMax=98\n',
      '/etc/systemd/system/a.service': `${run}TasksMax=5\nTasksMax=\n`,
      '/etc/systemd/system/a.slice': '[Slice]\nTasksMax=\n',
      '/etc/systemd/system/b.slice': '[Slice]\nTasksMax=nonsense\n',
    });
    const limits = ['a.service', 'a.slice', 'b.slice'].map((name) => loader.load(name).cgroup?.TasksMax);
    expect(limits).toEqual([98, 98, Number.POSITIVE_INFINITY]);
  });

  it('is read again when asked for', () => {
    const { host, loader } = world({ '/etc/systemd/system/a.service': run });
    expect(loader.load('a.service').service?.RestartSec).toBe(100);
    host.files.put('/etc/systemd/system.conf', '[Manager]\nDefaultRestartSec=3\n');
    loader.reconfigure();
    expect(loader.load('a.service').service?.RestartSec).toBe(3000);
  });

  it('says what is wrong with it', () => {
    const { loader } = world({
      '/etc/systemd/system.conf': '[Manager]\nDefaultRestartSec=soon\nFoo=1\n[Unit]\nA=b\n',
    });
    expect(loader.configuration.diagnostics.map(({ file, line, message }) => `${file}:${line}: ${message}`)).toEqual([
      '/etc/systemd/system.conf:2: Failed to parse sec value, ignoring: soon',
      "/etc/systemd/system.conf:3: Unknown key 'Foo' in section [Manager], ignoring.",
      "/etc/systemd/system.conf:4: Unknown section 'Unit'. Ignoring.",
    ]);
    expect(loader.defaults.restartMs).toBe(100);
  });

  it('says in words of their own what is wrong with how the manager logs', () => {
    const lines = ['LogLevel=loud', 'LogTarget=paper', 'LogColor=red', 'LogLocation=here', 'RuntimeWatchdogSec=x'];
    const good = ['LogLevel=err', 'LogTarget=null', 'LogColor=no', 'RuntimeWatchdogSec=off', 'RuntimeWatchdogSec=10'];
    const { loader } = world({ '/etc/systemd/system.conf': ['[Manager]', ...lines, ...good].join('\n') });
    expect(loader.configuration.diagnostics.map(({ message }) => message)).toEqual([
      "Invalid log level'loud': Invalid argument",
      "Invalid target'paper': Invalid argument",
      "Invalid color'red': Invalid argument",
      "Invalid location'here': Invalid argument",
      'Failed to parse sec value, ignoring: x',
    ]);
    expect(loader.configuration.settings.LogLevel).toBe(3);
  });

  it('is read only from files', () => {
    const { host, loader } = world({
      '/etc/systemd/system.conf.d/10-null.conf': '-> /dev/null',
      '/etc/systemd/system.conf.d/20-dir.conf/x': '',
      '/etc/systemd/system.conf.d/40-last.conf': '[Manager]\nDefaultRestartSec=4\n',
    });
    host.files.putSpecial('/etc/systemd/system.conf', 'fifo');
    host.files.putSpecial('/etc/systemd/system.conf.d/30-socket.conf', 'socket');
    loader.reconfigure();
    expect(loader.defaults.restartMs).toBe(4000);
    expect(loader.configuration.diagnostics.map(({ file, line, message }) => `${file}:${line}: ${message}`)).toEqual([
      '/etc/systemd/system.conf:0: Error while reading configuration file: Is a FIFO, not a regular file',
      '/etc/systemd/system.conf.d/20-dir.conf:0: Error while reading configuration file: Is a directory',
      '/etc/systemd/system.conf.d/30-socket.conf:0: Error while reading configuration file: Is a socket, not a regular file',
    ]);
  });

  it('of a user manager is user.conf', () => {
    const { loader } = world(
      {
        '/etc/systemd/system.conf': '[Manager]\nDefaultRestartSec=9\n',
        '/etc/systemd/user.conf': '[Manager]\nDefaultRestartSec=4\n',
      },
      { scope: 'user' },
    );
    expect(loader.defaults.restartMs).toBe(4000);
  });

  it('of a user manager is the user’s own in place of the machine’s, whose drop-ins count all the same', () => {
    const files = {
      '/etc/systemd/user.conf': '[Manager]\nDefaultRestartSec=4\nDefaultStartLimitBurst=4\n',
      '/etc/systemd/user.conf.d/20-x.conf': '[Manager]\nDefaultTimeoutStopSec=4\n',
      '/home/alice/.config/systemd/user.conf': '[Manager]\nDefaultRestartSec=5\nDefaultTimeoutStopSec=5\n',
      '/home/alice/.config/systemd/user.conf.d/30-y.conf': '[Manager]\nDefaultTimeoutStartSec=6\n',
      '/config/systemd/user.conf': '[Manager]\nDefaultRestartSec=7\n',
    };
    const of = (environment: Record<string, string>) => world(files, { scope: 'user', environment }).loader.defaults;
    const usual = { restartMs: 5000, startLimitBurst: 5, timeoutStopMs: 4000, timeoutStartMs: 6000 };
    expect(of({ HOME: '/home/alice' })).toMatchObject(usual);
    expect(of({ HOME: '/home/alice', XDG_CONFIG_HOME: '/config' })).toMatchObject({ restartMs: 7000 });
    expect(of({})).toMatchObject({ restartMs: 4000, startLimitBurst: 4 });
  });
});

describe('files of system.conf', () => {
  it('are read in the order of their names, whichever order they are in', () => {
    const drop = (name: string, value: number) => ({
      [`/etc/systemd/system.conf.d/${name}`]: `[Manager]\nDefaultRestartSec=${value}\nDefaultStartLimitBurst=${value}\n`,
    });
    const { loader } = world({
      ...drop('30-c.conf', 3),
      ...drop('10-a.conf', 1),
      ...drop('20-b.conf', 2),
      ...drop('40-d.txt', 4),
      ...drop('50-e.conf~', 5),
      ...drop('.60-f.conf', 6),
      '/run/systemd/system.conf.d/30-c.conf': '[Manager]\nDefaultRestartSec=7\n',
      '/run/systemd/system.conf.d/15.conf': '[Manager]\nDefaultTimerAccuracySec=5\n',
      '/usr/local/lib/systemd/system.conf.d/16.conf': '[Manager]\nDefaultTasksMax=5\n',
    });
    expect(loader.defaults).toMatchObject({
      restartMs: 3000,
      startLimitBurst: 3,
      timerAccuracyMs: 5000,
      tasksMax: 5,
    });
  });

  it('may have a mebibyte', () => {
    const of = (length: number) => {
      const end = '\n[Manager]\nDefaultRestartSec=3\n';
      return world({ '/etc/systemd/system.conf': `#${'x'.repeat(length - end.length - 1)}${end}` }).loader;
    };
    expect(of(1024 * 1024 - 10).defaults.restartMs).toBe(3000);
    const { defaults, configuration } = of(1024 * 1024 + 1);
    expect(defaults.restartMs).toBe(100);
    expect(configuration.diagnostics).toMatchObject([
      { level: 3, message: 'Error while reading configuration file: File too large' },
    ]);
  });

  it('know specifiers of the machine', () => {
    const { loader } = world({ '/etc/systemd/system.conf': '[Manager]\nDefaultEnvironment=A=%T B=%n C=%H\n' });
    expect(loader.configuration.settings.DefaultEnvironment).toEqual(['A=/tmp', 'C=machine']);
  });
});
