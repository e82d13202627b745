/** Files of the zone database (tzfile(5)) from what the runtime knows of time zones: a machine need not have any. */

/** Changes of the clocks are known between these years; before and after them what applied there goes on. */
const years = { first: 1980, last: 2080 };
const daySec = 86_400;
/** Between two changes there is more time than this. */
const stepSec = 10 * daySec;

interface Kind {
  offsetSec: number;
  isDst: boolean;
  abbreviation: string;
}

const made = new Map<string, Buffer | undefined>();

/** What /usr/share/zoneinfo has under a name; undefined where the runtime does not know it. */
export function zoneFile(name: string): Buffer | undefined {
  if (!made.has(name)) made.set(name, make(name));
  return made.get(name);
}

/** Names in a text that may be names of zones. */
export const zoneNamesIn = (text: string): string[] =>
  [...text.matchAll(/\b[A-Z][A-Za-z_]+(?:\/[A-Za-z0-9_+-]+)+/g)].map(([name]) => name);

function make(name: string): Buffer | undefined {
  let offsets: Intl.DateTimeFormat;
  try {
    offsets = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset', year: 'numeric' });
  } catch {
    return undefined;
  }
  const offsetAt = (sec: number): number => offsetOf(offsets.format(sec * 1000));
  const times: number[] = [];
  const values: number[] = [];
  const begin = Date.UTC(years.first) / 1000;
  const end = Date.UTC(years.last) / 1000;
  const first = offsetAt(begin);
  let here = first;
  for (let sec = begin; sec < end; sec += stepSec) {
    const next = offsetAt(sec + stepSec);
    if (next === here) continue;
    let low = sec;
    let high = sec + stepSec;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (offsetAt(middle) === here) low = middle;
      else high = middle;
    }
    times.push(high);
    values.push(next);
    here = next;
  }
  const kinds: Kind[] = [];
  const indexOf = (offsetSec: number, isDst: boolean, sec: number): number => {
    const present = kinds.findIndex((kind) => kind.offsetSec === offsetSec && kind.isDst === isDst);
    if (present >= 0) return present;
    return kinds.push({ offsetSec, isDst, abbreviation: abbreviationOf(name, sec, offsetSec) }) - 1;
  };
  indexOf(first, false, begin);
  const indexes = values.map((offset, at) => {
    // Summer time is what gives way, within a year, to an earlier clock.
    const next = values[at + 1];
    const isDst = next !== undefined && next < offset && times[at + 1]! - times[at]! < 360 * daySec;
    return indexOf(offset, isDst, times[at]!);
  });
  return encode(times, indexes, kinds);
}

/** Seconds east of Greenwich from what ends in `GMT`, `GMT+01:00` or `GMT-00:01:15`. */
function offsetOf(text: string): number {
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = /GMT(?:([+-])(\d+):(\d+)(?::(\d+))?)?$/.exec(text) ?? [];
  const value = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return sign === '-' ? -value : value;
}

/** Languages in which zones have the letters that the database gives them. */
const languages = ['en-US', 'en-GB', 'en-AU', 'en-CA', 'en-IN', 'en-NZ', 'en-ZA'];

function abbreviationOf(timeZone: string, sec: number, offsetSec: number): string {
  for (const language of languages) {
    const format = new Intl.DateTimeFormat(language, { timeZone, timeZoneName: 'short', year: 'numeric' });
    const name = format.formatToParts(sec * 1000).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    if (/^[A-Z]{3,5}$/.test(name)) return name;
  }
  const minutes = Math.abs(offsetSec) / 60;
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  return `${offsetSec < 0 ? '-' : '+'}${two(minutes / 60)}${minutes % 60 === 0 ? '' : two(minutes % 60)}`;
}

function encode(times: readonly number[], indexes: readonly number[], kinds: readonly Kind[]): Buffer {
  const names = [...new Set(kinds.map(({ abbreviation }) => abbreviation))];
  const letters = Buffer.from(names.map((name) => `${name}\0`).join(''), 'latin1');
  const header = (counts: readonly number[]): Buffer => {
    const bytes = Buffer.alloc(44);
    bytes.write('TZif2', 'latin1');
    for (const [at, count] of counts.entries()) bytes.writeUInt32BE(count, 20 + at * 4);
    return bytes;
  };
  const moments = Buffer.alloc(times.length * 8);
  for (const [at, time] of times.entries()) moments.writeBigInt64BE(BigInt(time), at * 8);
  const types = Buffer.alloc(kinds.length * 6);
  for (const [at, { offsetSec, isDst, abbreviation }] of kinds.entries()) {
    types.writeInt32BE(offsetSec, at * 6);
    types[at * 6 + 4] = isDst ? 1 : 0;
    types[at * 6 + 5] = letters.indexOf(`${abbreviation}\0`, 0, 'latin1');
  }
  // The block with 32-bit times, which nobody reads, is empty.
  const empty = [header([0, 0, 0, 0, 1, 1]), Buffer.alloc(7)];
  const counts = [0, 0, 0, times.length, kinds.length, letters.length];
  return Buffer.concat([...empty, header(counts), moments, Buffer.from(indexes), types, letters, Buffer.from('\n\n')]);
}
