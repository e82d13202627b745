/** Times that daemon-reload changes count from when the state was entered. */
import { describe, expect, it } from 'vitest';
import { runs, type World, world } from '../../support/world.ts';

async function machine(unit: string, text: string, others: Record<string, string> = {}): Promise<World> {
  const w = world({
    units: { [unit]: text, ...others },
    programs: { d: runs, stubborn: (p) => p.ignores.add(15) },
  }).boot();
  await w.systemctl(`start --no-block ${unit}`);
  return w;
}

async function change(w: World, unit: string, text: string): Promise<void> {
  w.put(`/etc/systemd/system/${unit}.d/a.conf`, text);
  await w.systemctl('daemon-reload');
}

describe('a service', () => {
  it.each([
    ['RuntimeMaxSec= where there was none', '', 'RuntimeMaxSec=10', 10_000],
    ['a shorter RuntimeMaxSec=', 'RuntimeMaxSec=1h', 'RuntimeMaxSec=10', 10_000],
    ['a longer RuntimeMaxSec=', 'RuntimeMaxSec=5', 'RuntimeMaxSec=10', 10_000],
    ['one that has passed', 'RuntimeMaxSec=1h', 'RuntimeMaxSec=1', 4_000],
    ['TimeoutStartSec=', 'Type=notify\nTimeoutStartSec=1h', 'TimeoutStartSec=10', 10_000],
    ['a start without end', 'Type=notify\nTimeoutStartSec=infinity', 'TimeoutStartSec=10', 10_000],
  ])('%s', async (_name, before, after, endMs) => {
    const w = await machine('a.service', `[Service]\nExecStart=/usr/bin/d\n${before}\n`);
    const { host } = w;
    host.advance(4_000);
    await change(w, 'a.service', `[Service]\n${after}\n`);
    host.advance(endMs - 4_001);
    if (endMs > 4_000) expect(w.unit('a.service').activeState).not.toBe('failed');
    host.advance(1);
    expect(w.unit('a.service')).toMatchObject({ activeState: 'failed', result: 'timeout' });
  });

  it('waits to be restarted, and to be killed, as the new settings say', async () => {
    const w = await machine('a.service', '[Service]\nExecStart=/usr/bin/stubborn\nRestart=always\nRestartSec=1h\n');
    const service = w.unit('a.service');
    w.host.end([...w.host.table.values()].find((p) => p.comm === 'stubborn')!, 'exited', 1);
    w.host.settle();
    expect(service.subState).toBe('auto-restart');
    w.host.advance(4_000);
    await change(w, 'a.service', '[Service]\nRestartSec=10\n');
    w.host.advance(5_999);
    expect(service.subState).toBe('auto-restart');
    w.host.advance(1);
    expect(service.subState).toBe('running');
    await w.systemctl('stop --no-block a.service');
    w.host.advance(4_000);
    await change(w, 'a.service', '[Service]\nTimeoutStopSec=10\n');
    w.host.advance(5_999);
    expect(service.subState).toBe('stop-sigterm');
    w.host.advance(1);
    expect(service.subState).toBe('failed');
  });
});

it('a socket waits for its commands as long as the new settings say', async () => {
  const text = '[Socket]\nListenStream=/run/a\nExecStartPre=/usr/bin/d\nTimeoutSec=1h\n';
  const w = await machine('a.socket', text, { 'a.service': '[Service]\nExecStart=/usr/bin/d\n' });
  w.host.advance(4_000);
  await change(w, 'a.socket', '[Socket]\nTimeoutSec=10\n');
  w.host.advance(5_999);
  expect(w.unit('a.socket').subState).toBe('start-pre');
  w.host.advance(1);
  expect(w.unit('a.socket').subState).not.toBe('start-pre');
});

describe('a socket that listens', () => {
  async function listening(text: string) {
    const w = await machine('a.socket', text, { 'a.service': '[Service]\nExecStart=/usr/bin/d\n' });
    const open = (): string[] => [...w.host.openFds().values()].filter((what) => what.startsWith('stream '));
    const said = (): string[] =>
      w.logged.flatMap(
        ({ message }) => /^a.socket: (Socket unit configuration has changed.*)/.exec(message)?.[1] ?? [],
      );
    return { w, open, said, socket: w.unit('a.socket') };
  }

  it('goes on where the same lines stand in another order, or are written in another way', async () => {
    const { w, open, said, socket } = await listening('[Socket]\nListenStream=/run/a\nListenStream=[::1]:80\n');
    const before = [...w.host.openFds().keys()];
    await change(w, 'a.socket', '[Socket]\nListenStream=\nListenStream=[0:0::1]:80\nListenStream=/run/a\n');
    expect([...w.host.openFds().keys()]).toEqual(before);
    expect(open()).toEqual(['stream /run/a', 'stream ::1:80']);
    expect([socket.subState, said()]).toEqual(['listening', []]);
    w.host.makeReadable(before.find((fd) => w.host.openFds().get(fd) === 'stream /run/a')!);
    w.host.settle();
    expect(w.unit('a.service').subState).toBe('running');
  });

  it('waits for a restart with lines that are new, and closes what is no longer named', async () => {
    const { w, open, said, socket } = await listening('[Socket]\nListenStream=/run/a\nListenStream=/run/b\n');
    await change(w, 'a.socket', '[Socket]\nListenStream=\nListenStream=/run/a\nListenStream=/run/c\n');
    expect(open()).toEqual(['stream /run/a']);
    expect(w.files.tryLstat('/run/b')?.type).toBe('socket');
    expect(socket.subState).toBe('listening');
    expect(said()).toEqual([
      'Socket unit configuration has changed while unit has been running, and some socket file descriptors have not been opened yet. The socket unit is not fully functional until restarted.',
    ]);
    await w.systemctl('restart a.socket');
    expect(open()).toEqual(['stream /run/a', 'stream /run/c']);
  });

  it('has nothing left without its file, and only a restart brings it back', async () => {
    const text = '[Socket]\nListenStream=/run/a\n';
    const { w, open, said, socket } = await listening(text);
    w.files.unlink('/etc/systemd/system/a.socket');
    await w.systemctl('daemon-reload');
    expect([socket.subState, open()]).toEqual(['listening', []]);
    w.put('/etc/systemd/system/a.socket', text);
    await w.systemctl('daemon-reload');
    expect([socket.subState, open()]).toEqual(['listening', []]);
    expect(said()).toEqual(
      Array(2).fill(
        'Socket unit configuration has changed while unit has been running, no open socket file descriptor left. The socket unit is not functional until restarted.',
      ),
    );
    await w.systemctl('restart a.socket');
    expect(open()).toEqual(['stream /run/a']);
  });
});
