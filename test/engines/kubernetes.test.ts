/** The manifests, played by hand as a kubelet would have it done, by runc and crun alone and by containerd. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { Pod, type PodSpec } from '../support/kubelet.ts';
import { runtimeNames } from '../support/runtimes.ts';
import { exampleText, image, Workshop } from '../support/workshop.ts';

const podSpec = (): PodSpec => (parse(exampleText('pod.yaml')) as { spec: PodSpec }).spec;
const deploymentSpec = (): PodSpec =>
  (parse(exampleText('deployment.yaml')) as { spec: { template: { spec: PodSpec } } }).spec.template.spec;

describe.each(runtimeNames)('Kubernetes, by %s', (runtime) => {
  let shop: Workshop;
  let rootfs: string;
  let pod: Pod;

  beforeAll(async () => {
    shop = new Workshop();
    await shop.haveDebian();
    await shop.must(`docker build -t ${image} .`);
    rootfs = mkdtempSync(join(tmpdir(), 'pidone-rootfs-'));
    const id = await shop.must(`docker create ${image}`);
    await shop.must(
      `docker export ${id} | tar -x -C ${rootfs}; docker rm ${id}; rm ${rootfs}/.dockerenv; chmod 755 ${rootfs}`,
    );
  });
  afterEach(() => pod?.end());
  afterAll(() => {
    rmSync(rootfs, { recursive: true, force: true });
    shop.end();
  });

  const make = (spec: PodSpec): Pod => {
    pod = new Pod(runtime, rootfs, spec);
    return pod;
  };

  test('pod.yaml: any user, no capabilities, a read-only root, beside the pause container', async () => {
    await make(podSpec()).start();
    expect((await pod.exec('cat', '/proc/1/comm')).out).toBe('sleep\n');
    expect((await pod.exec('id')).out).toMatch(/^uid=1234567 gid=0/);
    expect((await pod.exec('systemctl', 'is-system-running', '--wait')).out).toBe('running\n');
    expect(await pod.probe('readinessProbe')).toBe(true);
    expect(await pod.probe('livenessProbe')).toBe(true);
    // A daemon that has left its parent comes to the manager, and not to the pause container.
    const daemon = await pod.sh(
      'systemd-run --quiet -p Type=forking -u daemon sh -c "sleep 1000 &" && ' +
        'ps -o ppid= -p $(systemctl show -P MainPID daemon) -p $(systemctl show -P MainPID web)',
    );
    expect(daemon).toMatchObject({ exit: 0, err: '' });
    const [ofDaemon, ofWeb] = daemon.out.trim().split(/\s+/);
    expect(ofDaemon).toBe(ofWeb);
    expect(ofDaemon).not.toBe('1');
    // Root who comes in by another way does not take the word of just any user, but of one who is named.
    expect((await pod.execAs(0, 'systemctl', 'is-active', 'web.service')).out).toBe('inactive\n');
    const named = ['env', 'PIDONE_SOCKET=/run/pidone/control', 'systemctl', 'is-active', 'web.service'];
    expect((await pod.execAs(0, ...named)).out).toBe('active\n');
    const { status, killed, message } = await pod.stop();
    expect({ status, killed, message }).toEqual({ status: 0, killed: false, message: '' });
    expect(pod.log).toMatch(/Stopped (?:web\.service|Web server)/);
  });

  test('pod.yaml: the reason of a failure is where Kubernetes looks for it; the next life finds a tidy /run', async () => {
    await make(podSpec()).start();
    await pod.sh('echo 1 >/run/stale.pid');
    const untilActive = 'for i in $(seq 200); do systemctl -q is-active web.service && break; sleep 0.05; done';
    for (let kills = 0; pod.isRunning && kills < 10; kills++)
      await pod.sh(`${untilActive}; systemctl kill --signal=KILL web.service`);
    const { status, message } = await pod.termination();
    expect(status).toBe(255);
    expect(message).toMatch(/^Exiting: unit web\.service failed \(status 255\)\n/);
    expect(message).toContain('web.service: Main process exited, code=killed, status=9/KILL\n');
    expect(message.length).toBeLessThanOrEqual(4096);

    await pod.start();
    expect((await pod.exec('ls', '/run/stale.pid')).exit).not.toBe(0);
    expect((await pod.exec('cat', '/var/run/secrets/kubernetes.io/serviceaccount/token')).out).toBe('secret');
    expect(await pod.probe('readinessProbe')).toBe(true);
    expect((await pod.stop()).status).toBe(0);
  });

  test('pod.yaml: what keeps the manager from coming up is there, too', async () => {
    const spec = podSpec();
    spec.containers[0]!.env = [{ name: 'PIDONE_CONSOLE', value: 'nonsense' }];
    make(spec).launch();
    const { status, message } = await pod.termination();
    expect(status).toBe(1);
    expect(message).toMatch(/^Failed to start the manager: --console=nonsense: not one of /);
  });

  test('pod.yaml: SIGKILL follows where its grace is too short', async () => {
    const spec = podSpec();
    spec.terminationGracePeriodSeconds = 1;
    spec.containers[0]!.lifecycle = {};
    await make(spec).start();
    await pod.exec(
      'systemd-run',
      '--quiet',
      '-p',
      'TimeoutStopSec=60',
      'sh',
      '-c',
      'trap "" TERM; sleep 1000 & wait; wait',
    );
    expect(await pod.stop()).toMatchObject({ killed: true, status: 137 });
  });

  test('deployment.yaml: root with a few capabilities, PID 1', async () => {
    await make(deploymentSpec()).start();
    expect((await pod.exec('cat', '/proc/1/comm')).out).toBe('systemd\n');
    expect((await pod.exec('systemctl', 'is-system-running', '--wait')).out).toBe('running\n');
    expect(await pod.probe('readinessProbe')).toBe(true);
    const { out } = await pod.sh('systemd-run --quiet --wait --pipe --uid=www-data id -un');
    expect(out).toBe('www-data\n');
    expect(await pod.stop()).toMatchObject({ status: 0, killed: false, message: '' });
  });
});
