#!/usr/bin/env node
/**
 * Random and mutated texts as unit files, through the loader: none may throw, take long, or leave memory behind.
 *
 *   scripts/fuzz-units.mjs [--seed=N] [--texts=N] [--slow=MS] [--grow=MIB]
 *
 * Prints the rate, and the heap at the beginning and at the end. The exit status is 1 where a text threw, took longer
 * than --slow (500 ms), or the heap grew by more than --grow (16 MiB).
 */
import { join } from 'node:path';
import { Random } from './fuzz/random.mjs';
import { randomText } from './fuzz/texts.mjs';
import { directivesOf } from './fuzz/units.mjs';
import { importSource } from './source.mjs';
import { fail, say } from './tools.mjs';

const options = { seed: '1', texts: '1000000', slow: '500', grow: '16' };
for (const argument of process.argv.slice(2)) {
  const [, name, value] = /^--([a-z]+)=(\d+)$/.exec(argument) ?? [];
  if (name === undefined || !Object.hasOwn(options, name)) {
    fail(
      `fuzz-units: ${argument}: options are ${Object.keys(options)
        .map((key) => `--${key}=N`)
        .join(' ')}`,
    );
  }
  options[name] = value;
}
if (globalThis.gc === undefined) {
  const { spawnSync } = await import('node:child_process');
  const again = spawnSync(process.execPath, ['--expose-gc', ...process.argv.slice(1)], { stdio: 'inherit' });
  process.exit(again.status ?? 1);
}

const engine = await importSource(`
  export { groups, sectionGroups } from './src/unitfile/directives/table.ts';
  export { createLoader } from './src/unitfile/load/loader.ts';
  export { SimHost } from './test/support/sim-host.ts';
`);

const directory = '/etc/systemd/system';
const types = ['service', 'socket', 'timer', 'path', 'mount', 'automount', 'swap', 'slice', 'target'];
const directives = directivesOf(engine, true);
const r = new Random(Number(options.seed));
const total = Number(options.texts);

/** A machine with one unit file, whose content each text takes the place of. */
function machine() {
  const host = new engine.SimHost({ files: { [join(directory, 'x.service')]: '' } });
  return { host, loader: engine.createLoader(host, { scope: 'system' }) };
}

const heap = () => {
  globalThis.gc();
  return process.memoryUsage().heapUsed;
};
const mib = (bytes) => (bytes / 1048576).toFixed(1);

// Files that are not there are asked for all the time, and a stack for each costs more than the loading.
const stackDepth = Error.stackTraceLimit;
const { host, loader } = machine();
Error.stackTraceLimit = 0;
let problems = 0;
const complain = (type, text, what) => {
  problems++;
  if (problems <= 20) say(`${what}\n  ${type}: ${JSON.stringify(text.toString('latin1').slice(0, 2000))}`);
};

/** Once more, to see where it throws. */
function stackOf(name) {
  Error.stackTraceLimit = stackDepth;
  try {
    loader.refresh();
    loader.needsReload(loader.load(name));
    return ' (not again)';
  } catch (error) {
    return `\n${error.stack}`;
  } finally {
    Error.stackTraceLimit = 0;
  }
}

function timeAgain(name) {
  const at = performance.now();
  loader.refresh();
  loader.load(name);
  return performance.now() - at;
}

let before = 0;
let slowest = 0;
const started = performance.now();
const warm = Math.min(20_000, total / 10);
for (let count = 0; count < total; count++) {
  if (count >= warm && before === 0) before = heap();
  const type = r.pick(types);
  const text = randomText(r, directives, type);
  const name = type.endsWith('mount') || type === 'swap' ? `x.${type}` : r.chance(0.1) ? `x@i.${type}` : `x.${type}`;
  const file = join(directory, name.replace('@i', '@'));
  host.files.writeAtomic(file, text);
  loader.refresh();
  const at = performance.now();
  try {
    const unit = loader.load(name);
    loader.needsReload(unit);
  } catch (error) {
    complain(type, text, `${error}${stackOf(name)}`);
  }
  const took = performance.now() - at;
  slowest = Math.max(slowest, took);
  // on a busy machine anything may take long once
  if (took > Number(options.slow) && timeAgain(name) > Number(options.slow)) {
    complain(type, text, `took ${took.toFixed(0)} ms`);
  }
  host.files.unlink(file);
  if ((count + 1) % 100_000 === 0) say(`${count + 1} texts, heap ${mib(heap())} MiB`);
}
const seconds = (performance.now() - started) / 1000;
const after = heap();
say(
  `seed ${options.seed}: ${total} texts in ${seconds.toFixed(0)} s (${(total / seconds).toFixed(0)} a second), ` +
    `slowest ${slowest.toFixed(1)} ms, heap ${mib(before)} MiB at the beginning, ${mib(after)} MiB at the end, ` +
    `${problems} problems`,
);
process.exit(problems > 0 || after - before > Number(options.grow) * 1048576 ? 1 : 0);
