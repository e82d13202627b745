/** Expressions: what one value in a unit file, on a command line or in a file of the machine may say. */
import type { Random } from '../../../../scripts/fuzz/random.mjs';
import { SimHost } from '../../../../src/simulation/machine/host.ts';
import { bytesToText, textToBytes } from '../../../../src/text/bytes.ts';
import { compareTexts, compareVersions } from '../../../../src/text/compare.ts';
import { matcher } from '../../../../src/text/fnmatch.ts';
import {
  formatMode,
  parseBoolean,
  parseInteger,
  parseInteger64,
  parseMode,
  parsePermyriad,
  parsePid,
  parsePortRange,
  parseSize,
  parseUid,
  parseUnsigned64,
} from '../../../../src/text/numbers.ts';
import { pathIsNormalized, pathIsValid, pathSimplify } from '../../../../src/text/paths.ts';
import { cEscape, cUnescape, extract, shellMaybeQuote, splitWords } from '../../../../src/text/quoting.ts';
import {
  byShell,
  expandCommandLine,
  formatArgv,
  parseExecCommands,
} from '../../../../src/unitfile/language/exec-command.ts';
import {
  escapeSpecifiers,
  expandSpecifiers,
  SpecifierFacts,
  systemAndTmpSpecifiers,
  unitFullSpecifiers,
} from '../../../../src/unitfile/language/specifiers.ts';
import {
  escapeUnitName,
  escapeUnitPath,
  mangleUnitName,
  parentSlice,
  replaceUnitInstance,
  sliceToPath,
  unescapeUnitName,
  unescapeUnitPath,
  unitInstance,
  unitNameFromPath,
  unitNameKind,
  unitNameToPath,
  unitPrefix,
  unitTemplateName,
} from '../../../../src/unitfile/language/unit-name.ts';
import {
  formatPrefix,
  formatSocketAddress,
  maskPrefix,
  parseNetlinkAddress,
  parsePrefix,
  parseSocketAddress,
} from '../../../../src/values/addresses.ts';
import {
  allCapabilities,
  formatCapabilitySet,
  formatSecureBits,
  mergeCapabilitySet,
  parseCapabilitySet,
  parseSecureBits,
} from '../../../../src/values/capabilities.ts';
import { formatCpuSet, parseCpuSet } from '../../../../src/values/cpu-set.ts';
import { parseExitStatusSet } from '../../../../src/values/exit-status.ts';
import { limitNames, parseResourceLimit } from '../../../../src/values/limits.ts';
import { credentialNameIsValid, hostnameIsValid, userNameIsValid } from '../../../../src/values/names.ts';
import { formatNamespaces, mergeNamespaces } from '../../../../src/values/namespaces.ts';
import { parseSignal, signalName } from '../../../../src/values/signals.ts';
import { formatSocketBind, parseSocketBind } from '../../../../src/values/socket-bind.ts';
import { parseLogFacility, parseLogLevel } from '../../../../src/values/syslog.ts';
import { formatCalendar, parseCalendar } from '../../../../src/values/time/calendar.ts';
import { nextElapseUsec } from '../../../../src/values/time/calendar-next.ts';
import {
  formatRelative,
  formatTimeSpanUsec,
  parseNanoseconds,
  parseTimeSpanUsec,
  usecInfinity,
} from '../../../../src/values/time/time-span.ts';
import { formatTimestampUsec, parseTimestampUsec } from '../../../../src/values/time/timestamp.ts';
import { parsePosixZone, parseZoneFile } from '../../../../src/values/time/timezone.ts';
import { voiceOf } from '../../../../src/voice/voice.ts';
import { check, checkSame, type Door, textOf } from '../door.ts';
import { Mutator } from '../mutate.ts';

/** A door for one text. */
export function textDoor(
  name: string,
  share: number,
  words: { samples: readonly (string | Buffer)[]; dictionary?: readonly string[] },
  run: (text: string) => void,
): Door {
  const mutator = new Mutator(words.samples, words.dictionary);
  return {
    name,
    share,
    make: (r: Random) => [mutator.make(r)],
    open: () => ({ run: (input) => run(textOf(input)) }),
  };
}

const split = (text: string): string[] => text.split('|');
const ignore = (): void => {};

const berlin = parsePosixZone('CET-1CEST,M3.5.0,M10.5.0/3')!;
const zones = { local: berlin, load: (name: string) => (name === 'Europe/Berlin' ? berlin : undefined) };
const nowUsec = 1_700_000_000_000_000n;

const calendar = textDoor(
  'calendar',
  4,
  {
    samples: split(
      'daily|Sat *-*-8..14 18:00|*-*-01/2|Thu,Fri 2012-*-1,5 11:12:13|*:0/5:30.25|Mon *-05~03|*:*:00/3.5|2029-02-29|' +
        '*-*-* 23:59:59.999999|Fri..Mon 10:00|*-1..12/3-1|@1900000000|12..14,20:10,30|*~7/1|Tue~|0/6:0|' +
        'Mon..Fri *-2-28..29 00:00:00 Europe/Berlin|*-02~1..3 UTC|2025..2030-*-* 03:00:00|*-12-1,5,9 1,13:05:00.5',
    ),
    dictionary: split('Mon|Sun|..|/|~|*|-|:|,|weekly|UTC|Europe/Berlin|CET|2199|1970|31|@|30.5| '),
  },
  (text) => {
    const spec = parseCalendar(text, zones);
    if (spec === undefined) return;
    const formatted = formatCalendar(spec, zones);
    checkSame(parseCalendar(formatted, zones), spec, `read again from ${formatted}`);
    let after = nowUsec;
    for (let round = 0; round < 3; round++) {
      const next = nextElapseUsec(spec, after, zones);
      if (next === undefined) return;
      check(next > after, () => `${formatted} elapses at ${next}, not after ${after}`);
      after = next;
    }
  },
);

const timeSpan = textDoor(
  'time-span',
  6,
  {
    samples: split('5min 20s|1h30|90min|2M|1y2M3w4d|1.5h|.5s|30µs|infinity|0|1.000001s|+5min|-1|5 s 7ms|12345'),
    dictionary: split('s|ms|us|min|h|d|w|M|y|month|years|.|infinity|μs| '),
  },
  (text) => {
    const usec = parseTimeSpanUsec(text);
    parseNanoseconds(text);
    if (typeof usec !== 'bigint') return;
    check(usec >= 0n && usec <= usecInfinity, () => `${usec} is no span`);
    const formatted = formatTimeSpanUsec(usec);
    checkSame(parseTimeSpanUsec(formatted), usec, `read again from ${formatted}`);
    formatTimeSpanUsec(usec, 1_000_000n);
    formatRelative(Number(usec) / 1000, Number(nowUsec) / 1000);
  },
);

const timestamp = textDoor(
  'timestamp',
  6,
  {
    samples: split(
      '2026-11-24 14:30|yesterday|today|tomorrow|now|-5min|+2h|2h ago|3d left|@1700000000.25|Fri 2012-11-23 11:12:13|' +
        '2012-11-23 11:12:13 UTC|11:12|2012-11-23|Tue 2026-11-24 14:30:00.123456 CET|1970-01-01 00:00:01 Europe/Berlin',
    ),
    dictionary: split('Mon|@|-|:|.| |ago|left|UTC|CEST|today|9999|0000|.000001'),
  },
  (text) => {
    const usec = parseTimestampUsec(text, nowUsec, berlin, zones.load);
    if (typeof usec !== 'bigint') return;
    check(usec >= 0n, () => `${usec} is no moment`);
    for (const style of ['pretty', 'us', 'utc', 'unix'] as const) formatTimestampUsec(usec, berlin, style);
    const formatted = formatTimestampUsec(usec, berlin, 'us+utc');
    if (formatted === undefined || formatted.startsWith('---')) return;
    checkSame(parseTimestampUsec(formatted, nowUsec, berlin), usec, `read again from ${formatted}`);
  },
);

const number = textDoor(
  'number',
  12,
  {
    samples: split('0|1|-1|42|0x1f|0755|1K|1.5G|2G1K|1E|100%|33.3%|0.01%|yes|off|65535|1-1024|4294967295|0b101|+7'),
    dictionary: split('K|M|G|T|P|E|B|%|0x|0o|0b|.|-|+|e'),
  },
  (text) => {
    parseBoolean(text);
    const integer = parseInteger(text);
    check(integer === undefined || (Number.isSafeInteger(integer) && Math.abs(integer) <= 2 ** 31), `${integer}`);
    parseInteger64(text);
    const wide = parseUnsigned64(text);
    check(wide === undefined || (wide >= 0n && wide < 1n << 64n), () => `${wide} is beyond 64 bits`);
    const size = parseSize(text);
    check(size === undefined || size >= 0, () => `${size} is no size`);
    const share = parsePermyriad(text);
    check(share === undefined || (share >= 0 && share <= 10_000), () => `${share} is no share`);
    const mode = parseMode(text);
    if (mode !== undefined) checkSame(parseMode(formatMode(mode)), mode, 'mode read again');
    parsePid(text);
    parsePortRange(text);
    const uid = parseUid(text);
    check(uid === undefined || (uid >= 0 && uid < 2 ** 32 - 1), () => `${uid} is no uid`);
  },
);

const cpuSet = textDoor(
  'cpu-set',
  3,
  { samples: split('0-3,8|1 2 3|0-8191|7-2|"1",2|4 - 5'), dictionary: split('-|,| |8191|8192|0-') },
  (text) => {
    const cpus = parseCpuSet(text, 'CPUAffinity', ignore, voiceOf(262).loading.cpuSets);
    if (cpus === undefined) return;
    check(cpus.length <= 8192, () => `${cpus.length} processors`);
    checkSame(parseCpuSet(formatCpuSet(cpus), 'CPUAffinity', ignore, voiceOf(262).loading.cpuSets), cpus, 'read again');
  },
);

const address = textDoor(
  'address',
  6,
  {
    samples: split(
      '10.0.0.0/8|::1|2001:db8::/32|fe80::1%eth0|[::1]:80|127.0.0.1:22|@abstract|/run/x.sock|vsock:2:1234|vsock::1|80|' +
        '[fe80::1]:5%lo|::ffff:1.2.3.4|route 1|kobject-uevent 4294967295|any|ipv4:tcp:80-90|udp:53|[::]:0',
    ),
    dictionary: split(':|::|[|]|/|%|.|vsock:|@|65535|ipv6:|tcp:|any'),
  },
  (text) => {
    const prefix = parsePrefix(text);
    if (prefix !== undefined) {
      checkSame(parsePrefix(formatPrefix(prefix)), prefix, `read again from ${formatPrefix(prefix)}`);
      maskPrefix(prefix);
    }
    const socket = parseSocketAddress(text);
    if (socket !== undefined) {
      const formatted = formatSocketAddress(socket);
      if (socket.family !== 'unix') checkSame(parseSocketAddress(formatted), socket, `read again from ${formatted}`);
    }
    parseSocketAddress(text, false);
    const netlink = parseNetlinkAddress(text);
    if (netlink !== undefined)
      checkSame(parseNetlinkAddress(formatSocketAddress(netlink)), netlink, 'netlink read again');
    const rule = parseSocketBind(text);
    if (rule !== undefined) checkSame(parseSocketBind(formatSocketBind(rule, ':')), rule, 'rule read again');
  },
);

const wordLists = textDoor(
  'word-list',
  4,
  {
    samples: split(
      '~CAP_CHOWN CAP_KILL|cap_net_admin 5|SIGTERM SIGKILL TEMPFAIL 250|RTMIN+5|SIGRTMAX-2|cgroup ipc net|~mnt pid|' +
        'noroot keep-caps|10:20|infinity|1G:2G|5min|nice|-5|debug|local7.info|3|0 1 2 SIGHUP',
    ),
    dictionary: split('CAP_|SIG|RTMIN|RTMAX|+|-|~|:|infinity|63|64|255|noroot|yes|no'),
  },
  (text) => {
    const mask = parseCapabilitySet(text);
    check(mask >= 0n && mask <= allCapabilities, 'capabilities beyond the set');
    checkSame(parseCapabilitySet(formatCapabilitySet(mask, 63)), mask, 'capabilities read again');
    mergeCapabilitySet(text, mask, allCapabilities);
    const bits = parseSecureBits(text);
    checkSame(parseSecureBits(formatSecureBits(bits)), bits, 'secure bits read again');
    const { mask: namespaces } = mergeNamespaces(text, -1);
    if (text !== '') formatNamespaces(namespaces);
    const signal = parseSignal(text);
    if (signal !== undefined) checkSame(parseSignal(signalName(signal)), signal, 'signal read again');
    parseExitStatusSet(text, { statuses: [1], signals: [] }, 'SuccessExitStatus', ignore);
    for (const name of limitNames) {
      const limit = parseResourceLimit(name, text);
      check(typeof limit !== 'object' || limit.soft <= limit.hard, 'a soft limit above the hard one');
    }
    parseLogLevel(text);
    parseLogFacility(text);
    hostnameIsValid(text);
    userNameIsValid(text, 'relaxed');
    credentialNameIsValid(text);
  },
);

const quoting = textDoor(
  'quoting',
  6,
  {
    samples: split(
      '"two words" \'single\' a\\x20b|a\\u00e9\\U0001f642|"esc \\" quote"|\\\\|tab\\tx|x\\073y|it\\\'s|""',
    ),
    dictionary: split('"|\'|\\|\\x|\\u|\\U|\\0|\\n| '),
  },
  (text) => {
    checkSame(bytesToText(textToBytes(text)), text, 'bytes and back');
    for (let flags = 0; flags < 256; flags += 37) splitWords(text, flags);
    splitWords(text, extract.unquote | extract.cUnescape | extract.relax);
    cUnescape(text, { relax: true });
    if (!text.includes('\0')) {
      checkSame(cUnescape(cEscape(text)), text, 'escaped and back');
      const quoted = shellMaybeQuote(text, { escapeEmpty: true });
      const back = splitWords(quoted, extract.unquote | extract.cUnescape | extract.unescapeRelax);
      if (!/[$`]/.test(text)) checkSame(back, [text], `words of ${quoted}`);
      shellMaybeQuote(text, { posix: true });
    }
    const simple = pathSimplify(text);
    checkSame(pathSimplify(simple), simple, 'path made simple twice');
    pathIsValid(text);
    pathIsNormalized(text);
  },
);

const unitName = textDoor(
  'unit-name',
  5,
  {
    samples: split(
      'a.service|a@i.service|a@.service|-.slice|a-b-c.slice|dev-sda1.device|/dev/sda1|/var/lib/x|foo\\x2dbar.mount|' +
        'name with blanks|a.b.socket|x*.service|../etc|@.service',
    ),
    dictionary: split('@|.service|.slice|.mount|-|\\x2d|\\x2f|\\x00|/|.|*|--'),
  },
  (text) => {
    checkSame(unescapeUnitName(escapeUnitName(text)), text, 'escaped and back');
    const path = escapeUnitPath(text);
    if (path !== undefined && !text.includes('\0')) unescapeUnitPath(path);
    const mount = unitNameFromPath(text, '.mount');
    if (mount !== undefined) {
      check(unitNameKind(mount) !== undefined, () => `${mount} is no name of a unit`);
      if (mount.length < 200 && text.startsWith('/'))
        checkSame(unitNameToPath(mount), pathSimplify(text), `path of ${mount}`);
    }
    for (const globs of [false, true]) {
      const mangled = mangleUnitName(text, { globs, notice: ignore });
      check(mangled === undefined || globs || unitNameKind(mangled) !== undefined, () => `${mangled} is no name`);
    }
    parentSlice(text);
    sliceToPath(text);
    if (unitNameKind(text) === undefined) return;
    unitPrefix(text);
    const instance = unitInstance(text);
    const template = unitTemplateName(text);
    if (instance !== undefined && instance !== '' && template !== undefined)
      checkSame(replaceUnitInstance(template, instance), text, 'instance put back');
  },
);

const execLine = textDoor(
  'exec-line',
  5,
  {
    samples: split(
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as a unit file has it
      '/bin/echo "two words" $HOME ${FOO} $$ %n a\\x20b|-@/bin/sh argv0 -c "exit 1" ; /bin/true|+/x|!!/y z|:/a $b|' +
        '/bin/a \\; b ; /bin/c|@-/bin/x|true',
    ),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as a unit file has it
    dictionary: [...split('$|${|}|${A}|$A|;| ; |\\;|-|@|+|!|!!|:|"|\'|%n|%%|\\x20|/bin/sh '), '|'],
  },
  (text) => {
    const voice = voiceOf(262).loading.execLines('ExecStart');
    const { commands } = parseExecCommands(
      text,
      (part) => ({ text: part.replaceAll('%n', 'x.service') }),
      ignore,
      voice,
    );
    for (const command of commands) {
      const { path, argv } = byShell(command, command.argv, undefined);
      check(path !== '' && argv.length > 0, 'a command without a program');
      formatArgv(expandCommandLine(command, new Map([['A', text.slice(0, 1000)]])));
    }
  },
);

const specifiers = ((): Door => {
  const samples = split('%n %N %p %i %j|%t/%S/%C/%L|%u %U %g %h %s|%m %b %H %v %a %o %w|%%|%f %y %Y|%d|100%|%z %');
  const mutator = new Mutator(samples, split('%|%%|%n|%i|%I|%f|%j|%P|%t|%z|%1'));
  return {
    name: 'specifiers',
    share: 4,
    make: (r) => [mutator.make(r), Buffer.from(r.pick(['a.service', 'a@b\\x2dc.service', '-.slice', 'x-y.mount']))],
    open: () => {
      const facts = new SpecifierFacts(new SimHost({ files: { '/etc/os-release': 'ID=x\nVERSION_ID="1"\n' } }));
      return {
        run: (input) => {
          const text = textOf(input);
          const context = { facts, unit: textOf(input, 1) };
          for (const table of [unitFullSpecifiers, systemAndTmpSpecifiers]) {
            const expanded = expandSpecifiers(text, context, table, 4096);
            check(!('text' in expanded) || expanded.text.length <= 4096, 'longer than its bound');
          }
          const back = expandSpecifiers(escapeSpecifiers(text), context, unitFullSpecifiers);
          if ('text' in back) checkSame(back.text, text, 'escaped and expanded');
        },
      };
    },
  };
})();

const pattern = ((): Door => {
  const mutator = new Mutator(
    split('*.service|a[!b-c]?|[[:alpha:]]*|\\*x|**a**b**c|{a,b}|[]a]|[a|!x'),
    split('*|?|[|]|[!|[^|[:alpha:]|[.|[=|-|\\|/|.|a|b'),
  );
  const texts = new Mutator(split('a.service|aaaaaaaaaaaaaaaaaaaaaaaaab|1.2.3~rc1-4|2:1.0|x/y|.hidden'));
  return {
    name: 'pattern',
    share: 4,
    make: (r) => [mutator.make(r), texts.make(r)],
    open: () => ({
      run: (input) => {
        const [first, second] = [textOf(input), textOf(input, 1)];
        for (const noEscape of [true, false]) matcher([first], { noEscape })(second.slice(0, 4096));
        const order = compareVersions(first, second);
        check(order === -compareVersions(second, first), 'versions are in two orders');
        compareTexts('>=', first, second);
      },
    }),
  };
})();

/** A small TZif file of version 2 (tzfile(5)) with one change of the offset. */
function zoneFile(): Buffer {
  const head = (times: number): Buffer => {
    const bytes = Buffer.alloc(44);
    bytes.write('TZif2', 0, 'latin1');
    for (const [index, count] of [1, 1, 0, times, 2, 8].entries()) bytes.writeUInt32BE(count, 20 + index * 4);
    return bytes;
  };
  const types = Buffer.from([0, 0, 0x0e, 0x10, 0, 0, 0, 0, 0x1c, 0x20, 1, 4]);
  const rest = [Buffer.from([1]), types, Buffer.from('CET\0CES\0'), Buffer.from([0, 0, 0, 0])];
  const first = Buffer.concat([head(1), Buffer.from([0x60, 0, 0, 0]), ...rest]);
  const second = Buffer.concat([head(1), Buffer.from([0, 0, 0, 0, 0x60, 0, 0, 0]), ...rest]);
  return Buffer.concat([first, second, Buffer.from('\nCET-1CEST,M3.5.0,M10.5.0/3\n')]);
}

const timeZone = ((): Door => {
  const files = new Mutator([zoneFile()]);
  const rules = new Mutator(
    split('CET-1CEST,M3.5.0,M10.5.0/3|<+03>-3|EST5EDT|UTC0|XXX-167:59:59YYY,J1/-167,365/167|A0'),
    split('M|J|,|/|.|-|:|<|>|CET|+|0|365|167'),
  );
  return {
    name: 'time-zone',
    share: 2,
    make: (r) => (r.chance(0.5) ? [files.make(r)] : [rules.make(r)]),
    open: () => ({
      run: (input) => {
        const data = input[0] ?? Buffer.alloc(0);
        for (const zone of [parseZoneFile(data, 'x'), parsePosixZone(data.toString('latin1'))]) {
          if (zone === undefined) continue;
          for (const at of [0, 1_700_000_000, 1_720_000_000, 4_000_000_000]) zone.at(at);
          const text = formatTimestampUsec(nowUsec, zone, 'us');
          parseTimestampUsec(text ?? '', nowUsec, zone);
        }
      },
    }),
  };
})();

export const valueDoors: readonly Door[] = [
  calendar,
  timeSpan,
  timestamp,
  number,
  cpuSet,
  address,
  wordLists,
  quoting,
  unitName,
  execLine,
  specifiers,
  pattern,
  timeZone,
];
