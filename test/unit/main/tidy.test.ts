import { beforeEach, describe, expect, it } from 'vitest';
import { tidyAtRest } from '../../../src/main/tidy.ts';
import { SimHost } from '../../../src/simulation/machine/host.ts';

describe('memory of a manager that rests', () => {
  let host: SimHost;
  let manager: {
    host: SimHost;
    jobs: { size: number };
    journal: { catchUp: (done: () => void) => void };
    onQuiet: () => void;
  };
  let control: { onRequest: () => void };
  const heard: string[] = [];

  beforeEach(() => {
    host = new SimHost({ monotonic: 0 });
    heard.length = 0;
    manager = { host, jobs: { size: 0 }, journal: { catchUp: (done) => done() }, onQuiet: () => heard.push('quiet') };
    control = { onRequest: () => heard.push('request') };
    tidyAtRest(manager, control);
  });

  it('is released once work has come to rest, and its pages again when V8 has settled', () => {
    manager.onQuiet();
    control.onRequest();
    expect(heard).toEqual(['quiet', 'request']);
    host.advance(60_000);
    expect(host.released).toEqual([
      { atMs: 2_000, what: 'memory' },
      { atMs: 12_000, what: 'pages' },
    ]);
  });

  it('is released when the journal has read what the boot has not waited for', () => {
    manager.journal.catchUp = (done) => host.after(500, done);
    manager.onQuiet();
    host.advance(60_000);
    expect(host.released).toEqual([
      { atMs: 2_500, what: 'memory' },
      { atMs: 12_500, what: 'pages' },
    ]);
  });

  it('is kept where requests have left little: who asks now and then need not wait for it', () => {
    manager.onQuiet();
    host.advance(30_000);
    host.released.length = 0;
    control.onRequest();
    host.advance(30_000);
    expect(host.released).toEqual([]);
    host.heap += 1024 * 1024;
    control.onRequest();
    host.advance(2_000);
    expect(host.released).toEqual([{ atMs: 62_000, what: 'memory' }]);
  });

  it('is not released while what comes late has work waiting behind it', () => {
    let lateMs = 0;
    const { monotonic } = host;
    host.monotonic = () => monotonic.call(host) + lateMs;
    manager.onQuiet();
    lateMs = 30;
    host.advance(2_100);
    expect(host.released).toEqual([]);
    host.advance(200);
    expect(host.released).toMatchObject([{ what: 'memory' }]);
  });

  it('is not released between questions that follow one another', () => {
    manager.onQuiet();
    for (let ms = 0; ms < 30_000; ms += 100) {
      control.onRequest();
      host.advance(100);
    }
    expect(host.released).toEqual([]);
    host.advance(150);
    expect(host.released).toEqual([{ atMs: 30_150, what: 'memory' }]);
    host.advance(9_900);
    control.onRequest();
    host.advance(249);
    expect(host.released).toHaveLength(1);
    host.advance(1);
    expect(host.released[1]).toEqual({ atMs: 40_300, what: 'pages' });
  });

  it('is not released while jobs run, nor twice in twenty seconds', () => {
    control.onRequest();
    manager.jobs.size = 1;
    host.advance(10_000);
    expect(host.released).toEqual([]);
    manager.jobs.size = 0;
    manager.onQuiet();
    host.advance(3_000);
    manager.onQuiet();
    host.advance(60_000);
    expect(host.released).toEqual([
      { atMs: 12_000, what: 'memory' },
      { atMs: 22_000, what: 'pages' },
      { atMs: 32_000, what: 'memory' },
      { atMs: 42_000, what: 'pages' },
    ]);
  });
});
