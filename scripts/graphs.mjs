#!/usr/bin/env node
/**
 * Random graphs of units with random commands and random deaths of processes, in virtual time (test/support/graphs).
 *
 *   npm run graphs [-- --seeds=N] [--seed=N]        N graphs (1,000), beginning with that seed (1)
 *
 * After each turn it is looked whether what has to hold does: no error of the manager's own, no job that waits for nothing,
 * no process without a unit, one story in list-units, list-jobs and show, and so on (test/support/graphs/invariants.ts). A
 * seed that fails is made small and printed. The exit status is 1 where one failed.
 */
import { importSource } from './source.mjs';
import { fail, root, say } from './tools.mjs';

const options = { seeds: '1000', seed: '1' };
const words = process.argv.slice(2).flatMap((word) => word.split(/=(.*)/s).slice(0, 2));
for (let at = 0; at < words.length; at += 2) {
  const name = words[at].replace(/^--/, '');
  if (!Object.hasOwn(options, name) || !/^\d+$/.test(words[at + 1] ?? ''))
    fail(`graphs: ${words[at]}: options are --seeds=N and --seed=N`);
  options[name] = words[at + 1];
}
process.chdir(root);
// Node ends without a word where a promise never settles and nothing else is to come.
let seed;
process.on('exit', (status) => status === 13 && say(`seed ${seed}: never ends`));
const first = Number(options.seed);
const count = Number(options.seeds);

const { makeScenario, play, scenarioText, shrink } = await importSource(`
  export { play } from './test/support/graphs/player.ts';
  export { makeScenario, scenarioText } from './test/support/graphs/scenario.ts';
  export { shrink } from './test/support/graphs/shrink.ts';
`);

const began = performance.now();
let failures = 0;
for (seed = first; seed < first + count; seed++) {
  const scenario = makeScenario(seed);
  const wrong = await play(scenario);
  if (wrong === undefined) continue;
  failures++;
  const smallest = await shrink(scenario, wrong);
  say(`seed ${seed}: ${smallest.wrong}\n${scenarioText(smallest.scenario)}\n`);
}
const seconds = (performance.now() - began) / 1000;
say(`${count} seeds from ${first}: ${failures} failed, ${((seconds / count) * 1000).toFixed(0)} ms a seed`);
process.exit(failures > 0 ? 1 : 0);
