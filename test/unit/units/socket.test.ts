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

it('fails at once where what it listens on cannot be watched', async () => {
  const system = new SimSystem({
    '/etc/systemd/system/file.socket': '[Socket]\nListenSpecial=/etc/hostname\nService=talk.service\n',
    '/etc/systemd/system/talk.service': '[Service]\nExecStart=/bin/talk\n',
    '/etc/hostname': 'here\n',
  });
  expect(await system.systemctl('start file.socket')).toMatchObject({
    status: 1,
    err: 'Job failed. See "journalctl -xe" for details.\n',
  });
  expect((await system.systemctl('show file.socket -p SubState,Result')).out).toBe(
    'Result=resources\nSubState=failed\n',
  );
  expect((await system.systemctl('status -o cat file.socket')).out).toContain(
    '\n\nfile.socket: Failed to watch listening fds: Operation not permitted\n' +
      'file.socket: Failed to watch sockets: Operation not permitted\n' +
      "file.socket: Failed with result 'resources'.\n" +
      'Failed to listen on file.socket.\n',
  );
});
