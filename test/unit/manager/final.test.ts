import { beforeEach, describe, expect, it } from 'vitest';
import { FinalKill } from '../../../src/manager/final.ts';
import { SimHost } from '../../../src/simulation/machine/host.ts';
import type { SimProcess } from '../../../src/simulation/machine/processes.ts';

let host: SimHost;
let final: FinalKill;
let lines: string[];
let ended: number;

function make(pid: number): void {
  host = new SimHost({ pid });
  lines = [];
  ended = 0;
  final = new FinalKill(
    host,
    (message) => lines.push(message),
    () => ended++,
  );
  host.onExits = () => final.poll();
}
const child = (): SimProcess => host.addProcess(host.self, undefined);
const signals = (process: SimProcess): number[] => process.received;

describe('as PID 1', () => {
  beforeEach(() => make(1));

  it('ends at once where nothing runs', () => {
    final.start();
    expect(ended).toBe(1);
  });

  it('asks every process of the container to end, also a stopped one and those of docker exec', () => {
    const all = [child(), child().fork(), host.addForeign()];
    final.start();
    for (const process of all) expect(signals(process)).toEqual([15, 18]);
    expect(ended).toBe(0);
  });

  it('ends with the last one, once', () => {
    const [a, b] = [child(), child()];
    b.ignores.add(15);
    final.start();
    host.settle();
    expect(a.alive).toBe(false);
    expect(ended).toBe(0);
    host.end(b, 'exited', 0);
    expect(ended).toBe(1);
    host.advance(60_000);
    final.poll();
    expect(ended).toBe(1);
    expect(lines).toEqual([]);
  });

  it('kills after ten seconds what has not ended, by name', () => {
    const process = child();
    process.ignores.add(15);
    process.comm = 'stubborn';
    final.start();
    host.advance(9_999);
    expect(signals(process)).toEqual([15, 18]);
    host.advance(1);
    expect(signals(process)).toEqual([15, 18, 9]);
    expect(lines).toEqual([`Killing remaining processes: ${process.pid} (stubborn)`]);
    expect(ended).toBe(1);
  });

  it('leaves to the kernel what does not even die within two seconds', () => {
    const process = child();
    process.ignores.add(15);
    host.kill = (pid, signal) => {
      host.kills.push({ pid, signal });
      return true;
    };
    final.start();
    host.advance(11_999);
    expect(host.kills.map(({ signal }) => signal)).toEqual([15, 18, 9]);
    expect(ended).toBe(0);
    host.advance(1);
    expect(ended).toBe(1);
  });

  it('ends without another word where the last one has gone unseen', () => {
    const process = child();
    process.ignores.add(15);
    host.onExits = () => {};
    final.start();
    host.end(process, 'exited', 0);
    expect(ended).toBe(0);
    host.advance(10_000);
    expect(ended).toBe(1);
    expect(lines).toEqual([]);
  });

  it('goes on where a process may not be signalled', () => {
    const [a, b] = [child(), child()];
    const kill = host.kill.bind(host);
    host.kill = (pid, signal, startTime) => {
      if (pid === a.pid) throw new Error('EPERM');
      return kill(pid, signal, startTime);
    };
    final.start();
    expect(signals(b)).toEqual([15, 18]);
  });

  it('counts no zombies, nor a thread of the kernel that a container may see as process 2', () => {
    const kernel = host.addForeign();
    Object.defineProperty(kernel, 'pid', { value: 2 });
    child().zombie = true;
    final.start();
    expect(ended).toBe(1);
  });
});

it('as PID 1 takes process 2 for its own where it has made it', () => {
  make(1);
  const second = child();
  Object.defineProperty(second, 'pid', { value: 2 });
  final.start();
  expect(ended).toBe(0);
});

describe('as a subreaper', () => {
  beforeEach(() => make(50));

  it('ends its own descendants and nobody else', () => {
    const own = child();
    const grandchild = own.fork();
    const foreign = host.addForeign();
    final.start();
    expect(signals(own)).toEqual([15, 18]);
    expect(signals(grandchild)).toEqual([15, 18]);
    expect(signals(foreign)).toEqual([]);
    host.settle();
    expect(ended).toBe(1);
  });

  it('follows long chains of parents, also of one that has just gone, and no circles', () => {
    let at = child();
    for (let n = 0; n < 3000; n++) at = at.fork();
    const [a, b] = [host.addForeign(), host.addForeign()];
    a.ppid = b.pid;
    b.ppid = a.pid;
    const orphan = host.addForeign();
    orphan.ppid = 9_999;
    final.start();
    expect(signals(at)).toEqual([15, 18]);
    for (const other of [a, b, orphan]) expect(signals(other)).toEqual([]);
  });

  it('kills at once where nobody waits, with what is forked meanwhile, and says whom', () => {
    const process = child();
    process.ignores.add(15);
    process.comm = 'stubborn';
    final.start();
    const late = child();
    late.ignores.add(15);
    late.comm = 'late';
    final.kill();
    final.kill();
    const last = child();
    host.settle();
    expect([process, late, last].map(({ alive }) => alive)).toEqual([false, false, false]);
    expect(ended).toBe(1);
    expect(lines).toEqual([`Killing remaining processes: ${process.pid} (stubborn), ${late.pid} (late)`]);
  });
});
