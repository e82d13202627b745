import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildImage, DockerContainer, debianImage, docker, whyNoDocker } from '../support/docker.ts';

const reason = whyNoDocker();
if (reason !== undefined) console.log(`Docker tests left out: ${reason}`);

const image = 'pidone-test/services';
const services = ['nginx', 'redis-server', 'ssh', 'cron', 'memcached'];

/** The line of the manual that keeps pidone in place where a package brings systemd along. */
const install = /^RUN .*\/install\.sh$/m.exec(readFileSync('docs/install.md', 'utf8'))?.[0];

/** Packages are installed over pidone, so that their scripts call it; nothing of it is privileged. */
const dockerfile = (kind: 'systemd' | 'plain'): string => `
FROM ${debianImage(kind)}
ADD pidone-linux-x64.tar.gz /
${install}
RUN rm -f /usr/sbin/policy-rc.d; apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nginx-light redis-server openssh-server cron memcached${kind === 'systemd' ? ' dbus && apt-get install -y -qq --reinstall systemd' : ''}
COPY slow.service /etc/systemd/system/slow.service
RUN systemctl enable slow.service
CMD ["/usr/bin/systemctl"]
`;
const slow = `[Unit]
Description=Takes its time to stop
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
ExecStop=/bin/sh -c 'sleep 0.5; echo stopped > /var/lib/slow'
[Install]
WantedBy=multi-user.target
`;

describe.skipIf(reason !== undefined).each(['systemd', 'plain'] as const)(
  "Debian's services under PID 1, %s image",
  (kind) => {
    let container: DockerContainer;

    beforeAll(async () => {
      await buildImage(`${image}:${kind}`, dockerfile(kind), { 'slow.service': slow });
      container = await DockerContainer.run(`${image}:${kind}`);
      await container.wait('systemctl is-system-running | grep -qE "running|degraded"');
    });
    afterAll(() => container?.remove());

    test('boots, with every service of a package enabled by its own scripts', async () => {
      const active = await container.sh(`systemctl is-active ${services.join(' ')}`);
      expect(active.out.trim().split('\n')).toEqual(services.map(() => 'active'));
      expect((await container.sh('systemctl --failed --no-legend --plain')).out).toBe('');
      expect((await container.sh('cat /proc/1/comm; test -d /run/systemd/system')).out).toBe('systemd\n');
      // Once booted, users may log in (pam_nologin(8)).
      expect((await container.sh('ls /run/nologin')).exit).toBe(2);
    });

    if (kind === 'systemd')
      test('the system bus hears at once what does not run here, and starts what does', async () => {
        const start = (name: string): string =>
          `timeout 20 dbus-send --system --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.StartServiceByName string:${name} uint32:0`;
        const { exit, err } = await container.sh(start('org.freedesktop.login1'));
        expect({ exit, err }).toMatchObject({
          exit: 1,
          err: expect.stringContaining('logind needs the D-Bus interface'),
        });
        const files =
          "printf '[D-BUS Service]\nName=org.example.E\nExec=/bin/false\nUser=root\nSystemdService=e.service\n' > /usr/share/dbus-1/system-services/org.example.E.service; " +
          "printf '[Service]\nExecStart=/bin/sleep infinity\n' > /etc/systemd/system/e.service; systemctl daemon-reload; systemctl reload dbus";
        expect((await container.sh(files)).exit).toBe(0);
        await container.sh(`dbus-send --system --dest=org.example.E / org.freedesktop.DBus.Peer.Ping`);
        await container.wait('systemctl is-active e.service');
        expect((await container.sh('hostnamectl | grep Virtualization')).out).toContain('docker');
        const timezone =
          'timedatectl set-timezone Etc/GMT && timedatectl show -p Timezone --value; timedatectl set-timezone Etc/UTC';
        expect((await container.sh(timezone)).out).toBe('Etc/GMT\n');
      });

    test.each(services)('%s restarts, stops and starts under its own unit file', async (name) => {
      const pid = async (): Promise<string> =>
        (await container.sh(`systemctl show -p MainPID --value ${name}`)).out.trim();
      const before = await pid();
      expect(Number(before)).toBeGreaterThan(1);
      expect(await container.sh(`systemctl restart ${name}`)).toMatchObject({ exit: 0, err: '' });
      expect(await pid()).not.toBe(before);
      expect((await container.sh(`systemctl stop ${name}; systemctl is-active ${name}`)).out).toBe('inactive\n');
      expect((await container.sh(`systemctl start ${name} && systemctl is-active ${name}`)).out).toBe('active\n');
      const status = await container.sh(`systemctl status ${name}`);
      expect(status.exit).toBe(0);
      expect(status.out).toContain('Active: active (running)');
      expect(status.out).toContain(`CGroup: /system.slice/${name === 'ssh' ? 'ssh' : name}.service`);
    });

    test('reload, kill, mask and enable work as on a machine', async () => {
      expect((await container.sh('systemctl reload nginx && systemctl is-active nginx')).out).toBe('active\n');
      expect((await container.sh('systemctl kill -s HUP nginx; echo $?')).out).toBe('0\n');
      await container.sh('systemctl disable cron; systemctl mask cron');
      expect((await container.sh('systemctl is-enabled cron')).out).toBe('masked\n');
      await container.sh('systemctl unmask cron; systemctl enable cron');
      expect((await container.sh('systemctl is-enabled cron')).out).toBe('enabled\n');
      expect(
        (await container.sh('systemctl try-restart nginx; systemctl reload-or-restart redis-server; echo $?')).out,
      ).toBe('0\n');
    });

    test('docker stop runs every ExecStop and ends with 0', async () => {
      const { ms, exit } = await container.stop();
      expect(exit).toBe(0);
      // The slow service takes half a second, the others less.
      expect(ms).toBeLessThan(5000);
      const copied = await docker(['cp', `${container.id}:/var/lib/slow`, '-']);
      expect(copied.out).toContain('stopped');
    });
  },
);

describe.skipIf(reason !== undefined)('other ways to use it', () => {
  test('without PID 1 of ours a manager starts on demand and goes when nothing is left', async () => {
    const container = await DockerContainer.run(`${image}:plain`, ['sleep', 'infinity'], ['--init']);
    try {
      expect(await container.sh('systemctl start nginx')).toMatchObject({ exit: 0, err: '' });
      expect((await container.sh('systemctl is-active nginx')).out).toBe('active\n');
      expect((await container.sh('systemctl status nginx')).exit).toBe(0);
      expect((await container.sh('systemctl stop nginx && systemctl is-active nginx')).out).toBe('inactive\n');
      // The brackets keep the pattern from matching the shell that asks.
      await container.wait("! pgrep -f '[p]idone.cjs'");

      expect(await container.sh('systemctl default')).toMatchObject({ exit: 0, err: '' });
      const active = await container.sh(`systemctl is-active ${services.join(' ')}`);
      expect(active.out.trim().split('\n')).toEqual(services.map(() => 'active'));
      expect(await container.sh('systemctl halt')).toMatchObject({ exit: 0, err: '' });
      // Again in brackets: the shell that asks is there as long as its last command.
      const left = 'pgrep -af "[n]ginx|[r]edis|[c]ron|[m]emcached"';
      expect((await container.sh(`cat /var/lib/slow; ${left}`)).out).toBe('stopped\n');
    } finally {
      await container.remove();
    }
  });

  test('a container that was killed and is started again finds none of the last life’s process ids', async () => {
    const container = await DockerContainer.run(`${image}:plain`);
    try {
      const up = 'systemctl is-system-running | grep -qE "running|degraded"';
      await container.wait(up);
      expect((await container.sh('mkdir /run/other && echo 1 > /run/other/pid && ls /run/nginx.pid')).exit).toBe(0);
      await docker(['kill', container.id]);
      await docker(['start', container.id]);
      await container.wait(up);
      expect((await container.sh('cat /run/other/pid')).exit).toBe(1);
      expect((await container.sh(`systemctl is-active ${services.join(' ')}`)).exit).toBe(0);
      expect((await container.sh('journalctl --list-boots -q | wc -l')).out).toBe('2\n');
    } finally {
      await container.remove();
    }
  });

  test('docker stop is heard as soon as docker run has returned, whatever the environment says to Node', async () => {
    const given = ['NODE_OPTIONS=--no-such-option', 'LD_PRELOAD=/nonexistent.so', 'NAME=value'];
    const options = given.flatMap((assignment) => ['-e', assignment]);
    for (let i = 0; i < 10; i++) {
      const container = await DockerContainer.run(`${image}:plain`, [], options);
      try {
        const { ms, exit } = await container.stop();
        expect(exit).toBe(0);
        expect(ms).toBeLessThan(10_000);
      } finally {
        await container.remove();
      }
    }
    const container = await DockerContainer.run(`${image}:plain`, [], options);
    try {
      await container.wait('systemctl is-system-running | grep -qE "running|degraded"');
      const environ = (await container.sh("tr '\\0' '\\n' < /proc/1/environ")).out;
      expect(environ).toMatch(/^(\w+=.*\n)+$/);
      for (const assignment of given) expect(environ).toContain(`${assignment}\n`);
      expect(environ).not.toContain('PIDONE');
    } finally {
      await container.remove();
    }
  }, 120_000);

  test('systemctl exit ends the container with the status asked for', async () => {
    const container = await DockerContainer.run(`${image}:plain`);
    try {
      await container.wait('systemctl is-system-running | grep -qE "running|degraded"');
      await container.sh('systemctl exit 7');
      expect(await container.exitStatus()).toBe(7);
    } finally {
      await container.remove();
    }
  });

  test('init UNIT runs that unit alone and ends as its action says', async () => {
    const text = `[Unit]\\nSuccessAction=exit\\n[Service]\\nType=oneshot\\nExecStart=/bin/echo done\\n`;
    const command = `printf '${text}' > /etc/systemd/system/job.service; exec /usr/bin/systemctl init job.service`;
    const container = await DockerContainer.run(`${image}:plain`, ['sh', '-c', command]);
    try {
      expect(await container.exitStatus()).toBe(0);
    } finally {
      await container.remove();
    }
  });
});
