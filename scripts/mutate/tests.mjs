import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../tools.mjs';

/** A mutant may do anything: let it write no file, start no program, and not take the machine's memory. */
const permission = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission';
const execArgv = [
  permission,
  '--allow-fs-read=*',
  '--max-old-space-size=1024',
  '--stack-trace-limit=0',
  '--no-warnings',
];

/** What a process has used, by proc(5), /proc/pid/stat: user and system time in hundredths of a second. */
function processorMs(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1).split(' ');
    return 10 * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return 0; // it has ended
  }
}

/** A process (runner.mjs) that runs the tests of a build. It is started anew where a mutant did not come to an end. */
export class Runner {
  #build;
  #child;

  constructor(build) {
    this.#build = build;
  }

  /** All tests without a mutant: `{ parts, counts }`, or `{ failed }`. */
  record() {
    return this.#ask({ record: this.#build.tests, timeoutMs: 20_000 });
  }

  /** What becomes of a mutant: `{ state, by }`. */
  async try(id, { tests, ms, hits }) {
    if (tests.length === 0) return { state: 'not reached' };
    const { ended, failed } = await this.#ask({ id, tests, maxHits: 10_000 + 100 * hits }, 1000 + 5 * ms);
    if (ended !== undefined) return { state: 'killed', by: ended };
    return failed === undefined ? { state: 'survived' } : { state: 'killed', by: failed };
  }

  stop() {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  async #ask(message, limitMs) {
    if (this.#child?.connected !== true) {
      this.#child = fork(join(root, 'scripts/mutate/runner.mjs'), {
        execArgv,
        serialization: 'advanced',
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      });
      await this.#exchange({ build: this.#build });
    }
    const answer = await this.#exchange(message, limitMs);
    if (answer.ended !== undefined || answer.failed?.includes('timed out')) this.stop();
    return answer;
  }

  /** The answer, within `limitMs` of processor time: how long that is on a busy machine nobody knows. */
  #exchange(message, limitMs = Number.POSITIVE_INFINITY) {
    const child = this.#child;
    const endMs = processorMs(child.pid) + limitMs;
    return new Promise((resolve) => {
      const end = (answer) => {
        clearInterval(timer);
        child.removeAllListeners();
        resolve(answer);
      };
      const timer = setInterval(() => processorMs(child.pid) > endMs && end({ ended: 'no end' }), 200);
      child.once('message', end);
      child.once('error', ({ message: text }) => end({ ended: text }));
      child.once('exit', (status, signal) => end({ ended: `end of the process: ${signal ?? status}` }));
      child.send(message);
    });
  }
}

/**
 * What each mutant (by its number) is run against: `tests`, `{ path, ids, timeoutMs }` of each file, the quickest first (no
 * `ids` where the loading of the file reaches it, any test may depend on it then), how long these take, and how often they
 * pass it.
 */
export function plansOf({ parts, counts }, mutants) {
  const files = new Map();
  const plans = mutants.map(() => new Map());
  for (const { path, id, ms, reached } of parts) {
    const file = files.get(path) ?? { allMs: 0, loadMs: 0, slowestMs: 0 };
    files.set(path, file);
    file.allMs += ms;
    file.slowestMs = Math.max(file.slowestMs, ms);
    if (id === undefined) file.loadMs += ms;
    for (const mutant of reached) {
      const plan = plans[mutant].get(path) ?? { path, ids: [], testsMs: 0 };
      plans[mutant].set(path, plan);
      if (id === undefined) plan.ids = undefined;
      plan.ids?.push(id);
      plan.testsMs += ms;
    }
  }
  return plans.map((plan, mutant) => {
    const tests = [...plan.values()].map(({ path, ids, testsMs }) => {
      const { allMs, loadMs, slowestMs } = files.get(path);
      return { path, ids, ms: ids === undefined ? allMs : loadMs + testsMs, timeoutMs: 2000 + 5 * slowestMs };
    });
    tests.sort((a, b) => a.ms - b.ms);
    return { tests, ms: tests.reduce((sum, { ms }) => sum + ms, 0), hits: counts[mutant] ?? 0 };
  });
}
