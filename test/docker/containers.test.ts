/**
 * What each kind of container gets: one row a kind, one test a thing that it gets or does not get. docs/containers.md shows
 * them as a table (scripts/containers.mjs).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildImage, DockerContainer, debianImage, docker, whyNoDocker } from '../support/docker.ts';

const reason = whyNoDocker();
if (reason !== undefined) console.log(`Docker tests left out: ${reason}`);

const image = 'pidone-test/containers';

const units: Record<string, string> = {
  'steady.service': `[Unit]
Description=Says that it is ready, and that it stops
[Service]
Type=notify
NotifyAccess=all
ExecStart=/bin/sh -c 'echo steady; systemd-notify --ready; exec sleep infinity'
ExecStop=/bin/echo stopped in order
StandardOutput=journal+console
[Install]
WantedBy=multi-user.target
`,
  'plain.service': `[Service]
ExecStart=/bin/sleep infinity
ExecStop=/bin/echo plain, too
StandardOutput=journal+console
[Install]
WantedBy=multi-user.target
`,
  'nobody.service': `[Service]
Type=oneshot
RemainAfterExit=yes
User=nobody
ExecStart=/bin/true
`,
  'www.service': `[Service]
User=www-data
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
AmbientCapabilities=CAP_NET_BIND_SERVICE
PrivateTmp=yes
ProtectSystem=strict
RuntimeDirectory=www
Nice=-5
OOMScoreAdjust=-500
LimitNOFILE=1000000
ExecStart=/bin/sh -c 'touch $RUNTIME_DIRECTORY/made; exec sleep infinity'
`,
  'later.service': `[Service]
ExecStart=/bin/sleep infinity
`,
};

const dockerfile = `
FROM ${reason === undefined ? debianImage('plain') : 'scratch'}
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends dumb-init catatonit s6
ADD pidone-linux-x64.tar.gz /
COPY *.service /etc/systemd/system/
COPY rc.init /
RUN chmod 755 /rc.init && systemctl enable steady.service plain.service && mkdir /scan
CMD ["/usr/bin/systemctl"]
`;

interface Row {
  /** As the table names it. */
  name: string;
  options?: readonly string[];
  /** Run as root in the container before PID 1 becomes the manager. */
  before?: string;
  command?: readonly string[];
  /** A line that the console shows of what is withheld. */
  limit?: RegExp;
  /** Whether sd_booted(3) is true. */
  booted?: boolean;
  /** No file can be written anywhere, so that what is logged is lost. */
  full?: boolean;
  /** PID 1, where that is not the manager. */
  init?: string;
  /** PID 1 is not root, so that only units of its own user can be started. */
  rootless?: string;
}

const empty = mkdtempSync(join(tmpdir(), 'pidone-empty-'));
const fill = (...paths: string[]): string =>
  paths.map((path) => `dd if=/dev/zero of=${path}/full bs=4k 2>/dev/null`).join('; ');
const elsewhere = /can't be written \(.*\): the manager keeps its state in \/dev\/(?:shm\/)?pidone-0\./;

const rows: readonly Row[] = [
  { name: '`docker run`' },
  { name: '`--read-only`', options: ['--read-only'], limit: elsewhere, booted: false },
  { name: '`--read-only --tmpfs /run`', options: ['--read-only', '--tmpfs', '/run'] },
  { name: '`--read-only --ipc=none`', options: ['--read-only', '--ipc=none'], limit: elsewhere, booted: false },
  { name: '`--read-only --cap-add SYS_ADMIN`', options: ['--read-only', '--cap-add=SYS_ADMIN'] },
  { name: '`/run` mounted read-only', options: ['-v', `${empty}:/run:ro`], limit: elsewhere, booted: false },
  {
    name: '`/run/systemd` mounted read-only',
    options: ['-v', `${empty}:/run/systemd:ro`],
    limit: /^\/run\/systemd can't be written \(Read-only file system\): .* in \/run\/pidone\./m,
    booted: false,
  },
  { name: '`/run` of 64 KB', options: ['--tmpfs', '/run:size=64k'] },
  {
    name: '`/run`, `/var`, `/tmp`, `/dev/shm` full',
    options: ['/run', '/var', '/tmp', '/dev/shm'].flatMap((path) => ['--tmpfs', `${path}:size=64k`]),
    before: fill('/run', '/var', '/tmp', '/dev/shm'),
    limit: /No space left on device/,
    full: true,
  },
  {
    name: '`/run`, `/tmp`, `/var` mounted noexec',
    options: ['/run', '/tmp', '/var'].flatMap((path) => ['--tmpfs', `${path}:noexec`]),
  },
  { name: 'no `/run`', before: 'rm -rf /run' },
  { name: '`/run` is a file', before: 'rm -rf /run; echo > /run', limit: elsewhere, booted: false },
  {
    name: '`/run/pidone` is another user’s',
    before: 'mkdir /run/pidone; chown 33 /run/pidone',
    limit: /^\/run\/pidone can't be written \(Permission denied\): the manager listens in \/dev\/shm\/pidone-0\.$/m,
  },
  { name: 'no `/etc/passwd`, no `/etc/group`', before: 'rm /etc/passwd /etc/group' },
  { name: 'a broken `nsswitch.conf`', before: 'echo "passwd: [!=" > /etc/nsswitch.conf' },
  { name: '65,000 files in `/run`', before: 'mkdir /run/many; cd /run/many; seq 65000 | xargs touch; cd /' },
  { name: '`/dev/null` is a file', before: 'rm /dev/null; echo > /dev/null', limit: /^\/dev\/null is no device/m },
  { name: 'no `/dev/null`', before: 'rm /dev/null' },
  {
    name: 'no `/proc`, `--cap-add SYS_ADMIN`',
    options: ['--cap-add=SYS_ADMIN', '--security-opt=apparmor=unconfined'],
    before: 'umount -R -l /proc',
  },
  { name: 'a host name of 63 letters', options: ['--hostname', 'h'.repeat(63)] },
  ...(
    [
      ['`-u www-data`', 33, []],
      ['`-u 12345`', 12345, []],
      ['`-u 12345:12345 --read-only`', 12345, ['--read-only']],
      [
        '`-u 12345:0 --read-only --cap-drop=ALL --security-opt=no-new-privileges`',
        12345,
        ['--read-only', '--cap-drop=ALL', '--security-opt=no-new-privileges'],
      ],
      ['`-u 12345 --read-only --ipc=none`', 12345, ['--read-only', '--ipc=none']],
    ] as const
  ).map(
    ([name, uid, more]): Row => ({
      name,
      options: ['-u', name.slice(4).split(/[ `]/)[0]!, ...more],
      limit: new RegExp(`^The manager runs as .*uid ${uid}\\)?, not as root`, 'm'),
      booted: false,
      rootless: `uid ${uid}`,
    }),
  ),
  ...(
    [
      ['`--init`', 'docker-init', ['--init'], ['systemctl']],
      ['`--init`, `systemctl default`', 'docker-init', ['--init'], ['systemctl', 'default']],
      ['`dumb-init systemctl`', 'dumb-init', [], ['dumb-init', 'systemctl']],
      ['`dumb-init --single-child systemctl`', 'dumb-init', [], ['dumb-init', '--single-child', 'systemctl']],
      ['`catatonit -- systemctl`', 'catatonit', [], ['catatonit', '--', 'systemctl']],
      ['`--pid=host`', '.*', ['--pid=host'], ['systemctl']],
      ['`--pid=container:…` (a pod that shares its processes)', 'sleep', ['--pid=container:pidone-pod'], ['systemctl']],
    ] as const
  ).map(
    ([name, init, options, command]): Row => ({
      name,
      init,
      options,
      command,
      limit: new RegExp(`^PID 1 is ${init}: the manager .* process \\d+, and the container ends with it\\.$`, 'm'),
    }),
  ),
];

describe.skipIf(reason !== undefined)('what a container gets', () => {
  beforeAll(async () => {
    await buildImage(image, dockerfile, {
      ...units,
      'rc.init': '#!/bin/sh\nuntil grep -q s6-svscan /proc/1/comm; do sleep 0.01; done\n"$@"\n',
    });
    await docker(['run', '-d', '--name', 'pidone-pod', '--network=none', image, 'sleep', 'infinity']);
  });
  afterAll(async () => {
    await docker(['rm', '-f', 'pidone-pod']);
    rmSync(empty, { recursive: true });
  });

  describe('a call in a container that was started for something else', () => {
    let container: DockerContainer;
    beforeAll(async () => {
      container = await DockerContainer.run(image, ['sleep', 'infinity'], ['--init']);
    });
    afterAll(() => container.remove());

    test.each([
      'systemctl',
      'systemctl; true',
      'setsid systemctl',
      'setsid -f systemctl | cat',
      '(systemctl &) | cat',
      'sh -c "sh -c systemctl\\ \\&" | cat',
    ])('is a question: %s', async (command) => {
      expect(await container.sh(command)).toMatchObject({ out: expect.stringContaining('0 loaded units'), err: '' });
      expect((await container.sh('pgrep -f "[p]idone.cjs"')).out).toBe('');
    });
  });

  test.each([
    ['', []],
    ['--init', ['--init']],
  ])('a script that %s does not become it is told how to boot', async (_, options) => {
    const { out, err } = await docker([
      'run',
      '--rm',
      '--network=none',
      ...options,
      image,
      'sh',
      '-c',
      'systemctl; true',
    ]);
    expect(out).toContain('0 loaded units');
    expect(err).toBe(
      'Nothing is booted: that takes `exec systemctl` in place of `systemctl` in sh, or `systemctl init`.\n',
    );
  });

  test('below s6 the command of its container boots, as s6-overlay runs it', async () => {
    const container = await DockerContainer.run(image, ['sh', '-c', '/rc.init systemctl & exec s6-svscan /scan']);
    try {
      await container.wait('systemctl is-active steady.service');
      expect(await container.log()).toMatch(/^PID 1 is s6-svscan: the manager is process \d+/m);
    } finally {
      await container.remove();
    }
  });

  describe.each([
    ['that nobody reaps', []],
    ['below an init', ['--init']],
  ])('a manager that is started for one call, %s', (_, options) => {
    let container: DockerContainer;
    const killed = 'kill -9 $(pgrep -f "[p]idone.cjs init"); while pgrep -f "[p]idone.cjs init"; do sleep 0.01; done; ';
    const notice = 'The last manager was killed.';
    /** Live processes of later.service, and of all of the managers. */
    const count = 'pgrep -c -r S,R,D -x sleep; pgrep -c -r S,R,D -f "[p]idone.cjs init"';
    beforeAll(async () => {
      container = await DockerContainer.run(image, ['tail', '-f', '/dev/null'], options);
    });
    afterAll(() => container.remove());

    test('is one, and starts one copy, for callers at once', async () => {
      const callers = '(for i in 1 2 3 4 5 6; do systemctl start later & done; wait)';
      expect(await container.sh(`${callers}; ${count}`)).toMatchObject({ out: '1\n1\n', err: '' });
    });

    test('that was killed: the next one says what was left, and starts no second copy', async () => {
      const { out, err } = await container.sh(`${killed}systemctl start later; ${count}`);
      expect(out).toBe('1\n1\n');
      expect(err).toMatch(new RegExp(`^${notice} .*: later.service: \\d+ \\(sleep\\)\\.\n$`));
    });

    test('that was killed: a stop finds what was left', async () => {
      const { out, err } = await container.sh(`${killed}systemctl stop later; echo $?; ${count}`);
      expect(out).toBe('0\n0\n1\n');
      expect(err).toContain(notice);
    });
  });

  test('a manager with --with-parent halts when the process that has started it is gone', async () => {
    const container = await DockerContainer.run(image, ['sleep', '1000'], ['--init']);
    try {
      const up = 'until systemctl is-active later; do sleep 0.05; done';
      expect(
        (await container.sh(`systemctl init --with-parent later >/root/log & ${up}; pgrep -x sleep | wc -l`)).out,
      ).toMatch(/active\n2\n$/);
      await container.wait('! pgrep -f "[p]idone.cjs"');
      expect((await container.sh('pgrep -x sleep | wc -l; tail -1 /root/log')).out).toMatch(/^1\n/);
    } finally {
      await container.remove();
    }
  });

  describe('a user’s manager, without systemd’s units', () => {
    const unit =
      '[Service]\\nType=notify\\nNotifyAccess=all\\nExecStart=/bin/sh -c "systemd-notify --ready; exec sleep infinity"\\n';
    const verbs = [
      'mkdir -p $HOME/.config/systemd/user',
      `printf '${unit}' > $HOME/.config/systemd/user/mine.service`,
      'PATH=$PATH:/usr/lib/pidone/bin systemctl --user start mine',
      'systemctl --user is-active mine basic.target',
      'journalctl --user -u mine -o cat --no-pager | tail -1',
      'systemctl --user stop mine',
      'systemctl --user default',
      'systemctl --user is-active default.target',
    ].join(' && ');
    const answers = 'active\nactive\nStarted mine.service.\nactive\n';
    const long = `/tmp/${'x'.repeat(120)}`;

    test.each([
      ['root', []],
      ['somebody', ['-u', '12345']],
      ['somebody with a long $XDG_RUNTIME_DIR', ['-u', '12345', '-e', `XDG_RUNTIME_DIR=${long}`]],
    ])('starts for one call of %s', async (_, options) => {
      const container = await DockerContainer.run(image, ['sleep', 'infinity'], ['-e', 'HOME=/tmp', ...options]);
      try {
        expect(await container.sh(verbs)).toMatchObject({ exit: 0, out: answers });
      } finally {
        await container.remove();
      }
    });

    test.each([
      ['root', []],
      ['somebody', ['-u', '12345']],
      ['somebody on a read-only root', ['-u', '12345', '--read-only', '--tmpfs', '/tmp']],
    ])('is the command of a container of %s', async (_, options) => {
      const path = ['-e', 'PATH=/usr/bin:/bin:/usr/lib/pidone/bin'];
      const command = ['systemctl', 'init', '--user'];
      const container = await DockerContainer.run(image, command, ['-e', 'HOME=/tmp', ...path, ...options]);
      try {
        await container.wait('systemctl --user is-system-running');
        expect(await container.sh(verbs)).toMatchObject({ exit: 0, out: answers });
        expect((await container.stop()).exit).toBe(0);
      } finally {
        await container.remove();
      }
    });

    test('says at once where its directory can not be', async () => {
      const options = ['-u', '12345', '-e', 'XDG_RUNTIME_DIR=/root/run'];
      const { exit, out } = await docker([
        'run',
        '--rm',
        '--network=none',
        ...options,
        image,
        'systemctl',
        'init',
        '--user',
      ]);
      expect({ exit, out }).toEqual({ exit: 1, out: 'Failed to start the manager: /root/run: Permission denied\n' });
    });
  });

  // Nobody can look into such a container.
  test('without /proc it boots and goes down in order', async () => {
    const without = 'umount -R -l /proc; exec setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin systemctl';
    const container = await DockerContainer.run(
      image,
      ['sh', '-c', without],
      ['--cap-add=SYS_ADMIN', '--security-opt=apparmor=unconfined'],
    );
    try {
      await container.waitForLog(/Started plain\.service/);
      expect(await container.log()).toMatch(/^There is no \/proc: /m);
      expect((await container.stop()).exit).toBe(0);
      expect(await container.log()).toContain('plain, too');
    } finally {
      await container.remove();
    }
  });

  describe.each(rows.map((row) => [row.name, row] as const))('%s', (_, row) => {
    let container: DockerContainer;

    beforeAll(async () => {
      const { before, command = ['/usr/bin/systemctl'], options = [] } = row;
      const argv = before === undefined ? command : ['sh', '-c', `${before}; exec ${command.join(' ')}`];
      container = await DockerContainer.run(image, argv, options);
    });
    afterAll(() => container?.remove());

    test('boots', async () => {
      await container.wait('systemctl is-system-running | grep -qE "running|degraded"', 60_000);
      expect((await container.sh('cat /proc/1/comm')).out).toMatch(new RegExp(`^${row.init ?? 'systemd'}\n$`));
    });

    test('says what is withheld', async () => {
      const log = await container.log();
      const limits = log.slice(0, log.indexOf('\nWelcome to '));
      if (row.limit === undefined) expect(limits.replace(/^Failed to write \/etc\/machine-id.*\n/m, '')).toBe('');
      else expect(limits).toMatch(row.limit);
    });

    test('brings up what is enabled', async () => {
      expect((await container.sh('systemctl is-active steady.service')).out).toBe('active\n');
    });

    test('answers `docker exec systemctl`', async () => {
      const verbs =
        'systemctl start later && systemctl status later && systemctl stop later; systemctl is-active later';
      expect((await container.sh(verbs)).out).toMatch(/Active: active \(running\)[\s\S]*\ninactive\n$/);
    });

    test('a bare `systemctl` typed in is a question', async () => {
      const { out } = await docker(['exec', container.id, 'systemctl']);
      expect(out).toContain('steady.service');
    });

    test('runs transient units', async () => {
      expect(await container.sh('systemd-run --quiet --wait sh -c "exit 3"')).toMatchObject({ exit: 3, err: '' });
    });

    test('runs units of other users', async ({ task }) => {
      const started = await container.sh('systemctl start nobody');
      if (row.rootless === undefined) expect(started).toMatchObject({ exit: 0, err: '' });
      else {
        Object.assign(task.meta, { cell: 'no' });
        expect(started.exit).toBe(1);
        expect((await container.sh('journalctl --no-pager -o cat -u nobody')).out).toContain(
          `User=nobody can't be had, the manager runs as ${row.rootless} and not as root: Operation not permitted`,
        );
      }
    });

    test('keeps a journal', async ({ task }) => {
      const { out } = await container.sh('journalctl --no-pager -o cat -t sh -u steady');
      if (row.full === true) {
        Object.assign(task.meta, { cell: 'no' });
        expect(out).toBe('');
        return;
      }
      expect(out).toBe('steady\n');
      await container.sh('echo rain | /usr/lib/pidone/bin/systemd-cat -t weather');
      await container.wait('journalctl --no-pager -o cat -t weather | grep -q rain');
    });

    test('has `/dev/log`', async ({ task }) => {
      const has = row.rootless === undefined;
      if (!has) Object.assign(task.meta, { cell: 'no' });
      expect((await container.sh('logger -t weather wind')).exit === 0).toBe(has);
      if (has && row.full !== true) await container.wait('journalctl --no-pager -o cat -t weather | grep -q wind');
    });

    test('`sd_booted()` is true', async ({ task }) => {
      const booted = row.booted ?? true;
      if (!booted) Object.assign(task.meta, { cell: 'no' });
      expect((await container.sh('test -d /run/systemd/system')).exit === 0).toBe(booted);
    });

    test('`systemctl exit` gives the container its status', async () => {
      const twin = await DockerContainer.run(image, row.command ?? [], row.options ?? []);
      try {
        await twin.wait('systemctl is-system-running | grep -qE "running|degraded"', 60_000);
        await twin.sh('systemctl exit 7');
        expect(await twin.exitStatus()).toBe(7);
      } finally {
        await twin.remove();
      }
    });

    test('`docker stop` stops in order, status 0', async () => {
      const { ms, exit } = await container.stop();
      expect(exit).toBe(0);
      expect(ms).toBeLessThan(8000);
      const { out } = await docker(['logs', container.id]);
      expect(out).toContain('stopped in order');
    });
  });
});
