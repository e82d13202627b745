import { describe, expect, it } from 'vitest';
import type { Mark, OwnLimits } from '../../../src/exec/marks.ts';
import { ProcessTracker } from '../../../src/exec/tracker.ts';
import { SimHost } from '../../../src/simulation/machine/host.ts';
import type { SimProcess } from '../../../src/simulation/machine/processes.ts';
import type { SpawnRequest } from '../../../src/sys/host.ts';

function request(mark: Partial<Mark> = {}, uid?: number): SpawnRequest {
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
    ...(mark.tag === undefined ? {} : { tag: mark.tag }),
    ...(mark.check === undefined ? {} : { check: mark.check }),
    ...(uid === undefined ? {} : { uid }),
  };
}

// Processes are found by walking down from the manager's children, or, where the kernel does not tell of these, among all.
describe.each([
  ['tells', true],
  ['does not tell', false],
])('where the kernel %s who is whose child', (_kernel, tellsChildren) => {
  function machine(options: ConstructorParameters<typeof SimHost>[0] = {}) {
    const host = new SimHost({ tellsChildren, ...options });
    const tracker = new ProcessTracker(host);
    host.onExits = (exits) => {
      for (const { pid, cpuMs } of exits) tracker.exited(pid, cpuMs);
    };
    const spawn = (key: string, marked = true, uid?: number, own: OwnLimits = {}): SimProcess => {
      const mark = marked ? tracker.markOf(key, uid, own) : undefined;
      const { pid } = host.spawn(
        request({ tag: own.tag ? 10 : mark?.tag, check: own.check ? 200_000 : mark?.check } as Partial<Mark>, uid),
      );
      tracker.spawned(pid, key);
      return host.table.get(pid)!;
    };
    const pids = (key: string): number[] => tracker.processesOf(key).map((p) => p.pid);
    return { host, tracker, spawn, pids };
  }

  describe('tags', () => {
    it('are the same for a unit, and different for different units', () => {
      const { tracker } = machine();
      const a = tracker.markOf('a')!.tag;
      expect(tracker.markOf('a')?.tag).toBe(a);
      expect(tracker.markOf('b')?.tag).not.toBe(a);
      expect(Number.isSafeInteger(a)).toBe(true);
    });

    it('of a manager inside a service stay within that service', () => {
      const outer = machine();
      const [a, b, c] = ['a', 'b', 'c'].map((key) => outer.tracker.markOf(key)!);
      const inside = ({ tag, check }: Mark) =>
        machine({ limits: { LOCKS: { soft: 0, hard: tag }, RTTIME: { soft: 0, hard: check! } } });
      const inner = inside(b!);
      const innermost = inside(inner.tracker.markOf('x')!);
      for (const m of [inner, innermost])
        for (let i = 0; i < 65_535; i += 13) {
          const { tag, check } = m.tracker.markOf(`unit-${i}`)!;
          expect(tag < b!.tag && tag > a!.tag && check! < b!.check! && check! > c!.check!).toBe(true);
        }
      // The outer manager sees the inner one's processes as those of its service.
      const child = outer.spawn('b').daemonize();
      Object.assign(child, innermost.tracker.markOf('unit-5'));
      expect(outer.pids('b')).toContain(child.pid);
      expect(outer.tracker.unitOfPid(child.pid)).toBe('b');
    });

    it('count only below the manager: one beside it uses the same', () => {
      const { host, tracker, spawn, pids } = machine({ pid: 700 });
      const ours = spawn('a');
      const theirs = host.addForeign();
      theirs.tag = tracker.markOf('a')!.tag;
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
      const tags = Array.from({ length: 12 }, (_, i) => small.tracker.markOf(`u${i}`)?.tag);
      expect(tags.slice(0, 9)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
      expect(tags.slice(9)).toEqual([undefined, undefined, undefined]);
      // A unit that is gone makes room; one whose process still bears the tag does not.
      const { pid } = small.host.spawn(request({ tag: 1 }));
      small.tracker.adopt(pid, 'u0');
      small.tracker.forget('u0');
      small.tracker.forget('u1');
      expect(small.tracker.markOf('new')?.tag).toBe(2);
      expect(small.tracker.markOf('newer')?.tag).toBeUndefined();
      expect(machine({ limits: { LOCKS: { soft: 0, hard: 0 } } }).tracker.markOf('a')?.tag).toBeUndefined();
    });
  });

  describe('a mark that a process has changed', () => {
    /** An orphan that nobody has seen before it left its parents. */
    const orphanOf = (process: SimProcess, mark: Partial<SimProcess>): SimProcess => {
      const orphan = process.daemonize();
      return Object.assign(orphan, mark);
    };
    const users = { root: 0, web: 33, mail: 8 };
    function services() {
      const m = machine();
      const of = (key: string, uid: number, own?: OwnLimits) => m.spawn(key, true, uid, own);
      return {
        ...m,
        of,
        root: of('root', users.root),
        web: of('web', users.web),
        web2: of('web2', users.web),
        mail: of('mail', users.mail),
      };
    }

    it('can’t be made that of another unit by lowering it, whatever the users', () => {
      const { root, web, web2, mail } = services();
      const all = [root, web, web2, mail];
      for (const from of all)
        for (const to of all)
          if (from !== to)
            expect([from, to, to.tag! <= from.tag! && to.check! <= from.check!]).toEqual([from, to, false]);
      // Nor is the check of root's ever below another's.
      for (const from of [web, web2, mail]) expect(root.check!).toBeGreaterThan(from.check!);
    });

    it('gives no authority and no place in a unit of another user', () => {
      const { tracker, root, web, mail, pids } = services();
      for (const [attacker, victim] of [
        [web, root],
        [web, mail],
        [mail, web],
        [mail, root],
      ] as const) {
        const { tag, check } = attacker;
        const lower = { tag: Math.min(tag!, victim.tag!), check: Math.min(check!, victim.check!) };
        const victimKey = victim === root ? 'root' : victim === web ? 'web' : 'mail';
        for (const mark of [lower, { tag: victim.tag!, check: 0 }, { tag: 0, check: lower.check }]) {
          const orphan = orphanOf(attacker, mark);
          expect(tracker.unitOfPid(orphan.pid)).not.toBe(victimKey);
          expect(pids(victimKey)).not.toContain(orphan.pid);
        }
      }
    });

    it('lets no process out of its unit: what may have come from there ends with it', () => {
      const { tracker, web, web2, mail, host } = services();
      const orphans = [
        { tag: 0, check: 0 },
        { tag: web2.tag!, check: web.check! },
        { tag: mail.tag!, check: 0 },
        { tag: 0, check: web.check! },
      ].map((mark) => orphanOf(web2, mark));
      const gone = [...tracker.suspectsOf('web2'), ...tracker.processesOf('web2')].map(({ pid }) => pid);
      for (const orphan of orphans) expect(gone).toContain(orphan.pid);
      // Others' stops end it only where nothing is left of its mark.
      expect(tracker.suspectsOf('mail').map(({ pid }) => pid)).toEqual([orphans[0]!.pid, orphans[2]!.pid]);
      // Also once they have been seen, and have changed it again.
      host.settle();
      for (const orphan of orphans) Object.assign(orphan, { tag: 0, check: 0 });
      expect([...tracker.suspectsOf('web2'), ...tracker.processesOf('web2')].map(({ pid }) => pid)).toEqual(gone);
    });

    it('counts for nothing where its parents are known, or it was known before', () => {
      const { tracker, web, root, pids, host } = services();
      const child = Object.assign(web.fork(), { tag: root.tag, check: 0 });
      expect(tracker.unitOfPid(child.pid)).toBe('web');
      host.end(web, 'exited', 0);
      child.setsid();
      host.settle();
      expect(pids('web')).toEqual([child.pid]);
      expect(tracker.suspectsOf('web2')).toEqual([]);
    });

    it.each([
      ['LimitLOCKS=', { tag: true }],
      ['LimitRTTIME=', { check: true }],
    ])('by %s of its unit is expected: nothing is lost, and nobody else’s stop ends it', (_, own) => {
      const { tracker, of, pids } = services();
      const main = of('limited', users.web, own);
      const orphan = main.daemonize();
      expect(pids('limited')).toEqual([main.pid, orphan.pid]);
      expect(tracker.unitOfPid(orphan.pid)).toBe('limited');
      for (const key of ['web', 'web2', 'mail', 'root']) expect(tracker.suspectsOf(key)).toEqual([]);
      const ofRoot = of('of-root', users.root, own);
      const daemon = orphanOf(ofRoot, { uid: users.mail });
      expect([...tracker.processesOf('of-root', true), ...tracker.suspectsOf('of-root')].map(({ pid }) => pid)).toEqual(
        [ofRoot.pid, daemon.pid],
      );
    });

    it.each([
      ['lowered', 100],
      ['raised', undefined],
    ])('by root’s ulimit -x, %s, loses nothing: the other limit tells', (_, tag) => {
      const { tracker, root, pids } = services();
      const orphan = orphanOf(root, { tag });
      expect(pids('root')).toEqual([root.pid, orphan.pid]);
      expect(tracker.unitOfPid(orphan.pid)).toBe('root');
    });

    it('is not looked at in processes that are nobody’s child here: those that docker exec starts', () => {
      const { host, tracker, root, pids } = services();
      const shell = Object.assign(host.addForeign(), { uid: users.web, tag: root.tag, check: root.check });
      const child = shell.fork();
      expect(pids('root')).toEqual([root.pid]);
      expect(tracker.unitOfPid(child.pid)).toBeUndefined();
    });

    it('is another one where the unit runs as another user by now', () => {
      const { tracker, of, web, pids } = services();
      const before = web.tag;
      const now = of('web', users.root);
      expect(now.tag).not.toBe(before);
      expect(pids('web')).toEqual([web.pid, now.pid]);
      expect(tracker.markOf('web', users.root)?.tag).toBe(now.tag);
    });
  });

  describe('who has sent something', () => {
    it('is not the process that has got its number since', () => {
      const { spawn, tracker } = machine();
      const process = spawn('a', true, 33);
      expect(tracker.unitOfPid(process.pid, 33)).toBe('a');
      expect(tracker.unitOfPid(process.pid, 34)).toBeUndefined();
      // Root may send in the name of any.
      expect(tracker.unitOfPid(process.pid, 0)).toBe('a');
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

    it('cost one look for all that ask in a turn, and none for a unit that never ran', () => {
      const { spawn, host, tracker } = machine();
      let looks = 0;
      const { processes, childrenOf } = host;
      host.processes = () => {
        looks++;
        return processes.call(host);
      };
      host.childrenOf = (pid) => {
        if (tellsChildren) looks++;
        return childrenOf.call(host, pid);
      };
      for (let i = 0; i < 50; i++) expect(tracker.processesOf(`u${i}`)).toEqual([]);
      expect(looks).toBe(0);
      for (let i = 0; i < 50; i++) spawn(`u${i}`);
      expect(tracker.processesOf('u0')).toHaveLength(1);
      host.settle();
      looks = 0;
      for (let i = 0; i < 50; i++) expect(tracker.processesOf(`u${i}`)).toHaveLength(1);
      expect(looks).toBe(1);
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
      const tag = own.tracker.markOf('a')!.tag;
      expect(tag).toBeGreaterThan(init.tracker.markOf('a')!.tag);
      expect(Number.isSafeInteger(tag)).toBe(true);
      expect(own.tracker.capacity).toBe(4095);
      // The one before it has had the same at random.
      const next = machine({ pid: 50 });
      const left = next.host.addProcess(next.host.self, undefined);
      left.tag = tag;
      const other = next.tracker.markOf('a')!.tag;
      expect(Math.abs(other - tag)).toBeGreaterThanOrEqual(4095 * 2 ** 32);
      expect(other).toBeGreaterThan(init.tracker.markOf('a')!.tag);
    });

    it('stays within the service that it runs in', () => {
      const outer = machine({ pid: 50 });
      const [a, b] = ['a', 'b'].map((key) => outer.tracker.markOf(key)!.tag);
      const inside = machine({ pid: 60, limits: { LOCKS: { soft: b!, hard: b! } } });
      for (let i = 0; i < 4095; i++) {
        const tag = inside.tracker.markOf(`unit-${i}`)!.tag;
        expect(tag).toBeLessThan(b!);
        expect(tag).toBeGreaterThan(a!);
      }
      expect(inside.tracker.markOf('one more')?.tag).toBeUndefined();
    });

    it('says which unit gets which tag, and knows the processes of a tag that it inherits, wherever they are', () => {
      const before = machine({ pid: 50 });
      const said: unknown[] = [];
      before.tracker.onMark = (...facts) => said.push(facts);
      const mark = before.tracker.markOf('a.service')!;
      before.tracker.markOf('a.service');
      expect(said).toEqual([['a.service', mark, 2 ** 32]]);

      const { host, tracker, pids, spawn } = machine({ pid: 60, init: 'tini' });
      const left = host.addProcess(host.table.get(1)!, undefined);
      Object.assign(left, { tag: mark.tag - 3, check: mark.check });
      tracker.inherit(mark, 2 ** 32, 'left.scope');
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

  describe('the time that processes have taken', () => {
    it('is that of those that have ended, of each unit by itself, until it is reset', () => {
      const { host, tracker, spawn } = machine();
      const end = (key: string, cpuMs: number): void => {
        const process = spawn(key);
        process.cpuMs = cpuMs;
        host.end(process, 'exited', 0);
      };
      end('a', 30);
      end('b', 5);
      end('a', 12);
      expect(['a', 'b', 'c'].map((key) => tracker.cpuMsOf(key))).toEqual([42, 5, 0]);
      tracker.resetCpu('a');
      expect(['a', 'b'].map((key) => tracker.cpuMsOf(key))).toEqual([0, 5]);
      tracker.forget('b');
      expect(tracker.cpuMsOf('b')).toBe(0);
    });

    it('is nobody’s where the process was', () => {
      const { tracker, spawn } = machine();
      const process = spawn('a');
      expect(tracker.exited(4711, 99)).toBeUndefined();
      expect(tracker.exited(process.pid)).toBe('a');
      expect(tracker.exited(process.pid, 7)).toBeUndefined();
      expect(tracker.cpuMsOf('a')).toBe(0);
    });
  });

  describe('who waits until a unit is empty', () => {
    function waiting() {
      const made = machine();
      const calls: string[] = [];
      const process = made.spawn('a');
      const wait = (name: string): void => made.tracker.whenEmpty('a', () => calls.push(name));
      const end = (): void => {
        process.exit(0);
        made.host.settle();
      };
      return { ...made, calls, wait, end, process };
    }

    it('is called once, and by the last who asked', () => {
      const { calls, wait, end, spawn, host } = waiting();
      wait('first');
      wait('second');
      end();
      expect(calls).toEqual(['second']);
      spawn('a').exit(0);
      host.settle();
      expect(calls).toEqual(['second']);
    });

    it('is not called who does not wait any more, or whose unit is forgotten', () => {
      for (const stop of ['cancelWhenEmpty', 'forget'] as const) {
        const { calls, wait, end, tracker } = waiting();
        wait('never');
        tracker[stop]('a');
        end();
        expect(calls).toEqual([]);
      }
    });

    it('may ask again from there', () => {
      const { calls, wait, end, tracker, host } = waiting();
      tracker.whenEmpty('a', () => {
        calls.push('first');
        wait('second');
      });
      end();
      host.settle();
      expect(calls).toEqual(['first', 'second']);
    });

    it('waits for those whose unit has others, too', () => {
      const { calls, wait, end, process, spawn, host } = waiting();
      const child = process.fork();
      spawn('b');
      wait('a');
      end();
      expect(calls).toEqual([]);
      child.exit(0);
      host.settle();
      // Nobody is told of the end of a grandchild that its parent has reaped: the next exit is looked at.
      spawn('c').exit(0);
      host.settle();
      expect(calls).toEqual(['a']);
    });
  });

  describe('sessions and groups', () => {
    /** An orphan in a session or group, whose parents nobody knows. */
    const stray = (host: SimHost, sid: number, pgid: number): SimProcess => {
      const process = host.addForeign();
      Object.assign(process, { ppid: host.pid, sid, pgid });
      return process;
    };

    it('tell whose a process is that nothing else tells of', () => {
      const { host, tracker, spawn, pids } = machine();
      const main = spawn('a');
      const bySession = stray(host, main.pid, 9999);
      const byGroup = stray(host, 9999, main.pid);
      const nobodys = stray(host, 9998, 9997);
      expect(pids('a').sort()).toEqual([main.pid, bySession.pid, byGroup.pid].sort());
      expect([bySession, byGroup, nobodys].map(({ pid }) => tracker.unitOfPid(pid))).toEqual(['a', 'a', undefined]);
    });

    it('that several units share tell nothing, nor do those of the manager', () => {
      const { host, tracker, spawn, pids } = machine();
      const main = spawn('a');
      const guest = main.fork();
      Object.assign(guest, tracker.markOf('b'));
      tracker.adopt(guest.pid, 'b');
      const shared = stray(host, main.sid, 9999);
      const own = stray(host, host.self.sid, host.self.pgid);
      const kernels = stray(host, 0, 0);
      expect(pids('a')).toEqual([main.pid]);
      expect(pids('b')).toEqual([guest.pid]);
      expect([shared, own, kernels].map(({ pid }) => tracker.unitOfPid(pid))).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
    });

    it('tell so still when all that was known of them has ended', () => {
      const { host, tracker, spawn } = machine();
      const main = spawn('a');
      const late = stray(host, main.pid, main.pid);
      host.end(main, 'exited', 0);
      expect(tracker.unitOfPid(late.pid)).toBe('a');
    });

    it('that somebody else has made anew are not the unit’s', () => {
      const { host, tracker, spawn } = machine();
      const main = spawn('a');
      host.end(main, 'exited', 0);
      const leader = host.addForeign();
      host.table.delete(leader.pid);
      Object.defineProperty(leader, 'pid', { value: main.pid });
      leader.setsid();
      host.table.set(main.pid, leader);
      const member = stray(host, main.pid, main.pid);
      expect([leader, member].map(({ pid }) => tracker.unitOfPid(pid))).toEqual([undefined, undefined]);
    });
  });

  describe('a process that is adopted', () => {
    it('is the unit’s with all that it forks, and without them where it is gone', () => {
      const { host, tracker, pids } = machine();
      const shell = host.addForeign();
      tracker.adopt(shell.pid, 'a.scope');
      const child = shell.fork();
      expect(pids('a.scope')).toEqual([shell.pid, child.pid]);
      tracker.adopt(4711, 'b.scope');
      expect(pids('b.scope')).toEqual([]);
    });

    it('is so for those who ask in the same turn', () => {
      const { host, tracker, spawn, pids } = machine();
      spawn('a');
      expect(pids('a')).toHaveLength(1);
      const shell = host.addForeign();
      tracker.adopt(shell.pid, 'a');
      expect(pids('a')).toHaveLength(2);
    });
  });

  describe('a process of a unit that another one adopts', () => {
    it('is moved, with what comes from it, and nothing else of the unit is', () => {
      const { host, tracker, spawn, pids } = machine();
      const main = spawn('a');
      const before = main.fork();
      const command = main.fork();
      tracker.adopt(command.pid, 'b.scope');
      const child = command.fork();
      const orphan = child.fork();
      expect(pids('b.scope')).toEqual([command.pid, child.pid, orphan.pid]);
      expect(pids('a')).toEqual([main.pid, before.pid]);
      host.end(child, 'exited', 0);
      orphan.setsid();
      host.settle();
      const late = orphan.fork();
      host.end(command, 'exited', 0);
      host.settle();
      expect(pids('b.scope')).toEqual([orphan.pid, late.pid]);
      expect([orphan, late, before].map(({ pid }) => tracker.unitOfPid(pid))).toEqual(['b.scope', 'b.scope', 'a']);
      expect(pids('a')).toEqual([main.pid, before.pid]);
    });
  });

  describe('a list of processes', () => {
    it('is the caller’s own', () => {
      const { tracker, spawn } = machine();
      spawn('a');
      tracker.processesOf('a').pop();
      expect(tracker.processesOf('a')).toHaveLength(1);
    });

    it('of a turn is looked at anew where that is asked for, and in the next turn', () => {
      const { host, tracker, spawn } = machine();
      const main = spawn('a');
      const count = (fresh = false): number => tracker.processesOf('a', fresh).length;
      expect(count()).toBe(1);
      main.fork();
      expect([count(), count(true), count()]).toEqual([1, 2, 2]);
      main.fork();
      host.settle();
      expect(count()).toBe(3);
    });

    it('of a process that has lost its tag and its parents is what was seen last', () => {
      const { host, spawn, pids } = machine();
      const main = spawn('a');
      const child = main.fork();
      const grandchild = child.fork();
      for (const process of [child, grandchild]) {
        process.tag = undefined;
        process.setsid();
      }
      expect(pids('a')).toHaveLength(3);
      host.end(main, 'exited', 0);
      host.end(child, 'exited', 0);
      host.settle();
      expect(pids('a')).toEqual([grandchild.pid]);
    });
  });

  describe('the unit of a process', () => {
    it('is that of the first above it of whom anything is known, which is remembered', () => {
      const { host, tracker, spawn } = machine();
      const main = spawn('a');
      const chain = [main];
      for (let i = 0; i < 100; i++) {
        const child = chain.at(-1)!.fork();
        child.tag = undefined;
        child.setsid();
        chain.push(child);
      }
      const last = chain.at(-1)!;
      expect(tracker.unitOfPid(last.pid)).toBe('a');
      for (const process of chain.slice(0, 50)) host.end(process, 'exited', 0);
      expect(tracker.unitOfPid(last.pid)).toBe('a');
      expect(tracker.unitOfPid(chain[60]!.pid)).toBe('a');
    });

    it('is nobody’s where the process is gone, or is the manager, or PID 1', () => {
      const { host, tracker, spawn } = machine({ pid: 50, init: 'tini' });
      const main = spawn('a');
      host.table.delete(main.pid);
      expect([main.pid, 4711, host.pid, 1, 0].map((pid) => tracker.unitOfPid(pid))).toEqual(Array(5).fill(undefined));
    });
  });

  describe('a unit that is forgotten', () => {
    it('keeps its tag as long as a process bears it', () => {
      const { host, tracker, spawn } = machine();
      const main = spawn('a');
      const mark = tracker.markOf('a');
      tracker.forget('a');
      expect(tracker.markOf('a')).toEqual(mark);
      expect(tracker.unitOfPid(main.pid)).toBe('a');
      host.end(main, 'exited', 0);
      host.settle();
      expect(tracker.processesOf('a')).toEqual([]);
      tracker.forget('a');
      expect(tracker.markOf('a')).not.toEqual(mark);
      // One that never had a tag is no matter.
      tracker.forget('never');
    });
  });
});
