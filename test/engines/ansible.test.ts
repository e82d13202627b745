/** The images of examples/images, made by Ansible in containers that run: each is asked over its protocol and stopped in order. */
import { cpSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { examples } from '../docker/examples.ts';
import { Workshop } from '../support/workshop.ts';

const folder = resolve(import.meta.dirname, '../../examples/images');

describe('Ansible', () => {
  let shop: Workshop;
  let names: string[] = [];

  beforeAll(async () => {
    shop = new Workshop();
    await shop.haveDebian();
    cpSync(folder, join(shop.directory, 'images'), { recursive: true });
    await shop.must('cp pidone_*.deb images/; docker build -t pidone-base -f images/base.Dockerfile images');
  });
  afterEach(async () => {
    await shop.sh(`docker rm -f ${names.join(' ')}`);
    await shop.sh(`docker rmi ${names.map((name) => `pidone-${name}`).join(' ')}`);
    names = [];
  });
  afterAll(async () => {
    await shop.sh('docker rmi pidone-base');
    shop.end();
  });

  test.each(Object.entries(examples))('makes %s', async (name, { unit, ask, answer }) => {
    const made = `made-${name}`;
    names = [made];
    const environment = { ANSIBLE_NOCOLOR: '1', PIDONE_TEST_NETWORK: 'host' };
    const played = await shop.must(
      `cd images && ansible-playbook ansible.yaml -e only=${name} -e password=secret`,
      environment,
    );
    expect(played).toMatch(new RegExp(`^${made} +: ok=\\d+ +changed=\\d+ +unreachable=0 +failed=0`, 'm'));

    await shop.must(`docker run -d --name ${made} pidone-${made}`);
    const within = (command: string): string => `docker exec ${made} sh -c '${command.replaceAll("'", `'\\''`)}'`;
    await shop.wait(within('systemctl is-system-running | grep -qE "running|degraded"'));
    await expect
      .poll(async () => (await shop.sh(within(ask(false)))).out, { timeout: 60_000, interval: 200 })
      .toMatch(answer);
    expect(await shop.must(within('systemctl --failed --no-legend --plain'))).toBe('');
    expect(await shop.must(within(`systemctl is-active '${unit}'`))).toBe('active');
    await shop.must(`docker stop ${made}`);
    expect(await shop.must(`docker inspect -f '{{.State.ExitCode}}' ${made}`)).toBe('0');
  });
});
