import { beforeEach, describe, expect, it } from 'vitest';
import { leaveTerminationMessage } from '../../../src/main/termination-log.ts';
import { SimHost } from '../../../src/simulation/machine/host.ts';

const path = '/dev/termination-log';
let host: SimHost;

beforeEach(() => {
  host = new SimHost({ pid: 1 });
  host.files.put(path, '');
});

describe('the termination message', () => {
  it('is written where there is a file for it', () => {
    leaveTerminationMessage(host, 'No room.\n');
    expect(host.files.readText(path)).toBe('No room.\n');
  });

  it('makes no file, and is the init’s alone', () => {
    host.files.unlink(path);
    leaveTerminationMessage(host, 'No room.\n');
    expect(host.files.tryLstat(path)).toBeUndefined();
    const other = new SimHost({ pid: 77 });
    other.files.put(path, '');
    leaveTerminationMessage(other, 'No room.\n');
    expect(other.files.readText(path)).toBe('');
  });

  it('leaves what a service has said of its end', () => {
    host.files.put(path, 'The database is gone.\n');
    leaveTerminationMessage(host, 'No room.\n');
    expect(host.files.readText(path)).toBe('The database is gone.\n');
  });

  it.each<[string, (victim: string) => void]>([
    ['a link', (victim) => host.files.symlink(victim, path)],
    ['a second name', (victim) => host.files.link(victim, path)],
  ])('goes into no file that %s leads to', (_, lead) => {
    host.files.put('/etc/victim', '');
    host.files.unlink(path);
    lead('/etc/victim');
    leaveTerminationMessage(host, 'No room.\n');
    expect(host.files.readText('/etc/victim')).toBe('');
  });

  it('goes into nothing that is no file', () => {
    host.files.unlink(path);
    host.files.mkdirs(path);
    leaveTerminationMessage(host, 'No room.\n');
    expect(host.files.readdir(path)).toEqual([]);
  });

  it('is as long as the kubelet reads, of whole characters, and nothing for a terminal to obey', () => {
    leaveTerminationMessage(host, `a${'é'.repeat(5000)}`);
    expect(host.files.readText(path)).toBe(`a${'é'.repeat(2047)}`);
    host.files.put(path, '');
    leaveTerminationMessage(host, '\x1b[31mred\x07\tand\nmore\0\n');
    expect(host.files.readText(path)).toBe('[31mred\tand\nmore\n');
  });
});
