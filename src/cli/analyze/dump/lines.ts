/** The lines of a dump: names and values, one or more tabs in. */

import type { Timestamp } from '../../../units/unit.ts';
import { formatTimeSpan } from '../../../values/time/time-span.ts';
import { formatTimestamp } from '../../../values/time/timestamp.ts';
import type { TimeZone } from '../../../values/time/timezone.ts';

export const yesNo = (value: boolean): string => (value ? 'yes' : 'no');
export const octal = (mode: number): string => mode.toString(8).padStart(4, '0');
/** A span of milliseconds to the second, as most are printed. */
export const span = (ms: number): string => formatTimeSpan(ms, 1000);
/** A number where systemd has 64 bits; nothing said, or no limit, is the largest one. */
export const wide = (value: number | undefined): string =>
  value === undefined || value === Number.POSITIVE_INFINITY ? '18446744073709551615' : BigInt(value).toString();

export class DumpLines {
  readonly #zone: TimeZone;
  #text = '';
  #indent = '\t';

  readonly #arrow: string;

  /** `arrow`: before a unit and its commands. */
  constructor(zone: TimeZone, arrow: string) {
    this.#zone = zone;
    this.#arrow = arrow;
  }

  get text(): string {
    return this.#text;
  }

  /** A heading without tabs in front of it. */
  title(text: string): void {
    this.#text += `${text}\n`;
  }

  add(name: string, value: string | number): void {
    this.#text += `${this.#indent}${name}: ${value}\n`;
  }

  /** Several, by their names. */
  all(values: Readonly<Record<string, string | number | boolean>>): void {
    for (const [name, value] of Object.entries(values))
      this.add(name, typeof value === 'boolean' ? yesNo(value) : value);
  }

  /** A line only where there is something to say. */
  maybe(name: string, value: string | number | undefined): void {
    if (value !== undefined && value !== '') this.add(name, value);
  }

  each(name: string, values: Iterable<string>): void {
    for (const value of values) this.add(name, value);
  }

  /** All in one line, where there are any. */
  list(name: string, values: readonly string[]): void {
    if (values.length > 0) this.add(name, values.join(' '));
  }

  moment({ realtime }: Timestamp): string {
    return realtime === 0 ? 'n/a' : (formatTimestamp(realtime, this.#zone) ?? 'n/a');
  }

  /** What `fill` adds stands one tab further in, below a heading. */
  below(heading: string, fill: () => void): void {
    this.#text += `${this.#indent}${this.#arrow} ${heading}:\n`;
    this.deeper(fill);
  }

  deeper(fill: () => void): void {
    const before = this.#indent;
    this.#indent += '\t';
    fill();
    this.#indent = before;
  }
}
