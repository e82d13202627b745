/** The one control process that a socket or a mount may have: begun, waited for with a limit, killed. */
import { SpawnError } from '../exec/failure.ts';
import { type KillOperation, killUnitProcesses } from '../exec/kill.ts';
import { tellFailure } from '../exec/last-words.ts';
import { spawnCommand } from '../exec/spawn.ts';
import type { PassedFd } from '../exec/stdio.ts';
import type { Keeper } from '../kept/keeper.ts';
import { errorText } from '../sys/error-text.ts';
import type { ProcessExit, Timer } from '../sys/host.ts';
import type { ExecCommand } from '../unitfile/language/exec-command.ts';
import { logProcessExit } from './process-exit.ts';
import { type ExecStatus, endedStatus, keptStatus, noStatus, startedStatus } from './service-types.ts';
import type { ExitWatcher, Unit } from './unit.ts';

export type ControlResult = 'success' | 'exit-code' | 'signal' | 'core-dump';

export interface ControlWait {
  /** Milliseconds; Infinity is no limit. */
  timeoutMs: number;
  onExit: (result: ControlResult) => void;
  onTimeout: () => void;
}

/** `{ kind: 'ExecStartPre', index: 0 }` */
export interface CommandPlace {
  readonly kind: string;
  readonly index: number;
}

/** A command and how its last run went, if it has run. */
export interface CommandRun {
  readonly command: ExecCommand;
  readonly status: ExecStatus | undefined;
}

/** What a command is begun with. */
export interface ControlCommand extends ControlWait {
  /** What the log calls it where no process can be made. */
  task: string;
  /** What the log calls it when it has ended. */
  name: string;
  /** Under what `show` has the command: its kind, and its place among those of the kind. */
  shown: CommandPlace;
  /** Descriptors that it gets as sd_listen_fds(3) has them. */
  sockets?: readonly PassedFd[];
}

const results = { exited: 'exit-code', killed: 'signal', dumped: 'core-dump' } as const;

export class ControlProcess implements ExitWatcher {
  readonly #unit: Unit;
  readonly #kind: string;
  #ignoreFailure = false;
  #name = '';
  #shown: CommandPlace = { kind: '', index: 0 };
  /** How the last runs of the unit's commands went, by kind. */
  readonly #statuses = new Map<string, ExecStatus[]>();
  #wait: ControlWait | undefined;
  #timer: Timer | undefined;
  /** Monotonic milliseconds: since when it is waited for. */
  #armed = 0;
  /** 0 where there is none. */
  pid = 0;

  /** `kind` is what the log calls it. */
  constructor(unit: Unit, kind = 'Control process') {
    this.#unit = unit;
    this.#kind = kind;
  }

  get id(): string {
    return this.#unit.id;
  }

  /**
   * Begins a command. False, and said so with the name of the task, where no process could be made.
   */
  spawn(command: ExecCommand, options: ControlCommand): boolean {
    this.abandon();
    try {
      this.pid = spawnCommand(this.#unit, {
        exec: this.#unit.loaded.exec!,
        command,
        environment: [],
        sandbox: true,
        chroot: true,
        ttyStdin: false,
        writeCredentials: false,
        ...(options.sockets === undefined ? {} : { fds: options.sockets, socketCount: options.sockets.length }),
      }).pid;
    } catch (error) {
      if (!(error instanceof SpawnError)) throw error;
      const { taskFailed } = this.#unit.manager.host.voice.manager;
      this.#unit.log(4, taskFailed(options.task, errorText(error.code)));
      return false;
    }
    this.#ignoreFailure = command.ignoreFailure;
    this.#name = options.name;
    this.#shown = options.shown;
    const { manager } = this.#unit;
    this.#setStatus(startedStatus(this.pid, manager.timestamp(), false));
    manager.exits.watch(this.pid, this);
    this.#arm(options);
    return true;
  }

  /** How the last run of a command went; undefined where it has not run since the unit began, or daemon-reload. */
  statusOf(kind: string, index: number): ExecStatus | undefined {
    return this.#statuses.get(kind)?.[index];
  }

  #setStatus(status: ExecStatus): void {
    const { kind, index } = this.#shown;
    const list = this.#statuses.get(kind) ?? [];
    list[index] = status;
    this.#statuses.set(kind, list);
  }

  /** The unit begins anew, or its commands are those of another reading. */
  forgetStatuses(): void {
    this.#statuses.clear();
  }

  /** Signals it and the unit's other processes as KillMode= says. False where there is nothing to wait for. */
  kill(operation: KillOperation, wait: ControlWait): boolean {
    if (!killUnitProcesses(this.#unit, this.#unit.loaded.kill!, operation, { controlPid: this.pid })) return false;
    this.#arm(wait);
    return true;
  }

  /** Waits for it no longer. */
  abandon(): void {
    this.#timer?.cancel();
    this.#unit.manager.exits.unwatch(this.pid);
    this.pid = 0;
    this.#wait = undefined;
  }

  processExited(exit: ProcessExit): void {
    tellFailure(this.#unit.manager.host, exit.pid);
    const wait = this.#wait!;
    this.abandon();
    const { kind, index } = this.#shown;
    this.#setStatus(endedStatus(this.statusOf(kind, index) ?? noStatus(), exit, this.#unit.manager.timestamp()));
    const clean = exit.how === 'exited' && exit.status === 0;
    const result = clean || this.#ignoreFailure ? 'success' : results[exit.how];
    logProcessExit(this.#unit, this.#kind, this.#name, result === 'success', exit);
    wait.onExit(result);
  }

  keep(k: Keeper): void {
    this.pid = k.number('pid', this.pid);
    this.#ignoreFailure = k.flag('ignoreFailure', this.#ignoreFailure);
    this.#name = k.text('name', this.#name);
    this.#armed = k.number('armed', this.#armed);
    this.#shown = k.plain('shown', this.#shown);
    for (const [of, list] of k.plain('statuses', [...this.#statuses]))
      if (k.isReading) this.#statuses.set(of, list.map(keptStatus));
  }

  /** Goes on waiting for a process that was kept; without one the limit of time alone counts. */
  revive(wait: ControlWait): void {
    const { exits, host } = this.#unit.manager;
    if (this.pid > 0) {
      exits.watch(this.pid, this);
      // The end of a process that somebody has asked about is told at once.
      host.process(this.pid);
    }
    this.#wait = wait;
    this.limit(wait.timeoutMs);
  }

  #arm(wait: ControlWait): void {
    this.#wait = wait;
    this.#armed = this.#unit.manager.host.monotonic();
    this.limit(wait.timeoutMs);
  }

  /** Milliseconds from when the wait began, which daemon-reload may change; Infinity is no limit. */
  limit(timeoutMs: number): void {
    const { host } = this.#unit.manager;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#wait === undefined || timeoutMs === Number.POSITIVE_INFINITY) return;
    const left = Math.max(0, this.#armed + timeoutMs - host.monotonic());
    this.#timer = host.after(left, () => this.#wait?.onTimeout());
  }
}
