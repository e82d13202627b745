/** systemd-analyze dump: the sections of each type, as systemd 252 writes them. */
import { beforeAll, expect, it } from 'vitest';
import { analyze } from '../../../support/analyze.ts';
import { SimSystem } from '../../../support/sim-system.ts';

const unit = (name: string): string => `/etc/systemd/system/${name}`;

const system = new SimSystem({
  [unit('default.target')]: '[Unit]\nWants=a.service c.timer d.path\n',
  [unit('a.service')]: `[Unit]
Description=A unit
ConditionPathExists=/etc
[Service]
ExecStart=/bin/a "x y"
ExecStop=-/bin/true
Environment=A=b "C=d e"
User=root
MemoryMax=100M
LimitNOFILE=1000:2000
RuntimeDirectory=foo
RestartSteps=3
SystemCallFilter=~@clock
IPAddressDeny=any
DeviceAllow=/dev/null rw
ReadWritePaths=/var -/foo
BindPaths=/a:/b
CapabilityBoundingSet=CAP_CHOWN
SocketBindAllow=ipv4:tcp:80
`,
  [unit('c.timer')]: '[Timer]\nOnBootSec=1h\nOnCalendar=daily\nUnit=a.service\n',
  [unit('d.path')]: '[Path]\nPathExists=/tmp/never\nUnit=a.service\n',
  [unit('b.socket')]: '[Socket]\nListenStream=/run/b.sock\nListenFIFO=/run/b.fifo\nKeepAlive=yes\n',
  [unit('b.service')]: '[Service]\nExecStart=/bin/b\n',
});

beforeAll(async () => {
  await system.systemctl('start default.target a.service c.timer d.path b.socket');
});

/** The lines of a unit's dump from one that begins with `from` on. */
async function dumped(name: string, from: string, count: number): Promise<string[]> {
  const { status, out, err } = await analyze(system, `dump ${name}`);
  expect({ status, err }).toEqual({ status: 0, err: '' });
  const lines = out.split('\n');
  const start = lines.findIndex((line) => line.startsWith(from));
  expect(start, from).toBeGreaterThanOrEqual(0);
  return lines.slice(start, start + count);
}

it('says of a service how it runs', async () => {
  expect(await dumped('a.service', '\tService State: running', 4)).toEqual([
    '\tService State: running',
    '\tResult: success',
    '\tReload Result: success',
    '\tClean Result: success',
  ]);
  expect((await dumped('a.service', '\tMain PID: ', 3)).slice(1)).toEqual([
    '\tMain PID Known: yes',
    '\tMain PID Alien: no',
  ]);
  const { out } = await analyze(system, 'dump a.service');
  expect(out).toMatch(/^\tConditionPathExists: \/etc (succeeded|failed)$/m);
  for (const line of [
    'TriggeredBy: c.timer (destination-file)',
    'TriggeredBy: d.path (destination-file)',
    'WantedBy: default.target (destination-file)',
    'InSlice: system.slice (origin-slice-property)',
    'RequiresMountsFor: /run/foo (origin-file)',
    'Environment: A=b',
    'Environment: C=d e',
    'RuntimeDirectory: foo',
    'LimitNOFILE: 2000',
    'LimitNOFILESoft: 1000',
    'CapabilityBoundingSet: cap_chown',
    'User: root',
    'ReadWritePaths: /var -/foo',
    'BindPaths: /a:/b:rbind',
    'SystemCallErrorNumber: kill',
    'MemoryMax: 104857600',
    'CPUWeight: 18446744073709551615',
    'ManagedOOMMemoryPressureLimit: 0.00%',
    'DeviceAllow: /dev/null rw',
    'IPAddressDeny: ::/0',
    'SocketBindAllow: ipv4:tcp:80',
  ]) {
    expect(out).toContain(`\n\t${line}\n`);
  }
  expect(out).toMatch(/\n\t-> ExecStart:\n\t\tCommand Line: \/bin\/a "x y"\n\t\t\tPID: \d+\n\t\t\tStart Timestamp: /);
  expect(out).toContain('\n\t-> ExecStop:\n\t\tCommand Line: /bin/true\n');
});

it('says of timers, paths, sockets, slices and targets what is theirs', async () => {
  expect((await dumped('c.timer', '\tTimer State: ', 12)).slice(1)).toEqual([
    '\tResult: success',
    '\tUnit: a.service',
    '\tPersistent: no',
    '\tWakeSystem: no',
    '\tAccuracy: 1min',
    '\tRemainAfterElapse: yes',
    '\tFixedRandomDelay: no',
    '\tOnClockChange: no',
    '\tOnTimeZoneChange: no',
    '\tOnCalendar: *-*-* 00:00:00',
    '\tOnBootSec: 1h',
  ]);
  expect((await dumped('d.path', '\tPath State: ', 8)).slice(2)).toEqual([
    '\tUnit: a.service',
    '\tMakeDirectory: no',
    '\tDirectoryMode: 0755',
    '\tTriggerLimitIntervalSec: 2s',
    '\tTriggerLimitBurst: 200',
    '\tPathExists: /tmp/never',
  ]);
  expect(await dumped('b.socket', '\tListenStream: ', 4)).toEqual([
    '\tListenStream: /run/b.sock',
    '\tListenFIFO: /run/b.fifo',
    '\tTriggerLimitIntervalSec: 2s',
    '\tTriggerLimitBurst: 20',
  ]);
  expect(await dumped('system.slice', '\tSlice State: ', 1)).toEqual(['\tSlice State: active']);
  expect(await dumped('default.target', '\tTarget State: ', 1)).toEqual(['\tTarget State: active']);
});

it('says what files set of directives that came after systemd 252', async () => {
  const { out } = await analyze(system, 'dump a.service b.service');
  expect(out.match(/^\tRestart(Steps|MaxDelaySec): .*$/gm)).toEqual(['\tRestartSteps: 3']);
});
