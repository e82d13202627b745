/** What listing verbs have in common: tables on a terminal, in a pipe or as JSON, and how moments are printed. */

import { pagerIsUsed, type Style } from '../../program/colors.ts';
import { printInTurns } from '../../program/in-turns.ts';
import { isJsonMode } from '../../program/json.ts';
import type { Cell, Table } from '../../program/table.ts';
import { formatRelative } from '../../values/time/time-span.ts';
import { formatTimestamp } from '../../values/time/timestamp.ts';
import type { TimeZone } from '../../values/time/timezone.ts';
import { callersZone } from '../common/clock.ts';
import type { CliContext } from '../common/context.ts';
import type { SystemctlOptions, TimestampStyle } from './options.ts';

/** -l, or a pager takes the lines. */
export function isFullWidth(context: CliContext, options: SystemctlOptions): boolean {
  return options.full || pagerIsUsed(context, options.noPager);
}

export function printTable(context: CliContext, options: SystemctlOptions, style: Style, table: Table): Promise<void> {
  const pieces = isJsonMode(options.output)
    ? table.jsonPieces(options.output, style)
    : table.pieces({ header: options.legend, full: isFullWidth(context, options), style });
  return printInTurns(context, pieces);
}

/** `3 timers listed.` and the hint about --all. */
export function legendText(options: SystemctlOptions, { colors }: Style, type: string, count: number): string {
  const on = count > 0 ? colors.highlight : colors.red;
  const hint = options.all ? '' : `Pass --all to see loaded but inactive ${type}s, too.\n`;
  return `\n${on}${count} ${type}s listed.${colors.normal}\n${hint}`;
}

const isSet = (ms: number | undefined): ms is number => ms !== undefined && ms > 0 && ms !== Number.POSITIVE_INFINITY;

/** Prints moments of one call; `ms` are of the wall clock. */
export class Moments {
  readonly #zone: TimeZone;
  readonly #style: TimestampStyle;
  readonly #left: string;
  readonly nowMs: number;

  constructor(context: Pick<CliContext, 'host' | 'env'>, style: TimestampStyle) {
    this.#zone = callersZone(context);
    this.#style = style;
    this.nowMs = context.host.now();
    this.#left = context.host.voice.systemctl.left;
  }

  /** `Tue 2026-11-24 14:30:00 UTC; 3min 2s ago` */
  both(ms: number): string {
    return `${formatTimestamp(ms, this.#zone, this.#style) ?? 'n/a'}; ${formatRelative(ms, this.nowMs)}`;
  }

  cell(ms: number | undefined): Cell {
    const text = isSet(ms) ? formatTimestamp(ms, this.#zone, 'pretty') : undefined;
    return { text: text ?? '-', json: jsonMoment(ms) };
  }

  /** Of what is to come: in later systemd the head of its column says that it is left. */
  leftCell(ms: number | undefined): Cell {
    const cell = this.relativeCell(ms);
    return { ...cell, text: cell.text.replace(/ left$/, this.#left) };
  }

  relativeCell(ms: number | undefined): Cell {
    return { text: isSet(ms) ? formatRelative(ms, this.nowMs) : '-', json: jsonMoment(ms) };
  }
}

/** Microseconds; systemd has 0 for never and nothing for infinity. */
function jsonMoment(ms: number | undefined): bigint | null {
  if (ms === Number.POSITIVE_INFINITY) return null;
  return ms === undefined ? 0n : BigInt(Math.round(ms * 1000));
}
