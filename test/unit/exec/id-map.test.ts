import { beforeEach, describe, expect, it } from 'vitest';
import { idLacking } from '../../../src/exec/id-map.ts';
import { SimHost } from '../../../src/simulation/machine/host.ts';

let host: SimHost;

beforeEach(() => {
  host = new SimHost();
});

describe('an id that the user namespace has not', () => {
  it('is named by the step that asks for it', () => {
    host.files.put('/proc/self/uid_map', '         0       1000          1\n         1     100000        100\n');
    host.files.put('/proc/self/gid_map', '         0       1000          1\n');
    expect(idLacking(host, { uid: 100, gid: 0 }, 'USER')).toBeUndefined();
    expect(idLacking(host, { uid: 101, gid: 0 }, 'USER')).toBe('uid 101');
    expect(idLacking(host, { uid: 101, gid: 0 }, 'GROUP')).toBeUndefined();
    expect(idLacking(host, { uid: 0, gid: 33 }, 'GROUP')).toBe('gid 33');
    expect(idLacking(host, { gid: 0, groups: [0, 4] }, 'GROUP')).toBe('gid 4');
    expect(idLacking(host, { uid: 101, gid: 33 }, 'EXEC')).toBeUndefined();
  });

  it('is none where all are there, or nothing tells', () => {
    expect(idLacking(host, { uid: 33 }, 'USER')).toBeUndefined();
    host.files.put('/proc/self/uid_map', '         0          0 4294967295\n');
    expect(idLacking(host, { uid: 33 }, 'USER')).toBeUndefined();
  });
});
