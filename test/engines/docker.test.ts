/** Docker: run, run --init, commit, compose, and Ansible's connection to a container. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { answerOfWeb, askWeb, factsFrom, factsOfContainer, image, Workshop } from '../support/workshop.ts';

/** None of these engines has a network between containers. */
const withoutNetwork = `services:
  web:
    network_mode: none
  later:
    network_mode: none
`;

describe('docker', () => {
  let shop: Workshop;
  const containers = ['web', 'web-init', 'changed', 'committed'];
  const compose = 'docker-compose -p pidone-example -f compose.yaml -f without-network.yaml';

  beforeAll(async () => {
    shop = new Workshop();
    await shop.haveDebian();
    await shop.sh(`docker rm -f ${containers.join(' ')}`);
    await shop.must(`docker build -t ${image} .`);
    writeFileSync(join(shop.directory, 'without-network.yaml'), withoutNetwork);
  });
  afterEach(async () => {
    await shop.sh(`${compose} down -t 0`);
    await shop.sh(`docker rm -f ${containers.join(' ')}`);
  });
  afterAll(() => shop.end());

  const inspect = (name: string, what: string): Promise<string> => shop.must(`docker inspect -f '{{${what}}}' ${name}`);
  const healthy = (name: string): Promise<void> =>
    shop.wait(`[ "$(docker inspect -f '{{.State.Health.Status}}' ${name})" = healthy ]`);
  /** It stops in order, before it is killed. */
  async function stops(name: string): Promise<void> {
    await shop.must(`docker stop ${name}`);
    expect(await inspect(name, '.State.ExitCode')).toBe('0');
    expect(await shop.must(`docker logs ${name}`)).toMatch(/Stopped (?:web\.service|Web server)/);
  }

  test('run: docker.sh', async () => {
    await shop.must('./docker.sh');
    await healthy('web');
    expect(await shop.must(`docker exec web ${askWeb}`)).toContain(answerOfWeb);
    expect(await shop.must('docker exec web systemctl is-system-running --wait')).toBe('running');
    await stops('web');
  });

  test('a container whose service has failed for good ends with its status', async () => {
    await shop.must('./docker.sh');
    await healthy('web');
    await shop.must(`docker exec web sh -c 'echo nonsense >/etc/web/nginx.conf; systemctl kill -s KILL web.service'`);
    expect(await shop.must('docker wait web')).toBe('1');
  });

  test('capabilities and what is mounted are as the table says', async () => {
    const facts = async (options: string) =>
      factsFrom(await shop.must(`docker run --rm ${options} ${image} ${factsOfContainer}`));
    expect(await facts('')).toEqual({ capabilities: 14, run: false, tmp: false });
    expect(await facts('--read-only')).toEqual({ capabilities: 14, run: false, tmp: false });
  });

  test('run --init: docker-init.sh', async () => {
    await shop.must('./docker-init.sh');
    await healthy('web-init');
    expect(await shop.must('docker exec web-init cat /proc/1/comm')).toBe('docker-init');
    expect(await shop.must(`docker exec web-init ${askWeb}`)).toContain(answerOfWeb);
    await stops('web-init');
  });

  test('commit -c CMD: commit.sh', async () => {
    await shop.must('./commit.sh');
    await healthy('committed');
    expect(await shop.must('docker exec committed systemctl is-active extra.service web.service')).toBe(
      'active\nactive',
    );
    // Each container of the image has a machine's id of its own.
    const id = await shop.must('docker exec committed cat /etc/machine-id');
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(await shop.must('docker run --rm pidone-committed cat /etc/machine-id')).toBe('');
    await stops('committed');
  });

  test('compose: compose.yaml', async () => {
    await shop.must(`${compose} config`);
    await shop.must(`${compose} up -d --no-build`);
    const [web, later] = await Promise.all([shop.must(`${compose} ps -q web`), shop.must(`${compose} ps -q later`)]);
    await healthy(web);
    await healthy(later);
    await shop.must(`${compose} stop`);
    for (const id of [web, later]) expect(await inspect(id, '.State.ExitCode')).toBe('0');
  });

  test('Ansible’s docker connection: inventory.yaml, playbook.yaml', async () => {
    await shop.must('./docker.sh', { PIDONE_TEST_NETWORK: 'host' });
    await healthy('web');
    const played = await shop.must('ansible-playbook -i inventory.yaml playbook.yaml', { ANSIBLE_NOCOLOR: '1' });
    expect(played).toMatch(/web +: ok=\d+ +changed=[1-9]\d* +unreachable=0 +failed=0/);
    expect(await shop.must('docker exec web systemctl is-enabled extra.service')).toBe('enabled');
    const again = await shop.must('ansible-playbook -i inventory.yaml playbook.yaml', { ANSIBLE_NOCOLOR: '1' });
    // Only the reload is done each time.
    expect(again).toMatch(/web +: ok=\d+ +changed=1 +unreachable=0 +failed=0/);
    await stops('web');
  });
});
