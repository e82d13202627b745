/** systemd.generator(7): what runs, with which arguments, and what becomes of it. */

import { describe, expect, it } from 'vitest';
import type { SimProcess } from '../../../../src/simulation/machine/processes.ts';
import { world } from './generators-world.ts';

const usr = '/usr/lib/systemd/system-generators';

describe('generators', () => {
  it('get three directories, and those of the machine are left out', async () => {
    const { host, run } = world({ [`${usr}/pg-generator`]: '#!', [`${usr}/systemd-fstab-generator`]: '#!' });
    await run((process) => {
      host.files.put(`${process.request?.argv[1]}/made.service`, '[Service]\n');
      process.exit(0);
    });
    expect(host.spawned.map(({ request }) => request?.argv)).toEqual([
      [`${usr}/pg-generator`, '/run/systemd/generator', '/run/systemd/generator.early', '/run/systemd/generator.late'],
    ]);
    expect(host.spawned[0]?.env('SYSTEMD_SCOPE')).toBe('system');
    expect(host.files.readdir('/run/systemd').sort()).toEqual(['generator']);
  });

  it('are hidden by masks and by programs of the same name in /etc, not by files that are no programs', async () => {
    const etc = '/etc/systemd/system-generators';
    const { host, run } = world({
      [`${usr}/a`]: '#!',
      [`${usr}/b`]: '#!',
      [`${usr}/c`]: '#!',
      [`${etc}/a`]: '#!',
      [`${etc}/b`]: '',
      [`${etc}/c`]: '#!',
    });
    host.files.chmod(`${etc}/c`, 0o644);
    await run((process) => process.exit(0));
    expect(host.spawned.map(({ request }) => request?.path)).toEqual([`${etc}/a`, `${usr}/c`]);
  });

  it('that fail or hang are told, the others count', async () => {
    const { host, run, log } = world({ [`${usr}/fails`]: '#!', [`${usr}/hangs`]: '#!', [`${usr}/works`]: '#!' });
    await run((process) => {
      if (process.request?.path.endsWith('fails')) process.exit(3);
      if (process.request?.path.endsWith('works')) {
        host.files.put('/run/systemd/generator.late/w.service', '');
        process.exit(0);
      }
    });
    expect(log.sort()).toEqual([
      `${usr}/fails failed with exit status 3.`,
      `${usr}/hangs terminated by signal KILL.`,
      `${usr}/hangs timed out, killing it.`,
    ]);
    expect(host.files.tryStat('/run/systemd/generator.late/w.service')).toBeDefined();
  });

  it('make units of init scripts that have none', async () => {
    const { host, run } = world({
      '/etc/init.d/old': '#!/bin/sh\n',
      '/etc/init.d/new': '#!/bin/sh\n',
      '/usr/lib/systemd/system/new.service': '[Service]\n',
    });
    host.files.mkdirs('/etc/rc2.d');
    host.files.symlink('../init.d/old', '/etc/rc2.d/S01old');
    await run((process) => process.exit(0));
    const late = '/run/systemd/generator.late';
    expect(host.files.readdir(late).sort()).toEqual(['multi-user.target.wants', 'old.service']);
    expect(host.files.readlink(`${late}/multi-user.target.wants/old.service`)).toBe('../old.service');
  });

  it.each([
    [
      'does not find its daemon',
      'start-stop-daemon --start --chuid web \\\n  --exec /usr/bin/web',
      0n,
      'control-group',
    ],
    ['finds it by CAP_SYS_PTRACE', 'start-stop-daemon --start --chuid web --exec /usr/bin/web', 1n << 19n, 'process'],
    ['has a daemon of root’s', 'start-stop-daemon --start --exec /usr/bin/web', 0n, 'process'],
    ['knows it by its pid', 'start-stop-daemon --start --chuid web --pidfile /run/web', 0n, 'process'],
  ])('end all processes at the stop of a script that %s', async (_, command, capabilities, mode) => {
    const { host, run } = world({ '/etc/init.d/web': `#!/bin/sh\n${command}\n` }, { capabilities });
    await run((process) => process.exit(0));
    expect(host.files.readText('/run/systemd/generator.late/web.service')).toContain(`\nKillMode=${mode}\n`);
  });

  it('start /etc/rc.local where it is a program', async () => {
    const { host, run } = world({ '/etc/rc.local': '#!/bin/sh\n', '/usr/lib/systemd/system/rc-local.service': '' });
    await run((process) => process.exit(0));
    expect(host.files.readlink('/run/systemd/generator/multi-user.target.wants/rc-local.service')).toBe(
      '/usr/lib/systemd/system/rc-local.service',
    );
  });
});

describe('in place of systemd-fstab-generator', () => {
  const generator = '/usr/lib/systemd/system-generators/systemd-fstab-generator';
  const unit = '/usr/lib/systemd/system/systemd-remount-fs.service';
  const link = '/run/systemd/generator/local-fs.target.wants/systemd-remount-fs.service';

  it('options of mounts are to be as fstab says, masked or not', async () => {
    const { host, run } = world({ [generator]: '#!', [unit]: '' });
    host.files.mkdirs('/etc/systemd/system');
    host.files.symlink('/dev/null', '/etc/systemd/system/systemd-remount-fs.service');
    await run((process) => process.exit(0));
    expect(host.files.readlink(link)).toBe(unit);
  });
  it.each([unit, generator])('nothing is where systemd brings only %s', async (part) => {
    const { host, run } = world({ [part]: '#!' });
    await run((process) => process.exit(0));
    expect(host.files.tryLstat(link)).toBeUndefined();
  });
});

describe('environment generators', () => {
  it('run one after the other, each with what those before it have set; wrong names are told', async () => {
    const at = '/usr/lib/systemd/system-environment-generators';
    const { host, log, runForEnvironment } = world({ [`${at}/20-b`]: '#!', [`${at}/10-a`]: '#!' });
    const print = (process: SimProcess, text: string): void => {
      const stdout = process.request?.stdout;
      if (stdout?.kind === 'fd') host.streams.get(stdout.fd)?.write(Buffer.from(text));
      process.exit(0);
    };
    const block = await runForEnvironment(
      (process) => {
        if (process.request?.path.endsWith('10-a')) print(process, 'FOO=new\nQUOTED="x y $HOME"\n');
        else print(process, `SEEN=${process.env('FOO')}\n1bad=2\n`);
      },
      ['FOO=old', 'LANG=C.UTF-8'],
    );
    expect(block).toEqual(['FOO=new', 'LANG=C.UTF-8', 'QUOTED=x y $HOME', 'SEEN=new']);
    expect(log).toEqual(['Invalid variable assignment "1bad=...", ignoring.']);
    expect(host.openFds().size).toBe(0);
  });

  it.each([
    [0, 'B=two'],
    [1, 'B=tw'],
  ])('are read up to a mebibyte: %i bytes more', async (more, last) => {
    const at = '/usr/lib/systemd/system-environment-generators';
    const { host, runForEnvironment } = world({ [`${at}/g`]: '#!' });
    const text = `A=1\n#${'x'.repeat(1024 * 1024 - 11 + more)}\nB=two`;
    const block = await runForEnvironment((process) => {
      const stdout = process.request?.stdout;
      if (stdout?.kind === 'fd') host.streams.get(stdout.fd)?.write(Buffer.from(text));
      process.exit(0, 1);
    }, []);
    expect(block).toEqual(['A=1', last]);
  });
});

describe('the environment of a generator', () => {
  async function environment(...[options, files]: [Parameters<typeof world>[1]?, Record<string, string>?]) {
    const at = `/usr/lib/systemd/${options?.scope ?? 'system'}-generators/g`;
    const { host, run } = world({ [at]: '#!', ...files }, options);
    await run((process) => process.exit(0));
    return Object.fromEntries(
      host.spawned[0]!.request!.env.map((e) => [e.slice(0, e.indexOf('=')), e.slice(e.indexOf('=') + 1)]),
    );
  }
  const plain = {
    LANG: 'C.UTF-8',
    PATH: '/bin',
    MATH: '1',
    SYSTEMD_SCOPE: 'system',
    SYSTEMD_IN_INITRD: '0',
    SYSTEMD_FIRST_BOOT: '0',
    SYSTEMD_VIRTUALIZATION: 'container:docker',
    SYSTEMD_ARCHITECTURE: 'x86-64',
    SYSTEMD_EXEC_PID: '',
  };

  it('says what systemd.generator(7) promises', async () => {
    expect(await environment()).toEqual(plain);
    expect(await environment({}, { '/run/systemd/first-boot': '' })).toEqual({ ...plain, SYSTEMD_FIRST_BOOT: '1' });
    expect(await environment({ container: 'podman', machine: 'aarch64' })).toEqual({
      ...plain,
      SYSTEMD_VIRTUALIZATION: 'container:podman',
      SYSTEMD_ARCHITECTURE: 'arm64',
    });
    expect(await environment({ container: 'none', machine: 'abacus' })).toEqual({
      ...Object.fromEntries(Object.entries(plain).filter(([name]) => name !== 'SYSTEMD_VIRTUALIZATION')),
      SYSTEMD_ARCHITECTURE: '',
    });
  });

  it('says so of a virtual machine', async () => {
    const { host, run } = world({ [`${usr}/g`]: '#!' });
    host.virtualization = () => ({ container: 'none', vm: 'kvm' });
    await run((process) => process.exit(0));
    expect(host.spawned[0]!.env('SYSTEMD_VIRTUALIZATION')).toBe('vm:kvm');
  });

  it('of a user’s manager says nothing of the boot', async () => {
    const env = await environment({
      scope: 'user',
      uid: 1000,
      environment: { XDG_RUNTIME_DIR: '/run/user/1000', HOME: '/home/alice' },
    });
    expect(env).toMatchObject({ SYSTEMD_SCOPE: 'user' });
    expect(env).not.toHaveProperty('SYSTEMD_IN_INITRD');
    expect(env).not.toHaveProperty('SYSTEMD_FIRST_BOOT');
  });
});

describe('of generators', () => {
  it('those run that are programs, by name; no hidden files, no copies, no directories, none behind a dead link', async () => {
    const { host, run } = world({
      [`${usr}/b`]: '#!',
      [`${usr}/a`]: '#!',
      [`${usr}/.hidden`]: '#!',
      [`${usr}/c~`]: '#!',
      [`${usr}/d.dpkg-old`]: '#!',
      [`${usr}/e/file`]: '#!',
    });
    host.files.symlink('/nowhere', `${usr}/f`);
    // Whoever may run it.
    host.files.chmod(`${usr}/a`, 0o645);
    host.files.chmod(`${usr}/b`, 0o654);
    await run((process) => process.exit(0));
    expect(host.spawned.map(({ comm }) => comm)).toEqual(['a', 'b']);
  });

  it('those of all directories, those of /run before those of /etc, /usr/local and /usr', async () => {
    const places = ['/run/systemd', '/etc/systemd', '/usr/local/lib/systemd', '/usr/lib/systemd'];
    const at = (place: string, name: string): string => `${place}/system-generators/${name}`;
    const files: Record<string, string> = {};
    for (const [index, place] of places.entries())
      for (let i = index; i < places.length; i++) files[at(places[i]!, `g${index}`)] = `#!${place}`;
    const { host, run } = world(files);
    await run((process) => process.exit(0));
    expect(host.spawned.map(({ request }) => request!.path)).toEqual(places.map((place, i) => at(place, `g${i}`)));
  });

  it('a link to /dev/null hides those below it', async () => {
    const { host, run } = world({ [`${usr}/a`]: '#!' });
    host.files.mkdirs('/etc/systemd/system-generators');
    host.files.symlink('/dev/null', '/etc/systemd/system-generators/a');
    await run((process) => process.exit(0));
    expect(host.spawned).toEqual([]);
  });

  it('the user’s manager has its own, and makes no units of init scripts', async () => {
    const { host, run } = world(
      { '/usr/lib/systemd/user-generators/g': '#!', [`${usr}/s`]: '#!', '/etc/init.d/old': '#!' },
      { scope: 'user', uid: 1000, environment: { XDG_RUNTIME_DIR: '/run/user/1000', HOME: '/home/alice' } },
    );
    await run((process) => process.exit(0));
    expect(host.spawned.map(({ request }) => request!.argv[0])).toEqual(['/usr/lib/systemd/user-generators/g']);
    expect(host.files.tryStat('/run/user/1000/systemd/generator.late/old.service')).toBeUndefined();
  });

  it('what an earlier run has made is gone', async () => {
    const { host, run } = world({
      '/run/systemd/generator/old.service': '',
      '/run/systemd/generator.early/sub/old': '',
    });
    await run(() => {});
    for (const name of ['generator', 'generator.early', 'generator.late'])
      expect(host.files.tryStat(`/run/systemd/${name}`)).toBeUndefined();
  });

  it('each has ninety seconds', async () => {
    const { host, run, log, levels } = world({ [`${usr}/slow`]: '#!', [`${usr}/hangs`]: '#!' });
    await run((process) => {
      if (process.comm === 'slow') process.exit(0, 89_999);
    });
    expect(log).toEqual([`${usr}/hangs timed out, killing it.`, `${usr}/hangs terminated by signal KILL.`]);
    expect(levels).toEqual([3, 3]);
    expect(host.kills.map(({ signal }) => signal)).toEqual([9]);
  });

  it('one that cannot be started is told, and keeps nobody waiting or open', async () => {
    const { host, run, log } = world({ [`${usr}/a`]: '#!' });
    host.forkError = { code: 'EAGAIN', errno: 11 };
    await run(() => {});
    expect(log).toEqual([`Failed to run ${usr}/a: Resource temporarily unavailable`]);
    expect(host.openFds().size).toBe(0);
  });
});

describe('what a generator prints', () => {
  const say = (process: SimProcess, text: string, which: 'stdout' | 'stderr' = 'stdout'): void => {
    const stream = process.request![which];
    if (stream.kind === 'fd') process.sim.streams.get(stream.fd)?.write(Buffer.from(text));
  };
  async function printed(...texts: string[]): Promise<string[]> {
    const { host, run, log } = world({ [`${usr}/g`]: '#!' });
    await run((process) => {
      for (const text of texts) say(process, text);
      process.exit(0, 1);
    });
    expect(host.openFds().size).toBe(0);
    return log;
  }

  it('is logged line by line, the last one too, empty ones not', async () => {
    expect(await printed('one\n\ntwo\nth', 'ree\nfour')).toEqual(['g: one', 'g: two', 'g: three', 'g: four']);
    expect(await printed('ä'.slice(0, 1), '\n')).toEqual(['g: ä']);
  });

  it('is bounded in lines and in their length', async () => {
    const many = await printed(Array.from({ length: 250 }, (_, i) => `${i}\n`).join(''), 'end');
    expect(many).toHaveLength(200);
    expect(many.at(-1)).toBe('g: 199');
    expect((await printed(Array.from({ length: 199 }, () => 'x\n').join(''), 'end')).at(-1)).toBe('g: end');
    expect((await printed(`${'x'.repeat(3000)}\n`)).map((line) => line.length)).toEqual([2048 + 3]);
    expect((await printed('x'.repeat(3000))).map((line) => line.length)).toEqual([2048 + 3]);
  });

  it('to either stream', async () => {
    const { run, log } = world({ [`${usr}/g`]: '#!' });
    await run((process) => {
      say(process, 'one\n');
      say(process, 'two\n', 'stderr');
      process.exit(0, 1);
    });
    expect(log).toEqual(['g: one', 'g: two']);
  });
});

describe('units of init scripts', () => {
  const late = '/run/systemd/generator.late';

  it('are made of programs of the owner’s alone, no copies, no links to nowhere, no directories', async () => {
    const { host, run } = world({
      '/etc/init.d/good': '#!',
      '/etc/init.d/README': 'text',
      '/etc/init.d/others': '#!',
      '/etc/init.d/old~': '#!',
      '/etc/init.d/sub/file': '#!',
    });
    host.files.chmod('/etc/init.d/README', 0o644);
    host.files.chmod('/etc/init.d/others', 0o655);
    host.files.symlink('/nowhere', '/etc/init.d/gone');
    await run(() => {});
    expect(host.files.readdir(late)).toEqual(['good.service']);
  });

  it('that cannot be read or written are told, the others count', async () => {
    const { host, run, log } = world({ '/etc/init.d/a': '#!', '/etc/init.d/b': '#!', '/etc/init.d/c': '#!' });
    host.files.failures.set('/etc/init.d/a', { call: 'open', code: 'EACCES', errno: 13 });
    host.files.failures.set(`${late}/b.service`, { call: 'rename', code: 'ENOSPC', errno: 28 });
    await run(() => {});
    expect(host.files.readdir(late)).toEqual(['c.service']);
    expect(log.filter((line) => line.startsWith('Failed'))).toEqual([
      'Failed to open /etc/init.d/a: EACCES',
      `Failed to create unit file ${late}/b.service: ENOSPC`,
    ]);
  });

  it('have links for their other names, and say what is odd', async () => {
    const { host, run, log, levels } = world({
      '/etc/init.d/a': '#!\n### BEGIN INIT INFO\n# Provides: b\n### END INIT INFO\n# pidfile: x\n',
    });
    await run(() => {});
    expect(host.files.readlink(`${late}/b.service`)).toBe('a.service');
    expect(log).toEqual([
      "SysV service '/etc/init.d/a' lacks a native systemd unit file: generating one.",
      '[/etc/init.d/a:5] PID file not absolute. Ignoring.',
    ]);
    expect(levels).toEqual([7, 4]);
  });

  it('are none where /etc/rc.local is no program, or has no unit', async () => {
    for (const [mode, unit] of [
      [0o644, '/usr/lib/systemd/system/rc-local.service'],
      [0o755, '/usr/lib/systemd/system/other.service'],
    ] as const) {
      const { host, run } = world({ '/etc/rc.local': '#!', [unit]: '' });
      host.files.chmod('/etc/rc.local', mode);
      await run(() => {});
      expect(host.files.tryStat('/run/systemd/generator')).toBeUndefined();
    }
    const { host, run, log } = world({ '/etc/rc.local': '#!', '/usr/lib/systemd/system/rc-local.service': '' });
    const link = '/run/systemd/generator/multi-user.target.wants/rc-local.service';
    host.files.failures.set(link, { call: 'symlink', code: 'EROFS', errno: 30 });
    await run(() => {});
    expect(log).toEqual([`Failed to create symlink ${link}: EROFS`]);
  });
});
