export interface Cell {
  character: string;
  /** Attributes of SVG text. */
  look: string;
}
export function screenOf(text: string): Cell[][];
export function svgOf(lines: Cell[][]): string;
