import { beforeEach, describe, expect, it } from 'vitest';
import { SimHost } from '../../../src/simulation/machine/host.ts';
import { removeTree, removeTreesInTurns } from '../../../src/sys/remove-tree.ts';

describe('removal of trees', () => {
  let host: SimHost;
  const there = (path: string): boolean => host.files.tryLstat(path) !== undefined;

  beforeEach(() => {
    host = new SimHost();
    host.files.mkdirs('/outside');
    host.files.put('/outside/kept', '');
    host.files.mkdirs('/tree/a/b');
    for (let i = 0; i < 1000; i++) host.files.put(`/tree/a/${i}`, '');
    host.files.put('/tree/a/b/deep', '');
    host.files.symlink('/outside', '/tree/link');
  });

  it('follows no link, and a missing path is no error', () => {
    removeTree(host.files, '/tree');
    expect(there('/tree')).toBe(false);
    expect(there('/outside/kept')).toBe(true);
    removeTree(host.files, '/tree');
    removeTree(host.files, '/tree', true);
  });

  it('may leave the directory itself', () => {
    removeTree(host.files, '/tree', true);
    expect(host.files.readdir('/tree')).toEqual([]);
    removeTree(host.files, '/outside/kept', true);
    expect(there('/outside/kept')).toBe(true);
  });

  it('goes on after an error, and tells the first', () => {
    const busy = { call: 'unlink', code: 'EBUSY', errno: 16 };
    const unlink = host.files.unlink.bind(host.files);
    host.files.unlink = (path) => {
      if (/\/(3|7)$/.test(path))
        host.files.failures.set(path, { ...busy, code: path.endsWith('3') ? 'EBUSY' : 'EPERM' });
      unlink(path);
    };
    expect(() => removeTree(host.files, '/tree')).toThrow(expect.objectContaining({ code: 'EBUSY' }));
    expect(host.files.readdir('/tree/a')).toEqual(['3', '7']);
  });

  it('leaves the loop its turns', () => {
    let done: unknown = 'not yet';
    removeTreesInTurns(host, ['/tree', '/none', '/outside'], (failed) => {
      done = failed;
    });
    expect(done).toBe('not yet');
    expect(host.files.readdir('/tree/a').length).toBeGreaterThan(500);
    host.settle();
    expect(done).toBeUndefined();
    expect([there('/tree'), there('/outside')]).toEqual([false, false]);
  });

  it('is done at once where there is little', () => {
    let done = false;
    removeTreesInTurns(host, ['/outside'], () => {
      done = true;
    });
    expect([done, there('/outside')]).toEqual([true, false]);
  });

  it('can be cancelled', () => {
    const removal = removeTreesInTurns(host, ['/tree'], () => {
      throw new Error('told of a cancelled removal');
    });
    removal.cancel();
    host.settle();
    expect(host.files.readdir('/tree/a').length).toBeGreaterThan(500);
  });
});
