import { describe, expect, it } from 'vitest';
import { type Field, SharedFields } from '../../../../src/journal/entry/entry.ts';
import { JournalFilter } from '../../../../src/journal/read/match.ts';
import { entriesOf, JournalView } from '../../../../src/journal/read/view.ts';
import { dataPath, indexPath } from '../../../../src/journal/storage/segment.ts';
import { SegmentReader } from '../../../../src/journal/storage/segment-reader.ts';
import { JournalStore, listSegments, type StoreNotice } from '../../../../src/journal/storage/store.ts';
import { SimFiles } from '../../../../src/simulation/machine/files.ts';
import { SystemError } from '../../../../src/sys/host.ts';

const directory = '/var/log/journal/m';
const second = 1_000_000;

function openStore(
  files: SimFiles,
  limits: Partial<{ maxUse: number; maxFileSize: number; maxFiles: number; keepFree: number }> = {},
  group?: number,
): JournalStore {
  return new JournalStore({
    files,
    directory,
    prefix: 'system',
    machineId: 'a'.repeat(32),
    newSeqnumId: () => 'b'.repeat(32),
    limits: { maxUse: undefined, keepFree: undefined, maxFileSize: undefined, maxFiles: 100, ...limits },
    maxFileMs: 0,
    maxRetentionMs: 0,
    mode: 0o640,
    group,
  });
}

const shared = (unit: string, more: Field[] = []): SharedFields =>
  new SharedFields([['_SYSTEMD_UNIT', unit], ['_BOOT_ID', 'c'.repeat(32)], ...more]);

function view(store: JournalStore, matches: string[] = []): JournalView {
  const filter = new JournalFilter();
  for (const match of matches) filter.add(match);
  const { files } = store;
  return new JournalView(
    {
      files,
      segments: () => {
        store.flush();
        return store.segments;
      },
    },
    filter,
  );
}

const messages = (source: JournalView, direction: 'forward' | 'backward' = 'forward'): string[] => {
  if (direction === 'backward') source.seekTail();
  return [...entriesOf(source, direction)].map((entry) => entry.text('MESSAGE')!);
};

const newFiles = (): SimFiles => new SimFiles(() => 0);

describe('a store', () => {
  it('gives its files to a group that may read them', () => {
    const files = newFiles();
    openStore(files, {}, 190).append(shared('a.service'), second, 1, [['MESSAGE', 'one']]);
    const names = files.readdir(directory);
    expect(names).toHaveLength(2);
    for (const name of names)
      expect(files.stat(`${directory}/${name}`)).toMatchObject({ mode: 0o640, uid: 0, gid: 190 });
  });

  it('gives back what was put in, in order, both ways', () => {
    const store = openStore(newFiles());
    const a = shared('a.service');
    const b = shared('b.service');
    store.append(a, 1 * second, 1, [['MESSAGE', 'one']]);
    store.append(b, 2 * second, 2, [['MESSAGE', 'two']]);
    store.appendRun(a, 3 * second, 3, Buffer.from('three\nfour\nfive'), 3);
    store.append(b, 4 * second, 4, [['MESSAGE', 'six']]);
    expect(messages(view(store))).toEqual(['one', 'two', 'three', 'four', 'five', 'six']);
    expect(messages(view(store), 'backward')).toEqual(['six', 'five', 'four', 'three', 'two', 'one']);
    expect(messages(view(store, ['_SYSTEMD_UNIT=a.service']))).toEqual(['one', 'three', 'four', 'five']);
    expect(messages(view(store, ['_SYSTEMD_UNIT=b.service']), 'backward')).toEqual(['six', 'two']);
    expect(messages(view(store, ['MESSAGE=four']))).toEqual(['four']);
    expect(messages(view(store, ['_SYSTEMD_UNIT=c.service']))).toEqual([]);
  });

  it('keeps binary values, newlines and bytes that are no UTF-8', () => {
    const store = openStore(newFiles());
    const blob = Buffer.from([0, 1, 0x0a, 0xff, 0x3d, 0x0a, 0x0a]);
    store.append(shared('a.service'), second, 1, [
      ['BLOB', blob],
      ['TEXT', 'with = sign\nand a second line\n'],
      ['MESSAGE', Buffer.from([0x61, 0xff, 0x62])],
    ]);
    const [entry] = [...entriesOf(view(store), 'forward')];
    expect(entry!.get('BLOB')).toEqual(blob);
    expect(entry!.text('TEXT')).toBe('with = sign\nand a second line\n');
    expect(entry!.get('MESSAGE')).toEqual(Buffer.from([0x61, 0xff, 0x62]));
  });

  it('goes on in the same segment after it was closed and opened', () => {
    const files = newFiles();
    const first = openStore(files);
    first.append(shared('a.service'), second, 1, [['MESSAGE', 'one']]);
    first.close();
    const again = openStore(files);
    again.append(shared('a.service'), 2 * second, 2, [['MESSAGE', 'two']]);
    expect(messages(view(again))).toEqual(['one', 'two']);
    expect(again.segments).toHaveLength(1);
    const [one, two] = [...entriesOf(view(again), 'forward')];
    expect([one!.seqnum, two!.seqnum]).toEqual([1, 2]);
  });

  /** Reads of files from now on. */
  function countReads(files: SimFiles): { count: number } {
    const reads = { count: 0 };
    const open = files.open.bind(files);
    files.open = (...args: Parameters<SimFiles['open']>) => {
      const file = open(...args);
      const read = file.read.bind(file);
      file.read = (...range: Parameters<typeof read>) => {
        reads.count++;
        return read(...range);
      };
      return file;
    };
    return reads;
  }
  const units = Array.from({ length: 300 }, (_, number) => `u${number}.service`);
  function withUnits(): SimFiles {
    const files = newFiles();
    const store = openStore(files);
    for (const unit of units) store.append(shared(unit), second, 0, [['MESSAGE', unit]]);
    store.close();
    return files;
  }

  it('is open without having read what each unit in it is, and learns it bit by bit', () => {
    const files = withUnits();
    const reads = countReads(files);
    const store = openStore(files);
    expect(reads.count).toBeLessThan(10);
    expect(store.recall(() => false)).toBe(false);
    let left = 100;
    expect(store.recall(() => left-- > 0)).toBe(false);
    expect(reads.count).toBeLessThan(120);
    store.append(shared('new.service'), second, 0, [['MESSAGE', 'new']]);
    const { summary } = store.segments.at(-1)!;
    // Until it has learned all, nothing can be said not to be in it.
    expect(summary!.values.get('_SYSTEMD_UNIT')).toBeUndefined();
    const found = (unit: string): string[] => messages(view(store, [`_SYSTEMD_UNIT=${unit}`]));
    const all = ['u0.service', 'u150.service', 'u299.service', 'new.service'];
    expect(all.map(found)).toEqual(all.map((unit) => [unit === 'new.service' ? 'new' : unit]));
    expect(store.recall(() => false)).toBe(false);
    expect(store.recall(() => true)).toBe(true);
    expect(summary!.values.get('_SYSTEMD_UNIT')).toEqual(new Set([...units, 'new.service']));
    expect(all.map(found)).toEqual(all.map((unit) => [unit === 'new.service' ? 'new' : unit]));
    store.close();
  });

  it('reads of those that came since it is open none that a search can’t be about, and of all once it has learned them', () => {
    const files = withUnits();
    const store = openStore(files);
    for (const unit of units) store.append(shared(`new-${unit}`), 2 * second, 0, [['MESSAGE', 'new']]);
    store.append(shared('wanted.service'), 2 * second, 0, [['MESSAGE', 'before']]);
    store.flush();
    const reads = countReads(files);
    const wanted = view(store, ['_SYSTEMD_UNIT=wanted.service']);
    wanted.seekTail();
    expect(wanted.previous()).toBe(true);
    expect(reads.count).toBeLessThan(20);
    // What comes later is found by the same view.
    for (const unit of units) store.append(shared(`late-${unit}`), 3 * second, 0, [['MESSAGE', 'late']]);
    store.append(shared('wanted.service', [['_PID', '4711']]), 3 * second, 0, [['MESSAGE', 'after']]);
    reads.count = 0;
    expect(wanted.next()).toBe(true);
    expect(wanted.entry!.text('MESSAGE')).toBe('after');
    expect(wanted.next()).toBe(false);
    expect(reads.count).toBeLessThan(20);
    expect(store.recall(() => true)).toBe(true);
    reads.count = 0;
    expect(messages(view(store, ['_SYSTEMD_UNIT=u7.service']))).toEqual(['u7.service']);
    expect(messages(view(store, ['_SYSTEMD_UNIT=none.service']))).toEqual([]);
    expect(reads.count).toBeLessThan(20);
    wanted.close();
    store.close();
  });

  it('has all of it in the summary of a segment that is complete, and in its trailer', () => {
    const files = withUnits();
    const store = openStore(files);
    store.rotate();
    expect(store.segments[0]!.summary!.values.get('_SYSTEMD_UNIT')).toEqual(new Set(units));
    const [segment] = listSegments(files, directory);
    const reader = new SegmentReader(files, segment!);
    expect(reader.complete).toBe(true);
    expect(segment!.summary!.values.get('_SYSTEMD_UNIT')).toEqual(new Set(units));
    reader.close();
  });

  it('passes no entry by where what it had before can no longer be read', () => {
    const files = withUnits();
    const open = files.open.bind(files);
    let fails = false;
    files.open = (...args: Parameters<SimFiles['open']>) => {
      const file = open(...args);
      const read = file.read.bind(file);
      file.read = (...range: Parameters<typeof read>) => {
        if (fails) throw new SystemError('EIO', 5, 'read', args[0]);
        return read(...range);
      };
      return file;
    };
    const store = openStore(files);
    fails = true;
    expect(store.recall(() => true)).toBe(true);
    fails = false;
    expect(messages(view(store, ['_SYSTEMD_UNIT=u7.service']))).toEqual(['u7.service']);
    store.close();
  });

  it('loses no whole entry and shows no half one, wherever the data was cut', () => {
    const files = newFiles();
    const store = openStore(files);
    const written: string[] = [];
    for (let index = 0; index < 4; index++) {
      store.append(shared(`u${index % 2}.service`), index * second, index, [
        ['BLOB', Buffer.from('x\ny')],
        ['MESSAGE', `message ${index}`],
      ]);
      written.push(`message ${index}`);
    }
    store.appendRun(shared('u0.service'), 5 * second, 5, Buffer.from('run a\nrun b'), 2);
    store.close();
    const [segment] = listSegments(files, directory);
    const data = files.readFile(dataPath(segment!));
    const index = files.readFile(indexPath(segment!));
    const all = [...written, 'run a', 'run b'];
    for (let size = 0; size <= data.length; size++) {
      for (const rows of [0, 24, index.length]) {
        const cut = newFiles();
        cut.put(dataPath(segment!), data.subarray(0, size));
        cut.put(indexPath(segment!), index.subarray(0, rows));
        const reopened = openStore(cut);
        const seen = messages(view(reopened));
        expect(seen).toEqual(all.slice(0, seen.length));
        if (size === data.length) expect(seen).toEqual(all);
        reopened.append(shared('u1.service'), 9 * second, 9, [['MESSAGE', 'after']]);
        expect(messages(view(reopened))).toEqual([...seen, 'after']);
      }
    }
  });

  it('reads what it can where the index names places that the data does not have', () => {
    const files = newFiles();
    const store = openStore(files);
    store.append(shared('a.service'), second, 1, [['MESSAGE', 'one']]);
    store.rotate();
    store.close();
    const [segment] = listSegments(files, directory);
    const index = files.readFile(indexPath(segment!));
    const contextsAt = index.indexOf('{"entries"') - 4;
    index.writeUInt32LE(0xffff_fff0, contextsAt);
    files.put(indexPath(segment!), index);
    expect(messages(view(openStore(files)))).toEqual(['one']);
    expect(messages(view(openStore(files), ['_SYSTEMD_UNIT=a.service']))).toEqual([]);
  });

  it('reads what a loss of power has left of its data no more than a few times', () => {
    const files = newFiles();
    const store = openStore(files);
    for (let number = 0; number < 2000; number++)
      store.append(shared('a.service'), number * second, number, [['MESSAGE', `${number}`]]);
    store.close();
    const [segment] = listSegments(files, directory);
    const data = files.readFile(dataPath(segment!));
    data.fill(0, 5000);
    files.put(dataPath(segment!), data);
    let read = 0;
    const counting: Pick<SimFiles, 'open'> = {
      open: (path, how) => {
        const file = files.open(path, how);
        const counted = (position: number, length: number): Buffer => {
          const bytes = file.read(position, length);
          if (path.endsWith('.export')) read += bytes.length;
          return bytes;
        };
        return { ...file, read: counted };
      },
    };
    const reader = new SegmentReader(Object.assign(Object.create(files), counting), segment!);
    expect(reader.rows.entries).toBeGreaterThan(50);
    expect(read).toBeLessThan(5 * data.length);
    reader.close();
  });

  const heads = ['__ENTRY=4672930000 1 1', '__ENTRY=-5 1 1', '__ENTRY=0 -1 1', '__RUN=0 2 2 4000000000'];
  it.each(heads)('reads up to %s', (head) => {
    const files = newFiles();
    const store = openStore(files);
    store.append(shared('a.service'), second, 1, [['MESSAGE', 'one']]);
    store.close();
    const [segment] = listSegments(files, directory);
    files.unlink(indexPath(segment!));
    files.append(dataPath(segment!), `${head}\nMESSAGE=two\n\n`);
    const again = openStore(files);
    expect(messages(view(again))).toEqual(['one']);
    again.append(shared('a.service'), 3 * second, 3, [['MESSAGE', 'after']]);
    expect(messages(view(again))).toEqual(['one', 'after']);
  });

  it('begins a new segment where the index of the last one counts more entries than there are bytes', () => {
    const files = newFiles();
    const store = openStore(files);
    store.append(shared('a.service'), second, 1, [['MESSAGE', 'one']]);
    store.close();
    const [segment] = listSegments(files, directory);
    const index = files.readFile(indexPath(segment!));
    index.writeUInt32LE(0xffff_ffff, index.length - 12);
    files.put(indexPath(segment!), index);
    const again = openStore(files);
    for (const text of ['two', 'three']) again.append(shared('b.service'), 2 * second, 2, [['MESSAGE', text]]);
    expect(again.segments).toHaveLength(2);
    expect(messages(view(again, ['_SYSTEMD_UNIT=b.service']))).toEqual(['two', 'three']);
  });

  it('reads what follows an index that has no number left for it', () => {
    const files = newFiles();
    const store = openStore(files);
    for (const text of ['one', 'two']) store.append(shared('a.service'), second, 1, [['MESSAGE', text]]);
    store.close();
    const [segment] = listSegments(files, directory);
    const index = files.readFile(indexPath(segment!)).subarray(0, 48);
    index.writeUInt32LE(0xffff_ffff, 24 + 12);
    files.put(indexPath(segment!), index);
    expect(messages(view(openStore(files)))).toEqual(['one']);
  });

  it('has segments in which every place has a number, however large they may become', () => {
    expect(openStore(newFiles(), { maxFileSize: 2 ** 40 }).limits.maxFileSize).toBe(0xffff_ffff);
  });

  it('works without its index', () => {
    const files = newFiles();
    const store = openStore(files);
    for (let number = 0; number < 50; number++)
      store.append(shared('a.service'), number * second, number, [['MESSAGE', `${number}`]]);
    store.rotate();
    store.close();
    for (const name of files.readdir(directory)) if (name.endsWith('.index')) files.unlink(`${directory}/${name}`);
    const again = openStore(files);
    expect(messages(view(again))).toHaveLength(50);
    expect(messages(view(again, ['_SYSTEMD_UNIT=b.service']))).toEqual([]);
  });

  it('rotates at its size, deletes the oldest at its bound and says how many entries went', () => {
    const store = openStore(newFiles(), { maxUse: 40_000, maxFileSize: 8_000 });
    const notices: StoreNotice[] = [];
    store.onNotice = (notice) => notices.push(notice);
    for (let number = 0; number < 2000; number++) {
      store.append(shared('a.service'), number * second, number, [['MESSAGE', `message number ${number}`]]);
      store.flush();
    }
    expect(store.usage()).toBeLessThan(50_000);
    const seen = messages(view(store));
    expect(seen.at(-1)).toBe('message number 1999');
    const deleted = notices.reduce((sum, notice) => sum + notice.entries, 0);
    expect(deleted).toBe(2000 - seen.length);
    expect(deleted).toBeGreaterThan(0);
    expect(notices.every((notice) => notice.kind === 'vacuumed')).toBe(true);
  });

  it('counts what a full disk swallowed and goes on when there is room again', () => {
    const files = newFiles();
    const store = openStore(files);
    const notices: StoreNotice[] = [];
    store.onNotice = (notice) => notices.push(notice);
    store.append(shared('a.service'), 1 * second, 1, [['MESSAGE', 'kept']]);
    store.flush();
    const [segment] = store.segments;
    files.failures.set(dataPath(segment!), { call: 'write', code: 'ENOSPC', errno: 28 });
    store.append(shared('a.service'), 2 * second, 2, [['MESSAGE', 'lost']]);
    store.appendRun(shared('a.service'), 2 * second, 2, Buffer.from('lost too\nand this'), 2);
    store.flush();
    store.append(shared('a.service'), 2 * second + 1, 2, [['MESSAGE', 'still lost']]);
    store.append(shared('a.service'), 4 * second, 4, [['MESSAGE', 'back']]);
    store.flush();
    expect(messages(view(store))).toEqual(['kept', 'back']);
    expect(notices).toEqual([{ kind: 'lost', entries: 4, reason: 'ENOSPC' }]);
  });

  it('begins a new segment when the clock goes back, and keeps the order of arrival', () => {
    const store = openStore(newFiles());
    store.append(shared('a.service'), 10 * second, 1, [['MESSAGE', 'late']]);
    store.append(shared('a.service'), 5 * second, 2, [['MESSAGE', 'early']]);
    expect(store.segments).toHaveLength(2);
    expect(messages(view(store))).toEqual(['late', 'early']);
  });
});

describe('a view', () => {
  const filled = (): JournalStore => {
    const store = openStore(newFiles(), { maxUse: 1_000_000, maxFileSize: 4096 });
    for (let number = 0; number < 300; number++) {
      const unit = number % 100 === 0 ? 'rare.service' : 'often.service';
      store.append(shared(unit), number * second, number, [['MESSAGE', `${number}`]]);
      store.flush();
    }
    return store;
  };

  it('finds the last entries of a unit across segments', () => {
    const store = filled();
    expect(store.segments.length).toBeGreaterThan(3);
    const source = view(store, ['_SYSTEMD_UNIT=rare.service']);
    source.seekTail();
    expect(source.skip(2, 'backward')).toBe(2);
    expect(source.entry!.text('MESSAGE')).toBe('100');
    expect(source.next()).toBe(true);
    expect(source.entry!.text('MESSAGE')).toBe('200');
    expect(source.next()).toBe(false);
  });

  it('stays on the oldest entry where there are fewer than asked for', () => {
    const source = view(filled(), ['_SYSTEMD_UNIT=rare.service']);
    source.seekTail();
    expect(source.skip(10, 'backward')).toBe(3);
    expect(source.entry!.text('MESSAGE')).toBe('0');
    expect(source.next()).toBe(true);
    expect(source.entry!.text('MESSAGE')).toBe('100');
  });

  it('seeks by time', () => {
    const source = view(filled());
    source.seekTime(150 * second);
    source.next();
    expect(source.entry!.text('MESSAGE')).toBe('150');
    source.seekTime(150 * second + 1);
    source.next();
    expect(source.entry!.text('MESSAGE')).toBe('151');
    source.seekTime(150 * second);
    source.previous();
    expect(source.entry!.text('MESSAGE')).toBe('150');
    source.seekTime(1000 * second);
    expect(source.next()).toBe(false);
  });

  it('finds an entry again by its cursor, and by time where it is gone', () => {
    const store = filled();
    const source = view(store);
    source.seekTime(77 * second);
    source.next();
    const { cursor } = source.entry!;
    const other = view(store);
    expect(other.seekCursor(cursor, 'forward')).toBe(true);
    other.next();
    expect(other.entry!.text('MESSAGE')).toBe('77');
    expect(other.seekCursor(cursor, 'backward')).toBe(true);
    other.previous();
    expect(other.entry!.text('MESSAGE')).toBe('77');
    expect(other.seekCursor(`t=${(80 * second).toString(16)}`, 'forward')).toBe(true);
    other.next();
    expect(other.entry!.text('MESSAGE')).toBe('80');
    expect(other.seekCursor('x;y', 'forward')).toBe(false);
  });

  it('sees entries that were added after it reached the end, also in new segments', () => {
    const store = openStore(newFiles(), { maxUse: 1_000_000, maxFileSize: 4096 });
    const source = view(store);
    expect(source.next()).toBe(false);
    const seen: string[] = [];
    for (let number = 0; number < 200; number++) {
      store.append(shared('a.service'), number * second, number, [['MESSAGE', `${number}`]]);
      while (source.next() === true) seen.push(source.entry!.text('MESSAGE')!);
    }
    expect(seen).toEqual(Array.from({ length: 200 }, (_, index) => `${index}`));
    expect(store.segments.length).toBeGreaterThan(2);
  });
});
