/** Sockets of a whole manager on a simulated machine. */
import { expect, it } from 'vitest';
import { SimSystem } from '../../support/sim-system.ts';

it('RemoveOnStop= removes the name, the links to it and the message queue', async () => {
  const system = new SimSystem({
    '/etc/systemd/system/talk.socket':
      '[Socket]\nListenStream=/run/talk\nListenMessageQueue=/talk\nSymlinks=/run/chat\nRemoveOnStop=yes\n',
    '/etc/systemd/system/talk.service': '[Service]\nExecStart=/bin/talk\n',
  });
  const { files } = system.host;
  expect(await system.systemctl('start talk.socket')).toMatchObject({ status: 0 });
  expect(['/run/talk', '/run/chat'].map((path) => files.tryLstat(path)?.type)).toEqual(['socket', 'symlink']);
  expect(await system.systemctl('stop talk.socket')).toMatchObject({ status: 0 });
  expect(['/run/talk', '/run/chat'].map((path) => files.tryLstat(path)?.type)).toEqual([undefined, undefined]);
  expect(system.host.unlinkedQueues).toEqual(['/talk']);
});
