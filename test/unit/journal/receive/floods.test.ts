/** What others than root may have of the journal's sockets, and what is made of more. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Journal } from '../../../../src/journal/journal.ts';
import { entriesOf, JournalView } from '../../../../src/journal/read/view.ts';
import { SimHost } from '../../../../src/simulation/machine/host.ts';
import type { HeldConnection } from '../../../../src/simulation/machine/streams.ts';

const head = 'x\n\n6\n0\n0\n0\n0\n';
let host: SimHost;
let journal: Journal;

beforeEach(() => {
  host = new SimHost({ now: Date.UTC(2026, 10, 24, 14, 30), monotonic: 5000 });
  journal = new Journal(host, { console: 'none' });
  journal.listen();
});

const connect = (uid: number): HeldConnection => host.connectHeld('/run/systemd/journal/stdout', uid);
const messages = (): string[] => {
  host.settle();
  return [...entriesOf(new JournalView(journal), 'forward')].map((entry) => entry.text('MESSAGE') ?? '');
};

describe('streams of clients', () => {
  it('are 256 of a user and 2048 of all but root, those included that say nothing', () => {
    const taken = (uid: number, count: number) =>
      Array.from({ length: count }, () => connect(uid)).filter((connection) => !connection.closed);
    const first = taken(1, 300);
    expect(first).toHaveLength(256);
    for (let uid = 2; uid < 20; uid++) taken(uid, 256);
    expect(taken(20, 1)).toHaveLength(0);
    expect(taken(0, 100)).toHaveLength(100);
    first[0]!.onEnd();
    expect(taken(1, 2)).toHaveLength(1);
  });

  it('that are too many are told of, but not each', () => {
    for (let i = 0; i < 1000; i++) connect(1);
    const told = messages().filter((text) => text.includes('Too many stdout streams'));
    expect(told.length).toBeGreaterThan(0);
    expect(told.length).toBeLessThanOrEqual(100);
  });

  it('whose lines do not end hold 8 MiB together, and nothing of what they write is lost', () => {
    const part = 'y'.repeat(40_000);
    const streams = [1, 2].flatMap((uid) => Array.from({ length: 250 }, () => connect(uid)));
    for (const stream of streams) stream.onData(Buffer.from(head + part));
    const broken = messages().filter((text) => text === part).length;
    expect((streams.length - broken) * part.length).toBeLessThanOrEqual(8 * 1024 * 1024);
    expect(broken).toBeLessThan(streams.length);
    for (const stream of streams) stream.onEnd();
    expect(messages().filter((text) => text === part)).toHaveLength(streams.length);
  });

  it('of one line that is short are left alone whatever others hold', () => {
    const own = connect(0);
    own.onData(Buffer.from(`${head}begun`));
    const streams = [1, 2].flatMap((uid) => Array.from({ length: 250 }, () => connect(uid)));
    for (const stream of streams) stream.onData(Buffer.from(head + 'y'.repeat(40_000)));
    own.onData(Buffer.from(' and ended\n'));
    expect(messages()).toContain('begun and ended');
  });
});

describe('messages of others than root', () => {
  const send = (text: string, uid: number): void =>
    host.datagram('/run/systemd/journal/socket', text, { pid: 100 + uid, uid, gid: uid });

  it('hold 256 entries, those of root as many as there are', () => {
    const many = (word: string) => `MESSAGE=${word}\n\n`.repeat(1000);
    send(many('others'), 7);
    send(many('own'), 0);
    const seen = messages();
    expect(seen.filter((text) => text === 'others')).toHaveLength(256);
    expect(seen.filter((text) => text === 'own')).toHaveLength(1000);
  });

  it('are of 4 MiB where they are passed as a file', () => {
    for (const [uid, size] of [
      [7, 5],
      [0, 5],
      [7, 3],
    ] as const) {
      const fd = host.makeFd('memfd');
      host.memfds.set(fd, Buffer.from(`MESSAGE=${uid} ${size} ${'z'.repeat(size * 1024 * 1024)}\n`));
      host.datagram('/run/systemd/journal/socket', '', { pid: 100 + uid, uid, gid: uid }, [fd]);
    }
    const seen = messages().map((text) => text.slice(0, 4));
    expect(seen).toContain('0 5 ');
    expect(seen).toContain('7 3 ');
    expect(seen).not.toContain('7 5 ');
  });
});
