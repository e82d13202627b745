/**
 * Devices come and go without anyone here to tell (no udev in a container), so a device unit is plugged for as long as
 * its node exists, looked at when asked, and is one that udev would tell systemd of. Where /sys is read-only, as containers
 * have it, none are expected to come: a job to start one ends at once. Elsewhere it waits until JobTimeoutSec=
 * (systemd.device(5)).
 */
import type { Keeper } from '../kept/keeper.ts';
import type { FileStat } from '../sys/host.ts';
import { unitNameToPath } from '../unitfile/language/unit-name.ts';
import type { JobResult, JobType } from './job-types.ts';
import { type ActiveState, type OperationResult, Unit, type UnitManager } from './unit.ts';

/** Of character devices the rules that systemd brings (99-systemd.rules) tag these: /dev/null and its like are no units. */
const tagged = /\/(?:(?:tty[a-zA-Z]|hvc|xvc|hvsi|sclp_line|vport|tpmrm)[^/]*|3270\/tty\d+|fuse|rfkill)$/;

const isUnit = (path: string, { type }: FileStat): boolean => type !== 'char' || tagged.test(path);

export class Device extends Unit {
  #plugged = false;

  constructor(manager: UnitManager, name: string) {
    super(manager, 'device', name);
  }

  override keep(k: Keeper): void {
    super.keep(k);
    this.#plugged = k.flag('plugged', this.#plugged);
  }

  override revive(): void {
    super.revive();
    this.manager.host.defer(() => this.#look());
  }

  get activeState(): ActiveState {
    return this.#plugged ? 'active' : 'inactive';
  }
  get subState(): string {
    return this.#plugged ? 'plugged' : 'dead';
  }
  override get canStart(): boolean {
    return false;
  }
  override get canStop(): boolean {
    return false;
  }

  override coldplug(): void {
    this.#look();
  }

  protected startNow(): OperationResult {
    this.#look();
    if (this.#plugged) return 'already';
    return this.manager.host.files.access('/sys', 'write') ? 'not-applicable' : 'unsupported';
  }
  protected stopNow(): OperationResult {
    return 'not-applicable';
  }

  #look(): void {
    const path = unitNameToPath(this.id);
    const node = path === undefined ? undefined : this.manager.host.files.tryStat(path);
    const plugged = node !== undefined && isUnit(path!, node);
    if (plugged === this.#plugged) return;
    const from = this.activeState;
    this.#plugged = plugged;
    this.changed(from, this.activeState);
  }

  override jobStartMessage(type: JobType): string | undefined {
    if (type === 'start') return 'Expecting device %s...';
    if (type === 'stop') return 'Waiting for device %s to disappear...';
    return super.jobStartMessage(type);
  }
  override jobDoneMessage(type: JobType, result: JobResult): string | undefined {
    if (type === 'start' && result === 'done') return 'Found device %s.';
    if (type === 'start' && result === 'timeout') return 'Timed out waiting for device %s.';
    return super.jobDoneMessage(type, result);
  }
}
