/**
 * Tables as systemd's programs print them: a header in capitals, columns as wide as their widest cell, shortened to fit
 * a terminal.
 */
import type { Style } from './colors.ts';
import { type JsonMode, type JsonObject, type JsonValue, jsonArrayPieces } from './json.ts';
import { ellipsize, textWidth } from './text-width.ts';

export interface Cell {
  readonly text: string;
  /** Escape sequence; '' for none. */
  readonly color?: string;
  /** Also colours the gap on the right. */
  readonly gap?: boolean;
  /** Nothing to show: printed as `-`, grey; null in JSON. */
  readonly empty?: boolean;
  /** What the text links to, on a terminal that takes links. */
  readonly url?: string;
  /** What JSON has where it is not the text. */
  readonly json?: JsonValue;
}

/** Strings are cells without colour; undefined is an empty one. */
export type CellInput = string | undefined | Cell;

export interface RenderOptions {
  readonly header: boolean;
  /** Lines may be wider than the terminal. */
  readonly full: boolean;
  readonly style: Style;
}

const emptyCell: Cell = { text: '-', empty: true };

const textOf = (cell: string | Cell): string => (typeof cell === 'string' ? cell : cell.text);

export class Table {
  readonly #names: readonly string[];
  readonly #rows: (readonly (string | Cell)[])[] = [];
  readonly #hidden = new Set<number>();
  readonly #right = new Set<number>();

  /** Names in lower case: headers show them in capitals, JSON with `_` for spaces. */
  constructor(...names: string[]) {
    this.#names = names;
  }

  get size(): number {
    return this.#rows.length;
  }

  /** As many cells as there are names. */
  add(...cells: CellInput[]): void {
    this.#rows.push(cells.map((cell) => cell ?? emptyCell));
  }

  hide(column: number): void {
    this.#hidden.add(column);
  }

  /** Its head and its cells stand at the right of the column. */
  alignRight(column: number): void {
    this.#right.add(column);
  }

  get #shown(): number[] {
    return this.#names.map((_, index) => index).filter((index) => !this.#hidden.has(index));
  }

  *#objects(): Generator<JsonObject> {
    const shown = this.#shown;
    const keys = this.#names.map((name) => name.replace(/\s/g, '_'));
    for (const row of this.#rows) {
      const object: Record<string, JsonValue> = {};
      for (const column of shown) object[keys[column]!] = jsonOf(row[column]!);
      yield object;
    }
  }

  /** Its text as JSON, row by row. */
  jsonPieces(mode: JsonMode, style: Style): Generator<string> {
    return jsonArrayPieces(this.#objects(), mode, style.colors);
  }

  /** Its text, row by row; nothing at a time while rows are measured. */
  *pieces({ header, full, style }: RenderOptions): Generator<string> {
    const shown = this.#shown;
    const headers = shown.map((column) => this.#names[column]!.toUpperCase());
    const wanted = headers.map((name) => (header ? Math.max(1, textWidth(name)) : 1));
    for (const row of this.#rows) {
      for (let index = 0; index < wanted.length; index++) {
        const width = textWidth(textOf(row[shown[index]!]!));
        if (width > wanted[index]!) wanted[index] = width;
      }
      yield '';
    }
    // A pipe takes lines of any length, a terminal its own width.
    const widths = full || !style.stdoutIsTerminal ? wanted : fitColumns(wanted, style.columns);
    const columns = shown.map((column, index) => ({ width: widths[index]!, right: this.#right.has(column) }));
    if (header) yield renderRow(headers, columns, style, true);
    for (const row of this.#rows) {
      const cells = shown.map((column) => row[column]!);
      yield style.colored ? renderRow(cells, columns, style, false) : plainRow(cells, columns, style);
    }
  }

  /** All of its text, for a table that does not grow. */
  render(options: RenderOptions): string {
    return [...this.pieces(options)].join('');
  }
}

function jsonOf(cell: string | Cell): JsonValue {
  if (typeof cell === 'string') return cell;
  if (cell.json !== undefined) return cell.json;
  return cell.empty ? null : cell.text;
}

/** Columns that want less than an even share get what they want; the others share the rest. */
function fitColumns(wanted: readonly number[], columns: number): readonly number[] {
  const gaps = wanted.length - 1;
  if (wanted.reduce((sum, width) => sum + width, gaps) <= columns) return wanted;
  const widths: (number | undefined)[] = wanted.map(() => undefined);
  let extra = Math.max(0, columns - gaps - wanted.length);
  let left = wanted.length;
  const give = (index: number, width: number): void => {
    widths[index] = width;
    extra -= width - 1;
    left--;
  };
  for (;;) {
    const share = 1 + Math.floor(extra / left);
    const index = wanted.findIndex((width, at) => widths[at] === undefined && width <= share);
    if (index < 0) break;
    give(index, wanted[index]!);
  }
  return widths.map((width, index) => {
    if (width !== undefined) return width;
    const share = Math.min(wanted[index]!, 1 + Math.floor(extra / left));
    give(index, share);
    return share;
  });
}

/** How a column is printed. */
interface Column {
  readonly width: number;
  readonly right: boolean;
}

function fitted(text: string, { width, right }: Column, utf8: boolean): string {
  const length = textWidth(text);
  if (length > width) return ellipsize(text, width, 100, utf8);
  const blanks = ' '.repeat(width - length);
  return right ? blanks + text : text + blanks;
}

/** Only the last cell loses the blanks behind it: where it is empty, the one before it stays, as systemd's does. */
function plainRow(cells: readonly (string | Cell)[], columns: readonly Column[], { utf8 }: Style): string {
  const last = cells.length - 1;
  let line = '';
  for (let index = 0; index < last; index++) line += `${fitted(textOf(cells[index]!), columns[index]!, utf8)} `;
  return `${line}${fitted(textOf(cells[last]!), columns[last]!, utf8).trimEnd()}\n`;
}

/** The link ends with the text, before the blanks that fill the column. */
function linked(text: string, url: string, style: Style): string {
  const end = text.trimEnd();
  return style.link(url, end) + text.slice(end.length);
}

function renderRow(
  cells: readonly (string | Cell)[],
  columns: readonly Column[],
  style: Style,
  header: boolean,
): string {
  const { colors, colored, utf8 } = style;
  let line = '';
  let gapColor = '';
  cells.forEach((input, index) => {
    const cell: Cell = typeof input === 'string' ? { text: input } : input;
    const color = colored ? (cell.color ?? '') || (cell.empty ? colors.grey : '') : '';
    let text = fitted(cell.text, columns[index]!, utf8);
    if (cell.url !== undefined) text = linked(text, cell.url, style);
    const bare = !colored || (color === '' && !header);
    if (index === cells.length - 1 && bare) text = text.trimEnd();
    if (colored) line += gapColor !== '' ? gapColor : header ? colors.underline : '';
    if (index > 0) line += ' ';
    if (colored) line += (gapColor !== '' ? colors.normal : '') + color;
    line += text;
    if (colored && (color !== '' || header)) line += colors.normal;
    gapColor = colored && cell.gap ? (cell.color ?? '') : '';
  });
  return `${line}\n`;
}
