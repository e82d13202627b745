/** Generators on a machine of files, without a manager around them. */
import { runEnvironmentGenerators } from '../../../../src/manager/generators/environment.ts';
import { runGenerators } from '../../../../src/manager/generators/run.ts';
import { SimHost } from '../../../../src/simulation/machine/host.ts';
import type { SimOptions } from '../../../../src/simulation/machine/machine.ts';
import type { SimProcess } from '../../../../src/simulation/machine/processes.ts';
import { lookupPaths } from '../../../../src/unitfile/files/load-path.ts';
import type { ExitWatcher } from '../../../../src/units/unit.ts';

export function world(files: Record<string, string>, options: SimOptions & { scope?: 'system' | 'user' } = {}) {
  const { scope = 'system', ...machine } = options;
  const host = new SimHost({ pid: 1, ...machine });
  for (const [path, text] of Object.entries(files)) host.files.put(path, text, 0o755);
  const log: string[] = [];
  const levels: number[] = [];
  const watchers = new Map<number, ExitWatcher>();
  host.onExits = (exits) => {
    for (const exit of exits) watchers.get(exit.pid)?.processExited(exit);
  };
  const support = {
    host,
    scope,
    environment: { ofProcess: () => ['LANG=C.UTF-8', 'PATH=/bin', 'MATH=1'] },
    exits: { watch: (pid: number, watcher: ExitWatcher) => void watchers.set(pid, watcher) },
    log: (level: number, message: string) => {
      log.push(message);
      levels.push(level);
    },
  };
  const until = async <T>(onSpawn: (process: SimProcess) => void, work: () => Promise<T>): Promise<T> => {
    host.onSpawn = onSpawn;
    let done = false;
    const running = work().finally(() => {
      done = true;
    });
    for (let turn = 0; !done && turn < 100; turn++) {
      host.settle();
      await Promise.resolve();
      if (!done && turn > 20) host.advance(10_000);
    }
    return running;
  };
  const run = (onSpawn: (process: SimProcess) => void) =>
    until(onSpawn, () => runGenerators(support, lookupPaths({ scope, env: host.environment })));
  const runForEnvironment = (onSpawn: (process: SimProcess) => void, base: string[]) =>
    until(onSpawn, () => runEnvironmentGenerators(support, base));
  return { host, log, levels, run, runForEnvironment };
}
