/** Engines that are not root: a container in a user namespace, whose root is some user of the machine. */
import { mkdtempSync, rmSync } from 'node:fs';
import { lchown, lstat, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { Pod, type PodSpec, type UserNamespace } from '../support/kubelet.ts';
import { answerOfWeb, askWeb, exampleText, image, Workshop } from '../support/workshop.ts';

/** As an engine without root has a container: its root has the engine's usual rights, over what is the container's own. */
function specOfEngine(): PodSpec {
  const { spec } = parse(exampleText('pod.yaml')) as { spec: PodSpec };
  const [container] = spec.containers;
  return {
    terminationGracePeriodSeconds: 30,
    containers: [{ ...container!, securityContext: {} }],
    volumes: spec.volumes ?? [],
  };
}

describe('a user namespace', () => {
  let shop: Workshop;
  let rootfs: string;
  let pod: Pod;

  beforeAll(async () => {
    shop = new Workshop();
    await shop.haveDebian();
    await shop.must(`docker build -t ${image} .`);
  });
  afterEach(async () => {
    await pod?.end();
    rmSync(rootfs, { recursive: true, force: true });
  });
  afterAll(() => shop.end());

  /** The image's tree, given to the users of the namespace; what they have not is root's there. */
  async function start({ first, count }: UserNamespace, spec: PodSpec): Promise<void> {
    rootfs = mkdtempSync(join(tmpdir(), 'pidone-rootfs-'));
    const id = await shop.must(`docker create ${image}`);
    await shop.must(
      `docker export ${id} | tar -x -C ${rootfs}; docker rm ${id}; rm ${rootfs}/.dockerenv; chmod 755 ${rootfs}`,
    );
    await give(rootfs, (id) => first + (id < count ? id : 0));
    pod = new Pod('runc', rootfs, spec, { first, count });
    await pod.start();
  }

  test('with the ids of a system: units of other users run', async () => {
    await start({ first: 100_000, count: 65_536 }, specOfEngine());
    expect((await pod.exec('systemctl', 'is-system-running', '--wait')).out).toBe('running\n');
    expect((await pod.sh(askWeb)).out).toContain(answerOfWeb);
    const { out } = await pod.sh('systemd-run --quiet --wait --pipe --uid=www-data id -un');
    expect(out).toBe('www-data\n');
    expect(await pod.stop()).toMatchObject({ status: 0, killed: false });
  });

  test('with one id: units of other users say why they fail', async () => {
    const spec = specOfEngine();
    // nginx is nobody's, whom this container has not got.
    spec.containers[0]!.command = ['/usr/bin/systemctl', 'init', 'basic.target'];
    spec.containers[0]!.startupProbe = {
      exec: { command: ['systemctl', 'is-active', 'basic.target'] },
      periodSeconds: 1,
    };
    await start({ first: 100_000, count: 1 }, spec);
    expect(pod.log).toContain(
      "The container's user namespace has one user id: units that ask for another user or group (User=, Group=) fail.\n",
    );
    const { exit } = await pod.sh('systemd-run --quiet --wait -u other --uid=www-data true');
    expect(exit).not.toBe(0);
    const { out } = await pod.sh('journalctl --no-pager -o cat -u other');
    expect(out).toMatch(/Invalid argument \(the container's user namespace has no [ug]id 33\)/);
    expect(await pod.stop()).toMatchObject({ status: 0, killed: false });
  });
});

describe('podman as an ordinary user', () => {
  let shop: Workshop;
  const user = 'pidone-rootless';
  const home = `/home/${user}`;
  const containers = 'web web-systemd';

  /** Runs a command as the user; its output. */
  const as = (command: string): Promise<string> =>
    shop.must(
      `setpriv --reuid=${user} --regid=${user} --init-groups env -i HOME=${home} XDG_RUNTIME_DIR=${home}/run ` +
        `PATH="$PATH" CONTAINERS_CONF="$CONTAINERS_CONF" STORAGE_DRIVER=vfs DISABLE_HC_SYSTEMD=true ` +
        `sh -c '${command.replaceAll("'", `'\\''`)}'`,
    );

  beforeAll(async () => {
    shop = new Workshop();
    await shop.haveDebian();
    await shop.must(`docker build -t ${image} .`);
    await shop.must(`chmod 755 .; install -d -m 700 -o ${user} -g ${user} ${home}/run`);
    await as(`podman rm -f -t 0 ${containers} || true`);
    await shop.must(`docker save -o ${image}.tar ${image}; chmod 644 ${image}.tar`);
    await as(`podman load -i ${image}.tar; podman tag docker.io/library/${image} localhost/${image} || true`);
  });
  afterEach(() => as(`podman rm -f -t 0 ${containers} || true`));
  afterAll(() => shop.end());

  test.each(['podman.sh', 'podman-systemd.sh'])('%s', async (file) => {
    const name = file === 'podman.sh' ? 'web' : 'web-systemd';
    await as(`./${file}`);
    await as(`podman exec ${name} sh -c "until systemctl -q is-active web.service; do sleep 0.1; done"`);
    expect(await as(`podman exec ${name} systemctl is-system-running --wait`)).toBe('running');
    expect(await as(`podman exec ${name} ${askWeb}`)).toContain(answerOfWeb);
    expect(await as(`podman exec ${name} systemd-run --quiet --wait --pipe --uid=www-data id -un`)).toBe('www-data');
    expect(await as(`podman exec ${name} systemd-detect-virt`)).toBe('podman');
    await as(`podman stop ${name}`);
    expect(await as(`podman inspect -f "{{.State.ExitCode}}" ${name}`)).toBe('0');
    expect(await as(`podman logs ${name} 2>&1`)).toMatch(/Stopped (?:web\.service|Web server)/);
  });
});

/** Gives a tree to others, by what they are now. */
async function give(path: string, to: (id: number) => number): Promise<void> {
  const { uid, gid } = await lstat(path);
  await lchown(path, to(uid), to(gid));
  const entries = await readdir(path, { withFileTypes: true });
  for (const entry of entries) {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) await give(inner, to);
    else {
      const stat = await lstat(inner);
      await lchown(inner, to(stat.uid), to(stat.gid));
    }
  }
}
