/** What is said of values that a property can't have, as recorded on real systemd 252 (257 says the same) and 262. */
import { expect, test } from 'vitest';
import { PropertyError, UnitText } from '../../../../src/cli/common/unit-text.ts';
import { world } from '../../unitfile/world.ts';

const beyond = 'Numerical result out of range';
const invalid = 'Invalid argument';
const invalidSetting = (key: string, value: string) => `Invalid ${key} setting: ${value}`;
/** As 262 says it. */
const alike = (key: string, value: string, reason = invalid) => `Failed to parse ${key}= value '${value}': ${reason}`;

function refusal(release: 252 | 262, name: string, key: string, value: string): PropertyError | undefined {
  try {
    new UnitText(world({}, { release }), name).set(key, value);
  } catch (error) {
    if (error instanceof PropertyError) return error;
    throw error;
  }
  return undefined;
}

test.each([
  ['TimeoutStartSec', 'abc', `Failed to parse TimeoutStartSec=abc: ${invalid}`, invalid],
  ['Nice', 'abc', `Failed to parse Nice=abc: ${invalid}`, invalid],
  ['Nice', '100', `Failed to parse Nice=100: ${beyond}`, beyond],
  ['UMask', '9', `Failed to parse UMask=9: ${invalid}`, invalid],
  ['UMask', '77777', `Failed to parse UMask=77777: ${beyond}`, beyond],
  ['TasksMax', '-1', `Failed to parse TasksMax=-1: ${beyond}`, beyond],
  ['MemoryHigh', '-5', `Failed to parse MemoryHigh=-5: ${beyond}`, beyond],
  ['CPUWeight', '100000', `Failed to parse CPUWeight=100000: ${beyond}`, beyond],
  ['IOSchedulingPriority', '9', `Failed to parse IOSchedulingPriority=9: ${invalid}`, invalid],
  ['OOMScoreAdjust', 'x', `Failed to parse OOMScoreAdjust=x: ${invalid}`, invalid],
  ['NoNewPrivileges', 'x', 'Failed to parse NoNewPrivileges: x', invalid],
  ['KillSignal', 'x', 'Failed to parse KillSignal: x', invalid],
  ['LogLevelMax', 'x', 'Failed to parse LogLevelMax: x', invalid],
  ['IOSchedulingClass', 'x', 'Failed to parse IOSchedulingClass: x', invalid],
  ['SystemCallErrorNumber', 'x', 'Failed to parse SystemCallErrorNumber: x', invalid],
  ['CPUAffinity', 'x', 'Failed to parse CPUAffinity value: x', invalid],
  ['NUMAPolicy', 'x', 'Failed to parse NUMAPolicy value: x', invalid],
  ['NUMAMask', 'x', 'Failed to parse NUMAMask value: x', invalid],
  ['LimitCPU', 'x', 'Failed to parse resource limit: x', invalid],
  ['LimitNOFILE', '10:5', 'Failed to parse resource limit: 10:5', 'Invalid or incomplete multibyte or wide character'],
  ['RestrictNamespaces', 'x', 'Failed to parse RestrictNamespaces value x.', invalid],
  ['SuccessActionExitStatus', '300', 'Failed to parse SuccessActionExitStatus=300', beyond],
  ['CPUQuota', 'abc', "CPU quota 'abc' invalid.", invalid],
  ['CPUQuota', '0%', 'CPU quota too small.', beyond],
  ['CPUQuotaPeriodSec', 'abc', "CPU quota period 'abc' invalid.", invalid],
] as const)('%s=%s by the program', (key, value, words, reason) => {
  expect(refusal(252, 'a.service', key, value)).toMatchObject({ message: words, byManager: false });
  expect(refusal(262, 'a.service', key, value)).toMatchObject({ message: alike(key, value, reason), byManager: false });
});

test.each([
  ['SuccessExitStatus', '1 x', `Invalid status or signal x in SuccessExitStatus: ${invalid}`, ['x', invalid]],
  ['SuccessExitStatus', '300', `Invalid status or signal 300 in SuccessExitStatus: ${beyond}`, ['300', beyond]],
] as const)('%s=%s by the program, of the word that is wrong', (key, value, words, [word, reason]) => {
  expect(refusal(252, 'a.service', key, value)?.message).toBe(words);
  expect(refusal(262, 'a.service', key, value)?.message).toBe(alike(key, word, reason));
});

test('addresses, devices and PrivateTmp= have words of their own in each', () => {
  const both = (key: string, value: string) =>
    ([252, 262] as const).map((release) => refusal(release, 'a.service', key, value)?.message);
  expect(both('IPAddressAllow', '1.2.3.4.5')).toEqual([
    'Failed to parse IP address prefix: 1.2.3.4.5',
    `Failed to parse IP address prefix '1.2.3.4.5': ${invalid}`,
  ]);
  expect(both('IODeviceWeight', '/dev/x')).toEqual([
    'Failed to parse IODeviceWeight value /dev/x.',
    "Invalid syntax for IODeviceWeight= value: '/dev/x'",
  ]);
  expect(both('IOReadBandwidthMax', '/dev/null x')).toEqual([
    `Failed to parse byte value x: ${invalid}`,
    alike('IOReadBandwidthMax', '/dev/null x'),
  ]);
  expect(both('PrivateTmp', 'x')).toEqual(['Failed to parse PrivateTmp: x', invalidSetting('PrivateTmpEx', 'x')]);
});

test.each([
  ['Restart', 'x', invalidSetting('Restart', 'x')],
  ['Personality', 'x', invalidSetting('Personality', 'x')],
  ['User', 'a:b', invalidSetting('User', 'a:b')],
  ['OnFailureJobMode', 'x', invalidSetting('OnFailureJobMode', 'x')],
  ['OOMScoreAdjust', '2000', 'OOM score adjust value out of range'],
  ['CPUSchedulingPriority', '200', 'Invalid CPU scheduling priority: 200'],
  ['TasksMax', '0', 'Value specified in TasksMax is out of range'],
  ['ReadOnlyPaths', 'x', 'Invalid ReadOnlyPaths'],
  ['RequiresMountsFor', 'x', 'Path specified in RequiresMountsFor is not absolute: x'],
  ['ConditionPathExists', 'x', 'Path in condition ConditionPathExists is not absolute: x'],
  ['EnvironmentFile', 'x', 'Path x is not absolute.'],
  ['StandardInput', 'file:x', 'Path x is not absolute'],
  ['StandardOutput', 'x', invalidSetting('StandardOutput', 'x')],
  ['WorkingDirectory', 'x', "WorkingDirectory= expects an absolute path or '~'"],
  ['BindPaths', 'x', 'Source path x is not absolute.'],
  ['BindPaths', '/x:y', 'Destination path y is not absolute.'],
  ['TemporaryFileSystem', 'x', 'Mount point x is not absolute.'],
  ['RuntimeDirectory', '/x', 'RuntimeDirectory= path is absolute: /x'],
  ['StateDirectory', '../x', 'StateDirectory= path is not normalized: ../x'],
  ['Environment', 'x', 'Invalid environment block.'],
  ['PassEnvironment', '1x', 'Invalid PassEnvironment= block.'],
  ['UnsetEnvironment', '1x', 'Invalid UnsetEnvironment= list.'],
  ['LogExtraFields', 'x', "Journal field contains no '=' character"],
  ['Documentation', 'x', 'Invalid URL in Documentation: x'],
  ['Slice', 'x', "Invalid unit name 'x'"],
  ['Slice', 'x.service', "Unit name 'x.service' is not a slice"],
  ['RestrictAddressFamilies', 'x', 'Failed to set unit properties: Invalid argument'],
  ['DevicePolicy', 'x', 'Failed to set unit properties: Invalid argument'],
] as const)('%s=%s by the manager, whatever the release', (key, value, words) => {
  for (const release of [252, 262] as const)
    expect(refusal(release, 'a.service', key, value)).toMatchObject({ message: words, byManager: true });
});

test('names that mean nothing are passed over in lists of system calls and groups', () => {
  expect(refusal(252, 'a.service', 'SystemCallFilter', 'x')).toBeUndefined();
  expect(refusal(252, 'a.service', 'SupplementaryGroups', '1x')).toBeUndefined();
});

test.each([
  ['a.path', 'PathExists', 'x', 'Path in PathExists is not absolute: x'],
  ['a.path', 'DirectoryNotEmpty', 'a/../b', 'Path in DirectoryNotEmpty is not absolute: a/../b'],
  ['a.socket', 'ListenStream', 'x', 'Invalid address: x'],
  ['a.socket', 'ListenDatagram', '70000', 'Invalid address: 70000'],
  ['a.socket', 'ListenNetlink', 'x', 'Invalid netlink address: x'],
  ['a.socket', 'ListenFIFO', 'x', 'Invalid socket path: x'],
  ['a.socket', 'ListenMessageQueue', 'x', 'Invalid socket path: x'],
] as const)('%s: %s=%s by the manager', (unit, key, value, message) => {
  for (const release of [252, 262] as const)
    expect(refusal(release, unit, key, value)).toMatchObject({ byManager: true, message });
});
