import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Container, whyNoContainer } from '../support/container.ts';

const reason = whyNoContainer();
if (reason !== undefined) console.log(`tests of whole containers left out: ${reason}`);

/**
 * Services that end beside a twin, and stops among 5,000 processes. Root's that never rest change every mark within a few lives of
 * so many seconds, and a manager without a turn during two of them can't know whose the third is (docs/security.md): where the
 * machine has much else to do they live longer.
 */
const rounds = process.env.ALL === '1' ? { twins: 50, restless: 3, life: 0.03 } : { twins: 12, restless: 1, life: 0.1 };

/** Makes orphans: each child forks a grandchild and ends before it, so that PID 1 gets it. */
const orphans = `#!/usr/bin/perl
for (1 .. $ARGV[0]) {
  my $child = fork() // die;
  if ($child == 0) { my $grandchild = fork() // exit 1; exit 0 if $grandchild; select(undef, undef, undef, 0.001); exit 3; }
}
1 while wait() > 0;
`;
const daemon = `#!/bin/sh
(setsid env -i /bin/sh -c 'sleep 1000 & exec sleep 2000' >/dev/null 2>&1 </dev/null &)
exit 0
`;

/** Nothing but many. */
const crowd = `#!/usr/bin/perl
$0 = 'crowd';
for (2 .. $ARGV[0]) { my $child = fork() // die; unless ($child) { sleep while 1 } }
sleep while 1;
`;
const restless = readFileSync(new URL('../support/restless.pl', import.meta.url), 'utf8');

describe.skipIf(reason !== undefined)('processes of a whole container', () => {
  let container: Container;

  beforeAll(async () => {
    container = await Container.boot([
      { path: '/opt/t/orphans', text: orphans, mode: 0o755 },
      { path: '/opt/t/daemon', text: daemon, mode: 0o755 },
      { path: '/opt/t/crowd', text: crowd, mode: 0o755 },
      { path: '/opt/t/restless', text: restless, mode: 0o755 },
      { path: '/etc/systemd/system/crowd@.service', text: '[Service]\nExecStart=/opt/t/crowd 500\n' },
      {
        path: '/etc/systemd/system/restless@.service',
        text: `[Service]\nExecStart=/opt/t/restless 6 /tmp/restless-%i ${rounds.life}\nTimeoutStopSec=20\n`,
      },
      { path: '/etc/systemd/system/ends@.service', text: '[Service]\nType=oneshot\nExecStart=/bin/sh -c "exit %i"\n' },
      { path: '/etc/systemd/system/twin@.service', text: '[Service]\nType=forking\nExecStart=/opt/t/daemon\n' },
    ]);
  }, 180_000);
  afterAll(() => container?.end());

  test('every exit of a service is told right while 300 orphans are reaped, and none stays a zombie', {
    timeout: 300_000,
  }, async () => {
    const storm = container.sh('/opt/t/orphans 300', 200_000);
    const statuses = Array.from({ length: 20 }, (_, i) => i + 1);
    for (const status of statuses) await container.sh(`systemctl start ends@${status}`);
    expect((await storm).exit).toBe(0);
    for (const status of statuses) {
      const shown = await container.sh(`systemctl show ends@${status} -p ExecMainStatus --value`);
      expect(shown.out.trim()).toBe(String(status));
    }
    await container.wait('sleep 0.1; ! grep -q "^State:.Z" /proc/[0-9]*/status');
  });

  test('stopping a daemon that hides leaves its twin alone, many times over', { timeout: 300_000 }, async () => {
    await container.sh('systemctl start twin@kept');
    const kept = 'systemctl status twin@kept | grep -c "sleep [12]000"';
    for (let i = 0; i < rounds.twins; i++) {
      expect((await container.sh('systemctl start twin@gone')).exit).toBe(0);
      await container.wait('test "$(pgrep -c -x sleep)" = 4');
      expect((await container.sh('systemctl stop twin@gone')).exit).toBe(0);
      // One that has ended may not have been reaped yet.
      expect((await container.sh('pgrep -c -r DRS -x sleep')).out).toBe('2\n');
      expect((await container.sh(kept)).out).toBe('2\n');
    }
  });

  test('among 5,000 others, a stop ends all of a unit whose processes never rest, and nobody else', {
    timeout: 300_000,
  }, async () => {
    const units = Array.from({ length: 10 }, (_, i) => `crowd@${i}`).join(' ');
    expect((await container.sh(`systemctl start ${units}`)).exit).toBe(0);
    await container.wait('test "$(pgrep -c -x crowd)" = 5000');
    for (let round = 0; round < rounds.restless; round++) {
      await container.sh('rm -f /tmp/*.ready; systemctl start restless@a restless@b');
      await container.wait('test -e /tmp/restless-a.ready && test -e /tmp/restless-b.ready');
      await container.sh('systemctl stop restless@a; systemctl kill -s KILL restless@b; systemctl stop restless@b');
      // Those that made it doubtful whose they are get their signal before the stop is over, and may end after it.
      await container.wait('flock -n /tmp/restless-a true && flock -n /tmp/restless-b true');
      expect([round, (await container.sh('pgrep -c -r DRS -x crowd')).out]).toEqual([round, '5000\n']);
    }
    // All of one that has thousands by itself.
    expect((await container.sh(`systemctl stop ${units}`)).exit).toBe(0);
    expect((await container.sh('pgrep -c -r DRS -x crowd')).out).toBe('0\n');
  });

  test('SIGTERM halts in order and ends with 0', { timeout: 60_000 }, async () => {
    container.signal('SIGTERM');
    expect(await container.ended).toBe(0);
    expect(container.console).toContain('Stopped twin@kept.service');
    expect(container.console).toContain('Reached target shutdown.target');
  });
});
