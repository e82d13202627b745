/** The Debian package beside systemd's, which apt installs, upgrades and removes before it and after it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildImage, DockerContainer, debianImage, debianPackage, docker, whyNoDocker } from '../support/docker.ts';

const reason = whyNoDocker();
if (reason !== undefined) console.log(`Docker tests left out: ${reason}`);

const programs = [
  'systemctl',
  'journalctl',
  'systemd-run',
  'run0',
  'systemd-analyze',
  'systemd-cgls',
  'systemd-mount',
  'init',
  'halt',
  'reboot',
];
const apt = 'DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0';
const deb = `/${debianPackage}`;

/** One of the directories that merged /usr makes another name of one in /usr, as it was before. */
const unmerge = 'RUN for d in bin sbin; do cp -a /usr/$d /$d.new && rm /$d && mv /$d.new /$d; done';

/** `before`, `after`: lines around the installation of pidone. */
const dockerfile = (kind: 'plain' | 'trixie' | 'systemd', { before = '', after = '' } = {}): string => `
FROM ${debianImage(kind)}
COPY ${debianPackage} /
RUN rm -f /usr/sbin/policy-rc.d; apt-get update -qq
${before}
RUN ${apt} install -y ${deb} cron
${after}
CMD ["/usr/bin/systemctl"]
`;

const up = 'systemctl is-system-running | grep -qE "running|degraded"';

async function started(name: string, text: string): Promise<DockerContainer> {
  await buildImage(`pidone-test/deb:${name}`, text);
  const container = await DockerContainer.run(`pidone-test/deb:${name}`, [], ['--network=host']);
  await container.wait(up);
  return container;
}

class Inside {
  readonly container: DockerContainer;
  constructor(container: DockerContainer) {
    this.container = container;
  }
  async out(command: string): Promise<string> {
    return (await this.container.sh(command)).out;
  }
  async apt(words: string): Promise<void> {
    const { exit, out, err } = await this.container.sh(`${apt} ${words}`, 600_000);
    expect([exit, exit === 0 ? '' : out + err]).toEqual([0, '']);
  }
  /** Those of `programs` that are pidone's. */
  async ours(): Promise<string[]> {
    const each = `for p in ${programs.join(' ')}; do cmp -s $(command -v $p) /usr/lib/pidone/bin/systemctl && echo $p; done`;
    return (await this.out(each)).trim().split('\n');
  }
}

describe.skipIf(reason !== undefined).each(['plain', 'trixie'] as const)('on the %s image', (kind) => {
  let inside: Inside;
  beforeAll(async () => {
    inside = new Inside(await started(kind, dockerfile(kind)));
  });
  afterAll(() => inside?.container.remove());

  test('apt brings no systemd for those that ask for what pidone provides', async () => {
    await inside.apt('install -y --no-install-recommends php-fpm logrotate');
    expect(await inside.out('dpkg -l systemd systemd-sysv | grep ^ii')).toBe('');
    expect(await inside.out('systemctl is-active cron logrotate.timer')).toBe('active\nactive\n');
  });

  test('systemd comes, comes again, and pidone goes on', async () => {
    await inside.apt('install -y --no-install-recommends systemd systemd-sysv openssh-server');
    expect(await inside.ours()).toEqual(programs);
    expect(await inside.out('systemctl is-active ssh cron')).toBe('active\nactive\n');
    expect(await inside.out('readlink -f $(command -v systemd-tmpfiles)')).toBe('/usr/bin/systemd-tmpfiles\n');
    await inside.apt('install -y --reinstall systemd systemd-sysv');
    expect(await inside.ours()).toEqual(programs);
    expect(await inside.out('cat /proc/1/comm; systemctl --version')).toMatch(/^systemd\nsystemd /);
  }, 1_200_000);

  test('pidone comes again while it runs', async () => {
    const before = await inside.out('systemctl show -P MainPID ssh cron');
    const renewals = async (): Promise<number> =>
      Number(await inside.out('journalctl -o cat _PID=1 | grep -c ^Reexecuting'));
    const earlier = await renewals();
    await inside.apt(`install -y --reinstall ${deb}`);
    expect(await inside.ours()).toEqual(programs);
    expect(await inside.out('systemctl show -P MainPID ssh cron')).toBe(before);
    expect([await inside.out('readlink /proc/1/exe'), await renewals()]).toEqual([
      '/usr/lib/pidone/node\n',
      earlier + 1,
    ]);
    expect(await inside.out('systemctl restart ssh && systemctl is-active ssh cron')).toBe('active\nactive\n');
  });

  test('the next boot is pidone’s as well', async () => {
    await inside.container.restart();
    await inside.container.wait(up);
    expect(await inside.out('systemctl is-active ssh cron; readlink /proc/1/exe')).toBe(
      'active\nactive\n/usr/lib/pidone/node\n',
    );
  });

  test('taken out again, it leaves what systemd has brought', async () => {
    await inside.apt('purge -y pidone');
    expect(
      await inside.out(
        'ls -d /usr/lib/pidone; ls /usr/*bin/*.systemd /usr/*bin/*.usr-is-merged; dpkg-divert --list | grep pidone',
      ),
    ).toBe('');
    expect(await inside.out('dpkg --verify systemd systemd-sysv; systemctl --version')).toMatch(/^systemd 25\d /);
    expect(await inside.out('pgrep -c cron')).not.toBe('0\n');
    expect((await inside.container.stop()).exit).toBe(0);
  });
});

describe.skipIf(reason !== undefined)('in an image that has systemd', () => {
  let inside: Inside;
  beforeAll(async () => {
    inside = new Inside(await started('over', dockerfile('systemd')));
  });
  afterAll(() => inside?.container.remove());

  test('it takes systemd’s place, and gives it back', async () => {
    expect(await inside.ours()).toEqual(programs);
    expect(await inside.out('systemctl is-active cron dbus')).toBe('active\nactive\n');
    await inside.apt('purge -y pidone');
    expect(await inside.out('dpkg --verify systemd systemd-sysv; readlink -f /sbin/init; systemctl --version')).toMatch(
      /^\/usr\/lib\/systemd\/systemd\nsystemd 252 /,
    );
  });
});

describe.skipIf(reason !== undefined)('in an image that systemd was put into and taken out of', () => {
  let inside: Inside;
  beforeAll(async () => {
    const both = 'systemd systemd-sysv';
    const after = `RUN ${apt} install -y --no-install-recommends ${both} && ${apt} purge -y --allow-remove-essential ${both}`;
    inside = new Inside(await started('without', dockerfile('trixie', { after })));
  });
  afterAll(() => inside?.container.remove());

  test('all that only systemd had brought is pidone’s again', async () => {
    expect(await inside.ours()).toEqual(programs);
    expect(await inside.out('readlink -f $(command -v systemd-tmpfiles)')).toBe('/usr/lib/pidone/bin/systemctl\n');
    expect(await inside.out('systemctl is-active cron')).toBe('active\n');
  });
});

describe.skipIf(reason !== undefined)('with a /bin and a /sbin of its own', () => {
  let inside: Inside;
  beforeAll(async () => {
    inside = new Inside(await started('unmerged', dockerfile('plain', { before: unmerge })));
  });
  afterAll(() => inside?.container.remove());

  test('who calls the program there finds pidone, until it is taken out', async () => {
    expect(await inside.out('readlink /bin/systemctl /sbin/init; /bin/systemctl is-active cron')).toBe(
      '/usr/bin/systemctl\n/usr/sbin/init\nactive\n',
    );
    await inside.apt('purge -y pidone');
    expect(await inside.out('ls /bin/systemctl /usr/bin/systemctl /sbin/init /bin/systemd-escape')).toBe('');
  });
});

describe.skipIf(reason !== undefined)('where systemd is PID 1', () => {
  test('it is refused, unless it is asked for by name', async () => {
    const image = 'pidone-test/deb:booted';
    await buildImage(image, `FROM ${debianImage('plain')}\nCOPY ${debianPackage} /\nRUN cp /bin/sleep /opt/systemd\n`);
    const container = await DockerContainer.run(image, ['/opt/systemd', 'infinity']);
    try {
      await container.sh('mkdir -p /run/systemd/system');
      const refused = await container.sh(`dpkg -i ${deb}`);
      expect([refused.exit, refused.err]).toEqual([1, expect.stringContaining('PID 1 of this system is /opt/systemd')]);
      expect((await container.sh('ls /usr/bin/systemctl; dpkg-divert --list | grep pidone')).out).toBe('');
      expect((await container.sh(`PIDONE_BESIDE_SYSTEMD=yes dpkg -i ${deb}`)).exit).toBe(0);
      expect((await docker(['exec', container.id, 'systemctl', '--version'])).out).toMatch(/^systemd /);
    } finally {
      await container.remove();
    }
  });
});
