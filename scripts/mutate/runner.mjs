import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compileFunction } from 'node:vm';
import { startTests } from '@vitest/runner';
import { expect } from 'vitest';

/**
 * The process that runs tests for scripts/mutate.mjs: by vitest's own runner of tests and `expect`, with modules that are
 * compiled once and run anew for each test file, as vitest would.
 */
const require = createRequire(import.meta.url);
const packages = new Map();
const compiled = new Map();
let codes = new Map();

/** The mutant that is switched on, and how often it was passed. */
let active = -1;
let hits = 0;
let maxHits = 0;
/** While there is none: the mutants passed in the part that goes on, a test or what is between tests; how often each was. */
let recorded;

function mutant(id) {
  if (id === active) {
    if (++hits > maxHits) throw new Error('the mutant loops');
    return true;
  }
  if (recorded !== undefined) {
    recorded.reached.add(id);
    recorded.counts[id] = (recorded.counts[id] ?? 0) + 1;
  }
  return false;
}

/** What loads modules that no earlier test file has seen. */
function loader() {
  const loaded = new Map();
  return function load(path) {
    if (!codes.has(path)) return packages.get(path) ?? require(path);
    if (loaded.has(path)) return loaded.get(path).exports;
    const module = { exports: {} };
    loaded.set(path, module);
    if (!compiled.has(path)) {
      const parameters = ['exports', 'require', 'module', '__mutant', '__url', '__directory'];
      compiled.set(path, compileFunction(codes.get(path), parameters, { filename: path }));
    }
    compiled.get(path)(module.exports, load, module, mutant, pathToFileURL(path).href, dirname(path));
    return module.exports;
  };
}

/** Runs tests of a file, all where `testIds` is undefined, up to the first that fails; what that says. */
async function runFile(filepath, testIds, timeoutMs, onPart) {
  let failed;
  const look = ({ name, fullTestName, result }) => {
    if (result?.state === 'fail') failed ??= `${fullTestName || name}: ${result.errors?.[0]?.message ?? 'failed'}`;
  };
  const runner = {
    config: {
      root: '/',
      setupFiles: [],
      passWithNoTests: true,
      allowOnly: true,
      sequence: { shuffle: false, concurrent: false, hooks: 'stack', setupFiles: 'list' },
      maxConcurrency: 1,
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
      retry: 0,
      tags: [],
      includeTaskLocation: false,
      // nobody reads the differences
      diffOptions: { maxDepth: 1, truncateThreshold: 1 },
    },
    importFile: (path) => loader()(path).__ready,
    onBeforeRunTask(test) {
      if (failed !== undefined) test.mode = 'skip';
      expect.setState({ testPath: filepath, currentTestName: test.fullTestName });
      onPart?.();
    },
    onAfterRunTask(test) {
      look(test);
      onPart?.(test.id);
    },
  };
  const [file] = await startTests([{ filepath, testIds }], runner);
  // errors of promises that nobody waits for come after the turn
  await new Promise((resolve) => setImmediate(resolve));
  const lookAt = (task) => {
    task.tasks?.forEach(lookAt);
    look(task);
  };
  lookAt(file);
  failed ??= unhandled;
  onPart?.();
  return failed && `${filepath}: ${failed}`;
}

/** All tests without a mutant, in parts: what each took and reached. */
async function record(paths, timeoutMs) {
  const parts = [];
  recorded = { reached: new Set(), counts: [] };
  for (const path of paths) {
    let since = performance.now();
    const onPart = (id) => {
      const now = performance.now();
      parts.push({ path, id, ms: now - since, reached: [...recorded.reached] });
      recorded.reached.clear();
      since = now;
    };
    const failed = await runFile(path, undefined, timeoutMs, onPart);
    if (failed !== undefined) return { failed };
  }
  const { counts } = recorded;
  recorded = undefined;
  return { parts, counts };
}

async function tryMutant({ id, tests, maxHits: most }) {
  active = id;
  hits = 0;
  maxHits = most;
  let failed;
  for (const { path, ids, timeoutMs } of tests) {
    failed = await runFile(path, ids, timeoutMs);
    if (failed !== undefined) break;
  }
  active = -1;
  return { failed };
}

async function prepare(build) {
  codes = build.codes;
  for (const name of build.packages) packages.set(name, await import(name));
  return {};
}

let unhandled;
for (const event of ['uncaughtException', 'unhandledRejection'])
  process.on(event, (error) => {
    unhandled ??= `unhandled: ${error?.message ?? error}`;
  });

process.on('message', async (message) => {
  unhandled = undefined;
  if (message.build !== undefined) process.send(await prepare(message.build));
  else if (message.record !== undefined) process.send(await record(message.record, message.timeoutMs));
  else process.send(await tryMutant(message));
});
