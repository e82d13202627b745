/** What mount(8) and umount(8) do to a mount unit, in the order in which systemd 252 goes through its states. */
import { describe, expect, it } from 'vitest';
import type { Mount } from '../../../src/units/mount.ts';
import { world } from '../../support/world.ts';

const place = '/mnt/a';

function make(settings = 'Type=tmpfs\n', files: Record<string, string> = {}, isInit = true) {
  const w = world({
    isInit,
    files: {
      '/etc/systemd/system/mnt-a.mount': `[Mount]\nWhat=tmpfs\nWhere=${place}\nTimeoutSec=10\n${settings}`,
      '/bin/mount': '',
      '/bin/umount': '',
      ...files,
    },
  }).boot();
  const { host } = w;
  const unit = w.unit('mnt-a.mount') as Mount;
  const program = () => host.table.get(unit.controlPid)!;
  /** What can happen, by name. */
  const events = {
    start: () => w.start(unit),
    stop: () => w.stop(unit),
    reload: () => w.reload(unit),
    mounted: () => host.mount(place),
    unmounted: () => host.unmount(place),
    'exit 0': () => program().exit(0),
    'exit 32': () => program().exit(32),
    stubborn: () => program().ignores.add(15),
    unkillable: () => {
      const kill = host.kill.bind(host);
      host.kill = (pid, signal, startTime) => signal === 9 || kill(pid, signal, startTime);
    },
    'almost 10 s': () => host.advance(9_999),
    '1 ms': () => host.advance(1),
    '10 s': () => host.advance(10_000),
    'reset-failed': () => unit.resetFailed(),
  };
  const state = (): string => `${unit.activeState} ${unit.subState} ${unit.result}`;
  /** The states after each event; one that is as before is not named again. */
  const play = (...names: (keyof typeof events)[]): string[] =>
    names.map((name) => {
      events[name]();
      host.settle();
      return state();
    });
  const commands = (): string[] => host.spawned.map(({ request }) => request!.argv.join(' '));
  return { w, host, unit, play, state, program, commands, messages: () => w.messages(unit) };
}

const up = ['start', 'mounted', 'exit 0'] as const;
const mounting = 'activating mounting success';
const mounted = 'active mounted success';

describe('a mount', () => {
  it('is there when mount(8) has ended, goes when umount(8) has', () => {
    const { host, play, commands, messages, unit } = make();
    const id = unit.invocationId;
    expect(play(...up)).toEqual([mounting, 'activating mounting-done success', mounted]);
    expect(unit.invocationId).not.toBe(id);
    expect(host.files.stat(place).mode & 0o777).toBe(0o755);
    expect(play('stop', 'unmounted', 'exit 0')).toEqual([
      'deactivating unmounting success',
      'deactivating unmounting success',
      'inactive dead success',
    ]);
    expect(commands()).toEqual([`/bin/mount tmpfs ${place} -t tmpfs`, `/bin/umount ${place} -c`]);
    expect(messages()).toEqual(['Deactivated successfully.']);
    // Nobody waits for a process that has ended, nor for its time to be over.
    expect(play('10 s', '10 s')).toEqual(['inactive dead success', 'inactive dead success']);
  });

  it.each([
    ['', [place, '-t', 'auto']],
    ['Type=ext4\nOptions=defaults\n', [place, '-t', 'ext4']],
    ['Type=ext4\nOptions=ro,noatime\n', [place, '-t', 'ext4', '-o', 'ro,noatime']],
    ['SloppyOptions=yes\nReadWriteOnly=yes\nType=nfs\nOptions=x\n', [place, '-s', '-w', '-t', 'nfs', '-o', 'x']],
  ])('%j is made with', (settings, args) => {
    const { play, program } = make(settings);
    play('start');
    const wanted = args[2] === 'auto' ? [place] : args;
    expect(program().request!.argv).toEqual(['/bin/mount', 'tmpfs', ...wanted]);
  });

  it('is unmounted with LazyUnmount= and ForceUnmount=', () => {
    for (const [settings, flags] of [
      ['LazyUnmount=yes\n', ['-l']],
      ['ForceUnmount=yes\n', ['-f']],
      ['ForceUnmount=yes\nLazyUnmount=yes\n', ['-l', '-f']],
    ] as const) {
      const { play, program } = make(settings);
      play(...up, 'stop');
      expect(program().request!.argv).toEqual(['/bin/umount', place, '-c', ...flags]);
    }
  });

  it('has a directory of DirectoryMode=, or is tried without', () => {
    const { host, play } = make('DirectoryMode=0700\n');
    play('start');
    expect(host.files.stat(place).mode & 0o777).toBe(0o700);
    const other = make('', { '/mnt': 'a file' });
    other.play('start');
    expect(other.messages()[0]).toMatch(/^Failed to create mount point: .*ENOTDIR/);
    expect(other.state()).toBe(mounting);
  });

  it('fails where mount(8) does, or says it has mounted what is not there', () => {
    const { play, messages } = make();
    expect(play('start', 'exit 32')).toEqual([mounting, 'failed failed exit-code']);
    expect(play('reset-failed', 'start', 'exit 0')).toEqual([
      'inactive dead success',
      mounting,
      'failed failed protocol',
    ]);
    expect(messages()).toEqual([
      'Mount process exited, code=exited, status=32/n/a',
      "Failed with result 'exit-code'.",
      'Mount process finished, but there is no mount.',
      "Failed with result 'protocol'.",
    ]);
  });

  it('that mount(8) takes back before it ends is none', () => {
    const { play } = make();
    expect(play('start', 'mounted', 'unmounted', 'exit 32')).toEqual([
      mounting,
      'activating mounting-done success',
      mounting,
      'failed failed exit-code',
    ]);
  });

  it('that is there all the same is one, with the result of mount(8)', () => {
    const { play } = make();
    expect(play('start', 'mounted', 'exit 32').at(-1)).toBe('active mounted exit-code');
  });

  it('is out of resources where mount(8) can not be run', () => {
    const { host, play, messages } = make('EnvironmentFile=/no/such\n');
    expect(play('start')).toEqual(['failed failed resources']);
    expect(messages()).toEqual([
      'Failed to load environment files: No such file or directory',
      "Failed to run 'mount' task: No such file or directory",
      "Failed with result 'resources'.",
    ]);
    expect(host.spawned).toEqual([]);
    expect(play('mounted', 'reload', 'stop').slice(1)).toEqual([mounted, 'active mounted resources']);
    expect(messages().slice(4)).toEqual([
      "Failed to run 'remount' task: No such file or directory",
      'Failed to load environment files: No such file or directory',
      "Failed to run 'umount' task: No such file or directory",
    ]);
  });

  it('is not made without What=, nor too often', () => {
    const limited = make('\n[Unit]\nStartLimitBurst=1\nStartLimitIntervalSec=1h\n');
    limited.play(...up, 'stop', 'unmounted', 'exit 0');
    expect(limited.play('start')).toEqual(['failed failed start-limit-hit']);
    expect(limited.messages().slice(-2)).toEqual([
      'Start request repeated too quickly.',
      "Failed with result 'start-limit-hit'.",
    ]);
  });

  it('that somebody else makes or takes away is followed, with an id of its own', () => {
    const { play, unit } = make();
    expect(play('start', 'exit 32', 'mounted')).toEqual([mounting, 'failed failed exit-code', mounted]);
    const id = unit.invocationId;
    expect(unit.found).toBe(true);
    expect(play('unmounted', 'mounted')).toEqual(['inactive dead success', mounted]);
    expect(unit.invocationId).not.toBe(id);
    expect(play('stop')).toEqual(['deactivating unmounting success']);
  });

  it('of somebody else is left to him, where the manager is no init', () => {
    const { play, unit, commands } = make('', {}, false);
    expect(play('mounted', 'stop')).toEqual([mounted, mounted]);
    expect(commands()).toEqual([]);
    play('unmounted', ...up);
    expect(unit.found).toBe(false);
    expect(play('stop')).toEqual(['deactivating unmounting success']);
  });
});

describe('a stop', () => {
  it('tries again while something is mounted there, 32 times in all', () => {
    const { play, commands, messages } = make();
    play(...up, 'mounted');
    expect(play('stop', 'unmounted', 'exit 0', 'unmounted', 'exit 0').slice(2)).toEqual([
      'deactivating unmounting success',
      'deactivating unmounting success',
      'inactive dead success',
    ]);
    expect(commands()).toHaveLength(3);
    play('reset-failed', ...up, 'stop');
    const states = Array.from({ length: 32 }, () => play('exit 0')[0]);
    expect(states[30]).toBe('deactivating unmounting success');
    expect(states[31]).toBe('active mounted protocol');
    expect(messages().at(-1)).toBe('Mount still present after 32 attempts to unmount, giving up.');
    expect(play('stop', 'exit 0')).toEqual(['deactivating unmounting protocol', 'deactivating unmounting protocol']);
  });

  it('that umount(8) refuses leaves it mounted; one that it need not do is done', () => {
    const { play, w, unit, host } = make();
    play(...up);
    const job = w.stop(unit);
    host.settle();
    expect(play('exit 32')).toEqual(['active mounted exit-code']);
    expect(job.result).toBe('failed');
    expect(play('stop', 'unmounted', 'exit 32').at(-1)).toBe('failed failed exit-code');
  });

  it('of a start ends mount(8)', () => {
    for (const begun of [['start'], ['start', 'mounted'], [...up, 'reload']] as const) {
      const { play, host, commands } = make();
      const last = play(...begun, 'stubborn', 'stop').at(-1);
      expect(last).toBe('deactivating unmounting-sigterm success');
      expect(host.kills.map(({ signal }) => signal)).toEqual([15, 18]);
      expect(commands().every((command) => command.startsWith('/bin/mount'))).toBe(true);
    }
    expect(make().play('start', 'stop').at(-1)).toBe('failed failed signal');
  });

  it('of a reload that hangs takes over where that is', () => {
    const { play } = make();
    play(...up, 'reload', 'stubborn', 'unkillable');
    expect(play('10 s', 'stop')).toEqual([
      'reloading remounting-sigterm success',
      'deactivating unmounting-sigterm success',
    ]);
    const hard = make();
    hard.play(...up, 'reload', 'stubborn', 'unkillable');
    expect(hard.play('10 s', '10 s', 'stop').slice(1)).toEqual([
      'reloading remounting-sigkill success',
      'deactivating unmounting-sigkill success',
    ]);
    expect(hard.play('10 s')).toEqual(['active mounted timeout']);
  });

  it('waits, and a start waits for it', () => {
    const { play, w, unit } = make();
    play(...up, 'stop');
    const start = w.start(unit);
    expect(play('unmounted')).toEqual(['deactivating unmounting success']);
    expect(play('exit 0')).toEqual([mounting]);
    expect(play('mounted', 'exit 0').at(-1)).toBe(mounted);
    expect(start.result).toBe('done');
  });
});

describe('TimeoutSec=', () => {
  it('of mount(8): SIGTERM, SIGKILL, then it is given up', () => {
    const { play, host, messages } = make();
    play('start', 'stubborn');
    expect(play('almost 10 s', '1 ms', 'almost 10 s', '1 ms')).toEqual([
      mounting,
      'deactivating unmounting-sigterm timeout',
      'deactivating unmounting-sigterm timeout',
      'failed failed timeout',
    ]);
    expect(host.kills.map(({ signal }) => signal)).toEqual([15, 18, 9]);
    expect(messages()).toEqual([
      'Mounting timed out. Terminating.',
      'Mount process timed out. Killing.',
      expect.stringMatching(/^Killing process \d+ \(mount\) with signal SIGKILL\.$/),
      'Mount process exited, code=killed, status=9/KILL',
      "Failed with result 'timeout'.",
    ]);
  });

  it('of a mount(8) that has mounted already', () => {
    const { play } = make();
    expect(play('start', 'mounted', '10 s')).toEqual([
      mounting,
      'activating mounting-done success',
      'active mounted timeout',
    ]);
  });

  it('of umount(8), that nothing ends: it is mounted as before', () => {
    const { play, messages, program } = make();
    play(...up, 'stop', 'stubborn', 'unkillable');
    const { pid } = program();
    expect(play('almost 10 s', '1 ms', 'almost 10 s', '1 ms', 'almost 10 s', '1 ms')).toEqual([
      'deactivating unmounting success',
      'deactivating unmounting-sigterm timeout',
      'deactivating unmounting-sigterm timeout',
      'deactivating unmounting-sigkill timeout',
      'deactivating unmounting-sigkill timeout',
      'active mounted timeout',
    ]);
    expect(messages()).toEqual([
      'Unmounting timed out. Terminating.',
      'Mount process timed out. Killing.',
      `Killing process ${pid} (umount) with signal SIGKILL.`,
      'Mount process still around after SIGKILL. Ignoring.',
    ]);
  });

  it('is dead where it went away meanwhile', () => {
    const { play, messages, program } = make();
    play(...up, 'stop', 'stubborn', 'unkillable');
    const { pid } = program();
    play('unmounted', '10 s', '10 s');
    expect(play('10 s')).toEqual(['failed failed timeout']);
    expect(messages().at(-1)).toBe(`Unit process ${pid} (umount) remains running after unit stopped.`);
  });

  it('of a remount fails the reload, not the mount', () => {
    const { play, messages, w, unit, host } = make('RestartKillSignal=SIGUSR1\nSendSIGHUP=yes\n');
    play(...up);
    const job = w.reload(unit);
    host.settle();
    play('stubborn');
    const program = host.table.get(unit.controlPid)!;
    program.ignores.add(10);
    expect(play('almost 10 s', '1 ms', 'almost 10 s', '1 ms')).toEqual([
      'reloading remounting success',
      'reloading remounting-sigterm success',
      'reloading remounting-sigterm success',
      mounted,
    ]);
    expect(program.received).toEqual([10, 18, 9]);
    expect([unit.reloadResult, job.result]).toEqual(['timeout', 'failed']);
    expect(messages().filter((line) => line.startsWith('Remounting'))).toEqual([
      'Remounting timed out. Terminating remount process.',
      'Remounting timed out. Killing.',
    ]);
    const again = w.reload(unit);
    host.settle();
    expect(play('exit 0')).toEqual([mounted]);
    expect([unit.reloadResult, again.result]).toEqual(['success', 'done']);
  });

  it.each([
    [['start'], 'failed failed timeout', 'Mount process timed out. Skipping SIGKILL. Ignoring.'],
    [[...up, 'reload'], mounted, 'Remounting timed out. Skipping SIGKILL. Ignoring.'],
    [[...up, 'stop'], 'active mounted timeout', 'Mount process timed out. Skipping SIGKILL. Ignoring.'],
  ] as const)('with SendSIGKILL=no: %j', (begun, end, message) => {
    const { play, messages, host } = make('SendSIGKILL=no\n');
    play(...begun, 'stubborn', '10 s');
    expect(play('10 s')).toEqual([end]);
    expect(messages()).toContain(message);
    expect(host.kills.map(({ signal }) => signal)).not.toContain(9);
  });

  it('with KillMode=none nothing is signalled', () => {
    const { play, host } = make('KillMode=none\n');
    play('start');
    expect(play('10 s')).toEqual(['failed failed timeout']);
    expect(host.kills).toEqual([]);
  });
});

describe('a reload', () => {
  it.each([
    ['', '-o remount -t tmpfs'],
    ['Options=ro\nSloppyOptions=yes\nReadWriteOnly=yes\n', '-o remount,ro -s -w -t tmpfs'],
  ])('remounts: %j', (settings, args) => {
    const { play, commands, unit } = make(`Type=tmpfs\n${settings}`);
    expect(play(...up, 'reload', 'exit 0').slice(-2)).toEqual(['reloading remounting success', mounted]);
    expect(commands().at(-1)).toBe(`/bin/mount tmpfs ${place} ${args}`);
    expect(unit.reloadResult).toBe('success');
  });

  it('that fails says so', () => {
    const { play, unit, w, messages, host } = make();
    play(...up);
    const job = w.reload(unit);
    host.settle();
    expect(play('exit 32')).toEqual([mounted]);
    expect([unit.reloadResult, job.result]).toEqual(['exit-code', 'failed']);
    expect(messages()).toEqual(['Mount process exited, code=exited, status=32/n/a']);
  });

  it('finds that nothing is mounted any more', () => {
    expect(
      make()
        .play(...up, 'reload', 'unmounted', 'exit 32')
        .at(-1),
    ).toBe('inactive dead success');
  });

  it('of what has no file is refused', () => {
    const { w, host } = make();
    host.mount('/srv/b');
    host.settle();
    const unit = w.unit('srv-b.mount') as Mount;
    expect(unit.canReload).toBe(true);
    expect(unit.reload()).toBe('failed');
    expect([unit.subState, unit.reloadResult]).toEqual(['mounted', 'resources']);
    expect(w.messages(unit)).toEqual(["Failed to run 'remount' task: No such file or directory"]);
  });
});
