/**
 * Fifty processes of an ordinary user who do nothing but flood PID 1 at one of its doors: root is answered meanwhile, what root
 * logs is kept, root's services start and stop, and the manager stays small.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Container, whyNoContainer } from '../support/container.ts';

const reason = whyNoContainer();
if (reason !== undefined) console.log(`floods in a container left out: ${reason}`);

const program = (name: string) => ({
  path: `/opt/t/${name}`,
  text: readFileSync(new URL(`../support/${name}.pl`, import.meta.url), 'utf8'),
  mode: 0o755,
});
/** Units that there are, so that lists are long. */
const units = 300;
const processes = 50;
const seconds = process.env.ALL === '1' ? 10 : 2;
/**
 * Milliseconds of the processor's time. Some go by while the one who asks waits for a processor itself, with the question
 * not yet asked or the answer not yet read (bench has what is left of them on a machine that is not full).
 */
const heldMs = 300;
/** Docs: security.md, "Bounds". */
const boundKiB = 96 * 1024;
const as = (group: string) => `setpriv --reuid=daemon --regid=${group} --clear-groups`;

const service = (index: number) => ({
  path: `/etc/systemd/system/b-${index}.service`,
  text: '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n',
});

describe.skipIf(reason !== undefined)('PID 1 in a flood', () => {
  let container: Container;

  beforeAll(async () => {
    const wants = Array.from({ length: units }, (_, i) => `b-${i}.service`).join(' ');
    container = await Container.boot([
      program('prober'),
      program('flooder'),
      ...Array.from({ length: units }, (_, i) => service(i)),
      { path: '/etc/systemd/system/all.target', text: `[Unit]\nWants=${wants}\n` },
      { path: '/etc/systemd/system/calm.service', text: '[Service]\nExecStart=/bin/sleep infinity\n' },
      {
        path: '/etc/systemd/system/watch.path',
        text: '[Path]\nPathExists=/tmp/watched/wanted\nUnit=calm.service\n',
      },
    ]);
    const set = 'mkdir -m 1777 /tmp/watched; systemctl start calm watch.path; systemctl start --no-block all.target';
    expect(await container.sh(set)).toMatchObject({ exit: 0 });
    await container.wait('test "$(systemctl list-jobs --no-legend | wc -l)" -le 1', 120_000);
  }, 240_000);
  afterAll(() => container?.end());

  const anonymous = async (): Promise<number> =>
    Number((await container.sh("awk '/^Anonymous:/ {print $2}' /proc/1/smaps_rollup")).out);

  it.each([
    ['notify', 'daemon'],
    ['native', 'daemon'],
    ['files', 'daemon'],
    ['syslog', 'daemon'],
    ['streams', 'daemon'],
    ['half', 'daemon'],
    ['connections', 'daemon'],
    ['questions', 'daemon'],
    ['unread', 'daemon'],
    ['words', 'daemon'],
    ['paths', 'daemon'],
    ['follow', 'adm'],
    ['all', 'daemon'],
  ])('of %s answers root', { timeout: 240_000 }, async (door, group) => {
    const before = await anonymous();
    const flood = container.sh(`${as(group)} /opt/t/flooder ${door} ${seconds} ${processes}`, 120_000);
    const probe = container.sh(`/opt/t/prober ${seconds} is-active calm`, 120_000);
    // What others do meanwhile: log, and start and stop services.
    const lines = 20;
    const work =
      `for i in $(seq ${lines}); do logger -t root-${door} "line $i"; echo "line $i" | systemd-cat -t root-${door}; done; ` +
      'systemctl restart calm && systemctl is-active calm';
    const worked = await container.sh(work, 120_000);
    const peak = await anonymous();
    const { out, err } = await probe;
    const done = await flood;
    expect(done).toMatchObject({ exit: 0, err: '' });
    expect(Number(done.out)).toBeGreaterThan(0);
    expect(err).toBe('');
    const [silence, answers, beside, own] = out.split(' ').map(Number) as [number, number, number, number];
    console.log(
      `${door}: ${done.out.trim()} begun; root waited ${silence} ms at most of ${answers} answers (50 ms of work beside: ${beside} ms), PID 1 itself ${own} ms, ${peak - before} KiB`,
    );
    // Fifty processes on few processors let everybody wait; what counts is what PID 1 did before it came to root.
    expect(own).toBeLessThan(heldMs);
    expect(answers).toBeGreaterThan(0);
    expect(worked).toEqual({ exit: 0, out: 'active\n', err: '' });
    expect(peak - before).toBeLessThan(boundKiB);
    await container.wait(
      `test "$(journalctl -t root-${door} -o cat | sort | uniq -c | grep -c " 2 line ")" = ${lines}`,
      120_000,
    );
  });
});
