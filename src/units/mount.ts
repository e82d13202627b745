/**
 * Mounts (systemd.mount(5)). Most of a container's are made by its engine and only seen here; one with a unit file is
 * made by mount(8), where the container may.
 *
 *   dead ─▶ mounting ─▶ mounted ─▶ unmounting ─▶ dead | failed      remounting; …-sigterm, …-sigkill on a timeout
 */
import { ipcOwnersOf } from '../exec/remove-ipc.ts';
import type { MountEntry } from '../sys/host.ts';
import type { ExecCommand } from '../unitfile/language/exec-command.ts';
import { unitNameToPath } from '../unitfile/language/unit-name.ts';
import { isApiMount } from '../unitfile/load/mount-points.ts';
import { ControlProcess, type ControlResult } from './control-process.ts';
import type { JobResult, JobType } from './job-types.ts';
import { type ActiveState, type OperationResult, Unit, type UnitManager } from './unit.ts';

type State =
  | 'dead'
  | 'mounting'
  | 'mounted'
  | 'remounting'
  | 'unmounting'
  | 'mounting-sigterm'
  | 'mounting-sigkill'
  | 'remounting-sigterm'
  | 'remounting-sigkill'
  | 'unmounting-sigterm'
  | 'unmounting-sigkill'
  | 'failed';

export type MountResult = ControlResult | 'resources' | 'timeout' | 'start-limit-hit' | 'protocol';

function activeStateOf(state: State): ActiveState {
  if (state === 'dead') return 'inactive';
  if (state === 'failed') return 'failed';
  if (state === 'mounted') return 'active';
  if (state === 'mounting') return 'activating';
  if (state.startsWith('remounting')) return 'reloading';
  return 'deactivating';
}

export class Mount extends Unit {
  #state: State = 'dead';
  result: MountResult = 'success';
  reloadResult: MountResult = 'success';
  readonly #control: ControlProcess;
  #found = false;

  constructor(manager: UnitManager, name: string) {
    super(manager, 'mount', name);
    this.#control = new ControlProcess(this, 'Mount process');
  }

  get activeState(): ActiveState {
    return activeStateOf(this.#state);
  }
  get subState(): string {
    return this.#state;
  }
  get controlPid(): number {
    return this.#control.pid;
  }
  /** Somebody else has mounted it. */
  get found(): boolean {
    return this.#found;
  }
  override get canReload(): boolean {
    return true;
  }
  get where(): string {
    // A unit without a file, or with a bad one, still has the place that its name says.
    return this.loaded.mount?.Where || unitNameToPath(this.id) || '/';
  }

  /** What is mounted there now, as /proc/self/mountinfo says; the last of a stack. */
  get mounted(): MountEntry | undefined {
    return this.manager.host.mountTable().findLast((m) => m.target === this.where);
  }

  override coldplug(): void {
    if (!isApiMount(this.where)) this.noticed(this.mounted !== undefined);
  }

  /** What somebody else has mounted or unmounted changes the state as if it had been done here. */
  noticed(there: boolean): void {
    if (there && (this.#state === 'dead' || this.#state === 'failed')) {
      this.#found = true;
      this.result = 'success';
      this.#setState('mounted');
    } else if (!there && this.#state === 'mounted') this.#enterDead('success');
  }

  protected override preventStart(): OperationResult | undefined {
    if (this.testStartLimit()) return undefined;
    this.#enterDead('start-limit-hit');
    return 'failed';
  }

  protected startNow(): OperationResult {
    if (this.activeState === 'deactivating') return 'again';
    if (this.#state === 'mounting') return 'quiet';
    const { mount } = this.loaded;
    if (mount?.What === undefined) return 'failed';
    this.#found = false;
    this.acquireInvocationId();
    this.result = 'success';
    this.reloadResult = 'success';
    try {
      this.manager.host.files.mkdirs(this.where, mount.DirectoryMode);
    } catch (error) {
      this.log(4, `Failed to create mount point: ${error instanceof Error ? error.message : String(error)}`);
    }
    const options = mount.Options === undefined || mount.Options === 'defaults' ? [] : ['-o', mount.Options];
    const type = mount.Type === undefined ? [] : ['-t', mount.Type];
    const sloppy = mount.SloppyOptions ? ['-s'] : [];
    const rw = mount.ReadWriteOnly ? ['-w'] : [];
    this.#run('mounting', '/bin/mount', [mount.What, this.where, ...sloppy, ...rw, ...type, ...options]);
    return 'started';
  }

  override reread(): void {
    this.#control.limit(this.#timeoutMs);
  }

  get #timeoutMs(): number {
    return this.loaded.mount?.TimeoutSec ?? Number.POSITIVE_INFINITY;
  }

  protected stopNow(): OperationResult {
    switch (this.#state) {
      case 'mounted': {
        // Among the processes of a host only what the manager itself has mounted is its own to unmount.
        if (this.#found && !this.manager.host.isInit) return 'already';
        const { mount } = this.loaded;
        const flags = [...(mount?.LazyUnmount === true ? ['-l'] : []), ...(mount?.ForceUnmount === true ? ['-f'] : [])];
        this.#run('unmounting', '/bin/umount', [this.where, '-c', ...flags]);
        return 'started';
      }
      case 'mounting':
      case 'remounting':
        this.#signal(`${this.#state}-sigterm`, 'success');
        return 'quiet';
      default:
        return 'quiet';
    }
  }

  protected override reloadNow(): OperationResult {
    const { mount, fragmentPath } = this.loaded;
    this.reloadResult = 'success';
    if (fragmentPath === undefined || mount?.What === undefined) {
      this.log(4, "Failed to run 'remount' task: No such file or directory");
      this.reloadResult = 'resources';
      return 'failed';
    }
    const remount = mount.Options === undefined ? 'remount' : `remount,${mount.Options}`;
    const sloppy = mount.SloppyOptions ? ['-s'] : [];
    const rw = mount.ReadWriteOnly ? ['-w'] : [];
    const type = mount.Type === undefined ? [] : ['-t', mount.Type];
    this.#run('remounting', '/bin/mount', [mount.What, this.where, '-o', remount, ...sloppy, ...rw, ...type]);
    return 'started';
  }

  override resetFailed(): void {
    super.resetFailed();
    if (this.#state === 'failed') this.#setState('dead');
    this.result = 'success';
  }

  #run(state: 'mounting' | 'remounting' | 'unmounting', path: string, args: string[]): void {
    const command: ExecCommand = {
      path,
      argv: [path, ...args],
      ignoreFailure: false,
      noEnvExpand: true,
      fullyPrivileged: false,
      noSetuid: false,
      ambientMagic: false,
    };
    const begun = this.#control.spawn(command, {
      name: state,
      timeoutMs: this.#timeoutMs,
      onExit: (result) => this.#ended(result),
      onTimeout: () => this.#timedOut(),
    });
    this.#setState(state);
    if (!begun) this.#ended('resources');
  }

  #ended(result: MountResult): void {
    const there = this.mounted !== undefined;
    if (this.#state.startsWith('remounting')) {
      this.reloadResult = result;
      if (there) this.#setState('mounted', result !== 'success');
      else this.#enterDead(result);
    } else if (this.#state.startsWith('mounting')) {
      if (there && result === 'success') this.#setState('mounted');
      else this.#enterDead(result === 'success' ? 'protocol' : result);
    } else if (there) {
      if (this.result === 'success') this.result = result;
      this.#setState('mounted');
    } else this.#enterDead(result);
  }

  #signal(state: State, result: MountResult): void {
    if (this.result === 'success') this.result = result;
    const waiting = this.#control.kill(state.endsWith('sigkill'), {
      timeoutMs: this.#timeoutMs,
      onExit: (ended) => this.#ended(ended),
      onTimeout: () => this.#timedOut(),
    });
    this.#setState(state);
    if (!waiting) this.#ended(result);
  }

  #timedOut(): void {
    const [verb] = this.#state.split('-');
    const phase = verb as 'mounting' | 'remounting' | 'unmounting';
    const name = { mounting: 'Mounting', remounting: 'Remounting', unmounting: 'Unmounting' }[phase];
    if (this.#state === phase) {
      this.log(4, `${name} timed out. Terminating.`);
      this.#signal(`${phase}-sigterm`, 'timeout');
    } else if (this.#state === `${phase}-sigterm`) {
      this.log(4, `${name} timed out. Killing.`);
      this.#signal(`${phase}-sigkill`, 'timeout');
    } else {
      this.log(4, 'Mount process still around after SIGKILL. Ignoring.');
      this.#control.abandon();
      this.#ended('timeout');
    }
  }

  #enterDead(result: MountResult): void {
    if (this.result === 'success') this.result = result;
    this.logResult(this.result);
    this.#setState(this.result === 'success' ? 'dead' : 'failed');
    ipcOwnersOf(this.manager.host).release(this.id, (message) => this.log(4, message));
  }

  #setState(state: State, reloadFailed = false): void {
    const from = this.activeState;
    this.#state = state;
    this.changed(from, this.activeState, { reloadFailed });
  }

  override jobStartMessage(type: JobType): string | undefined {
    if (type === 'start') return 'Mounting %s...';
    if (type === 'stop') return 'Unmounting %s...';
    return super.jobStartMessage(type);
  }
  override jobDoneMessage(type: JobType, result: JobResult): string | undefined {
    if (type === 'start') {
      if (result === 'done') return 'Mounted %s.';
      if (result === 'failed') return 'Failed to mount %s.';
      if (result === 'timeout') return 'Timed out mounting %s.';
    }
    if (type === 'stop' || type === 'restart') {
      if (result === 'done') return 'Unmounted %s.';
      if (result === 'failed') return 'Failed unmounting %s.';
      if (result === 'timeout') return 'Timed out unmounting %s.';
    }
    return super.jobDoneMessage(type, result);
  }
}
