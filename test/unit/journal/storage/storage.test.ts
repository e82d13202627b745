import { beforeEach, describe, expect, it } from 'vitest';
import { SharedFields } from '../../../../src/journal/entry/entry.ts';
import { entriesOf, JournalView } from '../../../../src/journal/read/view.ts';
import { defaultConfig, type JournalConfig } from '../../../../src/journal/storage/config.ts';
import { defaultDirectories, JournalStorage } from '../../../../src/journal/storage/storage.ts';
import { SimHost } from '../../../../src/simulation/machine/host.ts';

const machine = 'fedcba9876543210fedcba9876543210';
const persistent = `/var/log/journal/${machine}`;
const runtime = `/run/log/journal/${machine}`;
const shared = new SharedFields([['_SYSTEMD_UNIT', 'a.service']]);

let host: SimHost;
let clock: number;

beforeEach(() => {
  host = new SimHost();
  clock = 0;
});

function open(storage: JournalConfig['storage'] = 'auto'): JournalStorage {
  const config = { ...defaultConfig(), storage };
  return new JournalStorage(host, { scope: 'system', config, directories: defaultDirectories(host, 'system') });
}
const put = (storage: JournalStorage, message: string): void =>
  storage.append(shared, ++clock * 1_000_000, clock, [['MESSAGE', message]]);
const kept = (storage: JournalStorage): (string | undefined)[] =>
  [...entriesOf(new JournalView(storage), 'forward')].map((entry) => entry.text('MESSAGE'));

describe('what a segment had before', () => {
  it('is read in turns, and then that is said', () => {
    const before = open();
    for (let unit = 0; unit < 100; unit++) {
      const origin = new SharedFields([['_SYSTEMD_UNIT', `u${unit}.service`]]);
      before.append(origin, ++clock * 1_000_000, clock, [['MESSAGE', 'here']]);
    }
    before.close();
    const storage = open();
    let ms = 0;
    host.monotonic = () => (ms += 0.5);
    let isDone = false;
    storage.catchUp(() => {
      isDone = true;
    });
    expect(isDone).toBe(false);
    host.advance(5_000);
    expect(isDone).toBe(true);
    expect(storage.segments().at(-1)!.summary!.values.get('_SYSTEMD_UNIT')?.size).toBe(100);
  });
});

describe('the place', () => {
  it('is volatile until /var/log/journal exists', () => {
    expect(open().directory).toBe(runtime);
    host.files.mkdirs('/var/log/journal');
    const storage = open();
    expect(storage.directory).toBe(persistent);
    expect(storage.directories).toEqual([persistent, runtime]);
  });

  it('is persistent or volatile where Storage= says so', () => {
    expect(open('persistent').directory).toBe(persistent);
    expect(open('volatile').directory).toBe(runtime);
  });

  it('is the volatile one where the other cannot be written', () => {
    host.files.mkdirs('/var/log/journal');
    host.files.failures.set(persistent, { call: 'mkdir', code: 'EROFS', errno: 30 });
    expect(open('persistent').directory).toBe(runtime);
  });

  it('is memory where neither can, and then has no usage', () => {
    host.files.failures.set('/run/log', { call: '*', code: 'EROFS', errno: 30 });
    host.files.failures.set('/run/log/journal', { call: '*', code: 'EROFS', errno: 30 });
    const storage = open();
    expect(storage.directory).toBe('/memory');
    put(storage, 'kept');
    expect(kept(storage)).toEqual(['kept']);
    expect(storage.usage()).toBe(undefined);
  });

  it.each([
    ['a disk', '/var', undefined, 819],
    ['all of the memory of a machine', '/run', undefined, 819],
    ['memory of a container that may have little', '/run', 128, 12],
    ['memory, but not where the journal is', '/run/user/0', 128, 819],
  ])('takes a tenth of %s', (_, mounted, memoryMiB, expected) => {
    host.mount(mounted);
    host.files.mkdirs('/sys/fs/cgroup');
    if (memoryMiB !== undefined) host.files.put('/sys/fs/cgroup/memory.max', String(memoryMiB * 1024 * 1024));
    const { maxUse } = open('volatile').usage()!;
    expect(Math.floor(maxUse / 1024 / 1024)).toBe(expected);
  });

  it('is none with Storage=none, and what is there from before is read', () => {
    const before = open();
    put(before, 'old');
    before.close();
    const storage = open('none');
    put(storage, 'new');
    expect(storage.stores).toBe(false);
    expect(kept(storage)).toEqual(['old']);
  });
});

describe('a move', () => {
  it('to the persistent place leaves everything readable, and back too', () => {
    const storage = open();
    put(storage, 'early');
    storage.flushToPersistent();
    expect(storage.directory).toBe(runtime);
    host.files.mkdirs('/var/log/journal');
    storage.flushToPersistent();
    expect(storage.directory).toBe(persistent);
    put(storage, 'late');
    expect(kept(storage)).toEqual(['early', 'late']);
    storage.relinquishPersistent();
    expect(storage.directory).toBe(runtime);
    put(storage, 'last');
    expect(kept(storage)).toEqual(['early', 'late', 'last']);
    expect(host.files.readdir(persistent)).not.toEqual([]);
  });

  it('that is not possible leaves the place as it was', () => {
    const storage = open();
    put(storage, 'one');
    host.files.mkdirs('/var/log/journal');
    host.files.failures.set(persistent, { call: 'mkdir', code: 'EROFS', errno: 30 });
    storage.flushToPersistent();
    expect(storage.directory).toBe(runtime);
    put(storage, 'two');
    expect(kept(storage)).toEqual(['one', 'two']);
  });
});

it('counts what it takes', () => {
  const storage = open();
  put(storage, 'x'.repeat(1000));
  storage.flush();
  const usage = storage.usage()!;
  expect(usage).toMatchObject({ persistent: false, directory: runtime });
  expect(usage.used).toBeGreaterThan(1000);
  expect(usage.maxUse).toBeGreaterThan(usage.used);
});
