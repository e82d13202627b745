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
