#!/usr/bin/env node
/**
 * Compares pidone's tarball with recordings of real systemd, where the workspace that holds them is beside this
 * checkout, and fails when something that once agreed no longer does.
 *
 *   scripts/agreement.mjs oracle|corpus [--suite SUITE] [--all] [--update] [what the tool itself takes…]
 *
 * Recordings are of several releases of systemd: bookworm's has all of its scenarios played, the later ones a sample that
 * changes from commit to commit, with --all everything. What has agreed so far stands in test/agreement/oracle.json (steps
 * of each scenario) and corpus.json (properties and enable results), of later suites in oracle-SUITE.json and
 * corpus-SUITE.json, with the rows of docs/differences.md that say why the other steps differ (`differ`); --update writes
 * what agrees now. Where everything is played, `floors` has the least share.
 *
 * `--suite found` is scenarios of bug reports, vendors' units and attacks, recorded on bookworm: all of its steps have to
 * agree, messages too, save those in test/agreement/oracle-found.json, each with the row of docs/differences.md that says
 * why. A step of the file that agrees is as wrong as one that differs and is not in it.
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
import { faultsOf, knownAfter, playedOf } from './differing-steps.mjs';

const root = resolve(import.meta.dirname, '..');
const [kind, ...rest] = process.argv.slice(2);
if (kind !== 'oracle' && kind !== 'corpus') {
  console.error(`agreement: first argument ${kind ?? '(none)'}: say oracle or corpus`);
  process.exit(2);
}
const own = ['--update', '--all'];
const update = rest.includes('--update');
const everything = update || rest.includes('--all');
const suiteAt = rest.indexOf('--suite');
const asked = suiteAt < 0 ? undefined : rest[suiteAt + 1];
const args = rest.filter((arg, at) => !own.includes(arg) && (suiteAt < 0 || (at !== suiteAt && at !== suiteAt + 1)));

/** Suites of each tool, and the least share of what is compared that has to agree: steps, or properties. */
const floors = {
  oracle: { bookworm: 0.998, trixie: 0.995, forky: 0.98 },
  corpus: { bookworm: 0.999, trixie: 0.998 },
}[kind];
/** Every so many scenarios are in a sample. */
const sampleOf = 4;
/** Recorded beside the suites, and judged step by step. */
const beside = { oracle: ['found'], corpus: [] }[kind];
const all = [...Object.keys(floors), ...beside];
// Scenarios that are named are those of one suite.
const names = asked !== undefined ? [asked] : args.length > 0 ? all.slice(0, 1) : all;
for (const suite of names)
  if (!all.includes(suite)) {
    console.error(`agreement: --suite ${suite}: one of ${all.join(', ')}`);
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
  for (const units of readdirSync(copy).filter((name) => /^units(-\d+)?$/.test(name)))
    for (const entry of readdirSync(join(copy, units), { recursive: true, withFileTypes: true })) {
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
function check(suite, more) {
  const folder = mkdtempSync(join(tmpdir(), 'pidone-agreement-'));
  const report = join(folder, 'report.json');
  const tarball = join(root, 'dist/pidone-linux-x64.tar.gz');
  const from = kind === 'corpus' ? ['--corpus', withLinks(folder)] : [];
  const options = { stdio: ['ignore', 'inherit', 'inherit'] };
  const what = ['--suite', suite, ...from, '--against', tarball, '--json', report];
  const played = spawnSync(tool, ['check', ...what, ...more], options);
  if (!existsSync(report)) {
    console.error(`${kind}: no result of ${suite} (status ${played.status})`);
    process.exit(1);
  }
  const result = JSON.parse(readFileSync(report, 'utf8'));
  rmSync(folder, { recursive: true });
  return result;
}

/** The scenarios of a sample: others with each commit, the same ones whenever it is tried again. */
function sample(before) {
  const head = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' }).stdout ?? '';
  const turn = Number.parseInt(head.slice(0, 8) || '0', 16) % sampleOf;
  return Object.keys(before.scenarios ?? {}).filter((_name, index) => index % sampleOf === turn);
}

/** Plays scenarios of a set beside the suites; of each its steps that differ. */
function played(set, more) {
  const tarball = join(root, 'dist/pidone-linux-x64.tar.gz');
  const from = ['--scenarios', resolve(tool, '..', set), '--against', tarball, '--verbose', '--jobs', '4'];
  const { stdout } = spawnSync(tool, ['check', ...from, ...more], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const result = playedOf(stdout);
  if (result.size === 0) {
    console.error(`${kind}: nothing of ${set} was played`);
    process.exit(1);
  }
  return result;
}

/** What is wrong with the steps of a set beside the suites. */
function wrongSteps(set) {
  const file = join(root, 'test/agreement', `${kind}-${set}.json`);
  const known = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).differ : {};
  console.log(`${kind}: ${set}`);
  let seen = played(set, args);
  let faults = faultsOf(known, seen);
  if (faults.length > 0) {
    // As with the suites: twice is no accident.
    const again = [...new Set(faults.map(({ scenario }) => scenario))];
    console.log(`${kind}: once more: ${again.join(', ')}`);
    seen = new Map([...seen, ...played(set, again)]);
    faults = faultsOf(known, seen);
  }
  if (update) writeFileSync(file, `${JSON.stringify({ differ: knownAfter(known, seen) }, null, 2)}\n`);
  const differ = [...seen.values()].reduce((sum, steps) => sum + steps.length, 0);
  console.log(`${kind}: ${set}: ${seen.size} scenarios, ${differ} steps differ, ${faults.length} of them unexpectedly`);
  return faults.map(({ scenario, line }) => `${scenario}: ${line}`);
}

/** What no longer agrees with a suite; lines for people. */
function losses(suite) {
  if (beside.includes(suite)) return wrongSteps(suite);
  const first = suite === all[0];
  const known = join(root, 'test/agreement', `${kind}${first ? '' : `-${suite}`}.json`);
  const before = existsSync(known) ? JSON.parse(readFileSync(known, 'utf8')) : {};
  const sampled = !first && !everything && asked === undefined && args.length === 0 && kind === 'oracle';
  console.log(`${kind}: ${suite}${sampled ? ', a sample' : ''}`);
  const now = check(suite, sampled ? sample(before) : args);
  let lost = kind === 'oracle' ? lostScenarios(before.scenarios ?? {}, now.scenarios) : lostShare(before, now);
  if (kind === 'oracle' && lost.length > 0 && !update) {
    // The tool waits up to ten seconds for an event; a busy machine may need longer. Twice is no accident.
    const again = Object.keys(before.scenarios).filter((name) => lost.some((line) => line.startsWith(`${name}:`)));
    console.log(`oracle: once more: ${again.join(', ')}`);
    const second = check(suite, again);
    lost = lostScenarios(before.scenarios, second.scenarios);
    Object.assign(now.scenarios, second.scenarios);
  }
  if (update) {
    mkdirSync(join(root, 'test/agreement'), { recursive: true });
    writeFileSync(
      known,
      `${JSON.stringify({ ...kept(now), ...(before.differ && { differ: before.differ }) }, null, 2)}\n`,
    );
    return [];
  }
  return sampled || args.length > 0 ? lost : [...lost, ...belowFloor(suite, now)];
}

const lost = names.flatMap((suite) => losses(suite).map((line) => `${suite}: ${line}`));
for (const line of lost) console.error(`${kind}: no longer agrees: ${line}`);
process.exit(lost.length > 0 ? 1 : 0);

function belowFloor(suite, result) {
  const [equal, total] =
    kind === 'corpus'
      ? [result.equal, result.properties]
      : Object.values(result.scenarios).reduce(([a, b], [good, steps]) => [a + good, b + steps], [0, 0]);
  return equal < total * floors[suite] ? [`${equal} of ${total}, less than ${floors[suite] * 100} %`] : [];
}

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
