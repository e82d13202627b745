import { beforeEach, describe, expect, it } from 'vitest';
import { claimPlaces } from '../../../src/control/places.ts';
import { clearLeftovers } from '../../../src/main/leftovers.ts';
import { SimHost } from '../../../src/simulation/machine/host.ts';
import type { SimOptions } from '../../../src/simulation/machine/machine.ts';

const second = 1000;
const bootedMs = Date.UTC(2026, 0, 1);

/** A container on a machine that was booted `age` milliseconds ago; PID 1 is ten seconds younger. */
function container(age: number, options: SimOptions = {}): SimHost {
  return new SimHost({ pid: 1, container: 'docker', now: bootedMs + age, monotonic: age, ...options });
}

describe('what the last life of a container left in /run', () => {
  let host: SimHost;
  const complaints: string[] = [];
  const clear = (at: SimHost) => clearLeftovers(at, claimPlaces(at, 'system'), (message) => complaints.push(message));
  const put = (path: string, mtimeMs: number): void => {
    host.files.put(path, '25\n');
    host.files.utimes(path, mtimeMs, mtimeMs);
  };
  const isThere = (path: string): boolean => host.files.tryLstat(path) !== undefined;

  beforeEach(() => {
    complaints.length = 0;
    host = container(20 * second);
    host.files.mkdirs('/run/pidone');
    put('/run/image', bootedMs - 500 * second);
    put('/run/avahi-daemon/pid', bootedMs - 50 * second);
    put('/run/log/journal/x.export', bootedMs - 50 * second);
    put('/run/.containerenv', bootedMs - 50 * second);
    put('/run/script', bootedMs + 11 * second);
  });

  it('is cleared; the image’s, the journal, the engine’s and this life’s files stay', () => {
    put('/run/pidone/boot', bootedMs - 100 * second);
    clear(host);
    expect(complaints).toEqual([]);
    expect(isThere('/run/avahi-daemon/pid')).toBe(false);
    for (const path of [
      '/run/image',
      '/run/log/journal/x.export',
      '/run/.containerenv',
      '/run/script',
      '/run/avahi-daemon',
    ])
      expect({ path, there: isThere(path) }).toEqual({ path, there: true });
    expect(host.files.stat('/run/pidone/boot').mtimeMs).toBe(host.now());
  });

  it('goes also where the clock has been set back since', () => {
    put('/run/pidone/boot', bootedMs + 100 * second);
    put('/run/avahi-daemon/pid', bootedMs + 200 * second);
    clear(host);
    expect(complaints).toEqual([]);
    expect(isThere('/run/avahi-daemon/pid')).toBe(false);
    for (const path of ['/run/image', '/run/script'])
      expect({ path, there: isThere(path) }).toEqual({ path, there: true });
  });

  it('that can not be removed is told of in one line', () => {
    put('/run/pidone/boot', bootedMs - 100 * second);
    put('/run/x.pid', bootedMs - 50 * second);
    for (const path of ['/run/x.pid', '/run/avahi-daemon/pid'])
      host.files.failures.set(path, { call: 'unlink', code: 'EPERM', errno: 1 });
    clear(host);
    expect(complaints).toEqual([
      expect.stringMatching(
        /^Failed to clear \/run of what the last boot has left: .*Operation not permitted \(and 1 more\)$/,
      ),
    ]);
  });

  describe('of a volume that is mounted there', () => {
    const pid = '/run/apache2.pid';
    /** A life of the container; `before` has what the last one has left, and the file of a daemon. */
    const life = (atMs: number, before?: SimHost): SimHost => {
      const next = container(20 * second, { now: bootedMs + atMs });
      next.mount('/run');
      if (before === undefined) return next;
      next.files.put('/run/pidone/boot', before.files.readText('/run/pidone/boot'));
      const { mtimeMs } = before.files.stat('/run/pidone/boot');
      next.files.utimes('/run/pidone/boot', mtimeMs, mtimeMs);
      next.files.put(pid, '25\n');
      next.files.utimes(pid, mtimeMs + second, mtimeMs + second);
      return next;
    };

    it('goes where it was empty at the first boot: one of a pod sees many lives', () => {
      const first = life(0);
      first.files.mkdirs('/run/systemd');
      clear(first);
      const next = life(1000 * second, first);
      clear(next);
      expect(next.files.tryLstat(pid)).toBeUndefined();
      expect(complaints).toEqual([]);
      // And in the life after that.
      const third = life(2000 * second, next);
      clear(third);
      expect(third.files.tryLstat(pid)).toBeUndefined();
    });

    it('goes, but not what is in another volume below it, of whatever file system', () => {
      const put = (at: SimHost): void => {
        at.files.put('/run/web/conf/site', '');
        at.files.utimes('/run/web/conf/site', bootedMs + second, bootedMs + second);
        at.mount('/run/web/conf');
      };
      const first = life(0);
      put(first);
      clear(first);
      const next = life(1000 * second, first);
      put(next);
      clear(next);
      expect(next.files.tryLstat('/run/web/conf/site')).toBeDefined();
      expect(next.files.tryLstat(pid)).toBeUndefined();
    });

    it('stays where others had written there before: it may be a machine’s', () => {
      const first = life(0);
      first.files.put('/run/docker.pid', '1\n');
      clear(first);
      const next = life(1000 * second, first);
      clear(next);
      expect(next.files.tryLstat(pid)).toBeDefined();
    });

    it('stays where the note of the last boot is none of this program’s', () => {
      const first = life(0);
      first.files.put('/run/pidone/boot', 'own and more\n');
      const next = life(1000 * second, first);
      clear(next);
      expect(next.files.tryLstat(pid)).toBeDefined();
    });
  });

  it('is cleared below a kubelet, too, where nothing else tells of a container', () => {
    const pod = container(20 * second, { container: 'none', environment: { KUBERNETES_SERVICE_HOST: '10.0.0.1' } });
    pod.files.put('/run/pidone/boot', '');
    pod.files.utimes('/run/pidone/boot', 0, bootedMs - 100 * second);
    pod.files.put('/run/x.pid', '1');
    pod.files.utimes('/run/x.pid', 0, bootedMs - 50 * second);
    clear(pod);
    expect(pod.files.tryLstat('/run/x.pid')).toBeUndefined();
  });

  it('is unknown in the first life: nothing goes', () => {
    clear(host);
    expect(isThere('/run/avahi-daemon/pid')).toBe(true);
    expect(isThere('/run/pidone/boot')).toBe(true);
  });

  it.each<[string, SimOptions]>([
    ['a machine', { container: 'none' }],
    ['a manager that is not PID 1', { pid: 77 }],
  ])('is left alone by %s', (_, options) => {
    const other = container(20 * second, options);
    other.files.put('/run/pidone/boot', '');
    other.files.utimes('/run/pidone/boot', 0, bootedMs - 100 * second);
    other.files.put('/run/x.pid', '1');
    other.files.utimes('/run/x.pid', 0, bootedMs - 50 * second);
    clear(other);
    expect(other.files.tryLstat('/run/x.pid')).toBeDefined();
  });
});
