import { expect, test } from 'vitest';
import { bytesToText, textToBytes } from '../../../../src/text/bytes.ts';
import { parseInteger, parsePermyriad, parseSizeExact } from '../../../../src/text/numbers.ts';
import { pathSimplify } from '../../../../src/text/paths.ts';
import { cEscape, cUnescape, extract, shellMaybeQuote, splitWords } from '../../../../src/text/quoting.ts';
import { loadEnvironmentFile } from '../../../../src/unitfile/language/env-file.ts';
import { expandCommandLine, parseExecCommands } from '../../../../src/unitfile/language/exec-command.ts';
import { parseUnitText } from '../../../../src/unitfile/language/lexer.ts';
import {
  escapeUnitName,
  mangleUnitName,
  unescapeUnitName,
  unitNameKind,
} from '../../../../src/unitfile/language/unit-name.ts';
import {
  parseAddress,
  parseNetlinkAddress,
  parsePrefix,
  parseSocketAddress,
} from '../../../../src/values/addresses.ts';
import { mergeCapabilitySet } from '../../../../src/values/capabilities.ts';
import { parseCpuSet } from '../../../../src/values/cpu-set.ts';
import { parseExitStatusSet } from '../../../../src/values/exit-status.ts';
import { parseResourceLimit } from '../../../../src/values/limits.ts';
import { parseSignal } from '../../../../src/values/signals.ts';
import { formatCalendar, parseCalendar } from '../../../../src/values/time/calendar.ts';
import { nextElapse } from '../../../../src/values/time/calendar-next.ts';
import { formatTimeSpanUsec, parseTimeSpanUsec } from '../../../../src/values/time/time-span.ts';
import { parseTimestamp } from '../../../../src/values/time/timestamp.ts';
import { parsePosixZone, parseZoneFile, utc } from '../../../../src/values/time/timezone.ts';
import { voiceOf } from '../../../../src/voice/voice.ts';

/** Numbers below `limit` from a seed, the same on every run. */
function generator(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

const pieces = (
  '[Unit]|[|]|=|\\|\n|\r|\0| |\t|"|\'|%|$|{|}|;|#|:|-|+|!|@|~|,|.|..|/|*|?|0|1|9|99999999999999999999|0x|Mon|UTC|infinity|' +
  's|ms|K|M|%n|\\x|\\u12|ExecStart=|/bin/sh|ä|😀|CAP_KILL|SIGTERM|::|255.1.1.1'
).split('|');

function randomText(random: (limit: number) => number): string {
  if (random(4) === 0) return bytesToText(Buffer.from(Array.from({ length: random(60) }, () => random(256))));
  return Array.from({ length: random(16) }, () => pieces[random(pieces.length)]).join('');
}

const ignore = (): void => {};
const voice = voiceOf(262).loading.execLines('ExecStart');
const same = (text: string) => ({ text });
const zones = { local: parsePosixZone('CET-1CEST,M3.5.0,M10.5.0/3')!, load: () => undefined };

test('no text makes a parser throw', () => {
  const random = generator(1);
  for (let round = 0; round < 2500; round++) {
    const text = randomText(random);
    parseUnitText(text, 'f', ignore, { sections: new Set(['Unit']) });
    splitWords(text, random(256));
    splitWords(text, extract.unquote | extract.cUnescape);
    const { commands } = parseExecCommands(text, same, ignore, voice);
    for (const command of commands) expandCommandLine(command, new Map([['n', text]]));
    loadEnvironmentFile(text, 'f', ignore);
    parseTimestamp(text, 1e12, zones.local);
    const spec = parseCalendar(text, zones);
    if (spec !== undefined) {
      nextElapse(spec, 1e12, zones);
      expect(parseCalendar(formatCalendar(spec, zones), zones)).toEqual(spec);
    }
    const span = parseTimeSpanUsec(text);
    if (typeof span === 'bigint') expect(parseTimeSpanUsec(formatTimeSpanUsec(span))).toBe(span);
    parseSizeExact(text, 1024);
    parseInteger(text);
    parsePermyriad(text);
    parseSignal(text);
    parseResourceLimit('CPU', text);
    parseResourceLimit('NICE', text);
    mergeCapabilitySet(text, 0n, 0n);
    parseCpuSet(text, 'X', ignore, voiceOf(262).loading.cpuSets);
    parseExitStatusSet(text, { statuses: [], signals: [] }, 'X', ignore);
    parseAddress(text);
    parsePrefix(text);
    parseSocketAddress(text);
    parseNetlinkAddress(text);
    parsePosixZone(text);
    parseZoneFile(Buffer.concat([Buffer.from('TZif2'), textToBytes(text.repeat(20))]), 'x');
    shellMaybeQuote(text);
    expect(pathSimplify(pathSimplify(text))).toBe(pathSimplify(text));
    expect(textToBytes(bytesToText(textToBytes(text)))).toEqual(textToBytes(text));
    if (!text.includes('\0')) expect(cUnescape(cEscape(text))).toBe(text);
    expect(unescapeUnitName(escapeUnitName(text))).toBe(text);
    const mangled = mangleUnitName(text);
    if (mangled !== undefined) expect(unitNameKind(mangled)).toBeDefined();
  }
});

// what takes time by the square of the length would take minutes
test('long values take time in proportion', { timeout: 60_000 }, () => {
  const size = 128 * 1024;
  for (const piece of ['\\', '"', "'", ' ', '$', '${', '%', ';', '-', '.', '1', '1s', '\\x', ',', ':', '/', '=']) {
    const text = piece.repeat(size / piece.length);
    parseUnitText(`[Unit]\nA=${text.slice(0, size - 10)}\n`, 'f', ignore);
    splitWords(text, extract.unquote | extract.cUnescape);
    parseExecCommands(text, same, ignore, voice);
    loadEnvironmentFile(`A=${text}`, 'f', ignore);
    parseTimeSpanUsec(text);
    parseSizeExact(text, 1024);
    parseInteger(text);
    parseCalendar(text, zones);
    parseTimestamp(text, 1e12, utc);
    parseSocketAddress(text);
    parsePrefix(text);
    unescapeUnitName(text);
    pathSimplify(text);
    cUnescape(text, { relax: true });
  }
});
