/** Small tables whose columns may be aligned to the right, as systemd-analyze prints them. */
import { type Style, styleOf } from '../../program/colors.ts';
import { printInTurns } from '../../program/in-turns.ts';
import { type JsonValue, jsonArrayPieces } from '../../program/json.ts';
import { textWidth } from '../../program/text-width.ts';
import type { CliContext } from '../common/context.ts';
import type { AnalyzeOptions } from './options.ts';

export interface AlignedCell {
  readonly text: string;
  /** Escape sequence; none and '' are the same. */
  readonly color?: string;
  /** What JSON has where it is not the text. */
  readonly json?: JsonValue;
}

export type AlignedInput = string | AlignedCell;

/** The lines of a table, nothing at a time while it is measured. `right` has the columns aligned to the right; the first row is a header where told so. */
export function* alignedPieces(
  rows: readonly (readonly AlignedInput[])[],
  right: ReadonlySet<number>,
  style: Style,
  header = false,
): Generator<string> {
  const cellsOf = (row: readonly AlignedInput[]) =>
    row.map((cell) =>
      typeof cell === 'string' ? { text: cell, color: '' } : { text: cell.text, color: cell.color ?? '' },
    );
  const widths: number[] = [];
  for (const row of rows) {
    cellsOf(row).forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 1, textWidth(cell.text));
    });
    yield '';
  }
  for (const [line, row] of rows.entries()) {
    const underlined = header && line === 0 && style.colored;
    const parts = cellsOf(row).map((cell, column) => {
      const color = underlined ? style.colors.underline : cell.color;
      const gap = ' '.repeat(widths[column]! - textWidth(cell.text));
      const last = column === row.length - 1;
      const padded = right.has(column) ? gap + cell.text : cell.text + (last && color === '' ? '' : gap);
      // the line under a header goes on between the columns
      const space = underlined && column > 0 ? ' ' : '';
      return color === '' ? padded : `${color}${space}${padded}${style.colors.normal}`;
    });
    yield `${parts.join(underlined ? '' : ' ')}\n`;
  }
}

/** A table of which names in lower case are the columns: as text with a header in capitals, or as JSON, as asked for. */
export function printColumns(
  context: CliContext,
  { json, legend }: Pick<AnalyzeOptions, 'json' | 'legend'>,
  names: readonly string[],
  rows: readonly (readonly AlignedInput[])[],
  right: ReadonlySet<number>,
): Promise<void> {
  const style = styleOf(context);
  const header = legend ? [names.map((name) => name.toUpperCase())] : [];
  if (json === undefined) return printInTurns(context, alignedPieces([...header, ...rows], right, style, legend));
  const jsonOf = (cell: AlignedInput): JsonValue =>
    typeof cell === 'string' ? cell : cell.json === undefined ? cell.text : cell.json;
  const objects = rows.map((row) => Object.fromEntries(row.map((cell, column) => [names[column]!, jsonOf(cell)])));
  return printInTurns(context, jsonArrayPieces(objects, json, style.colors));
}

/** Nothing to show. */
export const emptyCell: AlignedCell = { text: '-', json: null };

/** A number, which JSON has as one. */
export const numberCell = (value: number, text = String(value)): AlignedCell => ({ text, json: value });

/** Writes what is known of one thing: names, aligned to the right, and values. It stands before what is said on stderr next. */
export function printFacts(context: CliContext, rows: readonly (readonly AlignedInput[])[], style: Style): void {
  context.out([...alignedPieces(rows, new Set([0]), style)].join(''));
  if (context.host.voice.analyze.flushesTables) context.flush();
}
