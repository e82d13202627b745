import { describe, expect, it } from 'vitest';
import { SimHost } from '../../../src/simulation/machine/host.ts';
import type { SystemError } from '../../../src/sys/host.ts';
import { IN_ATTRIB, IN_IGNORED, IN_Q_OVERFLOW, type InotifyEvent, PathWatch } from '../../../src/sys/watch-path.ts';
import { overwrite, playWatchCase, watchCases } from '../../support/watch-cases.ts';

describe('a watch of a path', () => {
  it.each(watchCases)('hears of $name', async (one) => {
    const host = new SimHost();
    host.files.mkdir('/w');
    const heard = await playWatchCase(host, '/w', one, () => host.settle());
    expect(heard).toEqual(one.steps.map(([what, , wanted]) => [what, wanted]));
  });

  it('looks once more when the path has been followed anew', () => {
    const host = new SimHost();
    const texts: (string | undefined)[] = [];
    const look = (): void => {
      texts.push(host.files.tryStat('/run/f') === undefined ? undefined : host.files.readText('/run/f'));
      // Written after the first look, when the watch was not yet there.
      if (texts.length === 1) host.files.append('/run/f', 'x');
    };
    host.watchPath('/run/f', 'modified', { changed: look, failed: () => {} });
    overwrite(host.files, '/run/f', '');
    host.settle();
    expect(texts.slice(0, 2)).toEqual(['', 'x']);
  });

  it('hears nothing more once it is closed, whoever closes it', () => {
    const host = new SimHost();
    let calls = 0;
    const watch = host.watchPath('/run/f', 'any', {
      changed: () => {
        calls++;
        watch.close();
      },
      failed: () => {},
    });
    overwrite(host.files, '/run/f', '');
    host.settle();
    overwrite(host.files, '/run/g', '');
    host.settle();
    expect(calls).toBe(1);
  });

  it('goes as far as the permissions do, and no further than the path does', () => {
    const host = new SimHost();
    const failing = (path: string, code: string, errno: number): void =>
      void host.files.failures.set(path, { call: 'inotify_add_watch', code, errno });
    const watch = (path: string): unknown => host.watchPath(path, 'any', { changed: () => {}, failed: () => {} });
    failing('/run/secret', 'EACCES', 13);
    expect(() => watch('/run/secret/f')).not.toThrow();
    expect(() => watch('/etc/passwd/x')).toThrow(/inotify_add_watch \/etc\/passwd\/x: ENOTDIR/);
    failing('/run/full', 'ENOSPC', 28);
    expect(() => watch('/run/full/x')).toThrow(/inotify_add_watch \/run\/full: ENOSPC/);
    failing('/', 'EACCES', 13);
    expect(() => watch('/x')).toThrow(/inotify_add_watch \/: EACCES/);
  });

  it('goes further when the permissions do', () => {
    const host = new SimHost();
    host.files.mkdir('/run/secret');
    host.files.failures.set('/run/secret', { call: 'inotify_add_watch', code: 'EACCES', errno: 13 });
    let calls = 0;
    host.watchPath('/run/secret/f', 'any', { changed: () => calls++, failed: () => {} });
    overwrite(host.files, '/run/secret/f', '');
    host.settle();
    expect(calls).toBe(0);
    host.files.failures.clear();
    host.files.chmod('/run/secret', 0o755);
    host.settle();
    expect(calls).toBeGreaterThan(0);
    calls = 0;
    host.files.unlink('/run/secret/f');
    host.settle();
    expect(calls).toBeGreaterThan(0);
  });

  /** A watch of /f, and the hand that feeds it events. */
  function fed(add: (path: string) => number): {
    feed: (...events: InotifyEvent[]) => void;
    calls: (boolean | string)[];
    log: string[];
  } {
    const calls: (boolean | string)[] = [];
    const log: string[] = [];
    let feed: (events: readonly InotifyEvent[]) => void = () => {};
    new PathWatch(
      (heard) => {
        feed = heard;
        return { add, remove: (wd) => void log.push(`remove ${wd}`), close: () => void log.push('close') };
      },
      '/f',
      'changed',
      { changed: (itself) => void calls.push(itself), failed: (error: SystemError) => void calls.push(error.code) },
    );
    return { feed: (...events) => feed(events), calls, log };
  }

  it('counts lost events as those of the file itself', () => {
    const { feed, calls } = fed((path) => (path === '/' ? 1 : 2));
    feed({ wd: -1, mask: IN_Q_OVERFLOW });
    expect(calls).toEqual([true, false]);
  });

  it('still hears of a file that has just been replaced, until the kernel lets go of it', () => {
    let file = 2;
    const { feed, calls, log } = fed((path) => (path === '/' ? 1 : file));
    file = 3;
    feed({ wd: 1, mask: IN_ATTRIB });
    expect(log).toEqual(['remove 2']);
    // Queued before the watch was removed.
    feed({ wd: 2, mask: IN_ATTRIB });
    feed({ wd: 2, mask: IN_IGNORED });
    expect(calls).toEqual([false, false, true, false]);
    feed({ wd: 2, mask: IN_ATTRIB });
    expect(calls.slice(4)).toEqual([false, false]);
  });

  it('ends where the path can be followed no longer', () => {
    let answer = 2;
    const { feed, calls, log } = fed((path) => (path === '/' ? 1 : answer));
    answer = -28;
    feed({ wd: 2, mask: IN_ATTRIB });
    feed({ wd: 2, mask: IN_ATTRIB });
    expect(calls).toEqual([true, 'ENOSPC']);
    expect(log).toEqual(['close']);
  });
});
