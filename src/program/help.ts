/** --help: a frame, and lines that the rows of options and verbs bring. */

import { type Style, styleOf } from './colors.ts';
import type { ProgramContext } from './context.ts';

/** A line of --help: what can be typed, and what it does. Further lines of the text are set below its first. */
export interface HelpLine {
  readonly synopsis: string;
  readonly text: string | ((style: Pick<Style, 'link'>) => string);
}

/** What a row has for --help: its text; with a synopsis of its own where one line is for several rows; or nothing. */
export type Help = HelpLine['text'] | readonly [synopsis: string, text: HelpLine['text']] | undefined;

/** The line for a row's cell; `synopsis` is the row's own. */
export function helpLine(cell: Help, synopsis: string): HelpLine | undefined {
  if (cell === undefined) return undefined;
  if (typeof cell === 'string' || typeof cell === 'function') return { synopsis, text: cell };
  return { synopsis: cell[0], text: cell[1] };
}

/** Rows under a title; without one they go on from those before. */
export type Section<Row> = readonly [title: string | undefined, rows: readonly Row[]];

/** What stands around the lines. */
export interface HelpFrame {
  /** What follows the program's name: `[OPTIONS...] COMMAND ...`. */
  readonly usage: string;
  readonly about: string;
  readonly highlightAbout: boolean;
  readonly underlineTitles: boolean;
  /** Columns of what can be typed; what is wider has its text on the next line. */
  readonly width: number;
  /** The page that says more, as `systemd-run(1)`; a link where `linkManual`. */
  readonly manual: string | undefined;
  readonly linkManual: boolean;
}

/** Frames of most programs. */
export const plainFrame = { highlightAbout: false, underlineTitles: false, linkManual: true } as const;

type Caller = Pick<ProgramContext, 'program' | 'env' | 'terminal'>;

/** The whole text. Rows without a line are left out. */
export function helpText(
  context: Caller,
  frame: HelpFrame,
  sections: readonly Section<HelpLine | undefined>[],
): string {
  const style = styleOf(context);
  const { highlight, underline, normal } = style.colors;
  const about = frame.highlightAbout ? `${highlight}${frame.about}${normal}` : frame.about;
  const blocks: string[] = [];
  for (const [title, rows] of sections) {
    const lines = rows.map((row) => (row === undefined ? '' : lineText(row, frame.width, style))).join('');
    if (title === undefined) blocks.push((blocks.pop() ?? '') + lines);
    else blocks.push(`${frame.underlineTitles ? `${underline}${title}:${normal}` : `${title}:`}\n${lines}`);
  }
  return [`${context.program} ${frame.usage}\n`, `${about}\n`, ...blocks, ...manualText(frame, style)].join('\n');
}

function lineText({ synopsis, text }: HelpLine, width: number, style: Style): string {
  const margin = ' '.repeat(2 + width + 1);
  const lines = (typeof text === 'string' ? text : text(style)).split('\n').join(`\n${margin}`);
  return synopsis.length > width ? `  ${synopsis}\n${margin}${lines}\n` : `  ${synopsis.padEnd(width)} ${lines}\n`;
}

function manualText({ manual, linkManual }: HelpFrame, style: Style): string[] {
  if (manual === undefined) return [];
  const page = `${manual} man page`;
  return [`See the ${linkManual ? style.link(`man:${manual}`, page) : page} for details.\n`];
}
