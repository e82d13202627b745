/**
 * Which process belongs to which unit, without cgroups: what tells so is in claims.ts, who is asked in children.ts. Nothing here
 * costs in proportion to all processes that there are, but where the kernel or the limits of the container leave no other way,
 * and for units whose processes are not below this manager (whole-table.ts).
 */
import type { Keeper } from '../kept/keeper.ts';
import type { Host, ProcessInfo } from '../sys/host.ts';
import { Children } from './children.ts';
import { Claims } from './claims.ts';
import type { Mark, OwnLimits } from './marks.ts';
import { atOnce, inSlices, type Slices } from './slices.ts';
import { readWholeTable, type WholeTable } from './whole-table.ts';

export class ProcessTracker {
  readonly #host: Host;
  readonly #claims: Claims;
  readonly #children: Children;
  /** Whether processes are found by walking down; undefined before anybody has asked. */
  #walks: boolean | undefined;
  /** Units that have processes which are, or will be when they are orphans, below another process than this one. */
  readonly #beyond = new Set<string>();
  /** Units that have had a process since they were last seen without. */
  readonly #populated = new Set<string>();
  #table: WholeTable | undefined;
  /** Units that got a process after the table of this turn. */
  readonly #changed = new Set<string>();
  readonly #whenEmpty = new Map<string, () => void>();
  #checkScheduled = false;
  readonly #cpuMs = new Map<string, number>();
  /** Whose turns are the unit's (`takeTurns`). */
  readonly #turns = new Map<string, object>();

  constructor(host: Host) {
    this.#host = host;
    this.#claims = new Claims(host);
    this.#children = new Children({
      host,
      claims: this.#claims,
      populated: (key) => this.#populated.add(key),
      lookAtAll: () => this.#look(),
    });
  }

  /** Who waits until a unit is empty asks again. */
  keep(k: Keeper): void {
    k.inner('claims', (of) => this.#claims.keep(of));
    k.inner('children', (of) => this.#children.keep(of));
    for (const key of k.plain('beyond', [...this.#beyond])) this.#beyond.add(key);
    for (const key of k.plain('populated', [...this.#populated])) this.#populated.add(key);
    for (const [key, ms] of k.plain('cpuMs', [...this.#cpuMs])) this.#cpuMs.set(key, ms);
    // In the log of a crash they stand one by one, without what the kernel still knows.
    let isLog = false;
    k.list(
      'units',
      [],
      () => {},
      (of) => {
        isLog = true;
        this.keepOf(of, of.text('key', ''));
      },
    );
    if (isLog) this.#claims.marks.findFreed();
  }

  /** Another number than before, and `keepCommon` has something else to say that does not follow from what units keep. */
  get common(): number {
    return this.#claims.marks.base;
  }
  /** What is common to all units. */
  keepCommon(k: Keeper): void {
    k.inner('claims', (of) => of.inner('marks', (inner) => this.#claims.marks.keepRange(inner)));
  }

  /** Units of which there is something to be kept by itself. */
  known(): Set<string> {
    return new Set([...this.#cpuMs.keys(), ...this.#beyond, ...this.#claims.marks.keys()]);
  }
  /** Whether there is anything to be kept of the unit by itself. */
  knowsOf(key: string): boolean {
    return this.#cpuMs.has(key) || this.#beyond.has(key) || this.#claims.marks.has(key);
  }

  /** What is known of one unit, but for what its processes tell themselves. */
  keepOf(k: Keeper, key: string): void {
    k.text('key', key);
    this.#claims.marks.keepOf(k, key);
    this.#children.keepOf(k, key);
    if (k.flag('beyond', this.#beyond.has(key))) this.#beyond.add(key);
    const cpuMs = k.number('cpuMs', this.#cpuMs.get(key) ?? 0);
    if (!k.isReading) return;
    if (cpuMs > 0) this.#cpuMs.set(key, cpuMs);
    this.#populated.add(key);
  }

  /** Told of each unit of which something has changed that is kept. */
  onChange: (key: string) => void = () => {};

  /** The unit of a process that was spawned here or has been looked at. */
  knownUnitOf(pid: number): string | undefined {
    return this.#claims.keyOf(pid);
  }

  /** Number of units that can have a mark at a time. */
  get capacity(): number {
    return this.#claims.marks.capacity;
  }
  /** Told of each mark before a process bears it. */
  set onMark(callback: (key: string, mark: Mark, stride: number) => void) {
    this.#claims.marks.onMark = callback;
  }

  /** Processes of a manager that is gone with the mark, or one within its range, belong to `key`. */
  inherit(mark: Mark, stride: number, key: string): void {
    this.#claims.marks.inherit(mark, stride, key);
    this.#beyond.add(key);
    this.#populated.add(key);
    this.#expire();
  }

  /**
   * For SpawnRequest: what the processes of a unit that runs as `uid` bear. undefined where the limits that the manager itself
   * runs under leave no room: lineage alone tells then.
   */
  markOf(key: string, uid = this.#host.uid, own?: OwnLimits): Mark | undefined {
    return this.#claims.marks.of(key, uid, own);
  }

  /** The unit is unloaded. Processes that it left behind are still known as its own, should it be loaded again. */
  forget(key: string): void {
    this.#whenEmpty.delete(key);
    this.#cpuMs.delete(key);
    this.#turns.delete(key);
    this.onChange(key);
    if (this.#populated.has(key)) return;
    this.#beyond.delete(key);
    this.#claims.marks.release(key);
  }

  /** Says that a child was spawned for the unit, in a session of its own. */
  spawned(pid: number, key: string): void {
    this.#populated.add(key);
    this.#changed.add(key);
    this.#turns.delete(key);
    this.#claims.spawned(pid, { key });
    this.#children.spawned(pid, key);
    this.onChange(key);
  }

  /** Says that a child of another program of this process, or one that it has reaped, is the unit's. */
  takeUp(pid: number, key: string): void {
    this.#populated.add(key);
    const info = this.#host.process(pid);
    if (info === undefined) this.#claims.spawned(pid, { key });
    else this.#claims.remember(info, { key });
    this.#children.spawned(pid, key);
  }

  /** Says that a process is the unit's, whoever started it (a scope's, an attached one). */
  adopt(pid: number, key: string): void {
    this.#populated.add(key);
    this.#changed.add(key);
    const info = this.#host.process(pid);
    if (info === undefined) return;
    this.#claims.remember(info, { key });
    this.#claims.moved(info, { key });
    this.#children.adopted(info, key);
    // An orphan of it comes to us where all do.
    if (this.#host.pid !== 1) this.#beyond.add(key);
    this.onChange(key);
  }

  /**
   * To be told of each exit that was reaped. Returns the unit whose process it was, as far as that is known without a
   * look at /proc (a process may have come and gone between two looks).
   */
  exited(pid: number, cpuMs = 0): string | undefined {
    const key = this.#claims.exited(pid)?.key;
    if (key !== undefined) this.#cpuMs.set(key, (this.#cpuMs.get(key) ?? 0) + cpuMs);
    this.#children.exited(pid);
    if (key !== undefined) this.onChange(key);
    // It may have left children behind that the table does not know.
    if (this.#table?.all.has(pid)) this.#table = undefined;
    this.#scheduleCheck();
    return key;
  }

  /** CPU time of the unit's processes that have ended and were reaped here, milliseconds; their own children included. */
  cpuMsOf(key: string): number {
    return this.#cpuMs.get(key) ?? 0;
  }
  /** Whether any of its processes has been counted. */
  hasCpu(key: string): boolean {
    return this.#cpuMs.has(key);
  }
  resetCpu(key: string): void {
    if (this.#cpuMs.delete(key)) this.onChange(key);
  }

  /**
   * Calls back, once, from the event loop, when the unit has no process; also where that is so already. A later call
   * replaces an earlier one.
   */
  whenEmpty(key: string, callback: () => void): void {
    this.#whenEmpty.set(key, callback);
    this.#scheduleCheck();
  }
  cancelWhenEmpty(key: string): void {
    this.#whenEmpty.delete(key);
  }

  #scheduleCheck(): void {
    if (this.#checkScheduled || this.#whenEmpty.size === 0) return;
    this.#checkScheduled = true;
    const isWanted = (): boolean => true;
    this.#host.defer(() => inSlices(this.#host, this.#lookForCheck(), isWanted, () => this.#check()));
  }
  *#lookForCheck(): Slices<void> {
    try {
      if (this.#isWalking) yield* this.#children.look();
    } finally {
      this.#checkScheduled = false;
    }
  }
  #check(): void {
    for (const [key, callback] of [...this.#whenEmpty])
      if (this.#whenEmpty.get(key) === callback && this.#isEmpty(key)) {
        this.#whenEmpty.delete(key);
        callback();
      }
  }

  /**
   * Processes of the unit that are alive (a zombie is not). All that ask in one turn of the event loop share a look; `fresh`
   * asks for a new one. Units that never had a process cost none.
   */
  processesOf(key: string, fresh = false): ProcessInfo[] {
    return atOnce(this.seek(key, fresh));
  }

  /** The same for who can wait: a unit may have thousands. */
  *seek(key: string, fresh = false): Slices<ProcessInfo[]> {
    if (!this.#populated.has(key)) return [];
    const found = this.#isBelow(key) ? yield* this.#below(key, fresh) : this.#inTable(key, fresh);
    if (found.length === 0 && !this.#children.knowsOf(key) && !this.#children.isElusive(key))
      this.#populated.delete(key);
    return [...found];
  }
  *#below(key: string, fresh: boolean): Slices<ProcessInfo[]> {
    if (fresh) this.#children.expire();
    return yield* this.#children.below(key);
  }
  #inTable(key: string, fresh: boolean): ProcessInfo[] {
    return (fresh ? this.#look() : this.#find(key)).byKey.get(key) ?? [];
  }

  /** Whether `processesOf` finds any. Where it does that costs next to nothing. */
  hasProcesses(key: string): boolean {
    if (!this.#populated.has(key)) return false;
    return this.#isBelow(key) ? atOnce(this.#children.isAlive(key)) : this.#find(key).byKey.has(key);
  }

  /** The end of a child that is dying will be told, and asked about again. */
  #isEmpty(key: string): boolean {
    if (!this.#populated.has(key)) return true;
    if (this.#isBelow(key)) {
      if (this.#children.knowsOf(key)) return false;
      atOnce(this.#children.look());
      if (this.#children.knowsOf(key) || !this.#children.isSure) return false;
    } else {
      const { byKey, dying } = this.#find(key);
      if (byKey.has(key) || dying.has(key)) return false;
    }
    this.#populated.delete(key);
    return true;
  }

  /**
   * Processes that are nobody's for certain, and have changed their marks so that they may have come from the unit. A stop of
   * it ends them: without, a process could leave its unit so.
   */
  suspectsOf(key: string, fresh = false): ProcessInfo[] {
    return atOnce(this.seekSuspects(key, fresh));
  }
  *seekSuspects(key: string, fresh = false): Slices<ProcessInfo[]> {
    if (this.#isWalking) {
      if (fresh) this.#children.expire();
      return yield* this.#children.suspects(key);
    }
    const { doubtful } = fresh || this.#table === undefined ? this.#look() : this.#table;
    return doubtful.filter(({ claim }) => this.#claims.mayBeOf(key, claim)).map(({ info }) => info);
  }

  /**
   * For work on the unit's processes that goes on in turns: true until somebody else begins such work on it, or another process
   * is spawned for it.
   */
  takeTurns(key: string): () => boolean {
    const own = {};
    this.#turns.set(key, own);
    return () => this.#turns.get(key) === own;
  }

  /**
   * The unit that a live process may speak for. Looks at that process and those above it only. `sender`: the user that the
   * process had when it sent something; where it has another now, the pid is no longer that process's.
   */
  unitOfPid(pid: number, sender?: number): string | undefined {
    if (sender !== undefined && !this.isStill(pid, sender)) return undefined;
    const first = pid > 1 && pid !== this.#host.pid ? this.#host.process(pid) : undefined;
    if (first === undefined) return undefined;
    const { claim: own, chain } = this.#claims.upwards(first);
    const claim = own ?? this.#claims.groups()(first) ?? this.#claims.hinted(chain.at(-1)!);
    if (claim === undefined) return undefined;
    for (const info of chain) this.#claims.remember(info, claim);
    this.#claims.sweep();
    if (claim.key !== undefined) this.#populated.add(claim.key);
    return this.#claims.maySpeak(claim) ? claim.key : undefined;
  }

  /** False where the pid is another process's by now than it was when a process of this user had it. */
  isStill(pid: number, sender: number): boolean {
    return sender === this.#host.uid || this.#host.userIds(pid).includes(sender);
  }

  /** Marks have to be proof: where they are hints alone, what tells is who was seen with whom, and everybody is to be seen. */
  get #isWalking(): boolean {
    this.#walks ??= this.#claims.marks.areProof && this.#children.isPossible();
    return this.#walks;
  }
  #isBelow(key: string): boolean {
    return !this.#beyond.has(key) && this.#isWalking;
  }

  #expire(): void {
    this.#table = undefined;
    this.#children.expire();
  }

  #find(key: string): WholeTable {
    return this.#table === undefined || this.#changed.has(key) ? this.#look() : this.#table;
  }
  #look(): WholeTable {
    const table = readWholeTable(this.#host, this.#claims);
    for (const key of table.byKey.keys()) this.#populated.add(key);
    this.#changed.clear();
    this.#table = table;
    this.#host.defer(() => {
      this.#table = undefined;
    });
    return table;
  }
}
