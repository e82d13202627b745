import { beforeEach, describe, expect, it } from 'vitest';
import type { PathUnit } from '../../../src/units/path.ts';
import { TriggersWorld } from './triggers-world.ts';

let world: TriggersWorld;
let path: PathUnit;

function make(settings: string): void {
  world = new TriggersWorld({ 'a.path': `[Path]\n${settings}\n`, 'a.service': '' });
  path = world.units.load('a.path') as PathUnit;
}
const put = (name: string, text = ''): string[] => {
  world.requested.length = 0;
  world.host.files.put(name, text);
  world.host.settle();
  return [...world.requested];
};

describe('PathExists=', () => {
  beforeEach(() => make('PathExists=/srv/x'));

  it('starts its unit when the path comes, and says why', () => {
    expect(path.start()).toBe('started');
    expect([path.subState, path.activeState]).toEqual(['waiting', 'active']);
    expect(put('/srv/other')).toEqual([]);
    expect(put('/srv/x')).toEqual(['start a.service replace']);
    expect(path.subState).toBe('running');
    expect(world.reasons).toEqual([[['TRIGGER_PATH', '/srv/x']]]);
  });

  it('starts it at once where the path is there, and again as long as it is', () => {
    put('/srv/x');
    path.start();
    expect(world.requested).toEqual(['start a.service replace']);
    world.runs('a.service');
    expect(world.requested).toHaveLength(2);
    world.host.files.unlink('/srv/x');
    world.runs('a.service');
    expect(world.requested).toHaveLength(2);
    expect(path.subState).toBe('waiting');
  });

  it('is running while its unit is, whoever started it', () => {
    path.start();
    world.unit('a.service').set('active');
    world.host.settle();
    expect(path.subState).toBe('running');
    expect(put('/srv/x')).toEqual([]);
    world.unit('a.service').set('inactive');
    world.host.settle();
    expect(world.requested).toEqual(['start a.service replace']);
  });

  it('waits again once a reload has given it another unit', () => {
    path.start();
    world.unit('a.service').set('active');
    world.host.settle();
    world.write('b.service', '[Service]\nExecStart=/bin/b\n');
    world.write('a.path', '[Path]\nPathExists=/srv/x\nUnit=b.service\n');
    world.loader.refresh();
    world.units.reloadAll();
    world.host.settle();
    expect(path.subState).toBe('waiting');
    expect(put('/srv/x')).toEqual(['start b.service replace']);
  });

  it('starts nothing that is about to be stopped with it', () => {
    path.start();
    path.job = world.jobs.add('stop', path, 'replace');
    expect(put('/srv/x')).toEqual([]);
  });

  it('fails with the start limit of its unit', () => {
    path.start();
    world.unit('a.service').startLimitHit = true;
    world.unit('a.service').set('failed');
    expect([path.subState, path.result]).toEqual(['failed', 'unit-start-limit-hit']);
    path.resetFailed();
    expect([path.subState, path.result]).toEqual(['dead', 'success']);
  });

  it('is dead when it is stopped, and looks no more', () => {
    path.start();
    expect(path.stop()).toBe('started');
    expect([path.subState, path.result]).toEqual(['dead', 'success']);
    expect(put('/srv/x')).toEqual([]);
  });
});

describe('what else starts a unit', () => {
  it('PathExistsGlob= is a name that matches', () => {
    make('PathExistsGlob=/srv/*.job');
    put('/srv/a.txt');
    path.start();
    expect(path.subState).toBe('waiting');
    path.stop();
    put('/srv/a.job');
    path.start();
    expect(world.reasons).toEqual([[['TRIGGER_PATH', '/srv/a.job']]]);
  });

  it('DirectoryNotEmpty= is a file in it, no hidden one and no backup', () => {
    make('DirectoryNotEmpty=/srv/spool');
    path.start();
    expect(put('/srv/spool/.hidden')).toEqual([]);
    expect(put('/srv/spool/backup~')).toEqual([]);
    expect(put('/srv/spool/job')).toEqual(['start a.service replace']);
  });

  it('PathModified= is a write, not that it is there', () => {
    make('PathModified=/srv/x');
    put('/srv/x');
    path.start();
    expect(world.requested).toEqual([]);
    // Making a file anew is more than one event.
    expect([...new Set(put('/srv/x', 'more'))]).toEqual(['start a.service replace']);
  });
});

it('MakeDirectory= makes what is to be looked into, not what is to exist', () => {
  make('DirectoryNotEmpty=/srv/a/b\nPathExists=/srv/c\nMakeDirectory=yes\nDirectoryMode=0700');
  path.start();
  expect(world.host.files.stat('/srv/a/b').mode & 0o777).toBe(0o700);
  expect(world.host.files.tryStat('/srv/c')).toBeUndefined();
});

it('a unit that is started too often fails it: TriggerLimitBurst= in TriggerLimitIntervalSec=', () => {
  make('PathExists=/srv/x\nTriggerLimitBurst=3\nTriggerLimitIntervalSec=10');
  put('/srv/x');
  path.start();
  for (let n = 0; n < 3; n++) world.runs('a.service');
  expect(world.requested).toHaveLength(3);
  expect([path.subState, path.result]).toEqual(['failed', 'trigger-limit-hit']);
  expect(world.logged(4)).toEqual([
    'a.path: Trigger limit hit, refusing further activation.',
    "a.path: Failed with result 'trigger-limit-hit'.",
  ]);
});
