import { describe, expect, it } from 'vitest';
import { Exits } from '../../../src/manager/exits.ts';
import type { ProcessExit } from '../../../src/sys/host.ts';
import type { ActiveState, Unit } from '../../../src/units/unit.ts';

const exit = (pid: number, cpuMs = 0): ProcessExit => ({ pid, how: 'exited', status: 0, cpuMs, maxRssKiB: 0 });

/** Processes 1…9 are of a.service. */
function world(activeState: ActiveState = 'active') {
  const heard: string[] = [];
  const exits = new Exits({
    guard: {
      run: (what, callback) => {
        try {
          callback();
        } catch {
          heard.push(`error in ${what}`);
        }
      },
    },
    tracker: {
      exited: (pid, cpuMs) => {
        heard.push(`tracker ${pid} ${cpuMs}`);
        return pid < 10 ? 'a.service' : pid < 20 ? 'gone.service' : undefined;
      },
    },
    journal: { pullUnit: (unit) => void heard.push(`pull ${unit}`) },
    oomKills: { claims: ({ status }) => status === 9 },
    units: {
      find: (name) =>
        name === 'a.service'
          ? ({
              id: name,
              activeState,
              processesMayBeGone: () => void heard.push(`may be gone ${name}`),
              processOomKilled: () => void heard.push(`out of memory ${name}`),
            } as unknown as Unit)
          : undefined,
      mayBeUnused: ({ id }) => void heard.push(`may be unused ${id}`),
    },
    touched: { unit: () => {} },
  });
  const watcher = (name: string) => ({
    processExited: ({ pid, cpuMs }: ProcessExit) => void heard.push(`${name} ${pid} ${cpuMs}`),
  });
  return { exits, heard, watcher };
}

describe('the end of a process', () => {
  it('is told to the tracker, then what it has still said is read, then who waits and its unit hear of it', () => {
    const { exits, heard, watcher } = world();
    exits.watch(5, watcher('main'));
    exits.exited([exit(5, 120)]);
    expect(heard).toEqual(['tracker 5 120', 'pull a.service', 'main 5 120', 'may be gone a.service']);
  });

  it('may be the end of a unit that is down already, and was kept for it', () => {
    for (const state of ['inactive', 'failed'] as const) {
      const { exits, heard } = world(state);
      exits.exited([exit(5)]);
      expect(heard.slice(2)).toEqual(['may be gone a.service', 'may be unused a.service']);
    }
  });

  it('for want of memory is told to its unit before anybody else', () => {
    const { exits, heard, watcher } = world();
    exits.watch(5, watcher('main'));
    exits.exited([{ ...exit(5), how: 'killed', status: 9 }]);
    expect(heard).toEqual([
      'tracker 5 0',
      'pull a.service',
      'out of memory a.service',
      'main 5 0',
      'may be gone a.service',
    ]);
  });

  it('is told once; whoever watches again takes the place of the other', () => {
    const { exits, heard, watcher } = world();
    exits.watch(30, watcher('first'));
    exits.watch(30, watcher('second'));
    exits.exited([exit(30)]);
    exits.exited([exit(30)]);
    expect(heard).toEqual(['tracker 30 0', 'second 30 0', 'tracker 30 0']);
  });

  it('may be watched from within the end of another, also under the same number', () => {
    const { exits, heard, watcher } = world();
    exits.watch(30, { processExited: () => exits.watch(30, watcher('next')) });
    exits.exited([exit(30)]);
    exits.exited([exit(30)]);
    expect(heard).toEqual(['tracker 30 0', 'tracker 30 0', 'next 30 0']);
  });

  it('is nothing to who has stopped waiting, nor to a unit that is gone', () => {
    const { exits, heard, watcher } = world();
    exits.watch(15, watcher('main'));
    expect(exits.watcherOf(15)).toBeDefined();
    exits.unwatch(15);
    expect(exits.watcherOf(15)).toBeUndefined();
    exits.exited([exit(15)]);
    expect(heard).toEqual(['tracker 15 0', 'pull gone.service']);
  });

  it('comes with that of others: the tracker knows of all before the first unit looks what is left, and each looks once', () => {
    const { exits, heard, watcher } = world();
    exits.watch(5, watcher('main'));
    exits.watch(15, watcher('other'));
    exits.exited([exit(5), exit(6), exit(15)]);
    expect(heard).toEqual([
      'tracker 5 0',
      'tracker 6 0',
      'tracker 15 0',
      'pull a.service',
      'pull gone.service',
      'main 5 0',
      'other 15 0',
      'may be gone a.service',
    ]);
  });

  it('is told also where who heard of the one before it has failed', () => {
    const { exits, heard, watcher } = world();
    exits.watch(30, {
      processExited: () => {
        throw new Error('of a unit');
      },
    });
    exits.watch(31, watcher('next'));
    exits.exited([exit(30), exit(31)]);
    expect(heard).toEqual(['tracker 30 0', 'tracker 31 0', 'error in exit of a process', 'next 31 0']);
  });
});
