/** Images that were made for systemctl.py, as far as it takes a container to see what they get (docs/migrating.md). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildImage, DockerContainer, debianImage, docker, whyNoDocker } from '../support/docker.ts';

const reason = whyNoDocker();
if (reason !== undefined) console.log(`Docker tests left out: ${reason}`);

const image = 'pidone-test/migrating';
const app = `[Service]
Environment=A=1
ExecStart=/bin/sh -c 'echo "the app has $A"; exec sleep infinity'
ExecStop=/bin/echo stopped in order
StandardOutput=journal+console
[Install]
WantedBy=multi-user.target
`;
const work = `[Service]
ExecStart=/bin/sh -c 'sleep 1; exit 3'
`;
const dockerfile = (): string => `
FROM ${debianImage('plain')}
ADD pidone-linux-x64.tar.gz /
RUN /usr/lib/pidone/install.sh --systemctl.py
COPY app.service work.service /etc/systemd/system/
RUN systemctl3.py enable app
`;

describe.skipIf(reason !== undefined)('an image for systemctl.py', () => {
  const containers: DockerContainer[] = [];
  const started = async (...command: string[]): Promise<DockerContainer> => {
    const container = await DockerContainer.run(image, command);
    containers.push(container);
    return container;
  };
  beforeAll(() => buildImage(image, dockerfile(), { 'app.service': app, 'work.service': work }));
  afterAll(async () => {
    for (const container of containers) await container.remove();
  });

  test.each([
    [['/usr/bin/systemctl3.py']],
    [['/usr/bin/systemctl.py', '-1']],
    [['/usr/bin/systemctl', '--init', 'default']],
    [['/usr/bin/systemctl3.py', 'start', '--init', 'app']],
    [['/usr/bin/systemctl', 'init', 'app']],
  ])('%j boots and stays', async (command) => {
    const container = await started(...command);
    await container.waitForLog(/the app has 1/);
    expect((await container.sh('systemctl3.py is-active app')).out).toBe('active\n');
    expect((await container.sh('systemctl.py log app')).out).toBe('the app has 1\n');
    expect((await container.sh('journalctl3.py -u app -n 5 --no-pager')).out).toContain('the app has 1');
    expect((await container.stop()).exit).toBe(0);
    expect(await container.log()).toContain('stopped in order');
  });

  test('-e, -0 and the rest count with a call that boots', async () => {
    const container = await started(
      'systemctl',
      '-0',
      '-e',
      'A=2',
      '-4',
      '-c',
      'X=1',
      '--init',
      'start',
      'work',
      'app',
    );
    await container.waitForLog(/the app has 2/);
    expect(await container.log()).toContain('Ignoring -c X=1: it is a variable of systemctl.py.');
    expect((await container.sh('grep ::1 /etc/hosts')).out).not.toMatch(/\slocalhost\s/);
    await container.sh('systemctl stop app');
    expect(await container.exitStatus()).toBe(3);
  });

  test('a start that is PID 1 ends, and with --init stays', async () => {
    const ended = await started('systemctl', 'start', 'work');
    expect(await ended.exitStatus()).toBe(0);
    const stays = await started('systemctl', 'start', 'app', '--init');
    await stays.waitForLog(/the app has 1/);
    expect((await docker(['inspect', '-f', '{{.State.Running}}', stays.id])).out).toBe('true\n');
  });
});
