/** Paths: what else may be in the way, and what is not to start anything. */
import { describe, expect, it } from 'vitest';
import { SystemError } from '../../../src/sys/host.ts';
import type { PathUnit } from '../../../src/units/path.ts';
import { world } from '../../support/world.ts';

function make(settings: string) {
  const w = world({
    units: { 'a.path': `[Path]\n${settings}\n`, 'a.service': '[Service]\nExecStart=/usr/bin/a\n' },
    programs: { a: () => {} },
  });
  w.files.mkdirs('/srv');
  const path = w.unit('a.path') as PathUnit;
  const state = (): string => `${path.subState} ${path.result}`;
  const put = (name: string): string => {
    w.put(name, '');
    w.host.settle();
    return state();
  };
  return { w, host: w.host, path, state, put, said: () => w.messages(path) };
}

describe('a path unit', () => {
  it('watches no more while its unit runs, and again when that has ended', () => {
    const { w, host, path, put, state } = make('PathChanged=/srv/x');
    w.up(path);
    expect(put('/srv/x')).toBe('running success');
    expect(put('/srv/x')).toBe('running success');
    host.running('a')!.exit(0);
    host.settle();
    expect(state()).toBe('waiting success');
    expect(host.spawned).toHaveLength(1);
    expect(put('/srv/x')).toBe('running success');
    expect(host.spawned).toHaveLength(2);
  });

  it.each([
    ['PathExists=/srv/x', '/srv/x', true],
    ['PathExists=/srv/x', '/srv/y', false],
    ['PathExistsGlob=/srv/*.x', '/srv/a.x', true],
    ['PathExistsGlob=/srv/*.x', '/srv/a.y', false],
    ['PathChanged=/srv/x', '/srv/x', true],
    ['PathModified=/srv/x', '/srv/x', true],
    ['DirectoryNotEmpty=/srv/d', '/srv/d/x', true],
    ['DirectoryNotEmpty=/srv/d', '/srv/d/.x', false],
    ['DirectoryNotEmpty=/srv/d', '/srv/d/x~', false],
  ])('%s and %s: %s', (settings, name, starts) => {
    const { w, host, path, put } = make(settings);
    w.up(path);
    put(name);
    expect([path.subState, host.spawned.length]).toEqual(starts ? ['running', 1] : ['waiting', 0]);
    if (starts) {
      const reasons = host.spawned[0]!.request!.env.filter((line) => line.startsWith('TRIGGER'));
      const wanted = settings.startsWith('PathExistsGlob') || !settings.includes('=/srv/d') ? name : '/srv/d';
      expect(reasons).toEqual(['TRIGGER_UNIT=a.path', `TRIGGER_PATH=${wanted}`]);
    }
  });

  it.each([
    ['PathExists=/srv/x', 'running'],
    ['PathExistsGlob=/srv/*', 'running'],
    ['DirectoryNotEmpty=/srv', 'running'],
    ['PathChanged=/srv/x', 'waiting'],
    ['PathModified=/srv/x', 'waiting'],
  ])('%s of what is there already: %s', (settings, subState) => {
    const { w, path, put } = make(settings);
    put('/srv/x');
    w.up(path);
    expect(path.subState).toBe(subState);
  });

  it('of something that is no directory finds nothing in it', () => {
    const { w, path, put } = make('DirectoryNotEmpty=/srv/x');
    put('/srv/x');
    w.up(path);
    expect(path.subState).toBe('waiting');
  });

  it('of a directory that can not be read takes it for one with something in it', () => {
    const { w, host, path } = make('DirectoryNotEmpty=/srv');
    host.files.readdir = () => {
      throw new SystemError('EACCES', 13, 'open');
    };
    w.up(path);
    expect(path.subState).toBe('running');
  });

  it('sees that something has gone: PathChanged=', () => {
    const { w, host, path, put } = make('PathChanged=/srv/x');
    put('/srv/x');
    w.up(path);
    host.files.unlink('/srv/x');
    host.settle();
    expect(path.subState).toBe('running');
  });

  it('sees what comes while it begins to watch', () => {
    const { w, host, path } = make('PathExists=/srv/x');
    const watchPath = host.watchPath.bind(host);
    host.watchPath = (...args) => {
      w.put('/srv/x', '');
      return watchPath(...args);
    };
    w.up(path);
    expect([path.subState, host.spawned.length]).toEqual(['running', 1]);
  });

  it('starts nothing with a stop before it', () => {
    const { w, host, path, put } = make('PathExists=/srv/x');
    w.up(path);
    path.job = { id: 1, unit: path, type: 'restart', state: 'waiting' };
    expect(put('/srv/x')).toBe('waiting success');
    expect(host.spawned).toEqual([]);
  });

  it('fails where nothing can be watched', () => {
    const { w, host, path, state } = make('PathExists=/srv/x');
    host.inotifyError = { code: 'EMFILE', errno: 24 };
    w.up(path);
    expect(state()).toBe('failed resources');
    expect(
      w.logged.filter(({ priority }) => priority <= 4).map(({ priority, message }) => `${priority} ${message}`),
    ).toEqual([
      '3 Failed to allocate inotify fd: Too many open files',
      '4 a.path: Failed to enter waiting state: Too many open files',
      "4 a.path: Failed with result 'resources'.",
      ...w.logged
        .filter(({ message }) => message.startsWith('Failed to start'))
        .map(({ priority, message }) => `${priority} ${message}`),
    ]);
  });

  it('fails with the start limit of its unit, and of its own', () => {
    const { w, path, state } = make('PathExists=/srv/x');
    w.up(path);
    const service = w.unit('a.service');
    service.startLimitHit = true;
    path.triggeredUnitChanged(service);
    expect(state()).toBe('failed unit-start-limit-hit');
    path.resetFailed();
    expect(state()).toBe('dead success');
    path.triggeredUnitChanged(service);
    expect(state()).toBe('dead success');
  });

  it('goes on with what its file says after a reload', () => {
    const { w, host, path, put } = make('PathExists=/srv/x');
    w.up(path);
    w.put('/etc/systemd/system/a.path', '[Path]\nPathExists=/srv/y\n');
    w.loader.refresh();
    w.manager.units.reload(path);
    host.settle();
    expect(path.subState).toBe('waiting');
    expect(put('/srv/x')).toBe('waiting success');
    expect(put('/srv/y')).toBe('running success');
    const stopped = make('PathExists=/srv/x');
    stopped.w.manager.units.reload(stopped.path);
    stopped.put('/srv/x');
    expect(stopped.state()).toBe('dead success');
  });
});

describe('MakeDirectory=', () => {
  it('makes what is looked into or watched', () => {
    const { w, host, path } = make(
      'DirectoryNotEmpty=/srv/a\nPathChanged=/srv/b\nPathModified=/srv/c\nPathExists=/srv/d\nPathExistsGlob=/srv/e*\nMakeDirectory=yes\nDirectoryMode=0700',
    );
    w.up(path);
    const modes = ['a', 'b', 'c', 'd', 'e*'].map((name) => host.files.tryStat(`/srv/${name}`)?.mode);
    expect(modes).toEqual([0o700, 0o700, 0o700, undefined, undefined]);
    const not = make('DirectoryNotEmpty=/srv/a');
    not.w.up(not.path);
    expect(not.host.files.tryStat('/srv/a')).toBeUndefined();
  });

  it('goes on without where it can not', () => {
    const { w, host, path, said } = make('DirectoryNotEmpty=/srv/a\nMakeDirectory=yes');
    host.files.closed.set('/srv', 'EROFS');
    w.up(path);
    expect(path.subState).toBe('waiting');
    expect(said()[0]).toMatch(/^mkdir\(\/srv\/a\) failed: .*EROFS/);
  });
});
