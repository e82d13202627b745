/** What the container's output shows: JSON and nothing else where that is asked for, and what a boot waits for. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { buildImage, DockerContainer, debianImage, whyNoDocker } from '../support/docker.ts';

const reason = whyNoDocker();
if (reason !== undefined) console.log(`Docker tests left out: ${reason}`);

const image = 'pidone-test/console';
const says = (output: string): string => `[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'echo "a line"; printf "\\\\033[31mred\\\\n"; echo "wrong" >&2'
StandardOutput=${output}
StandardError=${output}
[Install]
WantedBy=multi-user.target
`;
const outputs = ['journal', 'journal+console', 'tty', 'file:/dev/console', 'append:/proc/1/fd/1'];
const files = {
  ...Object.fromEntries(outputs.map((output, index) => [`says${index}.service`, says(output)])),
  'slow.service':
    '[Service]\nType=oneshot\nExecStart=/bin/sleep 6\nTimeoutStartSec=90\n[Install]\nWantedBy=multi-user.target\n',
  'broken.service': '[Service]\nExecStart=/nonexistent\n[Install]\nWantedBy=multi-user.target\n',
  'forward.conf': '[Journal]\nForwardToConsole=yes\n',
};
const dockerfile = (): string => `
FROM ${debianImage('plain')}
ADD pidone-linux-x64.tar.gz /
COPY *.service /etc/systemd/system/
COPY forward.conf /etc/systemd/journald.conf.d/
RUN systemctl enable ${outputs.map((_, index) => `says${index}`).join(' ')} slow broken && systemctl mask console-getty
CMD ["/usr/bin/systemctl"]
`;

describe.skipIf(reason !== undefined)('the console', () => {
  let container: DockerContainer;
  beforeAll(() => buildImage(image, dockerfile(), files));
  afterEach(() => container?.remove());

  const life = async (...options: string[]): Promise<string> => {
    container = await DockerContainer.run(image, [], options);
    await container.wait('systemctl is-system-running | grep -qE "running|degraded"', 60_000);
    await container.stop();
    return container.log();
  };

  test.each([[[]], [['-t']], [['-u', 'www-data']], [['--read-only']]])(
    'with PIDONE_CONSOLE=json is JSON from the first line to the last: docker run %j',
    async (options) => {
      const log = await life('-e', 'PIDONE_CONSOLE=json', ...options);
      const objects = log
        .split(/\r?\n/)
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, string>);
      const of = (unit: string): (string | undefined)[] =>
        objects.filter((object) => object._SYSTEMD_UNIT === unit).map(({ MESSAGE }) => MESSAGE);
      for (const index of outputs.keys())
        expect(of(`says${index}.service`).sort()).toEqual(['\x1b[31mred', 'a line', 'wrong']);
      const messages = objects.map(({ MESSAGE }) => MESSAGE);
      expect(messages).toContainEqual(
        expect.stringMatching(/^A start job is running for slow\.service \(\d+s \/ 1min \d+s\)$/),
      );
      expect(messages).toContain('Started broken.service.');
    },
  );

  test('of text tells of a slow job, and once', async () => {
    const log = await life();
    expect(log.match(/^\[\*\*\* {3}\] .*$/gm)).toEqual([
      // On a machine that has other things to do it may come a little later.
      expect.stringMatching(/^\[\*\*\* {3}\] A start job is running for slow\.service \(\d+s \/ 1min \d+s\)$/),
    ]);
  });

  test('that is a terminal has a line that moves, and in the end the line of the result in its place', async () => {
    const log = await life('-t');
    expect(log.match(/A start job is running for slow\.service \(\d+s \/ 1min \d+s\)/g)!.length).toBeGreaterThan(2);
    expect(log).toMatch(/\x1bM\r\x1b\[K\[\x1b\[0;1;32m {2}OK {2}\x1b\[0m\] Finished slow\.service\./);
  });

  test('has a reason for a manager that can’t be as JSON, too', async () => {
    container = await DockerContainer.run(
      image,
      ['systemctl', 'init', '--show-status=maybe'],
      ['-e', 'PIDONE_CONSOLE=json'],
    );
    expect(await container.exitStatus()).toBe(1);
    expect(JSON.parse(await container.log())).toMatchObject({
      PRIORITY: '3',
      MESSAGE: expect.stringContaining('Failed to start'),
    });
  });
});
