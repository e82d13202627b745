/** What is written as it changes, read as one piece; cut off at any place it says what held before. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Keeper, keptVersion } from '../../../src/kept/keeper.ts';
import { KeptLog, type LogSink, readLog } from '../../../src/kept/log.ts';

class Sink implements LogSink {
  text = '';
  next = '';
  writes = 0;
  readonly fds = new Set<number>();
  append(text: string): number {
    this.text += text;
    this.writes++;
    return this.text.length;
  }
  appendNext(text: string, anew: boolean): number {
    this.next = anew ? text : this.next + text;
    return this.next.length;
  }
  turn(): void {
    this.text = this.next;
    this.writes++;
  }
  keep(fds: readonly number[]): void {
    for (const fd of fds) this.fds.add(fd);
  }
  release(fds: readonly number[]): void {
    for (const fd of fds) this.fds.delete(fd);
  }
}

let sink: Sink;
let log: KeptLog;

const count = (n: number) => (k: Keeper) => void k.number('n', n);
const holds = (fd: number) => (k: Keeper) => void k.fd('fd', fd);

beforeEach(() => {
  sink = new Sink();
  log = new KeptLog(sink);
  log.begin();
  log.end();
});

describe('a log', () => {
  it('says of parts and items what was said last, each in its place', () => {
    log.part('', (k) => void k.text('notice', 'a'));
    log.part('manager.shutdown', count(1));
    log.item('manager.units.units', 'a.service', count(1));
    log.item('manager.units.units', 'b.service', count(2));
    log.moment({ exits: 1, spawned: 2 });
    log.part('manager.shutdown', count(2));
    log.part('manager', count(3));
    log.item('manager.units.units', 'a.service', (k) => void k.number('n', Number.POSITIVE_INFINITY));
    log.item('manager.units.units', 'b.service', undefined);
    log.item('manager.units.units', 'c.service', count(4));
    log.moment({ exits: 3, spawned: 4 });
    expect(readLog(sink.text)).toEqual({
      state: {
        notice: 'a',
        manager: { n: 3, shutdown: { n: 2 }, units: { units: [{ n: Number.POSITIVE_INFINITY }, { n: 4 }] } },
      },
      moment: { exits: 3, spawned: 4 },
      facts: [],
    });
    expect(sink.writes).toBe(2);
  });

  it('is read by what reads all in one piece', () => {
    log.part('a', count(7));
    log.item('a.list', 'x', count(8));
    log.moment({});
    const k = Keeper.readerOf(readLog(sink.text).state, new Set());
    const seen: number[] = [];
    k.inner('a', (of) => {
      seen.push(of.number('n', 0));
      of.list(
        'list',
        [],
        () => {},
        (item) => seen.push(item.number('n', 0)),
      );
    });
    expect(seen).toEqual([7, 8]);
  });

  it('is written anew a piece at a time, while what changes meanwhile is in both', () => {
    log.part('a', count(1));
    for (const name of ['x', 'y', 'z']) log.item('list', name, count(1));
    log.moment({ exits: 1 });
    const before = sink.text;
    log.begin();
    log.again('list', 'x', count(1));
    log.write();
    log.item('list', 'x', count(2));
    log.item('list', 'y', undefined);
    log.item('list', 'new', count(2));
    log.moment({ exits: 2 });
    log.again('list', 'z', count(1));
    // A crash here finds the one that is whole.
    expect(sink.text.startsWith(before)).toBe(true);
    expect(readLog(sink.text)).toMatchObject({ state: { a: { n: 1 }, list: [{ n: 2 }, { n: 1 }, { n: 2 }] } });
    log.end();
    log.part('a', count(3));
    expect(log.hasNews).toBe(true);
    log.moment({ exits: 3 });
    expect(sink.text.startsWith(before)).toBe(false);
    const { state, moment } = readLog(sink.text);
    expect([state, moment]).toEqual([{ a: { n: 3 }, list: [{ n: 2 }, { n: 2 }, { n: 1 }] }, { exits: 3 }]);
  });

  it('begun anew a second time it has nothing of the first', () => {
    log.item('list', 'x', count(1));
    log.moment({});
    log.begin();
    log.again('list', 'x', count(1));
    log.write();
    log.begin();
    log.again('list', 'x', count(2));
    log.end();
    log.moment({});
    expect(sink.text.match(/"item"/g)).toHaveLength(1);
    expect(readLog(sink.text).state).toEqual({ list: [{ n: 2 }] });
  });

  it('does not say again what has not changed, nor the end of what never was', () => {
    log.part('a', count(1));
    log.moment({});
    expect(log.hasNews).toBe(false);
    log.part('a', count(1));
    log.item('list', 'x', undefined);
    expect(log.hasNews).toBe(false);
    log.part('a', count(2));
    expect(log.hasNews).toBe(true);
  });

  it('cut off anywhere says what held at a moment, and never a part of a turn', () => {
    const states = new Set<string>();
    for (let n = 1; n <= 3; n++) {
      log.part('a', count(n));
      log.item('list', 'x', count(n));
      log.moment({ exits: n });
    }
    const first = sink.text.indexOf('\n', sink.text.indexOf('"moment"')) + 1;
    for (let end = first; end <= sink.text.length; end++) {
      // Whoever writes after the one that was cut off begins a line of its own.
      const { state, moment, facts } = readLog(`${sink.text.slice(0, end)}\n["crash",11,0,0]\n`);
      expect(state).toEqual({ a: { n: moment.exits }, list: [{ n: moment.exits }] });
      expect(facts).toEqual([['crash', 11, 0, 0]]);
      states.add(JSON.stringify(state));
    }
    expect(states.size).toBe(3);
    expect(() => readLog(sink.text.slice(0, sink.text.indexOf('"moment"')))).toThrow('nothing in it is whole');
  });

  it('takes what others write where it stands, also after the last moment', () => {
    log.part('a', count(1));
    log.moment({});
    sink.append('["spawn",0,17]\n');
    log.part('a', count(2));
    log.moment({});
    sink.append('["exit",0,17,0,3,1.5,100]\nnot a line\n{"nor":"this"}\n["exit",1');
    expect(readLog(sink.text)).toMatchObject({
      state: { a: { n: 2 } },
      facts: [
        ['spawn', 0, 17],
        ['exit', 0, 17, 0, 3, 1.5, 100],
      ],
    });
  });

  it('has the frames of a stack as facts, and no other line that is cut off', () => {
    const text =
      '["moment",{"exits":0}]\n["par\n["stack"]\nnode(uv_run+0x1)[0x2]\naddon.node[0x3]\n\n["crash",11,1,0]\nnode';
    expect(readLog(text).facts).toEqual([
      ['stack'],
      ['frame', 'node(uv_run+0x1)[0x2]'],
      ['frame', 'addon.node[0x3]'],
      ['crash', 11, 1, 0],
    ]);
  });

  it('passes over kinds, fields and values of a newer program that it does not know', () => {
    log.part('a', count(1));
    log.moment({});
    sink.append('["part","a",{"unheard":[1]}]\n["item","list",5,{}]\n["part",{},{}]\n["moment",{"exits":"x"}]\n');
    sink.append('["hence","forth"]\n');
    const { state, moment, facts } = readLog(sink.text);
    expect([state, moment, facts]).toEqual([{ a: { unheard: [1] } }, {}, [['hence', 'forth']]]);
    expect(() => readLog(sink.text.replace(`["version",${keptVersion}]`, `["version",${keptVersion + 1}]`))).toThrow(
      /is of version/,
    );
  });

  it('keeps descriptors open as long as somebody names them', () => {
    log.item('list', 'x', holds(7));
    log.item('list', 'y', holds(7));
    log.part('a', holds(8));
    log.moment({});
    expect([...sink.fds]).toEqual([7, 8]);
    log.item('list', 'x', undefined);
    log.part('a', holds(9));
    log.moment({});
    expect([...sink.fds].sort()).toEqual([7, 9]);
    log.item('list', 'y', undefined);
    log.moment({});
    expect([...sink.fds]).toEqual([9]);
  });

  it('has a bound: said anew it holds nothing else', () => {
    const say = (n: number): void => {
      log.item('list', 'x', (k) => {
        k.number('n', n);
        k.text('filler', 'x'.repeat(1000));
        k.fd('fd', 5);
      });
      log.item('list', `one of ${n}`, count(n));
      log.moment({ exits: n });
      log.item('list', `one of ${n}`, undefined);
    };
    let most = 0;
    for (let n = 1; n <= 5000; n++) {
      if (log.isLong) {
        log.begin();
        log.again('list', 'x', (k) => void k.fd('fd', 5));
        log.end();
      }
      say(n);
      most = Math.max(most, sink.text.length);
    }
    expect(most).toBeLessThan(1100 << 10);
    expect(sink.writes).toBe(5000);
    const { state } = readLog(sink.text);
    expect(state).toMatchObject({ list: [{ n: 5000, fd: 5 }, expect.anything()] });
    expect([...sink.fds]).toEqual([5]);
  });

  it('leaves to who writes it what can not be written', () => {
    for (const method of ['append', 'appendNext'] as const)
      sink[method] = () => {
        throw new Error('full');
      };
    log.part('a', count(1));
    expect(() => log.moment({})).toThrow('full');
    expect(() => log.begin()).toThrow('full');
  });
});

describe('a descriptor that was not handed over', () => {
  it('is none, whatever has its number now', () => {
    log.part('a', holds(7));
    log.part('b', holds(8));
    log.moment({});
    const k = Keeper.readerOf(readLog(sink.text).state, new Set([8]));
    k.inner('a', (of) => expect(of.fd('fd', -1)).toBe(-1));
    k.inner('b', (of) => expect(of.fd('fd', -1)).toBe(8));
    expect([...k.fds]).toEqual([8]);
  });
});
