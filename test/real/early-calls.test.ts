import { describe, expect, it } from 'vitest';
import { Container, whyNoContainer } from '../support/container.ts';

const reason = whyNoContainer();
if (reason !== undefined) console.log(`calls before the manager is up left out: ${reason}`);

/** Calls as soon as there is a socket. */
const first = `#!/bin/sh
mv /usr/lib/pidone/node /usr/lib/pidone/node.real
mv /etc/slow-node /usr/lib/pidone/node
(
  until [ -S /run/pidone/control ]; do sleep 0.01; done
  systemctl start a.service > /root/called 2>&1
  echo $? >> /root/called
) &
exec /usr/bin/systemctl
`;

/** Waits until the socket is there twice: the one that listens, and the caller's connection. */
const slowNode = `#!/bin/sh
until [ "$(grep -c /run/pidone/control /proc/net/unix)" -ge 2 ]; do sleep 0.01; done
exec /usr/lib/pidone/node.real "$@"
`;

describe.skipIf(reason !== undefined)('a call before the manager is up', () => {
  it('waits for it, and makes no second one', async () => {
    const files = [
      { path: '/etc/first', text: first, mode: 0o755 },
      { path: '/etc/slow-node', text: slowNode, mode: 0o755 },
      { path: '/etc/systemd/system/a.service', text: '[Service]\nExecStart=/bin/sleep infinity\n' },
    ];
    const container = await Container.boot(files, ['/etc/first']);
    try {
      await container.wait('grep -q "^[0-9]" /root/called');
      expect((await container.sh('cat /root/called; systemctl is-active a.service')).out).toBe('0\nactive\n');
      expect((await container.sh('pgrep -c -f "[p]idone.cjs init"')).out).toBe('1\n');
    } finally {
      await container.end();
    }
  }, 180_000);
});
