import { describe, expect, it } from 'vitest';
import { type Answer, callProgram } from '../../../../src/simulation/call.ts';
import { SimHost } from '../../../../src/simulation/machine/host.ts';
import { systemdDetectVirt } from '../../../../src/tools/detect-virt/detect-virt.ts';

const call = (argv: readonly string[], options: ConstructorParameters<typeof SimHost>[0] = {}): Promise<Answer> =>
  callProgram({ host: new SimHost(options) }, systemdDetectVirt, 'systemd-detect-virt', argv, {});

describe('systemd-detect-virt', () => {
  it.each([
    [[], 'podman', 0, 'podman\n'],
    [['--container'], 'docker', 0, 'docker\n'],
    [['--vm'], 'docker', 1, 'none\n'],
    [['-c'], 'none', 1, 'none\n'],
    [['--quiet'], 'docker', 0, ''],
    [['--quiet'], 'none', 1, ''],
    [['--cvm'], 'docker', 1, 'none\n'],
  ])('%j in %s', async (argv, container, status, out) => {
    expect(await call(argv, { container })).toEqual({ status, out, err: '' });
  });

  it('lists what it can find', async () => {
    expect((await call(['--list'])).out).toMatch(/^none\nkvm\n(?:.+\n)+container-other\n$/);
    expect((await call(['--list-cvm'])).out).toContain('sev-snp\n');
  });

  it('tells user namespaces by their maps', async () => {
    const files = (map: string) => ({ files: { '/proc/self/uid_map': map, '/proc/self/gid_map': map } });
    expect((await call(['--private-users'], files('         0          0 4294967295\n'))).status).toBe(1);
    expect((await call(['--private-users'], files('0 100000 65536\n'))).status).toBe(0);
  });

  it('takes no arguments', async () => {
    expect(await call(['x'])).toEqual({ status: 1, out: '', err: 'systemd-detect-virt takes no arguments.\n' });
  });
});
