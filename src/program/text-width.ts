/** Width of text in cells of a terminal, and shortening it to fit. */

/** Ranges of wide characters (East Asian Width W and F), as systemd counts them. */
const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2329, 0x232a],
  [0x2e80, 0x2e99],
  [0x2e9b, 0x2ef3],
  [0x2f00, 0x2fd5],
  [0x2ff0, 0x2ffb],
  [0x3000, 0x303e],
  [0x3041, 0x3096],
  [0x3099, 0x30ff],
  [0x3105, 0x312d],
  [0x3131, 0x318e],
  [0x3190, 0x31ba],
  [0x31c0, 0x31e3],
  [0x31f0, 0x321e],
  [0x3220, 0x3247],
  [0x3250, 0x32fe],
  [0x3300, 0x4dbf],
  [0x4e00, 0xa48c],
  [0xa490, 0xa4c6],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe52],
  [0xfe54, 0xfe66],
  [0xfe68, 0xfe6b],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x1b000, 0x1b001],
  [0x1f200, 0x1f202],
  [0x1f210, 0x1f23a],
  [0x1f240, 0x1f248],
  [0x1f250, 0x1f251],
  [0x1f300, 0x1f567],
  [0x20000, 0x2fffd],
  [0x30000, 0x3fffd],
];

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 127) return false;
  return true;
}

function cells(character: string): 1 | 2 {
  const code = character.codePointAt(0)!;
  return code >= 0x1100 && wide.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
}

/** Cells that a line takes. */
export function textWidth(text: string): number {
  if (isAscii(text)) return text.length;
  let width = 0;
  for (const character of text) width += cells(character);
  return width;
}

function ellipsizeAscii(text: string, width: number, percent: number, utf8: boolean): string {
  if (text.length <= width) return text;
  if (width === 1) return utf8 ? '…' : '.';
  if (width === 2 && !utf8) return '..';
  const ellipsis = utf8 ? '…' : '...';
  const room = width - ellipsis.length;
  const before = Math.floor((room * percent + 50) / 100);
  return text.slice(0, before) + ellipsis + text.slice(text.length - (room - before));
}

/**
 * Shortens a line to `width` cells; `percent` of what is kept stands before the ellipsis. Text with other characters
 * than ASCII gets `…` also where the locale has only ASCII.
 */
export function ellipsize(text: string, width: number, percent: number, utf8: boolean): string {
  if (width <= 0) return '';
  if (isAscii(text)) return ellipsizeAscii(text, width, percent, utf8);
  const characters = [...text];
  const before = Math.floor(((width - 1) * percent) / 100);
  let used = 0;
  let head = 0;
  for (; head < characters.length; head++) {
    const size = cells(characters[head]!);
    if (used + size > before) break;
    used += size;
  }
  let tail = characters.length;
  while (tail > head) {
    const size = cells(characters[tail - 1]!);
    if (used + size > width) break;
    used += size;
    tail--;
  }
  if (head === tail) return text;
  if (tail < characters.length) tail++;
  else if (head > 0) head--;
  return `${characters.slice(0, head).join('')}…${characters.slice(tail).join('')}`;
}
