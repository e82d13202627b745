/**
 * Tables as systemd's programs print them: a header in capitals, columns as wide as their widest cell, shortened to fit
 * a terminal.
 */
import type { Style } from './colors.ts';
import { type JsonMode, type JsonObject, type JsonValue, jsonText } from './json.ts';
import { ellipsize, textWidth } from './text-width.ts';

export interface Cell {
  readonly text: string;
  /** Escape sequence; '' for none. */
  readonly color?: string;
  /** Also colours the gap on the right. */
  readonly gap?: boolean;
  /** Nothing to show: printed as `-`, grey; null in JSON. */
  readonly empty?: boolean;
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

export class Table {
  readonly #names: readonly string[];
  readonly #rows: Cell[][] = [];
  readonly #hidden = new Set<number>();

  /** Names in lower case: headers show them in capitals, JSON with `_` for spaces. */
  constructor(...names: string[]) {
    this.#names = names;
  }

  get size(): number {
    return this.#rows.length;
  }

  /** As many cells as there are names. */
  add(...cells: CellInput[]): void {
    this.#rows.push(
      cells.map((cell) => {
        if (cell === undefined) return { text: '-', empty: true };
        return typeof cell === 'string' ? { text: cell } : cell;
      }),
    );
  }

  hide(column: number): void {
    this.#hidden.add(column);
  }

  get #shown(): number[] {
    return this.#names.map((_, index) => index).filter((index) => !this.#hidden.has(index));
  }

  toJson(): JsonValue {
    const shown = this.#shown;
    return this.#rows.map((row) => {
      const object: Record<string, JsonValue> = {};
      for (const column of shown) {
        const cell = row[column]!;
        object[this.#names[column]!.replace(/\s/g, '_')] =
          cell.json !== undefined ? cell.json : cell.empty ? null : cell.text;
      }
      return object as JsonObject;
    });
  }

  json(mode: JsonMode, style: Style): string {
    return jsonText(this.toJson(), mode, style.colors);
  }

  render({ header, full, style }: RenderOptions): string {
    const shown = this.#shown;
    const headers = shown.map((column): Cell => ({ text: this.#names[column]!.toUpperCase() }));
    const rows = this.#rows.map((row) => shown.map((column) => row[column]!));
    const wanted = shown.map((_, index) => {
      let width = header ? textWidth(headers[index]!.text) : 0;
      for (const row of rows) width = Math.max(width, textWidth(row[index]!.text));
      return Math.max(1, width);
    });
    // A pipe takes lines of any length, a terminal its own width.
    const widths = full || !style.stdoutIsTerminal ? wanted : fitColumns(wanted, style.columns);
    const lines: string[] = [];
    if (header) lines.push(renderRow(headers, widths, style, true));
    for (const row of rows) lines.push(renderRow(row, widths, style, false));
    return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
  }
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

function renderRow(cells: readonly Cell[], widths: readonly number[], style: Style, isHeader: boolean): string {
  const { colors, colored } = style;
  let line = '';
  let gapColor = '';
  cells.forEach((cell, index) => {
    const width = widths[index]!;
    const color = colored ? (cell.color ?? '') || (cell.empty ? colors.grey : '') : '';
    const length = textWidth(cell.text);
    let text = cell.text;
    if (length > width) text = ellipsize(text, width, 100, style.utf8);
    else {
      text += ' '.repeat(width - length);
      const bare = !colored || (color === '' && !isHeader);
      if (index === cells.length - 1 && bare) text = text.trimEnd();
    }
    if (colored) line += gapColor !== '' ? gapColor : isHeader ? colors.underline : '';
    if (index > 0) line += ' ';
    if (colored) line += (gapColor !== '' ? colors.normal : '') + color;
    line += text;
    if (colored && (color !== '' || isHeader)) line += colors.normal;
    gapColor = colored && cell.gap ? (cell.color ?? '') : '';
  });
  return line;
}
