import { describe, expect, it } from 'vitest';
import { locateExecutable } from '../../../src/exec/executable.ts';
import { SimHost } from '../../../src/simulation/machine/host.ts';

describe('programs of the systemd package', () => {
  const withPrograms = (...paths: string[]): SimHost => {
    const host = new SimHost();
    for (const path of paths) host.files.put(path, '', 0o755);
    return host;
  };
  const own = '/usr/lib/pidone/bin/systemd-tmpfiles';
  const real = '/usr/bin/systemd-tmpfiles';

  it('are answered by pidone where they are missing', () => {
    const host = withPrograms(own);
    for (const path of ['systemd-tmpfiles', '/bin/systemd-tmpfiles', real])
      expect(locateExecutable(host, path, [])).toEqual({ path: own });
  });

  it('come first where they are', () => {
    const host = withPrograms(own, real);
    for (const path of ['systemd-tmpfiles', real]) expect(locateExecutable(host, path, [])).toEqual({ path: real });
  });

  it('are not looked for elsewhere, nor is anything else', () => {
    const host = withPrograms(own, '/usr/lib/pidone/bin/shutdown');
    expect(locateExecutable(host, '/opt/bin/systemd-tmpfiles', [])).toEqual({ code: 'ENOENT' });
    expect(locateExecutable(host, '/usr/bin/shutdown', [])).toEqual({ code: 'ENOENT' });
    expect(locateExecutable(host, 'systemd-tmpfiles', ['/opt/bin'])).toEqual({ code: 'ENOENT' });
  });
});
