/** What ordinary users do to PID 1 through its sockets, and how long root waits for an answer meanwhile. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Container, whyNoContainer } from '../support/container.ts';

const reason = whyNoContainer();
if (reason !== undefined) console.log(`hostile users in a container left out: ${reason}`);

const program = (name: string) => ({
  path: `/opt/t/${name}`,
  text: readFileSync(new URL(`../support/${name}.pl`, import.meta.url), 'utf8'),
  mode: 0o755,
});
/** How long the sockets linger that are closed, seconds: much longer than anybody waits on a busy machine. */
const lingerSeconds = 40;
const heldMs = (lingerSeconds * 1000) / 2;
const asUser = 'setpriv --reuid=daemon --regid=daemon --clear-groups';

describe.skipIf(reason !== undefined)('PID 1 among hostile users', () => {
  let container: Container;

  beforeAll(async () => {
    container = await Container.boot([
      program('prober'),
      program('lingerer'),
      { path: '/etc/systemd/system/calm.service', text: '[Service]\nExecStart=/bin/sleep infinity\n' },
      {
        path: '/etc/systemd/system/linger@.service',
        text: `[Service]\nUser=daemon\nNotifyAccess=all\nFileDescriptorStoreMax=20\nExecStart=/opt/t/lingerer %i ${lingerSeconds}\n`,
      },
    ]);
    await container.sh(
      'ip link set lo up; systemctl start calm; systemd-run -q --wait true; seq -f none-%g 4000 > /tmp/names; chmod 644 /tmp/names',
    );
  }, 180_000);
  afterAll(() => container?.end());

  /** How long `command` took, and the longest time that root waited for an answer meanwhile; ms. */
  async function during(command: string, seconds: number): Promise<{ silence: number; took: number }> {
    const probe = container.sh(`/opt/t/prober ${seconds} is-active calm`, 60_000);
    const begin = performance.now();
    // Long is only too long where nothing comes of it: a busy machine lets everybody wait.
    const done = await container.sh(command, 240_000);
    const took = performance.now() - begin;
    expect(done).toMatchObject({ exit: 0, err: '' });
    const { out, err } = await probe;
    expect(err).toBe('');
    return { silence: Number(out.split(' ')[0]), took };
  }

  it.each(['notify', 'barrier', 'native', 'syslog', 'stream', 'control'])(
    'does not wait for the close of a lingering socket that came through %s',
    { timeout: 60_000 },
    async (where) => {
      expect((await during(`${asUser} /opt/t/lingerer ${where} ${lingerSeconds}`, 2)).silence).toBeLessThan(heldMs);
    },
  );

  it.each(['stdout', 'store'])(
    'does not wait for the close of a lingering socket of a service, through its %s',
    { timeout: 60_000 },
    async (where) => {
      const all = `systemctl start linger@${where}; sleep 1; systemctl stop linger@${where}`;
      expect((await during(all, 3)).silence).toBeLessThan(heldMs);
    },
  );

  // As many callers at once as have it take a while: all properties of 4,000 units are 30 MB.
  it.each([
    ['is-active', 4],
    ['is-failed', 4],
    ['status', 4],
    ['show', 1],
    ['show -p Id', 4],
    ['list-dependencies', 4],
  ])(
    'answers root while an ordinary user asks %s of names that there are none of, and keeps none of them',
    { timeout: 300_000 },
    async (verb, callers) => {
      const ask = `(${asUser} systemctl ${verb} $(cat /tmp/names) >/dev/null 2>&1; true) & `;
      const { silence, took } = await during(`${ask.repeat(callers)} wait`, 3);
      expect(silence).toBeLessThan(took / 3);
      await container.wait('! systemctl list-units --all | grep -q none-');
    },
  );

  it('tells an ordinary user who asks of too many in a line', async () => {
    const asked = await container.sh(`${asUser} systemctl is-active $(seq 5000)`);
    expect(asked).toEqual({ exit: 1, out: '', err: 'A request of others than root has at most 4096 words.\n' });
  });
});
