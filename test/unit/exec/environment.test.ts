/** The variables of a process: where each comes from, and which of several counts. */
import { describe, expect, it } from 'vitest';
import { world } from '../../support/world.ts';
import { type SpawnOptions, spawned, variables } from './spawned.ts';

const environment = (settings: string, options: SpawnOptions = {}): Record<string, string> =>
  spawned(settings, options).env;
/** Only these variables, without those that are not set. */
const some = (env: Record<string, string>, ...names: string[]): Record<string, string> =>
  Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));

describe('environment', () => {
  it('of a plain service', () => {
    const { env, request } = spawned('');
    expect(Object.keys(env)).toEqual(['LANG', 'PATH', 'INVOCATION_ID', 'JOURNAL_STREAM', 'SYSTEMD_EXEC_PID']);
    expect(env.INVOCATION_ID).toMatch(/^[0-9a-f]{32}$/);
    expect(env.JOURNAL_STREAM).toMatch(/^\d+:\d+$/);
    expect(env.PATH).toBe('/usr/bin:/bin');
    // Completed by the child.
    expect(env.SYSTEMD_EXEC_PID).toBe('');
    expect(request.session).toBe(true);
    expect(request.cwd).toEqual({ path: '/', optional: false });
    expect(request.umask).toBe(0o22);
    expect(request.ignoreSigpipe).toBe(true);
    expect(request.uid).toBeUndefined();
    expect(request.groups).toBeUndefined();
  });

  it('takes each variable from the last that sets it', () => {
    const env = environment(
      `User=daemon
PassEnvironment=PASSED B UNSET
Environment=B=unit C=unit HOME=/mine "SPACED=a b"
EnvironmentFile=/etc/default/one
EnvironmentFile=-/etc/default/missing
EnvironmentFile=-/etc/default/more-*
UnsetEnvironment=GONE KEPT=other LANG WHOLE=this`,
      {
        environment: { PASSED: 'by manager', B: 'manager', SECRET: 'x' },
        files: {
          '/etc/default/one': 'C=file\nD=file\nGONE=x\nKEPT=this\nWHOLE=this\n',
          '/etc/default/more-1': 'D=more\n',
          '/etc/default/more-2': 'E="two words"\n',
        },
      },
    );
    expect(env).toMatchObject({
      PASSED: 'by manager',
      B: 'unit',
      C: 'file',
      D: 'more',
      E: 'two words',
      HOME: '/mine',
      USER: 'daemon',
      LOGNAME: 'daemon',
      SPACED: 'a b',
      KEPT: 'this',
    });
    for (const name of ['GONE', 'LANG', 'SECRET', 'SHELL', 'UNSET', 'WHOLE']) expect(env).not.toHaveProperty(name);
  });

  it('keeps a value with = in it whole', () => {
    expect(environment('Environment=OPTIONS=--a=b')).toMatchObject({ OPTIONS: '--a=b' });
  });

  it.each([
    ['PassEnvironment=PATH', '/from/container'],
    ['ExecSearchPath=/opt/bin:/usr/bin', '/opt/bin:/usr/bin'],
    ['ExecSearchPath=/opt/bin:/usr/bin\nPassEnvironment=PATH', '/from/container'],
    ['ExecSearchPath=/opt/bin:/usr/bin\nEnvironment=PATH=/mine', '/mine'],
  ])('%j makes PATH %s', (settings, path) => {
    expect(environment(settings, { environment: { PATH: '/from/container' } }).PATH).toBe(path);
  });

  it('is seen by $ in the command line', () => {
    const w = world({ files: { '/usr/bin/d': '' } });
    const service = w.service(
      'a.service',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the unit language's own braces
      'Environment="WORDS=one two" EMPTY=\nExecStart=/usr/bin/d $WORDS ${WORDS} x${WORDS}y $EMPTY ${EMPTY} $UNSET $$HOME\n',
    );
    w.up(service);
    expect(w.host.spawned[0]!.request!.argv).toEqual(['/usr/bin/d', 'one', 'two', 'one two', 'xone twoy', '', '$HOME']);
  });

  it('ExecSearchPath= is where bare names are looked for', () => {
    const w = world({ files: { '/opt/bin/tool': '', '/usr/bin/tool': '' } });
    w.up(w.service('a.service', 'ExecSearchPath=/opt/none:/opt/bin\nExecStart=tool --x\n'));
    expect(w.host.spawned[0]!.request).toMatchObject({ path: '/opt/bin/tool', argv: ['tool', '--x'] });
    w.up(w.service('b.service', 'ExecStart=tool\n'));
    expect(w.host.spawned[1]!.request!.path).toBe('/usr/bin/tool');
  });
});

describe('what the manager says of the process', () => {
  it('JOURNAL_STREAM is there where a stream goes to the journal, and is that of the errors', () => {
    expect(environment('StandardOutput=null')).not.toHaveProperty('JOURNAL_STREAM');
    const { w, env } = spawned('StandardOutput=journal\nStandardError=journal+console');
    expect(w.streams).toHaveLength(2);
    const [, second] = [...w.host.streams.keys()];
    expect(env.JOURNAL_STREAM).toBe(`8:${10_000 + second!}`);
  });

  it('WATCHDOG_USEC and WATCHDOG_PID are there where a watchdog waits', () => {
    const names = ['WATCHDOG_PID', 'WATCHDOG_USEC'];
    expect(some(environment('WatchdogSec=2s'), ...names)).toEqual({ WATCHDOG_PID: '', WATCHDOG_USEC: '2000000' });
    expect(some(environment(''), ...names)).toEqual({});
  });

  it.each([
    ['', undefined],
    ['TTYReset=yes', undefined],
    ['StandardOutput=journal', undefined],
    ['StandardInput=tty', 'xterm'],
    ['StandardOutput=tty', 'xterm'],
    ['StandardError=tty', 'xterm'],
    ['StandardOutput=journal+console', 'xterm'],
    ['TTYPath=/dev/console', 'xterm'],
    ['TTYPath=/dev/tty9', 'linux'],
    ['TTYPath=/dev/tty9\nStandardInput=tty-force', 'linux'],
    ['TTYPath=/dev/tty', 'vt220'],
    ['TTYPath=/dev/ttyS0\nStandardInput=tty-fail', 'vt220'],
    ['TTYPath=/dev/pts/9', 'vt220'],
    ['TTYPath=/dev/pts/9\nEnvironment=TERM=mine', 'mine'],
  ])('TERM with %j is %s', (settings, type) => {
    expect(environment(settings, { environment: { TERM: 'xterm' } }).TERM).toBe(type);
  });

  it('TERM of a console of which nobody knows the type is the kernel’s', () => {
    expect(environment('StandardInput=tty').TERM).toBe('linux');
  });
});

describe('who it is', () => {
  const names = ['HOME', 'LOGNAME', 'USER', 'SHELL'];
  const root = { HOME: '/root', LOGNAME: 'root', USER: 'root', SHELL: '/bin/sh' };
  const alice = { HOME: '/home/alice', LOGNAME: 'alice', USER: 'alice', SHELL: '/bin/bash' };

  it.each([
    ['', {}],
    ['User=alice', alice],
    ['User=alice\nSetLoginEnvironment=yes', alice],
    ['User=alice\nSetLoginEnvironment=no', {}],
    ['SetLoginEnvironment=yes', root],
    ['SetLoginEnvironment=no', {}],
    ['WorkingDirectory=~', { HOME: '/root' }],
    ['WorkingDirectory=~\nSetLoginEnvironment=no', {}],
    ['WorkingDirectory=/srv', {}],
    // A home of `/` and a shell that only refuses are none.
    ['User=daemon', { HOME: '/usr/sbin', LOGNAME: 'daemon', USER: 'daemon' }],
  ])('%j', (settings, expected) => {
    expect(some(environment(settings), ...names)).toEqual(expected);
  });

  it('of a user’s manager is its own', () => {
    const user: SpawnOptions = { scope: 'user', uid: 1000, environment: { HOME: '/srv/alice' } };
    expect(some(environment('SetLoginEnvironment=yes', user), ...names)).toEqual({ ...alice, HOME: '/srv/alice' });
    expect(some(environment('WorkingDirectory=~', user), ...names)).toEqual({ HOME: '/srv/alice' });
  });
});

describe('EnvironmentFile=', () => {
  function started(settings: string, files: Record<string, string> = {}) {
    const w = world({ files: { '/usr/bin/d': '', ...files } });
    const service = w.service('a.service', `[Service]\n${settings}\nExecStart=/usr/bin/d\n`);
    w.up(service);
    const [process] = w.host.spawned;
    return { w, service, env: process === undefined ? undefined : variables(process.request!) };
  }
  const missing = 'Failed to load environment files: No such file or directory';

  it.each(['/etc/none', '/etc/none-*', '/etc/none-?', '/etc/none-[ab]'])(
    '%s is missed, unless it is said to be no harm',
    (path) => {
      const { w, service, env } = started(`EnvironmentFile=${path}`);
      expect(env).toBeUndefined();
      expect(service.result).toBe('resources');
      expect(w.messages(service)).toContain(missing);
      expect(started(`EnvironmentFile=-${path}`).service.subState).toBe('running');
    },
  );

  it.each(['/etc/e-?', '/etc/e-[ab]', '/etc/e-*'])('%s is a pattern, whose files come in order', (path) => {
    const files = { '/etc/e-b': 'A=b\nB=b\n', '/etc/e-a': 'A=a\nC=a\n' };
    expect(started(`EnvironmentFile=${path}`, files).env).toMatchObject({ A: 'b', B: 'b', C: 'a' });
  });

  it('of which a line is bad is read but for that, and it is said', () => {
    const { w, env } = started('EnvironmentFile=/etc/e', { '/etc/e': 'A=1\n1BAD=x\nB=2\n' });
    expect(env).toMatchObject({ A: '1', B: '2' });
    expect(env).not.toHaveProperty('1BAD');
    expect(w.messages(undefined, 4).join('\n')).toContain('/etc/e');
  });

  it('that cannot be read keeps the unit from starting in the words of the kernel', () => {
    const w = world({ files: { '/usr/bin/d': '', '/etc/e': '' } });
    w.host.files.failures.set('/etc/e', { call: 'open', code: 'EACCES', errno: 13 });
    const service = w.service('a.service', 'EnvironmentFile=/etc/e\nExecStart=/usr/bin/d\n');
    w.up(service);
    expect(w.messages(service)).toContain('Failed to load environment files: Permission denied');
  });

  it('may have four mebibytes', () => {
    const text = (length: number): string => `A=${'x'.repeat(64)}\n${'#'.repeat(length - 67)}`;
    const size = 4 * 1024 * 1024;
    expect(started('EnvironmentFile=/etc/e', { '/etc/e': text(size) }).env).toHaveProperty('A');
    expect(started('EnvironmentFile=/etc/e', { '/etc/e': text(size + 1) }).env).toBeUndefined();
  });
});

describe('comments of EnvironmentFile=', () => {
  it.each([
    [252, undefined],
    [254, '1'],
  ] as const)('in %d a comment that ends in a backslash makes the next line %s', (release, a) => {
    const text = '# c \\\nA=1\nB=2\n# d\\e\nC=3\n';
    const { env } = spawned('EnvironmentFile=/etc/env', { release, files: { '/etc/env': text } });
    expect([env.A, env.B, env.C]).toEqual([a, '2', '3']);
  });
});
