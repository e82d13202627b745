/** The journal: what comes in over its sockets and streams, and its own files as others may have left them. */
import type { Random } from '../../../../scripts/fuzz/random.mjs';
import { journalctl } from '../../../../src/cli/journalctl/journalctl.ts';
import { fieldNameIsValid, SharedFields } from '../../../../src/journal/entry/entry.ts';
import { decodeBlock, encodeBlock } from '../../../../src/journal/entry/export-format.ts';
import { Journal } from '../../../../src/journal/journal.ts';
import { outputModes } from '../../../../src/journal/read/output-modes.ts';
import { entriesOf, JournalView } from '../../../../src/journal/read/view.ts';
import { type LineBreak, LineSplitter } from '../../../../src/journal/receive/lines.ts';
import { parseNative } from '../../../../src/journal/receive/native.ts';
import { parseSyslog } from '../../../../src/journal/receive/syslog.ts';
import { defaultConfig, type JournalConfig } from '../../../../src/journal/storage/config.ts';
import { parseSegmentName } from '../../../../src/journal/storage/segment.ts';
import { JournalStore } from '../../../../src/journal/storage/store.ts';
import { callOn } from '../../../../src/simulation/call.ts';
import { SimHost } from '../../../../src/simulation/machine/host.ts';
import { SystemError } from '../../../../src/sys/host.ts';
import { bytes, check, checkSame, type Door, type Input, type Session, textOf, unless } from '../door.ts';
import { chunked, Mutator } from '../mutate.ts';
import { finished } from '../turns.ts';

const directory = '/run/systemd/journal';

function smallConfig(): JournalConfig {
  const limits = { maxUse: 128 * 1024, keepFree: 0, maxFileSize: 32 * 1024, maxFiles: 10 };
  return { ...defaultConfig(), storage: 'volatile', system: limits, runtime: limits };
}

/** A journal that listens, of a small size, and a process of a unit's that may write to it. */
class Machine {
  readonly host = new SimHost({ pid: 1 });
  readonly journal: Journal;
  readonly #descriptors: number;

  constructor() {
    this.journal = new Journal(this.host, { config: smallConfig(), console: 'both' });
    this.journal.unitOfPid = (pid) => (pid % 2 === 0 ? { unit: 'a.service', invocationId: 'f'.repeat(32) } : undefined);
    this.journal.listen();
    this.host.settle();
    this.#descriptors = this.host.openFds().size;
  }

  /** What is due happens, and nothing is left of it. */
  rest(): void {
    this.host.advance(1);
    this.host.consoleText = '';
    check(this.host.openFds().size === this.#descriptors, 'a descriptor was left open');
  }
}

/** The last piece of a case: who sends it, and with how many descriptors. */
const sender = (r: Random): Buffer => Buffer.of(r.int(0, 3), r.chance(0.9) ? 0 : r.int(1, 3), r.int(0, 255));

function send(machine: Machine, path: string, data: Buffer, [who = 0, count = 0, pid = 0]: Buffer): void {
  const { host } = machine;
  const fds = Array.from({ length: count }, () => host.makeFd('passed'));
  for (const fd of fds) host.memfds.set(fd, data);
  const credentials = { pid: who === 0 ? 0 : pid, uid: who === 1 ? 0 : pid * 10, gid: -1 };
  host.datagram(path, count === 1 && who === 2 ? Buffer.alloc(0) : data, credentials, fds);
  host.settle();
  for (const fd of fds) host.memfds.delete(fd);
  machine.rest();
}

const block = (name: string, value: string): string => {
  const length = Buffer.alloc(8);
  length.writeUInt32LE(Buffer.byteLength(value));
  return `${name}\n${length.toString('latin1')}${value}\n`;
};

const native = ((): Door => {
  const mutator = new Mutator(
    [
      'MESSAGE=hello\nPRIORITY=3\nSYSLOG_IDENTIFIER=x\n',
      Buffer.from(`PRIORITY=6\n${block('MESSAGE', 'two\nlines')}CODE_LINE=7\n`, 'latin1'),
      'MESSAGE=one\n\nMESSAGE=two\nUNIT=a.service\n',
      '# comment\n.x\nMESSAGE_ID=7d4958e842da4a758f6c1cdc7b36dcc5\n_PID=1\nMESSAGE=x\n',
      Buffer.from(block('A', '') + block('B', 'x'.repeat(300)), 'latin1'),
    ],
    [
      'MESSAGE',
      'MESSAGE=',
      'PRIORITY=',
      '_TRANSPORT=',
      '\n\n',
      'UNIT=',
      '\0\0\0\0\0\0\0\0',
      '\x01\0\0\0\0\0\0\0',
      'É=',
    ],
  );
  return {
    name: 'journal-native',
    share: 2,
    make: (r) => [mutator.make(r), sender(r)],
    open: () => {
      const machine = new Machine();
      return {
        run: (input) => {
          const [data = Buffer.alloc(0), from = Buffer.alloc(3)] = input;
          for (const entry of parseNative(data)) {
            if (entry === undefined) continue;
            const { fields, level } = entry;
            check(level >= 0 && level <= 7, () => `level ${level}`);
            for (const [name] of fields) check(fieldNameIsValid(name, false), () => `a field ${name}`);
            const encoded = encodeBlock('__ENTRY=0 1 2', fields);
            const decoded = decodeBlock(encoded, 0);
            check(decoded?.end === encoded.length, 'a block of another length');
            checkSame(decoded.fields.slice(1), fields, 'fields read again');
          }
          send(machine, `${directory}/socket`, data, from);
        },
      };
    },
  };
})();

const syslog = ((): Door => {
  const mutator = new Mutator(
    [
      '<30>Nov 24 14:30:00 name[123]: text',
      '<0>x',
      'name: text\0\0',
      '<191>Jan  1 00:00:00 host prog: m\n',
      '  <13> a[b]: c',
      '<7>',
    ],
    ['<', '>', '<999>', '[', ']', ']:', ': ', 'Nov 24 14:30:00 ', '\0'],
  );
  return {
    name: 'journal-syslog',
    share: 2,
    make: (r) => [mutator.make(r), sender(r)],
    open: () => {
      const machine = new Machine();
      return {
        run: (input) => {
          const [data = Buffer.alloc(0), from = Buffer.alloc(3)] = input;
          const parsed = parseSyslog(data);
          if (parsed !== undefined) check(parsed.level >= 0 && parsed.level <= 7, () => `level ${parsed.level}`);
          send(machine, `${directory}/dev-log`, data, from);
        },
      };
    },
  };
})();

const streamTexts = new Mutator(
  ['one\ntwo\n', '<3>error\n<6>info\nplain\n', 'no end', 'a\0b\0c\n', '\n\n \n\t\n', `${'x'.repeat(120)}\n`, '<9>\n<'],
  ['\n', '\0', '<3>', '<', ' \n', '\r\n', '\n<7>', 'x'.repeat(79), 'x'.repeat(80), 'x'.repeat(81)],
);

type Line = [message: string, prefix: number | undefined, lineBreak: LineBreak | undefined];

function linesOf(chunks: Input, single: boolean): Line[] {
  const found: Line[] = [];
  const splitter = new LineSplitter(
    { lineMax: 79, levelPrefix: true, single },
    {
      line: (message, prefix, lineBreak) => found.push([message.toString('latin1'), prefix, lineBreak]),
      lines: (data, count) => {
        const lines = data.toString('latin1').split('\n');
        check(lines.length === count, () => `${lines.length} lines are said to be ${count}`);
        for (const line of lines) found.push([line, undefined, undefined]);
      },
    },
  );
  for (const chunk of chunks) splitter.push(Buffer.from(chunk));
  splitter.end();
  return found;
}

/** The same lines come of the same bytes, in whatever pieces they come. */
const lines: Door = {
  name: 'stream-lines',
  share: 4,
  make: (r) => chunked(r, streamTexts.make(r)),
  open: () => ({
    run: (chunks) => {
      const whole = linesOf([Buffer.concat(chunks)], false);
      checkSame(linesOf(chunks, false), whole, 'lines of the pieces');
      checkSame(linesOf([Buffer.concat(chunks)], true), whole, 'lines one by one');
    },
  }),
};

const stream = ((): Door => {
  const heads = new Mutator(['prog\n\n6\n1\n0\n0\n0\n', 'x\na.service\n30\n0\n0\n0\n1\n', '\n\n999\nyes\nno\nt\nf\n']);
  return {
    name: 'journal-stream',
    share: 2,
    make: (r) => {
      const whole = Buffer.concat([heads.make(r), streamTexts.make(r)]);
      return [Buffer.of(r.int(0, 1)), ...chunked(r, whole)];
    },
    open: () => {
      const machine = new Machine();
      return {
        run: ([who, ...chunks]) => {
          const connection = machine.host.connectHeld(`${directory}/stdout`, (who?.[0] ?? 0) * 1000);
          for (const chunk of chunks) if (!connection.closed) connection.onData(Buffer.from(chunk));
          if (!connection.closed) connection.onEnd();
          check(connection.closed, 'the connection stays');
          machine.rest();
        },
      };
    },
  };
})();

// ---- files ----------------------------------------------------------------------------------------------------------

const place = '/var/log/journal/fedcba9876543210fedcba9876543210';

/** Data and index of segments, complete and not. */
function segments(): [data: Buffer, index: Buffer][] {
  const host = new SimHost({ pid: 1 });
  const journal = new Journal(host, { config: { ...smallConfig(), storage: 'persistent' }, console: 'none' });
  const log = (unit: string, count: number): void => {
    for (let index = 0; index < count; index++) {
      host.advance(10);
      journal.log({ message: index % 5 === 4 ? `two\nlines ${index}` : `message ${index}`, priority: 5, unit });
    }
    host.settle();
  };
  const { fd } = journal.openStream({ unit: 's.service', identifier: 's' });
  log('a.service', 4);
  host.streams.get(fd)!.write(Buffer.from('one\ntwo\nthree\n\xff\x00four\n'));
  log('b.service', 3);
  journal.rotate();
  log('c.service', 6);
  host.settle();
  const names = host.files.readdir(place).filter((name) => name.endsWith('.export'));
  return names.map((name) => [
    host.files.readFile(`${place}/${name}`),
    host.files.readFile(`${place}/${name.replace('.export', '.index')}`),
  ]);
}

const segmentName = `system@${'b'.repeat(32)}-0000000000000001-0005e8d5b0d2c000`;
const calls = [
  ...outputModes.map((mode) => `-o ${mode}`),
  '-r',
  '-n 3',
  '--header',
  '--verify',
  '--list-boots',
  '-F MESSAGE',
  '-N',
  '--disk-usage',
  '-u a.service -o json --all',
  '-p err -x',
  '--since yesterday -g lines',
  '-b -o verbose --utc',
  '-S @1700000000 -U now -o short-full',
  '--cursor=s=0;i=1;b=2 -o export',
  '_SYSTEMD_UNIT=s.service + PRIORITY=5 -o cat',
];

const files = ((): Door => {
  let mutators: [data: Mutator, index: Mutator][] | undefined;
  return {
    name: 'journal-files',
    share: 0.3,
    make: (r) => {
      mutators ??= segments().map(([data, index]) => [
        new Mutator([data], ['__ENTRY=', '__CONTEXT=', '__RUN=', '__JOURNAL=', '\n\n', '_BOOT_ID=', 'MESSAGE\n', '-1']),
        new Mutator([index], ['"end":', '"values":', '{', '[]', 'null', '"entries":1e300']),
      ]);
      const [data, index] = r.pick(mutators);
      const [damagedData, damagedIndex] = [r.chance(0.7), r.chance(0.7)];
      return [
        damagedData ? data.make(r) : data.change(r, data.make(r)).subarray(0, r.int(0, 4000)),
        damagedIndex ? index.make(r) : Buffer.alloc(0),
        bytes(r.pick(calls)),
      ];
    },
    open: openFiles,
  };
})();

function openFiles(): Session {
  const host = new SimHost({ pid: 1 });
  host.files.mkdirs(place);
  return {
    run: async (input) => {
      const [data = Buffer.alloc(0), index = Buffer.alloc(0)] = input;
      host.files.put(`${place}/${segmentName}.export`, data);
      if (index.length > 0) host.files.put(`${place}/${segmentName}.index`, index);
      const words = ['--no-pager', '-D', place, ...textOf(input, 2).split(' ')];
      const abort = new AbortController();
      const made = callOn({ host }, 'journalctl', words, { env: { TZ: 'UTC' } });
      const context = { ...made.context, signal: abort.signal };
      const call = await journalctl.parse(context);
      const running = typeof call === 'number' ? Promise.resolve(call) : Promise.resolve(call.run(context));
      await finished(host, running, () => abort.abort());
      goesOn(host);
      host.files.removeTree(place);
      host.files.mkdirs(place);
    },
  };
}

/** Whatever the last manager has left: the next one writes its entries, and reads them. */
function goesOn(host: SimHost): void {
  const store = new JournalStore({
    files: host.files,
    directory: place,
    prefix: 'system',
    machineId: 'a'.repeat(32),
    newSeqnumId: () => 'c'.repeat(32),
    limits: { maxUse: undefined, keepFree: undefined, maxFileSize: undefined, maxFiles: 100 },
    maxFileMs: 0,
    maxRetentionMs: 0,
    mode: 0o640,
    group: undefined,
  });
  const shared = new SharedFields([['_SYSTEMD_UNIT', 'new.service']]);
  const now = Math.round(host.now() * 1000);
  store.append(shared, now, 1, [['MESSAGE', 'new']]);
  store.appendRun(shared, now, 1, Buffer.from('newer\nnewest'), 2);
  store.flush();
  const view = new JournalView({ files: host.files, segments: () => store.segments });
  view.seekTail();
  const found: (string | undefined)[] = [];
  for (const entry of entriesOf(view, 'backward')) {
    found.push(entry.text('MESSAGE'));
    if (found.length === 3) break;
  }
  checkSame(found, ['newest', 'newer', 'new'], 'what was written after it');
  view.close();
  store.close();
}

const names: Door = {
  name: 'journal-names',
  share: 1,
  make: ((): Door['make'] => {
    const mutator = new Mutator([`${segmentName}.export`, 'system.journal'], ['.export', '@', '-', 'f'.repeat(16)]);
    return (r) => [mutator.make(r)];
  })(),
  open: () => ({
    run: (input) => {
      const segment = unless([SystemError], () => parseSegmentName(place, textOf(input)));
      if (segment !== undefined) check(segment.head >= 0 && segment.realtimeUsec >= 0, 'a segment of no time');
    },
  }),
};

export const journalDoors: readonly Door[] = [native, syslog, lines, stream, files, names];
