import { beforeEach, describe, expect, it } from 'vitest';
import { claimPlaces, findManager, PlaceTaken } from '../../../src/control/places.ts';
import { SimHost, type SimOptions } from '../../../src/simulation/machine/host.ts';
import { SystemError } from '../../../src/sys/host.ts';

/** A machine with the directories of a container, and who PID 1 is. */
function container(options: SimOptions & { initUid?: number } = {}): SimHost {
  const host = new SimHost({ pid: 1, ...options });
  host.files.mkdirs('/dev/shm');
  host.files.uid = options.initUid ?? 0;
  host.files.mkdirs('/proc/1');
  host.files.uid = host.uid;
  return host;
}

const close = (host: SimHost, code: 'EROFS' | 'EACCES' | 'ENOSPC', ...trees: string[]): void => {
  for (const tree of trees) host.files.closed.set(tree, code);
};

describe('the place of a manager', () => {
  it('is /run, where that can be written', () => {
    const places = claimPlaces(container(), 'system');
    expect(places).toMatchObject({
      directory: '/run/pidone',
      control: '/run/pidone/control',
      runtime: '/run',
      run: '/run',
      notify: '/run/systemd/notify',
      reason: undefined,
    });
  });

  it.each<[string, (host: SimHost) => void, string]>([
    ['of a read-only root', (host) => close(host, 'EROFS', '/run', '/tmp', '/var'), '/dev/shm/pidone-0'],
    ['where the next is full', (host) => close(host, 'ENOSPC', '/run', '/dev/shm'), '/dev/pidone-0'],
    ['where nothing but /tmp is left', (host) => close(host, 'EROFS', '/run', '/dev'), '/tmp/pidone-0'],
    [
      'where somebody has taken a name in advance',
      (host) => {
        close(host, 'EROFS', '/run');
        host.files.uid = 1000;
        host.files.mkdirs('/dev/shm/pidone-0');
        host.files.uid = 0;
      },
      '/dev/pidone-0',
    ],
    [
      'where that name is a link',
      (host) => {
        close(host, 'EROFS', '/run');
        host.files.symlink('/etc', '/dev/shm/pidone-0');
      },
      '/dev/pidone-0',
    ],
  ])('%s is another directory', (_, prepare, directory) => {
    const host = container();
    prepare(host);
    const places = claimPlaces(host, 'system');
    expect(places).toMatchObject({ directory, control: `${directory}/control`, runtime: directory, run: directory });
    expect(places.reason?.path).toBe('/run/pidone');
    host.listenStream(places.control, 0o666);
    expect(findManager(host, 'system')?.control).toBe(places.control);
  });

  it('is an abstract socket where there is no directory', () => {
    const host = container();
    close(host, 'EROFS', '/run', '/dev', '/tmp');
    const places = claimPlaces(host, 'system');
    expect(places.control).toMatch(/^@pidone\/0\/1\./);
    expect(places.notify).toBe(`${places.control}/1`);
    host.listenStream(places.control, 0o666);
    expect(findManager(host, 'system')?.control).toBe(places.control);
  });

  it.each<[string, (host: SimHost) => void, object]>([
    [
      'another user has /run/pidone',
      (host) => {
        host.files.uid = 33;
        host.files.mkdirs('/run/pidone');
        host.files.uid = 0;
      },
      { directory: '/dev/shm/pidone-0', runtime: '/run', run: '/run', notify: '/run/systemd/notify' },
    ],
    [
      '/run/systemd is read-only',
      (host) => close(host, 'EROFS', '/run/systemd'),
      { directory: '/run/pidone', runtime: '/run/pidone', run: '/run', notify: '/run/pidone/systemd/notify' },
    ],
    [
      '/run/systemd is a file',
      (host) => host.files.put('/run/systemd', ''),
      { directory: '/run/pidone', runtime: '/run/pidone', run: '/run', notify: '/run/pidone/systemd/notify' },
    ],
  ])('is in two parts where %s', (_, prepare, expected) => {
    const host = container();
    prepare(host);
    expect(claimPlaces(host, 'system')).toMatchObject(expected);
  });

  it('is made anew with the mode that lets others in, and taken once', () => {
    const host = container();
    host.files.mkdirs('/run/pidone', 0o700);
    claimPlaces(host, 'system');
    expect(host.files.stat('/run/pidone').mode).toBe(0o755);
    expect(() => claimPlaces(host, 'system')).toThrow(PlaceTaken);
    // The front door has made sure of it.
    expect(claimPlaces(host, 'system', '/run/pidone').directory).toBe('/run/pidone');
  });

  it('is taken as well where somebody else makes its directory at the same moment', () => {
    const host = container();
    const { directory } = claimPlaces(host, 'system');
    const { tryLstat, openDirectory } = host.files;
    host.files.tryLstat = (path) => (path.startsWith(directory) ? undefined : tryLstat.call(host.files, path));
    host.files.openDirectory = (path, locked) => {
      if (locked) throw new SystemError('EAGAIN', 11, 'flock', path);
      return openDirectory.call(host.files, path);
    };
    expect(() => claimPlaces(host, 'system')).toThrow(PlaceTaken);
  });

  it('of a user who is PID 1 bears the user’s number', () => {
    const host = container({ uid: 33, initUid: 33 });
    close(host, 'EACCES', '/run');
    expect(claimPlaces(host, 'system')).toMatchObject({ directory: '/dev/shm/pidone-33', run: '/dev/shm/pidone-33' });
  });
});

describe('the place of a user’s manager', () => {
  const alice = (environment: Record<string, string> = {}): SimHost => {
    const host = container({ uid: 1000, pid: 50, environment });
    close(host, 'EACCES', '/run');
    return host;
  };

  it('is $XDG_RUNTIME_DIR, and nowhere else where that is set', () => {
    const host = alice({ XDG_RUNTIME_DIR: '/tmp/mine' });
    const places = claimPlaces(host, 'user');
    expect(places).toMatchObject({
      directory: '/tmp/mine/pidone',
      runtime: '/tmp/mine',
      notify: '/tmp/mine/systemd/notify',
    });
    expect(host.files.stat('/tmp/mine').mode).toBe(0o700);
    host.listenStream(places.control, 0o666);
    expect(findManager(host, 'user')?.directory).toBe('/tmp/mine/pidone');
    expect(() => claimPlaces(alice({ XDG_RUNTIME_DIR: '/run/user/1000' }), 'user')).toThrow('/run/user');
  });

  it.each<[string, (host: SimHost) => void, string]>([
    ['where logind would have made it', (host) => host.files.closed.clear(), '/run/user/1000'],
    ['below a directory of the user’s own', () => {}, '/dev/shm/pidone-1000/user'],
    [
      'in the next where somebody else has that',
      (host) => {
        host.files.uid = 2000;
        host.files.mkdirs('/dev/shm/pidone-1000/user');
        host.files.uid = 1000;
      },
      '/dev/pidone-1000/user',
    ],
  ])('is %s where that is unset', (_, prepare, runtime) => {
    const host = alice();
    prepare(host);
    const places = claimPlaces(host, 'user');
    expect(places).toMatchObject({ runtime, run: runtime, directory: `${runtime}/pidone` });
    host.listenStream(places.control, 0o666);
    expect(findManager(host, 'user')?.directory).toBe(`${runtime}/pidone`);
  });

  it('gives services a socket that they can reach however long its path would be', () => {
    const long = `/tmp/${'x'.repeat(90)}`;
    expect(claimPlaces(alice({ XDG_RUNTIME_DIR: long.slice(0, -3) }), 'user').notify).toHaveLength(107);
    expect(claimPlaces(alice({ XDG_RUNTIME_DIR: long }), 'user').notify).toMatch(/^@pidone\/1000\/1\.\d+\/50$/);
  });
});

describe('who asks', () => {
  let host: SimHost;
  /** A manager of a user's in a directory. */
  const listen = (directory: string, uid: number, mode = 0o755): void => {
    const { uid: before } = host.files;
    host.files.uid = uid;
    host.files.mkdirs(directory, mode);
    host.files.uid = before;
    host.listenStream(`${directory}/control`, 0o666);
  };
  beforeEach(() => {
    host = container({ uid: 1000, pid: 50, initUid: 33 });
  });

  it('finds root’s, and that of the user who is PID 1', () => {
    listen('/dev/shm/pidone-33', 33);
    expect(findManager(host, 'system')?.directory).toBe('/dev/shm/pidone-33');
    listen('/run/pidone', 0);
    expect(findManager(host, 'system')?.directory).toBe('/run/pidone');
  });

  it('as a user has PID 1 for their own manager, where that is theirs', () => {
    listen('/dev/shm/pidone-33', 33);
    listen('/run/pidone', 0);
    expect(findManager(host, 'user')).toBeUndefined();
    listen('/dev/shm/pidone-1000', 1000);
    expect(findManager(host, 'user')?.directory).toBe('/dev/shm/pidone-1000');
    listen('/run/user/1000/pidone', 1000);
    expect(findManager(host, 'user')?.directory).toBe('/run/user/1000/pidone');
  });

  it.each<[string, string, number, number]>([
    ['another user’s', '/run/pidone', 2000, 0o755],
    ['what another user has put under root’s name', '/dev/shm/pidone-0', 2000, 0o755],
    ['where anybody can write', '/run/pidone', 0, 0o777],
  ])('passes over %s', (_, directory, uid, mode) => {
    listen(directory, uid, mode);
    expect(findManager(host, 'system')).toBeUndefined();
    listen('/tmp/pidone-0', 0);
    expect(findManager(host, 'system')?.directory).toBe('/tmp/pidone-0');
  });

  it('passes over a directory whose manager has gone', () => {
    host.files.uid = 0;
    host.files.mkdirs('/run/pidone');
    listen('/dev/shm/pidone-0', 0);
    expect(findManager(host, 'system')?.directory).toBe('/dev/shm/pidone-0');
  });
});
