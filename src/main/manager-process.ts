/** The process that is the manager: everything put together, from the first directory under /run to the last word. */
import { capabilityLimit, idLimit, initLimit, placeLimit, procLimit, userLimit } from '../cli/common/limits.ts';
import { type InitWords, prepareInit } from '../cli/systemctl-py/init-words.ts';
import { claimPlaces, type OwnPlaces, privateDoor, type Scope, writeStamp } from '../control/places.ts';
import {
  type ControlOptions,
  type ControlRequest,
  type ControlServer,
  isPrivileged,
  serveControl,
} from '../control/server.ts';
import { oomScoresOf } from '../exec/oom-score.ts';
import type { ConsoleMode } from '../journal/forward/console.ts';
import { Journal } from '../journal/journal.ts';
import type { Keeper } from '../kept/keeper.ts';
import { runEnvironmentGenerators } from '../manager/generators/environment.ts';
import { runGenerators } from '../manager/generators/run.ts';
import { Manager } from '../manager/manager.ts';
import type { Objective } from '../manager/objective.ts';
import { errorText } from '../sys/error-text.ts';
import { type Host, SystemError } from '../sys/host.ts';
import { VERSION } from '../sys/version.ts';
import type { LookupPaths } from '../unitfile/files/load-path.ts';
import { presetAll } from '../unitfile/install/operations.ts';
import { UnitFileSearch } from '../unitfile/install/search.ts';
import { UnitFileStates } from '../unitfile/install/state.ts';
import { createLoader } from '../unitfile/load/loader.ts';
import { JobError } from '../units/job-types.ts';
import { type Crash, statusAfter, takeUpAfterCrash, tellCrash } from './after-crash.ts';
import { answerRequest } from './answer.ts';
import { endWhenNothingIsLeft, endWithoutUnits } from './asked-units.ts';
import { serveBus } from './bus.ts';
import { keepForCrash } from './crash.ts';
import { tellEngine } from './engine-notify.ts';
import { argvAnew, directoriesOf, frontDoor, isRootless, managerEnvironment, pathsOf } from './installation.ts';
import { clearLeftovers } from './leftovers.ts';
import {
  bootIdOf,
  ensureMachineId,
  ensureNull,
  flagFirstBoot,
  isFirstBoot,
  prepareRun,
  prettyName,
  tellContainer,
} from './machine.ts';
import { endWhenUnused } from './on-demand.ts';
import { haltWithParent, readyLine, removeOwned } from './parent.ts';
import { clearTransient, dropRecord, findSurvivors, keepRecord, type Survivor } from './record.ts';
import { dropRelease, tellRelease } from './release.ts';
import { listenForSignals } from './signals.ts';
import { keepSmall } from './small-memory.ts';
import { takeIn } from './survivors.ts';
import { leaveTerminationMessage, terminationMessage } from './termination-log.ts';
import { tidyAtRest } from './tidy.ts';

export interface ManagerPlan {
  readonly scope: Scope;
  /** Units to bring up; undefined for default.target. */
  readonly units: readonly string[] | undefined;
  /** Started in the background for one call: nothing is booted, and it ends when nothing is left to manage. */
  readonly onDemand: boolean;
  /** The control socket, where the front door has made it: it listens already. */
  readonly controlFd?: number | undefined;
  /** Its directory, or its name where it is in none: as `claimPlaces` takes it. */
  readonly place?: string | undefined;
  /** It halts when the process that has started it is gone. */
  readonly withParent?: { readonly pidfd: number | undefined } | undefined;
  /**
   * A directory below which everything of this manager lies, for whoever has started it alone: no generators of the machine
   * run, the end of the owner is one without patience, and the directory goes with the manager.
   */
  readonly owned?: string | undefined;
  /** Crashes within a minute of which the last leads to safe mode; 0: it ends at the first; undefined: as many as usual. */
  readonly crashLimit?: number;
  /** Undefined: as system.conf says. */
  readonly strict: boolean;
  readonly showStatus: boolean | undefined;
  readonly console: ConsoleMode;
  /** What options of systemctl.py ask for; undefined where there were none. */
  readonly own?: Omit<InitWords, 'words'>;
  /** What its program was called with; where that is not known it is not executed anew. */
  readonly argv?: readonly string[];
  /** What the program before this one has kept: it goes on from there. */
  readonly kept?: Kept;
}

/** `end` is to be called when all has been read. */
export interface Kept {
  readonly state: Keeper;
  /** How it has ended, where that was not planned. */
  readonly crash?: Crash | undefined;
  end(manager: Manager): void;
}

/** One that has crashed so often within a minute is in safe mode. */
const usualCrashes = 5;

/** The last answers are waited for so long, milliseconds; who stops a system wants to hear that it stops. */
const lastAnswersMs = 1000;

type Complain = (message: string) => void;

/** Becomes the manager. Returns when it is up; the event loop goes on with it. Throws where it can't be. */
export async function runManager(host: Host, plan: ManagerPlan): Promise<void> {
  if (plan.kept !== undefined) {
    goOn(host, plan, plan.kept);
    return;
  }
  const limits: string[] = [...(plan.own?.notices ?? [])];
  const complain = (message: string): void => void limits.push(message);
  const places = claimPlaces(host, plan.scope, plan.place);
  takeRank(host);
  const firstBoot = prepareMachine(host, plan, places, complain);

  const survivors = host.isInit ? [] : findSurvivors(host, places);
  const life = new Life(host, plan, places);
  const { manager, paths } = life;
  if (plan.own !== undefined) prepareInit(plan.own, manager, complain);
  life.listen(complain);
  if (!host.isInit) keepRecord(manager, places, survivors);
  tellRelease(host, places, complain);
  for (const limit of limits) manager.log(4, limit);
  life.watchParent(plan.withParent?.pidfd);

  if (plan.onDemand) {
    passTargets(manager);
    manager.guard.run('the boot', () => manager.startup.boot([]));
    life.takeIn(survivors);
    if (life.control !== undefined) endWhenUnused(manager, life.control, () => void life.end('exit', 0));
    tidyAtRest(manager, life.control);
  } else {
    tidyAtRest(manager, life.control);
    if (manager.statusLines.mode !== 'no') {
      for (const limit of limits) manager.journal.showLogged(`${limit}\n`);
      manager.journal.show(`\nWelcome to ${prettyName(host)}!\n\n`);
    }
    tellEngine(manager);
    if (firstBoot) applyPresets(manager, new UnitFileSearch(host, paths));
    await goUp(life, plan, survivors);
  }
  life.booting();
  life.mayBecomeAnother();
  if (plan.owned !== undefined) host.console(readyLine);
}

function takeRank(host: Host): void {
  if (host.isInit) host.setProcessName('systemd');
  if (host.pid !== 1) host.becomeSubreaper();
  if (host.isInit) oomScoresOf(host).lower();
}

/**
 * As a new program of a manager that is there. All that was kept is read, and gone on with, before the event loop turns:
 * nothing of what comes is missed.
 */
function goOn(host: Host, plan: ManagerPlan, kept: Kept): void {
  const places = claimPlaces(host, plan.scope, plan.place);
  takeRank(host);
  const life = new Life(host, plan, places);
  const { manager } = life;
  const complain = (message: string): void => manager.log(4, message);
  life.keep(kept.state);
  life.listen(complain);
  if (!host.isInit) keepRecord(manager, places, undefined);
  tellRelease(host, places, complain);
  if (life.parentFd !== undefined || plan.withParent?.pidfd === undefined) life.watchParent(life.parentFd);
  life.follow(kept.crash);
  manager.revive();
  tellEngine(manager);
  if (plan.onDemand && life.control !== undefined) endWhenUnused(manager, life.control, () => void life.end('exit', 0));
  tidyAtRest(manager, life.control);
  if (plan.own?.exits === true) endWhenNothingIsLeft(manager, plan.units);
  if (!manager.startup.isOver) {
    void manager.startup.whenOver().then(() => flagFirstBoot(host, false, () => {}));
    if (plan.units !== undefined) endWithoutUnits(manager, plan.units);
  }
  kept.end(manager);
  if (kept.crash !== undefined) {
    tellCrash(manager, kept.crash);
    takeUpAfterCrash(manager, kept.crash);
  }
  life.control?.revive();
  life.booting();
  life.mayBecomeAnother();
  if (!plan.onDemand) keepSmall(host);
}

async function goUp(life: Life, { scope, units, own }: ManagerPlan, survivors: readonly Survivor[]): Promise<void> {
  const { manager } = life;
  const { host } = manager;
  await manager.startup.generate();
  if (scope === 'system' && hasBooted(host)) {
    passTargets(manager);
    await new Promise<void>((done) => manager.jobs.whenIdle(done));
  }
  // Told to end meanwhile, it does not go up any more.
  if (manager.shutdown.hasBegun) return;
  life.takeIn(survivors);
  manager.guard.run('the boot', () => manager.startup.boot(units));
  keepSmall(host);
  if (units !== undefined) endWithoutUnits(manager, units);
  if (own?.exits === true) endWhenNothingIsLeft(manager, units);
}

/** What a boot finds prepared. Whether it is the machine's first one. */
function prepareMachine(host: Host, { scope, onDemand }: ManagerPlan, places: OwnPlaces, complain: Complain): boolean {
  if (scope === 'user') return false;
  const boots = !onDemand;
  const firstBoot = boots && isFirstBoot(host);
  if (boots) {
    clearLeftovers(host, places, complain);
    ensureNull(host, complain);
    ensureMachineId(host, complain);
    // Of a /run that can't be written one line is enough.
    const complainOfRun = places.reason === undefined ? complain : () => {};
    prepareRun(host, complainOfRun);
    tellContainer(host, complainOfRun);
  }
  for (const limit of [
    initLimit(host),
    userLimit(host, scope),
    capabilityLimit(host, scope),
    idLimit(host, scope),
    placeLimit(host, places),
    procLimit(host),
  ])
    if (limit !== undefined) complain(limit);
  return firstBoot;
}

/** The parts of a manager, from its making to the end of the process. */
class Life {
  readonly #host: Host;
  readonly #places: OwnPlaces;
  readonly #plan: ManagerPlan;
  readonly #journal: Journal;
  readonly manager: Manager;
  readonly paths: LookupPaths;
  /** To be called when the jobs of the boot are made: signals that start something are heeded from then on. */
  booting: () => void = () => {};
  /** What the first who may change something is to hear. */
  #notice: string | undefined;
  /** Tells of the end of the process that has started this one, while that is waited for. */
  parentFd: number | undefined;
  /** Undefined where no socket can be had. */
  control: ControlServer | undefined;
  #crashState: { close(): void } | undefined;

  constructor(host: Host, plan: ManagerPlan, places: OwnPlaces) {
    const { scope, console, showStatus, strict } = plan;
    this.#host = host;
    this.#places = places;
    this.#plan = plan;
    const { runtime, run } = places;
    const journal = new Journal(host, { scope, console, bootId: bootIdOf(host), runtime });
    this.#journal = journal;
    // A user's services write to their streams; the sockets that everyone knows are the system's.
    if (scope === 'system' && plan.kept === undefined) journal.listen();
    const paths = pathsOf(host, scope, runtime);
    this.paths = paths;
    if (!host.isInit && plan.kept === undefined) clearTransient(host, paths.transient);
    const directories = directoriesOf(host, scope, run);
    const loader = createLoader(host, { scope, paths, directories, rootless: isRootless(host, scope) });
    const unitFiles = new UnitFileStates(() => new UnitFileSearch(host, paths));
    const manager: Manager = new Manager(host, {
      scope,
      loader,
      journal,
      directories,
      notifySocket: places.notify,
      environment: managerEnvironment(host, scope, run),
      showStatus,
      strict,
      unitFile: (name) => {
        if (loader.isStale()) unitFiles.refresh();
        return unitFiles.of(name);
      },
      generateEnvironment: async (base) =>
        plan.owned === undefined ? runEnvironmentGenerators(manager, base) : [...base],
      generate: async () => {
        unitFiles.refresh();
        if (plan.owned === undefined) await runGenerators(manager, paths);
      },
      end: (objective, exitStatus) => void this.end(objective, exitStatus),
    });
    this.manager = manager;
  }

  /** Opens what others speak to. An init goes on without what it can't open; any other manager would only be in the way. */
  listen(complain: Complain): void {
    const { manager } = this;
    const attempt = (path: string, what: string, action: () => void): void => {
      try {
        action();
      } catch (error) {
        if (!(error instanceof SystemError) || !this.#host.isInit) throw error;
        complain(`Failed to make ${path} (${errorText(error.code)})${what}`);
      }
    };
    const { notify, control, stamp } = this.#places;
    attempt(notify, ': services of Type=notify can not say that they are ready.', () => {
      if (!manager.notifications.listens) manager.notifications.listen();
    });
    serveBus(manager);
    this.booting = listenForSignals(manager, (objective) => void this.end(objective, manager.shutdown.exitStatus));
    attempt(control, ': systemctl does not find this manager.', () => {
      this.#serve({
        path: control,
        privatePath: this.#hasPrivateDoor ? privateDoor(this.#places) : undefined,
        fd: this.#plan.controlFd,
        version: VERSION,
        handler: (request) => this.#answer(request),
      });
    });
    if (!this.#places.homeless) attempt(stamp, '.', () => writeStamp(this.#host, this.#places));
  }

  /** Who listened before goes on, where there was one. */
  #serve(options: ControlOptions): void {
    const goesOn = this.#plan.kept?.state.inner('control', (kept) => {
      this.control = serveControl(this.#host, { ...options, kept });
    });
    if (goesOn !== true) this.control = serveControl(this.#host, options);
  }

  /** What outlives the program of this process, but for the control socket. */
  keep(k: Keeper): void {
    k.inner('journal', (of) => this.#journal.keep(of));
    k.inner('manager', (of) => this.manager.keep(of));
    this.#keepOwn(k);
  }

  #keepOwn(k: Keeper): void {
    this.#notice = k.plain('notice', this.#notice);
    this.parentFd = k.maybeFd('parent', this.parentFd);
  }

  /** It has come up: from here on `daemon-reexec` makes it the program that is installed then, and so does a crash. */
  mayBecomeAnother(): void {
    const { manager } = this;
    const { argv } = this.#plan;
    if (argv === undefined) return;
    // A boot changes everything all the time, and writing it down would make it longer.
    void manager.startup.whenOver().then(() => this.#keepForCrash(argv));
    manager.reexecute = async () => {
      const { reexecute } = await import('./reexec.ts');
      const { control } = this;
      await reexecute({ host: this.#host, manager, control, argv, keep: (k) => this.keep(k) });
    };
  }

  /** Where it has crashed too often the next crash is the end. */
  #keepForCrash(argv: readonly string[]): void {
    const host = this.#host;
    const { manager, control } = this;
    if (this.#mostCrashes === 0 || manager.crashes.isSafe) return;
    const program = {
      path: frontDoor(),
      argv: (fd: number) => argvAnew(argv, fd),
      env: Object.entries(host.environment).map(([name, value]) => `${name}=${value}`),
    };
    this.#crashState = keepForCrash({ manager, control, program, keep: (k) => this.#keepOwn(k) });
  }

  get #mostCrashes(): number {
    return this.#plan.crashLimit ?? usualCrashes;
  }

  /** Another program has been here: it has crashed, or was replaced as planned. */
  follow(crash: Crash | undefined): void {
    const { crashes } = this.manager;
    if (crash === undefined) crashes.forgive();
    else crashes.add(this.#host.monotonic(), this.#mostCrashes, statusAfter(crash));
  }

  /** The manager ends with its parent, where it is to. */
  watchParent(pidfd: number | undefined): void {
    const { withParent, owned } = this.#plan;
    if (withParent === undefined) return;
    this.parentFd = pidfd;
    haltWithParent(this.manager, pidfd, owned !== undefined, () => {
      this.parentFd = undefined;
    });
  }

  get #hasPrivateDoor(): boolean {
    return this.#plan.scope === 'system' && !this.#places.homeless;
  }

  takeIn(survivors: readonly Survivor[]): void {
    this.#notice = takeIn(this.manager, survivors);
  }

  async #answer(request: ControlRequest): Promise<number | 'local'> {
    this.#journal.giveWay();
    const status = await answerRequest(this.#host, this.manager, request);
    if (this.#notice !== undefined && status !== 'local' && isPrivileged(this.#host, request.caller)) {
      request.err(this.#notice);
      this.#notice = undefined;
    }
    return status;
  }

  async end(objective: Objective, exitStatus: number): Promise<void> {
    this.control?.close();
    await this.control?.settled(lastAnswersMs);
    this.#crashState?.close();
    leave(this.#host, this.manager, this.#places, objective, exitStatus, this.#plan.owned);
  }
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
  return !host.isInit && host.virtualization().container === 'none';
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
function leave(
  host: Host,
  manager: Manager,
  places: OwnPlaces,
  objective: Objective,
  exitStatus: number,
  owned: string | undefined,
): void {
  const forget = (path: string): void => {
    try {
      host.files.unlink(path);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
    }
  };
  dropRelease(host, places);
  forget(places.stamp);
  forget(places.control);
  if (!places.homeless) forget(privateDoor(places));
  forget(places.notify);
  if (!host.isInit) dropRecord(host, places);
  if (exitStatus !== 0) leaveTerminationMessage(host, terminationMessage(manager, exitStatus));
  manager.journal.close();
  if (owned !== undefined) removeOwned(host, owned);
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
