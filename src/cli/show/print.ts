/** How `systemctl show` writes properties: filters, --value, --all. */

import type { ShownValue } from '../../values/shown.ts';

export interface PrintOptions {
  /** -p: names, or NAME=VALUE to show only where it is so. Undefined: all. */
  properties: readonly string[] | undefined;
  /** --all, or properties were named. */
  showEmpty: boolean;
  onlyValue: boolean;
  /** Milliseconds since the epoch as a time; undefined for 0 and infinity. */
  timestamp(ms: number): string | undefined;
}

/** Lines of one property; '' where nothing is to be seen. */
export function printProperty(
  name: string,
  value: ShownValue,
  { showEmpty, onlyValue }: Pick<PrintOptions, 'showEmpty' | 'onlyValue'>,
  expected?: string,
): string {
  if (typeof value === 'string') return printLine(name, value, showEmpty, onlyValue, expected);
  if ('whenAll' in value) return showEmpty ? printLine(name, value.whenAll, true, onlyValue, expected) : '';
  if ('always' in value) return printLine(name, value.always, true, onlyValue, expected);
  let text = '';
  for (const line of value) text += printLine(name, line, showEmpty, onlyValue, expected);
  return text;
}

function printLine(name: string, value: string, showEmpty: boolean, onlyValue: boolean, expected?: string): string {
  if (expected !== undefined && expected !== value) return '';
  if (value === '' && !showEmpty) return '';
  return onlyValue ? `${value}\n` : `${name}=${value}\n`;
}

/** -p's list, looked up by name. */
export class PropertyFilter {
  readonly #names: Set<string> | undefined;
  readonly #expected = new Map<string, string>();

  constructor(properties: readonly string[] | undefined) {
    if (properties === undefined) return;
    this.#names = new Set(properties);
    for (const property of properties) {
      const equals = property.indexOf('=');
      if (equals > 0 && !this.#expected.has(property.slice(0, equals))) {
        this.#expected.set(property.slice(0, equals), property.slice(equals + 1));
      }
    }
  }

  /** Undefined: the property is not asked for. */
  wants(name: string): { expected?: string } | undefined {
    if (this.#names === undefined || this.#names.has(name)) return any;
    const expected = this.#expected.get(name);
    return expected === undefined ? undefined : { expected };
  }
}

const any: { expected?: string } = {};
