/** Accept=yes: an instance of the template for each connection (systemd.socket(5)). */
import { describe, expect, it } from 'vitest';
import { SystemError } from '../../../src/sys/host.ts';
import type { Socket } from '../../../src/units/socket.ts';
import type { Release } from '../../../src/voice/release.ts';
import { world } from '../../support/world.ts';

type Connection = Parameters<ReturnType<typeof world>['host']['makeReadable']>[1];
const peerOf = (pid: number, uid = 0): Connection => ({ peer: { pid, uid, gid: 0 } });

function make(settings = '', { name = 'a.socket', template = 'a@.service', release = 252 as Release } = {}) {
  const w = world({
    release,
    units: {
      [name]: `[Socket]\nListenStream=/run/a\nAccept=yes\n${settings}`,
      [template]: '[Service]\nExecStart=/usr/bin/a %i\n',
    },
    programs: { a: () => {} },
  });
  const socket = w.unit(name) as Socket;
  w.up(socket);
  const come = (connection: Connection = peerOf(7)): string => {
    w.host.makeReadable(socket.descriptors[0]!.fd, connection);
    w.host.settle();
    return `${socket.subState} ${socket.result}, ${socket.connections} of ${socket.accepted}, ${socket.refused} refused`;
  };
  const instances = (): string[] => w.host.spawned.map(({ request }) => request!.argv[1]!);
  const open = (): number => [...w.host.openFds().values()].filter((what) => what === 'connection').length;
  return { w, host: w.host, socket, come, instances, open, said: () => w.messages(socket, 4) };
}

describe('a connection', () => {
  it.each([
    [peerOf(7, 5), '0-7-5'],
    [{ peer: undefined }, '0'],
    [
      {
        peer: undefined,
        local: { address: '10.0.0.1', port: 80 },
        remote: { address: '10.0.0.2', port: 90 },
      },
      '0-10.0.0.1:80-10.0.0.2:90',
    ],
  ] as const)('%j makes the instance %s', (connection, name) => {
    const { come, instances, socket, w } = make();
    expect(come(connection)).toBe('listening success, 1 of 1, 0 refused');
    expect(instances()).toEqual([name]);
    const unit = [...w.manager.units.all()].find(({ id }) => id === `a@${name}.service`)!;
    expect(unit.dependencyNames('TriggeredBy')).toEqual(['a.socket']);
    expect(unit.has('After', socket)).toBe(true);
  });

  it('is over when its instance has ended, however', () => {
    const { come, host, open } = make();
    come(peerOf(1));
    come(peerOf(2));
    host.spawned[0]!.exit(0);
    host.spawned[1]!.exit(3);
    host.settle();
    expect(come(peerOf(3))).toBe('listening success, 1 of 3, 0 refused');
    expect(open()).toBe(1);
  });

  it('is for the template of an instance of a socket', () => {
    const { come, instances } = make('', { name: 'a@one.socket', template: 'a@.service' });
    expect(come()).toBe('listening success, 1 of 1, 0 refused');
    expect(instances()).toEqual(['0-7-0']);
  });

  it.each([
    ['MaxConnections=2\n', [1, 2, 3], 'listening success, 2 of 2, 1 refused', '(2), dropping'],
    ['MaxConnectionsPerSource=1\n', [1, 1], 'listening success, 1 of 1, 1 refused', '(1) from source UID 1, dropping'],
    ['MaxConnectionsPerSource=1\n', [1, 2], 'listening success, 2 of 2, 0 refused', undefined],
    ['', [1, 1, 1], 'listening success, 3 of 3, 0 refused', undefined],
  ])('%j from users %j', (settings, users, end, why) => {
    const { come, open, said } = make(settings, { release: 257 });
    expect(users.map((uid) => come(peerOf(7, uid))).at(-1)).toBe(end);
    expect(open()).toBe(Number(/, (\d)/.exec(end)![1]));
    expect(said()).toEqual(why === undefined ? [] : [`Too many incoming connections ${why} connection.`]);
  });

  it('of the machine itself is of no source to systemd 252', () => {
    const { come } = make('MaxConnectionsPerSource=1\n', { release: 252 });
    come(peerOf(7, 1));
    expect(come(peerOf(7, 1))).toBe('listening success, 2 of 2, 0 refused');
    const remote = { peer: undefined, remote: { address: '10.0.0.2', port: 90 } };
    come(remote);
    expect(come(remote)).toBe('listening success, 3 of 3, 1 refused');
  });

  it('is refused by a socket that is to stop', () => {
    const { come, socket, open, instances } = make();
    socket.job = { id: 1, unit: socket, type: 'restart', state: 'waiting' };
    expect(come()).toBe('listening success, 0 of 0, 1 refused');
    expect([open(), instances()]).toEqual([0, []]);
  });

  it('is one too many in two seconds: the 201st', () => {
    const { come, host } = make('MaxConnections=1000\n');
    for (let n = 0; n < 200; n++) come(peerOf(n + 10, n));
    expect(come(peerOf(5, 5))).toBe('failed trigger-limit-hit, 200 of 200, 1 refused');
    host.advance(1);
    const { come: other, host: clock } = make('MaxConnections=1000\nTriggerLimitBurst=1\n');
    other();
    clock.advance(2_000);
    expect(other()).toBe('listening success, 2 of 2, 0 refused');
  });

  it('that is gone before it is taken is none; one that can not be taken ends the socket', () => {
    const { come, host, said } = make();
    host.accept = () => undefined;
    host.flushFd(host.lastPid);
    expect(come()).toBe('listening success, 0 of 0, 0 refused');
    const failed = make();
    failed.host.accept = () => {
      throw new SystemError('EMFILE', 24, 'accept');
    };
    expect(failed.come()).toBe('failed resources, 0 of 0, 0 refused');
    expect(failed.said()[0]).toMatch(/^Failed to accept a connection: .*EMFILE/);
    expect(said()).toEqual([]);
  });

  it('whose instance would have too long a name ends the socket', () => {
    const long = 'x'.repeat(240);
    const { come, said } = make('', { name: `${long}.socket`, template: `${long}@.service` });
    const far = { address: '10.0.0.1', port: 80 };
    expect(come({ peer: undefined, local: far, remote: far })).toBe('failed resources, 0 of 0, 1 refused');
    expect(said()[0]).toContain(`${long}@.service is not a service`);
  });

  it('without a template ends the socket', () => {
    const { come, said, open, w } = make();
    w.files.unlink('/etc/systemd/system/a@.service');
    w.loader.refresh();
    expect(come()).toBe('failed resources, 1 of 1, 1 refused');
    expect(said()[0]).toMatch(
      /^Failed to queue service startup job \(Maybe the service file is missing or not a template unit\?\): /,
    );
    expect(open()).toBe(0);
  });
});
