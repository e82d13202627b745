/** Debian 13's daemons, installed by apt into a container that runs pidone, and a running Debian 12 that becomes 13. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildImage, DockerContainer, debianImage, debianPackage, whyNoDocker } from '../support/docker.ts';

const reason = whyNoDocker();
if (reason !== undefined) console.log(`Docker tests left out: ${reason}`);

const apt = 'DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0';
const up = 'systemctl is-system-running | grep -qE "running|degraded"';

const dockerfile = (kind: 'plain' | 'trixie'): string => `
FROM ${debianImage(kind)}
COPY ${debianPackage} /
RUN rm -f /usr/sbin/policy-rc.d; apt-get update -qq && apt-get install -y -qq /${debianPackage}
CMD ["/usr/bin/systemctl"]
`;

async function started(kind: 'plain' | 'trixie'): Promise<DockerContainer> {
  const image = `pidone-test/daemons:${kind}`;
  await buildImage(image, dockerfile(kind));
  const container = await DockerContainer.run(image, [], ['--network=host']);
  await container.wait(up);
  return container;
}

/** Runs a command that has to succeed; its output. */
async function done(container: DockerContainer, command: string): Promise<string> {
  const { exit, out, err } = await container.sh(command, 1_000_000);
  expect([exit, exit === 0 ? '' : out + err]).toEqual([0, '']);
  return out;
}

/** A package and the unit that it brings; some have their programs in packages that it depends on. */
const daemons = [
  { name: 'nginx', unit: 'nginx.service', purge: 'nginx' },
  { name: 'redis-server', unit: 'redis-server.service', purge: 'redis-server' },
  { name: 'openssh-server', unit: 'ssh.service', purge: 'openssh-server' },
  // Whoever logs would start it again by its socket.
  { name: 'rsyslog', unit: 'rsyslog.service', purge: 'rsyslog', socket: 'syslog.socket' },
  { name: 'mariadb-server', unit: 'mariadb.service', purge: 'mariadb-server' },
  { name: 'cron', unit: 'cron.service', purge: 'cron' },
  { name: 'php-fpm', unit: 'php8.4-fpm.service', purge: 'php8.4-fpm php-fpm' },
  { name: 'postgresql', unit: 'postgresql@17-main.service', purge: 'postgresql postgresql-17' },
] satisfies { name: string; unit: string; purge: string; socket?: string }[];

const units = daemons.map(({ unit }) => unit).join(' ');
const allActive = `${'active\n'.repeat(daemons.length)}`;

describe.skipIf(reason !== undefined)('daemons of Debian 13', () => {
  let container: DockerContainer;
  beforeAll(async () => {
    container = await started('trixie');
    const packages = daemons.map(({ name }) => name).join(' ');
    await done(container, `apt-get update -qq && ${apt} install -y --no-install-recommends ${packages} chrony`);
  });
  afterAll(() => container?.remove());

  describe.each(daemons)('$name', ({ unit, socket = '' }) => {
    test('is enabled and active, and has nothing that pidone has no word for', async () => {
      // An instance is enabled by what a generator makes of the cluster's configuration.
      expect((await container.sh(`systemctl is-enabled ${unit}`)).out).toMatch(/^enabled(-runtime)?\n$/);
      expect((await container.sh(`systemctl is-active ${unit}`)).out).toBe('active\n');
      expect((await container.sh(`systemd-analyze verify ${unit} 2>&1 | grep -i unknown`)).out).toBe('');
    });
    test('is restarted, stopped and started', async () => {
      const pid = `systemctl show -P MainPID ${unit}`;
      const before = await done(container, pid);
      await done(container, `systemctl restart ${unit}`);
      expect(await done(container, pid)).not.toBe(before);
      await done(container, `systemctl stop ${socket} ${unit}`);
      expect((await container.sh(`systemctl is-active ${unit}`)).out).toBe('inactive\n');
      await done(container, `systemctl start ${unit}`);
      expect((await container.sh(`systemctl is-active ${unit}`)).out).toBe('active\n');
    });
  });

  test('chrony is left alone where the clock can’t be set', async () => {
    expect((await container.sh('systemctl is-active chrony')).out).toBe('inactive\n');
    expect((await container.sh('systemctl show -P ConditionResult chrony')).out).toBe('no\n');
  });

  test('none of them has failed', async () => {
    expect((await container.sh('systemctl --failed --no-legend --plain')).out).toBe('');
  });

  test('docker stop ends them all, and they are back at the next boot', async () => {
    const { ms, exit } = await container.stop();
    expect(exit).toBe(0);
    expect(ms).toBeLessThan(30_000);
    await container.restart();
    await container.wait(up);
    await container.wait(`test "$(systemctl is-active ${units})" = "${allActive.trim()}"`);
  });

  test.each(daemons)('$name is purged', async ({ unit, purge }) => {
    await done(container, `${apt} purge -y ${purge}`);
    expect((await container.sh(`systemctl is-active ${unit}`)).out).toBe('inactive\n');
    expect((await container.sh('systemctl --failed --no-legend --plain')).out).toBe('');
  });
});

describe.skipIf(reason !== undefined)('Debian 12 that becomes 13 while it runs', () => {
  let container: DockerContainer;
  beforeAll(async () => {
    container = await started('plain');
    await done(
      container,
      `apt-get update -qq && ${apt} install -y --no-install-recommends systemd systemd-sysv cron redis-server`,
    );
  });
  afterAll(() => container?.remove());
  const running = async (): Promise<void> => {
    expect((await container.sh('systemctl is-active cron redis-server')).out).toBe('active\nactive\n');
    expect((await container.sh('readlink /proc/1/exe; systemctl --failed --no-legend --plain')).out).toBe(
      '/usr/lib/pidone/node\n',
    );
  };

  test('stays what it is, and speaks as before until it boots again', async () => {
    expect((await container.sh('systemctl --version')).out).toMatch(/^systemd 252 /);
    await done(
      container,
      'sed -i s/bookworm/trixie/g /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null; true',
    );
    await done(
      container,
      `apt-get update -qq && ${apt} dist-upgrade -y -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold`,
    );
    expect((await container.sh('. /etc/os-release; echo $VERSION_ID')).out).toBe('13\n');
    expect((await container.sh('systemctl --version')).out).toMatch(/^systemd 252 /);
    await running();
    await done(container, 'systemctl restart cron redis-server');
    await running();
  }, 1_200_000);

  test('boots as 13', async () => {
    await container.restart();
    await container.wait(up);
    expect((await container.sh('systemctl --version')).out).toMatch(/^systemd 257 /);
    await running();
  });

  test('halts', async () => {
    await container.sh('systemctl poweroff');
    expect(await container.exitStatus()).toBe(0);
  });
});
