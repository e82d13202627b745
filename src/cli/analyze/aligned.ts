/** Small tables whose columns may be aligned to the right, as systemd-analyze prints them. */
import type { Style } from '../../program/colors.ts';
import { textWidth } from '../../program/text-width.ts';

export interface AlignedCell {
  readonly text: string;
  /** Escape sequence; '' for none. */
  readonly color: string;
}

export type AlignedInput = string | AlignedCell;

/** The lines of a table. `right` has the columns aligned to the right; the first row is a header where told so. */
export function alignedText(
  rows: readonly (readonly AlignedInput[])[],
  right: ReadonlySet<number>,
  style: Style,
  header = false,
): string {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'string' ? { text: cell, color: '' } : cell)));
  const widths: number[] = [];
  for (const row of cells) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 1, textWidth(cell.text));
    });
  }
  return cells
    .map((row, line) => {
      const underlined = header && line === 0 && style.colored;
      const parts = row.map((cell, column) => {
        const color = underlined ? style.colors.underline : cell.color;
        const gap = ' '.repeat(widths[column]! - textWidth(cell.text));
        const last = column === row.length - 1;
        const padded = right.has(column) ? gap + cell.text : cell.text + (last && color === '' ? '' : gap);
        // the line under a header goes on between the columns
        const space = underlined && column > 0 ? ' ' : '';
        return color === '' ? padded : `${color}${space}${padded}${style.colors.normal}`;
      });
      return `${parts.join(underlined ? '' : ' ')}\n`;
    })
    .join('');
}
