/** What dpkg brings over pidone, now and later, and that pidone can be taken out again. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildImage, DockerContainer, debianImage, whyNoDocker } from '../support/docker.ts';

const reason = whyNoDocker();
if (reason !== undefined) console.log(`Docker tests left out: ${reason}`);

const diversions = /^RUN .*\/diversions add$/m.exec(readFileSync('README.md', 'utf8'))?.[0];
const programs = ['systemctl', 'journalctl', 'systemd-run', 'systemd-analyze', 'systemd-cgls'];
const apt = 'DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0';

/** One of the directories that merged /usr makes another name of one in /usr, as it was before. */
const unmerge = 'RUN cp -a /usr/bin /bin.new && rm /bin && mv /bin.new /bin';

const dockerfile = (kind: 'plain' | 'trixie', more: string): string => `
FROM ${debianImage(kind)}
${more}
ADD pidone-linux-x64.tar.gz /
${diversions}
RUN rm -f /usr/sbin/policy-rc.d; apt-get update -qq && ${apt} install -y --no-install-recommends cron
CMD ["/usr/bin/systemctl"]
`;

const up = 'systemctl is-system-running | grep -qE "running|degraded"';

describe.skipIf(reason !== undefined).each(['plain', 'trixie'] as const)('on the %s image', (kind) => {
  let container: DockerContainer;
  beforeAll(async () => {
    await buildImage(`pidone-test/diversions:${kind}`, dockerfile(kind, ''));
    container = await DockerContainer.run(`pidone-test/diversions:${kind}`, [], ['--network=host']);
    await container.wait(up);
  });
  afterAll(() => container?.remove());
  const ours = async (): Promise<string[]> =>
    (
      await container.sh(
        `for p in ${programs.join(' ')}; do cmp -s $(command -v $p) /usr/lib/pidone/bin/systemctl && echo $p; done`,
      )
    ).out
      .trim()
      .split('\n');
  const install = async (words: string): Promise<void> => {
    const { exit, out, err } = await container.sh(`${apt} ${words}`, 600_000);
    expect([exit, exit === 0 ? '' : out + err]).toEqual([0, '']);
  };

  test('systemd comes, comes again, and pidone goes on', async () => {
    await install('install -y --no-install-recommends systemd systemd-sysv openssh-server');
    expect(await ours()).toEqual(programs);
    expect((await container.sh('systemctl is-active ssh cron')).out).toBe('active\nactive\n');
    await install('install -y --reinstall systemd systemd-sysv');
    expect(await ours()).toEqual(programs);
    expect((await container.sh('cat /proc/1/comm; systemctl --version')).out).toMatch(/^systemd\nsystemd /);
  }, 1_200_000);

  test('the next boot is pidone’s as well', async () => {
    await container.restart();
    await container.wait(up);
    expect((await container.sh('systemctl is-active ssh cron; readlink /proc/1/exe')).out).toBe(
      'active\nactive\n/usr/lib/pidone/node\n',
    );
  });

  test('taken out again, it leaves what systemd has brought', async () => {
    expect(await container.sh('/usr/lib/pidone/diversions remove')).toEqual({ exit: 0, out: '', err: '' });
    expect(
      (await container.sh('ls /usr/lib/pidone; ls /usr/bin/*.systemd; dpkg-divert --list | grep systemd')).out,
    ).toBe('');
    expect((await container.sh('dpkg --verify systemd; systemctl --version')).out).toMatch(/^systemd 25\d /);
  });
});

describe.skipIf(reason !== undefined)('with a /bin of its own', () => {
  let container: DockerContainer;
  beforeAll(async () => {
    await buildImage('pidone-test/diversions:unmerged', dockerfile('plain', unmerge));
    container = await DockerContainer.run('pidone-test/diversions:unmerged');
    await container.wait(up);
  });
  afterAll(() => container?.remove());

  test('who calls the program there finds pidone, until it is taken out', async () => {
    expect((await container.sh('readlink /bin/systemctl; /bin/systemctl is-active cron')).out).toBe(
      '/usr/bin/systemctl\nactive\n',
    );
    expect(await container.sh('/usr/lib/pidone/diversions remove')).toEqual({ exit: 0, out: '', err: '' });
    expect((await container.sh('ls /bin/systemctl /usr/bin/systemctl')).out).toBe('');
  });
});
