/** Managers in containers beside the one that boots: for one call, of a user, below an init, of a life that was killed. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DockerContainer, docker, whyNoDocker } from '../support/docker.ts';
import { image, makeImage } from './image.ts';

const reason = whyNoDocker();
if (reason !== undefined) console.log(`Docker tests left out: ${reason}`);

describe.skipIf(reason !== undefined)('managers in containers', () => {
  beforeAll(makeImage);

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

  test('with $PIDONE_STRICT a unit fails for what the container can’t give, as with systemd', async () => {
    const container = await DockerContainer.run(image, [], ['-e', 'PIDONE_STRICT=yes']);
    try {
      await container.wait('systemctl is-system-running | grep -qE "running|degraded"');
      await container.sh('systemctl start fast');
      await container.wait('systemctl is-failed fast');
      expect((await container.sh('systemctl show -p ExecMainStatus --value fast')).out).toBe('214\n');
      expect((await container.sh('journalctl --no-pager -o cat -u fast')).out).toContain(
        'Failed to set up CPU scheduling: Operation not permitted (the container has no CAP_SYS_NICE)',
      );
    } finally {
      await container.remove();
    }
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
    const killed = 'kill -9 $(pgrep -f "[p]idone.cjs init"); ';
    const notice = 'The last manager was killed.';
    /** Live processes of later.service, and of all of the managers. */
    const count = 'pgrep -c -r S,R,D -x sleep; pgrep -c -r S,R,D -f "[p]idone.cjs init"';
    beforeAll(async () => {
      container = await DockerContainer.run(image, ['tail', '-f', '/dev/null'], options);
    });
    afterAll(() => container.remove());

    test('is one, and starts one copy, for callers at once', async () => {
      const callers = '(for i in 1 2 3 4 5 6; do systemctl start later & done; wait)';
      expect(await container.sh(callers)).toMatchObject({ exit: 0, err: '' });
      // Those that came second see it, and end.
      await container.wait('test "$(pgrep -c -r S,R,D -f "[p]idone.cjs init")" = 1');
      expect((await container.sh(count)).out).toBe('1\n1\n');
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

  test('a manager of www-data starts what asks for www-data, as far as that needs no privilege', async () => {
    const container = await DockerContainer.run(image, [], ['-u', 'www-data']);
    try {
      await container.wait('systemctl is-system-running | grep -qE "running|degraded"');
      expect(await container.sh('systemctl start www; systemctl is-active www')).toMatchObject({ out: 'active\n' });
      await container.wait('test -e /dev/shm/pidone-33/www/made');
      expect((await container.sh('ps -o user= -p $(systemctl show -p MainPID --value www)')).out).toBe('www-data\n');
      // Root may ask it, and have it do what it does for its own user; it gets nothing of root's.
      const asRoot = ['exec', '-u', '0', container.id];
      expect((await docker([...asRoot, 'systemctl', 'restart', 'www'])).exit).toBe(0);
      expect(await docker([...asRoot, 'systemd-run', '--pipe', 'id'])).toMatchObject({
        exit: 1,
        err: 'The manager runs as another user, and gets nothing of this process.\n',
      });
    } finally {
      await container.remove();
    }
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
});
