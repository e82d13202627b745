/** JSON as systemd's programs write it: `-o json`, `json-pretty` with tabs, `json-seq`, `json-sse`. */
import type { Colors } from './colors.ts';

export type JsonValue = string | number | bigint | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: JsonValue;
}

export type JsonMode = 'json' | 'json-pretty' | 'json-sse' | 'json-seq';

export function isJsonMode(mode: string): mode is JsonMode {
  return mode === 'json' || mode === 'json-pretty' || mode === 'json-sse' || mode === 'json-seq';
}

const escapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

function quoted(text: string): string {
  return text.replace(
    /["\\\x00-\x1f]/g,
    (character) => escapes[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function format(value: JsonValue, pretty: boolean, colors: Colors, indent: string): string {
  if (typeof value === 'string') return `"${colors.plainGreen}${quoted(value)}${colors.normal}"`;
  if (typeof value === 'number' || typeof value === 'bigint') return `${colors.blue}${value}${colors.normal}`;
  if (typeof value === 'boolean' || value === null) return `${colors.highlight}${value}${colors.normal}`;
  const isArray = Array.isArray(value);
  const inner = pretty ? `${indent}\t` : '';
  const parts = isArray
    ? (value as readonly JsonValue[]).map((item) => inner + format(item, pretty, colors, inner))
    : Object.entries(value as JsonObject).map(
        ([name, item]) =>
          `${inner}${format(name, pretty, colors, inner)}${pretty ? ' : ' : ':'}${format(item, pretty, colors, inner)}`,
      );
  const [open, close] = isArray ? ['[', ']'] : ['{', '}'];
  if (parts.length === 0) return open + close;
  return pretty ? `${open}\n${parts.join(',\n')}\n${indent}${close}` : open + parts.join(',') + close;
}

/** What `jsonText` makes of an array, item by item. */
export function* jsonArrayPieces(items: Iterable<JsonValue>, mode: JsonMode, colors: Colors): Generator<string> {
  const pretty = mode === 'json-pretty';
  const [indent, separator] = pretty ? ['\t', ',\n'] : ['', ','];
  let text = mode === 'json-sse' ? 'data: [' : mode === 'json-seq' ? '\x1e[' : '[';
  let count = 0;
  for (const item of items) {
    text += count++ > 0 ? separator : pretty ? '\n' : '';
    yield text + indent + format(item, pretty, colors, indent);
    text = '';
  }
  const end = mode === 'json-sse' ? '\n\n' : '\n';
  yield `${text}${pretty && count > 0 ? '\n' : ''}]${end}`;
}

/** The value as one document, with what the mode puts around it. */
export function jsonText(value: JsonValue, mode: JsonMode, colors: Colors): string {
  const text = format(value, mode === 'json-pretty', colors, '');
  if (mode === 'json-sse') return `data: ${text}\n\n`;
  return mode === 'json-seq' ? `\x1e${text}\n` : `${text}\n`;
}
