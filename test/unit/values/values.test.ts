import { describe, expect, test } from 'vitest';
import {
  formatAddress,
  formatPrefix,
  formatSocketAddress,
  maskPrefix,
  parseAddress,
  parseNetlinkAddress,
  parsePrefix,
  parseSocketAddress,
} from '../../../src/values/addresses.ts';
import { architectureName, parsePersonality } from '../../../src/values/architectures.ts';
import {
  allCapabilities,
  formatCapabilitySet,
  formatSecureBits,
  mergeCapabilitySet,
  parseCapability,
  parseCapabilitySet,
  parseSecureBits,
} from '../../../src/values/capabilities.ts';
import { formatCpuSet, parseCpuSet } from '../../../src/values/cpu-set.ts';
import {
  exitStatusClass,
  exitStatusName,
  parseExitStatus,
  parseExitStatusSet,
} from '../../../src/values/exit-status.ts';
import { parseResourceLimit } from '../../../src/values/limits.ts';
import { fdNameIsValid, hostnameIsValid, interfaceNameIsValid, userNameIsValid } from '../../../src/values/names.ts';
import { parseIoClass, parseSchedPolicy } from '../../../src/values/scheduling.ts';
import { parseSignal, signalName } from '../../../src/values/signals.ts';
import { logFacilityName, parseLogFacility, parseLogLevel } from '../../../src/values/syslog.ts';
import { voiceOf } from '../../../src/voice/voice.ts';

function collect() {
  const messages: string[] = [];
  return { messages, warn: (_level: number, message: string) => messages.push(message) };
}

test('signals by name, number and distance', () => {
  expect(['TERM', 'SIGTERM', '15', 'RTMIN', 'SIGRTMIN+3', 'RTMAX-1', 'RTMIN+30', '64'].map(parseSignal)).toEqual([
    15, 15, 15, 34, 37, 63, 64, 64,
  ]);
  expect(['', 'SIG', '0', '65', 'term', 'RTMIN+31', 'RTMIN3', 'RTMIN-1', 'FOO'].map(parseSignal)).toEqual(
    Array(9).fill(undefined),
  );
  expect([15, 34, 37, 64, 32, 99].map(signalName)).toEqual(['TERM', 'RTMIN', 'RTMIN+3', 'RTMIN+30', '32', '99']);
});

describe('exit statuses', () => {
  test('names and numbers', () => {
    expect(
      ['SUCCESS', 'EXEC', 'APPARMOR', 'BPF', 'EXCEPTION', 'TEMPFAIL', '42', '256', 'exec'].map(parseExitStatus),
    ).toEqual([0, 203, 231, 244, 255, 75, 42, undefined, undefined]);
    expect([exitStatusName(217), exitStatusName(3, ['libc']), exitStatusName(223)]).toEqual([
      'USER',
      undefined,
      undefined,
    ]);
    expect([0, 3, 66, 200, 100].map(exitStatusClass)).toEqual(['libc', 'LSB', 'BSD', 'systemd', undefined]);
  });

  test('sets grow, are emptied, and pass over what is wrong', () => {
    const { messages, warn } = collect();
    const first = parseExitStatusSet('250 SIGKILL TEMPFAIL foo 1', { statuses: [], signals: [] }, 'X', warn);
    expect(first).toEqual({ statuses: [1, 75, 250], signals: [9] });
    expect(parseExitStatusSet('SIGHUP 1', first, 'X', warn)).toEqual({ statuses: [1, 75, 250], signals: [1, 9] });
    expect(parseExitStatusSet('', first, 'X', warn)).toEqual({ statuses: [], signals: [] });
    expect(messages).toEqual(['Failed to parse value, ignoring: foo']);
  });
});

describe('capabilities', () => {
  test('names in any case, numbers', () => {
    expect(['cap_chown', 'CAP_SYS_ADMIN', '40', '63', '64', 'chown'].map(parseCapability)).toEqual([
      0,
      21,
      40,
      63,
      undefined,
      undefined,
    ]);
    expect(formatCapabilitySet(parseCapabilitySet('CAP_KILL cap_chown foo "cap_bpf"'))).toBe(
      'cap_chown cap_kill cap_bpf',
    );
    expect(formatCapabilitySet(1n << 41n, 41)).toBe('0x29');
  });

  test('lines of the bounding set add, and take away with ~', () => {
    const lines = (...values: string[]) =>
      values.reduce((mask, value) => mergeCapabilitySet(value, mask, allCapabilities), allCapabilities);
    expect(formatCapabilitySet(lines('CAP_A CAP_B'))).toBe('');
    expect(formatCapabilitySet(lines('CAP_CHOWN CAP_KILL', 'CAP_FOWNER'))).toBe('cap_chown cap_fowner cap_kill');
    expect(formatCapabilitySet(lines('CAP_CHOWN CAP_KILL', '~CAP_KILL'))).toBe('cap_chown');
    expect(lines('~CAP_CHOWN')).toBe(allCapabilities - 1n);
    expect([lines('CAP_CHOWN', ''), lines('CAP_CHOWN', '~')]).toEqual([0n, allCapabilities]);
  });

  test('secure bits', () => {
    const bits = parseSecureBits('noroot keep-caps no-setuid-fixup-locked foo');
    expect([bits, formatSecureBits(bits)]).toEqual([0b11001, 'keep-caps no-setuid-fixup-locked noroot']);
  });
});

test('CPU lists', () => {
  const { messages, warn } = collect();
  const parse = (text: string) => parseCpuSet(text, 'CPUAffinity', warn, voiceOf(252).loading.cpuSets);
  expect(parse('1 3-5,0')).toEqual([0, 1, 3, 4, 5]);
  expect(formatCpuSet([5, 0, 1, 3, 4, 9])).toBe('0-1 3-5 9');
  expect([parse(''), parse('4-2 7')]).toEqual([[], [7]]);
  expect([parse('a'), parse('0-8192'), parse('"1')]).toEqual([undefined, undefined, undefined]);
  expect(messages).toEqual([
    "Range '4-2' is invalid, 4 > 2, ignoring.",
    "Failed to parse CPU affinity 'a'",
    'Cannot add CPU 8192 to set: Numerical result out of range',
    'Invalid value for CPUAffinity: "1',
  ]);
});

describe('resource limits', () => {
  test.each([
    ['NOFILE', '4567:5678', { soft: 4567, hard: 5678 }],
    ['NOFILE', 'infinity', { soft: Infinity, hard: Infinity }],
    ['NOFILE', '100:infinity', { soft: 100, hard: Infinity }],
    ['NOFILE', '5678:4567', 'soft>hard'],
    ['NOFILE', '1K', undefined],
    ['NOFILE', '1:2:3', undefined],
    ['NOFILE', ':1', undefined],
    ['STACK', '55', { soft: 55, hard: 55 }],
    ['STACK', '1K:2M', { soft: 1024, hard: 2097152 }],
    ['CPU', '56', { soft: 56, hard: 56 }],
    ['CPU', '57s', { soft: 57, hard: 57 }],
    ['CPU', '1min 0.5s', { soft: 61, hard: 61 }],
    ['CPU', 'infinity', { soft: Infinity, hard: Infinity }],
    ['RTTIME', '58', { soft: 58, hard: 58 }],
    ['RTTIME', '5ms:1min', { soft: 5000, hard: 60000000 }],
    ['NICE', '+5', { soft: 15, hard: 15 }],
    ['NICE', '-11:-12', { soft: 31, hard: 32 }],
    ['NICE', '-0', { soft: 20, hard: 20 }],
    ['NICE', '+20', undefined],
    ['NICE', '41', undefined],
  ] as const)('%s %s', (name, text, limit) => {
    expect(parseResourceLimit(name, text)).toEqual(limit);
  });
});

describe('addresses', () => {
  test.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::', '::'],
    ['::1', '::1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
    ['1::8', '1::8'],
    ['::ffff:1.2.3.4', '::ffff:1.2.3.4'],
    ['1:0:0:2::', '1:0:0:2::'],
    ['127.0.1', undefined],
    ['127.0.0.01', undefined],
    ['127.0.0.256', undefined],
    [':::', undefined],
    ['1:2:3:4:5:6:7', undefined],
    ['1::2::3', undefined],
    ['12345::', undefined],
    ['', undefined],
  ])('%s', (text, printed) => {
    const address = parseAddress(text);
    expect(address && formatAddress(address)).toBe(printed);
  });

  test('prefixes', () => {
    expect(formatPrefix(maskPrefix(parsePrefix('10.1.2.3/9')!))).toBe('10.0.0.0/9');
    expect(formatPrefix(parsePrefix('::1')!)).toBe('::1/128');
    expect(['10.0.0.0/33', '10.0.0.0/', '10/8'].map(parsePrefix)).toEqual([undefined, undefined, undefined]);
  });

  test.each([
    ['192.168.1.1:8888', '192.168.1.1:8888'],
    ['[::1]:6666', '[::1]:6666'],
    ['[fe80::1]:80%eth0', '[fe80::1]:80%eth0'],
    ['8888', '[::]:8888'],
    ['/foo/bar', '/foo/bar'],
    ['@abstract', '@abstract'],
    ['vsock:2:1234', 'vsock:2:1234'],
    ['vsock::1234', 'vsock::1234'],
    ['vsock:4294967295:1', 'vsock::1'],
    ['::1', undefined],
    ['192.168.1.1', undefined],
    ['192.168.1.1:0', undefined],
    ['junk', undefined],
    ['65536', undefined],
    ['/', undefined],
    [`/${'x'.repeat(107)}`, undefined],
    ['vsock:2:x', undefined],
    ['1.2.3.4:80#x', undefined],
  ])('socket %.30s', (text, printed) => {
    const address = parseSocketAddress(text);
    expect(address && formatSocketAddress(address)).toBe(printed);
  });

  test('netlink, and ports where there is no IPv6', () => {
    expect(formatSocketAddress(parseNetlinkAddress('route 1361')!)).toBe('route 1361');
    expect(formatSocketAddress(parseNetlinkAddress('kobject-uevent')!)).toBe('kobject-uevent 0');
    expect([parseNetlinkAddress('foo 1'), parseNetlinkAddress('')]).toEqual([undefined, undefined]);
    expect(formatSocketAddress(parseSocketAddress('80', false)!)).toBe('0.0.0.0:80');
  });
});

test('words for numbers', () => {
  expect(['err', '3', 'debug', '8', 'error'].map(parseLogLevel)).toEqual([3, 3, 7, undefined, undefined]);
  expect(['daemon', 'local7', '12', '128', ''].map(parseLogFacility)).toEqual([3, 23, 12, undefined, undefined]);
  expect([logFacilityName(3), logFacilityName(12)]).toEqual(['daemon', '12']);
  expect(['realtime', 'best-effort', '3', 'x'].map(parseIoClass)).toEqual([1, 2, 3, undefined]);
  expect(['fifo', 'other', 'toString'].map(parseSchedPolicy)).toEqual([1, 0, undefined]);
  const names = ['x86', 'x86-64', 'arm', 'arm64'];
  expect(names.map((name) => parsePersonality(name, 'x86-64'))).toEqual([8, 0, undefined, undefined]);
  expect(names.map((name) => parsePersonality(name, 'arm64'))).toEqual([undefined, undefined, 8, 0]);
  expect(parsePersonality('x86', undefined)).toBeUndefined();
  expect([architectureName('x86_64'), architectureName('aarch64'), architectureName('vax')]).toEqual([
    'x86-64',
    'arm64',
    undefined,
  ]);
});

test('names with rules of their own', () => {
  expect(['foo', '', 'a b', 'a:b', 'ä', 'x'.repeat(256)].map(fdNameIsValid)).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
  expect(
    ['eth0', 'eth0.1', '', '5', 'all', 'a:b', 'a%b', 'x'.repeat(16)].map((name) => interfaceNameIsValid(name)),
  ).toEqual([true, true, false, false, false, false, false, false]);
  const relaxed = (name: string) => userNameIsValid(name, 'relaxed', true);
  expect(['www-data', 'a b', 'ä', '0', '65535', '-5', ' a', 'a:b', 'a/b', '..', ''].map(relaxed)).toEqual([
    true,
    true,
    true,
    true,
    false,
    false,
    false,
    false,
    false,
    false,
    false,
  ]);
  expect(['www-data', '_x', '9a', 'a.b', 'x'.repeat(32)].map((name) => userNameIsValid(name, 'strict'))).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
  expect(['a', 'a.b', 'a.', '-a', 'a-', 'x'.repeat(65), 'a_b'].map(hostnameIsValid)).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
    false,
  ]);
});
