/** What was found, as a page for people and as one JSON document for programs. */
import type { Style } from '../../program/colors.ts';
import type { JsonObject } from '../../program/json.ts';
import { VERSION } from '../../sys/version.ts';
import type { Fact } from './container.ts';
import type { Examination, SettingFinding, UnitFinding, Verdict } from './examine.ts';
import type { Place } from './places.ts';

export interface Report extends Examination {
  readonly facts: readonly Fact[];
  /** Everything is listed, and not the first of many. */
  readonly whole: boolean;
}

/** Lines of one kind on a page; the rest is counted. */
const shown = 4;

const at = ({ file, line }: Place): string => `${file}:${line}`;

const titles: readonly (readonly [verdict: Verdict, title: string])[] = [
  ['fails', 'Will fail'],
  ['skipped', 'Will not start: a condition keeps them from containers like this one'],
  ['not run', 'Not run by pidone; to whoever needs one it is as good as there'],
  ['limited', 'Run without something'],
];

export function pageOf(report: Report, style: Style): string {
  const { colors } = style;
  const blocks = [
    section(
      'This container',
      report.facts.flatMap((fact) => factLines(fact, style)),
      style,
    ),
    ...titles.map(([verdict, title]) => {
      const found = report.units.filter((unit) => unit.verdict === verdict);
      return section(`${title} (${countOf(found)})`, unitLines(found, report), style);
    }),
    section(`Settings without effect (${report.settings.length})`, settingLines(report), style),
  ].filter((block) => block !== '');
  const failing = report.units.some(({ verdict }) => verdict === 'fails');
  const { units, files } = report.looked;
  const looked = `${units} units were looked at, and the settings of ${files}.`;
  const end = failing
    ? `${colors.red}Some of them will fail here.${colors.normal} ${looked}`
    : `${colors.green}None of them will fail for what this container is.${colors.normal} ${looked}`;
  return `${blocks.join('\n')}\n${end}\n`;
}

const countOf = (found: readonly UnitFinding[]): number => new Set(found.map(({ unit }) => unit)).size;

function section(title: string, lines: readonly string[], { colors }: Style): string {
  if (lines.length === 0) return '';
  return `${colors.highlight}${title}${colors.normal}\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

function factLines({ name, text, limited, change }: Fact, { colors, utf8 }: Style): string[] {
  const sign = limited ? `${colors.yellow}${utf8 ? '–' : '-'}` : `${colors.green}${utf8 ? '✓' : '+'}`;
  const lines = [`${sign}${colors.normal} ${name.padEnd(20)} ${text}`];
  if (change !== undefined) lines.push(`${' '.repeat(23)}${colors.grey}change: ${change}${colors.normal}`);
  return lines;
}

/** Units that share the reason, the place aside, are one entry; those that fail because of another stand below it. */
function unitLines(found: readonly UnitFinding[], { whole }: Report): string[] {
  const groups = new Map<string, UnitFinding[]>();
  for (const finding of found) {
    if (finding.because !== undefined) continue;
    const { reason, change = '', unit } = finding;
    // what is changed in one unit is no change of another
    const key = `${reason}\0${change.replaceAll(unit, '')}`;
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  const lines: string[] = [];
  for (const group of groups.values()) {
    const [first] = group as [UnitFinding];
    const places = group.flatMap(({ place }) => (place === undefined ? [] : [`${at(place)}: ${place.text}`]));
    const others = followers(found, new Set(group.map(({ unit }) => unit)));
    lines.push(
      `${listed(
        group.map(({ unit }) => unit),
        whole,
      )}: ${first.reason}`,
    );
    lines.push(...some(places, whole).map((place) => `    ${place}`));
    if (others.length > 0) lines.push(`    and with it ${listed(others, whole)}`);
    if (first.change !== undefined) lines.push(`    change: ${first.change}`);
  }
  return lines;
}

/** Units that fail because of these, and because of those. */
function followers(found: readonly UnitFinding[], culprits: ReadonlySet<string>): string[] {
  const all = new Set(culprits);
  for (const unit of all) for (const { because, unit: follower } of found) if (because === unit) all.add(follower);
  return [...all].filter((unit) => !culprits.has(unit));
}

/** Settings that do nothing for one reason are one entry. */
function settingLines({ settings, whole }: Report): string[] {
  const groups = new Map<string, SettingFinding[]>();
  for (const finding of settings) {
    const key = `${finding.reason}\0${finding.change ?? ''}`;
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group as [SettingFinding];
    const names = [...new Set(group.map(({ setting, inPart }) => `${setting}=${inPart ? ' (in part)' : ''}`))].sort();
    const places = group.map(({ unit, place }) => (place === undefined ? unit : `${at(place)}: ${place.text}`));
    const units = [...new Set(group.map(({ unit }) => unit))];
    return [
      names.join(', '),
      `    ${first.reason}`,
      ...(whole ? places : [`of ${listed(units, whole)}; the first is ${places[0]!}`]).map((line) => `    ${line}`),
      ...(first.change === undefined ? [] : [`    change: ${first.change}`]),
    ];
  });
}

function some(lines: readonly string[], whole: boolean): string[] {
  if (whole || lines.length <= shown) return [...lines];
  return [...lines.slice(0, shown), `… ${lines.length - shown} more`];
}

const listed = (names: readonly string[], whole: boolean): string => {
  if (whole || names.length <= shown) return names.join(', ');
  return `${names.slice(0, shown).join(', ')} and ${names.length - shown} more`;
};

// ---- for programs -----------------------------------------------------------------------------------------------------

const placeJson = (place: Place | undefined): JsonObject | null =>
  place === undefined ? null : { file: place.file, line: place.line, text: place.text };

/** Its shape is documented in docs/man/pidone-doctor.1.md. */
export function documentOf({ facts, units, settings, looked }: Report): JsonObject {
  return {
    version: VERSION,
    container: facts.map(({ name, text, limited, change }) => ({ name, text, limited, change: change ?? null })),
    units: units.map(({ unit, verdict, reason, place, change, because }) => ({
      unit,
      verdict,
      reason,
      place: placeJson(place),
      change: change ?? null,
      because: because ?? null,
    })),
    settings: settings.map(({ setting, inPart, reason, change, unit, place }) => ({
      setting,
      inPart,
      reason,
      change: change ?? null,
      unit,
      place: placeJson(place),
    })),
    looked: { units: looked.units, files: looked.files },
  };
}
