/** The process that is the manager: everything put together, from the first directory under /run to the last word. */
import { dirname } from 'node:path';
import { type Places, placesOf, type Scope, writeStamp } from '../control/places.ts';
import { type ControlServer, serveControl } from '../control/server.ts';
import type { ConsoleMode } from '../journal/forward/console.ts';
import { Journal } from '../journal/journal.ts';
import { runEnvironmentGenerators } from '../manager/generators/environment.ts';
import { runGenerators } from '../manager/generators/run.ts';
import { Manager } from '../manager/manager.ts';
import type { Objective } from '../manager/objective.ts';
import { type Host, SystemError } from '../sys/host.ts';
import { VERSION } from '../sys/version.ts';
import { lookupPaths } from '../unitfile/files/load-path.ts';
import { presetAll } from '../unitfile/install/operations.ts';
import { UnitFileSearch } from '../unitfile/install/search.ts';
import { UnitFileStates } from '../unitfile/install/state.ts';
import { createLoader } from '../unitfile/load/loader.ts';
import { JobError } from '../units/job-types.ts';
import { answerRequest } from './answer.ts';
import { serveBus } from './bus.ts';
import { directoriesOf, managerEnvironment, ownUnits } from './installation.ts';
import { clearLeftovers } from './leftovers.ts';
import {
  bootIdOf,
  ensureMachineId,
  flagFirstBoot,
  isFirstBoot,
  prepareRun,
  prettyName,
  tellContainer,
} from './machine.ts';
import { endWhenUnused } from './on-demand.ts';
import { listenForSignals } from './signals.ts';
import { tidyAtRest } from './tidy.ts';

export interface ManagerPlan {
  readonly scope: Scope;
  /** Units to bring up; undefined for default.target. */
  readonly units: readonly string[] | undefined;
  /** Started in the background for one call: nothing is booted, and it ends when nothing is left to manage. */
  readonly onDemand: boolean;
  /** The control socket, where the front door has made it: it listens already. */
  readonly controlFd?: number | undefined;
  /** Undefined: as system.conf says. */
  readonly showStatus: boolean | undefined;
  readonly console: ConsoleMode;
}

/** The last answers are waited for so long, milliseconds; who stops a system wants to hear that it stops. */
const lastAnswersMs = 1000;

/** Becomes the manager. Returns when it is up; the event loop goes on with it. Throws SystemError where it can't be. */
export async function runManager(host: Host, plan: ManagerPlan): Promise<void> {
  const places = placesOf(host, plan.scope);
  const complaints: string[] = [];
  const complain = (message: string): void => void complaints.push(message);

  if (host.pid === 1) host.setProcessName('systemd');
  else host.becomeSubreaper();
  for (const path of [places.stamp, places.notify]) host.files.mkdirs(dirname(path), 0o755);
  const boots = plan.scope === 'system' && !plan.onDemand;
  const firstBoot = boots && isFirstBoot(host);
  if (boots) {
    clearLeftovers(host, places, complain);
    ensureMachineId(host, complain);
    prepareRun(host, complain);
    tellContainer(host, complain);
  }

  const journal = new Journal(host, { scope: plan.scope, console: plan.console, bootId: bootIdOf(host) });
  // A user's services write to their streams; the sockets that everyone knows are the system's.
  if (plan.scope === 'system') journal.listen();
  const paths = lookupPaths({ scope: plan.scope, env: host.environment, ownUnits: ownUnits(plan.scope) });
  const directories = directoriesOf(host, plan.scope);
  const loader = createLoader(host, { scope: plan.scope, paths, directories });
  const unitFiles = new UnitFileStates(() => new UnitFileSearch(host, paths));
  let control: ControlServer | undefined;

  const end = async (objective: Objective, exitStatus: number): Promise<void> => {
    control?.close();
    await control?.settled(lastAnswersMs);
    leave(host, manager, places, objective, exitStatus);
  };
  const manager: Manager = new Manager(host, {
    scope: plan.scope,
    loader,
    journal,
    directories,
    notifySocket: places.notify,
    environment: managerEnvironment(host, plan.scope),
    showStatus: plan.showStatus,
    unitFile: (name) => {
      if (loader.isStale()) unitFiles.refresh();
      return unitFiles.of(name);
    },
    generateEnvironment: (base) => runEnvironmentGenerators(manager, base),
    generate: () => {
      unitFiles.refresh();
      return runGenerators(manager, paths);
    },
    end: (objective, exitStatus) => void end(objective, exitStatus),
  });
  for (const complaint of complaints) manager.log(4, complaint);
  manager.notifications.listen();
  if (plan.scope === 'system') serveBus(manager);
  const booting = listenForSignals(manager, (objective) => void end(objective, manager.shutdown.exitStatus));
  control = serveControl(host, {
    path: places.control,
    fd: plan.controlFd,
    version: VERSION,
    handler: (request) => {
      journal.giveWay();
      return answerRequest(host, manager, request);
    },
  });
  writeStamp(host, places);

  if (plan.onDemand) {
    passTargets(manager);
    manager.guard.run('the boot', () => manager.startup.boot([]));
    endWhenUnused(manager, control, () => void end('exit', 0));
    tidyAtRest(manager, control);
  } else {
    tidyAtRest(manager, control);
    if (firstBoot) applyPresets(manager, new UnitFileSearch(host, paths));
    await goUp(manager, plan);
  }
  booting();
}

async function goUp(manager: Manager, { scope, units }: ManagerPlan): Promise<void> {
  const { host } = manager;
  if (manager.statusLines.mode !== 'no') host.console(`\nWelcome to ${prettyName(host)}!\n\n`);
  await manager.startup.generate();
  if (scope === 'system' && hasBooted(host)) {
    passTargets(manager);
    await new Promise<void>((done) => manager.jobs.whenIdle(done));
  }
  // Told to end meanwhile, it does not go up any more.
  if (!manager.shutdown.hasBegun) manager.guard.run('the boot', () => manager.startup.boot(units));
}

/** A first boot enables what presets say (systemd.preset(5)); nothing is disabled. */
function applyPresets(manager: Manager, search: UnitFileSearch): void {
  const complain = (message: string): void => manager.log(4, message);
  flagFirstBoot(manager.host, true, complain);
  const { error } = presetAll(search, {}, 'enable-only');
  if (error !== undefined) complain(`Failed to populate /etc with preset unit settings, ignoring: ${error}`);
  else manager.log(6, 'Populated /etc with preset unit settings.');
  manager.loader.refresh();
  void manager.startup.whenOver().then(() => flagFirstBoot(manager.host, false, complain));
}

/** Beside the PID 1 of a machine: its boot is over, and must not be done again (it would empty /tmp, for one). */
function hasBooted(host: Host): boolean {
  return host.pid !== 1 && host.virtualization().container === 'none';
}

/** Targets that services wait for and that a machine without a boot of ours has long passed. */
const passedTargets = [
  'local-fs.target',
  'swap.target',
  'sysinit.target',
  'slices.target',
  'sockets.target',
  'paths.target',
  'timers.target',
  'basic.target',
];

/**
 * Without a boot, a start must not bring up what a boot would: the targets of a boot count as reached, and what they
 * pull in is left.
 */
function passTargets(manager: Manager): void {
  for (const name of passedTargets) {
    try {
      manager.jobs.add('start', manager.units.load(name), 'ignore-dependencies');
    } catch (error) {
      if (!(error instanceof JobError)) throw error;
      manager.log(4, `Failed to start ${name}: ${error.message}`);
    }
  }
}

/** The end: what lies under /run is taken away, then the process goes, in a container of its own with a reboot(2). */
function leave(host: Host, manager: Manager, places: Places, objective: Objective, exitStatus: number): void {
  const forget = (path: string): void => {
    try {
      host.files.unlink(path);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
    }
  };
  forget(places.stamp);
  forget(places.control);
  forget(places.notify);
  manager.journal.close();
  if (host.pid === 1 && objective === 'reboot') {
    try {
      host.reboot('restart');
    } catch (error) {
      // Without CAP_SYS_BOOT, as in most containers, the engine decides what follows an exit.
      if (!(error instanceof SystemError)) throw error;
    }
  }
  host.exit(exitStatus);
}
