/**
 * What each kind of container gets: a row a kind, a test a thing that it gets or, as `meta.cell` says, does not get.
 * docs/containers.md shows them as a table (scripts/containers.mjs).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DockerContainer, docker, whyNoDocker } from '../support/docker.ts';
import { image, makeImage } from './image.ts';
import { emptyDirectory, kinds, pod } from './kinds.ts';

const reason = whyNoDocker();
if (reason !== undefined) console.log(`Docker tests left out: ${reason}`);

const empty = mkdtempSync(join(tmpdir(), 'pidone-empty-'));
const optionsOf = (options: readonly string[]): string[] =>
  options.map((option) => option.replace(emptyDirectory, empty));

describe.skipIf(reason !== undefined)('kinds of containers', () => {
  beforeAll(async () => {
    await makeImage();
    await docker(['run', '-d', '--name', pod, '--network=none', image, 'sleep', 'infinity']);
  });
  afterAll(async () => {
    await docker(['rm', '-f', pod]);
    rmSync(empty, { recursive: true });
  });

  describe.each(kinds.map((kind) => [kind.name, kind] as const))('%s', (_, kind) => {
    let container: DockerContainer;

    beforeAll(async () => {
      const { before, command = ['/usr/bin/systemctl'], options = [] } = kind;
      const argv = before === undefined ? command : ['sh', '-c', `${before}; exec ${command.join(' ')}`];
      container = await DockerContainer.run(image, argv, optionsOf(options));
    });
    afterAll(() => container?.remove());

    test('boots', async () => {
      await container.wait('systemctl is-system-running | grep -qE "running|degraded"', 60_000);
      expect((await container.sh('cat /proc/1/comm')).out).toMatch(new RegExp(`^${kind.init ?? 'systemd'}\n$`));
    });

    test('says what is withheld', async () => {
      const log = await container.log();
      const limits = log.slice(0, log.indexOf('\nWelcome to '));
      if (kind.limit === undefined) expect(limits.replace(/^Failed to write \/etc\/machine-id.*\n/m, '')).toBe('');
      else expect(limits).toMatch(kind.limit);
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
      if (kind.rootless === undefined && kind.powerless !== true) expect(started).toMatchObject({ exit: 0, err: '' });
      else {
        Object.assign(task.meta, { cell: 'no' });
        expect(started.exit).toBe(1);
        expect((await container.sh('journalctl --no-pager -o cat -u nobody')).out).toContain(
          kind.powerless === true
            ? 'Changing group credentials failed: Operation not permitted (the container has no CAP_SETGID)'
            : `User=nobody can't be had, the manager runs as ${kind.rootless} and not as root: Operation not permitted`,
        );
      }
    });

    test('runs units whose priorities it can’t give, and says so', async () => {
      expect(await container.sh('systemctl start fast')).toMatchObject({ exit: 0, err: '' });
      expect((await container.sh('systemctl is-active fast')).out).toBe('active\n');
      if (kind.full !== true) {
        // With CAP_SYS_ADMIN IOSchedulingClass= can be had.
        const lacking =
          'CAP_SYS_NICE, CAP_SYS_RESOURCE, going on without all of Nice=, CPUSchedulingPolicy=, ' +
          `CPUSchedulingPriority=, ${kind.mounts === true ? '' : 'IOSchedulingClass=, '}LimitNICE=.`;
        const { out } = await container.sh('journalctl --no-pager -o cat -u fast');
        expect(out.split('\n').filter((line) => line.startsWith('fast.service: '))).toContain(
          `fast.service: The container has no ${lacking}`,
        );
      }
    });

    test('names in `status` what of a unit has no effect', async () => {
      const what = kind.mounts === true ? '' : 'ProtectHome=, ProtectKernelLogs= (in part), ';
      expect((await container.sh('systemctl status fast')).out).toContain(`\n  No effect: ${what}MemoryMax=\n`);
    });

    test('keeps a journal', async ({ task }) => {
      const { out } = await container.sh('journalctl --no-pager -o cat -t sh -u steady');
      if (kind.full === true) Object.assign(task.meta, { cell: 'no' });
      expect(out).toBe(kind.full === true ? '' : 'steady\n');
    });

    test('`systemd-cat` reaches it', async ({ task }) => {
      const has = kind.homeless !== true && kind.full !== true;
      if (!has) Object.assign(task.meta, { cell: 'no' });
      const { exit } = await container.sh('echo rain | /usr/lib/pidone/bin/systemd-cat -t weather');
      expect(exit).toBe(kind.homeless === true ? 1 : 0);
      if (has) await container.wait('journalctl --no-pager -o cat -t weather | grep -q rain');
    });

    test('`/dev/log` does', async ({ task }) => {
      const is = kind.rootless === undefined;
      if (!is || kind.full === true) Object.assign(task.meta, { cell: 'no' });
      expect((await container.sh('test -S /dev/log && logger -t weather wind')).exit === 0).toBe(is);
      if (is && kind.full !== true) await container.wait('journalctl --no-pager -o cat -t weather | grep -q wind');
    });

    test('`sd_booted()` is true', async ({ task }) => {
      const booted = kind.booted ?? true;
      if (!booted) Object.assign(task.meta, { cell: 'no' });
      expect((await container.sh('test -d /run/systemd/system')).exit === 0).toBe(booted);
    });

    test('`systemctl exit` gives the container its status', async () => {
      const twin = await DockerContainer.run(image, kind.command ?? [], optionsOf(kind.options ?? []));
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
