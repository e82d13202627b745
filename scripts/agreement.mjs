#!/usr/bin/env node
/**
 * Compares pidone's tarball with recordings of real systemd, where the workspace that holds them is beside this
 * checkout, and fails when something that once agreed no longer does.
 *
 *   scripts/agreement.mjs oracle|corpus [--update] [what the tool itself takes…]
 *
 * What has agreed so far stands in test/agreement/oracle.json (steps of each scenario) and corpus.json (properties and
 * enable results); --update writes what agrees now.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const [kind, ...rest] = process.argv.slice(2);
const update = rest.includes('--update');
const args = rest.filter((arg) => arg !== '--update');
if (kind !== 'oracle' && kind !== 'corpus') {
  console.error(`agreement: first argument ${kind ?? '(none)'}: say oracle or corpus`);
  process.exit(2);
}
const tool = resolve(root, '../shared', kind, kind);
if (!existsSync(tool)) {
  console.log(`${kind}: left out, the recordings of real systemd are not beside this checkout`);
  process.exit(0);
}
/**
 * A copy of the corpus in `folder` with its links: a copy that knows no links has their targets in files instead, which
 * systemd, asked for the recordings, never saw.
 */
function withLinks(folder) {
  const copy = join(folder, 'corpus');
  cpSync(resolve(tool, '..'), copy, { recursive: true, verbatimSymlinks: true });
  let mended = 0;
  for (const entry of readdirSync(join(copy, 'units'), { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || statSync(path).size > 256) continue;
    const target = readFileSync(path, 'utf8');
    if (!/^[\w@.:/\\-]+$/.test(target)) continue;
    rmSync(path);
    symlinkSync(target, path);
    mended++;
  }
  if (mended > 0) console.log(`corpus: ${mended} links that were files with their targets are links again`);
  return copy;
}

/** One run of the tool; what it writes as its result. */
function check(more) {
  const folder = mkdtempSync(join(tmpdir(), 'pidone-agreement-'));
  const report = join(folder, 'report.json');
  const tarball = join(root, 'dist/pidone-linux-x64.tar.gz');
  const from = kind === 'corpus' ? ['--corpus', withLinks(folder)] : [];
  const options = { stdio: ['ignore', 'inherit', 'inherit'] };
  const played = spawnSync(tool, ['check', ...from, '--against', tarball, '--json', report, ...more], options);
  if (!existsSync(report)) {
    console.error(`${kind}: no result (status ${played.status})`);
    process.exit(1);
  }
  const result = JSON.parse(readFileSync(report, 'utf8'));
  rmSync(folder, { recursive: true });
  return result;
}

const now = check(args);
const known = join(root, 'test/agreement', `${kind}.json`);
const before = existsSync(known) ? JSON.parse(readFileSync(known, 'utf8')) : {};
let lost = kind === 'oracle' ? lostScenarios(before.scenarios ?? {}, now.scenarios) : lostShare(before, now);
if (kind === 'oracle' && lost.length > 0 && !update) {
  // The tool waits up to ten seconds for an event; a busy machine may need longer. Twice is no accident.
  const names = Object.keys(before.scenarios).filter((name) => lost.some((line) => line.startsWith(`${name}:`)));
  console.log(`oracle: once more: ${names.join(', ')}`);
  lost = lostScenarios(before.scenarios, check(names).scenarios);
}
if (update) {
  mkdirSync(join(root, 'test/agreement'), { recursive: true });
  writeFileSync(known, `${JSON.stringify(kept(now), null, 2)}\n`);
}
for (const line of lost) console.error(`${kind}: no longer agrees: ${line}`);
process.exit(lost.length > 0 && !update ? 1 : 0);

function kept(result) {
  if (kind === 'corpus')
    return {
      units: result.units,
      properties: result.properties,
      equal: result.equal,
      enable_equal: result.enable_equal,
    };
  return { scenarios: Object.fromEntries(Object.entries(result.scenarios).sort()) };
}

function lostScenarios(then, today) {
  return Object.entries(then)
    .filter(([name, [good]]) => name in today && today[name][0] < good)
    .map(([name, [good]]) => `${name}: ${today[name][0]} steps, once ${good}`);
}

function lostShare(then, today) {
  const lines = [];
  // A few properties are facts of the machine.
  if (then.properties === today.properties && today.equal < then.equal * 0.999)
    lines.push(`${today.equal} properties, once ${then.equal}`);
  if (then.units === today.units && today.enable_equal < then.enable_equal)
    lines.push(`${today.enable_equal} enable results, once ${then.enable_equal}`);
  return lines;
}
