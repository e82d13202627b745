#!/usr/bin/env node
/**
 * Random but valid values for every directive, as real systemd shows them and as pidone does.
 *
 *   scripts/fuzz-show.mjs [--seed=N] [--values=N] [--against=TARBALL] [--keep=DIR] [--least=PERCENT]
 *                         [--mutated=PERCENT]
 *
 * One container of each, through the oracle beside the checkout; --keep leaves there what both said, and takes what
 * systemd said the last time from there. --mutated changes characters in that share of the
 * values, so that some are wrong. Every disagreement is listed; the exit status is 1 below --least (99).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Random } from './fuzz/random.mjs';
import { directivesOf, makeUnit } from './fuzz/units.mjs';
import { importSource } from './source.mjs';
import { fail, root, say, tarball } from './tools.mjs';

const options = { seed: '1', values: '10000', against: tarball, keep: '', least: '99', mutated: '0' };
for (const argument of process.argv.slice(2)) {
  const [, name, value] = /^--([a-z]+)=(.*)$/.exec(argument) ?? [];
  if (name === undefined || !Object.hasOwn(options, name)) {
    fail(
      `fuzz-show: ${argument}: options are ${Object.keys(options)
        .map((key) => `--${key}=`)
        .join(' ')}`,
    );
  }
  options[name] = value;
}
const oracle = resolve(root, '../shared/oracle/oracle');
if (!existsSync(oracle)) {
  say('fuzz-show: left out, the oracle is not beside this checkout');
  process.exit(0);
}

/** Directives of a unit, and units that one call of systemctl shows. */
const unitSize = 35;
const unitsAtOnce = 25;

function makeUnits(table) {
  const r = new Random(Number(options.seed));
  const directives = directivesOf(table);
  const units = [];
  for (let count = 0; count < Number(options.values); ) {
    const unit = makeUnit(r, directives, units.length, unitSize, Number(options.mutated) / 100);
    units.push(unit);
    count += unit.values.length;
  }
  return units;
}

/** What each machine prints goes through the transcript compressed: the oracle replaces numbers and times in text. */
function scenario(units) {
  const files = units.map(({ file, text }) => `=== file /etc/systemd/system/${file}\n${text}`);
  const steps = [];
  for (let start = 0; start < units.length; start += unitsAtOnce) {
    const names = units.slice(start, start + unitsAtOnce).map(({ name }) => `'${name}'`);
    steps.push(`systemctl show --all ${names.join(' ')} | gzip -9n | base64 -w 0`);
  }
  return `# Random values for every directive\n${files.join('\n')}\n=== steps\n${steps.join('\n')}\n`;
}

function play(folder, more) {
  const played = spawnSync(oracle, ['play', 'fuzz', '--scenarios', folder, ...more], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (played.status !== 0) fail(`fuzz-show: ${oracle} play: ${played.stderr}`);
  return played.stdout;
}

/** By unit: each property and the lines it has. */
function read(who, transcript, units) {
  const blocks = transcript
    .split('\n')
    .filter((line) => /^ {2}H4sI/.test(line))
    .flatMap((line) => gunzipSync(Buffer.from(line.trim(), 'base64')).toString().trimEnd().split('\n\n'));
  const byUnit = new Map();
  for (const block of blocks) {
    const shown = new Map();
    for (const line of block.split('\n')) {
      const equal = line.indexOf('=');
      const key = line.slice(0, equal);
      shown.set(key, [...(shown.get(key) ?? []), line.slice(equal + 1)]);
    }
    byUnit.set(shown.get('Id')?.[0], shown);
  }
  const missing = units.filter(({ name }) => !byUnit.has(name));
  if (missing.length > 0) say(`fuzz-show: not shown by ${who}: ${missing.map(({ name }) => name).join(' ')}`);
  return byUnit;
}

/** Facts of the moment, and what depends on whether there are control groups. */
const momentary =
  /Timestamp|^(InvocationID|CanFreeze|ControlGroup|Memory(Current|Available)|CPUUsageNSec|Tasks(Current)|Effective|I[PO](In|E|Read|Write).*(Bytes|Packets|Operations)|ControlGroupId)/;
/** Properties that are sets: systemd prints them in the order of a hash table. */
const sets = new Set(
  (
    'Before After Requires Requisite Wants BindsTo PartOf Upholds RequiredBy RequisiteOf WantedBy BoundBy UpheldBy ' +
    'ConsistsOf Conflicts ConflictedBy OnFailure OnFailureOf OnSuccess OnSuccessOf Triggers TriggeredBy ' +
    'PropagatesReloadTo ReloadPropagatedFrom PropagatesStopTo StopPropagatedFrom JoinsNamespaceOf ' +
    'RequiresMountsFor Names IPAddressAllow IPAddressDeny RestrictNetworkInterfaces'
  ).split(' '),
);

/** `~` of a set that is denied stands before its first word. */
function sorted(line) {
  const [, tilde, words] = /^(~?)(.*)$/s.exec(line);
  return tilde + words.split(' ').sort().join(' ');
}

/** Machine and boot ids, which differ. */
const identifier = /[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/;
const anonymous = (line) => line.replace(new RegExp(identifier, 'g'), 'ID');

function textOf(shown, property) {
  const lines = shown?.get(property);
  if (lines === undefined) return undefined;
  if (lines.some((line) => identifier.test(line))) return textOf(new Map([[property, lines.map(anonymous)]]), property);
  return sets.has(property) ? lines.map(sorted).join('\n') : lines.join('\n');
}

const table = await importSource("export * from './src/unitfile/directives/table.ts'");
const units = makeUnits(table);
const folder = options.keep === '' ? mkdtempSync(join(tmpdir(), 'pidone-fuzz-')) : resolve(options.keep);
mkdirSync(folder, { recursive: true });
const text = scenario(units);
const file = join(folder, 'fuzz.scenario');
const recorded = join(folder, 'systemd.txt');
const sameAsBefore = existsSync(file) && existsSync(recorded) && readFileSync(file, 'utf8') === text;
writeFileSync(file, text);
if (!sameAsBefore) writeFileSync(recorded, play(folder, ['--real']));
const ours = play(folder, ['--against', resolve(options.against)]);
const systemd = read('systemd', readFileSync(recorded, 'utf8'), units);
const pidone = read('pidone', ours, units);
if (options.keep === '') rmSync(folder, { recursive: true });

let values = 0;
let agree = 0;
let propertyCount = 0;
let propertiesEqual = 0;
for (const { name, values: set } of units) {
  const real = systemd.get(name);
  // systemctl gives up at a text that is no UTF-8
  if (real === undefined) continue;
  const own = pidone.get(name);
  const different = new Set();
  for (const property of new Set([...(real?.keys() ?? []), ...(own?.keys() ?? [])])) {
    if (momentary.test(property)) continue;
    propertyCount++;
    if (textOf(real, property) === textOf(own, property)) propertiesEqual++;
    else different.add(property);
  }
  for (const { section, key, value, properties } of set) {
    values++;
    const wrong = properties.filter((property) => different.has(property));
    if (wrong.length === 0) {
      agree++;
      continue;
    }
    say(`${name}: [${section}] ${key}=${value}`);
    for (const property of wrong) {
      say(`  ${property}: systemd ${JSON.stringify(textOf(real, property))}`);
      say(`  ${' '.repeat(property.length)}  pidone  ${JSON.stringify(textOf(own, property))}`);
      different.delete(property);
    }
  }
  for (const property of different) {
    say(`${name}: ${property}: systemd ${JSON.stringify(textOf(real, property))}`);
    say(`  pidone ${JSON.stringify(textOf(own, property))}`);
  }
}
const percent = (part, whole) => ((100 * part) / Math.max(whole, 1)).toFixed(2);
say(`seed ${options.seed}: ${units.length} units; values ${agree} of ${values} agree (${percent(agree, values)} %)`);
say(`properties ${propertiesEqual} of ${propertyCount} equal (${percent(propertiesEqual, propertyCount)} %)`);
process.exit((100 * agree) / values < Number(options.least) ? 1 : 0);
