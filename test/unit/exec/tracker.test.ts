import { describe, expect, it } from 'vitest';
import { ProcessTracker } from '../../../src/exec/tracker.ts';
import type { SpawnRequest } from '../../../src/sys/host.ts';
import { SimHost } from '../../support/sim/host.ts';
import type { SimProcess } from '../../support/sim/processes.ts';

function request(tag: number | undefined): SpawnRequest {
  return {
    path: '/usr/bin/d',
    argv: ['d'],
    env: [],
    stdin: { kind: 'null' },
    stdout: { kind: 'null' },
    stderr: { kind: 'null' },
    umask: 0o22,
    limits: {},
    ignoreSigpipe: true,
    session: true,
    noNewPrivileges: false,
    ...(tag === undefined ? {} : { tag }),
  };
}

function machine(options: ConstructorParameters<typeof SimHost>[0] = {}) {
  const host = new SimHost(options);
  const tracker = new ProcessTracker(host);
  host.onExit = (exit) => tracker.exited(exit.pid, exit.cpuMs);
  const spawn = (key: string, tagged = true): SimProcess => {
    const { pid } = host.spawn(request(tagged ? tracker.tagFor(key) : undefined));
    tracker.spawned(pid, key);
    return host.table.get(pid)!;
  };
  const pids = (key: string): number[] => tracker.processesOf(key).map((p) => p.pid);
  return { host, tracker, spawn, pids };
}

describe('tags', () => {
  it('are the same for a unit, and different for different units', () => {
    const { tracker } = machine();
    const a = tracker.tagFor('a')!;
    expect(tracker.tagFor('a')).toBe(a);
    expect(tracker.tagFor('b')).not.toBe(a);
    expect(Number.isSafeInteger(a)).toBe(true);
  });

  it('of a manager inside a service stay within that service', () => {
    const outer = machine();
    const [a, b, c] = ['a', 'b', 'c'].map((key) => outer.tracker.tagFor(key)!);
    const inner = machine({ limits: { LOCKS: { soft: b!, hard: b! } } });
    const innermost = machine({ limits: { LOCKS: { soft: 0, hard: inner.tracker.tagFor('x')! } } });
    for (const m of [inner, innermost])
      for (let i = 0; i < 65_535; i += 13) {
        const tag = m.tracker.tagFor(`unit-${i}`)!;
        expect(tag).toBeLessThan(b!);
        expect(tag).toBeGreaterThan(c!);
      }
    expect(a).toBeGreaterThan(b!);
    // The outer manager sees the inner one's processes as those of its service.
    const child = outer.spawn('b').fork();
    child.tag = innermost.tracker.tagFor('unit-5')!;
    expect(outer.pids('b')).toContain(child.pid);
    expect(outer.tracker.unitOfPid(child.pid)).toBe('b');
  });

  it('count only below the manager: one beside it uses the same', () => {
    const { host, tracker, spawn, pids } = machine({ pid: 700 });
    const ours = spawn('a');
    const theirs = host.addForeign();
    theirs.tag = tracker.tagFor('a')!;
    const below = theirs.fork();
    expect(pids('a')).toEqual([ours.pid]);
    expect(tracker.unitOfPid(below.pid)).toBeUndefined();
    // A daemon that has left its session and its parent is still ours.
    const child = ours.fork();
    const daemon = child.fork();
    daemon.setsid();
    host.end(child, 'exited', 0);
    expect(tracker.processesOf('a', true).map(({ pid }) => pid)).toEqual([ours.pid, daemon.pid]);
  });

  it('fit below a small limit of the container, and are done without where there is none', () => {
    const small = machine({ limits: { LOCKS: { soft: 10, hard: 10 } } });
    const tags = Array.from({ length: 12 }, (_, i) => small.tracker.tagFor(`u${i}`));
    expect(tags.slice(0, 9)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect(tags.slice(9)).toEqual([undefined, undefined, undefined]);
    // A unit that is gone makes room; one whose process still bears the tag does not.
    const { pid } = small.host.spawn(request(9));
    small.tracker.adopt(pid, 'u0');
    small.tracker.forget('u0');
    small.tracker.forget('u1');
    expect(small.tracker.tagFor('new')).toBe(8);
    expect(small.tracker.tagFor('newer')).toBeUndefined();
    expect(machine({ limits: { LOCKS: { soft: 0, hard: 0 } } }).tracker.tagFor('a')).toBeUndefined();
  });
});

describe('processes of a unit', () => {
  it('are found through forks, sessions and changes of user', () => {
    const { spawn, pids, host } = machine();
    const main = spawn('a');
    spawn('b');
    const daemon = main.daemonize();
    daemon.uid = 33;
    main.exit(0);
    host.settle();
    expect(pids('a')).toEqual([daemon.pid]);
    expect(pids('b')).toHaveLength(1);
  });

  it('are found by lineage where the tag is lost, also when the parent is gone by then', () => {
    const { spawn, pids, host } = machine();
    const main = spawn('a');
    const child = main.fork();
    child.tag = undefined;
    const grandchild = child.fork();
    expect(pids('a').sort()).toEqual([main.pid, child.pid, grandchild.pid].sort());
    host.end(main, 'exited', 0);
    host.end(child, 'exited', 0);
    grandchild.setsid();
    expect(pids('a')).toEqual([grandchild.pid]);
    // Never seen before, its parent ended: its session tells.
    const late = spawn('b', false);
    const orphan = late.fork();
    host.end(late, 'exited', 0);
    host.settle();
    expect(pids('b')).toEqual([orphan.pid]);
  });

  it('are nobody else’s: what docker exec starts belongs to no unit', () => {
    const { spawn, pids, host, tracker } = machine();
    spawn('a');
    const shell = host.addForeign();
    const child = shell.fork();
    expect(pids('a')).toHaveLength(1);
    expect(tracker.unitOfPid(shell.pid)).toBeUndefined();
    expect(tracker.unitOfPid(child.pid)).toBeUndefined();
    expect(tracker.unitOfPid(1)).toBeUndefined();
  });

  it('do not include zombies', () => {
    const { spawn, pids, host } = machine();
    const main = spawn('a');
    const child = main.fork();
    child.zombie = true;
    expect(pids('a')).toEqual([main.pid]);
    expect(host.table.has(child.pid)).toBe(true);
  });

  it('a recycled pid is not the process it was', () => {
    const { spawn, pids, host } = machine();
    const main = spawn('a');
    main.tag = undefined;
    expect(pids('a')).toEqual([main.pid]);
    host.table.delete(main.pid);
    const stranger = host.addForeign();
    host.table.delete(stranger.pid);
    Object.defineProperty(stranger, 'pid', { value: main.pid });
    stranger.setsid();
    host.table.set(main.pid, stranger);
    host.settle();
    expect(pids('a')).toEqual([]);
  });

  it('cost one scan for all that ask in a turn, and none for a unit that never ran', () => {
    const { spawn, host, tracker } = machine();
    let scans = 0;
    const processes = host.processes.bind(host);
    host.processes = () => {
      scans++;
      return processes();
    };
    for (let i = 0; i < 50; i++) expect(tracker.processesOf(`u${i}`)).toEqual([]);
    expect(scans).toBe(0);
    for (let i = 0; i < 50; i++) spawn(`u${i}`);
    host.settle();
    for (let i = 0; i < 50; i++) expect(tracker.processesOf(`u${i}`)).toHaveLength(1);
    expect(scans).toBe(1);
  });

  it('looks again where the last process of a unit is found dead: it may have forked after the list was read', () => {
    const { host, spawn, pids } = machine();
    const parent = spawn('a');
    const child = parent.fork();
    const { processes } = host;
    // The list was read before the fork, the parent's state after its end.
    host.processes = () => {
      host.processes = processes;
      const before = host.processes().filter(({ pid }) => pid !== child.pid);
      return before.map((info) => (info.pid === parent.pid ? { ...info, state: 'Z' } : info));
    };
    expect(pids('a')).toContain(child.pid);
  });

  it('looks again where a process has ended that was alive at the last look: it may have forked since', () => {
    const { host, spawn, pids } = machine();
    const parent = spawn('a');
    const other = spawn('b');
    // Something of this turn asks; what ends meanwhile is told before the turn is over.
    expect(pids('b')).toEqual([other.pid]);
    const daemon = parent.fork();
    host.end(parent, 'exited', 0);
    expect(pids('a')).toEqual([daemon.pid]);
  });
});

describe('whenEmpty', () => {
  it('calls back once the last process has gone, and at once where there is none', () => {
    const { spawn, host, tracker } = machine();
    const main = spawn('a');
    const daemon = main.daemonize();
    const calls: string[] = [];
    tracker.whenEmpty('a', () => calls.push('a'));
    tracker.whenEmpty('never', () => calls.push('never'));
    host.settle();
    expect(calls).toEqual(['never']);
    main.exit(0);
    host.settle();
    expect(calls).toEqual(['never']);
    daemon.exit(0);
    host.settle();
    expect(calls).toEqual(['never', 'a']);
  });
});

describe('a crowd of daemons', () => {
  it('is never mixed up: forks twice, sessions, other users, lost tags, strangers between them', () => {
    const { spawn, host, tracker } = machine();
    let seed = 12345;
    const random = (n: number): number => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return seed % n;
    };
    const owner = new Map<SimProcess, string | undefined>();
    for (let i = 0; i < 40; i++) owner.set(spawn(`s${i}`), `s${i}`);
    for (let step = 0; step < 4000; step++) {
      const all = [...owner.keys()].filter((p) => p.alive && host.table.has(p.pid));
      const process = all[random(all.length)];
      if (process === undefined) break;
      const key = owner.get(process);
      switch (random(8)) {
        case 0:
        case 1:
          owner.set(process.fork(), key);
          break;
        case 2: {
          const daemon = process.daemonize();
          daemon.uid = random(2000);
          owner.set(daemon, key);
          break;
        }
        case 3:
          process.setsid();
          break;
        case 4:
          if (all.length > 60) host.end(process, 'exited', 0);
          break;
        case 5:
          if (random(10) === 0) owner.set(host.addForeign(), undefined);
          break;
        case 6:
          // Root in the service resets the limit; the next look still knows the process.
          tracker.unitOfPid(process.pid);
          process.tag = undefined;
          break;
        case 7: {
          const name = `s${random(40)}`;
          if (!all.some((p) => owner.get(p) === name)) owner.set(spawn(name), name);
          break;
        }
      }
      host.settle();
      if (step % 10 !== 0) continue;
      for (const p of owner.keys()) if (host.table.get(p.pid) !== p) owner.delete(p);
      const wrong = [...owner].filter(([p, key]) => p.alive && tracker.unitOfPid(p.pid) !== key);
      expect(wrong).toEqual([]);
    }
    for (let i = 0; i < 40; i++) {
      const expected = [...owner].filter(([p, key]) => key === `s${i}` && host.table.get(p.pid) === p);
      expect(
        tracker
          .processesOf(`s${i}`)
          .map((p) => p.pid)
          .sort(),
      ).toEqual(expected.map(([p]) => p.pid).sort());
    }
  });
});

describe('a manager that is not the init of a container', () => {
  it('has other tags than the init, and than those beside it that have processes', () => {
    const init = machine();
    const own = machine({ pid: 50 });
    const tag = own.tracker.tagFor('a')!;
    expect(tag).toBeGreaterThan(init.tracker.tagFor('a')!);
    expect(Number.isSafeInteger(tag)).toBe(true);
    expect(own.tracker.capacity).toBe(4095);
    // The one before it has had the same at random.
    const next = machine({ pid: 50 });
    const left = next.host.addProcess(next.host.self, undefined);
    left.tag = tag;
    const other = next.tracker.tagFor('a')!;
    expect(Math.abs(other - tag)).toBeGreaterThanOrEqual(4095 * 2 ** 32);
    expect(other).toBeGreaterThan(init.tracker.tagFor('a')!);
  });

  it('stays within the service that it runs in', () => {
    const outer = machine({ pid: 50 });
    const [b, c] = ['b', 'c'].map((key) => outer.tracker.tagFor(key)!);
    const inside = machine({ pid: 60, limits: { LOCKS: { soft: b!, hard: b! } } });
    for (let i = 0; i < 4095; i++) {
      const tag = inside.tracker.tagFor(`unit-${i}`)!;
      expect(tag).toBeLessThan(b!);
      expect(tag).toBeGreaterThan(c!);
    }
    expect(inside.tracker.tagFor('one more')).toBeUndefined();
  });

  it('says which unit gets which tag, and knows the processes of a tag that it inherits, wherever they are', () => {
    const before = machine({ pid: 50 });
    const said: unknown[] = [];
    before.tracker.onTag = (...facts) => said.push(facts);
    const tag = before.tracker.tagFor('a.service')!;
    before.tracker.tagFor('a.service');
    expect(said).toEqual([['a.service', tag, 2 ** 32]]);

    const { host, tracker, pids, spawn } = machine({ pid: 60, init: 'tini' });
    const left = host.addProcess(host.table.get(1)!, undefined);
    left.tag = tag - 3;
    tracker.inherit(tag, 2 ** 32, 'left.scope');
    expect(pids('left.scope')).toEqual([left.pid]);
    expect(tracker.unitOfPid(left.pid)).toBe('left.scope');
    const child = left.daemonize();
    host.settle();
    expect(pids('left.scope')).toEqual([left.pid, child.pid]);
    const own = spawn('a.service');
    host.settle();
    expect(pids('a.service')).toEqual([own.pid]);
    expect(pids('left.scope')).not.toContain(own.pid);
  });
});
