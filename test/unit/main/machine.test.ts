import { describe, expect, it } from 'vitest';
import { bootIdOf } from '../../../src/main/machine.ts';
import { SimHost } from '../../../src/simulation/machine/host.ts';
import type { SimOptions } from '../../../src/simulation/machine/machine.ts';

describe('the id of a boot', () => {
  function machine(namespace: string, options: SimOptions = {}): SimHost {
    const host = new SimHost({ container: 'docker', ...options });
    host.files.mkdirs('/proc/self/ns');
    host.files.symlink(namespace, '/proc/self/ns/pid');
    return host;
  }
  const starting = (host: SimHost, times: Record<number, number>): SimHost => {
    const { process } = host;
    host.process = (pid) => {
      const found = process.call(host, pid) ?? process.call(host, 1);
      return found && times[pid] !== undefined ? { ...found, pid, startTime: times[pid] } : found;
    };
    return host;
  };

  it('is the one of the kernel where this is no container, or where the engine has given it one', () => {
    expect(bootIdOf(machine('pid:[4026531836]', { container: 'none' }))).toBe('0123456789abcdef0123456789abcdef');
    const mounted = machine('pid:[4026532001]');
    const [root] = mounted.mountTable();
    mounted.mountTable = () => [{ ...root!, target: '/proc/sys/kernel/random/boot_id' }];
    expect(bootIdOf(mounted)).toBe('0123456789abcdef0123456789abcdef');
  });

  it('is another for each container and each of its lives, and the same within one', () => {
    const lives = [
      starting(machine('pid:[4026532001]'), { 1: 500 }),
      starting(machine('pid:[4026532002]'), { 1: 500 }),
      starting(machine('pid:[4026532001]'), { 1: 501 }),
      starting(machine('pid:[4026532001]', { pid: 7, isInit: true }), { 1: 500, 7: 700 }),
      starting(machine('pid:[4026532001]', { pid: 7, isInit: true }), { 1: 500, 7: 701 }),
    ];
    const ids = lives.map(bootIdOf);
    expect(new Set([...ids, '0123456789abcdef0123456789abcdef']).size).toBe(ids.length + 1);
    expect(ids.every((id) => /^[0-9a-f]{32}$/.test(id))).toBe(true);
    expect(bootIdOf(starting(machine('pid:[4026532001]'), { 1: 500 }))).toBe(ids[0]);
  });

  it('is there where /proc is not', () => {
    const host = new SimHost({ container: 'docker' });
    expect(bootIdOf(host)).toMatch(/^[0-9a-f]{32}$/);
  });
});
