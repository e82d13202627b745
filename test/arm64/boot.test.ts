/**
 * The package for arm64 as the PID 1 of a container of a Debian for arm64. What of it holds on every kind of machine is
 * tested on x86-64 by scenarios and in Docker; here it is the machine that counts.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Container } from '../support/container.ts';

const units: Record<string, string> = {
  'told.service': `
    [Service]
    Type=notify
    NotifyAccess=all
    ExecStart=/bin/sh -c 'systemd-notify --ready --status=here; exec sleep infinity'
  `,
  'after.service': `
    [Unit]
    After=nginx.service
    [Service]
    Type=exec
    ExecStart=/bin/sleep infinity
  `,
  'forking.service': `
    [Service]
    Type=forking
    ExecStart=/bin/sh -c '(setsid sleep 4321 & setsid sleep 4322 &)'
  `,
  'missing.service': `
    [Service]
    Type=exec
    ExecStart=/bin/nothing
  `,
  'arm.service': `
    [Unit]
    ConditionArchitecture=arm64
    [Service]
    Type=oneshot
    ExecStart=/bin/echo this is %a
  `,
  'other.service': `
    [Unit]
    ConditionArchitecture=!native
    [Service]
    Type=oneshot
    ExecStart=/bin/true
  `,
  'allowed.service': `
    [Service]
    Type=oneshot
    SystemCallFilter=@system-service
    SystemCallArchitectures=native
    MemoryDenyWriteExecute=yes
    RestrictNamespaces=yes
    RestrictRealtime=yes
    RestrictSUIDSGID=yes
    LockPersonality=yes
    ExecStart=/bin/sh -c 'id -u; grep ^Seccomp: /proc/self/status'
  `,
  'denied.service': `
    [Service]
    Type=oneshot
    SystemCallFilter=~mkdir mkdirat
    ExecStart=/bin/mkdir /run/denied
  `,
  'refused.service': `
    [Service]
    Type=oneshot
    SystemCallFilter=~mkdir mkdirat
    SystemCallErrorNumber=EXDEV
    ExecStart=/bin/mkdir /run/denied
  `,
  'user.service': `
    [Service]
    Type=oneshot
    User=www-data
    PrivateTmp=yes
    ProtectSystem=strict
    NoNewPrivileges=yes
    CapabilityBoundingSet=
    ExecStart=/bin/sh -c 'id -un; touch /tmp/own && touch /usr/not 2>/dev/null || echo read-only'
  `,
};

let container: Container;
/** The output of a command that has to succeed. */
async function ask(command: string): Promise<string> {
  const { exit, out, err } = await container.sh(command);
  expect([exit, err]).toEqual([0, '']);
  return out.trim();
}
const propertiesOf = (unit: string, ...names: string[]): Promise<string> =>
  ask(`systemctl show ${unit} --value ${names.map((name) => `-p ${name}`).join(' ')}`);

beforeAll(async () => {
  container = await Container.boot(
    Object.entries(units).map(([name, text]) => ({
      path: `/etc/systemd/system/${name}`,
      text: text.replaceAll(/^ +/gm, '').trimStart(),
    })),
  );
}, 300_000);
afterAll(() => container?.end());

describe('the machine', () => {
  it('is arm64 for units, programs and properties', async () => {
    expect(await ask('systemctl show -p Architecture --value')).toBe('arm64');
    expect(await ask('systemd-analyze architectures | grep native')).toMatch(/^arm64 +native$/m);
    await ask('systemctl start arm.service other.service');
    expect(await ask('journalctl -u arm.service -o cat -t echo')).toBe('this is arm64');
  });

  it('finds what V8 has compiled ready for its Node', async () => {
    const script = `
      const { Script } = require('node:vm');
      const Was = Script;
      require('node:vm').Script = class extends Was {
        constructor(text, options) { super(text, options);
          if (options.cachedData) console.error(this.cachedDataRejected ? 'rejected' : 'taken'); }
      };
      require('/usr/lib/pidone/pidone.cjs').run('/usr/lib/pidone', '/usr/lib/pidone/program.code');`;
    const options = '--min-semi-space-size=4 --v8-pool-size=0';
    const call = `/usr/lib/pidone/node ${options} -e '${script.replaceAll("'", `'\\''`)}' pidone.cjs systemctl --version`;
    const { err } = await container.sh(call);
    expect([...new Set(err.trim().split('\n'))]).toEqual(['taken']);
  });
});

describe('services', () => {
  it('notify, and fork as nginx does', async () => {
    await ask('systemctl start told.service');
    expect(await propertiesOf('told.service', 'StatusText', 'SubState')).toBe('here\nrunning');
    await ask('systemctl start nginx.service after.service');
    expect(await ask('systemctl is-active nginx.service')).toBe('active');
  });

  it('that have left their parents are found and stopped', async () => {
    await ask('systemctl start forking.service');
    await container.wait('test "$(pgrep -fc "^sleep 432[12]$")" = 2');
    expect(await ask('systemctl status forking.service | grep -cE "[0-9] sleep 432[12]$"')).toBe('2');
    await ask('systemctl stop forking.service');
    expect((await container.sh('pgrep -f "^sleep 432[12]$"')).out).toBe('');
  });

  it('whose program is missing fail before they begin', async () => {
    expect((await container.sh('systemctl start missing.service')).exit).toBe(1);
    expect(await propertiesOf('missing.service', 'ExecMainStatus', 'Result')).toBe('exit-code\n203');
  });

  it('run as others, with namespaces of their own', async () => {
    await ask('systemctl start user.service');
    expect(await ask('journalctl -u user.service -o cat -t sh')).toBe('www-data\nread-only');
  });
});

describe('filters of system calls', () => {
  it('let pass what they list', async () => {
    await ask('systemctl start allowed.service');
    expect(await ask('journalctl -u allowed.service -o cat -t sh')).toBe('0\nSeccomp:\t2');
  });

  it('end or fail what calls another', async () => {
    expect((await container.sh('systemctl start denied.service')).exit).toBe(1);
    expect(await propertiesOf('denied.service', 'Result', 'ExecMainStatus')).toMatch(/^(core-dump|signal)\n31$/);
    expect((await container.sh('systemctl start refused.service')).exit).toBe(1);
    expect(await ask('journalctl -u refused.service -o cat -t mkdir')).toContain('Invalid cross-device link');
  });
});

describe('the end', () => {
  it('comes in order', async () => {
    await container.sh('systemctl halt');
    await container.ended;
    const places = ['Stopped after.service', 'Stopped nginx.service'].map((text) => container.console.indexOf(text));
    expect(places[0]).toBeGreaterThan(0);
    expect(places[1]).toBeGreaterThan(places[0]!);
  });
});
