/** Walking down from the manager's children: what is read for it, and what happens while it goes on. */
import { describe, expect, it } from 'vitest';
import { killUnitProcesses } from '../../../src/exec/kill.ts';
import { ProcessTracker } from '../../../src/exec/tracker.ts';
import { SimHost } from '../../../src/simulation/machine/host.ts';
import type { SimProcess } from '../../../src/simulation/machine/processes.ts';
import type { Family } from '../../../src/sys/host.ts';
import type { KillSettings } from '../../../src/unitfile/directives/kill.ts';
import { world } from '../../support/world.ts';

const SIGTERM = 15;

class Crowd {
  readonly host = new SimHost();
  readonly tracker = new ProcessTracker(this.host);
  /** Numbers of processes that were looked at, in order. */
  readonly read: number[] = [];
  /** Called before each look at some. */
  beforeLook: (pids: readonly number[]) => void = () => {};

  constructor() {
    const { host, tracker } = this;
    host.onExits = (exits) => {
      for (const { pid, cpuMs } of exits) tracker.exited(pid, cpuMs);
    };
    const families = host.families.bind(host);
    host.families = (pids): Family[] => {
      this.beforeLook(pids);
      this.read.push(...pids);
      return families(pids);
    };
    host.processes = () => {
      throw new Error('all processes were read');
    };
  }

  spawn(key: string, uid = 0): SimProcess {
    const process = this.host.addProcess(this.host.self, undefined);
    Object.assign(process, this.tracker.markOf(key, uid), { uid, comm: key });
    process.setsid();
    this.tracker.spawned(process.pid, key);
    return process;
  }
  /** A main process with children. */
  unit(key: string, children: number): SimProcess[] {
    const main = this.spawn(key);
    return [main, ...Array.from({ length: children }, () => main.fork())];
  }
  /** Which were looked at since the last call. */
  looked(): number[] {
    return this.read.splice(0).sort((a, b) => a - b);
  }
  pids(key: string): number[] {
    return this.tracker.processesOf(key).map(({ pid }) => pid);
  }
  /** Each look at the clock takes a millisecond, so that work goes on in many turns. */
  slow(): void {
    const monotonic = this.host.monotonic.bind(this.host);
    let calls = 0;
    this.host.monotonic = () => monotonic() + calls++;
  }
  killer(): { kill(): boolean; said: string[] } {
    const settings = world({ units: { 'a.service': '[Service]\nExecStart=/bin/true\n' } }).load('a.service').kill;
    const said: string[] = [];
    const target = { id: 'a', manager: this, log: (_level: number, text: string): void => void said.push(text) };
    return { kill: () => killUnitProcesses(target, settings as KillSettings, 'terminate', {}), said };
  }
}
const pidsOf = (processes: readonly SimProcess[]): number[] => processes.map(({ pid }) => pid);

describe('what is read of processes', () => {
  it('is those of the unit in question, and an orphan once, however many others there are', () => {
    const crowd = new Crowd();
    const own = crowd.unit('a', 3);
    for (let i = 0; i < 50; i++) crowd.unit(`u${i}`, 20);
    const orphans = Array.from({ length: 30 }, (_, i) => crowd.spawn(`d${i}`).daemonize());
    expect(crowd.pids('a')).toEqual(pidsOf(own));
    expect(crowd.looked()).toEqual([...pidsOf(own), ...pidsOf(orphans)]);
    for (let i = 0; i < 5; i++) {
      crowd.host.settle();
      expect(crowd.pids('a')).toEqual(pidsOf(own));
      expect(crowd.looked()).toEqual(pidsOf(own));
    }
    // Whether there are any takes a look at one of them.
    expect(crowd.tracker.hasProcesses('u7')).toBe(true);
    expect(crowd.looked()).toEqual([]);
  });

  it('is some of many orphans that have come at once, where one that is alive is enough', () => {
    const crowd = new Crowd();
    const [main] = crowd.unit('a', 200) as [SimProcess];
    crowd.host.end(main, 'exited', 0);
    expect(crowd.tracker.hasProcesses('a')).toBe(true);
    expect(crowd.looked().length).toBeLessThan(100);
    expect(crowd.pids('a')).toHaveLength(200);
  });

  it('is nothing of a unit that has none any more but what is new', () => {
    const crowd = new Crowd();
    crowd.unit('b', 100);
    const main = crowd.spawn('a');
    const daemon = main.daemonize();
    crowd.host.end(main, 'exited', 0);
    expect(crowd.tracker.hasProcesses('a')).toBe(true);
    expect(crowd.looked()).toEqual([daemon.pid]);
    crowd.host.end(daemon, 'exited', 0);
    expect(crowd.tracker.hasProcesses('a')).toBe(false);
    expect(crowd.looked()).toEqual([]);
  });
});

describe('a process that ends while it is looked at', () => {
  it('has left its children to the manager, where they are found', () => {
    const crowd = new Crowd();
    const [main, child] = crowd.unit('a', 1) as [SimProcess, SimProcess];
    const grandchild = child.fork();
    const daemon = grandchild.fork();
    crowd.beforeLook = (pids) => {
      if (pids.includes(child.pid)) crowd.host.end(child, 'exited', 0);
      if (pids.includes(grandchild.pid)) crowd.host.end(grandchild, 'exited', 0);
    };
    expect(crowd.pids('a')).toEqual([main.pid, daemon.pid]);
  });

  it('has left them to one above it that takes orphans itself, whose list was read before', () => {
    const crowd = new Crowd();
    const [main, child] = crowd.unit('a', 1) as [SimProcess, SimProcess];
    const daemon = child.fork();
    crowd.beforeLook = (pids) => {
      if (!pids.includes(child.pid)) return;
      crowd.host.end(child, 'exited', 0);
      daemon.ppid = main.pid;
    };
    expect(crowd.pids('a')).toEqual([main.pid, daemon.pid]);
  });

  it('is not looked for without end', () => {
    const crowd = new Crowd();
    let last = crowd.spawn('a');
    let looks = 0;
    crowd.beforeLook = () => {
      looks++;
      const next = last.fork();
      crowd.host.end(last, 'exited', 0);
      last = next;
    };
    expect(crowd.pids('a')).toEqual([]);
    expect(looks).toBeLessThan(20);
    crowd.beforeLook = () => {};
    expect(crowd.pids('a')).toEqual([last.pid]);
  });
});

describe('who is below a process whose unit is in doubt', () => {
  it('may not speak for it either, whoever has looked at it', () => {
    const crowd = new Crowd();
    crowd.spawn('a', 33);
    const orphan = crowd.spawn('b', 33).daemonize();
    Object.assign(orphan, { tag: 0, check: crowd.tracker.markOf('a', 33)!.check });
    orphan.setsid();
    const child = orphan.fork();
    for (const pid of [orphan.pid, child.pid]) {
      crowd.pids('a');
      crowd.pids('b');
      crowd.tracker.suspectsOf('b');
      expect(crowd.tracker.unitOfPid(pid)).toBeUndefined();
    }
    expect(
      crowd.tracker
        .suspectsOf('b')
        .concat(crowd.tracker.processesOf('b'))
        .map(({ pid }) => pid),
    ).toEqual(expect.arrayContaining([orphan.pid, child.pid]));
  });
});

describe('what is known of processes', () => {
  it('is not kept for ever where nobody tells of their ends', () => {
    const crowd = new Crowd();
    const main = crowd.spawn('a');
    const before = crowd.host.process.bind(crowd.host);
    let asked = 0;
    crowd.host.process = (pid) => {
      asked++;
      return before(pid);
    };
    for (let i = 0; i < 5000; i++) {
      const child = main.fork();
      expect(crowd.tracker.unitOfPid(child.pid)).toBe('a');
      crowd.host.end(child, 'exited', 0);
    }
    // Each was asked for a few times, and not all those before it with each.
    expect(asked).toBeLessThan(5000 * 10);
    expect(crowd.pids('a')).toEqual([main.pid]);
  });
});

describe('signals to thousands', () => {
  it('go out in turns, to each of them once, and what ends meanwhile leaves nobody out', () => {
    const crowd = new Crowd();
    crowd.slow();
    const all = crowd.unit('a', 1000);
    const [main] = all as [SimProcess];
    const others = crowd.unit('b', 100);
    for (const process of all) process.ignores.add(SIGTERM);
    expect(crowd.killer().kill()).toBe(true);
    const signalled = (): SimProcess[] => all.filter(({ received }) => received.includes(SIGTERM));
    expect(signalled().length).toBeLessThan(500);
    // Its children become the manager's, in the middle of it.
    crowd.host.end(main, 'exited', 0);
    const late = all[700]!.fork();
    late.ignores.add(SIGTERM);
    crowd.host.settle();
    expect(signalled().length).toBeGreaterThanOrEqual(1000);
    for (const process of all.slice(1)) expect(process.received.filter((signal) => signal === SIGTERM)).toHaveLength(1);
    expect(late.received).toContain(SIGTERM);
    for (const process of others) expect(process.received).toEqual([]);
  });

  it('end with the next signals to it, and where it is started again', () => {
    const crowd = new Crowd();
    crowd.slow();
    const all = crowd.unit('a', 1000);
    for (const process of all) process.ignores.add(SIGTERM);
    const { kill } = crowd.killer();
    expect(kill()).toBe(true);
    const next = crowd.spawn('a');
    crowd.host.settle();
    expect(next.received).toEqual([]);
    expect(all.filter(({ received }) => received.includes(SIGTERM)).length).toBeLessThan(1001);
  });

  it('say at once whether there is anybody to wait for, where all the time has gone into others', () => {
    const crowd = new Crowd();
    crowd.slow();
    const main = crowd.spawn('b');
    for (let i = 0; i < 500; i++) main.daemonize();
    const gone = crowd.spawn('a');
    crowd.host.end(gone, 'exited', 0);
    expect(crowd.killer().kill()).toBe(false);
  });
});

describe('whenEmpty among thousands', () => {
  it('does not take a unit for empty whose process has left a child while they were looked at', () => {
    const crowd = new Crowd();
    crowd.slow();
    const main = crowd.spawn('b');
    const last = crowd.spawn('a');
    const child = last.fork();
    for (let i = 0; i < 500; i++) main.daemonize();
    const calls: string[] = [];
    crowd.tracker.whenEmpty('a', () => calls.push('a'));
    let looks = 0;
    crowd.beforeLook = () => {
      // In a later turn than the list was read in.
      if (++looks === 10) crowd.host.end(last, 'exited', 0);
    };
    crowd.host.settle();
    expect(looks).toBeGreaterThan(10);
    expect(calls).toEqual([]);
    crowd.host.end(child, 'exited', 0);
    crowd.host.settle();
    expect(calls).toEqual(['a']);
  });
});
