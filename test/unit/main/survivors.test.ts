import { describe, expect, it } from 'vitest';
import { worldOf } from '../../../src/control/places.ts';
import { findSurvivors, haveSurvivors, holdsSurvivors, keepRecord } from '../../../src/main/record.ts';
import { takeIn } from '../../../src/main/survivors.ts';
import type { SimProcess } from '../../../src/simulation/machine/host.ts';
import { SimSystem } from '../../support/sim-system.ts';

const place = { directory: '/run/pidone' };
const stride = 2 ** 32;
const tag = 2 ** 53 - 77 * stride;
const check = 2 ** 53 - 300 * stride;

/** A manager that is not PID 1, and a.service of the one before it: two processes, of which one has gone its own way. */
function afterKill(unit = '') {
  const system = new SimSystem(
    {
      '/etc/systemd/system/a.service': `[Service]\nExecStart=/usr/bin/a\n${unit}`,
      '/etc/systemd/system/b.service': '[Service]\nExecStart=/usr/bin/b\n',
    },
    { pid: 50, init: 'tini' },
  );
  const { host, manager } = system;
  const left: SimProcess[] = [];
  for (const below of [0, 5]) {
    const process = host.addProcess(host.table.get(1)!, undefined);
    Object.assign(process, { tag: tag - below, check: check - below });
    process.setsid();
    left.push(process);
  }
  const other = host.addProcess(host.table.get(1)!, undefined);
  Object.assign(other, { tag, check: check - stride });
  host.files.put('/run/pidone/units', `${worldOf(host)}\n${tag} ${check} ${stride} a.service\n`);
  const alive = (): boolean[] => left.map((process) => process.alive);
  return { system, host, manager, left, other, alive, found: findSurvivors(host, place) };
}

describe('what outlives a manager that was killed', () => {
  it('is found by its mark, and by no other', () => {
    const { found, left, host } = afterKill();
    expect(found).toMatchObject([
      { unit: 'a.service', mark: { tag, check }, processes: left.map(({ pid }) => ({ pid })) },
    ]);
    expect(haveSurvivors(host, 'system')).toBe(true);
  });

  it('is not looked for in the record of another life, or in none', () => {
    const { host } = afterKill();
    host.files.put('/run/pidone/units', `another world\n${tag} ${check} ${stride} a.service\n`);
    expect(findSurvivors(host, place)).toEqual([]);
    host.files.put('/run/pidone/units', `${worldOf(host)}\n${tag} ${check} x a.service\nnonsense`);
    expect(findSurvivors(host, place)).toEqual([]);
    host.files.unlink('/run/pidone/units');
    expect(haveSurvivors(host, 'system')).toBe(false);
  });

  it('is told of, and gives the manager something to do', async () => {
    const { system, manager, found, left } = afterKill();
    expect(takeIn(manager, found)).toBe(
      'The last manager was killed. What it has left running ends before its unit is started or stopped: ' +
        `a.service: ${left.map(({ pid }) => `${pid} (forked)`).join(', ')}.\n`,
    );
    system.host.settle();
    expect((await system.systemctl('is-active a.service left-a.service.scope')).out).toBe('inactive\nactive\n');
    expect([...manager.units.all()].filter(holdsSurvivors).map(({ id }) => id)).toEqual(['left-a.service.scope']);
    expect(takeIn(manager, [])).toBeUndefined();
  });

  it.each(['start', 'restart', 'reload-or-restart'])(
    'ends before a %s of its unit, which is there once then',
    async (verb) => {
      const { system, host, manager, found, alive, other } = afterKill();
      takeIn(manager, found);
      host.settle();
      host.onSpawn = () => expect(alive()).toEqual([false, false]);
      expect(await system.systemctl(`${verb} a.service`)).toMatchObject({ status: 0 });
      expect(host.spawned.map(({ comm }) => comm)).toEqual(['a']);
      expect(other.alive).toBe(true);
      expect((await system.systemctl('is-active a.service left-a.service.scope')).out).toBe('active\ninactive\n');
    },
  );

  it('ends with a stop of its unit, as that says, and not with one of another', async () => {
    const { system, manager, host, found, left, alive } = afterKill('KillSignal=SIGUSR1\nTimeoutStopSec=5\n');
    takeIn(manager, found);
    host.settle();
    left[0]!.ignores.add(10);
    await system.systemctl('start b.service');
    await system.systemctl('stop b.service');
    expect(alive()).toEqual([true, true]);
    const begin = host.monotonic();
    expect(await system.systemctl('stop a.service')).toMatchObject({ status: 0 });
    expect(left.map(({ received }) => received[0])).toEqual([10, 10]);
    host.advance(6000);
    expect(alive()).toEqual([false, false]);
    expect(left[0]!.received).toContain(9);
    expect(host.monotonic() - begin).toBeGreaterThan(5000);
  });

  it('is written down as it is started, with what was found', async () => {
    const { system, manager, host, found } = afterKill();
    keepRecord(manager, place, found);
    await system.systemctl('start b.service');
    const b = host.spawned.find(({ comm }) => comm === 'b')!;
    expect(host.files.readText('/run/pidone/units')).toBe(
      `${worldOf(host)}\n${tag} ${check} ${stride} a.service\n${b.tag} ${b.check} ${stride} b.service\n`,
    );
    expect(findSurvivors(host, place).map(({ unit }) => unit)).toEqual(['a.service', 'b.service']);
  });

  it('goes on where nothing can be written down', async () => {
    const { system, manager, host } = afterKill();
    host.files.closed.set('/run', 'ENOSPC');
    host.files.unlink('/run/pidone/units');
    keepRecord(manager, place, []);
    expect(await system.systemctl('start a.service b.service')).toMatchObject({ status: 0 });
  });
});
