import { beforeEach, describe, expect, it } from 'vitest';
import type { World } from '../../../support/world.ts';
import { machine, run } from './call.ts';

const day = 86_400_000;
let w: World;

/** A file, or a directory, that has not been touched for days. */
function put(path: string, days: number, directory = false): void {
  if (directory) w.files.mkdirs(path);
  else w.files.put(path, '');
  w.files.age(path, w.host.now() - days * day);
}

const left = (path = '/t'): string[] => w.files.readdir(path).sort();

beforeEach(() => {
  w = machine();
  put('/t/new', 1);
  put('/t/old', 20);
});

describe('--clean', () => {
  const clean = async (lines: string): Promise<void> => {
    expect(await run(w, lines, ['--clean'])).toEqual({ status: 0, out: '', err: '' });
  };

  it('removes what is older than its line permits', async () => {
    put('/t/empty', 20, true);
    put('/t/used/file', 1);
    put('/t/used', 20, true);
    await clean('d /t - - - 10d\n');
    expect(left()).toEqual(['new', 'used']);
  });

  it('removes what r and R lines with an age name, R with what it holds', async () => {
    put('/t/tree/old', 20);
    put('/t/tree/new', 1);
    put('/t/gone/old', 20);
    put('/t/gone', 20, true);
    put('/t/kept/old', 20);
    put('/t/kept', 20, true);
    await clean(
      'r /t/old - - - 10d\nr /t/new - - - 10d\nR /t/tree - - - 10d\nR /t/gone - - - 10d\nR /t/kept - - - ~10d\n',
    );
    expect(left()).toEqual(['kept', 'new', 'tree']);
    expect(left('/t/tree')).toEqual(['new']);
    expect(left('/t/kept')).toEqual(['old']);
  });

  it('removes nothing without an age', async () => {
    await clean('d /t\n');
    expect(left()).toEqual(['new', 'old']);
  });

  it('looks at all times, unless the line says which', async () => {
    w.files.utimes('/t/old', w.host.now(), w.host.now() - 20 * day);
    await clean('d /t - - - 10d\n');
    expect(left()).toEqual(['new', 'old']);
    await clean('d /t - - - m:10d\n');
    expect(left()).toEqual(['new']);
  });

  it('spares what other lines are about', async () => {
    for (const name of ['own', 'x1', 'X1/in']) put(`/t/${name}`, 20);
    put('/t/X1', 20, true);
    await clean('d /t - - - 10d\nd /t/own\nx /t/x*\nX /t/X*\n');
    expect(left()).toEqual(['X1', 'new', 'own', 'x1']);
    expect(left('/t/X1')).toEqual([]);
  });

  it('spares sticky files, devices, sockets that live, and directories that are locked', async () => {
    put('/t/sticky', 20);
    w.files.chmod('/t/sticky', 0o1644);
    w.files.age('/t/sticky', 0);
    w.files.put('/proc/net/unix', 'Num\n0000: 00000002 00000000 00010000 0001 01 123 /t/live\n');
    for (const [name, kind] of [
      ['live', 'socket'],
      ['dead', 'socket'],
      ['device', 'char'],
    ] as const) {
      w.files.putSpecial(`/t/${name}`, kind);
      w.files.age(`/t/${name}`, 0);
    }
    put('/t/locked/file', 20);
    put('/t/locked', 20, true);
    const lock = w.files.openDirectory('/t/locked', true);
    await clean('d /t - - - 10d\n');
    lock.close();
    expect(left()).toEqual(['device', 'live', 'locked', 'new', 'sticky']);
    expect(left('/t/locked')).toEqual(['file']);
  });

  it('keeps the first level with ~', async () => {
    put('/t/sub/old', 20);
    put('/t/sub', 20, true);
    await clean('d /t - - - ~10d\n');
    expect(left()).toEqual(['new', 'old', 'sub']);
    expect(left('/t/sub')).toEqual([]);
  });

  it('leaves the times of a directory as they were', async () => {
    const before = w.host.now() - 5 * day;
    w.files.age('/t', before);
    await clean('d /t - - - 10d\n');
    expect(w.files.stat('/t')).toMatchObject({ atimeMs: before, mtimeMs: before });
  });
});

describe('--remove', () => {
  it('removes files, empty directories and trees, links and not what they lead to', async () => {
    put('/t/tree/deep/file', 1);
    put('/t/full/file', 1);
    w.files.mkdirs('/t/empty');
    w.files.symlink('/etc', '/t/link');
    w.files.symlink('/nowhere', '/t/dangling');
    const lines = 'r /t/new\nR /t/tree\nr /t/e*\nr /t/full\nR /t/link\nr /t/dangling\nR /t/{old,no}\n';
    expect(await run(w, lines, ['--remove'])).toEqual({
      status: 73,
      out: '',
      err: 'rm(/t/full): Directory not empty\n',
    });
    expect(left()).toEqual(['full']);
    expect(w.look('/etc')).toBe('directory 755 0:0');
  });

  it('empties D, and comes before --create', async () => {
    await run(w, 'D /t\nf /t/again\n', ['--remove', '--create']);
    expect(left()).toEqual(['again']);
  });
});

describe('--remove beside other lines', () => {
  const lines = 'R /r/a\nx /r/a/keep\nD /r/b\nx /r/b/keep\n';

  it('removes all up to 255', async () => {
    w = machine({ release: 255 });
    for (const name of ['a/keep', 'b/keep/in']) put(`/r/${name}`, 1);
    await run(w, lines, ['--remove']);
    expect([left('/r'), left('/r/b')]).toEqual([['b'], []]);
  });

  it('spares what they are about from 256 on', async () => {
    w = machine({ release: 256 });
    for (const name of ['a/keep', 'a/go', 'b/keep/in', 'b/go/in']) put(`/r/${name}`, 1);
    expect(await run(w, lines, ['--remove'])).toEqual({ status: 0, out: '', err: '' });
    expect(left('/r/a')).toEqual(['keep']);
    expect(left('/r/b')).toEqual(['keep']);
    await run(w, 'R /r/a\nD /r/b\n', ['--remove']);
    expect([left('/r'), left('/r/b')]).toEqual([['b'], []]);
  });
});
