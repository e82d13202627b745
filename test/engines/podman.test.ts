/** podman and buildah, as root; Quadlet's files through the generator of Debian 13. */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createRealHost } from '../../src/sys/real-host.ts';
import { buildImage, debianImage, docker } from '../support/docker.ts';
import { answerOfWeb, askWeb, examples, factsFrom, factsOfContainer, Workshop } from '../support/workshop.ts';

describe('podman', () => {
  let shop: Workshop;
  const containers = ['web', 'web-systemd', 'built'];

  beforeAll(async () => {
    shop = new Workshop();
    await shop.haveDebian();
    await shop.sh(`podman rm -f -t 0 ${containers.join(' ')}`);
    await shop.must('docker save debian:12 | podman load');
    await shop.must('./buildah.sh');
  });
  afterEach(() => shop.sh(`podman rm -f -t 0 ${containers.join(' ')}`));
  afterAll(() => shop.end());

  const up = (name: string): Promise<void> => shop.wait(`podman exec ${name} systemctl is-active -q web.service`);
  async function stops(name: string): Promise<void> {
    await shop.must(`podman stop ${name}`);
    expect(await shop.must(`podman inspect -f '{{.State.ExitCode}}' ${name}`)).toBe('0');
    expect(await shop.must(`podman logs ${name} 2>&1`)).toMatch(/Stopped (?:web\.service|Web server)/);
  }

  test('buildah: buildah.sh', async () => {
    await shop.must('podman run -d --name built --stop-timeout 30 localhost/pidone-built');
    await up('built');
    expect(await shop.must('podman exec built systemctl is-active extra.service')).toBe('active');
    await stops('built');
  });

  test('run, with its own healthcheck: podman.sh', async () => {
    await shop.must('./podman.sh');
    await up('web');
    expect(await shop.must(`podman exec web ${askWeb}`)).toContain(answerOfWeb);
    expect(await shop.must('podman exec web systemd-detect-virt')).toBe('podman');
    expect(await shop.must('podman exec web systemctl is-system-running --wait')).toBe('running');
    await shop.must('podman healthcheck run web');
    await shop.must('podman exec web systemctl stop web.service');
    expect((await shop.sh('podman healthcheck run web')).exit).toBe(1);
    await shop.must('podman exec web systemctl start web.service');
    await stops('web');
  });

  test('capabilities and what is mounted are as the table says', async () => {
    const facts = async (options: string) =>
      factsFrom(await shop.must(`podman run --rm ${options} pidone-example ${factsOfContainer}`));
    expect(await facts('')).toEqual({ capabilities: 14, run: false, tmp: false });
    expect(await facts('--read-only')).toEqual({ capabilities: 14, run: true, tmp: true });
    expect(await facts('--systemd=always')).toEqual({ capabilities: 14, run: true, tmp: true });
  });

  test('--systemd=always: podman-systemd.sh', async () => {
    await shop.must('./podman-systemd.sh');
    await up('web-systemd');
    const mounts = await shop.must('podman exec web-systemd cat /proc/mounts');
    for (const path of ['/run', '/run/lock', '/tmp']) expect(mounts).toContain(` ${path} tmpfs `);
    expect(await shop.must("podman inspect -f '{{.Config.StopSignal}}' web-systemd")).toMatch(/^(?:37|SIGRTMIN\+3)$/);
    expect(await shop.must(`podman exec web-systemd ${askWeb}`)).toContain(answerOfWeb);
    await stops('web-systemd');
  });

  test('Quadlet: web.container', async () => {
    const notify = mkdtempSync(join(tmpdir(), 'pidone-notify-'));
    const host = createRealHost({ manager: false });
    const heard: string[] = [];
    const socket = host.bindDatagram(join(notify, 'socket'), 0o666);
    socket.onDatagram = ({ data }) => heard.push(data.toString());
    try {
      const unit = await generated('web.container');
      expect(unit).toMatch(/^Type=notify$/m);
      const line = /^ExecStart=\/usr\/bin\/podman run (.*)$/m.exec(unit)?.[1] ?? '';
      expect(line).toMatch(/--sdnotify[= ]container/);
      expect(line).toContain('--stop-timeout=30');
      // What systemd would have replaced, or would be there for.
      const words = line
        .replaceAll('%t', notify)
        .replaceAll('%N', 'web')
        .replace(/--cgroups[= ]split/, '')
        .replace(/--publish[= ]\S+/, '')
        .replace('-d ', '-d --network=none ');
      await shop.must(`/usr/bin/podman run ${words}`, { NOTIFY_SOCKET: join(notify, 'socket') });
      await up('web');
      await expect.poll(() => heard.join('\n'), { timeout: 30_000 }).toContain('READY=1');
      await shop.must('podman healthcheck run web');
      // It is removed when it has stopped (--rm).
      const status = shop.must('podman wait web');
      await shop.must('podman stop web');
      expect(await status).toBe('0');
    } finally {
      socket.close();
      rmSync(notify, { recursive: true });
    }
  });
});

/** What the generator of Debian 13's podman makes of a file. */
async function generated(name: string): Promise<string> {
  const quadlet = 'pidone-test/quadlet';
  await buildImage(
    quadlet,
    `FROM ${debianImage('trixie')}
RUN apt-get update -qq && cd /tmp && apt-get download podman && dpkg -x podman_*.deb /podman && rm podman_*.deb
`,
  );
  const units = mkdtempSync(join(tmpdir(), 'pidone-units-'));
  try {
    mkdirSync(join(units, 'units'));
    cpSync(join(examples, name), join(units, 'units', name));
    const program = '/podman/usr/libexec/podman/quadlet';
    const options = ['--rm', '--network=none', '-v', `${units}/units:/units:ro`, '-e', 'QUADLET_UNIT_DIRS=/units'];
    const { exit, out, err } = await docker(['run', ...options, quadlet, program, '--dryrun']);
    if (exit !== 0) throw new Error(`quadlet: status ${exit}\n${out}${err}`);
    return out;
  } finally {
    rmSync(units, { recursive: true });
  }
}
