/**
 * What programs say on stderr, as systemd's log to a console writes it: line by line, coloured by severity, and on a
 * terminal with a carriage return, for one that is in raw mode.
 */

import type { LogLevel } from '../text/log-level.ts';
import { parseBoolean } from '../text/numbers.ts';
import { parseLogLevel } from '../values/syslog.ts';
import { styleOf } from './colors.ts';
import type { ProgramContext } from './context.ts';

type Terminal = Pick<ProgramContext, 'env' | 'terminal'>;

/** Errors, warnings, notices and information of syslog. */
export type Severity = 'error' | 'warning' | 'notice' | 'info';

const levels: Readonly<Record<Severity, LogLevel>> = { error: 3, warning: 4, notice: 5, info: 6 };

/** The text as it goes to stderr; '' where $SYSTEMD_LOG_LEVEL asks for graver ones only. Empty lines are left out. */
export function message(context: Terminal, severity: Severity, text: string): string {
  const { env, terminal } = context;
  const limit = env.SYSTEMD_LOG_LEVEL === undefined ? undefined : parseLogLevel(env.SYSTEMD_LOG_LEVEL);
  if (limit !== undefined && levels[severity] > limit) return '';
  const colored = env.SYSTEMD_LOG_COLOR === undefined ? undefined : parseBoolean(env.SYSTEMD_LOG_COLOR);
  const { colors } = styleOf(context);
  const color = { error: colors.red, warning: colors.yellow, notice: colors.highlight, info: '' }[severity];
  const on = colored === false ? '' : color;
  const off = on === '' ? '' : colors.normal;
  const end = terminal.stderr ? '\r\n' : '\n';
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => on + line + off + end)
    .join('');
}

/** Says it. */
export function say(context: Pick<ProgramContext, 'env' | 'terminal' | 'err'>, severity: Severity, text: string): void {
  const written = message(context, severity, text);
  if (written !== '') context.err(written);
}
