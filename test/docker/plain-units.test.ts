/** An image without the systemd package: what other packages need of its units is there. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildImage, DockerContainer, debianImage, docker, whyNoDocker } from '../support/docker.ts';

const reason = whyNoDocker();
if (reason !== undefined) console.log(`Docker tests left out: ${reason}`);

const image = 'pidone-test/plain-units';

const units = {
  'after-rc.service': `[Unit]
Requires=rc-local.service
After=rc-local.service
[Service]
ExecStart=/bin/sh -c 'cp /run/rc-local /run/after-rc; exec sleep infinity'
[Install]
WantedBy=multi-user.target
`,
  'kiosk.service': `[Unit]
BindsTo=getty@tty1.service systemd-udevd.service
Requires=systemd-user-sessions.service systemd-logind.service systemd-journald.socket dbus-org.freedesktop.login1.service
After=getty@tty1.service systemd-udevd.service systemd-user-sessions.service
[Service]
ExecStart=/bin/sleep infinity
[Install]
WantedBy=multi-user.target
`,
};

/** rsyslog is installed while the image is made; the other packages only later, in a container that runs. */
const dockerfile = (): string => `
FROM ${debianImage('plain')}
ADD pidone-linux-x64.tar.gz /
RUN ln -s /usr/bin/systemctl /sbin/init; rm -f /usr/sbin/policy-rc.d
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends rsyslog \
 && apt-get install -y -qq --no-install-recommends --download-only --reinstall procps udev kmod cron
COPY *.service /etc/systemd/system/
RUN printf '#!/bin/sh\\necho ran > /run/rc-local\\n' > /etc/rc.local && chmod 755 /etc/rc.local \
 && systemctl enable after-rc.service kiosk.service getty@tty1.service console-getty.service serial-getty@ttyS0.service
CMD ["/usr/bin/systemctl"]
`;

describe.skipIf(reason !== undefined)('an image without the systemd package', () => {
  let container: DockerContainer;
  const out = async (command: string): Promise<string> => (await container.sh(command)).out;

  beforeAll(async () => {
    await buildImage(image, dockerfile(), units);
    container = await DockerContainer.run(image);
    await container.wait('systemctl is-system-running --wait | grep -qE "running|degraded"', 60_000);
  });
  afterAll(() => container?.remove());

  test('has none of its files, and boots without a failure', async () => {
    expect((await container.sh('ls /lib/systemd/systemd')).exit).not.toBe(0);
    expect(await out('systemctl is-system-running; systemctl --failed --no-legend')).toBe('running\n');
  });

  test('rsyslog runs, and gets what is logged', async () => {
    expect(await out('systemctl is-active rsyslog.service syslog.service syslog.socket')).toBe('active\n'.repeat(3));
    await container.sh('logger -t weather wind; systemd-run --quiet --wait sh -c "echo rain"');
    await container.wait('grep -q "weather.*: wind" /var/log/syslog && grep -q "sh.*: rain" /var/log/syslog');
    expect(await out('systemctl restart rsyslog && systemctl is-active rsyslog')).toBe('active\n');
  });

  test('/etc/rc.local has run before what is ordered after it', async () => {
    expect(await out('systemctl is-active rc-local.service after-rc.service; cat /run/after-rc')).toBe(
      'active\nactive\nran\n',
    );
  });

  test('what does not run here stands in nobody’s way, and says why', async () => {
    expect(await out('systemctl is-active kiosk.service')).toBe('active\n');
    const quiet = 'getty@tty1.service console-getty.service serial-getty@ttyS0.service';
    expect(await out(`systemctl is-enabled ${quiet}`)).toBe('enabled\n'.repeat(3));
    expect(await container.sh(`systemctl start ${quiet} systemd-udevd systemd-journald`)).toMatchObject({
      exit: 0,
      err: '',
    });
    expect(await out('systemctl status getty@tty1')).toMatch(/Active: inactive \(dead\)\n *Not run: the console of /);
    expect(await out('systemctl disable getty@tty1 2>&1')).toBe(
      'Removed "/etc/systemd/system/getty.target.wants/getty@tty1.service".\n',
    );
  });

  test('systemd-user-sessions lets users log in, and no more once it is stopped', async () => {
    expect(await out('systemctl is-active systemd-user-sessions; ls /run/nologin')).toBe('active\n');
    expect(await out('systemctl stop kiosk systemd-user-sessions; cat /run/nologin')).toContain(
      'System is going down.',
    );
    expect(await out('systemctl start kiosk; systemctl is-active kiosk; ls /run/nologin')).toBe('active\n');
  });

  test.each(['procps udev kmod', 'cron'])('packages are installed in it as it runs: %s', async (packages) => {
    const install = `DEBIAN_FRONTEND=noninteractive apt-get install -y --reinstall --no-install-recommends ${packages} 2>&1`;
    const { exit, out: said } = await container.sh(install, 120_000);
    expect([exit, said]).toEqual([0, expect.not.stringMatching(/not found|[Ff]ailed|exit code/)]);
    expect(await out('systemctl --failed --no-legend')).toBe('');
  });

  test('docker stop ends it in order', async () => {
    expect((await container.stop()).exit).toBe(0);
    expect((await docker(['logs', container.id])).out).not.toMatch(/FAILED|Failed/);
  });
});
