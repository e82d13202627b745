/** SetCredential= and LoadCredential=: which files a service is given, whose they are, when there are too many of them. */
import { describe, expect, it } from 'vitest';
import { type Spawned, type SpawnOptions, spawned } from './spawned.ts';

const directory = '/run/credentials/a.service';
/** Names and contents of what the service finds. */
const given = ({ w }: Spawned): Record<string, string> =>
  Object.fromEntries(w.files.readdir(directory).map((name) => [name, w.files.readText(`${directory}/${name}`)]));
const credentials = (settings: string, options: SpawnOptions = {}): Record<string, string> =>
  given(spawned(settings, options));
/** Exit status before the program, or 'runs'. */
const outcome = (settings: string, options: SpawnOptions = {}): number | string =>
  spawned(settings, options).request.exitAtOnce ?? 'runs';

describe('credentials', () => {
  it.each([
    ['', {}, '0:0'],
    ['User=daemon', {}, '1:0'],
    // Of a manager that is not root they are its own.
    ['', { scope: 'user', uid: 1000 }, '1000:1000'],
  ] as const)('with %j are files for the service only', (settings, options, owner) => {
    const { w, env } = spawned(`${settings}\nSetCredential=one:text`, { ...options }, (host) => {
      host.files.uid = host.uid;
      host.files.gid = host.uid;
    });
    expect(env.CREDENTIALS_DIRECTORY).toBe(directory);
    expect(w.look('/run/credentials')).toMatch(/^directory 755 /);
    expect(w.look(directory)).toBe(`directory 500 ${owner}`);
    expect(w.look(`${directory}/one`)).toBe(`file 400 ${owner} "text"`);
  });

  it.each(['SetCredential=one:text', 'LoadCredential=one:/etc/one'])('go with the service: %s', (setting) => {
    const { w, down } = spawned(setting, { files: { '/etc/one': 'x' } });
    expect(w.look(directory)).toMatch(/^directory/);
    down();
    expect(w.look(directory)).toBe('nothing');
    expect(w.look('/run/credentials')).toMatch(/^directory/);
  });

  it('of an earlier run are not left; a service without any leaves the directory alone', () => {
    const files = { [`${directory}/old`]: '' };
    expect(credentials('SetCredential=one:text', { files })).toEqual({ one: 'text' });
    const { w, env, down } = spawned('', { files });
    expect(env).not.toHaveProperty('CREDENTIALS_DIRECTORY');
    down();
    expect(w.files.readdir(directory)).toEqual(['old']);
  });

  it('that cannot be removed are left', () => {
    const { w, service, down } = spawned('SetCredential=one:text');
    w.files.failures.set(directory, { call: 'rm', code: 'EBUSY', errno: 16 });
    down();
    expect(service.subState).toBe('dead');
    expect(w.messages(undefined, 3)).toEqual([]);
    expect(w.look(directory)).toMatch(/^directory/);
  });
});

describe('LoadCredential=', () => {
  const files = { '/etc/one': '1', '/etc/two': '2' };

  it.each([
    ['LoadCredential=one:/etc/one\nSetCredential=two:text', { one: '1', two: 'text' }],
    // What SetCredential= has is a default, wherever it stands.
    ['SetCredential=one:text\nLoadCredential=one:/etc/one', { one: '1' }],
    ['SetCredential=one:text\nLoadCredential=one:/etc/none', { one: 'text' }],
    ['LoadCredential=one:/dev/null', { one: '' }],
  ])('%j', (settings, expected) => {
    expect(credentials(settings, { files })).toEqual(expected);
  });

  it.each([
    ['LoadCredential=one:/etc/none', 243],
    // A default of another name helps nobody.
    ['LoadCredential=one:/etc/none\nSetCredential=two:text', 243],
    ['LoadCredential=one:/etc/none\nSetCredential=one:text', 'runs'],
    ['LoadCredential=one', 'runs'],
  ])('a file that is missing: %j: %s', (settings, status) => {
    expect(outcome(settings, { files })).toBe(status);
  });

  it('says no more of what fails than systemd, whose child reads them', () => {
    const { w, service } = spawned('LoadCredential=one:/etc/none');
    expect(w.messages(service)).toContain('Failed to set up credentials: Protocol error');
    expect(service.result).toBe('exit-code');
  });

  it('a directory gives one for each file below it, named by the way there; no links, no dot files', () => {
    const { w } = spawned(
      'LoadCredential=d:/etc/d',
      { files: { '/etc/d/one': '1', '/etc/d/sub/two': '2', '/etc/d/sub/deep/three': '3', '/etc/d/.hidden/file': '4' } },
      (host) => host.files.symlink('one', '/etc/d/link'),
    );
    expect(
      Object.fromEntries(w.files.readdir(directory).map((n) => [n, w.files.readText(`${directory}/${n}`)])),
    ).toEqual({ d_one: '1', d_sub_two: '2', d_sub_deep_three: '3' });
  });

  it('a directory does not take the place of what was loaded before', () => {
    const settings = 'LoadCredential=d_one:/etc/one\nLoadCredential=d:/etc/d';
    expect(credentials(settings, { files: { ...files, '/etc/d/one': 'other' } })).toEqual({ d_one: '1' });
  });

  describe('of a name', () => {
    const environment = { CREDENTIALS_DIRECTORY: '/run/mine' };
    const stores = ['/etc/credstore', '/run/credstore', '/usr/local/lib/credstore', '/usr/lib/credstore'];

    it('looks among those of the manager, then in the stores, in order', () => {
      const places = ['/run/mine', ...stores];
      for (const [index, place] of places.entries()) {
        const present = Object.fromEntries(places.slice(index).map((each) => [`${each}/key`, each]));
        expect(credentials('LoadCredential=own:key', { environment, files: present })).toEqual({ own: place });
      }
    });

    it('is its own where no path is given', () => {
      expect(credentials('LoadCredential=key', { environment, files: { '/run/mine/key': 'x' } })).toEqual({ key: 'x' });
    });

    it('leaves it out where there is none, and where the manager has none', () => {
      expect(credentials('LoadCredential=key', { environment })).toEqual({});
      expect(credentials('LoadCredential=key\nSetCredential=key:default')).toEqual({ key: 'default' });
      // Those of other units are not the manager's.
      expect(credentials('LoadCredential=key:other', { files: { '/run/credentials/other': 'x' } })).toEqual({});
    });

    it('that is a directory is none', () => {
      expect(outcome('LoadCredential=key', { environment, files: { '/run/mine/key/file': 'x' } })).toBe(243);
    });
  });
});

describe('size', () => {
  const mebibyte = 1024 * 1024;
  const file = (size: number): string => 'x'.repeat(size);

  it.each([
    [mebibyte - 3, 0, 'runs'],
    [mebibyte - 2, 0, 243],
    [mebibyte + 1, 0, 243],
    [600_000, mebibyte - 600_000 - 6, 'runs'],
    [600_000, mebibyte - 600_000 - 5, 243],
  ])('%d and %d bytes, with the names: %s', (first, second, status) => {
    const files = { '/etc/one': file(first), '/etc/two': file(second) };
    const two = second === 0 ? '' : '\nLoadCredential=two:/etc/two';
    expect(outcome(`LoadCredential=one:/etc/one${two}`, { files })).toBe(status);
  });

  it('counts those of SetCredential= too', () => {
    const files = { '/etc/one': file(mebibyte - 10) };
    expect(outcome('LoadCredential=one:/etc/one\nSetCredential=two:1234', { files })).toBe('runs');
    expect(outcome('LoadCredential=one:/etc/one\nSetCredential=two:12345', { files })).toBe(243);
  });
});

describe('ImportCredential=', () => {
  const files = {
    '/etc/credstore/app.one': 'etc',
    '/run/credstore/app.one': 'run',
    '/usr/lib/credstore/app.two': '2',
    '/usr/lib/credstore/other': 'o',
    '/usr/lib/credstore/.hidden': 'h',
    '/usr/lib/credstore/app.dir/x': '',
    '/creds/app.own': 'own',
  };
  it.each([
    ['app.*', { 'app.one': 'etc', 'app.two': '2', 'app.own': 'own' }],
    ['app.*:new.', { 'new.one': 'etc', 'new.two': '2', 'new.own': 'own' }],
    ['other', { other: 'o' }],
    ['other:mine', { mine: 'o' }],
    ['nosuch', {}],
    ['*', { 'app.one': 'etc', 'app.two': '2', 'app.own': 'own', other: 'o' }],
    ['a?p', {}],
    ['app.*\nImportCredential=', {}],
  ])('%j', (value, expected) => {
    const settings = `SetCredential=set:x\nSetCredential=other:default\nImportCredential=${value}`;
    const found = credentials(settings, { files, environment: { CREDENTIALS_DIRECTORY: '/creds' } });
    expect(found).toEqual({ set: 'x', other: 'default', ...expected });
  });

  it('comes after LoadCredential=, and alone makes the directory', () => {
    expect(
      credentials('LoadCredential=app.one:/x\nImportCredential=app.*', { files: { ...files, '/x': 'x' } }),
    ).toEqual({
      'app.one': 'x',
      'app.two': '2',
    });
    const { env, w, down } = spawned('ImportCredential=nosuch');
    expect(env.CREDENTIALS_DIRECTORY).toBe(directory);
    down();
    expect(w.look(directory)).toBe('nothing');
  });
});
