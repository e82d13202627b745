#!/usr/bin/env node
/**
 * What would the unit tests not notice? Changes the code in one place at a time (an operator, a condition, a constant) and
 * runs the tests of test/unit that reach the place. Prints the changes that no test fails for.
 *
 *   npm run mutate -- [--sample N] [--seed N] [--all] [--concurrency N] PATH…
 *   npm run mutate -- --line FILE:LINE
 *
 * It tries a sample (100) of the mutants of the files, the same for the same seed; --all: each. --line tries those of a
 * line, and names the test that fails. Changes that make no difference a test could see are kept in test/mutants.json,
 * `{ FILE: { CHANGE: REASON } }`, the change as it is printed, and are not tried.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import ts from 'typescript';
import { Random } from './fuzz/random.mjs';
import { buildOf } from './mutate/build.mjs';
import { mutantsOf } from './mutate/mutants.mjs';
import { plansOf, Runner } from './mutate/tests.mjs';
import { fail, filesUnder, root, say } from './tools.mjs';

const explainedFile = 'test/mutants.json';
const nameOf = (file) => relative(root, file);

function commandLine() {
  const string = { type: 'string' };
  const options = { sample: string, seed: string, concurrency: string, line: string, all: { type: 'boolean' } };
  let parsed;
  try {
    parsed = parseArgs({ options, allowPositionals: true });
  } catch (error) {
    fail(`mutate: ${error.message}`);
  }
  const { values, positionals } = parsed;
  const number = (name, otherwise) => {
    const value = values[name] ?? otherwise;
    if (!/^[1-9]\d*$/.test(value)) fail(`mutate: --${name}=${value}: a number from 1 is needed`);
    return Number(value);
  };
  const [, file, line] = /^(.+):(\d+)$/.exec(values.line ?? '') ?? [];
  if (values.line !== undefined && file === undefined) fail(`mutate: --line=${values.line}: FILE:LINE is needed`);
  const paths = file === undefined ? positionals : [file];
  if (paths.length === 0) fail('mutate: which files or directories of src?');
  return {
    files: [...new Set(paths.flatMap(sourcesAt))].sort(),
    line: line && Number(line),
    sample: values.all || line ? Number.POSITIVE_INFINITY : number('sample', '100'),
    seed: number('seed', '1'),
    concurrency: number('concurrency', '1'),
  };
}

function sourcesAt(path) {
  const full = resolve(root, path);
  if (!existsSync(full) || !/^src(\/|$)/.test(nameOf(full))) fail(`mutate: ${path}: no file or directory of src`);
  const files = statSync(full).isDirectory() ? filesUnder(nameOf(full)) : [full];
  return files.filter((file) => file.endsWith('.ts'));
}

/** All mutants of the files. */
function mutantsIn(files) {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files }, ts.sys, root);
  const program = ts.createProgram(files, options);
  const checker = program.getTypeChecker();
  return files.flatMap((file) => mutantsOf(program.getSourceFile(file), checker));
}

/** Those that nobody has explained; says which explanations have lost their change. */
function unexplained(mutants, files) {
  const explained = JSON.parse(readFileSync(join(root, explainedFile), 'utf8'));
  for (const [name, reasons] of Object.entries(explained)) {
    const file = join(root, name);
    if (!existsSync(file)) say(`${explainedFile}: ${name}: no such file any more`);
    if (!files.includes(file)) continue;
    const changes = new Set(mutants.filter((mutant) => mutant.file === file).map(({ change }) => change));
    for (const change of Object.keys(reasons))
      if (!changes.has(change)) say(`${explainedFile}: ${name}: no such change any more: ${change}`);
  }
  return mutants.filter(({ file, change }) => explained[nameOf(file)]?.[change] === undefined);
}

/** `count` of them, in their order. */
function sampled(mutants, count, seed) {
  const r = new Random(seed);
  const drawn = mutants.map((mutant, i) => ({ mutant, i, lot: r.fraction() })).sort((a, b) => a.lot - b.lot);
  const taken = drawn.slice(0, count).sort((a, b) => a.i - b.i);
  return taken.map(({ mutant }) => mutant);
}

function table(results) {
  const row = (name, of) => {
    const count = (state) => of.filter((result) => result.state === state).length;
    const killed = count('killed');
    const cells = [of.length, killed, count('survived'), count('not reached')].map((n) => String(n).padStart(12));
    say(`${name.padEnd(48)}${cells.join('')}${((100 * killed) / of.length).toFixed(1).padStart(8)} %`);
  };
  say(`\n${' '.repeat(48)}     mutants      killed    survived not reached`);
  for (const file of new Set(results.map((result) => result.file)))
    row(
      nameOf(file),
      results.filter((result) => result.file === file),
    );
  row('all', results);
}

const started = performance.now();
const { files, line, sample, seed, concurrency } = commandLine();
const all = mutantsIn(files);
const candidates = line ? all.filter((mutant) => mutant.line === line) : unexplained(all, files);
const mutants = sampled(candidates, sample, seed).map((mutant, id) => ({ ...mutant, id }));
if (mutants.length === 0) fail('mutate: nothing there that could be changed');

const testFiles = filesUnder('test/unit').filter((file) => file.endsWith('.test.ts'));
const build = await buildOf(mutants, testFiles);
const runners = Array.from({ length: concurrency }, () => new Runner(build));
process.on('exit', () => {
  for (const runner of runners) runner.stop();
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
const record = await runners[0].record();
if (record.parts === undefined) fail(`mutate: without a mutant: ${record.failed ?? record.ended}`);
const plans = plansOf(record, mutants);
const ready = performance.now();

const results = [];
const waiting = [...mutants];
async function work(runner) {
  for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
    const { state, by } = await runner.try(mutant.id, plans[mutant.id]);
    results.push({ ...mutant, state });
    const place = `${nameOf(mutant.file)}:${mutant.line}  ${mutant.change}`;
    if (line) say(`${place}\n    ${state}${by ? `: ${by.replace(`${root}/`, '')}` : ''}`);
    else if (state !== 'killed') say(state === 'survived' ? place : `${place}  (no test gets here)`);
  }
}
await Promise.all(runners.map(work));
if (line) process.exit();

results.sort((a, b) => a.id - b.id);
table(results);
const seconds = (from, to) => ((to - from) / 1000).toFixed(0);
say(
  `\n${mutants.length} of ${candidates.length} mutants, seed ${seed}; ${all.length - candidates.length} are explained in ` +
    `${explainedFile}. ${seconds(started, ready)} s to get ready, ${seconds(ready, performance.now())} s for the mutants.`,
);
process.exit();
