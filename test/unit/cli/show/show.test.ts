import { describe, expect, it } from 'vitest';
import { unitProperties } from '../../../../src/cli/show/interfaces.ts';
import { propertiesOf } from '../../../../src/cli/show/values.ts';
import { groups, sectionGroups } from '../../../../src/unitfile/directives/table.ts';
import { type UnitType, unitTypes } from '../../../../src/unitfile/language/unit-name.ts';
import { releases } from '../../../../src/voice/release.ts';
import { voiceOf } from '../../../../src/voice/voice.ts';
import { setUp } from './set-up.ts';

/** One property of a service with these lines, as `show -p` prints it. */
function property(name: string, lines: string, unitLines = ''): string {
  const { show } = setUp({
    '/etc/systemd/system/a.service': `[Unit]\n${unitLines}\n[Service]\nExecStart=/bin/true\n${lines}\n`,
  });
  return show('a.service', { properties: [name], showEmpty: false }).trimEnd();
}

describe('values as systemd 252 shows them', () => {
  it.each([
    ['RestartUSec', 'RestartSec=1min 30s', 'RestartUSec=1min 30s'],
    ['RestartUSec', 'RestartSec=infinity', 'RestartUSec=infinity'],
    ['TimeoutStartUSec', 'TimeoutSec=0', 'TimeoutStartUSec=infinity'],
    ['TimeoutAbortUSec', 'TimeoutStopSec=5', 'TimeoutAbortUSec=5s'],
    ['TimeoutAbortUSec', 'TimeoutAbortSec=7\nTimeoutStopSec=5', 'TimeoutAbortUSec=7s'],
    ['SuccessExitStatus', 'SuccessExitStatus=3 NOTFOUND SIGKILL', 'SuccessExitStatus=3 KILL'],
    ['KillSignal', 'KillSignal=SIGRTMIN+3', 'KillSignal=37'],
    ['RestartKillSignal', 'KillSignal=SIGINT', 'RestartKillSignal=2'],
    ['UMask', 'UMask=27', 'UMask=0027'],
    ['Environment', 'Environment=A=1 "B=2 3"', 'Environment=A=1 "B=2 3"'],
    ['EnvironmentFiles', 'EnvironmentFile=-/etc/x', 'EnvironmentFiles=/etc/x (ignore_errors=yes)'],
    ['LimitNOFILE', 'LimitNOFILE=10:20', 'LimitNOFILE=20'],
    ['LimitNOFILESoft', 'LimitNOFILE=10:20', 'LimitNOFILESoft=10'],
    ['LimitNOFILESoft', '', 'LimitNOFILESoft=1024'],
    ['CPUQuotaPerSecUSec', 'CPUQuota=20%', 'CPUQuotaPerSecUSec=200ms'],
    ['MemoryMax', 'MemoryMax=2M', 'MemoryMax=2097152'],
    ['CPUWeight', 'CPUWeight=idle', 'CPUWeight=idle'],
    ['CPUWeight', '', 'CPUWeight=[not set]'],
    ['TasksMax', 'TasksMax=infinity', 'TasksMax=infinity'],
    [
      'DeviceAllow',
      'DeviceAllow=/dev/null rw\nDeviceAllow=char-pts',
      'DeviceAllow=char-pts rwm\nDeviceAllow=/dev/null rw',
    ],
    ['IPAddressAllow', 'IPAddressAllow=10.1.2.3/8 localhost', 'IPAddressAllow=10.0.0.0/8 127.0.0.0/8 ::1/128'],
    ['CapabilityBoundingSet', 'CapabilityBoundingSet=CAP_KILL CAP_CHOWN', 'CapabilityBoundingSet=cap_chown cap_kill'],
    ['AmbientCapabilities', 'AmbientCapabilities=CAP_NET_RAW', 'AmbientCapabilities=cap_net_raw'],
    ['RestrictNamespaces', 'RestrictNamespaces=~net', 'RestrictNamespaces=cgroup ipc mnt pid user uts'],
    ['RestrictAddressFamilies', 'RestrictAddressFamilies=~AF_UNIX', 'RestrictAddressFamilies=~AF_UNIX'],
    ['RestrictAddressFamilies', 'RestrictAddressFamilies=none', 'RestrictAddressFamilies='],
    [
      'SystemCallFilter',
      'SystemCallFilter=~@chown:EPERM read',
      'SystemCallFilter=~chown32:EPERM chown:EPERM fchown32:EPERM fchown:EPERM fchownat:EPERM lchown32:EPERM lchown:EPERM read',
    ],
    ['SystemCallErrorNumber', 'SystemCallErrorNumber=EPERM', 'SystemCallErrorNumber=1'],
    ['ProtectSystem', 'ProtectSystem=true', 'ProtectSystem=yes'],
    ['WorkingDirectory', 'WorkingDirectory=-/srv', 'WorkingDirectory=!/srv'],
    ['BindPaths', 'BindPaths=/a -/b:/c:norbind', 'BindPaths=/a:/a:rbind -/b:/c'],
    ['ReadWritePaths', 'ReadWritePaths=-/a +/b', 'ReadWritePaths=-/a +/b'],
    ['RuntimeDirectory', 'RuntimeDirectory=b/c a b', 'RuntimeDirectory=a b b/c'],
    ['StateDirectorySymlink', 'StateDirectory=a:link', 'StateDirectorySymlink=a:link'],
    ['StandardOutput', 'StandardOutput=append:/var/log/x', 'StandardOutput=append'],
    ['StandardErrorFileDescriptorName', 'StandardError=fd:x', 'StandardErrorFileDescriptorName=x'],
    ['StandardInputData', 'StandardInputText=hello', 'StandardInputData=aGVsbG8K'],
    ['SyslogPriority', 'SyslogFacility=local0\nSyslogLevel=err', 'SyslogPriority=131'],
    ['CPUAffinity', 'CPUAffinity=0-2 5', 'CPUAffinity=0-2 5'],
    ['OOMScoreAdjust', 'OOMScoreAdjust=-5', 'OOMScoreAdjust=-5'],
    ['CoredumpFilter', '', 'CoredumpFilter=0x33'],
    ['NUMAPolicy', '', 'NUMAPolicy=n/a'],
    ['LogExtraFields', 'LogExtraFields="A=b c" D=e', 'LogExtraFields=A=b c D=e'],
    ['AppArmorProfile', 'AppArmorProfile=-x', 'AppArmorProfile=-x'],
    ['FailureActionExitStatus', '', ''],
    ['SocketBindAllow', 'SocketBindAllow=ipv4:tcp:1-10', 'SocketBindAllow=ipv4:tcp1-10'],
  ])('%s: %j', (name, lines, expected) => {
    expect(property(name, lines)).toBe(expected);
  });

  it.each([
    ['FailureActionExitStatus', 'FailureActionExitStatus=3', 'FailureActionExitStatus=3'],
    ['Documentation', 'Documentation=man:a(1) https://x', 'Documentation="man:a(1)" https://x'],
    ['JobRunningTimeoutUSec', 'JobTimeoutSec=5', 'JobRunningTimeoutUSec=5s'],
    ['JobRunningTimeoutUSec', 'JobRunningTimeoutSec=3\nJobTimeoutSec=5', 'JobRunningTimeoutUSec=3s'],
    ['StartLimitIntervalUSec', 'StartLimitInterval=20', 'StartLimitIntervalUSec=20s'],
    ['Description', '', 'Description=a.service'],
  ])('%s of [Unit]: %j', (name, lines, expected) => {
    expect(property(name, '', lines)).toBe(expected);
  });

  it('command lines, with how they went', () => {
    expect(property('ExecStartPre', 'ExecStartPre=-/bin/a "b c" %n')).toBe(
      'ExecStartPre={ path=/bin/a ; argv[]=/bin/a b c a.service ; ignore_errors=yes ; start_time=[n/a] ; ' +
        'stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }',
    );
    expect(property('ExecStartPreEx', 'ExecStartPre=-+/bin/a')).toContain('; flags=ignore-failure privileged ;');
  });

  it('of timers, sockets and paths', () => {
    const { show } = setUp({
      '/etc/systemd/system/a.timer': '[Timer]\nOnCalendar=daily\nOnBootSec=15min\nOnActiveSec=1s\n',
      '/etc/systemd/system/a.socket': '[Socket]\nListenStream=80\nListenFIFO=/run/f\nFileDescriptorName=x\n',
      '/etc/systemd/system/a.path': '[Path]\nPathExists=/a\nPathChanged=/b\n',
    });
    expect(show('a.timer', { properties: ['TimersMonotonic', 'TimersCalendar', 'AccuracyUSec'] })).toBe(
      'TimersMonotonic={ OnActiveUSec=1s ; next_elapse=0 }\n' +
        'TimersMonotonic={ OnBootUSec=15min ; next_elapse=0 }\n' +
        'TimersCalendar={ OnCalendar=*-*-* 00:00:00 ; next_elapse=(null) }\n' +
        'AccuracyUSec=1min\n',
    );
    expect(show('a.socket', { properties: ['Listen', 'FileDescriptorName'] })).toBe(
      'Listen=[::]:80 (Stream)\nListen=/run/f (FIFO)\nFileDescriptorName=x\n',
    );
    expect(show('a.path', { properties: ['Paths'] })).toBe('Paths=/b (PathChanged)\nPaths=/a (PathExists)\n');
  });
});

describe('which properties are shown', () => {
  const files = { '/etc/systemd/system/a.service': '[Service]\nExecStart=/bin/true\n' };

  it.each(releases)('of release %i: every type of unit has a value for each of its properties', (release) => {
    const voice = voiceOf(release);
    const suffix: Partial<Record<UnitType, string>> = { slice: 'a.slice', mount: 'a.mount' };
    const { show } = setUp(files, release);
    for (const type of unitTypes) {
      const shown = show(suffix[type] ?? `a.${type}`, { showEmpty: true })
        .split('\n')
        .map((line) => line.slice(0, line.indexOf('=')));
      const properties = propertiesOf(type, voice);
      expect(properties.map(({ name, own }) => ({ name, own }))).toEqual(unitProperties(type, voice));
      const names = properties.filter(({ own }) => own).map(({ name }) => name);
      const order = names.filter((name) => shown.includes(name));
      expect([...new Set(shown.filter((name) => name !== ''))]).toEqual(order);
    }
  });

  it.each(unitTypes)('every setting of a %s that its row does not keep back', (type) => {
    const names = new Set(propertiesOf(type, voiceOf(252)).map(({ name }) => name));
    const rows = (['unit', ...sectionGroups[type]] as const).flatMap((group) => Object.entries(groups[group]));
    const missing = rows.filter(([key, row]) => row.slot && row.property !== null && !names.has(row.property ?? key));
    expect(missing.map(([key]) => key)).toEqual([]);
  });

  it('empty ones only with --all or by name', () => {
    const { show } = setUp(files);
    expect(show('a.service')).not.toContain('PIDFile=');
    expect(show('a.service', { showEmpty: true })).toContain('\nPIDFile=\n');
    expect(show('a.service', { showEmpty: true })).toContain('\nConditions=[unprintable]\n');
    expect(show('a.service', { showEmpty: true })).toContain('\nSystemCallFilter=~\n');
    expect(show('a.service', { properties: ['PIDFile', 'Foo'] })).toBe('PIDFile=\n');
  });

  it('in their own order, as values only, or where they are as asked', () => {
    const { show } = setUp(files);
    expect(show('a.service', { properties: ['Id', 'Type'], onlyValue: true })).toBe('simple\na.service\n');
    expect(show('a.service', { properties: ['Id=a.service', 'Type=dbus'] })).toBe('Id=a.service\n');
  });

  it('of a unit that is not there', () => {
    const { show } = setUp(files);
    expect(show('b.service', { properties: ['LoadState', 'LoadError', 'Slice', 'Type', 'Requires'] })).toBe(
      'Type=\nSlice=\nRequires=\nLoadState=not-found\n' +
        'LoadError=org.freedesktop.systemd1.NoSuchUnit "Unit b.service not found."\n',
    );
  });

  it('of a slice, which lies in none where it could not be read', () => {
    const { show } = setUp({
      '/etc/systemd/system/a-b.slice': '[Unit]\nDescription=b\n',
      '/etc/systemd/system/a-c.slice': '[Unit\n',
      '/etc/systemd/system/a-d.slice': '-> /dev/null',
    });
    const slice = (name: string): string => show(name, { properties: ['Slice', 'LoadState'] });
    expect(slice('a-b.slice')).toBe('Slice=a.slice\nLoadState=loaded\n');
    expect(slice('a-c.slice')).toBe('Slice=\nLoadState=error\n');
    expect(slice('a-d.slice')).toBe('Slice=\nLoadState=masked\n');
  });

  it('of the manager', () => {
    const { manager, showManager: show } = setUp(files);
    manager.environment.set(['A=b c']);
    const text = show();
    expect(text).toMatch(/^Version=252/);
    expect(text).toContain('\nEnvironment=LANG=C.UTF-8 PATH=/usr/bin:/bin "A=b c"\n');
    expect(text).toContain('\nDefaultTimeoutStartUSec=1min 30s\n');
    expect(text).toContain('\nDefaultLimitNOFILESoft=1024\n');
    expect(text).toContain('\nDefaultOOMScoreAdjust=0\n');
    expect(text).not.toMatch(/undefined|NaN|\[object/);
    expect(text).toContain('\nUnitPath=/etc/systemd/system.control /run/systemd/system.control ');
    expect(show({ properties: ['NNames', 'ExitCode'] })).toBe(
      `NNames=${manager.units.nameCount}\nExitCode=[unprintable]\n`,
    );
  });
});
