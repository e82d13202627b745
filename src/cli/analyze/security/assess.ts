/** What `systemd-analyze security` prints: the table of one service, and how exposed it is over all. */

import { pagerIsUsed, type Style } from '../../../program/colors.ts';
import { printInTurns } from '../../../program/in-turns.ts';
import { type Cell, type CellInput, Table } from '../../../program/table.ts';
import { parseBoolean } from '../../../text/numbers.ts';
import type { CliContext } from '../../common/context.ts';
import type { AnalyzeOptions } from '../options.ts';
import { type Assessor, assessors } from './assessors.ts';
import type { JudgedUnit, Verdict } from './judgements.ts';
import { type Policy, withPolicy } from './policy.ts';

/** Over all, in tenths of a point from 0 to 100, and what that is called. */
export interface Exposure {
  readonly value: number;
  readonly text: string;
  readonly word: string;
  /** Escape sequence; '' for none. */
  readonly color: string;
  readonly smiley: string;
}

interface Finding {
  readonly assessor: Assessor;
  readonly verdict: Verdict;
}

const manual = 'https://www.freedesktop.org/software/systemd/man/systemd.exec.html';

/** From the worst down: least exposure, word, colour, face, and the face where there are no emoji. */
const levels: readonly [number, string, 'red' | 'yellow' | 'green' | undefined, string, string][] = [
  [100, 'DANGEROUS', 'red', '🤢', ':-['],
  [90, 'UNSAFE', 'red', '😨', ':-{'],
  [75, 'EXPOSED', 'yellow', '🙁', ':-('],
  [50, 'MEDIUM', undefined, '😐', ':-|'],
  [10, 'OK', 'green', '🙂', ':-)'],
  [1, 'SAFE', 'green', '😀', ':-}'],
  [0, 'PERFECT', 'green', '😇', ':-]'],
];

function emojiEnabled({ env }: Pick<CliContext, 'env'>, style: Style): boolean {
  const wanted = env.SYSTEMD_EMOJI === undefined ? undefined : parseBoolean(env.SYSTEMD_EMOJI);
  if (wanted !== undefined) return wanted;
  return env.TERM !== undefined && env.TERM !== 'dumb' && env.TERM !== 'linux' && style.utf8;
}

const tenths = (value: number): string => `${Math.floor(value / 10)}.${value % 10}`;

function judge(unit: JudgedUnit, policy: Policy): Finding[] {
  return assessors.map((plain) => {
    const assessor = withPolicy(plain, policy);
    if (assessor.afterBoot && !unit.defaultDependencies) {
      const text = 'Service runs in special boot phase, option is not appropriate';
      return { assessor, verdict: { badness: undefined, text } };
    }
    if (assessor.weight === 0) {
      return { assessor, verdict: { badness: undefined, text: 'Option excluded by policy, skipping' } };
    }
    const verdict = assessor.assess(unit);
    // a policy may leave less room than the judgement needs
    if (verdict.badness !== undefined && verdict.badness > assessor.range) {
      return { assessor, verdict: { ...verdict, badness: assessor.range } };
    }
    return { assessor, verdict };
  });
}

function descriptionOf({ assessor, verdict }: Finding): string | undefined {
  if (verdict.text !== undefined) return verdict.text;
  if (verdict.badness === undefined) return assessor.irrelevant;
  if (verdict.badness === assessor.range) return assessor.bad;
  return verdict.badness === 0 ? assessor.good : undefined;
}

/**
 * Descriptions backwards, names forwards. A row without a description is compared by its place in the table, so that
 * the order is none and the result is the sorting's: merging halves, as glibc's qsort(3) does.
 */
function sorted(findings: readonly Finding[]): Finding[] {
  const rows = findings.map((finding, index) => ({ finding, index, text: descriptionOf(finding) }));
  type Row = (typeof rows)[number];
  const before = (a: Row, b: Row): boolean => {
    if (a.text === undefined || b.text === undefined) {
      if (a.text !== b.text) return a.index > b.index;
    } else if (a.text !== b.text) return a.text > b.text;
    return a.finding.assessor.id <= b.finding.assessor.id;
  };
  // the header takes part, and stays in front of everything
  const merge = (list: readonly (Row | undefined)[]): (Row | undefined)[] => {
    if (list.length <= 1) return [...list];
    const half = Math.floor(list.length / 2);
    const left = merge(list.slice(0, half));
    const right = merge(list.slice(half));
    const result: (Row | undefined)[] = [];
    let i = 0;
    let j = 0;
    while (i < left.length && j < right.length) {
      const a = left[i];
      const b = right[j]!;
      result.push(a === undefined || before(a, b) ? left[i++] : right[j++]);
    }
    return [...result, ...left.slice(i), ...right.slice(j)];
  };
  return merge([undefined, ...rows]).flatMap((row) => (row === undefined ? [] : [row.finding]));
}

function share({ assessor, verdict }: Finding, weights: number): string | undefined {
  const badness = verdict.badness ?? 0;
  if (badness === 0) return undefined;
  return tenths(Math.ceil(Math.ceil((badness * assessor.weight * 100) / assessor.range) / weights));
}

/** Numbers stand on the right of their column. */
function rightAligned(text: string | undefined, width: number): Cell {
  return text === undefined ? { text: ' '.repeat(width), empty: true } : { text: text.padStart(width), json: text };
}

/** How systemd writes that a setting does not matter, where it shows the numbers themselves. */
const noBadness = 0xffff_ffff_ffff_ffffn;

function detailsTable(context: CliContext, style: Style, options: AnalyzeOptions, findings: readonly Finding[]): Table {
  const { colors } = style;
  const json = options.json !== undefined;
  const table = new Table(
    json ? 'set' : ' ',
    'name',
    'json_field',
    'description',
    'weight',
    'badness',
    'range',
    'exposure',
  );
  if (!json) table.hide(2);
  const debug = context.env.SYSTEMD_ANALYZE_DEBUG;
  if (debug === undefined || parseBoolean(debug) !== true) for (const column of [4, 5, 6]) table.hide(column);
  const weights = findings.reduce(
    (sum, { assessor, verdict }) => sum + (verdict.badness === undefined ? 0 : assessor.weight),
    0,
  );
  const badnessWidth = findings.some(({ verdict }) => verdict.badness === undefined) ? 20 : 'BADNESS'.length;
  const [yes, no] = style.utf8 ? ['✓', '✗'] : ['+', '-'];
  for (const finding of sorted(findings)) {
    const { assessor, verdict } = finding;
    const good = verdict.badness === 0;
    const mark: CellInput =
      verdict.badness === undefined
        ? { text: '', empty: true }
        : { text: good ? yes : no, color: good ? colors.green : colors.red, json: good };
    const description = descriptionOf(finding);
    const anchor = assessor.id.slice(0, assessor.id.indexOf('=') + 1);
    const badness = verdict.badness === undefined ? noBadness : verdict.badness;
    table.add(
      mark,
      { text: assessor.id, url: `${manual}#${anchor}` },
      assessor.field,
      description === undefined ? { text: '', empty: true } : description,
      { ...rightAligned(String(assessor.weight), 'WEIGHT'.length), json: assessor.weight },
      { ...rightAligned(String(badness), badnessWidth), json: badness },
      { ...rightAligned(String(assessor.range), 'RANGE'.length), json: assessor.range },
      rightAligned(share(finding, weights), 'EXPOSURE'.length),
    );
  }
  return table;
}

/**
 * Judges a service. `details`: prints its table and, where that is no JSON, the sum of it.
 */
export async function assess(
  context: CliContext,
  style: Style,
  options: AnalyzeOptions,
  unit: JudgedUnit,
  policy: Policy,
  details: boolean,
): Promise<Exposure> {
  const findings = judge(unit, policy);
  let bad = 0;
  let weights = 0;
  for (const { assessor, verdict } of findings) {
    if (verdict.badness === undefined) continue;
    bad += Math.ceil((verdict.badness * assessor.weight) / assessor.range);
    weights += assessor.weight;
  }
  // where a policy leaves nothing to look at, nothing is wrong
  const value = weights === 0 ? 0 : Math.ceil((bad * 100) / weights);
  const [, word, colorName, emoji, plain] = levels.find(([least]) => value >= least)!;
  const color = colorName === undefined ? '' : style.colors[colorName];
  const smiley = emojiEnabled(context, style) ? emoji : plain;
  const exposure: Exposure = { value, text: tenths(value), word, color, smiley };
  if (!details) return exposure;
  await printTable(context, style, options, detailsTable(context, style, options, findings));
  if (options.json === undefined) {
    const { highlight, normal } = style.colors;
    const name = unit.fragmentPath === undefined ? unit.id : fileLink(context, style, unit.fragmentPath, unit.id);
    context.out(
      `\n${style.glyphs.arrow} ${highlight}Overall exposure level for ${name}${normal}: ` +
        `${color}${exposure.text} ${word}${normal} ${smiley}\n`,
    );
  }
  return exposure;
}

/** A name that leads to a file. */
function fileLink(context: CliContext, style: Style, path: string, text: string): string {
  return style.link(fileUrl(context, path), text);
}

export function fileUrl(context: CliContext, path: string): string {
  return `file://${context.host.hostname}${path}`;
}

/** As text or as JSON, as asked for. */
export function printTable(context: CliContext, style: Style, options: AnalyzeOptions, table: Table): Promise<void> {
  const pieces =
    options.json !== undefined
      ? table.jsonPieces(options.json, style)
      : table.pieces({
          header: options.legend || context.host.voice.analyze.securityHasLegend,
          full: pagerIsUsed(context, options.noPager),
          style,
        });
  return printInTurns(context, pieces);
}
