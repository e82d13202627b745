import { describe, expect, test } from 'vitest';
import { callProgram } from '../../../../src/simulation/call.ts';
import { SimHost } from '../../../../src/simulation/machine/host.ts';
import { systemdEscape } from '../../../../src/tools/escape/escape.ts';
import { analyze as analyzeOn } from '../../../support/analyze.ts';

const now = Date.UTC(2026, 10, 24, 15, 57, 0);
const host = new SimHost({ now, pid: 77, files: { '/etc/x': '1' } });

const analyze = (argv: string[], env: Record<string, string> = {}) => analyzeOn({ host }, argv, { env });

describe('systemd-analyze calendar', () => {
  test('normal forms and coming times', async () => {
    const { status, out } = await analyze([
      'calendar',
      '--iterations=2',
      '--base-time=2024-03-30 12:00',
      'Mon..Fri 10:00',
    ]);
    expect(status).toBe(0);
    expect(out).toBe(`  Original form: Mon..Fri 10:00
Normalized form: Mon..Fri *-*-* 10:00:00
    Next elapse: Mon 2024-04-01 10:00:00 UTC
       From now: 2 years 7 months ago
       Iter. #2: Tue 2024-04-02 10:00:00 UTC
       From now: 2 years 7 months ago
`);
  });

  test('local time beside UTC', async () => {
    const { out } = await analyze(['calendar', '*-*-* 03:00:00'], { TZ: 'CET-1CEST,M3.5.0,M10.5.0/3' });
    expect(out).toBe(`Normalized form: *-*-* 03:00:00
    Next elapse: Wed 2026-11-25 03:00:00 CET
       (in UTC): Wed 2026-11-25 02:00:00 UTC
       From now: 10h left
`);
  });

  test('the past, and what is no event', async () => {
    const { status, out, err } = await analyze(['calendar', '2005-01-01', '5min']);
    expect(status).toBe(1);
    expect(out).toBe('  Original form: 2005-01-01\nNormalized form: 2005-01-01 00:00:00\n    Next elapse: never\n\n');
    expect(err).toBe(`Failed to parse calendar specification '5min': Invalid argument
Hint: this expression is a valid timespan. Use 'systemd-analyze timespan "5min"' instead?
`);
  });
});

test('systemd-analyze timespan', async () => {
  expect(await analyze(['timespan', '1.5y', '90s'])).toEqual({
    status: 0,
    out: `Original: 1.5y
      μs: 47336400000000
   Human: 1y 6month

Original: 90s
      μs: 90000000
   Human: 1min 30s
`,
    err: '',
  });
  expect((await analyze(['timespan', '99999999999999999999'])).err).toBe(
    "Failed to parse time span '99999999999999999999': Numerical result out of range\n",
  );
  expect((await analyze(['timespan', 'tomorrow'])).err).toContain('Hint: this expression is a valid timestamp.');
  // The verb takes no zone by its name, so it isn't named.
  expect((await analyze(['timespan', 'tomorrow Asia/Seoul'])).err).toBe(
    "Failed to parse time span 'tomorrow Asia/Seoul': Invalid argument\n",
  );
});

test('systemd-analyze timestamp', async () => {
  expect(await analyze(['timestamp', '2020-01-01 00:00:00.5', 'daily'])).toEqual({
    status: 1,
    out: `  Original form: 2020-01-01 00:00:00.5
Normalized form: Wed 2020-01-01 00:00:00 UTC
   UNIX seconds: @1577836800.500000
       From now: 6 years 10 months ago

`,
    err: `Failed to parse "daily": Invalid argument
Hint: this expression is a valid calendar specification. Use 'systemd-analyze calendar "daily"' instead?
`,
  });
});

test('systemd-analyze exit-status and capability', async () => {
  expect((await analyze(['exit-status', '0', 'BPF', '199'])).out).toBe(
    'NAME    STATUS CLASS\nSUCCESS      0 libc\nBPF        244 systemd\n-          199 -\n',
  );
  expect((await analyze(['exit-status'])).out.split('\n')).toHaveLength(69);
  expect(await analyze(['exit-status', '300'])).toEqual({ status: 1, out: '', err: 'Invalid exit status "300".\n' });
  expect((await analyze(['capability', 'CAP_KILL', '0'])).out).toBe(
    'NAME      NUMBER\ncap_chown      0\ncap_kill       5\n',
  );
});

test('JSON of tables, and tables without a header', async () => {
  expect((await analyze(['--json=short', 'exit-status', '0', '199'])).out).toBe(
    '[{"name":"SUCCESS","status":0,"class":"libc"},{"name":null,"status":199,"class":null}]\n',
  );
  expect((await analyze(['--json=pretty', 'capability', '0'])).out).toBe(
    '[\n\t{\n\t\t"name" : "cap_chown",\n\t\t"number" : 0\n\t}\n]\n',
  );
  expect((await analyze(['--json=short', 'architectures', 'native'])).out).toMatch(
    /^\[{"name":".*","support":"native"}]\n$/,
  );
  expect((await analyze(['--no-legend', 'exit-status', '0'])).out).toBe('SUCCESS 0 libc\n');
  expect((await analyze(['--json=help', 'exit-status'])).out).toBe('pretty\nshort\noff\n');
  expect((await analyze(['--json=short', 'timespan', '1s'])).err).toMatch(
    /^Option --json= is only supported for security/,
  );
  expect((await analyze(['--table', 'blame'])).err).toBe('Option --table is only supported for plot right now.\n');
  expect((await analyze(['--table', '--json=short', 'plot'])).err).toBe(
    '--table and --json= are mutually exclusive.\n',
  );
});

test('systemd-analyze capability --mask', async () => {
  const both = 'NAME      NUMBER\ncap_chown      0\ncap_kill       5\n';
  for (const mask of ['21', '0x21', ' 21', '+0X0021'])
    expect(await analyze(['capability', '-m', mask])).toEqual({ status: 0, out: both, err: '' });
  expect((await analyze(['capability', '--mask', '0'])).out).toBe('NAME NUMBER\n');
  expect((await analyze(['capability', '--mask', 'ffffffffffffffff'])).err).toBe('Capability 41 is not known.\n');
  for (const mask of ['', 'zz', '0o21', '10000000000000000'])
    expect((await analyze(['capability', '--mask', mask])).err).toBe(`Capability mask "${mask}" is not valid.\n`);
  for (const words of [[], ['1', '2']])
    expect((await analyze(['capability', '--mask', ...words])).err).toBe('Exactly 1 positional argument expected.\n');
  expect((await analyze(['--mask', 'exit-status'])).err).toBe('Option --mask is only supported for capability.\n');
});

test('systemd-analyze compare-versions', async () => {
  expect(await analyze(['compare-versions', '1', '2'])).toEqual({ status: 12, out: '1 < 2\n', err: '' });
  expect((await analyze(['compare-versions', '1.2', '1.2~rc1'])).status).toBe(11);
  expect((await analyze(['compare-versions', '1', 'ge', '2'])).status).toBe(1);
  expect((await analyze(['compare-versions', '1', 'foo', '2'])).err).toBe('Unknown operator "foo".\n');
});

describe('systemd-analyze condition', () => {
  test('says how each went, asserts first', async () => {
    expect(
      await analyze([
        'condition',
        'ConditionPathExists = /etc',
        'AssertPathExists=|!/foo',
        'ConditionKernelVersion = ! <1.0',
      ]),
    ).toEqual({
      status: 0,
      out: '',
      err: `test.service: AssertPathExists=|!/foo succeeded.
Asserts succeeded.
test.service: ConditionKernelVersion=!<1.0 succeeded.
test.service: ConditionPathExists=/etc succeeded.
Conditions succeeded.
`,
    });
  });

  test('what is wrong', async () => {
    expect(await analyze(['condition', 'ConditionMemory=abc', 'ConditionPathExists=x'])).toEqual({
      status: 1,
      out: '',
      err: `(cmdline): ConditionPathExists= path is not absolute, ignoring: x
test.service: Couldn't determine result for ConditionMemory=abc, assuming failed: Invalid argument
Conditions failed.
`,
    });
    expect((await analyze(['condition', 'Foo=bar'])).err).toBe('Cannot parse "Foo=bar".\n');
  });

  test('those of a unit', async () => {
    host.files.mkdirs('/etc/systemd/system');
    host.files.writeAtomic(
      '/etc/systemd/system/c.service',
      '[Unit]\nConditionPathExists=/nonexistent\n[Service]\nExecStart=/bin/true\n',
    );
    expect(await analyze(['condition', '--unit=c'])).toEqual({
      status: 1,
      out: '',
      err: 'c.service: ConditionPathExists=/nonexistent failed.\nConditions failed.\n',
    });
  });
});

test.each([
  [['nonsense'], 'Unknown command verb nonsense.\n'],
  [['calendar'], 'Too few arguments.\n'],
  [['--unit=x', 'calendar', 'daily'], 'Option --unit= is only supported for condition\n'],
  [['condition'], 'Too few arguments for condition\n'],
  [['--iterations=x', 'calendar', 'daily'], 'Failed to parse iterations: x\n'],
  [['--json=pretty', 'calendar', 'x'], 'Option --json= is only supported for security and inspect-elf right now.\n'],
])('systemd-analyze %j is refused', async (argv, err) => {
  expect(await analyze(argv)).toEqual({ status: 1, out: '', err });
});

describe('systemd-analyze filesystems', () => {
  const on = (release: 252 | 257 | 262, argv: string[], kernel?: string) => {
    const files: Record<string, string> = kernel === undefined ? {} : { '/proc/filesystems': kernel };
    return analyzeOn({ host: new SimHost({ release, files }) }, ['filesystems', ...argv]);
  };

  test('shows groups, numbers, and whose number it is', async () => {
    expect(await on(257, ['@temporary', '@historical-block'])).toEqual({
      status: 0,
      err: '',
      out: `@temporary
    # Temporary filesystems
    ramfs (magic: 0x858458f6)
    tmpfs (magic: 0x1021994)

@historical-block
    # Historical block device filesystems
    ext2 (magic: 0xef53[ext4])
    ext3 (magic: 0xef53[ext4])
    minix (magic: 0x137f, 0x138f, 0x2468, 0x2478, 0x4d5a)
`,
    });
    expect(await on(257, ['ext4'])).toEqual({ status: 1, out: '', err: 'Filesystem set "ext4" not found.\n' });
  });

  test('knows what the release knows', async () => {
    expect(await on(252, ['@temporary'])).toMatchObject({ status: 1, out: '' });
    expect((await on(257, ['@known'])).out).not.toContain('nullfs');
    expect((await on(262, ['@known'])).out).toContain('    nullfs (magic: 0x4e554c4c)\n');
  });

  test('lists what is in no group, and what only the kernel knows', async () => {
    const { out, err } = await on(262, [], 'nodev\ttmpfs\n\text4\nnodev\tnewfs\n');
    expect(out).toContain(
      '\n# Ungrouped filesystems (known but not included in any of the groups except @known):\n#   adfs\n',
    );
    expect(out.split('\n# Unlisted filesystems ')[1]).toBe(
      '(available to the local kernel, but not included in any of the groups listed above):\n#   newfs\n',
    );
    expect(err).toBe('');
    expect((await on(262, [])).err).toBe(
      "# Not showing unlisted filesystems, couldn't retrieve kernel filesystem list: No such file or directory\n",
    );
  });
});

describe('systemd-escape', () => {
  const escapeTool = (...argv: string[]) => callProgram({ host }, systemdEscape, 'systemd-escape', argv);

  test.each([
    [['foo', 'bar/baz', '.x', 'ä-'], 'foo bar-baz \\x2ex \\xc3\\xa4\\x2d\n'],
    [['-p', '/foo/bar', '//a//b/', '/'], 'foo-bar a-b -\n'],
    [['--suffix=mount', '-p', '/a/b'], 'a-b.mount\n'],
    [['--template=foo@.service', 'a b'], 'foo@a\\x20b.service\n'],
    [['-u', 'foo-bar', 'a\\x2db'], 'foo/bar a-b\n'],
    [['-u', '-p', 'foo-bar', '-'], '/foo/bar /\n'],
    [['-u', '--instance', 'foo@bar-x.service'], 'bar/x\n'],
    [
      ['-m', 'foo', '/dev/sda', '/home/x', 'a b', 'x.mount'],
      'foo.service dev-sda.device home-x.mount a\\x20b.service x.mount\n',
    ],
    [['--', '-u'], '\\x2du\n'],
  ])('%j', async (argv, out) => {
    expect(await escapeTool(...argv)).toEqual({ status: 0, out, err: '' });
  });

  test.each([
    [[], 'Not enough arguments.\n'],
    [['-p', '../x'], "Input '../x' is not an absolute file system path, failed to escape.\n"],
    [['-p', '/a/../b'], "Input '/a/../b' is not a normalized file system path, failed to escape.\n"],
    [['--suffix=foo', 'a'], 'Invalid unit suffix type "foo".\n'],
    [['--template=foo.service', 'a'], 'Template name foo.service is not valid.\n'],
    [['-u', 'a\\x2'], 'Failed to unescape string: Invalid argument\n'],
    [['-u', '--instance', 'foo.service'], 'Unit foo.service is missing the instance name.\n'],
    [
      ['-u', '--template=foo@.service', 'bar@x.service'],
      'Unit bar@x.service template bar@.service does not match specified template foo@.service.\n',
    ],
    [['-mp', 'a'], '--path may not be combined with --mangle.\n'],
    [['-m', ''], 'Failed to mangle name: Invalid argument\n'],
  ])('%j is refused', async (argv, err) => {
    expect(await escapeTool(...argv)).toEqual({ status: 1, out: '', err });
  });

  test('a relative path is escaped with a warning', async () => {
    expect(await escapeTool('-p', 'foo')).toEqual({
      status: 0,
      out: 'foo\n',
      err: "Input 'foo' is not an absolute file system path, escaping is likely not going to be reversible.\n",
    });
  });
});
