/** Small tables whose columns may be aligned to the right, as systemd-analyze prints them. */
import type { Style } from '../../program/colors.ts';
import { textWidth } from '../../program/text-width.ts';

export interface AlignedCell {
  readonly text: string;
  /** Escape sequence; '' for none. */
  readonly color: string;
}

export type AlignedInput = string | AlignedCell;

/** The lines of a table, nothing at a time while it is measured. `right` has the columns aligned to the right; the first row is a header where told so. */
export function* alignedPieces(
  rows: readonly (readonly AlignedInput[])[],
  right: ReadonlySet<number>,
  style: Style,
  header = false,
): Generator<string> {
  const cellsOf = (row: readonly AlignedInput[]): AlignedCell[] =>
    row.map((cell) => (typeof cell === 'string' ? { text: cell, color: '' } : cell));
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

/** The same in one, for a table that does not grow. */
export function alignedText(...table: Parameters<typeof alignedPieces>): string {
  return [...alignedPieces(...table)].join('');
}
