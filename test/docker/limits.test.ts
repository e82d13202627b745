/** Containers that may have little: memory, descriptors, processes. What runs goes on, and PID 1 with it. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { buildImage, DockerContainer, debianImage, docker, whyNoDocker } from '../support/docker.ts';

const reason = whyNoDocker();
if (reason !== undefined) console.log(`Docker tests left out: ${reason}`);

const image = 'pidone-test/limits';
const numbers = [1, 2, 3, 4, 5];
const enabled = '[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n';

const files: Record<string, string> = {
  ...Object.fromEntries(numbers.map((number) => [`steady${number}.service`, enabled])),
  ...Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`more${i}.service`, enabled])),
  'more.target': `[Unit]\nWants=${Array.from({ length: 9 }, (_, i) => `more${i}.service`).join(' ')}\n`,
  // Text that grows until somebody stops it, and many processes of 15 MB each.
  'grows.service': '[Service]\nExecStart=/grows.pl\n',
  'shell.service': '[Service]\nExecStart=/bin/sh -c "/grows.pl; exit $?"\n',
  'forks.service': '[Service]\nExecStart=/forks.pl\n',
  'precious.service': '[Service]\nOOMScoreAdjust=-900\nExecStart=/bin/sleep infinity\n',
  'grows.pl': '#!/usr/bin/perl\nmy @all; while (1) { push @all, "x" x 1000000; select(undef, undef, undef, 0.01) }\n',
  'forks.pl':
    '#!/usr/bin/perl\nfor (1 .. 40) { if (!fork) { my $own = "x" x 8000000; sleep 1000 } select(undef, undef, undef, 0.05) }\nsleep 1000;\n',
};

const dockerfile = (): string => `
FROM ${debianImage('plain')}
ADD pidone-linux-x64.tar.gz /
COPY *.service *.target /etc/systemd/system/
COPY *.pl /
RUN chmod 755 /*.pl && systemctl enable ${numbers.map((number) => `steady${number}`).join(' ')}
CMD ["/usr/bin/systemctl"]
`;

describe.skipIf(reason !== undefined)('containers of little', () => {
  let container: DockerContainer;

  beforeAll(() => buildImage(image, dockerfile(), files));
  afterEach(() => container?.remove());

  const boot = async (...options: string[]): Promise<void> => {
    container = await DockerContainer.run(image, [], options);
    await container.wait('systemctl is-system-running | grep -qE "running|degraded"', 60_000);
  };
  const said = async (command: string): Promise<string> => (await container.sh(command)).out;
  const steady = numbers.map((number) => `steady${number}`).join(' ');

  /**
   * Starts many services, one after the other: which came up, what the log says of the last. Then some are stopped: a
   * `docker exec` takes up to seven processes and threads for itself.
   */
  const startMany = async (count: number): Promise<{ running: number; last: string }> => {
    const out = await said(
      `for i in $(seq ${count}); do systemd-run -q --unit=x$i sleep infinity; done
       systemctl list-units --no-legend --plain --state=running 'x*'; echo ---
       journalctl --no-pager -o cat -u x${count}; systemctl show x${count} -p Result; systemctl stop x1 x2 x3 x4 x5 x6`,
    );
    const [running, last] = out.split('---\n') as [string, string];
    return { running: running.split('\n').length - 1, last };
  };
  /** Clock ticks that PID 1 has run for. */
  const ticks = async (): Promise<number> => Number(await said("awk '{ print $14 + $15 }' /proc/1/stat"));

  const goesOn = async (): Promise<void> => {
    expect(await said(`systemctl is-active ${steady}`)).toBe('active\n'.repeat(numbers.length));
    await said('systemctl restart steady1 && /usr/lib/pidone/bin/systemd-cat -t weather echo rain');
    expect(await said('systemctl is-active steady1')).toBe('active\n');
    const before = await ticks();
    await new Promise((next) => setTimeout(next, 2000));
    expect((await ticks()) - before).toBeLessThan(20);
  };

  describe('descriptors', () => {
    test('of 64 some are kept: what runs goes on, what is too much says so', async () => {
      await boot('--ulimit', 'nofile=64');
      const { running, last } = await startMany(40);
      expect(running).toBeGreaterThan(10);
      expect(running).toBeLessThan(25);
      expect(last).toContain(
        'Failed to make a process: Too many open files (the manager may have 64 descriptors, RLIMIT_NOFILE, and keeps 8 of them for itself)',
      );
      expect(last).toContain('Result=resources\n');
      await goesOn();
      await container.wait('journalctl --no-pager -o cat -t weather | grep -q rain');
    });

    test('the manager takes what it may have, services get what it was given', async () => {
      await boot('--ulimit', 'nofile=64:256');
      expect(await said('grep files /proc/1/limits')).toMatch(/ 256 +256 /);
      expect(await said('grep files /proc/$(pgrep -x sleep | head -1)/limits')).toMatch(/ 64 +256 /);
      expect(await startMany(80)).toMatchObject({ running: 80 });
    });

    test('too few for the manager are said in a line', async () => {
      container = await DockerContainer.run(image, [], ['--ulimit', 'nofile=24']);
      expect(await container.exitStatus()).toBe(1);
      expect(await container.log()).toBe(
        'Failed to start the manager: sigaction: Too many open files (it may have 24 descriptors, RLIMIT_NOFILE, and needs 40)\n',
      );
    });
  });

  describe('processes', () => {
    test('of 20 none is too much for what runs', async () => {
      await boot('--pids-limit=20');
      const { running, last } = await startMany(20);
      expect(running).toBeGreaterThan(2);
      expect(last).toContain(
        'Failed to fork: Resource temporarily unavailable (the container may have 20 processes and threads, pids.max of its control group)',
      );
      await goesOn();
    });

    test('of a user that may have few', async () => {
      await boot('--ulimit', 'nproc=14', '-u', '54321');
      // Root's processes are not counted.
      await docker(['exec', '-u', '0', container.id, 'systemctl', 'start', 'more.target']);
      const log = await docker([
        'exec',
        '-u',
        '0',
        container.id,
        'journalctl',
        '--no-pager',
        '-o',
        'cat',
        '-u',
        'more*',
      ]);
      expect(log.out).toContain('(uid 54321 may have 14 processes and threads, RLIMIT_NPROC)');
      const { out } = await docker(['exec', '-u', '0', container.id, 'systemctl', 'is-active', 'steady1']);
      expect(out).toBe('active\n');
    });
  });

  describe('memory', () => {
    test.each([48, 64, 96])('%i MiB are enough for a boot and five services', async (memory) => {
      await boot(`--memory=${memory}m`);
      expect(await said('systemctl is-system-running')).toBe('running\n');
      expect(await said(`systemctl is-active ${steady}`)).toBe('active\n'.repeat(numbers.length));
    });

    test.each([48, 64, 128])('of %i MiB a service that grows is killed, and not the manager', async (memory) => {
      await boot(`--memory=${memory}m`);
      await container.sh('systemctl start --no-block grows');
      await container.wait('systemctl is-failed grows');
      expect(await said('systemctl show grows -p Result,ExecMainStatus,OOMScoreAdjust')).toBe(
        'Result=oom-kill\nExecMainStatus=9\nOOMScoreAdjust=0\n',
      );
      expect(await said('journalctl --no-pager -o cat -u grows')).toContain('killed by the OOM killer');
      expect(await said('cat /proc/1/comm')).toBe('systemd\n');
      // Of 48 MiB `docker exec` itself, which takes 10, may want more than is left: then a second service goes.
      if (memory > 48) expect(await said(`systemctl is-active ${steady}`)).toBe('active\n'.repeat(numbers.length));
    });

    test.each([48, 64, 128])('of %i MiB processes that are smaller than the manager are killed', async (memory) => {
      await boot(`--memory=${memory}m`);
      await container.sh('systemctl start --no-block forks');
      await container.wait(
        'grep -qE "^oom_kill [1-9]" /sys/fs/cgroup/memory*/memory.oom_control /sys/fs/cgroup/memory.events',
      );
      expect(await said('cat /proc/1/comm')).toBe('systemd\n');
      expect(await said('systemctl stop forks; systemctl is-active steady1')).toBe('active\n');
    });

    test('a command of a shell counts for its service', async () => {
      await boot('--memory=128m');
      await container.sh('systemctl start --no-block shell');
      await container.wait('systemctl is-failed shell');
      expect(await said('systemctl show shell -p Result')).toBe('Result=oom-kill\n');
    });

    test('each service is a likelier victim than the manager, whatever it sets and the container was given', async () => {
      await boot('--memory=256m', '--oom-score-adj=100');
      await container.sh('systemctl start precious');
      const scores = (await said('for p in 1 $(pgrep -x sleep); do cat /proc/$p/oom_score_adj; done'))
        .trim()
        .split('\n');
      const [manager, ...services] = scores.map(Number);
      expect(manager).toBe(100);
      expect(services).toHaveLength(numbers.length + 1);
      expect(Math.min(...services)).toBeGreaterThan(100 + (67 / 256) * 1000);
      expect(await said('systemctl show precious steady1 -p OOMScoreAdjust --value')).toBe('-900\n\n100\n');
    });
  });
});
