#!/usr/bin/env node
/**
 * Everything that comes from outside, as it should not be: random and damaged cases for each door (test/support/fuzz).
 *
 *   npm run fuzz [-- --cases=N] [--seed=N] [--door=NAME] [--workers=N] [--hang=SECONDS] [--grow=MIB]
 *   npm run fuzz -- --door=NAME --replay=SEED:NUMBER, or SEED:FROM-TO for those that lead to it
 *
 * A case fails that throws what the project does not throw, shows that something does not hold, takes half a second each time
 * it is tried, or never ends (--hang, 60 s); a door fails whose cases leave more than --grow (8 MiB) on the heap of a thread.
 * A failure is told with the case, made as small as it can be, and how to play it again; the smallest goes into
 * test/fuzz-seeds.json once it is mended. The exit status is 1 where anything failed.
 */
import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { bundleSource } from './source.mjs';
import { fail, root, say } from './tools.mjs';

const options = { cases: '1000000', seed: '1', door: '', workers: '', hang: '60', grow: '8', replay: '' };
const words = process.argv.slice(2).flatMap((word) => word.split(/=(.*)/s).slice(0, 2));
for (let at = 0; at < words.length; at += 2) {
  const name = words[at].replace(/^--/, '');
  if (!Object.hasOwn(options, name) || words[at + 1] === undefined)
    fail(
      `fuzz: ${words[at]}: options are ${Object.keys(options)
        .map((key) => `--${key}=`)
        .join(' ')}`,
    );
  options[name] = words[at + 1];
}
process.chdir(root);
const seed = Number(options.seed);
const total = Number(options.cases);

if (globalThis.gc === undefined) {
  const { spawnSync } = await import('node:child_process');
  const again = spawnSync(process.execPath, ['--expose-gc', fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  process.exit(again.status ?? 1);
}

const program = await bundleSource(`
  import { isMainThread } from 'node:worker_threads';
  export { doors } from './test/support/fuzz/doors.ts';
  export { makeCase, Player, shrink, tryCase, written } from './test/support/fuzz/harness.ts';
  if (!isMainThread) await import('./test/support/fuzz/worker.ts');
`);
process.on('exit', () => rmSync(program.folder, { recursive: true }));
const { doors, makeCase, Player, shrink, tryCase, written } = await import(pathToFileURL(program.file).href);

const chosen = options.door === '' ? doors : doors.filter(({ name }) => options.door.split(',').includes(name));
if (chosen.length === 0) fail(`fuzz: --door=${options.door}: doors are ${doors.map(({ name }) => name).join(' ')}`);
if (options.replay !== '') await replay(chosen[0], options.replay);
else await fuzz();

/** One case, or all from one to another, and what is wrong. */
async function replay(door, text) {
  const [, ofSeed, number, last] = /^(\d+):(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  if (number === undefined) fail(`fuzz: --replay=${text}: SEED:NUMBER is wanted`);
  if (last !== undefined) {
    const failure = await new Player(door, Number(ofSeed)).play(Number(number), Number(last) + 1);
    say(failure === undefined ? 'Nothing is wrong with them.' : `case ${failure.number}: ${failure.what}`);
    process.exit(failure === undefined ? 0 : 1);
  }
  const input = makeCase(door, Number(ofSeed), Number(number));
  say(`${door.name}: ${JSON.stringify(written(input))}`);
  const what = await tryCase(door, input);
  if (what === undefined) {
    say('Nothing is wrong with it, alone.');
    process.exit(0);
  }
  say(`${what}\nSmallest: ${JSON.stringify(written(await shrink(door, input, what)))}`);
  process.exit(1);
}

async function fuzz() {
  const workers = Number(options.workers) || availableParallelism();
  const shares = chosen.reduce((sum, { share }) => sum + share, 0);
  const quotas = chosen.map((door) => ({ door: door.name, count: Math.ceil((total * door.share) / shares / workers) }));
  const results = new Map(chosen.map(({ name }) => [name, { cases: 0, seconds: 0, slowestMs: 0, grown: 0 }]));
  const began = performance.now();
  let failures = 0;
  const complain = (text) => {
    failures++;
    say(text);
  };
  const threads = Array.from({ length: workers }, (_, index) => {
    const parts = quotas.map(({ door, count }) => ({ door, from: index * count, to: (index + 1) * count }));
    return runThread(parts, results, complain);
  });
  const tell = () => {
    const seconds = (performance.now() - began) / 1000;
    let played = 0;
    for (const [name, result] of results) {
      played += result.cases;
      say(resultText(name, result));
      if (result.grown > Number(options.grow) * 1048576) complain(`${name}: the heap has grown`);
    }
    const where = `over ${chosen.length} doors in ${seconds.toFixed(0)} s with ${workers} threads`;
    say(`seed ${seed}: ${played} cases ${where}, ${failures} failures`);
    process.exit(failures > 0 ? 1 : 0);
  };
  // Who ends it hears of the doors that are through.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, tell);
  await Promise.all(threads);
  tell();
}

function resultText(name, { cases, seconds, slowestMs, grown }) {
  const rate = (cases / Math.max(seconds, 0.001)).toFixed(0);
  return (
    `${name.padEnd(18)} ${String(cases).padStart(9)} cases, ${rate.padStart(7)} a second and thread, ` +
    `slowest ${slowestMs.toFixed(0)} ms, heap ${(grown / 1048576).toFixed(1)} MiB more`
  );
}

/** Plays parts in a thread of its own; where that hangs or dies, what is left is played in another. */
function runThread(parts, results, complain) {
  return new Promise((resolve) => {
    const at = new SharedArrayBuffer(12);
    const state = new Int32Array(at);
    const worker = new Worker(program.file, {
      workerData: { seed, parts, at },
      resourceLimits: { maxOldGenerationSizeMb: 2048 },
    });
    const where = () => {
      const part = parts[Atomics.load(state, 0)];
      const number = Atomics.load(state, 1);
      return { part, number, text: `${part.door}: case ${number} of seed ${seed}` };
    };
    let over = false;
    const end = (why) => {
      if (over) return;
      over = true;
      clearInterval(watch);
      if (why === undefined) return resolve();
      const { part, number, text } = where();
      complain(`${text} ${why}\n  npm run fuzz -- --door=${part.door} --replay=${seed}:${number}`);
      const rest = parts.slice(parts.indexOf(part) + 1);
      const left = number + 1 < part.to ? [{ ...part, from: number + 1 }, ...rest] : rest;
      void worker.terminate();
      if (left.length === 0) resolve();
      else runThread(left, results, complain).then(resolve);
    };
    let beats = -1;
    let since = performance.now();
    const watch = setInterval(() => {
      const now = Atomics.load(state, 2);
      if (now !== beats) since = performance.now();
      beats = now;
      if (performance.now() - since > Number(options.hang) * 1000) end('does not end');
    }, 1000);
    worker.on('message', (report) => {
      if (report.kind === 'done') add(results.get(report.door), report);
      else complain(failureText(report.failure));
    });
    worker.on('error', (error) => end(`ends its thread: ${error.stack ?? error}`));
    worker.on('exit', (status) => end(status === 0 ? undefined : `ends its thread with status ${status}`));
  });
}

function add(result, { cases, seconds, slowestMs, grownBytes }) {
  result.cases += cases;
  result.seconds += seconds;
  result.slowestMs = Math.max(result.slowestMs, slowestMs);
  result.grown = Math.max(result.grown, grownBytes);
}

function failureText({ door, seed: of, number, what, smallest, alone, since }) {
  const note = alone ? '' : ' (only after those before it)';
  const again = alone ? number : `${since}-${number}`;
  return (
    `${door}: case ${number} of seed ${of}${note}: ${what}\n  ${JSON.stringify(smallest)}\n` +
    `  npm run fuzz -- --door=${door} --replay=${of}:${again}`
  );
}
