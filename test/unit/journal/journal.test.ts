import { beforeEach, describe, expect, it } from 'vitest';
import type { JournalEntry } from '../../../src/journal/entry/entry.ts';
import { Journal, type JournalOptions, type StreamOptions } from '../../../src/journal/journal.ts';
import { JournalFilter, unitFilter } from '../../../src/journal/read/match.ts';
import { entriesOf, JournalView } from '../../../src/journal/read/view.ts';
import { defaultConfig } from '../../../src/journal/storage/config.ts';
import { Keeper } from '../../../src/kept/keeper.ts';
import { SimHost } from '../../../src/simulation/machine/host.ts';
import { unitLogOf } from '../../support/unit-log.ts';

let host: SimHost;
let journal: Journal;

function open(options: JournalOptions = {}): Journal {
  journal = new Journal(host, { console: 'none', ...options });
  return journal;
}

beforeEach(() => {
  host = new SimHost({ now: Date.UTC(2026, 10, 24, 14, 30), monotonic: 5000 });
});

function all(filter?: JournalFilter): JournalEntry[] {
  host.settle();
  return [...entriesOf(new JournalView(journal, filter), 'forward')];
}
const texts = (filter?: JournalFilter): (string | undefined)[] => all(filter).map((entry) => entry.text('MESSAGE'));
const object = (entry: JournalEntry | undefined): Record<string, string> =>
  Object.fromEntries([...(entry?.fields() ?? [])].map(([name, value]) => [name, value.toString()]));

/** A service's stream, as the child writes to it. */
function stream(options: Partial<StreamOptions> = {}): { write(text: string): void; end(): void } {
  const opened = journal.openStream({ unit: 'foo.service', identifier: 'foo', ...options });
  const far = host.streams.get(opened.fd)!;
  return { write: (text) => far.write(Buffer.from(text)), end: () => far.end() };
}

describe('messages of the manager', () => {
  it('look like those of PID 1 and are found under their unit', () => {
    open().log({
      message: 'Started foo.service.',
      priority: 6,
      unit: 'foo.service',
      messageId: '39f53479d3a045ac8e11786248231fbf',
      fields: { INVOCATION_ID: 'abc', JOB_RESULT: 'done' },
    });
    journal.log({ message: 'unrelated', priority: 6, unit: 'bar.service' });
    const [entry, ...rest] = all(unitFilter('foo.service'));
    expect(rest).toEqual([]);
    expect(object(entry)).toMatchObject({
      MESSAGE: 'Started foo.service.',
      PRIORITY: '6',
      SYSLOG_FACILITY: '3',
      SYSLOG_IDENTIFIER: 'systemd',
      UNIT: 'foo.service',
      INVOCATION_ID: 'abc',
      JOB_RESULT: 'done',
      MESSAGE_ID: '39f53479d3a045ac8e11786248231fbf',
      _TRANSPORT: 'journal',
      _PID: '1',
      _UID: '0',
      _COMM: 'systemd',
      _SYSTEMD_UNIT: 'init.scope',
      _HOSTNAME: 'sim',
      _BOOT_ID: host.bootId,
      _MACHINE_ID: host.machineId,
    });
    expect(entry!.realtimeUsec).toBe(Date.UTC(2026, 10, 24, 14, 30) * 1000);
    expect(entry!.monotonicUsec).toBe(5_000_000);
  });
});

describe('streams of services', () => {
  it('become entries with the facts of the process', () => {
    open();
    const process = host.addForeign();
    process.comm = 'food';
    const opened = journal.openStream({
      unit: 'foo.service',
      invocationId: 'f'.repeat(32),
      identifier: 'custom',
      extraFields: [['EXTRA', 'yes']],
    });
    expect(opened.ino).toBeGreaterThan(0);
    opened.setProcess({ pid: process.pid, uid: 33, gid: 33 });
    host.streams.get(opened.fd)!.write(Buffer.from('hello\nagain\n<3>bad\n'));
    const entries = all(unitFilter('foo.service'));
    expect(entries.map((entry) => entry.text('MESSAGE'))).toEqual(['hello', 'again', 'bad']);
    expect(object(entries[2])).toMatchObject({
      _TRANSPORT: 'stdout',
      PRIORITY: '3',
      SYSLOG_FACILITY: '3',
      SYSLOG_IDENTIFIER: 'custom',
      EXTRA: 'yes',
      _PID: `${process.pid}`,
      _UID: '33',
      _GID: '33',
      _COMM: 'food',
      _SYSTEMD_UNIT: 'foo.service',
      _SYSTEMD_INVOCATION_ID: 'f'.repeat(32),
    });
    expect(object(entries[0])).toMatchObject({ PRIORITY: '6', EXTRA: 'yes' });
    const extra = new JournalFilter();
    extra.add('EXTRA=yes');
    expect(texts(extra)).toEqual(['hello', 'again', 'bad']);
    expect(object(entries[0])._STREAM_ID).toMatch(/^[0-9a-f]{32}$/);
  });

  it('give their last line when they end', () => {
    open();
    const out = stream();
    out.write('no newline');
    out.end();
    const [entry] = all();
    expect(object(entry)).toMatchObject({ MESSAGE: 'no newline', _LINE_BREAK: 'eof' });
  });

  it('go on with a line that another process has left open', () => {
    open();
    const opened = journal.openStream({ unit: 'foo.service', identifier: 'foo' });
    const [first, second] = [host.addForeign(), host.addForeign()];
    opened.setProcess({ pid: first.pid });
    const far = host.streams.get(opened.fd)!;
    far.write(Buffer.from('one '));
    opened.setProcess({ pid: second.pid });
    far.write(Buffer.from('two\n'));
    expect(texts(unitFilter('foo.service'))).toEqual(['one two']);
  });

  it('keep every line of a flood', () => {
    open();
    const loud = stream({ unit: 'loud.service' });
    for (let block = 0; block < 20; block++) {
      let text = '';
      for (let line = 0; line < 1000; line++) text += `line ${block * 1000 + line} of a flood\n`;
      loud.write(text);
    }
    loud.end();
    host.advance(1000);
    const seen = texts();
    expect(seen).toEqual(Array.from({ length: 20_000 }, (_, line) => `line ${line} of a flood`));
    const last = unitLogOf(journal, 'loud.service', { lines: 2 }).entries.map((entry) => entry.text('MESSAGE'));
    expect(last).toEqual(seen.slice(-2));
  });

  it('are cut into lines a few milliseconds at a time, each stream in its turn, and nothing is lost', () => {
    open();
    const { monotonic } = host;
    // Each look at the clock takes half a millisecond.
    let spentMs = 0;
    host.monotonic = () => {
      spentMs += 0.5;
      return monotonic.call(host) + spentMs;
    };
    const all = ['a', 'b', 'c'].map((name) => [name, stream({ unit: `${name}.service`, identifier: name })] as const);
    for (const [name, out] of all) out.write(`<5>${name}\0`.repeat(1000));
    host.settle();
    const early = texts();
    expect(early.length).toBeLessThan(1000);
    for (let i = 0; i < 100; i++) host.advance(20);
    for (const [name] of all) expect(texts().filter((text) => text === name)).toHaveLength(1000);
    for (const [, out] of all) out.end();
  });

  it('give what they hold back when a process of their unit has ended', () => {
    open();
    const loud = stream({ unit: 'loud.service' });
    for (let block = 0; block < 10; block++) loud.write('x'.repeat(99).concat('\n').repeat(640));
    host.settle();
    expect(texts().length).toBeLessThan(6400);
    const before = texts().length;
    journal.pullUnit('loud.service');
    expect(texts().length).toBeGreaterThan(before);
  });

  it('obey a limit that was set, and say what was dropped when the interval is over', () => {
    open();
    const out = stream({ rateLimit: { intervalMs: 1000, burst: 3 } });
    out.write('1\n2\n3\n4\n5\n');
    host.settle();
    expect(texts()).toEqual(['1', '2', '3']);
    host.advance(1000);
    const last = all().at(-1);
    expect(object(last)).toMatchObject({
      MESSAGE: 'Suppressed 2 messages from foo.service',
      N_DROPPED: '2',
      _TRANSPORT: 'driver',
    });
    host.advance(1);
    out.write('6\n');
    expect(texts().at(-1)).toBe('6');
  });

  it('leave out what LogLevelMax= excludes', () => {
    open();
    const out = stream({ maxLevel: 4 });
    out.write('info\n<4>warning\n<5>notice\n');
    expect(texts()).toEqual(['warning']);
  });
});

describe('sockets', () => {
  const credentials = { pid: 4711, uid: 1000, gid: 1000 };
  /** What came through the sockets: without what the journal says of itself when it opens them. */
  const received = (): JournalEntry[] => {
    const [started, usage, ...rest] = all();
    expect(started!.text('MESSAGE')).toBe('Journal started');
    expect(usage!.text('MESSAGE')).toMatch(/^Runtime Journal \(\S+\) is \S+, max \S+, \S+ free\.$/);
    return rest;
  };

  it('take syslog datagrams, with the sender as the kernel names it', () => {
    open().listen();
    journal.unitOfPid = (pid) => (pid === 4711 ? { unit: 'cron.service' } : undefined);
    expect(host.files.readlink('/dev/log')).toBe('/run/systemd/journal/dev-log');
    host.datagram('/run/systemd/journal/dev-log', '<78>Nov 24 14:30:00 CRON[99]: (root) CMD (true)', credentials);
    const [entry] = all(unitFilter('cron.service'));
    expect(object(entry)).toMatchObject({
      _TRANSPORT: 'syslog',
      PRIORITY: '6',
      SYSLOG_FACILITY: '9',
      SYSLOG_IDENTIFIER: 'CRON',
      SYSLOG_PID: '99',
      SYSLOG_TIMESTAMP: 'Nov 24 14:30:00 ',
      MESSAGE: '(root) CMD (true)',
      _PID: '4711',
      _UID: '1000',
    });
    expect(entry!.get('SYSLOG_RAW')).toBe(undefined);
  });

  it('do not show what others claim about a unit', () => {
    open().listen();
    host.datagram('/run/systemd/journal/socket', 'UNIT=foo.service\nMESSAGE=forged\n', credentials);
    expect(texts(unitFilter('foo.service'))).toEqual([]);
    expect(received().map((entry) => entry.text('MESSAGE'))).toEqual(['forged']);
  });

  it('keep the raw text of what is no usual syslog message', () => {
    open().listen();
    host.datagram('/run/systemd/journal/dev-log', '  just text \n', credentials);
    expect(object(received()[0])).toMatchObject({
      MESSAGE: 'just text',
      PRIORITY: '6',
      SYSLOG_FACILITY: '1',
      SYSLOG_RAW: '  just text \n',
    });
  });

  it('take native datagrams, several entries in one, and no trusted fields', () => {
    open().listen();
    const binary = Buffer.concat([Buffer.from('BLOB\n'), Buffer.from([3, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('a\nb\n')]);
    host.datagram(
      '/run/systemd/journal/socket',
      Buffer.concat([
        Buffer.from('MESSAGE=one\nPRIORITY=3\n_UID=0\nlower=x\n'),
        binary,
        Buffer.from('\nMESSAGE=two\nrest'),
      ]),
      credentials,
    );
    const [one, two, ...rest] = received();
    expect(rest).toEqual([]);
    expect(object(one)).toMatchObject({
      MESSAGE: 'one',
      PRIORITY: '3',
      BLOB: 'a\nb',
      _UID: '1000',
      _TRANSPORT: 'journal',
    });
    expect(object(one).lower).toBe(undefined);
    expect(object(two).MESSAGE).toBe('two');
  });

  it('read messages that come as a file', () => {
    open().listen();
    const fd = host.makeFd('memfd');
    host.memfds.set(fd, Buffer.from('MESSAGE=large\n'));
    host.datagram('/run/systemd/journal/socket', '', credentials, [fd]);
    const other = host.makeFd('socket');
    host.datagram('/run/systemd/journal/socket', '', credentials, [other]);
    const messages = received().map((entry) => entry.text('MESSAGE'));
    expect(messages[0]).toBe('large');
    expect(messages[1]).toContain('ESPIPE');
    expect(host.openFds().has(fd)).toBe(false);
    expect(host.openFds().has(other)).toBe(false);
  });

  it('survive anything', () => {
    open().listen();
    let seed = 1;
    const random = (): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return seed >>> 16;
    };
    const words = [
      'MESSAGE',
      '=',
      '\n',
      '<',
      '>',
      '\0',
      'PRIORITY=',
      '9',
      '[',
      ']',
      ':',
      ' ',
      '\x01\0\0\0\0\0\0\0',
      '_A',
    ];
    for (let round = 0; round < 2000; round++) {
      const text = Array.from({ length: random() % 12 }, () => words[random() % words.length]).join('');
      host.datagram(`/run/systemd/journal/${round % 2 ? 'socket' : 'dev-log'}`, text, credentials);
    }
    host.settle();
    for (const entry of all()) expect(entry.cursor).toMatch(/^s=/);
  });

  it('take streams with a head, whose unit only root may choose', () => {
    open().listen();
    const connection = host.connectStream('/run/systemd/journal/stdout');
    connection.write(Buffer.from('tag\nnamed.service\n27\n1\n0\n0\n0\nfirst line\nsecond'));
    connection.end();
    const entries = all(unitFilter('named.service'));
    expect(entries.map((entry) => entry.text('MESSAGE'))).toEqual(['first line', 'second']);
    expect(object(entries[0])).toMatchObject({ SYSLOG_IDENTIFIER: 'tag', PRIORITY: '3', SYSLOG_FACILITY: '3' });
  });
});

describe('what is written down of a stream at each change', () => {
  /** Bytes of lines that have not ended, by stream, of those that have changed since. */
  const rests = (): Record<string, number> => {
    host.settle();
    return Object.fromEntries(
      journal.changedStreams.takeChanged().flatMap(({ list, keep }) => {
        if (keep === undefined) return [];
        const { rest } = JSON.parse(Keeper.record(keep).text);
        return [[list, rest === undefined ? -1 : Buffer.from(rest, 'base64').length]];
      }),
    );
  };

  it('has the beginning of a line, as long as that is one that somebody may read', () => {
    open().listen();
    let heard = 0;
    journal.changedStreams.onChange = (isHeard) => {
      if (isHeard) heard++;
    };
    const { write } = stream();
    write('begin');
    expect([rests(), heard]).toEqual([{ ofUnits: 5 }, 1]);
    write('x'.repeat(4096));
    // It is not worth it any more, and says so once.
    expect([rests(), heard]).toEqual([{ ofUnits: -1 }, 2]);
    write('x'.repeat(100));
    expect([rests(), heard]).toEqual([{}, 2]);
    write('\nnext');
    expect([rests(), heard]).toEqual([{ ofUnits: 4 }, 3]);
  });

  it('has nothing of what an ordinary user sends', () => {
    open().listen();
    let heard = 0;
    journal.changedStreams.onChange = (isHeard) => {
      if (isHeard) heard++;
    };
    const connect = (uid: number): void => {
      const connection = host.connectStream('/run/systemd/journal/stdout', uid);
      connection.write(Buffer.from('tag\n\n27\n1\n0\n0\n0\nfirst line\nsecond'));
    };
    connect(1000);
    expect([rests(), heard]).toEqual([{ ofClients: -1 }, 0]);
    connect(0);
    expect([rests(), heard]).toEqual([{ ofClients: 6 }, 1]);
  });
});

describe('storage', () => {
  const places = {
    persistent: '/var/log/journal/fedcba9876543210fedcba9876543210',
    runtime: '/run/log/journal/fedcba9876543210fedcba9876543210',
  };

  it('moves to the persistent place when it is flushed, and all stays readable', () => {
    open().log({ message: 'early', priority: 6 });
    journal.flushToPersistent();
    expect(journal.directory).toBe(places.runtime);
    host.files.mkdirs('/var/log/journal');
    journal.flushToPersistent();
    expect(journal.directory).toBe(places.persistent);
    host.advance(1);
    journal.log({ message: 'late', priority: 6 });
    expect(texts()).toEqual(['early', 'late']);
    journal.relinquishPersistent();
    host.advance(1);
    journal.log({ message: 'last', priority: 6 });
    expect(texts()).toEqual(['early', 'late', 'last']);
    expect(journal.directory).toBe(places.runtime);
  });

  it('is in memory where no directory can be made', () => {
    host.files.failures.set('/run/log', { call: '*', code: 'EROFS', errno: 30 });
    host.files.failures.set('/run/log/journal', { call: '*', code: 'EROFS', errno: 30 });
    open().log({ message: 'kept', priority: 6 });
    expect(texts()).toEqual(['kept']);
  });

  it('is none where journald.conf says so', () => {
    open({ config: { ...defaultConfig(), storage: 'none' } }).log({ message: 'x', priority: 6 });
    expect(texts()).toEqual([]);
  });

  it('is there again after the manager was', () => {
    open().log({ message: 'before', priority: 6 });
    host.settle();
    journal.close();
    open().log({ message: 'after', priority: 6 });
    expect(texts()).toEqual(['before', 'after']);
  });
});

describe('what others are told', () => {
  it('is told that there are entries once for all of a turn', () => {
    open();
    let told = 0;
    const subscription = journal.onAppend(() => told++);
    for (let number = 0; number < 10; number++) journal.log({ message: `${number}`, priority: 6 });
    host.settle();
    expect(told).toBe(1);
    subscription.close();
    journal.log({ message: 'unheard', priority: 6 });
    host.settle();
    expect(told).toBe(1);
  });

  it('shows services on the console as it was chosen', () => {
    open({ console: 'services' });
    const out = stream();
    out.write('a line\nanother\n');
    journal.log({ message: 'Started.', priority: 6, unit: 'foo.service' });
    host.settle();
    expect(host.consoleText).toBe('foo.service: a line\nfoo.service: another\n');
  });

  it('shows entries on the console as JSON', () => {
    open({ console: 'json' }).log({ message: 'Started.', priority: 6, unit: 'foo.service' });
    expect(JSON.parse(host.consoleText)).toMatchObject({ MESSAGE: 'Started.', UNIT: 'foo.service' });
  });

  it('gives status the lines of this run of a unit', () => {
    open().log({ message: 'long ago', priority: 6, unit: 'foo.service' });
    host.advance(1000);
    for (let number = 0; number < 20; number++) journal.log({ message: `${number}`, priority: 6, unit: 'foo.service' });
    const { entries, rotated } = unitLogOf(journal, 'foo.service', { lines: 3, notBeforeUsec: 5_500_000 });
    expect(entries.map((entry) => entry.text('MESSAGE'))).toEqual(['17', '18', '19']);
    expect(rotated).toBe(false);
    expect(unitLogOf(journal, 'foo.service', { lines: 100, notBeforeUsec: 5_500_000 }).entries).toHaveLength(20);
    expect(unitLogOf(journal, 'foo.service', { lines: 100, notBeforeUsec: 1 }).rotated).toBe(true);
  });

  it('reads for status nothing of what earlier boots have logged, however many there were', () => {
    host.files.mkdirs('/var/log/journal');
    for (let boot = 0; boot < 5; boot++) {
      Object.assign(host, { bootId: `${boot}`.repeat(32) });
      open();
      for (let unit = 0; unit < 300; unit++) journal.log({ message: `${boot}`, priority: 6, unit: `u${unit}.service` });
      host.settle();
      if (boot === 4) break;
      journal.close();
      host.advance(60_000);
    }
    const began = { notBeforeUsec: host.monotonic() * 1000, notBeforeRealtimeUsec: host.now() * 1000 };
    let reads = 0;
    const openFile = host.files.open.bind(host.files);
    host.files.open = (...args) => {
      const file = openFile(...args);
      const read = file.read.bind(file);
      file.read = (...range) => {
        reads++;
        return read(...range);
      };
      return file;
    };
    const shown = unitLogOf(journal, 'u7.service', { lines: 10, ...began });
    expect(shown.entries.map((entry) => entry.text('MESSAGE'))).toEqual(['4']);
    expect(shown.rotated).toBe(false);
    // A unit that has run since before the oldest line there is of this boot.
    expect(unitLogOf(journal, 'u7.service', { lines: 10, notBeforeUsec: 1 }).rotated).toBe(true);
    expect(reads).toBeLessThan(100);
  });
});
