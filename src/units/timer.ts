/**
 * Timers (systemd.timer(5)):
 *
 *   dead ─▶ waiting ─elapses─▶ running ─its unit is inactive again─▶ waiting …
 *              └─ nothing left to wait for ─▶ elapsed | dead          any ─▶ failed
 *
 * An event is scheduled at the earliest of all triggers; AccuracySec= is a licence to be late that is not used.
 */
import type { Keeper } from '../kept/keeper.ts';
import { sha256 } from '../sys/hash.ts';
import type { Timer } from '../sys/host.ts';
import type { TimerEntry } from '../unitfile/directives/shapes.ts';
import type { TimerSettings } from '../unitfile/directives/timer.ts';
import { type CalendarSpec, type CalendarZones, parseCalendar } from '../values/time/calendar.ts';
import { nextElapse } from '../values/time/calendar-next.ts';
import { localTimeZone, zoneLoader } from '../values/time/timezone.ts';
import { fractionOf } from './chance.ts';
import { setClockMs, TimeChange } from './time-change.ts';
import { Trigger, type TriggerState } from './trigger.ts';
import { isInactiveOrFailed, type Unit, type UnitManager } from './unit.ts';

/** Longest sleep towards a wall-clock time: a clock that is set meanwhile is noticed by then. */
const realtimeStepMs = 60_000;

/** One trigger with what is known about its next time. */
interface TimerValue {
  readonly entry: TimerEntry;
  readonly calendar: CalendarSpec | undefined;
  disabled: boolean;
  /** Milliseconds, of the wall clock for OnCalendar=, else monotonic; 0 where none is scheduled. */
  nextMs: number;
}

export class TimerUnit extends Trigger {
  #values: TimerValue[] = [];
  #monotonicTimer: Timer | undefined;
  #realtimeTimer: Timer | undefined;
  #timeChange: TimeChange | undefined;
  /** 0 where nothing of the kind is scheduled. */
  nextElapseMonotonic = 0;
  nextElapseRealtime = 0;
  lastTrigger = { realtime: 0, monotonic: 0 };
  /** Kept: the triggers were others, so that all has to be reckoned anew. */
  #isOther = false;

  constructor(manager: UnitManager, name: string) {
    super(manager, 'timer', name);
  }

  override keep(k: Keeper): void {
    super.keep(k);
    this.nextElapseMonotonic = k.number('nextElapseMonotonic', this.nextElapseMonotonic);
    this.nextElapseRealtime = k.number('nextElapseRealtime', this.nextElapseRealtime);
    this.lastTrigger = k.plain('lastTrigger', this.lastTrigger);
    const entries = JSON.stringify(this.#values.map(({ entry }) => entry));
    this.#isOther = k.text('entries', entries) !== entries;
    const times = k.plain(
      'values',
      this.#values.map(({ disabled, nextMs }) => ({ disabled, nextMs })),
    );
    if (!this.#isOther) for (const [index, value] of this.#values.entries()) Object.assign(value, times[index]);
  }

  override revive(): void {
    super.revive();
    if (this.subState !== 'waiting') return;
    const { host } = this.manager;
    if (this.#isOther) host.defer(() => this.subState === 'waiting' && this.#enterWaiting());
    else {
      if (this.nextElapseMonotonic > 0) this.#sleepUntilMonotonic();
      if (this.nextElapseRealtime > 0) this.#sleepUntilRealtime();
      this.#awaitTimeChange();
    }
  }

  get #settings(): TimerSettings {
    return this.loaded.timer!;
  }

  /** Every trigger and when it comes next, for TimersMonotonic= and TimersCalendar= of `show`. */
  get values(): readonly { readonly entry: TimerEntry; readonly nextMs: number }[] {
    return this.#values;
  }

  /** Local time as it is now: the zone of a running system may be changed. */
  get #zones(): CalendarZones {
    const { files, environment } = this.manager.host;
    return { local: localTimeZone(files, environment.TZ), load: zoneLoader(files) };
  }

  protected override configured(): void {
    const entries = this.#settings.Timers;
    this.#values = entries.map((entry) => ({
      entry,
      calendar: entry.base === 'OnCalendar' ? parseCalendar(entry.calendar, this.#zones) : undefined,
      disabled: false,
      nextMs: 0,
    }));
    if (this.subState === 'waiting' || this.subState === 'elapsed') this.manager.host.defer(() => this.#enterWaiting());
  }

  protected prepare(): void {
    this.lastTrigger = { realtime: 0, monotonic: 0 };
    for (const value of this.#values) if (value.entry.base === 'OnActiveSec') value.disabled = false;
    this.#readStamp();
  }

  protected beginWaiting(): void {
    this.#enterWaiting();
  }

  protected stopWaiting(state: TriggerState): void {
    if (state !== 'waiting') this.#cancelTimers();
  }

  override triggeredUnitChanged(other: Unit): void {
    for (const value of this.#values)
      if (value.entry.base === 'OnUnitActiveSec' || value.entry.base === 'OnUnitInactiveSec') value.disabled = false;
    if (this.subState === 'waiting' || this.subState === 'elapsed') this.#enterWaiting();
    else if (this.subState === 'running' && isInactiveOrFailed(other.activeState)) this.#enterWaiting();
  }

  // ---- Persistent= ----------------------------------------------------------------------------------------------

  /** File whose time is that of the last trigger, also while the timer was off; what `systemctl clean` removes. */
  get stampPath(): string | undefined {
    if (!this.#settings.Persistent) return undefined;
    if (this.manager.scope === 'system') return `/var/lib/systemd/timers/stamp-${this.id}`;
    const { XDG_DATA_HOME, HOME } = this.manager.host.environment;
    const base = XDG_DATA_HOME ?? (HOME === undefined ? undefined : `${HOME}/.local/share`);
    return base === undefined ? undefined : `${base}/systemd/timers/stamp-${this.id}`;
  }

  #readStamp(): void {
    const path = this.stampPath;
    if (path === undefined) return;
    const stat = this.manager.host.files.tryStat(path);
    if (stat === undefined) this.#touchStamp(path);
    else if (stat.mtimeMs < this.manager.host.now()) this.lastTrigger = { realtime: stat.mtimeMs, monotonic: 0 };
    else this.log(4, 'Not using persistent file timestamp as it is in the future.');
  }

  #touchStamp(path: string): void {
    try {
      this.manager.host.files.mkdirs(path.slice(0, path.lastIndexOf('/')), 0o755);
      this.manager.host.files.writeAtomic(path, '', 0o644);
    } catch (error) {
      this.log(4, `Failed to touch ${path}, ignoring: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  // ---- states ---------------------------------------------------------------------------------------------------

  #enterWaiting(): void {
    const trigger = this.unitToTrigger();
    if (trigger === undefined) return;
    const { host } = this.manager;
    const now = { realtime: host.now(), monotonic: host.monotonic() };
    let monotonic = Number.POSITIVE_INFINITY;
    let realtime = Number.POSITIVE_INFINITY;
    let leaveAround = false;
    for (const value of this.#values) {
      const { entry } = value;
      if (value.disabled) continue;
      if (entry.base === 'OnCalendar') {
        if (value.calendar === undefined) continue;
        // Not from a time to come: the clock has been set back since.
        const last =
          (this.#settings.DeferReactivation ? trigger.inactiveEnterTimestamp.realtime : 0) ||
          this.lastTrigger.realtime ||
          this.inactiveExitTimestamp.realtime ||
          now.realtime;
        // RandomizedOffsetSec= moves the whole calendar.
        const offset = this.#stableFraction * this.#settings.RandomizedOffsetSec;
        const bare = nextElapse(value.calendar, Math.min(last, now.realtime) - offset, this.#zones);
        if (bare === undefined) continue;
        const next = bare + offset;
        // What was missed before the manager came up is due when it came up, so that RandomizedDelaySec= counts.
        const up = now.realtime - (now.monotonic - this.manager.timestamps.userspace.monotonic);
        value.nextMs = Math.max(next, up);
        realtime = Math.min(realtime, value.nextMs);
        continue;
      }
      let base: number;
      if (entry.base === 'OnActiveSec')
        base = this.activeState === 'active' ? this.inactiveExitTimestamp.monotonic : now.monotonic;
      // The host's uptime means nothing in a container: a boot begins with the manager (systemd.timer(5)).
      else if (entry.base === 'OnBootSec' || entry.base === 'OnStartupSec')
        base = this.manager.timestamps.userspace.monotonic;
      else {
        leaveAround = true;
        const of = entry.base === 'OnUnitActiveSec' ? trigger.inactiveExitTimestamp : trigger.inactiveEnterTimestamp;
        base = Math.max(of.monotonic, this.lastTrigger.monotonic);
        if (base <= 0) continue;
      }
      value.nextMs = base + entry.valueMs;
      const once = entry.base !== 'OnUnitActiveSec' && entry.base !== 'OnUnitInactiveSec';
      const isOver = value.nextMs < now.monotonic || value.nextMs <= this.lastTrigger.monotonic;
      if (once && this.#triggered && isOver) {
        value.disabled = true;
        continue;
      }
      monotonic = Math.min(monotonic, value.nextMs);
    }
    this.#cancelTimers();
    const { OnClockChange, OnTimezoneChange } = this.#settings;
    const comes = monotonic !== Number.POSITIVE_INFINITY || realtime !== Number.POSITIVE_INFINITY;
    if (!comes && !OnClockChange && !OnTimezoneChange) {
      if (leaveAround || this.#settings.RemainAfterElapse) this.setState('elapsed');
      else this.enterDead('success');
      return;
    }
    if (monotonic !== Number.POSITIVE_INFINITY) {
      this.nextElapseMonotonic = monotonic + this.#randomDelay();
      this.#sleepUntilMonotonic();
    }
    if (realtime !== Number.POSITIVE_INFINITY) {
      this.nextElapseRealtime = realtime + this.#randomDelay();
      this.#sleepUntilRealtime();
    }
    this.#awaitTimeChange();
    this.setState('waiting');
  }

  #awaitTimeChange(): void {
    const { OnClockChange: clock, OnTimezoneChange: zone } = this.#settings;
    if (clock || zone) this.#timeChange = new TimeChange(this.manager.host, { clock, zone }, () => this.#elapsed());
  }

  get #triggered(): boolean {
    return this.lastTrigger.realtime > 0 || this.lastTrigger.monotonic > 0;
  }

  #sleepUntilMonotonic(): void {
    const { host } = this.manager;
    const left = Math.max(0, this.nextElapseMonotonic - host.monotonic());
    this.#monotonicTimer = host.after(left, () => this.#elapsed());
  }

  #sleepUntilRealtime(): void {
    const { host } = this.manager;
    const left = this.nextElapseRealtime - host.now();
    const offset = host.now() - host.monotonic();
    this.#realtimeTimer = host.after(Math.min(Math.max(0, left), realtimeStepMs), () => {
      if (host.now() >= this.nextElapseRealtime) this.#elapsed();
      // Set back, it would be waited for until the clock has come there again.
      else if (host.now() - host.monotonic() < offset - setClockMs) this.#enterWaiting();
      else this.#sleepUntilRealtime();
    });
  }

  #randomDelay(): number {
    const delay = this.#settings.RandomizedDelaySec;
    if (delay === Number.POSITIVE_INFINITY) return 0;
    if (!this.#settings.FixedRandomDelay) return fractionOf(this.manager.host.randomBytes(4)) * delay;
    return this.#stableFraction * delay;
  }

  /** Stable for this machine, user and timer (systemd.timer(5), FixedRandomDelay=). */
  get #stableFraction(): number {
    const seed = `${this.manager.host.machineId ?? ''}:${this.manager.host.uid}:${this.id}`;
    return fractionOf(sha256(seed));
  }

  #elapsed(): void {
    if (this.subState === 'waiting') this.#enterRunning();
  }

  #enterRunning(): void {
    if (this.stopPending) return;
    this.#cancelTimers();
    const at = this.manager.timestamp();
    const isTriggered = this.trigger([
      ['TRIGGER_TIMER_REALTIME_USEC', String(Math.floor(at.realtime * 1000))],
      ['TRIGGER_TIMER_MONOTONIC_USEC', String(Math.floor(at.monotonic * 1000))],
    ]);
    if (!isTriggered) return;
    this.lastTrigger = at;
    const stamp = this.stampPath;
    if (stamp !== undefined) this.#touchStamp(stamp);
    this.setState('running');
  }

  #cancelTimers(): void {
    this.#monotonicTimer?.cancel();
    this.#realtimeTimer?.cancel();
    this.#timeChange?.close();
    this.#timeChange = undefined;
    this.nextElapseMonotonic = 0;
    this.nextElapseRealtime = 0;
  }
}
