/**
 * The system behind a simulation: unit files and programs as its user gives them, accounts and zones that its units name, and
 * what has happened.
 */
import type { Manager } from '../manager/manager.ts';
import { readFolder } from '../sys/read-folder.ts';
import { InvalidOption } from '../terms/errors.ts';
import { checkFileName, unitText } from '../terms/unit-text.ts';
import type { ExecCommand } from '../unitfile/language/exec-command.ts';
import type { LoadedUnit } from '../unitfile/load/loaded-unit.ts';
import type { UnitLoader } from '../unitfile/load/loader.ts';
import { Service } from '../units/service.ts';
import { isInactiveOrFailed, type Unit } from '../units/unit.ts';
import { localTimeZone, type TimeZone, zoneLoader } from '../values/time/timezone.ts';
import type { Change, Script, SimulatedFiles, SimulateOptions, UnitObject } from './api.ts';
import { baseUnits, busUnits } from './base-units.ts';
import { SimulatedBus } from './bus.ts';
import type { Answer } from './call.ts';
import { doAsExpected } from './defaults.ts';
import type { SimProcess } from './machine/host.ts';
import { momentMs } from './moment.ts';
import { type ProgramContext, SimulatedProgram } from './program.ts';
import { Random } from './random.ts';
import { refusals } from './refused.ts';
import type { SharedLoads } from './shared-loads.ts';
import { SimulatedSystem } from './system.ts';
import { zoneFile, zoneNamesIn } from './zones.ts';

/** What becomes of the next start of a unit's main process. */
export interface Fate {
  /** It does nothing before so many milliseconds have passed. */
  delayMs?: number;
  /** It ends with that status, in place of its script. */
  status?: number;
  /** It does nothing at all. */
  hangs?: boolean;
}

/** Ids of accounts that units name and that are made for them. */
const firstOwnId = 800;

/** Work of programs that go on after a wait is done when the event loop comes round: not what fake timers of tests have made of it. */
const { setImmediate } = globalThis;
export const eventLoop = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

export class SimulatedMachine extends SimulatedSystem {
  readonly simulatedFiles: SimulatedFiles;
  readonly bus: SimulatedBus;
  readonly zone: TimeZone;
  random: Random;
  readonly changes: Change[] = [];
  /** Moments at which units were started. */
  readonly #starts = new Map<string, { id: string; times: Date[] }>();
  readonly #scripts = new Map<string, Script | null>();
  readonly #live = new Map<number, SimulatedProgram>();
  readonly fates = new Map<string, Fate>();
  /** Up to so many milliseconds later comes what programs do, by lot. */
  jitterMs = 0;
  /** What has gone wrong, and what was refused, since it was last asked for. */
  readonly #errors: unknown[] = [];
  readonly #refused: string[] = [];
  /** Names that have a file of the user's. */
  readonly ownUnits = new Set<string>();
  /** Of these, what was written and not looked at since. */
  readonly #unread = new Set<string>();
  #woken = false;
  /** Processes that were started. */
  started = 0;
  #nextId = firstOwnId;
  readonly #context: ProgramContext;
  readonly #shared: SharedLoads | undefined;
  /** Calls of programs that are under way. */
  #commands = 0;
  /** What may have changed unit files since the machine was made, in order. */
  readonly #changesOfFiles: string[] = [];

  /** `shared`: of machines that begin with the same options. */
  constructor(
    { units, programs = {}, files = {}, environment, ...options }: SimulateOptions,
    shared: SharedLoads | undefined,
  ) {
    super({
      scope: options.scope ?? 'system',
      now: 0,
      seed: options.seed ?? 0,
      hostname: 'simulation',
      ...(environment === undefined ? {} : { environment: { ...environment } }),
    });
    const { host } = this;
    this.#shared = shared;
    this.random = new Random(options.seed ?? 0);
    this.bus = new SimulatedBus(host);
    this.simulatedFiles = filesOf(this);
    this.zone = this.#placeAt(options.timeZone);
    const zones = zoneLoader(host.files);
    const start = options.startTime ?? '2026-01-01 00:00:00';
    if (typeof start === 'string') this.provideZones(start);
    host.setClock(momentMs(start, { nowMs: 0, zone: this.zone, zones, what: 'startTime' }));
    for (const [path, text] of Object.entries(files)) this.simulatedFiles.write(path, text);
    for (const [path, script] of Object.entries(programs)) this.setScript(path, script);
    const sources = units === undefined ? [] : Array.isArray(units) ? units : [units];
    // Of two files of one name the one that comes first is to stay.
    for (const source of (sources as readonly NonNullable<SimulateOptions['units']>[]).toReversed()) this.#take(source);
    this.#context = {
      host,
      files: this.simulatedFiles,
      bus: this.bus,
      jitter: () => (this.jitterMs === 0 ? 0 : this.random.fraction() * this.jitterMs),
      random: () => this.random.fraction(),
      woke: () => {
        this.#woken = true;
      },
      failed: (error) => this.#errors.push(error),
    };
    // What it was made with is the same for all that share what is read.
    this.#changesOfFiles.length = 0;
    host.onSpawn = (process) => this.#spawned(process);
    host.onEnd = (process) => {
      this.#live.delete(process.pid);
      this.bus.release(process);
    };
  }

  #placeAt(name: string | undefined): TimeZone {
    if (name !== undefined && name !== 'UTC') {
      const file = zoneFile(name);
      if (file === undefined)
        throw new InvalidOption(`timeZone: '${name}' is no time zone; valid are 'UTC', 'Europe/Berlin' …`);
      this.files.put(`/usr/share/zoneinfo/${name}`, file);
      this.files.symlink(`/usr/share/zoneinfo/${name}`, '/etc/localtime');
    }
    return localTimeZone(this.files, undefined);
  }

  // ---- unit files ---------------------------------------------------------------------------------------------------

  #take(source: NonNullable<SimulateOptions['units']>): void {
    if (typeof source === 'string' || source instanceof URL) {
      const path = typeof source === 'string' ? source : decodeURIComponent(source.pathname);
      let taken = 0;
      for (const entry of readFolder(path)) {
        if (!isFileName(entry.name)) continue;
        taken++;
        if ('text' in entry) this.putUnit(entry.name, entry.text);
        else this.#link(entry.name, entry.link);
      }
      if (taken === 0) throw new InvalidOption(`units: no unit file in ${path}`);
      return;
    }
    for (const [name, unit] of Object.entries(source as Record<string, string | UnitObject>)) this.putUnit(name, unit);
  }

  /** A unit's file is written while the machine runs. */
  writeUnit(name: string, unit: string | UnitObject): void {
    this.putUnit(name, unit);
    this.filesChange(`write ${name}`, unit);
  }

  /** Unit files may be other ones from now on: what does that, in words that mean the same in each run. */
  filesChange(...what: readonly unknown[]): void {
    if (this.#shared !== undefined) this.#changesOfFiles.push(JSON.stringify(what));
  }

  /** A call of a program, which may change unit files and read them again. */
  async commanded(program: string, argv: readonly string[]): Promise<Answer> {
    this.#commands++;
    try {
      return await this.call(program, argv);
    } finally {
      this.#commands--;
      this.filesChange(program, ...argv);
    }
  }

  putUnit(name: string, unit: string | UnitObject): void {
    checkFileName(name);
    const text = unitText(name, unit);
    this.provideZones(text);
    this.#remove(name);
    this.files.put(this.pathOf(name), text);
    if (name.includes('/')) return;
    this.ownUnits.add(name);
    this.#unread.add(name);
  }

  /** Wherever it leads in the checkout: here all units lie in one directory. */
  #link(name: string, target: string): void {
    this.#remove(name);
    const path = this.pathOf(name);
    const to = target === '/dev/null' ? target : this.pathOf(target.slice(target.lastIndexOf('/') + 1));
    this.put(path, `-> ${to}`);
  }

  #remove(name: string): void {
    if (this.files.tryLstat(this.pathOf(name)) !== undefined) this.files.unlink(this.pathOf(name));
  }

  provideZones(text: string): void {
    for (const name of zoneNamesIn(text)) {
      const path = `/usr/share/zoneinfo/${name}`;
      if (this.files.tryStat(path) !== undefined) continue;
      const file = zoneFile(name);
      if (file !== undefined) this.files.put(path, file);
    }
  }

  protected override putBaseUnits(): void {
    for (const [name, text] of [...Object.entries(baseUnits), ...Object.entries(busUnits)])
      this.files.put(`/usr/lib/systemd/${this.scope}/${name}`, text);
  }

  // ---- what units name ----------------------------------------------------------------------------------------------

  protected override makeLoader(): UnitLoader {
    const loader = super.makeLoader();
    const load = loader.load.bind(loader);
    loader.load = (name) => {
      const shared = this.#commands > 0 ? undefined : this.#shared;
      const loaded = shared?.load(name, this.#changesOfFiles, load) ?? load(name);
      this.#provide(loaded);
      return loaded;
    };
    return loader;
  }

  /** What units name that nobody has loaded yet is there as well, for commands that read files themselves. */
  providePrograms(): void {
    for (const name of this.#unread) {
      this.#unread.delete(name);
      this.loader.load(name);
    }
  }

  /** The programs of its command lines are there, and so are the accounts of its processes. */
  #provide({ service, socket, mount, exec }: LoadedUnit): void {
    if (mount !== undefined)
      for (const path of ['/bin/mount', '/bin/umount', '/usr/bin/mount', '/usr/bin/umount']) this.#providePath(path);
    for (const settings of [service, socket, mount])
      for (const [key, value] of Object.entries(settings ?? {}))
        if (key.startsWith('Exec') && Array.isArray(value)) for (const command of value) this.#provideProgram(command);
    if (exec === undefined || exec.DynamicUser) return;
    if (exec.Group !== undefined) this.#provideAccount('group', exec.Group);
    if (exec.User !== undefined) this.#provideAccount('passwd', exec.User);
  }

  #provideProgram({ path, shell }: ExecCommand): void {
    if (shell !== undefined || path === '') return;
    this.#providePath(path.startsWith('/') ? path : `/usr/bin/${path}`);
  }
  #providePath(at: string): void {
    if (this.#scripts.get(at) === null || this.files.tryStat(at) !== undefined) return;
    this.files.put(at, '', 0o755);
  }

  #provideAccount(database: 'passwd' | 'group', name: string): void {
    const { host } = this;
    const present = database === 'group' ? host.lookupGroup(name) : host.lookupUser(name);
    if (present !== undefined || /^\d+$/.test(name)) return;
    const id = this.#nextId++;
    if (host.lookupGroup(name) === undefined) host.files.append('/etc/group', `${name}:x:${id}:\n`);
    const gid = host.lookupGroup(name)?.gid ?? id;
    if (database === 'passwd')
      host.files.append('/etc/passwd', `${name}:x:${id}:${gid}::/nonexistent:/usr/sbin/nologin\n`);
  }

  // ---- processes ----------------------------------------------------------------------------------------------------

  setScript(name: string, script: Script | null): void {
    if (script !== null && typeof script !== 'function')
      throw new InvalidOption(`programs: '${name}' is ${typeof script}; valid are a function and null`);
    if (!name.startsWith('/')) {
      checkFileName(name);
      if (script === null) throw new InvalidOption(`programs: '${name}' is a unit; null is for paths of programs`);
    } else if (script === null) this.files.removeTree(name);
    else this.files.put(name, '', 0o755);
    this.#scripts.set(name, script);
  }

  #spawned(process: SimProcess): void {
    this.started++;
    // Nobody here asks for these, and there may be millions.
    this.host.spawned.length = 0;
    this.host.kills.length = 0;
    const name = this.manager.tracker.unitOfPid(process.pid) ?? '';
    const unit = this.manager.units.find(name);
    const isMain = unit instanceof Service && unit.mainPid === process.pid;
    const program = new SimulatedProgram(this.#context, process, { unit: name, isMain });
    this.#live.set(process.pid, program);
    const isLife = isMain || (unit instanceof Service && unit.settings.Type === 'forking' && unit.state === 'start');
    const fate = isLife ? this.fates.get(name) : undefined;
    if (fate !== undefined) this.fates.delete(name);
    const begin = (): void => {
      if (fate?.status !== undefined) program.exit(fate.status);
      else if (fate?.hangs !== true) this.#begin(program, unit, isLife);
    };
    if (fate?.delayMs === undefined) begin();
    else program.after(fate.delayMs, begin);
  }

  #begin(program: SimulatedProgram, unit: Unit | undefined, isLife: boolean): void {
    const script = (isLife ? this.#scripts.get(program.unit) : undefined) ?? this.#scripts.get(program.path);
    program.begin(script ?? (() => doAsExpected(program, unit, this.host)));
  }

  /** Those of a unit that are alive, forked ones included. */
  programsOf(unit: string): SimulatedProgram[] {
    return this.manager.tracker.processesOf(unit).map(({ pid }) => {
      const known = this.#live.get(pid);
      if (known !== undefined) return known;
      const isMain = (this.manager.units.find(unit) as Service | undefined)?.mainPid === pid;
      return new SimulatedProgram(this.#context, this.host.table.get(pid)!, { unit, isMain });
    });
  }

  // ---- what has happened --------------------------------------------------------------------------------------------

  protected override makeManager(): Manager {
    const manager = super.makeManager();
    manager.busNames = this.bus;
    const { guard, reactions } = manager;
    guard.report = (what, error) =>
      void this.#errors.push({ error: new Error(`Internal error: ${what}`, { cause: error }) });
    const react = reactions.unitChanged.bind(reactions);
    reactions.unitChanged = (unit, from, to, flags) => {
      const time = new Date(this.host.now());
      this.changes.push({ time, unit: unit.id, from, to, subState: unit.subState });
      if (isInactiveOrFailed(from) && !isInactiveOrFailed(to)) this.#refused.push(...refusals(unit.loaded));
      this.#noteStart(unit, time);
      // What became of it can be asked for later on, also where nobody has asked before.
      if (this.ownUnits.has(unit.id)) unit.referencedBy.add(this);
      react(unit, from, to, flags);
    };
    return manager;
  }

  #noteStart({ id, invocationId }: Unit, time: Date): void {
    if (invocationId === '') return;
    const starts = this.#starts.get(id);
    if (starts === undefined) this.#starts.set(id, { id: invocationId, times: [time] });
    else if (starts.id !== invocationId) {
      starts.id = invocationId;
      starts.times.push(time);
    }
  }

  startsOf(unit: string): readonly Date[] {
    return this.#starts.get(unit)?.times ?? [];
  }

  /** True where scripts that wait are about to go on: the event loop is to come round first. */
  takeWoken(): boolean {
    const woken = this.#woken;
    this.#woken = false;
    return woken;
  }

  /** What has gone wrong, once: errors of scripts and of the manager itself, and what was refused. */
  takeErrors(): { errors: unknown[]; refused: string[] } {
    return { errors: this.#errors.splice(0), refused: [...new Set(this.#refused.splice(0))] };
  }
}

function isFileName(name: string): boolean {
  try {
    checkFileName(name);
    return true;
  } catch {
    return false;
  }
}

/** Paths below which unit files are, and what their specifiers are read from. */
const ofUnits = /^\/(?:etc|usr|lib)(?:\/|$)|\/systemd(?:\/|$)/;

function filesOf(machine: SimulatedMachine): SimulatedFiles {
  const { files } = machine;
  const filesChange = (...what: readonly unknown[]): void => machine.filesChange(...what);
  const checked = (path: string): string => {
    if (path.startsWith('/')) return path;
    throw new InvalidOption(`'${path}' is no absolute path`);
  };
  return {
    write: (path, text) => {
      files.put(checked(path), text, /\/s?bin\//.test(path) ? 0o755 : 0o644);
      if (ofUnits.test(path)) filesChange('put', path, text);
    },
    read: (path) => files.readText(checked(path)),
    exists: (path) => files.tryStat(checked(path)) !== undefined,
    remove: (path) => {
      files.removeTree(checked(path));
      if (ofUnits.test(path)) filesChange('remove', path);
    },
    list: (path) => files.readdir(checked(path)),
  };
}
