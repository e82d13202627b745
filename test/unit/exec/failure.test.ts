/** What fails before the program runs: the status of the process, and what the log says of it, under whose name. */
import { describe, expect, it } from 'vitest';
import type { SimHost } from '../../../src/simulation/machine/host.ts';
import { type SpawnFailure, type SpawnStep, SystemError } from '../../../src/sys/host.ts';
import { runs, type World, world } from '../../support/world.ts';

const messageId = '641257651c1b4ec9a8624d7a40a9e1e7';

/** A service whose child fails at a step. */
function failing(step: SpawnStep, code = 'EPERM', lines = '', more: Partial<SpawnFailure> = {}) {
  const w = world({ files: { '/usr/bin/program': '' } });
  w.host.failing.set('/usr/bin/program', { step, errno: 1, code, ...more });
  const service = w.service('a.service', `${lines}\nExecStart=/usr/bin/program\n`);
  w.up(service);
  return { w, service };
}
/** What the child has said, by priority. */
const said = (w: World): string[] =>
  w.logged.filter((line) => line.identifier?.startsWith('(')).map(({ priority, message }) => `${priority} ${message}`);

describe('a step that fails in the child', () => {
  it.each<[SpawnStep, string, string]>([
    ['CHDIR', 'ENOENT', 'Changing to the requested working directory failed: No such file or directory'],
    ['EXEC', 'ENOEXEC', 'Failed to execute /usr/bin/program: Exec format error'],
    ['USER', 'EPERM', 'Failed to change UID: Operation not permitted'],
    ['STDOUT', 'ENOSPC', 'Failed to set up standard output: No space left on device'],
    ['MEMORY', 'ENOMEM', 'Failed at step MEMORY: Cannot allocate memory'],
  ])('%s: %s', (step, code, message) => {
    const { w } = failing(step, code);
    const reason = message.slice(message.indexOf(': ') + 2);
    expect(said(w)).toEqual([
      `3 a.service: ${message}`,
      `3 a.service: Failed at step ${step} spawning /usr/bin/program: ${reason}`,
    ]);
  });

  it('is told by the child, before its end, with what is to be found by', () => {
    const { w, service } = failing('EXEC', 'ENOEXEC');
    const [process] = w.host.spawned;
    const [first, second] = w.logged.filter((line) => line.identifier?.startsWith('('));
    const { pid } = process!;
    // The name of a process that has not become its program: the last eight letters.
    for (const line of [first, second])
      expect(line).toMatchObject({ unit: 'a.service', identifier: '(program)', process: { pid, comm: '(program)' } });
    expect(first!.fields).toEqual({});
    expect(second!.fields).toEqual({
      MESSAGE_ID: messageId,
      EXECUTABLE: '/usr/bin/program',
      INVOCATION_ID: service.invocationId,
    });
    const order = w.logged.map(({ message }) => message);
    const end = order.findIndex((message) => message.includes('Main process exited'));
    expect(order.indexOf(second!.message)).toBeLessThan(end);
    expect(order.filter((message) => message.includes('Failed at step'))).toHaveLength(1);
  });

  it('is told after the unit is said to start', () => {
    const w = world({ files: { '/usr/bin/program': '' } });
    w.host.failing.set('/usr/bin/program', { step: 'CHDIR', errno: 2, code: 'ENOENT' });
    w.up(w.service('a.service', 'Type=oneshot\nExecStart=/usr/bin/program\n'));
    const order = w.logged.map(({ message }) => message);
    const start = order.findIndex((message) => message.startsWith('Starting '));
    expect(start).toBeGreaterThanOrEqual(0);
    expect(order.findIndex((message) => message.includes('Changing to the requested'))).toBeGreaterThan(start);
  });

  it('has a short name where that of the program is long', () => {
    const w = world({ files: { '/usr/bin/a-long-program': '' } });
    w.host.failing.set('/usr/bin/a-long-program', { step: 'EXEC', errno: 8, code: 'ENOEXEC' });
    w.up(w.service('a.service', 'ExecStart=/usr/bin/a-long-program\n'));
    expect(w.logged.find((line) => line.identifier?.startsWith('('))?.identifier).toBe('(-program)');
  });

  it.each([
    ['NetworkNamespacePath=/run/netns/a', 'NETWORK', 'ENOENT', 'Failed to open network namespace path /run/netns/a'],
    ['NetworkNamespacePath=/run/netns/a', 'NETWORK', 'EPERM', 'Failed to set up network namespacing'],
    ['PrivateNetwork=yes', 'NETWORK', 'ENOENT', 'Failed to set up network namespacing'],
    ['PrivateTmp=yes\nIPCNamespacePath=/run/ipc', 'NAMESPACE', 'EACCES', 'Failed to open IPC namespace path /run/ipc'],
    [
      'PrivateTmp=yes\nIPCNamespacePath=/run/ipc',
      'CHDIR',
      'EACCES',
      'Changing to the requested working directory failed',
    ],
    ['BindPaths=/srv/none:/mnt', 'NAMESPACE', 'EPERM', 'Failed to set up mount namespacing'],
    ['BindPaths=/srv/none:/mnt', 'CHDIR', 'ENOENT', 'Changing to the requested working directory failed'],
  ] as const)('with %j, %s, %s: %s', (lines, step, code, message) => {
    expect(said(failing(step, code, lines).w)[0]).toMatch(new RegExp(`^3 a\\.service: ${message}: [A-Z]`));
  });

  it.each([
    ['BindPaths=/srv/none:/mnt', 'ENOENT', 0, '/mnt: No such file or directory'],
    ['BindPaths=/tmp:/mnt /srv/none:/opt', 'ENOENT', 1, '/opt: No such file or directory'],
    ['ReadOnlyPaths=/none', 'ENOENT', 0, '/none: No such file or directory'],
    ['TemporaryFileSystem=/srv:what=1', 'EINVAL', 0, '/srv: Invalid argument'],
  ] as const)('with %j tells which mount it was: %s of %i', (lines, code, mount, message) => {
    const [first] = said(failing('NAMESPACE', code, lines, { mount }).w);
    expect(first).toBe(`3 a.service: Failed to set up mount namespacing: /run/systemd/unit-root${message}`);
  });

  it('blames no mount where the root is not there', () => {
    const { w } = failing('NAMESPACE', 'ENOENT', 'RootDirectory=/none\nPrivateDevices=yes', { mount: 0 });
    expect(said(w)[0]).toBe('3 a.service: Failed to set up mount namespacing: No such file or directory');
  });

  it('may come later, where the child has memory of its own', () => {
    const w = world({ files: { '/usr/bin/program': '' } });
    const service = w.service('a.service', 'ExecStart=/usr/bin/program\n');
    w.up(service);
    const [process] = w.host.spawned;
    process!.request!.onLateFailure!({ step: 'STDIN', errno: 5, code: 'EIO' });
    process!.exit(208);
    w.host.settle();
    expect(said(w)).toEqual([
      '3 a.service: Failed to set up standard input: Input/output error',
      '3 a.service: Failed at step STDIN spawning /usr/bin/program: Input/output error',
    ]);
    expect(service.mainStatus.status).toBe(208);
  });
});

describe('a program that is not there', () => {
  function started(command: string, prepare: (host: SimHost) => void = () => {}) {
    const w = world();
    prepare(w.host);
    const service = w.service('a.service', `Type=oneshot\nExecStart=${command}\n`);
    w.up(service);
    return { w, service, status: w.host.spawned[0]!.request!.exitAtOnce };
  }
  const spawning = (reason: string): string => `3 a.service: Failed at step EXEC spawning /opt/none: ${reason}`;

  it('is a failure of its own, told as information first', () => {
    const { w, status, service } = started('/opt/none');
    expect(status).toBe(203);
    expect(service.result).toBe('exit-code');
    expect(said(w)).toEqual([
      '6 a.service: Failed to locate executable /opt/none: No such file or directory',
      spawning('No such file or directory'),
    ]);
    const [first] = w.logged.filter((line) => line.identifier === '(none)');
    expect(first!.fields).toMatchObject({ MESSAGE_ID: messageId, EXECUTABLE: '/opt/none' });
  });

  it('is a notice in 257, with - or without', () => {
    for (const [prefix, more] of [
      ['', [spawning('No such file or directory')]],
      ['-', []],
    ] as const) {
      const w = world({ release: 257 });
      w.up(w.service('a.service', `Type=oneshot\nExecStart=${prefix}/opt/none\n`));
      expect(said(w)).toEqual([
        "5 a.service: Unable to locate executable '/opt/none': No such file or directory",
        ...more,
      ]);
    }
  });

  it('behind - is none', () => {
    const { w, status, service } = started('-/opt/none');
    expect(status).toBe(0);
    expect(service.result).toBe('success');
    expect(said(w)).toEqual(['6 a.service: Executable /opt/none missing, skipping: No such file or directory']);
  });

  it.each([
    ['a directory', 'Is a directory', (host: SimHost) => host.files.mkdirs('/opt/none')],
    [
      'no regular file',
      'File descriptor in bad state',
      (host: SimHost) => host.files.putSpecial('/opt/none', 'fifo', 0o755),
    ],
    ['not executable', 'Permission denied', (host: SimHost) => host.files.put('/opt/none', '', 0o644)],
    ['below a file', 'Not a directory', (host: SimHost) => host.files.put('/opt', '')],
    [
      'a link to itself',
      'Too many levels of symbolic links',
      (host: SimHost) => {
        host.files.mkdirs('/opt');
        host.files.symlink('none', '/opt/none');
      },
    ],
  ] as const)('or is %s: %s', (_, reason, prepare) => {
    const { w, status } = started('/opt/none', prepare);
    expect(status).toBe(203);
    expect(said(w)[1]).toBe(spawning(reason));
  });

  it.each([
    ['/bin', 'No such file or directory', () => {}],
    ['/usr/bin:/opt', 'No such file or directory', (host: SimHost) => host.files.put('/opt/tool', '', 0o644)],
    ['/usr/bin:/opt', 'Is a directory', (host: SimHost) => host.files.mkdirs('/usr/bin/tool')],
  ] as const)('in ExecSearchPath=%s: %s', (path, reason, prepare) => {
    const w = world();
    prepare(w.host);
    const service = w.service('a.service', `ExecSearchPath=${path}\nExecStart=tool\n`);
    w.up(service);
    const expected = path.includes('opt') && reason.startsWith('Is') ? 'No such file or directory' : reason;
    expect(said(w)[0]).toBe(`6 a.service: Failed to locate executable tool: ${expected}`);
  });

  it.each([
    ['', 'always', 'Failed to locate executable /usr/bin/program: Permission denied'],
    ['-', 'if it is there', 'Executable /usr/bin/program missing, skipping: Permission denied'],
  ])('is looked for by the child where only that can see it, with the prefix %j', (prefix, locate, message) => {
    const w = world({ files: { '/usr/bin/program': '' } });
    w.host.failing.set('/usr/bin/program', { step: 'EXEC', errno: 13, code: 'EACCES', located: false });
    w.up(w.service('a.service', `Type=oneshot\nNoExecPaths=/usr\nExecStart=${prefix}/usr/bin/program\n`));
    expect(w.host.spawned[0]!.request!.locate).toBe(locate);
    const told = said(w);
    expect(told[0]).toBe(`6 a.service: ${message}`);
    expect(told).toHaveLength(prefix === '' ? 2 : 1);
  });

  it('is looked for until one can be run', () => {
    const w = world({ files: { '/opt/bin/tool': '' } });
    w.host.files.mkdirs('/usr/local/bin/tool');
    w.host.files.put('/usr/sbin/tool', '', 0o644);
    w.up(w.service('a.service', 'ExecSearchPath=/usr/local/bin:/usr/sbin:/opt/bin\nExecStart=tool\n'));
    expect(w.host.spawned[0]!.request!.path).toBe('/opt/bin/tool');
  });
});

describe('where there can be no process', () => {
  it('what was opened for it is closed, and the unit fails for want of resources', () => {
    const w = world({ files: { '/usr/bin/program': '', '/etc/one': '' } });
    w.host.forkError = { code: 'EAGAIN', errno: 11 };
    const service = w.service('a.service', 'OpenFile=/etc/one\nExecStart=/usr/bin/program\n');
    w.up(service);
    expect(service.result).toBe('resources');
    expect(w.messages(service)).toContain('Failed to fork: Resource temporarily unavailable');
    expect(w.host.openFds().size).toBe(0);
    w.host.forkError = undefined;
    w.up(service);
    expect(service.subState).toBe('running');
  });

  it('an error of the manager’s own is none of the unit’s, and leaves nothing open', () => {
    const w = world({ files: { '/usr/bin/program': '', '/etc/one': '' } });
    w.host.spawn = () => {
      throw new TypeError('a fault');
    };
    const service = w.service('a.service', 'OpenFile=/etc/one\nExecStart=/usr/bin/program\n');
    try {
      w.up(service);
    } catch {
      // or it has been caught on the way
    }
    expect(w.messages(service).join('\n')).not.toContain('Failed to fork');
    expect(w.host.openFds().size).toBe(0);
  });

  it('the journal knows whose stream it is, once there is one', () => {
    const w = world({ files: { '/usr/bin/program': '' } });
    const told: unknown[] = [];
    const { journal } = w.manager;
    const openStream = journal.openStream.bind(journal);
    journal.openStream = (options) => {
      const stream = openStream(options);
      const { setProcess } = stream;
      stream.setProcess = (process) => {
        told.push(process);
        setProcess.call(stream, process);
      };
      return stream;
    };
    w.up(w.service('a.service', 'User=daemon\nExecStart=/usr/bin/program\n'));
    w.up(w.service('b.service', 'ExecStart=/usr/bin/program\n'));
    const [first, second] = w.host.spawned;
    expect(told).toEqual([{ pid: first!.pid, uid: 1, gid: 1 }, { pid: second!.pid }]);
  });
});

describe('RemoveIPC=', () => {
  it('that cannot be done is said for each, and nothing more', () => {
    const w = world({ files: { '/usr/bin/program': '' } });
    w.host.removeIpc = () => {
      throw new SystemError('EACCES', 13, 'msgctl');
    };
    const service = w.service('a.service', 'User=daemon\nRemoveIPC=yes\nExecStart=/usr/bin/program\n');
    w.up(service);
    w.stop(service);
    w.host.settle();
    expect(service.subState).toBe('dead');
    expect(w.messages(undefined, 4)).toEqual([
      'Failed to remove IPC objects of UID 1: Permission denied',
      'Failed to remove IPC objects of GID 1: Permission denied',
    ]);
  });
});

describe('variables in a command line that are not set', () => {
  const started = (release: 252 | 257, command: string): string[] => {
    const w = world({ release, files: { '/usr/bin/program': '' } });
    w.up(w.service('a.service', `Environment=IS=1\nExecStart=${command}\n`));
    return said(w);
  };
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the unit language's own braces
  const command = '/usr/bin/program $NOT ${NOR} a${NOT}b $IS ${IS} ${1x} ${A:-b}';

  it('are told by the child from 257 on', () => {
    expect(started(252, command)).toEqual([]);
    expect(started(257, command)).toEqual([
      '4 a.service: Referenced but unset environment variable evaluates to an empty string: NOT, NOR',
      '4 a.service: Invalid environment variable name evaluates to an empty string: 1x',
    ]);
    expect(started(257, `:${command}`)).toEqual([]);
  });

  it('are told after the start is', () => {
    const w = world({ release: 257, programs: { program: runs } });
    w.up(w.service('a.service', 'Type=exec\nExecStart=/usr/bin/program $NOT\n'));
    const texts = w.logged.map(({ message }) => message).filter((text) => / a\.service|evaluates/.test(text));
    expect(texts).toEqual([
      'Starting a.service...',
      'a.service: Referenced but unset environment variable evaluates to an empty string: NOT',
      'Started a.service.',
    ]);
  });
});
