import { describe, expect, it } from 'vitest';
import { planOf } from '../../../src/main/init.ts';
import { runManager } from '../../../src/main/manager-process.ts';
import { SimHost, type SimOptions, type SimProcess } from '../../../src/simulation/machine/host.ts';

const targets = ['basic', 'sysinit', 'shutdown', 'sockets', 'timers', 'paths', 'multi-user', 'umount', 'rescue'];
const unitDirectory = '/usr/lib/systemd/system';
const files = {
  ...Object.fromEntries(targets.map((name) => [`${unitDirectory}/${name}.target`, `[Unit]\nDescription=${name}\n`])),
  [`${unitDirectory}/default.target`]: '[Unit]\nWants=a.service\n',
  [`${unitDirectory}/a.service`]: '[Service]\nExecStart=/usr/bin/a\nRuntimeDirectory=a\n',
  '/usr/bin/a': '#!',
};

/** PID 1 of a container, as far as `settle` brings it. */
async function boot(
  options: SimOptions = {},
  prepare: (host: SimHost) => void = () => {},
  argv: readonly string[] = [],
): Promise<SimHost> {
  const host = new SimHost({ pid: 1, ...options, files: { ...files, ...options.files } });
  host.files.mkdirs('/dev/shm');
  // The process goes on here.
  host.exit = (status) => {
    host.exited = status;
    return undefined as never;
  };
  prepare(host);
  const up = runManager(host, planOf(argv, host.environment, host.uid, host.isInit)!);
  let done = false;
  void up.finally(() => {
    done = true;
  });
  for (let turn = 0; !done && turn < 1000; turn++) {
    host.settle();
    await Promise.resolve();
  }
  await up;
  host.settle();
  return host;
}

/** Lets time pass until the manager has ended itself. */
async function ended(host: SimHost): Promise<void> {
  for (let turn = 0; host.exited === undefined && turn < 100; turn++) {
    host.advance(1000);
    for (let tick = 0; tick < 10; tick++) await Promise.resolve();
  }
}

const limitsOf = (host: SimHost): string[] => host.consoleText.split('\nWelcome')[0]!.split('\n').filter(Boolean);

describe('a boot', () => {
  it('has nothing to complain of in a container like others', async () => {
    const host = await boot();
    expect(limitsOf(host)).toEqual([]);
    expect(host.spawned.map((process) => process.request?.path)).toEqual(['/usr/bin/a']);
    expect(host.files.stat('/run/systemd/system').type).toBe('directory');
  });

  it('goes up on a read-only root, and says in a line what that means', async () => {
    const host = await boot({}, ({ files }) => {
      for (const tree of ['/run', '/etc', '/usr', '/var', '/tmp', '/home', '/root']) files.closed.set(tree, 'EROFS');
    });
    expect(limitsOf(host)).toEqual([
      "/run/pidone can't be written (Read-only file system): the manager keeps its state in /dev/shm/pidone-0. " +
        'Programs that look for /run/systemd/system will think that systemd does not run.',
    ]);
    expect(host.spawned[0]?.env('RUNTIME_DIRECTORY')).toBe('/dev/shm/pidone-0/a');
    expect(host.spawned[0]?.env('NOTIFY_SOCKET')).toBeUndefined();
    expect(host.files.stat('/dev/shm/pidone-0/systemd/notify').type).toBe('socket');
    expect(host.files.readlink('/dev/log')).toBe('/dev/shm/pidone-0/systemd/journal/dev-log');
  });

  it('goes up where nothing at all can be written', async () => {
    const host = await boot({}, ({ files }) => files.closed.set('', 'EROFS'));
    expect(limitsOf(host)).toEqual([
      "/run/pidone can't be written (Read-only file system), nor can any other directory: " +
        'there will be no transient, generated and runtime units, and no sockets of the journal. ' +
        'Programs that look for /run/systemd/system will think that systemd does not run.',
    ]);
    expect(host.spawned).toHaveLength(1);
  });

  it('goes up on a full disk', async () => {
    const host = await boot({}, ({ files }) => files.closed.set('/run', 'ENOSPC'));
    expect(limitsOf(host)[0]).toContain('No space left on device');
    expect(host.spawned).toHaveLength(1);
  });

  it('makes /dev/null where there is none, and says of a file in its place what it is', async () => {
    const without = await boot({}, ({ files }) => files.unlink('/dev/null'));
    expect(limitsOf(without)).toEqual([]);
    expect(without.files.stat('/dev/null')).toMatchObject({ type: 'char', rdev: 0x103 });
    const kept = await boot({}, ({ files }) => {
      files.unlink('/dev/null');
      files.put('/dev/null', '');
    });
    expect(limitsOf(kept)).toEqual([
      '/dev/null is no device but a file: what is written there is kept, and read again.',
    ]);
  });

  it('goes up as a user who is not root, and reads that user’s own units before the others', async () => {
    const host = await boot(
      {
        uid: 1000,
        capabilities: 0n,
        files: {
          '/home/alice/.config/systemd/user/a.service': '[Service]\nExecStart=/usr/bin/mine %u %t\n',
          '/home/alice/.local/share/systemd/user/b.service': '[Service]\nExecStart=/usr/bin/b\n',
          '/usr/bin/mine': '#!',
          '/usr/bin/b': '#!',
        },
      },
      ({ files }) => {
        for (const tree of ['/run', '/etc', '/var']) files.closed.set(tree, 'EACCES');
        files.uid = 1000;
        files.mkdirs('/home/alice/.config/systemd/user/default.target.wants');
        files.symlink('../b.service', '/home/alice/.config/systemd/user/default.target.wants/b.service');
      },
    );
    expect(limitsOf(host)).toEqual([
      "The manager runs as alice (uid 1000), not as root: units that ask for another user (User=), or need root's rights, fail.",
      expect.stringMatching(/^\/run\/pidone can't be written \(Permission denied\): .* in \/dev\/shm\/pidone-1000\./),
    ]);
    expect(host.spawned.map(({ request }) => request?.argv).sort()).toEqual([
      ['/usr/bin/b'],
      ['/usr/bin/mine', 'alice', '/dev/shm/pidone-1000'],
    ]);
  });

  it('is the same for the command of a container that is not PID 1', async () => {
    const host = await boot({ pid: 7, isInit: true, init: 'docker-init' });
    expect(limitsOf(host)[0]).toBe(
      'PID 1 is docker-init: the manager runs below it, as process 7, and the container ends with it.',
    );
    expect(host.subreaper).toBe(true);
    expect(host.processName).toBe('systemd');
    expect(host.files.stat('/run/systemd/system').type).toBe('directory');
    host.onSpawn = (process) => process.exit(0);
    host.signal('SIGTERM', 1);
    await ended(host);
    expect(host.exited).toBe(0);
    expect(host.rebooted).toBeUndefined();
  });

  it('goes up in 1970', async () => {
    const host = await boot({ now: 0 });
    expect(host.spawned).toHaveLength(1);
  });
});

describe('the end of a container that has failed', () => {
  const log = '/dev/termination-log';
  const fails = (process: SimProcess): void => process.exit(3);
  const service = '[Unit]\nFailureAction=exit\n[Service]\nExecStart=/usr/bin/a\n';
  /** What is in the file of the kubelet afterwards, and the status. */
  async function outcome(onSpawn: (process: SimProcess) => void, signal?: string) {
    const host = await boot({ files: { [log]: '', '/etc/systemd/system/a.service': service } }, (at) => {
      at.onSpawn = onSpawn;
    });
    if (signal !== undefined) host.signal(signal, 1);
    await ended(host);
    return { status: host.exited, said: host.files.readText(log).split('\n') };
  }

  it('leaves the reason where Kubernetes looks for it, with what the failed units have logged', async () => {
    const { status, said } = await outcome(fails);
    expect(status).toBe(3);
    expect(said[0]).toBe('Exiting: unit a.service failed (status 3)');
    expect(said).toContain('a.service: Main process exited, code=exited, status=3/NOTIMPLEMENTED');
    expect(said.slice(-2)).toEqual(["a.service: Failed with result 'exit-code'.", '']);
  });

  it('has status 255 where a signal has ended the main process', async () => {
    const { status, said } = await outcome((process) => process.die(9));
    expect({ status, first: said[0] }).toEqual({ status: 255, first: 'Exiting: unit a.service failed (status 255)' });
  });

  it('is no failure where it was told to stop', async () => {
    expect(await outcome(() => {}, 'SIGTERM')).toEqual({ status: 0, said: [''] });
  });

  it('says where none of the units that were asked for could be started', async () => {
    const host = await boot({ files: { [log]: '' } }, () => {}, ['gone.service']);
    await ended(host);
    expect(host.files.readText(log)).toBe(
      'None of the units that were asked for could be started (gone.service) (status 1)\n',
    );
  });
});

describe('an engine that waits for its container', () => {
  async function heard(notify: string | undefined, options: SimOptions = {}) {
    const messages: string[] = [];
    const environment: Record<string, string> = notify === undefined ? {} : { NOTIFY_SOCKET: notify };
    const host = await boot({ environment, ...options }, (at) => {
      at.files.mkdirs('/engine');
      at.bindDatagram('/engine/notify', 0o666).onDatagram = ({ data }) => messages.push(data.toString());
    });
    for (let tick = 0; tick < 10; tick++) await Promise.resolve();
    host.settle();
    const up = messages.splice(0);
    host.signal('SIGTERM', 1);
    await ended(host);
    host.settle();
    return { up, down: messages, host };
  }

  it('hears that it is up and that it goes down, and its services do not hear of the engine', async () => {
    const { up, down, host } = await heard('/engine/notify');
    expect(up).toEqual(['READY=1\nSTATUS=Ready.']);
    expect(down).toEqual(['STOPPING=1\nSTATUS=Shutting down...']);
    expect(host.spawned[0]?.env('NOTIFY_SOCKET')).toBeUndefined();
  });

  it('but does not listen is no reason to fail', async () => {
    expect((await heard('/engine/gone')).up).toEqual([]);
    expect((await heard('nonsense')).up).toEqual([]);
    expect((await heard(undefined)).up).toEqual([]);
  });

  it('hears nothing from a manager that is not the container’s', async () => {
    const { up, down } = await heard('/engine/notify', { pid: 7 });
    expect([...up, ...down]).toEqual([]);
  });
});

describe('a boot of some units alone', () => {
  const services = {
    '/etc/systemd/system/good.service': '[Service]\nExecStart=/usr/bin/a\n',
    '/etc/systemd/system/work.service': '[Service]\nType=oneshot\nExecStart=/usr/bin/a\n',
    '/etc/systemd/system/needs.service':
      '[Unit]\nRequires=work.service\nAfter=work.service\n[Service]\nExecStart=/usr/bin/b\n',
    '/etc/systemd/system/again.service':
      '[Unit]\nStartLimitBurst=3\nStartLimitIntervalSec=1h\n[Service]\nType=oneshot\nRestart=on-failure\nRestartSec=1\nExecStart=/usr/bin/a\n',
    '/usr/bin/b': '#!',
  };
  /** The status that it ends with, undefined where it goes on, and the last word on the console. */
  async function outcome(argv: readonly string[], onSpawn: (process: SimProcess) => void = () => {}) {
    const prepare = (host: SimHost): void => {
      host.onSpawn = (process) => (process.comm === 'systemctl' ? process.exit(0) : onSpawn(process));
    };
    const host = await boot({ files: services }, prepare, argv);
    await ended(host);
    return { status: host.exited, said: /^None of .*$/m.exec(host.consoleText)?.[0], host };
  }

  it.each<[string, string[], number, (process: SimProcess) => void]>([
    ['ends with them', ['-0', 'good.service'], 0, (process) => process.exit(0, 5000)],
    ['ends with the status of the one that fails', ['--exit', 'good.service'], 7, (process) => process.exit(7, 5000)],
    ['ends when work is done', ['--now', 'work.service'], 0, (process) => process.exit(0, 5000)],
  ])('with -0 %s', async (_, argv, expected, onSpawn) => {
    const { status, host } = await outcome(argv, onSpawn);
    expect(status).toBe(expected);
    expect(host.consoleText).toContain(`Nothing is left of ${argv[1]}: ending with status ${expected}.`);
  });

  it('with -0 goes on as long as one of them is up, or comes up again', async () => {
    expect(await outcome(['-0', 'good.service'])).toMatchObject({ status: undefined });
    let tries = 0;
    const { status } = await outcome(['-0', 'again.service'], (process) => process.exit(++tries === 2 ? 0 : 4, 2000));
    expect({ status, tries }).toEqual({ status: 0, tries: 2 });
  });

  it('or of the default target ends with -0 when no service is left', async () => {
    const { status, host } = await outcome(['-0'], (process) => process.exit(0, 5000));
    expect(status).toBe(0);
    expect(host.consoleText).toContain('No service is left: ending with status 0.');
  });

  it('that are not there ends with a status, and says why', async () => {
    const { status, said, host } = await outcome(['typo.service', 'other.target']);
    expect(status).toBe(1);
    expect(host.consoleText).toContain('Failed to start typo.service: Unit typo.service not found.');
    expect(said).toBe(
      'None of the units that were asked for could be started (typo.service, other.target): ending with status 1.',
    );
  });

  it('that fail to start ends with the status of the first', async () => {
    expect(await outcome(['work.service'], (process) => process.exit(3))).toMatchObject({ status: 3 });
    expect(await outcome(['needs.service'], (process) => process.exit(3))).toMatchObject({ status: 1 });
  });

  it.each<[string, string[], (process: SimProcess) => void]>([
    ['come up', ['good.service'], () => {}],
    ['come up beside others that fail', ['typo.service', 'good.service'], () => {}],
    ['do their work and are gone', ['work.service'], (process) => process.exit(0)],
    ['come up and fail later', ['good.service'], (process) => process.exit(1, 5000)],
    ['take their time', ['work.service'], () => {}],
  ])('that %s goes on', async (_, argv, onSpawn) => {
    expect(await outcome(argv, onSpawn)).toMatchObject({ status: undefined, said: undefined });
  });

  it('that are tried again goes on until that is given up', async () => {
    let tries = 0;
    const { status, host } = await outcome(['again.service'], (process) => {
      tries++;
      process.exit(4);
    });
    expect({ status, tries }).toEqual({ status: 4, tries: 3 });
    expect(host.consoleText).toContain('None of the units that were asked for could be started (again.service)');
  });

  it('that are tried again and then come up goes on', async () => {
    let tries = 0;
    const { status } = await outcome(['again.service'], (process) => process.exit(++tries === 2 ? 0 : 4));
    expect({ status, tries }).toEqual({ status: undefined, tries: 2 });
  });
});
