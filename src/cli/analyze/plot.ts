/** systemd-analyze plot: the boot as SVG, a bar for each unit. */

import { inTurns, printInTurns, sortedInTurns } from '../../program/in-turns.ts';
import { SystemError } from '../../sys/host.ts';
import { versionLine } from '../../sys/version.ts';
import { parseEnvFile } from '../../unitfile/language/env-file.ts';
import { architectureName } from '../../values/architectures.ts';
import type { CliContext } from '../common/context.ts';
import { virtualization } from '../show/manager.ts';
import { type AlignedInput, numberCell, printColumns } from './aligned.ts';
import { analyzedManager, bootTimes, prettyBootTime, spanText, type UnitTimes, unitTimes } from './boot-times.ts';
import type { AnalyzeOptions } from './options.ts';

/** Pixels of a microsecond, and of a line. */
const scaleX = 0.1 / 1000;
const scaleY = 20;

const colors: readonly [string, string][] = [
  ['activating', '255,0,0'],
  ['active', '200,150,150'],
  ['deactivating', '150,100,100'],
  ['generators', '102,204,255'],
  ['unitsload', '82,184,255'],
];

const styleSheet = `<defs>
  <style type="text/css">
    <![CDATA[
      rect       { stroke-width: 1; stroke-opacity: 0; }
      rect.background   { fill: rgb(255,255,255); }
${colors.map(([name, rgb]) => `      rect.${name.padEnd(12)} { fill: rgb(${rgb}); fill-opacity: 0.7; }\n`).join('')}\
      rect.box   { fill: rgb(240,240,240); stroke: rgb(192,192,192); }
      line       { stroke: rgb(64,64,64); stroke-width: 1; }
      line.sec5  { stroke-width: 2; }
      line.sec01 { stroke: rgb(224,224,224); stroke-width: 1; }
      text       { font-family: Verdana, Helvetica; font-size: 14px; }
      text.left  { font-family: Verdana, Helvetica; font-size: 14px; text-anchor: start; }
      text.right { font-family: Verdana, Helvetica; font-size: 14px; text-anchor: end; }
      text.sec   { font-size: 10px; }
    ]]>
   </style>
</defs>

`;

const number = (value: number): string => value.toFixed(3);

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** A bar from one moment to another, in microseconds. */
function bar(name: string, from: number, to: number, line: number): string {
  return (
    `  <rect class="${name}" x="${number(scaleX * from)}" y="${number(scaleY * line)}" ` +
    `width="${number(scaleX * (to - from))}" height="${number(scaleY - 1)}" />\n`
  );
}

/** A label that begins at a moment, or ends there. */
function label(side: 'left' | 'right', at: number, line: number, text: string): string {
  const x = scaleX * at + (side === 'left' ? 5 : -5);
  return `  <text class="${side}" x="${number(x)}" y="${number(scaleY * line + 14)}">${escapeXml(text)}</text>\n`;
}

/** The box behind the bars, with a line for each tenth of a second and the time at each second. */
function* timeAxis(lines: number, end: number): Generator<string> {
  const height = number(scaleY * lines);
  yield `<rect class="box" x="0" y="0" width="${number(scaleX * end)}" height="${height}" />\n`;
  for (let usec = 0; usec <= end; usec += 100_000) {
    const x = number(scaleX * usec);
    const kind = usec % 5_000_000 === 0 ? 'sec5' : usec % 1_000_000 === 0 ? 'sec1' : 'sec01';
    yield `  <line class="${kind}" x1="${x}" y1="0" x2="${x}" y2="${height}" />\n`;
    if (kind !== 'sec01') yield `  <text class="sec" x="${x}" y="-5.000" >${(usec / 1e6).toFixed(1)}s</text>\n`;
  }
}

/** Moments that did not come before the end of the boot are drawn at its end. */
function withinBoot(unit: UnitTimes, end: number): UnitTimes {
  let { activated, deactivating, deactivated } = unit;
  if (deactivated > unit.activating && deactivated <= end && activated === 0 && deactivating === 0) {
    activated = deactivated;
    deactivating = deactivated;
  }
  const clamp = (moment: number, earliest: number): number => (moment < earliest || moment > end ? end : moment);
  activated = clamp(activated, unit.activating);
  deactivating = clamp(deactivating, activated);
  deactivated = clamp(deactivated, deactivating);
  return { ...unit, activated, deactivating, deactivated };
}

/** Which system on which machine it was. */
function hostLine({ host }: CliContext): string {
  let system = '';
  for (const path of ['/etc/os-release', '/usr/lib/os-release']) {
    try {
      const { pairs } = parseEnvFile(host.files.readText(path, 64 * 1024), path);
      system = pairs.findLast(([key]) => key === 'PRETTY_NAME')?.[1] ?? '';
      break;
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
    }
  }
  const { sysname, release, version, machine } = host.uname();
  const kernel = `(${sysname} ${release} ${version})`;
  return `${system || 'Linux'} ${host.hostname} ${kernel} ${architectureName(machine) ?? ''} ${virtualization({ host })}`;
}

/** The moments in numbers. */
async function tabulate(context: CliContext, options: AnalyzeOptions, units: readonly UnitTimes[]): Promise<number> {
  const keys = ['activated', 'activating', 'time', 'deactivated', 'deactivating'] as const;
  const rows: AlignedInput[][] = [];
  for await (const unit of inTurns(context, units))
    rows.push([unit.name, ...keys.map((key) => numberCell(unit[key], spanText(unit[key])))]);
  await printColumns(context, options, ['name', ...keys], rows, new Set());
  return 0;
}

/** The whole picture, in pieces. */
export async function plot(context: CliContext, options: AnalyzeOptions): Promise<number> {
  const manager = analyzedManager(context);
  const boot = manager && bootTimes(context, options, manager);
  if (manager === undefined || boot === undefined) return 1;
  const started = (await unitTimes(context, manager)).map((unit) => withinBoot(unit, boot.finish));
  const all = await sortedInTurns(context, started, (a, b) => a.activating - b.activating);

  if (options.table || options.json !== undefined) return tabulate(context, options, all);
  const units = all.filter((unit) => unit.activating <= boot.finish);
  let width = Math.max(800, scaleX * boot.finish);
  for (const { name, activating } of units) {
    const start = activating * scaleX;
    const text = 8 * name.length;
    // a label that has no room on the left needs it on the right
    if (text > start && text + start > width) width = text + start;
  }
  const lines = units.length + 1;
  const heading = hostLine(context);
  // wide enough also for the heading, which begins in the margin
  const pixels = Math.max(80 + width, 40 + 8 * heading.length);

  context.out(
    '<?xml version="1.0" standalone="no"?>\n' +
      '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n' +
      `<svg width="${pixels.toFixed(0)}px" height="${(150 + lines * scaleY + 5 * scaleY).toFixed(0)}px" ` +
      'version="1.1" xmlns="http://www.w3.org/2000/svg">\n\n' +
      '<!-- A boot as systemd-analyze draws it. Any browser shows this file. -->\n' +
      `<!-- systemd-analyze version ${versionLine(context.host.voice)} -->\n\n`,
  );
  context.out(styleSheet);
  context.out(
    '<rect class="background" width="100%" height="100%" />\n' +
      `<text x="20" y="50">${escapeXml(prettyBootTime(context, manager, boot))}</text>` +
      `<text x="20" y="30">${escapeXml(heading)}</text>` +
      '<g transform="translate(20.000,100)">\n',
  );
  await printInTurns(context, timeAxis(lines, boot.finish));
  context.out(
    bar('active', 0, boot.finish, 0) +
      bar('generators', boot.generatorsStart, boot.generatorsFinish, 0) +
      bar('unitsload', boot.unitsLoadStart, boot.unitsLoadFinish, 0) +
      label('left', 0, 0, 'systemd'),
  );
  for await (const [index, unit] of inTurns(context, units.entries())) {
    const { name, activating, activated, deactivating, deactivated, time } = unit;
    const line = index + 1;
    const side = activating * scaleX < width / 2 ? 'left' : 'right';
    context.out(
      bar('activating', activating, activated, line) +
        bar('active', activated, deactivating, line) +
        bar('deactivating', deactivating, deactivated, line) +
        label(side, activating, line, time > 0 ? `${name} (${spanText(time)})` : name),
    );
  }
  context.out('</g>\n<g transform="translate(20,100)">\n');
  const legend: readonly [string, string][] = [
    ['activating', 'Activating'],
    ['active', 'Active'],
    ['deactivating', 'Deactivating'],
    ['generators', 'Generators'],
    ['unitsload', 'Loading unit files'],
  ];
  legend.forEach(([kind, text], index) => {
    const line = lines + 1 + index;
    context.out(bar(kind, 0, 300_000, line) + label('left', 400_000, line, text));
  });
  context.out('</g>\n\n</svg>\n');
  return 0;
}
