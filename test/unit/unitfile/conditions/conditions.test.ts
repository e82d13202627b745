import { describe, expect, test } from 'vitest';
import { SimHost } from '../../../../src/simulation/machine/host.ts';
import { compareTexts, compareVersions, takeCompareOperator } from '../../../../src/text/compare.ts';
import { fnmatch } from '../../../../src/text/fnmatch.ts';
import { evaluateCondition } from '../../../../src/unitfile/conditions/conditions.ts';

const host = new SimHost({
  hostname: 'box',
  container: 'docker',
  environment: { CREDENTIALS_DIRECTORY: '/creds' },
  files: {
    '/etc/passwd-like': 'x',
    '/etc/empty': '',
    '/etc/dir/.hidden': '',
    '/etc/os-release': 'ID=debian\nVERSION_ID=12\n',
    '/creds/token': '',
    '/proc/cpuinfo': 'processor\t: 0\nflags\t\t: fpu sse2 pclmulqdq\n',
    '/proc/pressure/memory':
      'some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=40.00 avg60=0.50 avg300=0.10 total=0\n',
    '/proc/self/uid_map': '         0          0 4294967295\n',
    '/proc/self/gid_map': '         0          0 4294967295\n',
    '/sys/module/nf_tables/initstate': 'live\n',
    '/etc/machine-info': 'TAGS=role=web:berlin\n',
  },
});
host.files.symlink('/etc/passwd-like', '/etc/link');
host.files.putSpecial('/run/s', 'socket');

const holds = (type: string, parameter: string, negate = false) =>
  evaluateCondition({ type, parameter, negate }, host, { scope: 'system', environment: ['PATH=/bin', 'A=b'] });

describe('conditions', () => {
  test.each<[string, string, boolean | string]>([
    ['PathExists', '/etc/empty', true],
    ['PathExists', '/etc/none', false],
    ['PathExistsGlob', '/etc/pass*', true],
    ['PathExistsGlob', '/etc/x*', false],
    ['PathIsSocket', '/run/s', true],
    ['PathIsSocket', '/etc/empty', false],
    ['PathIsSocket', '/etc/none', false],
    ['MachineTag', 'berlin', true],
    ['MachineTag', 'role', false],
    ['MachineTag', 'role=*', true],
    // As systemd 262 says of this machine's id.
    ['Fraction', '31.01%', false],
    ['Fraction', '31.02%', true],
    ['Fraction', 'roll 35.84%', false],
    ['Fraction', 'roll 35.85%', true],
    ['Fraction', 'late  400‰', false],
    ['Fraction', 'late 4003‱', true],
    ['Fraction', '0%', false],
    ['Fraction', '100%', true],
    ['Fraction', '101%', 'Numerical result out of range'],
    ['Fraction', '-1%', 'Numerical result out of range'],
    ['Fraction', '50', 'Invalid argument'],
    ['Fraction', '50.123%', 'Invalid argument'],
    ['Fraction', 'a b 3%', 'Invalid argument'],
    ['Fraction', '"a b" 3%', 'Invalid argument'],
    ['PathIsDirectory', '/etc', true],
    ['PathIsDirectory', '/etc/empty', false],
    ['PathIsSymbolicLink', '/etc/link', true],
    ['PathIsSymbolicLink', '/etc/empty', false],
    ['DirectoryNotEmpty', '/etc', true],
    ['DirectoryNotEmpty', '/etc/dir', false],
    ['DirectoryNotEmpty', '/none', false],
    ['FileNotEmpty', '/etc/passwd-like', true],
    ['FileNotEmpty', '/etc/link', true],
    ['FileNotEmpty', '/etc/empty', false],
    ['FileIsExecutable', '/etc/empty', false],
    ['Credential', 'token', true],
    ['Credential', 'other', false],
    ['Credential', 'a/b', false],
    ['Virtualization', 'yes', true],
    ['Virtualization', 'container', true],
    ['Virtualization', 'docker', true],
    ['Virtualization', 'vm', false],
    ['Virtualization', 'podman', false],
    ['Virtualization', 'private-users', false],
    ['Architecture', 'x86-64', true],
    ['Architecture', 'native', true],
    ['Architecture', 'arm64', false],
    ['Host', 'b?X', true],
    ['Host', 'other', false],
    ['Host', 'fedcba9876543210fedcba9876543210', true],
    ['Host', 'fedcba98-7654-3210-fedc-ba9876543210', true],
    ['Host', '00000000000000000000000000000000', false],
    ['Capability', 'cap_nonsense', 'Invalid argument'],
    ['Security', 'selinux', false],
    ['Security', 'nonsense', false],
    ['User', 'root', true],
    ['User', '0', true],
    ['User', '@system', true],
    ['User', 'alice', false],
    ['Group', 'root', true],
    ['Group', '0', true],
    ['Group', 'alice', false],
    ['FirstBoot', 'no', true],
    ['FirstBoot', 'yes', false],
    ['FirstBoot', 'x', 'Invalid argument'],
    ['ACPower', 'true', true],
    ['Environment', 'A', true],
    ['Environment', 'A=b', true],
    ['Environment', 'A=c', false],
    ['Environment', 'AA', false],
    ['CPUFeature', 'SSE2', true],
    ['CPUFeature', 'pclmul', true],
    ['CPUFeature', 'avx', false],
    ['OSRelease', 'ID=debian', true],
    ['OSRelease', 'ID=debian VERSION_ID>=12', true],
    ['OSRelease', 'VERSION_ID<12', false],
    ['OSRelease', 'ID$=deb*', true],
    ['OSRelease', 'MISSING=', 'Invalid argument'],
    ['OSRelease', 'MISSING!=x', true],
    ['OSRelease', 'ID', 'Invalid argument'],
    ['KernelVersion', '>=1.0', true],
    ['KernelVersion', '> 1.0', true],
    ['KernelVersion', '>1.0 <1.1', false],
    ['KernelVersion', '*', true],
    ['KernelVersion', '>1.0 <', 'Invalid argument'],
    ['KernelVersion', '"', 'Invalid argument'],
    ['Version', 'systemd >=252', true],
    ['Version', 'kernel <1', false],
    ['KernelModuleLoaded', 'nf-tables', true],
    ['KernelModuleLoaded', 'other', false],
    ['CPUs', '>=1', true],
    ['CPUs', '>1000', false],
    ['CPUs', 'x', 'Invalid argument'],
    ['Memory', '1K', true],
    ['Memory', '>1P', false],
    ['Memory', '1X', 'Invalid argument'],
    ['MemoryPressure', '50%', true],
    ['MemoryPressure', '30%/10sec', false],
    ['MemoryPressure', '0.5%/1min', true],
    ['MemoryPressure', '50%/2min', 'Invalid argument'],
    ['Firmware', 'uefi', false],
    ['Firmware', 'smbios-field(x', 'Invalid argument'],
    ['NeedsUpdate', '/etc', true],
    ['Nonsense', 'x', 'Invalid argument'],
  ])('%s=%s', (type, parameter, expected) => {
    expect(holds(type, parameter)).toBe(expected);
    const negated = typeof expected === 'boolean' ? !expected : expected;
    expect(holds(type, parameter, true)).toBe(negated);
  });
});

test('PID 1 of a user who is not root is whom it runs as', () => {
  const own = new SimHost({ pid: 1, uid: 33 });
  const isMet = (type: string, parameter: string) =>
    evaluateCondition({ type, parameter, negate: false }, own, { scope: 'system', environment: [] });
  for (const [type, parameter, expected] of [
    ['User', 'www-data', true],
    ['User', 'root', false],
    ['User', 'alice', false],
    ['Group', 'root', true],
    ['Group', 'video', false],
  ] as const)
    expect({ parameter, met: isMet(type, parameter) }).toEqual({ parameter, met: expected });
});

describe('comparisons', () => {
  test.each([
    ['123~rc1-1', '123'],
    ['123', '123-a'],
    ['123-a', '123-a.1'],
    ['123-a.1', '123-1'],
    ['123-1', '123-1.1'],
    ['123-1.1', '123^post1'],
    ['123^post1', '123.a-1'],
    ['123.a-1', '123.1-1'],
    ['123.1-1', '123a-1'],
    ['123a-1', '124-1'],
    ['1.9', '1.10'],
    ['1a2', '1_2'],
    ['', '1'],
  ])('%s is older than %s', (older, newer) => {
    expect([compareVersions(older, newer), compareVersions(newer, older), compareVersions(newer, newer)]).toEqual([
      -1, 1, 0,
    ]);
  });

  test('separators and leading zeroes', () => {
    expect([compareVersions('007', '7'), compareVersions('123_a', '123a'), compareVersions('1.02', '1.2')]).toEqual([
      0, 0, 0,
    ]);
  });

  test('operators', () => {
    expect(takeCompareOperator('>=5', {})).toEqual({ operator: '>=', rest: '5' });
    expect(takeCompareOperator('=5', {})).toEqual({ operator: '==', rest: '5' });
    expect(takeCompareOperator('=5', { text: true })).toEqual({ operator: 'text =', rest: '5' });
    expect(takeCompareOperator('$=5', {})).toBeUndefined();
    expect(takeCompareOperator('lt', { words: true })).toEqual({ operator: '<', rest: '' });
    expect(takeCompareOperator('5', { words: true })).toBeUndefined();
    expect([compareTexts('text =', '1.0', '1'), compareTexts('==', '1.01', '1.1')]).toEqual([false, true]);
  });

  test.each([
    ['*', '', true],
    ['a*c', 'abbc', true],
    ['a*c', 'abbd', false],
    ['a?c', 'abc', true],
    ['[a-c]x', 'bx', true],
    ['[!a-c]x', 'bx', false],
    ['[]x]', ']', true],
    ['[[:digit:]]', '5', true],
    ['[', '[', true],
    ['\\*', '*', true],
    ['\\*', 'x', false],
    ['a/*', 'a/b/c', true],
    ['', '', true],
  ])('pattern %s against %s', (pattern, text, expected) => {
    expect(fnmatch(pattern, text)).toBe(expected);
  });

  test('many asterisks take no time', () => {
    expect(fnmatch(`${'a*'.repeat(200)}b`, 'a'.repeat(5000))).toBe(false);
  });
});
