/** The Debian package without a Node, in an image that has one where images of the family `node` do. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  buildImage,
  DockerContainer,
  debianImage,
  debianPackage,
  nodelessPackage,
  whyNoDocker,
} from '../support/docker.ts';

const reason = whyNoDocker();
if (reason !== undefined) console.log(`Docker tests left out: ${reason}`);

const apt = 'DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0';
const image = 'pidone-test/nodeless';

/** The Node of pidone's tarball stands for that of the image. */
const dockerfile = (): string => `
FROM ${debianImage('plain')}
COPY pidone-linux-x64.tar.gz ${debianPackage} ${nodelessPackage} /
RUN tar -xOf /pidone-linux-x64.tar.gz usr/lib/pidone/node > /opt/node && chmod 755 /opt/node && rm /pidone-linux-x64.tar.gz
RUN rm -f /usr/sbin/policy-rc.d; apt-get update -qq && ${apt} install -y libstdc++6
RUN ! ${apt} install -y /${nodelessPackage} > /said 2>&1 && test -z "$(dpkg-divert --list | grep pidone)" && test ! -e /usr/lib/pidone
RUN mv /opt/node /usr/local/bin/node && ${apt} install -y /${nodelessPackage} cron
CMD ["/usr/bin/systemctl"]
`;

describe.skipIf(reason !== undefined)('the package without a Node', () => {
  let container: DockerContainer;
  const out = async (command: string): Promise<string> => (await container.sh(command, 600_000)).out;
  beforeAll(async () => {
    await buildImage(image, dockerfile());
    container = await DockerContainer.run(image, [], ['--network=host']);
    await container.wait('systemctl is-system-running | grep -qE "running|degraded"');
  });
  afterAll(() => container?.remove());

  test('is not installed where there is none, which a line says', async () => {
    expect(await out('grep ^pidone /said')).toBe(
      'pidone without a Node of its own needs one of 20.20 to 26, and there is none at /usr/local/bin/node or /usr/bin/node\n',
    );
  });

  test('runs in the image’s, and stays when systemd comes', async () => {
    expect(await out('readlink /proc/1/exe; systemctl is-active cron')).toBe('/usr/local/bin/node\nactive\n');
    await out(`${apt} install -y --no-install-recommends systemd systemd-sysv`);
    expect(await out('readlink -f /usr/bin/systemctl /usr/sbin/init | uniq')).toBe('/usr/lib/pidone/bin/systemctl\n');
    await out(`${apt} install -y --reinstall /${nodelessPackage}`);
    expect(await out('dpkg --audit; ls /usr/lib/pidone/*.code; readlink /usr/lib/pidone/node')).toBe(
      '/usr/lib/pidone/manager.code\n/usr/lib/pidone/program.code\n/usr/local/bin/node\n',
    );
  });

  test('gives way to the one that has a Node, and leaves nothing', async () => {
    expect((await container.sh(`${apt} install -y /${debianPackage}`, 600_000)).exit).toBe(0);
    expect(
      await out('readlink -f /usr/bin/systemctl; ls -l /usr/lib/pidone/node | cut -c1-3; systemctl is-active cron'),
    ).toBe('/usr/lib/pidone/bin/systemctl\n-rw\nactive\n');
    expect((await container.sh(`${apt} install -y /${nodelessPackage}`, 600_000)).exit).toBe(0);
    expect(await out('readlink /usr/lib/pidone/node')).toBe('/usr/local/bin/node\n');
    expect((await container.sh(`${apt} purge -y pidone-nodeless`, 600_000)).exit).toBe(0);
    expect(
      await out('ls -d /usr/lib/pidone; dpkg-divert --list | grep pidone; dpkg --verify systemd systemd-sysv'),
    ).toBe('');
  });
});
