/**
 * Mounts (systemd.mount(5)). Most of a container's are made by its engine and only seen here; one with a unit file is
 * made by mount(8), where the container may.
 *
 *   dead ─▶ mounting ─the mount is there─▶ mounting-done ─mount(8) ends─▶ mounted ⇄ remounting
 *                                                                          │
 *   dead | failed ◀─ unmounting ◀──────────────────────────────────────────┘   with …-sigterm, …-sigkill on a timeout
 */
import { canMount } from '../exec/confinement.ts';
import { type KillOperation, warnLeftovers } from '../exec/kill.ts';
import { ipcOwnersOf } from '../exec/remove-ipc.ts';
import { removeRuntimeData } from '../exec/runtime-data.ts';
import type { Keeper } from '../kept/keeper.ts';
import type { MountEntry } from '../sys/host.ts';
import type { MountSettings } from '../unitfile/directives/mount.ts';
import type { ExecCommand } from '../unitfile/language/exec-command.ts';
import { unitNameToPath } from '../unitfile/language/unit-name.ts';
import { isApiMount } from '../unitfile/load/mount-points.ts';
import { type CommandRun, ControlProcess, type ControlResult, type ControlWait } from './control-process.ts';
import type { JobResult, JobType } from './job-types.ts';
import { type ActiveState, type OperationResult, Unit, type UnitManager } from './unit.ts';

type SignalState = 'remounting-sigterm' | 'remounting-sigkill' | 'unmounting-sigterm' | 'unmounting-sigkill';
type State = 'dead' | 'mounting' | 'mounting-done' | 'mounted' | 'remounting' | 'unmounting' | SignalState | 'failed';

export type MountResult = ControlResult | 'resources' | 'timeout' | 'start-limit-hit' | 'protocol';

export const mountCommands = ['ExecMount', 'ExecUnmount', 'ExecRemount'] as const;
type MountCommand = (typeof mountCommands)[number];

const activeStates: Record<State, ActiveState> = {
  dead: 'inactive',
  mounting: 'activating',
  'mounting-done': 'activating',
  mounted: 'active',
  remounting: 'reloading',
  unmounting: 'deactivating',
  'remounting-sigterm': 'reloading',
  'remounting-sigkill': 'reloading',
  'unmounting-sigterm': 'deactivating',
  'unmounting-sigkill': 'deactivating',
  failed: 'failed',
};

/** As systemd's RETRY_UMOUNT_MAX: mounts may be stacked, or a umount(8) may have been for another one. */
const maxUnmounts = 32;

const operations: Record<SignalState, KillOperation> = {
  'remounting-sigterm': 'restart',
  'remounting-sigkill': 'kill',
  'unmounting-sigterm': 'terminate',
  'unmounting-sigkill': 'kill',
};

export class Mount extends Unit {
  #state: State = 'dead';
  result: MountResult = 'success';
  reloadResult: MountResult = 'success';
  readonly #control: ControlProcess;
  #found = false;
  /** How often it has been tried to unmount it. */
  #unmounts = 0;
  /** What was run to mount it, and so on. */
  readonly #commands = new Map<MountCommand, ExecCommand>();

  constructor(manager: UnitManager, name: string) {
    super(manager, 'mount', name);
    this.#control = new ControlProcess(this, 'Mount process');
  }

  override keep(k: Keeper): void {
    super.keep(k);
    this.#state = k.word('state', this.#state, activeStates);
    this.result = k.word('result', this.result);
    this.reloadResult = k.word('reloadResult', this.reloadResult);
    this.#found = k.flag('found', this.#found);
    this.#unmounts = k.number('unmounts', this.#unmounts);
    k.inner('control', (of) => this.#control.keep(of));
  }

  override revive(): void {
    super.revive();
    if (this.#control.pid > 0) this.#control.revive(this.#waits);
  }

  get activeState(): ActiveState {
    return activeStates[this.#state];
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
  get #settings(): MountSettings {
    return this.loaded.mount!;
  }
  get where(): string {
    // A unit without a file, or with a bad one, still has the place that its name says.
    return this.#settings.Where || unitNameToPath(this.id) || '/';
  }

  /** What is mounted there now, as /proc/self/mountinfo says; the last of a stack. */
  get mounted(): MountEntry | undefined {
    return this.manager.host.mountTable().findLast((m) => m.target === this.where);
  }

  /** A tmpfs that the distribution has for itself (tmp.mount, run-lock.mount): the directory serves as it is. */
  override get reasonNotRun(): string | undefined {
    const { host, scope } = this.manager;
    const path = this.loaded.fragmentPath ?? '';
    const needless = this.#settings.Type === 'tmpfs' && scope === 'system' && /^(?:\/usr)?\/lib\/systemd\//.test(path);
    if (needless && this.#state === 'dead' && !canMount(host)) return 'the container may not mount (no CAP_SYS_ADMIN)';
    return super.reasonNotRun;
  }

  override coldplug(): void {
    if (!isApiMount(this.where)) this.noticed(this.mounted !== undefined);
  }

  /** What somebody else has mounted or unmounted changes the state as if it had been done here. */
  noticed(there: boolean): void {
    switch (this.#state) {
      case 'dead':
      case 'failed':
        if (!there) break;
        this.#found = true;
        this.#begin();
        this.#setState('mounted');
        break;
      case 'mounting':
        if (there) this.#setState('mounting-done');
        break;
      case 'mounting-done':
        // A program may mount and then think better of it; how it ends tells.
        if (!there) this.#setState('mounting');
        break;
      case 'mounted':
        if (!there) this.#enterDead('success');
        break;
    }
  }

  /** A new life. */
  #begin(): void {
    this.acquireInvocationId();
    this.result = 'success';
    this.reloadResult = 'success';
  }

  protected override preventStart(): OperationResult | undefined {
    if (this.testStartLimit()) return undefined;
    this.#enterDead('start-limit-hit');
    return 'failed';
  }

  protected startNow(): OperationResult {
    if (this.activeState === 'deactivating') return 'again';
    if (this.activeState === 'activating') return 'quiet';
    const { What, Options, Type, DirectoryMode } = this.#settings;
    if (What === undefined) return 'failed';
    this.#found = false;
    this.manager.tracker.resetCpu(this.id);
    this.#forgetCommands();
    this.#begin();
    warnLeftovers(this, 'start');
    try {
      this.manager.host.files.mkdirs(this.where, DirectoryMode);
    } catch (error) {
      this.log(4, `Failed to create mount point: ${error instanceof Error ? error.message : String(error)}`);
    }
    const options = Options === undefined || Options === 'defaults' ? [] : ['-o', Options];
    const type = Type === undefined ? [] : ['-t', Type];
    if (this.#run('ExecMount', 'mount', 'mount', [What, this.where, ...this.#flags, ...type, ...options]))
      this.#setState('mounting');
    else this.#enterDeadOrMounted('resources');
    return 'started';
  }

  override reread(): void {
    super.reread();
    this.#forgetCommands();
    this.#control.limit(this.#settings.TimeoutSec);
  }

  get #flags(): string[] {
    const { SloppyOptions, ReadWriteOnly } = this.#settings;
    return [...(SloppyOptions ? ['-s'] : []), ...(ReadWriteOnly ? ['-w'] : [])];
  }

  protected stopNow(): OperationResult {
    switch (this.#state) {
      case 'mounted':
        // Among the processes of a host only what the manager itself has mounted is its own to unmount.
        if (this.#found && !this.manager.host.isInit) return 'already';
        this.#unmounts = 0;
        this.#unmount();
        return 'started';
      case 'mounting':
      case 'mounting-done':
      case 'remounting':
        this.#enterSignal('unmounting-sigterm', 'success');
        return 'quiet';
      case 'remounting-sigterm':
        this.#setState('unmounting-sigterm');
        return 'quiet';
      case 'remounting-sigkill':
        this.#setState('unmounting-sigkill');
        return 'quiet';
      default:
        return 'quiet';
    }
  }

  #unmount(): void {
    this.#unmounts++;
    const { LazyUnmount, ForceUnmount } = this.#settings;
    const flags = [...(LazyUnmount ? ['-l'] : []), ...(ForceUnmount ? ['-f'] : [])];
    if (this.#run('ExecUnmount', 'umount', 'umount', [this.where, '-c', ...flags])) this.#setState('unmounting');
    else this.#enterDeadOrMounted('resources');
  }

  protected override reloadNow(): OperationResult {
    const { What, Options, Type } = this.#settings;
    this.reloadResult = 'success';
    if (this.loaded.fragmentPath === undefined || What === undefined) {
      this.log(4, this.manager.host.voice.manager.taskFailed("'remount'", 'No such file or directory'));
      this.reloadResult = 'resources';
      return 'failed';
    }
    const options = ['-o', Options === undefined ? 'remount' : `remount,${Options}`];
    const type = [...this.#flags, ...(Type === undefined ? [] : ['-t', Type])];
    const words = this.manager.host.voice.manager.remountTypeFirst ? [...type, ...options] : [...options, ...type];
    if (this.#run('ExecRemount', 'remount', 'mount', [What, this.where, ...words])) this.#setState('remounting');
    else {
      this.reloadResult = 'resources';
      this.#enterDeadOrMounted('success');
    }
    return 'started';
  }

  override resetFailed(): void {
    super.resetFailed();
    if (this.#state === 'failed') this.#setState('dead');
    this.result = 'success';
  }

  // ---- its program ------------------------------------------------------------------------------------------------

  #run(kind: MountCommand, task: string, program: string, args: string[]): boolean {
    const path = `${this.manager.host.voice.manager.mountFolder}/${program}`;
    const command: ExecCommand = {
      path,
      argv: [path, ...args],
      ignoreFailure: false,
      noEnvExpand: true,
      fullyPrivileged: false,
      noSetuid: false,
      ambientMagic: false,
    };
    this.#commands.set(kind, command);
    return this.#control.spawn(command, {
      task: `'${task}'`,
      name: 'n/a',
      shown: { kind, index: 0 },
      ...this.#waits,
    });
  }

  /** What has been run of a kind since it was started, with how it went; nothing before. */
  commandsOf(kind: MountCommand): CommandRun[] {
    const command = this.#commands.get(kind);
    return command === undefined ? [] : [{ command, status: this.#control.statusOf(kind, 0) }];
  }

  #forgetCommands(): void {
    this.#commands.clear();
    this.#control.forgetStatuses();
  }

  get #waits(): ControlWait {
    return {
      timeoutMs: this.#settings.TimeoutSec,
      onExit: (result) => this.#ended(result),
      onTimeout: () => this.#timedOut(),
    };
  }

  #ended(ended: ControlResult): void {
    const there = this.mounted !== undefined;
    switch (this.#state) {
      case 'mounting':
      case 'mounting-done':
        if (there) this.#enterMounted(ended);
        else if (ended === 'success') {
          this.log(4, 'Mount process finished, but there is no mount.');
          this.#enterDead('protocol');
        } else this.#enterDead(ended);
        break;
      case 'unmounting':
        if (ended !== 'success' || !there) this.#enterDeadOrMounted(ended);
        else if (this.#unmounts < maxUnmounts) {
          this.log(7, 'Mount still present, trying again.');
          this.#unmount();
        } else {
          this.log(4, `Mount still present after ${this.#unmounts} attempts to unmount, giving up.`);
          this.#enterMounted('protocol');
        }
        break;
      case 'unmounting-sigterm':
      case 'unmounting-sigkill':
        this.#enterDeadOrMounted(ended);
        break;
      default:
        this.#noteReload(ended);
        this.#enterDeadOrMounted('success');
    }
  }

  #timedOut(): void {
    const { SendSIGKILL } = this.loaded.kill!;
    switch (this.#state) {
      case 'mounting':
      case 'mounting-done':
        this.log(4, 'Mounting timed out. Terminating.');
        this.#enterSignal('unmounting-sigterm', 'timeout');
        break;
      case 'remounting':
        this.log(4, 'Remounting timed out. Terminating remount process.');
        this.#noteReload('timeout');
        this.#enterSignal('remounting-sigterm', 'success');
        break;
      case 'remounting-sigterm':
        if (SendSIGKILL) {
          this.log(4, 'Remounting timed out. Killing.');
          this.#enterSignal('remounting-sigkill', 'success');
        } else {
          this.log(4, 'Remounting timed out. Skipping SIGKILL. Ignoring.');
          this.#enterDeadOrMounted('success');
        }
        break;
      case 'unmounting':
        this.log(4, 'Unmounting timed out. Terminating.');
        this.#enterSignal('unmounting-sigterm', 'timeout');
        break;
      case 'unmounting-sigterm':
        if (SendSIGKILL) {
          this.log(4, 'Mount process timed out. Killing.');
          this.#enterSignal('unmounting-sigkill', 'timeout');
        } else {
          this.log(4, 'Mount process timed out. Skipping SIGKILL. Ignoring.');
          this.#enterDeadOrMounted('timeout');
        }
        break;
      default:
        this.log(4, 'Mount process still around after SIGKILL. Ignoring.');
        this.#enterDeadOrMounted(this.#state === 'unmounting-sigkill' ? 'timeout' : 'success');
    }
  }

  // ---- states -----------------------------------------------------------------------------------------------------

  #note(result: MountResult): void {
    if (this.result === 'success') this.result = result;
  }
  #noteReload(result: MountResult): void {
    if (this.reloadResult === 'success') this.reloadResult = result;
  }

  /** Signals the program and waits for its end; goes on where there is none. */
  #enterSignal(state: SignalState, result: MountResult): void {
    this.#note(result);
    if (this.#control.kill(operations[state], this.#waits)) this.#setState(state);
    else this.#enterDeadOrMounted('success');
  }

  #enterMounted(result: MountResult): void {
    this.#note(result);
    this.#setState('mounted');
  }

  #enterDead(result: MountResult): void {
    this.#note(result);
    this.logResult(this.result);
    warnLeftovers(this, 'stop');
    this.#setState(this.result === 'success' ? 'dead' : 'failed');
    if (this.loaded.exec !== undefined) removeRuntimeData(this, this.loaded.exec);
    ipcOwnersOf(this.manager.host).release(this.id, (message) => this.log(4, message));
  }

  #enterDeadOrMounted(result: MountResult): void {
    if (this.mounted === undefined) this.#enterDead(result);
    else this.#enterMounted(result);
  }

  #setState(state: State): void {
    const from = this.activeState;
    this.#state = state;
    if (state === 'dead' || state === 'failed' || state === 'mounted') this.#control.abandon();
    this.changed(from, this.activeState, { reloadFailed: this.reloadResult !== 'success' });
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
