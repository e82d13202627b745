/**
 * Which process belongs to which unit, without cgroups. In this order:
 *
 *   mark     two limits that no process can turn into another unit's (marks.ts). It counts for processes below the manager
 *            alone, which all of ours stay as it adopts orphans: managers beside this one, and those in containers, use the
 *            same values.
 *   lineage  parent chain, session and process group; kept from scan to scan under (pid, start time), since the parent may
 *            be gone by the next one.
 *   hint     what is left of the mark of an orphan that has changed it. Such a process is killed with the unit that it seems
 *            to be of, and can't speak for it unless it is root's or the unit itself sets the limit; where it isn't root's it
 *            goes as well with every unit of its user that it may have come from.
 *
 * A process that none of these claims belongs to nobody.
 */
import type { Keeper } from '../kept/keeper.ts';
import type { Host, ProcessInfo } from '../sys/host.ts';
import { type Hint, type Mark, Marks, type OwnLimits } from './marks.ts';

const maxAncestors = 128;
const maxEnded = 4096;

/** Start time of a child that was spawned here: its pid cannot be another's before its exit has been told. */
const ownChild = -1;

/** Whose a process is. */
interface Claim {
  /** undefined: nobody's, as far as can be told. */
  readonly key: string | undefined;
  /** undefined: there is none. */
  readonly doubt?: { readonly hint: Hint; readonly uids: readonly number[] };
}

interface Known {
  startTime: number;
  claim: Claim;
  sid: number;
  pgid: number;
}

const isSame = (known: Known, info: ProcessInfo): boolean =>
  known.startTime === info.startTime || known.startTime === ownChild;

/** A process that bears the mark of one unit and is another's, with all that come from it and bear the same. */
interface Moved {
  startTime: number;
  from: string;
  claim: Claim;
}

interface Scan {
  all: Map<number, ProcessInfo>;
  byKey: Map<string, ProcessInfo[]>;
  doubtful: { info: ProcessInfo; claim: Claim }[];
  /** Units of children that were found dead and not yet reaped. */
  dying: Set<string>;
}

export class ProcessTracker {
  readonly #host: Host;
  readonly #marks: Marks;
  readonly #known = new Map<number, Known>();
  readonly #moved = new Map<number, Moved>();
  /** Sessions and groups of processes that ended since the last scan: their children may still be there. */
  #ended: Known[] = [];
  /** Units that have had a process since they were last seen without. */
  readonly #populated = new Set<string>();
  #scan: Scan | undefined;
  /** Units that got a process after the scan of this turn. */
  readonly #changed = new Set<string>();
  readonly #whenEmpty = new Map<string, () => void>();
  #checkScheduled = false;
  readonly #cpuMs = new Map<string, number>();

  constructor(host: Host) {
    this.#host = host;
    this.#marks = new Marks(host);
  }

  /** Who waits until a unit is empty asks again. */
  keep(k: Keeper): void {
    k.inner('marks', (of) => this.#marks.keep(of));
    for (const [pid, known] of k.plain('known', [...this.#known])) this.#known.set(pid, known);
    for (const [pid, moved] of k.plain('moved', [...this.#moved])) this.#moved.set(pid, moved);
    for (const key of k.plain('populated', [...this.#populated])) this.#populated.add(key);
    for (const [key, ms] of k.plain('cpuMs', [...this.#cpuMs])) this.#cpuMs.set(key, ms);
    this.#ended = k.plain('ended', this.#ended);
  }

  /** The unit of a process that was spawned here or has been looked at. */
  knownUnitOf(pid: number): string | undefined {
    return this.#known.get(pid)?.claim.key;
  }

  /** Number of units that can have a mark at a time. */
  get capacity(): number {
    return this.#marks.capacity;
  }
  /** Told of each mark before a process bears it. */
  set onMark(callback: (key: string, mark: Mark, stride: number) => void) {
    this.#marks.onMark = callback;
  }

  /** Processes of a manager that is gone with the mark, or one within its range, belong to `key`. */
  inherit(mark: Mark, stride: number, key: string): void {
    this.#marks.inherit(mark, stride, key);
    this.#populated.add(key);
    this.#scan = undefined;
  }

  /**
   * For SpawnRequest: what the processes of a unit that runs as `uid` bear. undefined where the limits that the manager itself
   * runs under leave no room: lineage alone tells then.
   */
  markOf(key: string, uid = this.#host.uid, own?: OwnLimits): Mark | undefined {
    return this.#marks.of(key, uid, own);
  }

  /** The unit is unloaded. Processes that it left behind are still known as its own, should it be loaded again. */
  forget(key: string): void {
    this.#whenEmpty.delete(key);
    this.#cpuMs.delete(key);
    if (this.#populated.has(key)) return;
    this.#marks.release(key);
  }

  /** Says that a child was spawned for the unit, in a session of its own. */
  spawned(pid: number, key: string): void {
    this.#populated.add(key);
    this.#changed.add(key);
    this.#known.set(pid, { startTime: ownChild, claim: { key }, sid: pid, pgid: pid });
  }

  /** Says that a process is the unit's, whoever started it (a scope's, an attached one). */
  adopt(pid: number, key: string): void {
    this.#populated.add(key);
    this.#changed.add(key);
    const info = this.#host.process(pid);
    if (info === undefined) return;
    this.#remember(info, { key });
    const from = this.#marks.proven(info);
    if (from !== undefined) this.#moved.set(pid, { startTime: info.startTime, from, claim: { key } });
  }

  #remember(info: ProcessInfo, claim: Claim): void {
    this.#known.set(info.pid, { startTime: info.startTime, claim, sid: info.sid, pgid: info.pgid });
  }

  /**
   * To be told of each exit that was reaped. Returns the unit whose process it was, as far as that is known without a
   * look at /proc (a process may have come and gone between two scans).
   */
  exited(pid: number, cpuMs = 0): string | undefined {
    const known = this.#known.get(pid);
    this.#known.delete(pid);
    this.#moved.delete(pid);
    const key = known?.claim.key;
    if (known !== undefined && key !== undefined) {
      this.#ended.push(known);
      if (this.#ended.length > maxEnded) this.#ended.shift();
      this.#cpuMs.set(key, (this.#cpuMs.get(key) ?? 0) + cpuMs);
    }
    // It may have left children behind that the scan does not know.
    if (this.#scan?.all.has(pid)) this.#scan = undefined;
    this.#scheduleCheck();
    return key;
  }

  /** CPU time of the unit's processes that have ended and were reaped here, milliseconds; their own children included. */
  cpuMsOf(key: string): number {
    return this.#cpuMs.get(key) ?? 0;
  }
  resetCpu(key: string): void {
    this.#cpuMs.delete(key);
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
    this.#host.defer(() => {
      this.#checkScheduled = false;
      for (const [key, callback] of [...this.#whenEmpty])
        if (this.#whenEmpty.get(key) === callback && this.#isEmpty(key)) {
          this.#whenEmpty.delete(key);
          callback();
        }
    });
  }

  /**
   * Processes of the unit that are alive (a zombie is not). All that ask in one turn of the event loop share a scan of
   * /proc; `fresh` asks for a new one. Units that never had a process cost none.
   */
  processesOf(key: string, fresh = false): ProcessInfo[] {
    if (!this.#populated.has(key)) return [];
    const { byKey } = fresh ? this.#look() : this.#find(key);
    const found = byKey.get(key) ?? [];
    if (found.length === 0) this.#populated.delete(key);
    return [...found];
  }

  /** The end of a child that is dying will be told, and asked about again. */
  #isEmpty(key: string): boolean {
    if (!this.#populated.has(key)) return true;
    const { byKey, dying } = this.#find(key);
    if (byKey.has(key) || dying.has(key)) return false;
    this.#populated.delete(key);
    return true;
  }

  #find(key: string): Scan {
    return this.#scan === undefined || this.#changed.has(key) ? this.#look() : this.#scan;
  }

  /**
   * Processes that are nobody's for certain, and have changed their marks so that they may have come from the unit. A stop of
   * it ends them: without, a process could leave its unit so.
   */
  suspectsOf(key: string, fresh = false): ProcessInfo[] {
    const { doubtful } = fresh || this.#scan === undefined ? this.#look() : this.#scan;
    return doubtful
      .filter(({ claim }) => claim.key !== key && this.#marks.mayBeOf(key, claim.doubt!.hint, claim.doubt!.uids))
      .map(({ info }) => info);
  }

  /**
   * The unit that a live process may speak for. Looks at that process and those above it only. `sender`: the user that the
   * process had when it sent something; where it has another now, the pid is no longer that process's.
   */
  unitOfPid(pid: number, sender?: number): string | undefined {
    if (sender !== undefined && !this.isStill(pid, sender)) return undefined;
    const chain: ProcessInfo[] = [];
    let claim: Claim | undefined;
    for (let at = pid; chain.length < maxAncestors && at > 1 && at !== this.#host.pid; at = chain.at(-1)!.ppid) {
      const info = this.#host.process(at);
      if (info === undefined) break;
      chain.push(info);
      claim = this.#claim(info);
      if (claim !== undefined) break;
    }
    const [first, top] = [chain[0], chain.at(-1)];
    if (first === undefined || top === undefined) return undefined;
    claim ??= this.#groups()(first) ?? this.#hinted(top);
    if (claim === undefined) return undefined;
    for (const info of chain) this.#remember(info, claim);
    if (claim.key !== undefined) this.#populated.add(claim.key);
    return this.#maySpeak(claim) ? claim.key : undefined;
  }

  /** False where the pid is another process's by now than it was when a process of this user had it. */
  isStill(pid: number, sender: number): boolean {
    return sender === this.#host.uid || this.#host.userIds(pid).includes(sender);
  }

  #maySpeak({ key, doubt }: Claim): boolean {
    if (doubt === undefined) return true;
    const runsAs = (uid: number | undefined): boolean => doubt.uids.every((id) => id === uid);
    return runsAs(this.#host.uid) || (doubt.hint.expected && key !== undefined && runsAs(this.#marks.userOf(key)));
  }

  /** By what a process bears itself, or by what was known of it. `processAt` finds the processes above it. */
  #claim(info: ProcessInfo, processAt = (pid: number) => this.#host.process(pid)): Claim | undefined {
    const key = this.#marks.proven(info);
    if (key !== undefined && this.#isBelow(info, processAt)) return this.#movedTo(info, key, processAt) ?? { key };
    const inherited = this.#marks.inherited(info);
    if (inherited !== undefined) return { key: inherited };
    const known = this.#known.get(info.pid);
    return known !== undefined && isSame(known, info) ? known.claim : undefined;
  }

  /** Of a process that bears the mark of `from`: it or one above it may have been moved out of that unit. */
  #movedTo(info: ProcessInfo, from: string, processAt: (pid: number) => ProcessInfo | undefined): Claim | undefined {
    if (this.#moved.size === 0) return undefined;
    let at: ProcessInfo | undefined = info;
    for (let i = 0; i < maxAncestors && at !== undefined && at.ppid > 0; i++) {
      const moved = this.#moved.get(at.pid);
      if (moved?.startTime === at.startTime && moved.from === from) {
        // It stays so when those above it have ended.
        this.#moved.set(info.pid, { ...moved, startTime: info.startTime });
        return moved.claim;
      }
      at = processAt(at.ppid);
    }
    return undefined;
  }

  /** Of an orphan: what is left of its mark. */
  #hinted(info: ProcessInfo): Claim | undefined {
    if (info.ppid !== this.#host.pid) return undefined;
    const hint = this.#marks.hint(info);
    if (hint === undefined) return undefined;
    const uids = this.#host.userIds(info.pid);
    const isOwn = (uid: number | undefined): boolean => uid === this.#host.uid;
    const user = hint.key === undefined ? undefined : this.#marks.userOf(hint.key);
    // A process that the manager's own user has no hand in can lower its tag to that of any unit of this user.
    const fits = user !== undefined && (uids.includes(user) || (isOwn(user) && (hint.byCheck || uids.every(isOwn))));
    return { key: fits ? hint.key : undefined, doubt: { hint, uids } };
  }

  #isBelow(info: ProcessInfo, processAt: (pid: number) => ProcessInfo | undefined): boolean {
    let at = info;
    for (let i = 0; i < maxAncestors && at.ppid > 0; i++) {
      if (at.ppid === this.#host.pid) return true;
      if (at.ppid === 1) return false;
      const above = processAt(at.ppid) ?? this.#host.process(at.ppid);
      if (above !== undefined) {
        at = above;
        continue;
      }
      // Its parent has ended since: who has it now?
      const again = this.#host.process(at.pid);
      if (again === undefined || again.ppid === at.ppid) return false;
      at = again;
    }
    return false;
  }

  /**
   * Owners of sessions and process groups: those in which all that are known belong to one unit, and that are not the
   * manager's own.
   */
  #groups(): (info: ProcessInfo) => Claim | undefined {
    const owners = { sid: new Map<number, string | undefined>(), pgid: new Map<number, string | undefined>() };
    const own = this.#host.process(this.#host.pid);
    const fields = ['sid', 'pgid'] as const;
    const note = (known: Known): void => {
      const { key, doubt } = known.claim;
      if (doubt !== undefined) return;
      for (const field of fields) {
        const group = known[field];
        const other = owners[field].get(group);
        owners[field].set(group, owners[field].has(group) && other !== key ? undefined : key);
      }
    };
    for (const known of this.#known.values()) note(known);
    for (const known of this.#ended) note(known);
    return (info) => {
      for (const field of fields) {
        const group = info[field];
        if (group <= 0 || group === own?.[field]) continue;
        // A leader that is nobody's has made the group anew, under a number that was used before.
        const leader = group === info.pid ? info : this.#host.process(group);
        if (leader !== undefined && this.#claim(leader) === undefined) continue;
        const key = owners[field].get(info[field]);
        if (key !== undefined) return { key };
      }
      return undefined;
    };
  }

  #look(): Scan {
    const all = new Map<number, ProcessInfo>();
    for (const info of this.#host.processes()) all.set(info.pid, info);
    const owners = new Map<number, Claim | undefined>();
    const unclaimed: ProcessInfo[] = [];
    for (const info of all.values()) {
      if (info.pid <= 1 || info.pid === this.#host.pid) continue;
      const owner = this.#resolve(info, all, owners);
      if (owner === undefined) unclaimed.push(info);
      else this.#remember(info, owner);
    }
    if (unclaimed.length > 0) this.#placeOrphans(unclaimed, all, owners);
    for (const [pid, known] of this.#known) {
      const info = all.get(pid);
      if (info === undefined || !isSame(known, info)) this.#known.delete(pid);
    }
    for (const [pid, moved] of this.#moved) if (all.get(pid)?.startTime !== moved.startTime) this.#moved.delete(pid);
    this.#ended = [];

    const byKey = new Map<string, ProcessInfo[]>();
    const dying = new Set<string>();
    const doubtful: Scan['doubtful'] = [];
    const isOther = (uid: number): boolean => uid !== this.#host.uid;
    for (const [pid, claim] of owners) {
      const info = all.get(pid)!;
      if (claim === undefined) continue;
      const { key, doubt } = claim;
      if (info.state === 'Z' || info.state === 'X') {
        if (key !== undefined && info.ppid === this.#host.pid) dying.add(key);
        continue;
      }
      if (doubt !== undefined && !(doubt.hint.expected && key !== undefined) && doubt.uids.some(isOther))
        doubtful.push({ info, claim });
      if (key === undefined) continue;
      const list = byKey.get(key);
      if (list === undefined) byKey.set(key, [info]);
      else list.push(info);
    }
    for (const key of byKey.keys()) this.#populated.add(key);
    this.#changed.clear();
    const scan = { all, byKey, doubtful, dying };
    this.#scan = scan;
    this.#host.defer(() => {
      this.#scan = undefined;
    });
    return scan;
  }

  /** By the nearest of itself and those above it that somebody claims. */
  #resolve(
    start: ProcessInfo,
    all: ReadonlyMap<number, ProcessInfo>,
    owners: Map<number, Claim | undefined>,
  ): Claim | undefined {
    const chain: ProcessInfo[] = [];
    let owner: Claim | undefined;
    for (let info: ProcessInfo | undefined = start; info !== undefined && chain.length < maxAncestors; ) {
      if (info.pid === this.#host.pid || info.pid <= 1) break;
      if (owners.has(info.pid)) {
        owner = owners.get(info.pid);
        break;
      }
      chain.push(info);
      owner = this.#claim(info, (pid) => all.get(pid));
      if (owner !== undefined) break;
      info = all.get(info.ppid);
    }
    for (const info of chain) owners.set(info.pid, owner);
    return owner;
  }

  /** By session and process group, else by what the topmost bears. */
  #placeOrphans(
    orphans: readonly ProcessInfo[],
    all: ReadonlyMap<number, ProcessInfo>,
    owners: Map<number, Claim | undefined>,
  ): void {
    const ownerOfGroup = this.#groups();
    const place = (info: ProcessInfo, owner: Claim | undefined): void => {
      if (owner === undefined) return;
      owners.set(info.pid, owner);
      this.#remember(info, owner);
    };
    for (const info of orphans) place(info, ownerOfGroup(info));
    for (const info of orphans) {
      let top = info;
      for (let i = 0; i < maxAncestors && owners.get(top.pid) === undefined; i++) {
        const above = top.ppid === this.#host.pid ? undefined : all.get(top.ppid);
        if (above === undefined) break;
        top = above;
      }
      if (owners.get(info.pid) === undefined) place(info, owners.get(top.pid) ?? this.#hinted(top));
    }
  }
}
