import { describe, expect, it } from 'vitest';
import type { SimFiles } from '../../../src/simulation/machine/files.ts';
import { overwrite } from '../../support/watch-cases.ts';
import { exits, type World, world } from '../../support/world.ts';

type Change = (files: SimFiles) => void;

/** A path unit and the service that it starts; which ends at once, or stays up. */
async function started(settings: string, stays = false, before: Change = () => {}): Promise<World> {
  const system = world({
    files: {
      '/etc/systemd/system/p.path': `[Unit]\nStartLimitIntervalSec=0\n[Path]\n${settings}`,
      '/etc/systemd/system/p.service': `[Unit]\nStartLimitIntervalSec=0\n[Service]\nType=oneshot\nExecStart=/bin/hit\nRemainAfterExit=${stays ? 'yes' : 'no'}\n`,
    },
  }).boot();
  before(system.host.files);
  system.host.onSpawn = exits(0);
  await system.systemctl('start p.path');
  return system;
}

const hits = ({ host }: World): number => host.spawned.filter((process) => process.comm === 'hit').length;

async function state(system: World): Promise<string> {
  const { out } = await system.systemctl('show p.path -p SubState -p Result');
  return out.trim().split('\n').sort().reverse().join(' ').replaceAll(/\w+=/g, '');
}

/** How often each change starts the service. */
function counted(system: World, changes: [what: string, how: Change, hits: number][]): [string, number][] {
  return changes.map(([what, how]) => {
    const before = hits(system);
    how(system.host.files);
    system.host.settle();
    return [what, hits(system) - before];
  });
}

const echo =
  (path: string, text = 'x'): Change =>
  (files) =>
    overwrite(files, path, text);

interface Case {
  name: string;
  settings: string;
  stays?: boolean;
  before?: Change;
  changes: [what: string, how: Change, hits: number][];
}

/** Each as real systemd does it: test/scenarios/path-places. */
const cases: Case[] = [
  {
    name: 'PathChanged=: a file that comes, is written, replaced, linked, moved and removed',
    settings: 'PathChanged=/run/a/b/f',
    changes: [
      ['a parent', (files) => files.mkdir('/run/a'), 0],
      ['another', (files) => files.mkdir('/run/a/b'), 0],
      ['the file', echo('/run/a/b/f', ''), 1],
      ['content', echo('/run/a/b/f'), 1],
      ['another file in its place', (files) => files.writeAtomic('/run/a/b/f', 'y'), 1],
      ['content of that one', (files) => files.append('/run/a/b/f', 'x'), 1],
      ['a mode', (files) => files.chmod('/run/a/b/f', 0o600), 1],
      ['a second name', (files) => files.link('/run/a/b/f', '/run/hard'), 1],
      ['a write by that', (files) => files.append('/run/hard', 'x'), 1],
      ['it goes', (files) => files.unlink('/run/a/b/f'), 1],
      ['it comes again', echo('/run/a/b/f'), 1],
      ['its directory moves', (files) => files.rename('/run/a/b', '/run/a/c'), 1],
      ['a write there', echo('/run/a/c/f'), 0],
      ['its directory comes back', (files) => files.rename('/run/a/c', '/run/a/b'), 1],
      ['all goes', (files) => files.removeTree('/run/a'), 1],
      ['all comes again', (files) => files.put('/run/a/b/f', 'x'), 1],
    ],
  },
  {
    name: 'PathModified=: a file that is kept open',
    settings: 'PathModified=/run/f',
    before: echo('/run/f'),
    changes: [
      ['a write', (files) => files.openWritable('/run/f', 'append').write(Buffer.from('x')), 1],
      ['another', (files) => files.openWritable('/run/f', 'append').write(Buffer.from('x')), 1],
      ['a new file', (files) => files.writeAtomic('/run/f', ''), 1],
      ['a write to that', (files) => files.openWritable('/run/f', 'append').write(Buffer.from('x')), 1],
    ],
  },
  {
    name: 'PathChanged=: a file that is kept open',
    settings: 'PathChanged=/run/f',
    before: echo('/run/f'),
    changes: [
      ['a write', (files) => files.openWritable('/run/f', 'append').write(Buffer.from('x')), 0],
      ['and closed', (files) => files.openWritable('/run/f', 'append').close(), 1],
    ],
  },
  {
    name: 'PathModified=: a link',
    settings: 'PathModified=/run/link',
    before: (files) => {
      for (const name of ['one', 'two']) files.put(`/run/${name}`, 'x');
      files.symlink('one', '/run/link');
    },
    changes: [
      ['a write behind it', echo('/run/one'), 1],
      [
        'it swings',
        (files) => {
          files.symlink('two', '/run/new');
          files.rename('/run/new', '/run/link');
        },
        0,
      ],
      ['a write to what was behind it', echo('/run/one'), 0],
      ['a write behind it now', echo('/run/two'), 1],
      ['what is behind it goes', (files) => files.unlink('/run/two'), 1],
      ['and comes', echo('/run/two'), 1],
    ],
  },
  {
    name: 'PathChanged=: a directory',
    settings: 'PathChanged=/run/d',
    before: (files) => files.mkdir('/run/d'),
    changes: [
      ['a file in it', echo('/run/d/x', ''), 1],
      ['a write', echo('/run/d/x'), 1],
      ['a mode', (files) => files.chmod('/run/d/x', 0o600), 1],
      ['a move out of it', (files) => files.rename('/run/d/x', '/run/x'), 1],
      ['a directory in it', (files) => files.mkdir('/run/d/sub'), 1],
      ['a file in that', echo('/run/d/sub/x'), 0],
      ['it goes', (files) => files.removeTree('/run/d'), 1],
      ['it comes', (files) => files.mkdir('/run/d'), 1],
    ],
  },
  {
    name: 'PathExists=: parents that come and go',
    settings: 'PathExists=/run/a/b/c',
    stays: true,
    changes: [
      ['the first', (files) => files.mkdirs('/run/a'), 0],
      ['the second', (files) => files.mkdirs('/run/a/b'), 0],
      ['none of them', (files) => files.removeTree('/run/a'), 0],
      ['a tree elsewhere', (files) => files.put('/run/n/b/c', ''), 0],
      ['moves in', (files) => files.rename('/run/n', '/run/a'), 1],
    ],
  },
  {
    name: 'PathExists=: a link to nothing yet',
    settings: 'PathExists=/run/link',
    stays: true,
    changes: [
      ['the link', (files) => files.symlink('target', '/run/link'), 0],
      ['the target', echo('/run/target'), 1],
    ],
  },
  {
    name: 'PathExistsGlob=: only what happens where the pattern begins is seen',
    settings: 'PathExistsGlob=/run/g/*/x-[0-9]',
    stays: true,
    changes: [
      ['the first directory', (files) => files.mkdir('/run/g'), 0],
      ['the second', (files) => files.mkdir('/run/g/d'), 0],
      ['a match', echo('/run/g/d/x-1'), 0],
      ['something else', (files) => files.mkdir('/run/g/e'), 1],
    ],
  },
  {
    name: 'DirectoryNotEmpty=: hidden files do not count',
    settings: 'DirectoryNotEmpty=/run/a/spool',
    stays: true,
    changes: [
      ['the directory', (files) => files.mkdirs('/run/a/spool'), 0],
      ['a hidden file', echo('/run/a/spool/.x'), 0],
      ['a backup', echo('/run/a/spool/x~'), 0],
      ['shown', (files) => files.rename('/run/a/spool/.x', '/run/a/spool/x'), 1],
    ],
  },
  {
    name: 'DirectoryNotEmpty=: a directory that moves away and comes back full',
    settings: 'DirectoryNotEmpty=/run/a/spool',
    stays: true,
    before: (files) => files.mkdirs('/run/a/spool'),
    changes: [
      ['away', (files) => files.rename('/run/a/spool', '/run/a/old'), 0],
      ['filled there', echo('/run/a/old/x'), 0],
      ['a file in its place', echo('/run/a/spool'), 0],
      ['that goes', (files) => files.unlink('/run/a/spool'), 0],
      ['back', (files) => files.rename('/run/a/old', '/run/a/spool'), 1],
    ],
  },
  {
    name: 'several paths in one unit',
    settings: 'PathExists=/run/s/one\nPathChanged=/run/s/two\nPathModified=/run/s/three\nDirectoryNotEmpty=/run/s/four',
    changes: [
      ['their directory', (files) => files.mkdirs('/run/s/four'), 0],
      ['the second', echo('/run/s/two'), 1],
      ['the third', echo('/run/s/three'), 1],
      ['the third kept open', (files) => files.openWritable('/run/s/three', 'append').write(Buffer.from('x')), 1],
    ],
  },
];

describe('paths that come, go and are replaced', () => {
  it.each(cases)('$name', async ({ settings, stays = false, before = () => {}, changes }) => {
    const system = await started(settings, stays, before);
    const own = stays ? 'running success' : 'waiting success';
    expect(counted(system, changes)).toEqual(changes.map(([what, , wanted]) => [what, wanted]));
    expect(await state(system)).toBe(own);
  });

  it('are followed below what is mounted over them, and what is mounted there goes', async () => {
    const system = await started('PathChanged=/run/d/f', false, (files) => files.put('/run/d/f', ''));
    let unmount: () => void = () => {};
    const changes: [string, Change, number][] = [
      [
        'something over the directory',
        (files) => {
          unmount = files.mountOver('/run/d');
        },
        0,
      ],
      ['a file in that', echo('/run/d/f'), 0],
      ['the mount goes', () => unmount(), 0],
      ['a write', echo('/run/d/f'), 1],
    ];
    expect(counted(system, changes)).toEqual(changes.map(([what, , wanted]) => [what, wanted]));
    unmount = system.host.files.mountOver('/run/d');
    overwrite(system.host.files, '/run/d/f', '');
    await system.systemctl('restart p.path');
    expect(counted(system, [['the mount goes', () => unmount(), 1]])).toEqual([['the mount goes', 1]]);
  });

  it('are followed from where they are once the service has ended', async () => {
    const system = await started('PathModified=/run/f');
    let end: () => void = () => {};
    system.host.onSpawn = (process) => {
      end = () => process.exit(0);
    };
    overwrite(system.host.files, '/run/f', '');
    system.host.settle();
    expect(hits(system)).toBe(1);
    expect(await state(system)).toBe('running success');
    // While it runs nobody looks.
    system.host.files.writeAtomic('/run/f', 'new');
    system.host.settle();
    end();
    system.host.settle();
    expect(hits(system)).toBe(1);
    system.host.files.append('/run/f', 'x');
    system.host.settle();
    expect(hits(system)).toBe(2);
  });
});

describe('paths that can not be watched', () => {
  const messages = async (system: World): Promise<string> =>
    (await system.systemctl('status p.path -n 10 --no-pager')).out;

  it('fail the start, or the unit when it comes to that', async () => {
    const never = await started('PathExists=/etc/passwd/x');
    expect(await state(never)).toBe('failed resources');
    expect(await messages(never)).toContain('p.path: Failed to enter waiting state: Not a directory');
    const late = await started('PathExists=/run/x/y');
    expect(await state(late)).toBe('waiting success');
    overwrite(late.host.files, '/run/x', '');
    late.host.settle();
    expect(await state(late)).toBe('failed resources');
    const loop = await started('PathChanged=/run/loop/x');
    loop.host.files.symlink('loop', '/run/loop');
    loop.host.settle();
    expect(await state(loop)).toBe('failed resources');
    expect(await messages(loop)).toContain('Failed to enter waiting state: Too many levels of symbolic links');
  });

  it('say so where the kernel has no watches left', async () => {
    const system = await started('PathExists=/run/a/x');
    system.host.files.failures.set('/run/a', { call: 'inotify_add_watch', code: 'ENOSPC', errno: 28 });
    system.host.files.mkdir('/run/a');
    system.host.settle();
    expect(await state(system)).toBe('failed resources');
    expect(await messages(system)).toContain('No space left on device');
    system.host.files.failures.clear();
    system.host.inotifyError = { code: 'EMFILE', errno: 24 };
    await system.systemctl('start p.path');
    expect(await state(system)).toBe('failed resources');
    expect(await messages(system)).toContain('Failed to enter waiting state: Too many open files');
    system.host.inotifyError = undefined;
    await system.systemctl('start p.path');
    expect(await state(system)).toBe('waiting success');
  });

  it('have been looked at first', async () => {
    // What was a file in a directory is gone: that is a change, whatever has come instead.
    const system = await started('PathChanged=/run/a/f', false, (files) => files.put('/run/a/f', ''));
    system.host.files.removeTree('/run/a');
    overwrite(system.host.files, '/run/a', '');
    system.host.settle();
    expect(hits(system)).toBe(1);
    expect(await state(system)).toBe('failed resources');
  });
});

describe('a path unit in a loop', () => {
  const exists = (files: SimFiles): void => overwrite(files, '/run/f', '');

  it('ends when its own limit is hit', async () => {
    const system = await started('PathExists=/run/f\nTriggerLimitIntervalSec=20\nTriggerLimitBurst=5', false, exists);
    system.host.advance(1000);
    expect(hits(system)).toBe(5);
    expect(await state(system)).toBe('failed trigger-limit-hit');
    const again = await system.systemctl('start p.path');
    expect(again.status).toBe(1);
    system.host.advance(21_000);
    await system.systemctl('start p.path');
    system.host.advance(1000);
    expect(hits(system)).toBe(10);
  });

  it('has a limit by default', async () => {
    const standard = await started('PathExists=/run/f', false, exists);
    standard.host.advance(1000);
    expect(hits(standard)).toBe(200);
    expect(await state(standard)).toBe('failed trigger-limit-hit');
  });
});
