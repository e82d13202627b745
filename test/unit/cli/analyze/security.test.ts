import { describe, expect, test } from 'vitest';
import { SimHost } from '../../../../src/simulation/machine/host.ts';
import { analyze } from '../../../support/analyze.ts';

const units: Record<string, string> = {
  plain: '[Service]\nExecStart=/bin/true\n',
  hard: `[Service]
ExecStart=/bin/true
DynamicUser=yes
PrivateDevices=yes
PrivateMounts=yes
PrivateNetwork=yes
PrivateUsers=yes
ProtectControlGroups=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectKernelLogs=yes
ProtectClock=yes
ProtectHome=yes
ProtectHostname=yes
RootDirectory=/srv
LockPersonality=yes
MemoryDenyWriteExecute=yes
CapabilityBoundingSet=
UMask=0777
KeyringMode=private
ProtectProc=invisible
ProcSubset=pid
RestrictRealtime=yes
RestrictNamespaces=yes
RestrictAddressFamilies=none
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources @obsolete
IPAddressDeny=any
DevicePolicy=closed
`,
  nobody: '[Service]\nUser=nobody\nExecStart=/bin/true\nUMask=0027\nProtectHome=read-only\nProtectProc=noaccess\n',
  early: '[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/true\n',
  allow: `[Service]
ExecStart=/bin/true
SystemCallFilter=@clock
RestrictAddressFamilies=AF_UNIX AF_BLUETOOTH
IPAddressDeny=any
IPAddressAllow=localhost 10.0.0.0/8
DevicePolicy=strict
DeviceAllow=/dev/null rw
`,
  deny: '[Service]\nExecStart=/bin/true\nSystemCallFilter=~@clock\nIPAddressDeny=any\nIPAddressAllow=localhost\n',
  'tpl@': '[Service]\nExecStart=/bin/true\n',
};

const files: Record<string, string> = {
  '/root/policy.json': '{"PrivateTmp":{"weight":0},"UserOrDynamicUser":{"description_bad":"Root!","weight":20000}}',
  '/root/broken.json': '{"a":\n',
  '/root/profile.conf': '[Service]\nPrivateNetwork=yes\n',
};
for (const [name, text] of Object.entries(units)) files[`/root/${name}.service`] = text;
const host = new SimHost({ files });

const security = (argv: string[], env: Record<string, string> = {}) =>
  analyze({ host }, ['security', '--offline=yes', ...argv], { env, cwd: '/root' });

const overall = (out: string): string => /Overall exposure level for (.*)$/m.exec(out)?.[1] ?? '';
const row = (out: string, name: string): string =>
  out
    .split('\n')
    .find((line) => line.slice(2).startsWith(`${name} `))
    ?.replace(/ +/g, ' ') ?? '';

describe('systemd-analyze security', () => {
  // figures of systemd 252 for the same files
  test.each([
    ['plain', 'plain.service: 9.6 UNSAFE :-{'],
    ['hard', 'hard.service: 0.1 SAFE :-}'],
    ['tpl@', 'tpl@i.service: 9.6 UNSAFE :-{'],
  ])('how exposed %s.service is', async (name, sum) => {
    const { status, out, err } = await security([`${name}.service`]);
    expect({ status, err, sum: overall(out) }).toEqual({ status: 0, err: '', sum });
  });

  test('faces and the arrow as the terminal has them', async () => {
    const emoji = await security(['plain.service'], { TERM: 'xterm' });
    expect(emoji.out).toContain('→ Overall exposure level for plain.service: 9.6 UNSAFE 😨\n');
    const ascii = await security(['plain.service'], { LANG: 'C' });
    expect(ascii.out).toContain('-> Overall exposure level for plain.service: 9.6 UNSAFE :-{\n');
  });

  test('what does not matter to root, and to services of early boot', async () => {
    const { out } = await security(['early.service']);
    expect(row(out, 'RemoveIPC=')).toBe(' RemoveIPC= Service runs as root, option does not apply ');
    expect(row(out, 'PrivateTmp=')).toBe(' PrivateTmp= Service runs in special boot phase, option is not appropriate ');
    expect(row(out, 'PrivateDevices=')).toMatch(/^✗ PrivateDevices= Service potentially has access/);
  });

  test('middling values', async () => {
    const { out } = await security(['nobody.service']);
    expect(row(out, 'User=/DynamicUser=')).toMatch(/'nobody' user, which should not be used for services 0\.4$/);
    expect(row(out, 'ProtectHome=')).toMatch(/read-only access to home directories 0\.1$/);
    expect(row(out, 'ProtectProc=')).toMatch(/^✗ ProtectProc= 0\.1$/);
    expect(row(out, 'UMask=')).toMatch(/group-readable by default 0\.1$/);
  });

  test('filters of system calls, sockets, addresses and devices', async () => {
    const allow = (await security(['allow.service'])).out;
    expect(row(allow, 'SystemCallFilter=~@clock')).toMatch(
      /allow list .* is included \(e\.g\. adjtimex is allowed\) 0\.2$/,
    );
    expect(row(allow, 'SystemCallFilter=~@swap')).toMatch(/^✓ .* @swap is not included /);
    expect(row(allow, 'RestrictAddressFamilies=~AF_UNIX')).toMatch(/^✗/);
    expect(row(allow, 'RestrictAddressFamilies=~…')).toMatch(/^✗/);
    expect(row(allow, 'RestrictAddressFamilies=~AF_PACKET')).toMatch(/^✓/);
    expect(row(allow, 'IPAddressDeny=')).toMatch(/with non-localhost entries 0\.1$/);
    expect(row(allow, 'DeviceAllow=')).toMatch(/special devices: \/dev\/null:rw 0\.1$/);
    const deny = (await security(['deny.service'])).out;
    expect(row(deny, 'SystemCallFilter=~@clock')).toMatch(/^✓ .*deny list .* @clock is included $/);
    expect(row(deny, 'SystemCallFilter=~@swap')).toMatch(/not included \(e\.g\. swapoff is allowed\) 0\.2$/);
    expect(row(deny, 'IPAddressDeny=')).toMatch(/with only localhost entries 0\.1$/);
  });

  test('a threshold decides the exit status', async () => {
    expect((await security(['--threshold=95', 'plain.service'])).status).toBe(1);
    expect((await security(['--threshold=96', 'plain.service'])).status).toBe(0);
  });

  test('JSON', async () => {
    const { out } = await security(['--json=short', 'plain.service']);
    const rows: unknown = JSON.parse(out);
    expect(rows).toContainEqual({
      set: false,
      name: 'PrivateTmp=',
      json_field: 'PrivateTmp',
      description: "Service has access to other software's temporary files",
      exposure: '0.2',
    });
    expect(rows).toContainEqual({
      set: null,
      name: 'RemoveIPC=',
      json_field: 'RemoveIPC',
      description: 'Service runs as root, option does not apply',
      exposure: null,
    });
  });

  test('a policy changes weights and texts', async () => {
    const { out } = await security(['--security-policy=policy.json', 'plain.service']);
    expect(row(out, 'PrivateTmp=')).toBe(' PrivateTmp= Option excluded by policy, skipping ');
    expect(row(out, 'User=/DynamicUser=')).toMatch(/Root! 2\.\d$/);
    expect((await security(['--security-policy=broken.json', 'plain.service'])).err).toBe(
      "Failed to parse '/root/broken.json' at 2:1: Invalid argument\n",
    );
  });

  test('a profile is a drop-in for the time of the review', async () => {
    const before = host.files.readdir('/tmp');
    const { out } = await security(['--profile=./profile.conf', 'plain.service']);
    expect(row(out, 'PrivateNetwork=')).toMatch(/^✓/);
    expect(host.files.readdir('/tmp')).toEqual(before);
    expect((await security(['--profile=nope', 'plain.service'])).err).toBe(
      'Failed to find portable profile nope: No such file or directory\n',
    );
  });

  test('what is no unit', async () => {
    expect(await security(['nope.service'])).toEqual({ status: 1, out: '', err: 'Unit nope.service not found.\n' });
  });
});
