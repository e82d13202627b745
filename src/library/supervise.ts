/** A machine of one's own. */
import { spanMs } from '../terms/span.ts';
import type { Machine, SuperviseOptions, UnitFacts, UnitSource } from './api.ts';
import { Home } from './home.ts';
import { RunningMachine } from './machine.ts';
import { startManager, sweepAbandoned } from './manager.ts';
import { Ports } from './ports.ts';

const defaultStop = '10s';
const defaultStart = '30s';
const bootTarget = 'basic.target';

/** What machines of test runners that were killed have left is looked for once, by the first one of this process. */
let swept: Promise<void> | undefined;

/**
 * Starts a manager of one's own, with its units, in a process and a temporary directory of its own. Everything of it is gone
 * when the machine is halted or disposed of, and when this process ends, however it does.
 *
 * As an ordinary user and as root it is what systemd calls a user's manager: nothing of this user's own or the system's units
 * is seen, and nothing needs a privilege.
 *
 * @throws InvalidOption for options that mean nothing, MachineEnded where the manager does not come up (with what it said),
 * JobFailed where the `boot` target can't be started, CommandFailed for a unit that can't be enabled.
 */
export async function supervise<const Port extends string = never>(
  options: SuperviseOptions<Port> = {},
): Promise<Machine<Port>> {
  const stopTimeoutMs = spanMs(options.stopTimeout ?? defaultStop, 'stopTimeout');
  const startTimeoutMs = spanMs(options.startTimeout ?? defaultStart, 'startTimeout');
  swept ??= sweepAbandoned();
  const taken = new Ports();
  const home = new Home();
  let machine: RunningMachine<Port> | undefined;
  try {
    const ports = (await taken.take(options.ports ?? [])) as Record<Port, number>;
    const units = home.layOut(sourcesOf(options.units ?? [], { ports, directory: home.directory }));
    if (options.settings !== undefined) home.writeSettings(options.settings);
    const environment = home.environment(units, options.environment ?? {}, ports);
    const [process] = await Promise.all([startManager(home.directory, environment, startTimeoutMs), swept]);
    machine = new RunningMachine({ home, process, taken, ports, environment, stopTimeoutMs });
    await machine.begin();
    if (options.enable !== undefined && options.enable.length > 0) {
      await machine.checked('enable', '--', ...options.enable);
    }
    if (options.boot !== undefined && options.boot !== bootTarget) await machine.start(options.boot);
    return machine;
  } catch (error) {
    if (machine === undefined) {
      taken.release();
      home.remove();
    } else await machine.halt();
    throw error;
  }
}

function sourcesOf<Port extends string>(
  units: NonNullable<SuperviseOptions<Port>['units']>,
  facts: UnitFacts<Port>,
): UnitSource | readonly UnitSource[] {
  return typeof units === 'function' ? units(facts) : units;
}
