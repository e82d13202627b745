/** The Dockerfile of the README, as a new user would build it, and what is left when pidone is taken out again. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildImage, DockerContainer, debianImage, debianPackage, docker, whyNoDocker } from '../support/docker.ts';

const reason = whyNoDocker();
if (reason !== undefined) console.log(`Docker tests left out: ${reason}`);

const dockerfile = /^FROM debian:12\nCOPY pidone.*?\n```$/ms.exec(readFileSync('README.md', 'utf8'))?.[0];

describe.skipIf(reason !== undefined)("a new user's image", () => {
  const image = 'pidone-test/minute';
  let container: DockerContainer;
  const out = async (command: string): Promise<string> => (await container.sh(command)).out;

  beforeAll(async () => {
    const text = dockerfile?.replace(/^FROM .*/, `FROM ${debianImage('plain')}`).replace('```', '') ?? '';
    expect(text).toContain(debianPackage);
    await buildImage(image, text);
    container = await DockerContainer.run(image);
    await container.wait('systemctl is-system-running --wait');
  });
  afterAll(() => container?.remove());

  test('serves pages, without anything of systemd’s', async () => {
    expect(await out('systemctl is-active nginx; systemctl --failed --no-legend; ls /lib/systemd/systemd')).toBe(
      'active\n',
    );
    const ask = "exec 3<>/dev/tcp/127.0.0.1/80; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3";
    expect((await docker(['exec', container.id, 'bash', '-c', ask])).out).toContain('Welcome to nginx');
  });

  test('has the programs of a machine, and says whose they are', async () => {
    const programs =
      'init halt poweroff reboot shutdown telinit runlevel systemd-tmpfiles systemd-escape systemd-notify';
    expect(await out(`for p in ${programs}; do readlink -f $(command -v $p); done | sort | uniq -c`)).toMatch(
      /^ *10 \/usr\/lib\/pidone\/bin\/systemctl\n$/,
    );
    expect(await out('dpkg -S /usr/bin/systemctl /usr/sbin/init | grep -v ^diversion')).toBe(
      'pidone: /usr/bin/systemctl\npidone: /usr/sbin/init\n',
    );
    expect(await out('dpkg --verify pidone')).toBe('');
  });

  test('goes on when pidone is taken out, and docker stop still ends it in order', async () => {
    await container.sh(
      "printf '[Service]\\nExecStart=/bin/sleep infinity\\nExecStop=/bin/echo stopped in order\\nStandardOutput=journal+console\\n' > /etc/systemd/system/a.service; systemctl daemon-reload; systemctl start a",
    );
    expect(await container.sh('apt-get purge -y -qq pidone')).toMatchObject({ exit: 0 });
    expect(
      await out(
        'command -v systemctl init halt systemd-tmpfiles; ls -d /usr/lib/pidone; dpkg-divert --list | grep pidone; dpkg --audit',
      ),
    ).toBe('');
    expect(await out('pgrep -c nginx')).not.toBe('0\n');
    expect((await container.stop()).exit).toBe(0);
    expect(await container.log()).toContain('stopped in order');
  });
});
