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
  }, 60_000);
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
