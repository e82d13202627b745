import { beforeEach, describe, expect, it } from 'vitest';
import { NotifySocket } from '../../../src/manager/notify.ts';
import type { Service } from '../../../src/units/service.ts';
import type { Unit } from '../../../src/units/unit.ts';
import { type World, world } from '../../support/world.ts';

const path = '/run/notify';

let w: World;
let service: Service;
/** Units by the pid of a process of theirs. */
let owners: Map<number, string>;
let lines: string[];

beforeEach(() => {
  w = world({ files: { '/bin/a': '#!' } });
  service = w.service('a.service', 'Type=notify\nNotifyAccess=all\nExecStart=/bin/a\nFileDescriptorStoreMax=2\n');
  w.up(service);
  owners = new Map();
  lines = [];
  new NotifySocket({
    host: w.host,
    notifySocket: path,
    tracker: { unitOfPid: (pid) => owners.get(pid), isStill: (_pid, uid) => uid !== 33 },
    exits: { watcherOf: (pid) => (pid === service.mainPid ? service : undefined) },
    units: { find: (name) => (name === 'a.service' ? service : name === 'x.slice' ? ({} as Unit) : undefined) },
    guard: { run: (_what, callback) => callback() },
    touched: { unit: () => {}, heard: () => {} },
    log: (level, message) => lines.push(`${level} ${message}`),
  }).listen();
});

function send(pid: number, text: string, fds: number[] = []): void {
  w.host.datagram(path, text, { pid, uid: 0, gid: 0 }, fds);
  w.host.settle();
}
const isOpen = (fd: number): boolean => w.host.openFds().has(fd);

it('anyone may write to it', () => {
  expect(w.host.files.stat(path).mode & 0o777).toBe(0o777);
});

describe('a message', () => {
  it('is of the service that waits for its sender', () => {
    send(service.mainPid, 'STATUS=hier für\n\nERRNO=2\n');
    expect(service.statusText).toBe('hier für');
    expect(service.statusErrors.errno).toBe(2);
    expect(lines).toEqual([]);
  });

  it('is of the service that its sender belongs to', () => {
    owners.set(4711, 'a.service');
    send(4711, 'STATUS=helper');
    expect(service.statusText).toBe('helper');
  });

  it('is of nobody where its sender’s number is another process’s by now', () => {
    w.host.datagram(path, 'STATUS=stolen', { pid: service.mainPid, uid: 33, gid: 0 });
    w.host.settle();
    expect(service.statusText).toBe('');
    expect(lines).toEqual([`4 Cannot find unit for notify message of PID ${service.mainPid}, ignoring.`]);
  });

  it('is of its sender where the kernel says that the number is still that process’s, whatever user it names', () => {
    const send = (hasPid: boolean): void => {
      w.host.datagram(path, `STATUS=${hasPid}`, { pid: service.mainPid, uid: 33, gid: 0 }, [], hasPid);
      w.host.settle();
    };
    send(true);
    send(false);
    expect(service.statusText).toBe('true');
    expect(lines).toHaveLength(1);
  });

  it('may end in NUL bytes', () => {
    send(service.mainPid, 'STATUS=c string\0\0');
    expect(service.statusText).toBe('c string');
  });

  it('of 4096 bytes is read', () => {
    send(service.mainPid, `STATUS=long\n${'x'.repeat(4096 - 12)}`);
    expect(service.statusText).toBe('long');
  });

  it.each([
    ['of nobody', 999, 'STATUS=x', 'Cannot find unit for notify message of PID 999, ignoring.'],
    ['of a unit that is no service', 998, 'STATUS=x', 'Cannot find unit for notify message of PID 998, ignoring.'],
    ['of a unit that is gone', 997, 'STATUS=x', 'Cannot find unit for notify message of PID 997, ignoring.'],
    [
      'of 4097 bytes',
      0,
      `STATUS=long\n${'x'.repeat(4097 - 12)}`,
      'Received notify message exceeded maximum size. Ignoring.',
    ],
    ['with a NUL byte within', 0, 'STATUS=a\0b', 'Received notify message with embedded NUL bytes. Ignoring.'],
    ['without a sender', -1, 'STATUS=x', 'Received notify message without valid credentials. Ignoring.'],
  ])('%s is refused, its descriptors are closed', (_what, pid, text, message) => {
    owners.set(998, 'x.slice');
    owners.set(997, 'gone.service');
    const fd = w.host.makeFd('kept');
    send(pid === 0 ? service.mainPid : pid, text, [fd]);
    expect(lines).toEqual([`4 ${message}`]);
    expect(isOpen(fd)).toBe(false);
    expect(service.statusText).toBe('');
  });

  it('without credentials of the kernel is refused', () => {
    const message = '4 Received notify message without valid credentials. Ignoring.';
    w.host.datagram(path, 'STATUS=x', undefined as never);
    w.host.settle();
    expect(lines).toEqual([message]);
    send(0, 'STATUS=x');
    expect(lines).toEqual([message, message]);
    owners.set(1, 'a.service');
    send(1, 'STATUS=of init');
    expect(service.statusText).toBe('of init');
  });

  it('hands its descriptors to the service', () => {
    const fd = w.host.makeFd('kept');
    send(service.mainPid, 'FDSTORE=1\nFDNAME=x', [fd]);
    expect(isOpen(fd)).toBe(true);
    expect(service.fdStore.entries).toMatchObject([{ fd, name: 'x' }]);
  });
});

describe('a barrier', () => {
  const barrier = (text: string, count: number): number[] => {
    const fds = Array.from({ length: count }, () => w.host.makeFd('barrier'));
    send(999, text, fds);
    return fds.filter(isOpen);
  };

  it('is answered by closing its descriptor, whoever sends it', () => {
    expect(barrier('BARRIER=1\n', 1)).toEqual([]);
    expect(lines).toEqual([]);
  });

  it.each([0, 2])('with %s descriptors is refused, and said', (count) => {
    expect(barrier('BARRIER=1', count)).toEqual([]);
    expect(lines).toEqual(['4 Got incorrect number of fds with BARRIER=1, closing them.']);
  });

  it('with other messages beside it makes all of them void', () => {
    expect(barrier('BARRIER=1\nSTATUS=x', 1)).toEqual([]);
    expect(lines).toEqual(['4 Extra notification messages sent with BARRIER=1, ignoring everything.']);
  });
});
