import { describe, expect, it } from 'vitest';
import { lookupPaths } from '../../../../src/unitfile/files/load-path.ts';

describe('the load path', () => {
  it('of a manager ends with its own units, so that targets are there without the systemd package', () => {
    expect(lookupPaths({ scope: 'system' }).search.at(-1)).toBe('/usr/lib/pidone/units');
    expect(lookupPaths({ scope: 'user' }).search.at(-1)).toBe('/usr/lib/pidone/user-units');
    expect(lookupPaths({ scope: 'user', ownUnits: '/here/units' }).search.at(-1)).toBe('/here/units');
  });

  it('of all users has none, for nothing runs in it', () => {
    expect(lookupPaths({ scope: 'global' }).search.at(-1)).toBe('/usr/lib/systemd/user');
  });

  it('of a manager that can not write in /run has what it writes elsewhere, and reads /run all the same', () => {
    const paths = lookupPaths({ scope: 'system', runtime: '/dev/shm/pidone-0' });
    expect(paths).toMatchObject({
      transient: '/dev/shm/pidone-0/systemd/transient',
      generator: '/dev/shm/pidone-0/systemd/generator',
      runtimeConfig: '/dev/shm/pidone-0/systemd/system',
    });
    expect(paths.search).toContain('/run/systemd/system');
    expect(paths.search.indexOf('/dev/shm/pidone-0/systemd/system')).toBe(
      paths.search.indexOf('/run/systemd/system') - 1,
    );
    expect(paths.search.filter((path) => path.startsWith('/run/'))).toEqual(['/run/systemd/system']);
  });
});
