import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Container, whyNoContainer } from '../support/container.ts';

const reason = whyNoContainer();
if (reason !== undefined) console.log(`files at boot left out: ${reason}`);

describe.skipIf(reason !== undefined)('where the systemd package is missing', () => {
  let container: Container;
  beforeAll(async () => {
    container = await Container.boot([
      { path: '/etc/tmpfiles.d/x.conf', text: 'd /run/x 0750 xuser\nd! /run/boot\n' },
      { path: '/etc/sysusers.d/x.conf', text: 'u xuser - "X User"\n' },
    ]);
  }, 180_000);
  afterAll(() => container.end());

  it('a boot makes users first, then files that are theirs', async () => {
    const { out } = await container.sh('systemctl is-system-running --wait; stat -c "%U %a" /run/x /run/boot');
    expect(out).toBe('running\nxuser 750\nroot 755\n');
  });

  it('pidone answers for the programs by the names that units and scripts of services call', async () => {
    const call =
      'systemctl start systemd-tmpfiles-clean.service && systemctl show -P ExecMainStatus systemd-tmpfiles-clean.service';
    const remove = 'mv /usr/bin/systemd-tmpfiles /usr/bin/other; rm -rf /run/x';
    expect(await container.sh(`${remove}; ${call}`)).toMatchObject({ exit: 0, out: '0\n' });
    const own = '/usr/lib/pidone/bin/systemd-tmpfiles --create x.conf && stat -c "%U %a" /run/x';
    expect(await container.sh(own)).toMatchObject({ exit: 0, out: 'xuser 750\n', err: '' });
  });
});

/** A PID 1 of another make that has booted long ago. */
const machine = `#!/bin/sh
rm -f /.dockerenv
touch /tmp/kept
/usr/bin/systemctl init a.service &
wait
`;

describe.skipIf(reason !== undefined)('beside the PID 1 of a machine', () => {
  let container: Container;
  beforeAll(async () => {
    const files = [
      { path: '/etc/systemd-other', text: machine, mode: 0o755 },
      { path: '/etc/tmpfiles.d/x.conf', text: 'D! /tmp 1777\n' },
      { path: '/etc/systemd/system/a.service', text: '[Service]\nExecStart=/bin/sleep infinity\n' },
    ];
    container = await Container.boot(files, ['env', '-u', 'container', '/etc/systemd-other']);
  }, 180_000);
  afterAll(() => container.end());

  it('the boot of the machine is not done again', async () => {
    const states = 'systemctl is-active a.service sysinit.target systemd-tmpfiles-setup.service; ls /tmp';
    expect((await container.sh(states)).out).toBe('active\nactive\ninactive\nkept\n');
  });
});
