import { describe, expect, it } from 'vitest';
import { shrinkList, simplifyItems } from '../../../src/simulation/shrink.ts';
import type { InvariantBroken, Program, Simulation, UnitTexts } from '../../../src/simulation/simulate.ts';
import { explore, simulate } from '../../../src/simulation/simulate.ts';

const units: UnitTexts = {
  'a.service': { Service: { ExecStart: '/usr/bin/a', Restart: 'on-failure', RestartSec: '5s' } },
  'b.service': { Service: { Type: 'notify', ExecStart: '/usr/bin/b', TimeoutStartSec: '30s' } },
  'c.service': { Service: { ExecStart: '/usr/bin/c' } },
};

/** Needs two events at least: b goes, and a comes back after an end that was no good one. */
const planted = (sim: Simulation): string | undefined => {
  const isGone = sim.unit('b.service').activeState !== 'active';
  return isGone && sim.unit('a.service').nRestarts > 0 ? 'a was restarted, and b is gone' : undefined;
};

const broken = (options: Partial<Parameters<typeof explore>[0]> = {}): Promise<InvariantBroken> =>
  explore({ units, seeds: 100, invariant: planted, ...options }).then(
    () => expect.unreachable('it holds'),
    (error) => error,
  );

describe('explore', () => {
  it('finds what breaks an invariant, and leaves the fewest events, which can be played', async () => {
    const error = await broken();
    expect(error.name).toBe('InvariantBroken');
    const [head, after, ...events] = error.message.split('\n');
    expect(head).toBe(`seed ${error.seed}: ${error.reason}`);
    expect(after).toMatch(/^ {2}after \d of \d+ events:$/);
    expect(events).toEqual(error.events.map((event, index) => `    ${index + 1}. ${event}`));

    const verdictAfter = async (list: readonly string[]): Promise<string | undefined> => {
      const sim = await simulate({ units, seed: error.seed });
      await sim.start(Object.keys(units));
      await sim.play(list);
      await sim.advance('5min');
      return planted(sim);
    };
    expect(await verdictAfter(error.events)).toBe(error.reason);
    expect(error.events.length).toBeGreaterThan(1);
    for (const left of error.events)
      expect(await verdictAfter(error.events.filter((event) => event !== left))).toBeUndefined();
  });

  it('is the same for the same seed', async () => {
    const { seed, message } = await broken();
    expect((await broken({ seeds: [seed] })).message).toBe(message);
  });

  it('of a simulation begins anew each time, and counts what it did', async () => {
    const sim = await simulate({ units });
    const seen = new Set<Simulation>();
    const result = await sim.explore({
      seeds: 3,
      events: 4,
      faults: ['kill'],
      invariant: (other) => {
        seen.add(other);
        return true;
      },
    });
    expect(result.seeds).toBe(3);
    expect(result.events).toBeGreaterThanOrEqual(3);
    expect(result.events).toBeLessThanOrEqual(12);
    expect(result.looks).toBeGreaterThanOrEqual(3);
    expect(seen.size).toBe(3);
    expect(sim.unit('a.service').starts).toBe(0);
  });

  it('an assertion that throws is a verdict, an error of a script is none', async () => {
    const error = await broken({
      invariant: (sim) => void expect(sim.unit('c.service').activeState).not.toBe('active'),
    });
    expect(error.name).toBe('InvariantBroken');
    expect(error.events).toEqual([]);
    expect(error.cause).toBeInstanceOf(Error);
    const script = (): never => {
      throw new Error('planted in a script');
    };
    await expect(explore({ units, programs: { '/usr/bin/c': script }, invariant: () => true })).rejects.toThrow(
      'planted in a script',
    );
  });

  it('says what is no option of it', async () => {
    await expect(explore({ invariant: () => true })).rejects.toThrow(
      'there is no unit to which something could happen',
    );
    await expect(explore({ units, seeds: [-1], invariant: () => true })).rejects.toThrow('seeds: -1; valid are');
    const faults = ['fire'] as never;
    await expect(explore({ units, faults, invariant: () => true })).rejects.toThrow(
      "'fire' is none; valid are exit, kill",
    );
  });
});

describe('events', () => {
  it.each([
    ['exit a.service 1', { activeState: 'activating', subState: 'auto-restart', exitStatus: 1 }],
    ['kill a.service SIGKILL', { subState: 'auto-restart', exitStatus: 'SIGKILL' }],
    ['stop a.service', { activeState: 'inactive' }],
    ['restart a.service', { activeState: 'active', starts: 2 }],
    ['start a.service', { activeState: 'active', starts: 1 }],
  ])('%s', async (event, state) => {
    const sim = await simulate({ units });
    await sim.start('a.service');
    await sim.play([event]);
    expect(sim.unit('a.service')).toMatchObject(state);
  });

  it('fail, delay and hang are about the next start only', async () => {
    const sim = await simulate({ units });
    const b = sim.unit('b.service');
    await sim.play(['fail b.service 3', 'start b.service', 'after 1s']);
    expect(b).toMatchObject({ activeState: 'failed', exitStatus: 3 });
    await sim.play(['delay b.service 10s', 'start b.service', '+9s order 4']);
    expect(b.activeState).toBe('activating');
    await sim.play(['after 2s']);
    expect(b.activeState).toBe('active');
    await sim.play(['hang b.service', 'restart b.service', 'after 31s']);
    expect(b.result).toBe('timeout');
    await b.start();
    expect(b.activeState).toBe('active');
  });

  it('order changes which of two things comes first', async () => {
    const programs = {
      '/usr/bin/a': (p: Program) => p.after('1s', () => p.log('a')),
      '/usr/bin/c': (p: Program) => p.after('1s', () => p.log('c')),
    };
    const seen = new Set<string>();
    for (let lot = 1; lot <= 10; lot++) {
      const sim = await simulate({ units, programs });
      await sim.play([`order ${lot}`, 'start a.service', 'start c.service', 'after 2s']);
      seen.add(
        sim
          .journal({ programsOnly: true })
          .map(({ message }) => message)
          .join(' '),
      );
    }
    expect([...seen].sort()).toEqual(['a c', 'c a']);
  });

  it('that there are not are refused', async () => {
    const sim = await simulate({ units });
    await expect(sim.play(['burn a.service'])).rejects.toThrow("'burn a.service' is no event; valid are start, stop");
    await expect(sim.play(['exit a.service'])).rejects.toThrow('is no event');
    await expect(sim.play(['exit a.service 300'])).rejects.toThrow('300 is no exit status');
    await expect(sim.play(['kill a.service SIGNOT'])).rejects.toThrow("'SIGNOT' is no signal");
  });
});

describe('a list that fails is made short', () => {
  it('down to what is needed, wherever it stands', async () => {
    const list = Array.from({ length: 50 }, (_, index) => index);
    const needs = (fewer: readonly number[]) => Promise.resolve([0, 17, 49].every((item) => fewer.includes(item)));
    expect(await shrinkList(list, needs)).toEqual([0, 17, 49]);
    expect(await shrinkList(list, () => Promise.resolve(true))).toEqual([]);
  });

  it('and its items simple', async () => {
    const simple = await simplifyItems(
      [30, 5],
      (item) => [1, item - 1],
      (other) => Promise.resolve(other[1]! > 3),
    );
    expect(simple).toEqual([1, 4]);
  });
});
