/** What is said of lines that can't be read, as releases have it. */
import { describe, expect, it } from 'vitest';
import type { Release } from '../../../../src/voice/release.ts';
import { diagnosticsOf, world } from '../../../support/world.ts';

const sections: Record<string, string> = {
  service: 'Service',
  socket: 'Socket',
  timer: 'Timer',
  slice: 'Slice',
  mount: 'Mount',
};

/** Of one line of a unit file, without the place. */
function said(release: Release, type: string, line: string, section = sections[type]!): string[] {
  const name = `a.${type}`;
  const path = `/etc/systemd/system/${name}:2: `;
  return diagnosticsOf(world({ release, units: { [name]: `[${section}]\n${line}\n` } }).load(name))
    .filter((message) => message.startsWith(path))
    .map((message) => message.slice(path.length));
}

const range = 'Numerical result out of range';

describe('a value that can not be read', () => {
  it.each([
    ['service', 'TimeoutStopSec=banana', 'Failed to parse time value, ignoring: banana'],
    ['service', 'RestartSec=-1', 'Failed to parse sec value, ignoring: -1', range],
    [
      'service',
      'RestartSec=99999999999999999999999',
      'Failed to parse sec value, ignoring: 99999999999999999999999',
      range,
    ],
    ['service', 'CPUQuotaPeriodSec=banana', 'Failed to parse sec_def_infinity value, ignoring: banana'],
    ['service', 'Restart=maybe', 'Failed to parse service restart specifier, ignoring: maybe'],
    ['service', 'RemoveIPC=', 'Failed to parse boolean value, ignoring: '],
    ['service', 'LogRateLimitBurst=banana', 'Failed to parse unsigned value, ignoring: banana'],
    ['service', 'LogRateLimitBurst=4294967296', 'Failed to parse unsigned value, ignoring: 4294967296', range],
    ['service', 'TTYRows=banana', 'Failed to parse unsigned value, ignoring: banana'],
    ['service', 'UMask=9', 'Failed to parse mode value, ignoring: 9'],
    ['service', 'UMask=70000', 'Failed to parse mode value, ignoring: 70000', range],
    ['service', 'KillSignal=banana', 'Failed to parse signal name, ignoring: banana'],
    ['service', 'KillSignal=99999999999999999999', 'Failed to parse signal name, ignoring: 99999999999999999999'],
    ['service', 'KillSignal=RTMIN+99', 'Failed to parse signal name, ignoring: RTMIN+99', range],
    ['service', 'KillSignal=0', 'Failed to parse signal name, ignoring: 0', range],
    ['service', 'SyslogFacility=banana', 'Failed to parse log facility, ignoring: banana'],
    ['service', 'LimitNOFILE=banana', 'Failed to parse resource value, ignoring: banana'],
    ['service', 'LimitNOFILE=-1', 'Failed to parse resource value, ignoring: -1', range],
    ['service', 'LimitCPU=-', 'Failed to parse resource value, ignoring: -', range],
    ['service', 'TimerSlackNSec=banana', 'Failed to parse nsec value, ignoring: banana'],
    ['slice', 'CPUWeight=banana', 'Invalid CPU weight, ignoring: banana'],
    ['slice', 'IOWeight=0', 'Invalid weight, ignoring: 0', range],
    ['socket', 'Mark=banana', 'Failed to parse int value, ignoring: banana'],
    ['socket', 'MessageQueueMaxMessages=banana', 'Failed to parse long value, ignoring: banana'],
    ['socket', 'PipeSize=banana', "Failed to parse size value 'banana', ignoring: Invalid argument"],
    ['socket', 'PipeSize=-1', `Failed to parse size value '-1', ignoring: ${range}`, range],
    ['socket', 'IPTOS=banana', 'Failed to parse IP TOS value, ignoring: banana'],
    ['socket', 'SocketProtocol=0', 'Failed to parse socket protocol, ignoring: 0', 'Protocol not supported'],
    ['timer', 'AccuracySec=banana', 'Failed to parse sec value, ignoring: banana'],
    ['mount', 'DirectoryMode=rel/path', 'Failed to parse mode value, ignoring: rel/path'],
  ])('%s: %s', (type, line, before, reason = 'Invalid argument') => {
    expect(said(252, type, line)).toEqual([before]);
    const later = [`Failed to parse ${line}, ignoring: ${reason}`];
    expect(said(257, type, line)).toEqual(later);
    expect(said(262, type, line)).toEqual(later);
  });
  it('is said the same where the parser has no text of its own for the whole line', () => {
    const line = 'Documentation="man:a(1)';
    expect(said(252, 'service', line, 'Unit')).toEqual(['Invalid syntax, ignoring: "man:a(1)']);
    expect(said(257, 'service', line, 'Unit')).toEqual([`Failed to parse ${line}, ignoring: Invalid argument`]);
  });
  it.each([
    ['ListenStream', '-1', range],
    ['ListenStream', '0x12345', range],
    ['ListenStream', '0', 'Invalid argument'],
    ['ListenStream', 'banana', 'Invalid argument'],
    ['ListenStream', '127.0.0.1:99999', range],
    ['ListenStream', '127.0.0.1:banana', 'Invalid argument'],
    ['ListenStream', '[fe80::1]:99999', range],
    ['ListenStream', '@', 'Invalid argument'],
    ['ListenStream', 'vsock:99999999999:1', range],
    ['ListenStream', 'vsock:1', 'Invalid argument'],
    ['ListenNetlink', 'route 99999999999', range],
    ['ListenNetlink', '99999999999 1', 'Invalid argument'],
  ])('tells a number that is too large from what is none: %s=%s', (key, value, reason) => {
    const message = `Failed to parse address value in '${value}', ignoring: ${reason}`;
    expect(said(252, 'socket', `${key}=${value}`)).toEqual([message]);
  });
  it('says of a name of a user that others might not take for one that it is taken', () => {
    const start = '[Service]\nExecStart=/bin/true\n';
    const w = world({ units: { 'a.service': `${start}User=first.last\nGroup=1-a\nSupplementaryGroups=adm a.b 7\n` } });
    expect(diagnosticsOf(w.load('a.service'))).toEqual(
      ['first.last', '1-a', 'a.b'].map(
        (name) => `Accepting user/group name '${name}', which does not match strict user/group name rules.`,
      ),
    );
  });
  it('is not ignored where it makes the unit unusable', () => {
    expect(said(252, 'service', 'DynamicUser=banana')).toEqual(['Failed to parse boolean value: banana']);
    expect(said(257, 'service', 'DynamicUser=banana')).toEqual([
      'Failed to parse DynamicUser=banana: Invalid argument',
    ]);
  });
  it('is not ignored where it takes rights away', () => {
    const outcome = "taking 'strict', the nearest that protects";
    expect(said(252, 'service', 'ProtectSystem=banana')).toEqual([
      `Failed to parse protect system value, ${outcome}: banana`,
    ]);
    expect(said(257, 'service', 'ProtectSystem=banana')).toEqual([
      `Failed to parse ProtectSystem=banana, ${outcome}: Invalid argument`,
    ]);
  });
  it.each([
    ['TimeoutStartSec=banana', 'Failed to parse TimeoutStartSec= parameter, ignoring: banana'],
    ['TimeoutAbortSec=banana', 'Failed to parse TimeoutAbortSec= setting, ignoring: banana'],
    ['IOSchedulingClass=banana', 'Failed to parse IO scheduling class, ignoring: banana'],
    ['CPUSchedulingPolicy=banana', 'Failed to parse CPU scheduling policy, ignoring: banana'],
    ['KillMode=banana', 'Failed to parse kill mode specification, ignoring: banana'],
    ['Nice=0x100', 'Nice priority out of range, ignoring: 0x100'],
    ['Nice=99999999999', 'Nice priority out of range, ignoring: 99999999999'],
    ['OOMScoreAdjust=99999999999', 'OOM score adjust value out of range, ignoring: 99999999999'],
    ['OOMScoreAdjust=banana', "Failed to parse the OOM score adjust value 'banana', ignoring: Invalid argument"],
  ])('is said in the same words by every release: %s', (line, message) => {
    for (const release of [252, 257, 262] as const) expect(said(release, 'service', line)).toEqual([message]);
  });
  it.each([
    [
      'SystemCallFilter=read banana',
      'Failed to parse system call, ignoring: banana',
      'System call banana is not known, ignoring.',
    ],
    [
      'SystemCallLog=banana',
      'Failed to parse system call, ignoring: banana',
      'System call banana is not known, ignoring.',
    ],
    [
      'IPAddressDeny=any banana',
      'Address prefix is invalid, ignoring assignment: banana',
      'Invalid address prefix is specified in [Service] IPAddressDeny=, ignoring assignment: banana',
    ],
    [
      'Personality=banana',
      'Failed to parse personality, ignoring: banana',
      'Failed to parse Personality=banana, ignoring.',
    ],
  ])('has words of its own in later releases, too: %s', (line, before, later) => {
    expect(said(252, 'service', line)).toEqual([before]);
    expect(said(257, 'service', line)).toEqual([later]);
    expect(said(262, 'service', line)).toEqual([later]);
  });
});

describe('what changed later', () => {
  const dropped = 'Support for option MemoryLimit= has been removed and it is ignored';
  it.each<[Release, string, string, string[]]>([
    [257, 'slice', 'CPUAccounting=yes', []],
    [258, 'slice', 'CPUAccounting=yes', ['Support for option CPUAccounting= has been removed and it is ignored']],
    [258, 'service', 'MemoryLimit=1G', [dropped]],
    [257, 'service', 'CPUAffinity=x', ["Failed to parse CPU affinity 'x'"]],
    [262, 'service', 'CPUAffinity=x', ['Failed to parse CPU range, ignoring assignment: x']],
    [262, 'service', 'AllowedCPUs=5-1', ['Invalid CPU range (5 > 1), ignoring assignment: 5-1']],
    [262, 'service', 'AllowedCPUs=99999', ['Failed to set CPU(s), ignoring assignment: 99999']],
    [262, 'service', 'AllowedCPUs="a', ['Failed to parse AllowedCPUs= setting, ignoring assignment: "a']],
    [257, 'service', 'NUMAMask=x', ["Failed to parse CPU affinity 'x'", 'Failed to parse NUMA node mask, ignoring: x']],
    [262, 'service', 'NUMAMask=x', ['Failed to parse CPU range, ignoring assignment: x']],
    [
      257,
      'service',
      'SetCredentialEncrypted=foo:bar',
      ['Encrypted credential data not valid Base64 data, ignoring: Broken pipe'],
    ],
    [
      257,
      'service',
      'SetCredentialEncrypted=foo:b!!r',
      ['Encrypted credential data not valid Base64 data, ignoring: Invalid argument'],
    ],
    [257, 'service', 'DelegateSubgroup=tasks', ['Invalid control group name, ignoring: tasks']],
    [257, 'service', 'DelegateSubgroup=cpu.x', ['Invalid control group name, ignoring: cpu.x']],
    [257, 'service', 'DelegateSubgroup=good', []],
    [262, 'service', 'BindNetworkInterface=a b', ['Invalid interface name, ignoring: a b']],
    [262, 'service', 'BindNetworkInterface=averyveryverylonginterfacename', []],
    [257, 'service', 'NFTSet=cgroup:inet:t:s user:ip:t:s', []],
    [257, 'service', 'NFTSet=foo:inet:t:s', ['Unknown NFT source foo, ignoring']],
    [257, 'service', 'NFTSet=cgroup:foo:t:s', ['Unknown NFT protocol family foo, ignoring']],
    [257, 'service', 'NFTSet=cgroup:inet:1t:s', ['Invalid table name 1t, ignoring']],
    [257, 'service', 'NFTSet=cgroup:inet:t:-s', ['Invalid set name -s, ignoring']],
    [257, 'service', 'NFTSet=cgroup:inet:t', ['Failed to parse NFT set cgroup:inet:t, ignoring']],
    [262, 'service', 'ManagedOOMMemoryPressureDurationSec=', []],
    [262, 'service', 'CPUSetPartition=', []],
  ])('in %i, of a %s with %s', (release, type, line, messages) => {
    expect(said(release, type, line)).toEqual(messages);
  });
});
