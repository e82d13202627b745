/** The images of examples/images: each is built, asked over its protocol, killed, and stopped in order. */
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DockerContainer, debianImage, debianPackage, docker, whyNoDocker } from '../support/docker.ts';
import { examples } from './examples.ts';

const reason = whyNoDocker();
if (reason !== undefined) console.log(`Docker tests left out: ${reason}`);

const root = resolve(import.meta.dirname, '../..');
const folder = join(root, 'examples/images');

const files = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) =>
    readdirSync(join(folder, name))
      .filter((file) => file.endsWith('Dockerfile'))
      .map((file) => ({ name, file, isUser: file === 'user.Dockerfile' })),
  );

const tagOf = (name: string, file: string): string =>
  `pidone-test/example-${name}${file === 'Dockerfile' ? '' : '-user'}`;

async function build(tag: string, name: string, file: string): Promise<void> {
  const context = mkdtempSync(join(tmpdir(), 'pidone-example-'));
  try {
    cpSync(join(folder, name), context, { recursive: true });
    cpSync(join(root, 'dist', debianPackage), join(context, debianPackage));
    const words = ['--build-arg', `BASE=${debianImage('plain')}`];
    if (name === 'postgres') words.push('--build-arg', 'PASSWORD=secret');
    const built = await docker(
      ['build', '--network=host', ...words, '-t', tag, '-f', join(context, file), context],
      1_200_000,
    );
    if (built.exit !== 0) throw new Error(`docker build failed:\n${built.out.slice(-4000)}\n${built.err.slice(-4000)}`);
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}

test('each folder has a test', () => {
  expect([...new Set(files.map(({ name }) => name))].sort()).toEqual(Object.keys(examples).sort());
});

describe
  .skipIf(reason !== undefined)
  .each(files.map((example) => [`${example.name}${example.isUser ? ' as a user' : ''}`, example] as const))(
  '%s',
  (_, { name, file, isUser }) => {
    const { unit, ask, answer } = examples[name]!;
    const tag = tagOf(name, file);
    let container: DockerContainer;
    beforeAll(async () => {
      await build(tag, name, file);
      container = await DockerContainer.run(tag);
      await container.wait('systemctl is-system-running | grep -qE "running|degraded"', 120_000);
    });
    afterAll(async () => {
      await container?.remove();
      await docker(['rmi', tag]);
    });
    /** Daemons may need a moment before they answer. */
    const asked = (): Promise<void> =>
      expect
        .poll(async () => (await container.sh(ask(isUser))).out, { timeout: 60_000, interval: 200 })
        .toMatch(answer);

    test('answers, and has nothing that failed', async () => {
      await asked();
      expect((await container.sh('systemctl --failed --no-legend --plain')).out).toBe('');
      const { out } = await container.sh('cat /proc/1/comm; stat -c %u /proc/1');
      expect(out).toMatch(isUser ? /^systemd\n[1-9]\d*\n$/ : /^systemd\n0\n$/);
    });

    test('restarts its service', async () => {
      const pid = `systemctl show -P MainPID '${unit}'`;
      const before = (await container.sh(pid)).out;
      expect(Number(before)).toBeGreaterThan(1);
      expect(await container.sh(`systemctl restart '${unit}'`)).toMatchObject({ exit: 0, err: '' });
      expect((await container.sh(pid)).out).not.toBe(before);
      await asked();
    });

    test('docker stop ends it in order', async () => {
      const { ms, exit } = await container.stop();
      expect(exit).toBe(0);
      expect(ms).toBeLessThan(25_000);
    });
  },
);
