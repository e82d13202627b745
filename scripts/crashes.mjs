#!/usr/bin/env node
/**
 * Crashes of a PID 1 at random moments, while its services are started, stopped and restarted (test/real/crash.test.ts).
 *
 *   npm run crashes [-- --rounds=N] [--seed=N]      N crashes (1,000), of that seed (1); needs root
 */
import { fail } from './tools.mjs';

const options = { rounds: '1000', seed: '1' };
const words = process.argv.slice(2).flatMap((word) => word.split(/=(.*)/s).slice(0, 2));
for (let at = 0; at < words.length; at += 2) {
  const name = words[at].replace(/^--/, '');
  if (!Object.hasOwn(options, name) || !/^\d+$/.test(words[at + 1] ?? ''))
    fail(`crashes: ${words[at]}: options are --rounds=N and --seed=N`);
  options[name] = words[at + 1];
}
process.env.CRASHES = options.rounds;
process.env.SEED = options.seed;
process.argv.splice(2, Infinity, 'test/real/crash.test.ts');
await import('./test.mjs');
