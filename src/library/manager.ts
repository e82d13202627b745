/** The process of a machine's manager: how it comes up, how it ends, and what becomes of what one that was killed has left. */

import { renamedEnvironment } from '../sys/environment.ts';
import * as host from '../sys/library-host.ts';
import { spanText } from '../terms/span.ts';
import { MachineEnded } from './errors.ts';
import { abandoned } from './home.ts';
import { installation, managerOptions } from './installation.ts';

/** From the end of its owner to that of the manager, which gives units one second (src/main/parent.ts), milliseconds. */
const lastMs = 4_000;

/** The first line that it says (src/main/parent.ts). */
const readyLine = 'READY=1\n';

/** Resolves once it takes calls. Throws MachineEnded. */
export async function startManager(
  directory: string,
  environment: Readonly<Record<string, string>>,
  timeoutMs: number,
): Promise<host.OwnedProcess> {
  const options = ['--user', `--owned=${directory}`, '--parent-fd=3', '--console=none', '--unit=basic.target'];
  // Nothing in the environment of services is meant for the Node of their manager.
  const process = host.spawnOwned(
    [...managerOptions, installation.program, 'init', ...options],
    renamedEnvironment(environment),
  );
  await new Promise<void>((resolve) => {
    const timer = host.after(timeoutMs, resolve);
    process.onText = () => {
      if (process.end === undefined && !process.text.includes(readyLine)) return;
      timer.cancel();
      resolve();
    };
    process.onText();
  });
  process.onText = () => {};
  if (process.end === undefined && process.text.includes(readyLine)) return process;
  const said = process.text.trim() === '' ? '' : `:\n${process.text.trim()}`;
  if (process.end !== undefined) throw new MachineEnded(`The manager did not come up${said}`);
  process.kill('SIGKILL');
  throw new MachineEnded(`The manager did not come up within ${spanText(timeoutMs)}${said}`);
}

/** Resolves when it has ended, at the latest by force; `ask` is to make it stop everything in order. */
export async function endManager(
  process: host.OwnedProcess,
  ask: () => Promise<unknown>,
  timeoutMs: number,
): Promise<void> {
  const within = (ms: number): Promise<boolean> =>
    new Promise((resolve) => {
      const timer = host.after(ms, () => resolve(false));
      void process.ended.then(() => {
        timer.cancel();
        resolve(true);
      });
    });
  const asked = ask().catch(() => undefined);
  if (await within(timeoutMs)) return;
  process.letGo();
  if (await within(lastMs)) return;
  process.kill('SIGKILL');
  await process.ended;
  await asked;
}

/** Ends what a manager that was killed has left, and removes its directory; says nothing where a manager is there. */
export async function sweep(directory: string): Promise<void> {
  await host.runCommand({
    program: host.execPath,
    args: [installation.program, 'init', '--user', `--sweep=${directory}`],
    environment: renamedEnvironment({ PATH: '/usr/bin:/bin', XDG_RUNTIME_DIR: `${directory}/run` }),
    timeoutMs: 10_000,
  });
}

/** The same for all machines of this user whose owner is gone. */
export async function sweepAbandoned(): Promise<void> {
  await Promise.all(abandoned().map(sweep));
}
