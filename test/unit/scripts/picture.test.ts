/** The picture of a terminal: what was written there, as it stands in the end. */
import { expect, it } from 'vitest';
import { type Cell, screenOf, svgOf } from '../../../scripts/picture.mjs';

const textOf = (line: Cell[]): string => line.map(({ character }) => character).join('');

it('keeps what stands on the screen when all is written', () => {
  const lines = screenOf(
    '[ *** ] waits\r\x1b[K[  \x1b[0;1;32mOK\x1b[0m  ] a & b\r\n\x1b]8;;man:x\x07link\x1b]8;;\x07\r\nend',
  );
  expect(lines.map(textOf)).toEqual(['[  OK  ] a & b', 'link', 'end']);
  expect(lines[0]![3]).toEqual({ character: 'O', look: 'font-weight="bold" fill="#9fd356"' });
  expect(lines[0]![7]!.look).toBe('');
});

it('draws lines with their colours', () => {
  const svg = svgOf(screenOf('a \x1b[31m<b>\x1b[0m\n\nc'));
  expect(svg).toContain('>a <tspan fill="#f07178">&lt;b&gt;</tspan></text>');
  expect(svg.match(/<text /g)).toHaveLength(2);
});
