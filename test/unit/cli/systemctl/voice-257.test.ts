/** What systemctl says from systemd 257 on where it said something else before, or nothing. */
import { describe, expect, it } from 'vitest';
import type { Release } from '../../../../src/voice/release.ts';
import { SimSystem } from '../../../support/sim-system.ts';

const unit = (name: string) => `/etc/systemd/system/${name}`;
const runs = '[Service]\nExecStart=/bin/run\n';

const files = {
  [unit('top.service')]: `[Unit]\nWants=low.service some.target\n${runs}`,
  [unit('low.service')]: `${runs}[Install]\nWantedBy=multi-user.target\n`,
  [unit('some.target')]: '[Unit]\nWants=deep.service\n',
  [unit('deep.service')]: runs,
};

const systemOf = (release: Release) => new SimSystem(files, { release });

describe('abbreviations', () => {
  it.each([
    ['--no-w', 252, ''],
    ['--no-w', 253, "systemctl: option '--no-w' is ambiguous; possibilities: '--no-wall' '--no-warn'\n"],
    ['--dr', 257, "systemctl: option '--dr' is ambiguous; possibilities: '--dry-run' '--drop-in'\n"],
    ['--k', 257, "systemctl: option '--k' is ambiguous; possibilities: '--kill-whom' '--kill-value'\n"],
  ] as const)('%s in %i', async (option, release, err) => {
    expect((await systemOf(release).systemctl(`${option} is-active top`)).err).toBe(err);
  });
});

it.each([
  [252, '-    -    -    -      t.timer top.service'],
  [254, '-       - -         - t.timer top.service'],
] as const)('list-timers of systemd %i has spans at the left or the right of their columns', async (release, line) => {
  const system = new SimSystem(
    { ...files, [unit('t.timer')]: '[Timer]\nOnUnitActiveSec=1h\nUnit=top.service\n' },
    { release },
  );
  await system.systemctl('start t.timer');
  expect((await system.systemctl('list-timers --all t.timer')).out).toBe(
    `NEXT LEFT LAST PASSED UNIT    ACTIVATES\n${line}\n\n1 timers listed.\n`,
  );
});

describe('list-dependencies', () => {
  it('has only what is asked for, as a list; what is left out is not opened up', async () => {
    const system = systemOf(257);
    expect((await system.systemctl('list-dependencies top')).out).toContain('deep.service');
    expect((await system.systemctl('list-dependencies top --type=service')).out).toBe('top.service\n  low.service\n');
    expect((await system.systemctl('list-dependencies top --state=active')).out).toBe('top.service\n  system.slice\n');
    expect((await system.systemctl('list-dependencies top --type=target,service --state=dead')).out).toContain(
      '  some.target\n  deep.service\n',
    );
  });
});

it('--state=help has the states of the release', async () => {
  const states = async (release: Release) => (await systemOf(release).systemctl('--state=help')).out.split('\n');
  expect(await states(252)).not.toContain('auto-restart-queued');
  expect(await states(254)).toContain('auto-restart-queued');
  expect(await states(254)).not.toContain('refreshing');
  expect(await states(257)).toContain('refreshing');
});

describe('changes of links without a reload', () => {
  it('are warned of, of every unit, until the next one', async () => {
    const system = systemOf(257);
    const warned = async () => (await system.systemctl('show top low -p NeedDaemonReload')).out;
    expect(await warned()).toContain('NeedDaemonReload=no');
    await system.systemctl('enable --no-reload low');
    expect(await warned()).toBe('NeedDaemonReload=yes\n\nNeedDaemonReload=yes\n');
    await system.systemctl('daemon-reload');
    expect(await warned()).toBe('NeedDaemonReload=no\n\nNeedDaemonReload=no\n');
  });
  it('are seen where the first drop-in of a unit has come', async () => {
    const system = systemOf(257);
    await system.systemctl('start top');
    system.host.advance(5000);
    system.host.files.put(unit('top.service.d/new.conf'), '[Service]\nNice=3\n');
    expect((await system.systemctl('show top -p NeedDaemonReload')).out).toBe('NeedDaemonReload=yes\n');
  });
});

describe('masked units', () => {
  it.each([
    [252, 'Over', 'yes'],
    [257, 'low.service', 'no'],
  ] as const)('in %i', async (release, description, needsReload) => {
    const system = new SimSystem(
      { ...files, [unit('low.service.d/o.conf')]: '[Unit]\nDescription=Over\n' },
      { release },
    );
    system.host.files.unlink(unit('low.service'));
    system.host.files.symlink('/dev/null', unit('low.service'));
    await system.systemctl('daemon-reload');
    expect((await system.systemctl('show low -p Description -p NeedDaemonReload')).out).toBe(
      `Description=${description}\nNeedDaemonReload=${needsReload}\n`,
    );
  });
});

describe('what is refused', () => {
  it.each([
    ['--image-policy=root=foo list-units', 257, 'Unknown partition policy flag in image policy: root=foo\n'],
    ['--image-policy=bad list-units', 252, 'Failed to parse image policy: bad\n'],
    ['--global list-units', 257, '--global is not supported for this operation.\n'],
    ['kill --kill-whom=bad top', 252, 'Failed to kill unit top.service: Invalid who argument bad\n'],
    ['kill --kill-whom=bad top', 257, 'Failed to kill unit top.service: Invalid whom argument: bad\n'],
    [
      'kill --kill-value=3 top',
      257,
      'Failed to kill unit top.service: Value parameter only accepted for realtime signals (SIGRTMIN…SIGRTMAX), ' +
        'refusing for signal SIGTERM.\n',
    ],
    ['kill --kill-value=x top', 257, 'Unable to parse signal queue value: x\n'],
    ['whoami x', 257, 'Invalid PID specified: x\n'],
    ['--when=bad list-jobs', 257, "Failed to parse --when= argument 'bad': Invalid argument\n"],
    ['--when=show', 257, 'No scheduled shutdown.\n'],
    ['edit top', 252, 'Cannot edit units if not on a tty.\n'],
    ['edit top', 257, 'Cannot edit units interactively if not on a tty.\n'],
    ['edit --stdin --drop-in=a/b top', 257, "Invalid drop-in file name 'a/b.conf'.\n"],
    ['-M nothere list-units', 252, 'Failed to connect to bus: Host is down\n'],
    ['-M nothere list-units', 257, 'Failed to connect to system scope bus via machine transport: Host is down\n'],
    ['--root=/nothere list-unit-files', 257, 'Failed to get unit file list: No such file or directory\n'],
  ] as const)('%s in %i', async (call, release, err) => {
    const system = systemOf(release);
    await system.systemctl('start top');
    expect(await system.systemctl(call)).toEqual({ status: 1, out: '', err });
  });
});

it('clean knows what there is to clean', async () => {
  expect((await systemOf(252).systemctl('clean --what=help')).out).toMatch(/configuration\n$/);
  expect((await systemOf(257).systemctl('clean --what=help')).out).toMatch(/configuration\nfdstore\nall\n$/);
});

describe('a service that restarts itself', () => {
  it.each([
    [252, 'active'],
    [257, 'inactive'],
  ] as const)('has or has not come to a good end, in %i', async (release, state) => {
    const system = new SimSystem(
      {
        [unit('again.service')]: `[Unit]\nOnSuccess=good.service\n${runs}Restart=on-failure\nRestartSec=1\n`,
        [unit('good.service')]: '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/good\n',
      },
      { release },
    );
    system.host.onSpawn = (process) => process.exit(process.request?.path === '/bin/run' ? 1 : 0);
    await system.systemctl('start again');
    for (let i = 0; i < 5; i++) system.host.advance(500);
    expect((await system.systemctl('is-active good')).out).toBe(`${state}\n`);
  });
});

it('when the main process became its program is known', async () => {
  const system = systemOf(257);
  await system.systemctl('start top');
  expect((await system.systemctl('show top -p ExecMainHandoffTimestamp --value')).out).not.toBe('\n');
  expect((await systemOf(252).systemctl('show top')).out).not.toContain('Handoff');
});
