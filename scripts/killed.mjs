import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { fail, root, say } from './tools.mjs';

/**
 * `npm run test:killed [-- --runs=N --seed=N --at-once=N]`: 500 runs of a test (scripts/killed/victim.mjs) that are killed with
 * SIGKILL at a random moment, by turns as a program of its own, the runner alone, and the runner with its workers. Fails
 * where a process that it had started is there two seconds later, and says which, and how long it was. Needs dist/library.
 */

const boundMs = 2000;
/** What is there then is waited for no longer. */
const patienceMs = 30_000;
const library = join(root, 'dist/library/index.js');
const victim = join(root, 'scripts/killed/victim.mjs');
const vitest = join(root, 'node_modules/vitest/vitest.mjs');

const option = (name, preset) =>
  Number(process.argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3) ?? preset);
const runs = option('runs', 500);
const atOnce = option('at-once', 2);

/** mulberry32: the same moments for the same seed. */
let state = option('seed', 1) >>> 0;
function fraction() {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}

const uses = `import { supervise } from ${JSON.stringify(pathToFileURL(library).href)};
import { play } from ${JSON.stringify(pathToFileURL(victim).href)};\n`;
const ways = {
  alone: { file: 'alone.mjs', text: `${uses}await play(supervise);\n`, argv: () => ['alone.mjs'], whole: false },
  runner: {
    file: 'victim.test.mjs',
    text: `${uses}test('victim', () => play(supervise), 60_000);\n`,
    argv: vitestIn,
    whole: false,
  },
  everything: {
    file: 'victim.test.mjs',
    text: `${uses}test('victim', () => play(supervise), 60_000);\n`,
    argv: vitestIn,
    whole: true,
  },
};
function vitestIn(directory) {
  return [vitest, 'run', '--globals', '--no-cache', '--root', directory];
}

/** Live processes whose environment names a directory, which is that of one run. */
function processesOf(directory) {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return (
        readFileSync(`/proc/${name}/environ`, 'utf8').includes(directory) &&
        !/\) [ZX] /.test(readFileSync(`/proc/${name}/stat`, 'utf8'))
      );
    } catch {
      return false;
    }
  });
}

/** Starts one; `ended` resolves when its first process has. */
function start(way, scratch, stderr = 'ignore') {
  const directory = mkdtempSync(join(scratch, 'run-'));
  mkdirSync(join(directory, 'tmp'));
  writeFileSync(join(directory, way.file), way.text);
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: join(directory, 'tmp') };
  const child = spawn(process.execPath, way.argv(directory), {
    cwd: directory,
    env,
    stdio: ['ignore', 'ignore', stderr],
    detached: true,
  });
  const ended = new Promise((resolve) => child.on('exit', (status, signal) => resolve({ status, signal })));
  return { directory, child, ended };
}

/** Milliseconds until nothing of it is there any more, undefined where that does not come; and what is there at the bound. */
async function gone(directory) {
  const begin = performance.now();
  let late = [];
  for (;;) {
    const left = processesOf(directory);
    const ms = performance.now() - begin;
    if (left.length === 0) return { ms, late };
    if (ms > boundMs && late.length === 0) late = described(left);
    if (ms > patienceMs) return { ms: undefined, late };
    await pause(20);
  }
}

function described(pids) {
  return pids.map((pid) => {
    try {
      return `${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()}`;
    } catch {
      return pid;
    }
  });
}

/** One run, killed after a share of what a whole one takes. */
async function killed(name, wholeMs, scratch) {
  const way = ways[name];
  const afterMs = Math.round(fraction() * wholeMs);
  const { directory, child, ended } = start(way, scratch);
  await Promise.race([ended, pause(afterMs)]);
  try {
    process.kill(way.whole ? -child.pid : child.pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
  await ended;
  const { ms, late } = await gone(directory);
  if (ms === undefined) for (const pid of processesOf(directory)) process.kill(Number(pid), 'SIGKILL');
  const directories = readdirSync(join(directory, 'tmp')).filter((entry) => entry.startsWith('pidone.'));
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  return { name, afterMs, ms, late, directories: directories.length };
}

function lateText({ name, afterMs, ms, late }) {
  const when = ms === undefined ? 'LEFT' : `LATE, gone after ${Math.round(ms)} ms`;
  return `${when} (${name}, killed after ${afterMs} ms):\n  ${late.join('\n  ')}`;
}

if (!existsSync(library)) fail('dist/library is not there: npm run build:library');
const scratch = mkdtempSync(join(tmpdir(), 'killed-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

const whole = {};
for (const [name, way] of Object.entries(ways)) {
  const begin = performance.now();
  const { status } = await start(way, scratch, 'inherit').ended;
  if (status !== 0) fail(`A run that nobody kills (${name}) ends with status ${status}.`);
  whole[name] = performance.now() - begin;
}
say(
  Object.entries(whole)
    .map(([name, ms]) => `A whole run (${name}): ${Math.round(ms)} ms.`)
    .join(' '),
);

const names = Object.keys(ways);
const results = [];
let next = 0;
await Promise.all(
  Array.from({ length: atOnce }, async () => {
    while (next < runs) {
      const name = names[next++ % names.length];
      const result = await killed(name, whole[name], scratch);
      results.push(result);
      if (result.ms === undefined || result.ms > boundMs) say(lateText(result));
    }
  }),
);
const times = results.flatMap(({ ms }) => ms ?? []).sort((a, b) => a - b);
const bad = results.length - times.filter((ms) => ms <= boundMs).length;
const directories = results.filter((result) => result.directories > 0).length;
say(
  `${results.length} runs killed: ${bad} with a process after ${boundMs} ms, ${directories} with a directory then. The last ` +
    `process was gone after ${Math.round(times[Math.floor(times.length / 2)])} ms in the median, ${Math.round(times.at(-1))} ms at most.`,
);
process.exitCode = bad > 0 ? 1 : 0;
