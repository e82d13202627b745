/** How the caller's terminal wants its output: colours, links, characters, width (systemd(1), ENVIRONMENT). */
import { parseBoolean, parseInteger } from '../text/numbers.ts';
import type { ProgramContext } from './context.ts';

const esc = '\x1b';
const underline = `${esc}[0;4m`;

/** Escape sequences by what they mean; all empty where there are no colours. */
export interface Colors {
  readonly normal: string;
  readonly highlight: string;
  readonly red: string;
  readonly yellow: string;
  readonly green: string;
  readonly blue: string;
  readonly grey: string;
  /** Not bold: strings in JSON. */
  readonly plainGreen: string;
  readonly underline: string;
  readonly redUnderline: string;
  readonly yellowUnderline: string;
  readonly greenUnderline: string;
  readonly greyUnderline: string;
  readonly magenta: string;
}

export interface Glyphs {
  readonly vertical: string;
  readonly branch: string;
  readonly right: string;
  readonly space: string;
  readonly bullet: string;
  readonly circle: string;
  readonly whiteCircle: string;
  readonly cross: string;
  readonly circleArrow: string;
  readonly arrow: string;
  readonly ellipsis: string;
}

export interface Style {
  readonly colored: boolean;
  readonly colors: Colors;
  readonly utf8: boolean;
  readonly glyphs: Glyphs;
  /** Cells of a line; 80 where nobody knows. */
  readonly columns: number;
  /** stdout and stderr are terminals. */
  readonly onTerminal: boolean;
  /** stdout is a terminal, whatever stderr is. */
  readonly stdoutIsTerminal: boolean;
  /** A clickable link where the terminal takes such, else the text. */
  link(url: string, text: string): string;
}

type ColorMode = 'off' | '16' | 'full';

function isDumb(env: ProgramContext['env']): boolean {
  return env.TERM === undefined || env.TERM === 'dumb';
}

function colorMode({ env, terminal }: Pick<ProgramContext, 'env' | 'terminal'>): ColorMode {
  const wanted = env.SYSTEMD_COLORS;
  if (wanted === '16') return '16';
  if (wanted === '256') return 'full';
  const on = wanted === undefined ? undefined : parseBoolean(wanted);
  if (on !== undefined) return on ? 'full' : 'off';
  if (env.NO_COLOR !== undefined || !terminal.stdout || !terminal.stderr || isDumb(env)) return 'off';
  return 'full';
}

function colorsOf(mode: ColorMode, underlined: boolean): Colors {
  if (mode === 'off') {
    const none = '';
    return {
      normal: none,
      highlight: none,
      red: none,
      yellow: none,
      green: none,
      blue: none,
      grey: none,
      plainGreen: none,
      underline: none,
      redUnderline: none,
      yellowUnderline: none,
      greenUnderline: none,
      greyUnderline: none,
      magenta: none,
    };
  }
  const code = (numbers: string): string => `${esc}[0;${numbers}m`;
  const red = code('1;31');
  const yellow = code(mode === '16' ? '1;33' : '1;38;5;185');
  const green = code('1;32');
  const grey = code(mode === '16' ? '90' : '38;5;245');
  const normal = `${esc}[0m`;
  const line = underlined ? underline : '';
  return {
    normal,
    highlight: code('1;39'),
    red,
    yellow,
    green,
    blue: code('1;34'),
    grey,
    plainGreen: code('32'),
    underline: normal + line,
    redUnderline: red + line,
    yellowUnderline: yellow + line,
    greenUnderline: green + line,
    greyUnderline: grey + line,
    magenta: code('1;35'),
  };
}

const unicodeGlyphs: Glyphs = {
  vertical: '│ ',
  branch: '├─',
  right: '└─',
  space: '  ',
  bullet: '‣',
  circle: '●',
  whiteCircle: '○',
  cross: '×',
  circleArrow: '↻',
  arrow: '→',
  ellipsis: '…',
};

const asciiGlyphs: Glyphs = {
  vertical: '| ',
  branch: '|-',
  right: '`-',
  space: '  ',
  bullet: '>',
  circle: '*',
  whiteCircle: '*',
  cross: 'x',
  circleArrow: '*',
  arrow: '->',
  ellipsis: '...',
};

/** As is_locale_utf8(): a locale that nobody set counts as UTF-8. */
function isUtf8(env: ProgramContext['env']): boolean {
  const wanted = env.SYSTEMD_UTF8 === undefined ? undefined : parseBoolean(env.SYSTEMD_UTF8);
  if (wanted !== undefined) return wanted;
  const { LC_ALL, LC_CTYPE, LANG } = env;
  if (LC_ALL === undefined && LC_CTYPE === undefined && LANG === undefined) return true;
  const locale = LC_ALL || LC_CTYPE || LANG || '';
  return /utf-?8/i.test(locale);
}

function columnsOf({ env, terminal }: Pick<ProgramContext, 'env' | 'terminal'>): number {
  const wanted = env.COLUMNS === undefined ? undefined : parseInteger(env.COLUMNS);
  if (wanted !== undefined && wanted > 0 && wanted <= 0xffff) return wanted;
  return terminal.columns > 0 ? terminal.columns : 80;
}

export function styleOf(context: Pick<ProgramContext, 'env' | 'terminal'>): Style {
  const { env, terminal } = context;
  const mode = colorMode(context);
  const colored = mode !== 'off';
  const links = (env.SYSTEMD_URLIFY === undefined ? undefined : parseBoolean(env.SYSTEMD_URLIFY)) ?? colored;
  const utf8 = isUtf8(env);
  return {
    colored,
    colors: colorsOf(mode, colored && env.TERM !== 'linux'),
    utf8,
    glyphs: utf8 ? unicodeGlyphs : asciiGlyphs,
    columns: columnsOf(context),
    onTerminal: terminal.stdout && terminal.stderr,
    stdoutIsTerminal: terminal.stdout,
    link: (url, text) => (links ? `${esc}]8;;${url}\x07${text}${esc}]8;;\x07` : text),
  };
}

/**
 * Whether output goes through a pager, which takes lines of any length: it opens on a terminal unless it is switched
 * off (systemd(1), $SYSTEMD_PAGER; --no-pager).
 */
export function pagerIsUsed(context: Pick<ProgramContext, 'env' | 'terminal'>, noPager: boolean): boolean {
  const { env, terminal } = context;
  if (noPager || !terminal.stdout || !terminal.stderr || isDumb(env)) return false;
  const pager = (env.SYSTEMD_PAGER ?? env.PAGER)?.trim();
  return pager !== '' && pager !== 'cat';
}
