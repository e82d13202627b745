/**
 * A simulated machine with a manager, and the programs that speak with it. What its unit files and processes are is for
 * whoever makes it to say: simulation.ts for users of the package, test/support/world.ts for pidone's own tests.
 */
import type { CliContext } from '../cli/common/context.ts';
import type { ConsoleMode } from '../journal/forward/console.ts';
import { Journal } from '../journal/journal.ts';
import { defaultConfig, type JournalConfig } from '../journal/storage/config.ts';
import { Keeper } from '../kept/keeper.ts';
import { writeState } from '../main/kept-state.ts';
import { programs } from '../main/programs.ts';
import { Manager } from '../manager/manager.ts';
import type { Objective } from '../manager/objective.ts';
import type { Program } from '../program/program.ts';
import { lookupPaths } from '../unitfile/files/load-path.ts';
import { UnitFileSearch } from '../unitfile/install/search.ts';
import { UnitFileStates } from '../unitfile/install/state.ts';
import { createLoader, type UnitLoader } from '../unitfile/load/loader.ts';
import { type Answer, answerCall, type Caller, callOn } from './call.ts';
import { SimHost, type SimOptions } from './machine/host.ts';

export interface SystemOptions extends SimOptions {
  scope?: 'system' | 'user';
  /** Lines of boot and shutdown on the console; undefined: as ShowStatus= says. False where nothing is said here. */
  showStatus?: boolean | undefined;
  /** What of the journal goes to the console. */
  console?: ConsoleMode;
}

const userOptions = { uid: 1000, environment: { HOME: '/home/alice', XDG_RUNTIME_DIR: '/run/user/1000' } };

/** Turns without any work after which a call is thought never to end. */
const mostIdleTurns = 10_000;

export abstract class SimulatedSystem {
  readonly host: SimHost;
  readonly scope: 'system' | 'user';
  readonly #showStatus: boolean | undefined;
  readonly #console: ConsoleMode;
  /** What the manager was told to end in. */
  readonly ended: { objective: Objective; exitStatus: number }[] = [];
  /** How often generators were to run. */
  generated = 0;
  #loader: UnitLoader | undefined;
  #manager: Manager | undefined;
  #goesOn = false;

  constructor({ scope = 'system', ...options }: SystemOptions) {
    this.scope = scope;
    this.#showStatus = 'showStatus' in options ? options.showStatus : false;
    this.#console = options.console ?? 'status';
    this.host = new SimHost({ hostname: 'machine', ...(scope === 'user' ? userOptions : {}), ...options });
  }

  get files(): SimHost['files'] {
    return this.host.files;
  }

  /** A file, with its directories; what lies in a bin/ can be executed. `-> TARGET` makes a link. */
  put(path: string, text: string): void {
    this.files.mkdirs(path.slice(0, path.lastIndexOf('/')) || '/');
    if (text.startsWith('-> ')) this.files.symlink(text.slice(3), path);
    else this.files.put(path, text, /\/s?bin\//.test(path) ? 0o755 : 0o644);
  }

  /** Where an administrator puts a unit's file. */
  protected pathOf(unit: string): string {
    return `/etc/systemd/${this.scope}/${unit}`;
  }

  get loader(): UnitLoader {
    this.#loader ??= this.makeLoader();
    return this.#loader;
  }

  protected makeLoader(): UnitLoader {
    return createLoader(this.host, { scope: this.scope });
  }

  /** Files that are there at the latest when the manager comes up. */
  protected abstract putBaseUnits(): void;

  /** Made when it is first asked for; it listens, and has started nothing. */
  get manager(): Manager {
    this.#manager ??= this.makeManager();
    return this.#manager;
  }

  protected makeManager(): Manager {
    const { host, scope } = this;
    this.putBaseUnits();
    this.#loader?.refresh();
    const paths = lookupPaths({ scope, env: host.environment, ownUnits: '/usr/lib/pidone/units' });
    const unitFiles = new UnitFileStates(() => new UnitFileSearch(host, paths));
    const manager = new Manager(host, {
      scope,
      loader: this.loader,
      journal: this.makeJournal(),
      directories: {
        runtime: '/run',
        state: '/var/lib',
        cache: '/var/cache',
        logs: '/var/log',
        configuration: '/etc',
        data: '/usr/share',
      },
      notifySocket: '/run/systemd/notify',
      environment: ['LANG=C.UTF-8', 'PATH=/usr/bin:/bin'],
      showStatus: this.#showStatus,
      unitFile: (name) => unitFiles.of(name),
      generate: () => {
        this.generated++;
        unitFiles.refresh();
        return Promise.resolve();
      },
      end: (objective, exitStatus) => this.ended.push({ objective, exitStatus }),
    });
    if (!this.#goesOn) manager.notifications.listen();
    return manager;
  }

  /** The manager goes on as another program, with what the old one has kept. What it has kept, as text. */
  reexec(): string {
    const { host, manager: before } = this;
    const keep =
      (manager: Manager) =>
      (k: Keeper): void => {
        k.inner('journal', (of) => manager.journal.keep(of));
        k.inner('manager', (of) => manager.keep(of));
      };
    const { text } = writeState({ host, control: undefined, keep: keep(before) });
    this.goOn((after) => {
      keep(after)(Keeper.reader(text));
      after.revive();
    });
    return text;
  }

  /** There is a new program, which reads what was kept. */
  goOn(read: (manager: Manager) => void): void {
    this.host.forgetProgram();
    this.#goesOn = true;
    this.#loader = undefined;
    this.#manager = undefined;
    read(this.manager);
  }

  protected makeJournal(): Journal {
    const config: JournalConfig = { ...defaultConfig(), storage: 'volatile' };
    return new Journal(this.host, { scope: this.scope, config, console: this.#console });
  }

  /**
   * Calls a program of pidone's with a command line (words, or one string that is split at blanks), as root from the
   * directory / where `caller` does not say otherwise. Virtual time passes until it has ended.
   */
  async call(name: string, line: string | readonly string[], caller: Caller = {}): Promise<Answer> {
    const program: Program<CliContext> = await programs[name as keyof typeof programs]();
    await allLoaded(program);
    // While it works no time passes.
    let idle = 0;
    const turn = (): Promise<void> => {
      idle = 0;
      return caller.turn?.() ?? Promise.resolve();
    };
    const machine = { host: this.host, manager: this.#manager };
    const { answer, context } = callOn(machine, name, line, { ...caller, turn });
    let done = false;
    const ended = answerCall(program, context).finally(() => {
      done = true;
    });
    for (; !done && idle < mostIdleTurns; idle++) {
      await Promise.resolve();
      if (done) break;
      this.host.settle();
      await Promise.resolve();
      if (!done && idle % 10 === 9) this.host.advance(Math.max(1, this.host.untilNext ?? 1));
    }
    if (!done) throw new Error(`${name} ${String(line)}: does not end`);
    answer.status = await ended;
    this.host.settle();
    return answer;
  }
}

/** No virtual time passes while a file is loaded. */
export async function allLoaded({ commandLine }: Program<CliContext>): Promise<void> {
  const { openTransient } = await import('../cli/run/run.ts');
  const { openMount } = await import('../cli/mount/mount.ts');
  const rows = commandLine.verbs.flatMap(([, section]) => section);
  await Promise.all([
    openTransient(),
    openMount(),
    ...rows.map((row) => ('load' in row ? (row as Loadable).load() : undefined)),
  ]);
}

interface Loadable {
  load: () => Promise<unknown>;
}
