/**
 * What tells whose a process is, without cgroups. In this order:
 *
 *   mark     two limits that no process can turn into another unit's (marks.ts). It counts for processes below the manager
 *            alone, which all of ours stay as it adopts orphans: managers beside this one, and those in containers, use the
 *            same values.
 *   lineage  parent chain, session and process group; kept from look to look under (pid, start time), since the parent may
 *            be gone by the next one.
 *   hint     what is left of the mark of an orphan that has changed it. Such a process is killed with the unit that it seems
 *            to be of, and can't speak for it unless it is root's or the unit itself sets the limit; where it isn't root's it
 *            goes as well with every unit of its user that it may have come from.
 *
 * A process that none of these claims belongs to nobody.
 */
import type { Keeper } from '../kept/keeper.ts';
import type { Host, ProcessInfo } from '../sys/host.ts';
import { type Hint, Marks } from './marks.ts';

export const maxAncestors = 128;
const maxEnded = 4096;
/** What is known of processes is gone through for those that have ended when there is so much of it, and when it has doubled since. */
const keptAtLeast = 1024;
/** Of these for each that is new, and most at once. */
const swept = { each: 2, most: 64 };

/** Start time of a child that was spawned here: its pid cannot be another's before its exit has been told. */
const ownChild = -1;

/** Whose a process is. */
export interface Claim {
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

/** A process that bears the mark of one unit and is another's, with all that come from it and bear the same. */
interface Moved {
  startTime: number;
  from: string;
  claim: Claim;
}

type ProcessAt = (pid: number) => ProcessInfo | undefined;

const isSame = (known: Known, info: ProcessInfo): boolean =>
  known.startTime === info.startTime || known.startTime === ownChild;

const fields = ['sid', 'pgid'] as const;

export class Claims {
  readonly marks: Marks;
  readonly #host: Host;
  readonly #known = new Map<number, Known>();
  #sweepAt = keptAtLeast;
  #toSweep = 0;
  #sweep: IterableIterator<[number, Known]> | undefined;
  readonly #moved = new Map<number, Moved>();
  /** Sessions and groups of processes that ended since the last look: their children may still be there. */
  #ended: Known[] = [];

  constructor(host: Host) {
    this.#host = host;
    this.marks = new Marks(host);
  }

  keep(k: Keeper): void {
    k.inner('marks', (of) => this.marks.keep(of));
    for (const [pid, known] of k.plain('known', [...this.#known])) this.#known.set(pid, known);
    for (const [pid, moved] of k.plain('moved', [...this.#moved])) this.#moved.set(pid, moved);
    this.#ended = k.plain('ended', this.#ended);
  }

  /** The unit of a process that was spawned here or has been looked at. */
  keyOf(pid: number): string | undefined {
    return this.#known.get(pid)?.claim.key;
  }

  /** Says that a child was spawned for the unit, in a session of its own. */
  spawned(pid: number, claim: Claim): void {
    this.#known.set(pid, { startTime: ownChild, claim, sid: pid, pgid: pid });
  }

  /** Says that a process is the unit's, and not that of the unit whose mark it bears. */
  moved(info: ProcessInfo, claim: Claim): void {
    const from = this.marks.proven(info);
    if (from === undefined || from === claim.key) this.#moved.delete(info.pid);
    else this.#moved.set(info.pid, { startTime: info.startTime, from, claim });
  }
  /** Units that have processes which bear another one's mark. */
  get movedTo(): Set<string> {
    return new Set([...this.#moved.values()].flatMap(({ claim: { key } }) => (key === undefined ? [] : [key])));
  }

  remember({ pid, startTime, sid, pgid }: ProcessInfo, claim: Claim): void {
    const known = this.#known.get(pid);
    if (known !== undefined) {
      known.startTime = startTime;
      known.claim = claim;
      known.sid = sid;
      known.pgid = pgid;
      return;
    }
    this.#known.set(pid, { startTime, claim, sid, pgid });
    this.#toSweep += swept.each;
  }

  /** Processes whose exits nobody tells of here are not kept for ever: to be called now and then. */
  sweep(): void {
    if (this.#known.size <= this.#sweepAt) this.#toSweep = 0;
    for (let left = Math.min(this.#toSweep, swept.most); left > 0; left--) {
      this.#toSweep--;
      this.#sweep ??= this.#known.entries();
      const next = this.#sweep.next();
      if (next.done === true) {
        this.#swept();
        return;
      }
      const [pid, known] = next.value;
      if (known.startTime === ownChild) continue;
      const info = this.#host.process(pid);
      if (info === undefined || !isSame(known, info)) this.#known.delete(pid);
    }
  }
  #swept(): void {
    this.#sweep = undefined;
    this.#toSweep = 0;
    this.#sweepAt = Math.max(keptAtLeast, 2 * this.#known.size);
  }

  /** What was known of a process that has ended. */
  exited(pid: number): Claim | undefined {
    const known = this.#known.get(pid);
    this.#known.delete(pid);
    this.#moved.delete(pid);
    if (known === undefined) return undefined;
    if (known.claim.key !== undefined) {
      this.#ended.push(known);
      if (this.#ended.length > maxEnded) this.#ended.shift();
    }
    return known.claim;
  }

  /** All that those which have ended left behind has been looked at. */
  forgetEnded(): void {
    if (this.#ended.length > 0) this.#ended = [];
  }
  /** Processes that are not `there` any more, under the same number, are forgotten. */
  keepOnly(there: ProcessAt): void {
    for (const [pid, known] of this.#known) {
      const info = there(pid);
      if (info === undefined || !isSame(known, info)) this.#known.delete(pid);
    }
    this.#swept();
    this.keepMoved(there);
  }
  keepMoved(there: ProcessAt): void {
    for (const [pid, moved] of this.#moved) if (there(pid)?.startTime !== moved.startTime) this.#moved.delete(pid);
  }

  known(info: ProcessInfo): Claim | undefined {
    const known = this.#known.get(info.pid);
    return known !== undefined && isSame(known, info) ? known.claim : undefined;
  }

  /** By what a process bears itself, or by what was known of it. `processAt` finds the processes above it. */
  of(info: ProcessInfo, processAt: ProcessAt = (pid) => this.#host.process(pid)): Claim | undefined {
    const key = this.marks.proven(info);
    if (key !== undefined && this.#isBelow(info, processAt)) return this.#movedFrom(info, key, processAt) ?? { key };
    const inherited = this.marks.inherited(info);
    return inherited === undefined ? this.known(info) : { key: inherited };
  }

  /** Of a process that bears the mark of `from`: it or one above it may have been moved out of that unit. */
  #movedFrom(info: ProcessInfo, from: string, processAt: ProcessAt): Claim | undefined {
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
  hinted(info: ProcessInfo): Claim | undefined {
    if (info.ppid !== this.#host.pid) return undefined;
    const hint = this.marks.hint(info);
    if (hint === undefined) return undefined;
    const uids = this.#host.userIds(info.pid);
    const isOwn = (uid: number | undefined): boolean => uid === this.#host.uid;
    const user = hint.key === undefined ? undefined : this.marks.userOf(hint.key);
    // A process that the manager's own user has no hand in can lower its tag to that of any unit of this user.
    const fits = user !== undefined && (uids.includes(user) || (isOwn(user) && (hint.byCheck || uids.every(isOwn))));
    return { key: fits ? hint.key : undefined, doubt: { hint, uids } };
  }

  /** Nobody's for certain, and has changed its mark so that it may be that of more than one unit. */
  isDoubtful({ key, doubt }: Claim): boolean {
    return (
      doubt !== undefined &&
      !(doubt.hint.expected && key !== undefined) &&
      doubt.uids.some((uid) => uid !== this.#host.uid)
    );
  }
  /** Whether a process of that claim, which is doubtful, may have come from the unit, and is not known to be its own. */
  mayBeOf(key: string, { key: own, doubt }: Claim): boolean {
    return own !== key && doubt !== undefined && this.marks.mayBeOf(key, doubt.hint, doubt.uids);
  }

  maySpeak({ key, doubt }: Claim): boolean {
    if (doubt === undefined) return true;
    const runsAs = (uid: number | undefined): boolean => doubt.uids.every((id) => id === uid);
    return runsAs(this.#host.uid) || (doubt.hint.expected && key !== undefined && runsAs(this.marks.userOf(key)));
  }

  #isBelow(info: ProcessInfo, processAt: ProcessAt): boolean {
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

  /** Whether `groups` can say anything of a process, were all others known. */
  mayHaveGroup(info: ProcessInfo): boolean {
    const own = this.#host.process(this.#host.pid);
    return fields.some((field) => {
      const group = info[field];
      if (group <= 0 || group === own?.[field] || group === info.pid) return false;
      const leader = this.#host.process(group);
      return leader === undefined || this.upwards(leader).claim !== undefined;
    });
  }

  /** Of the nearest of a process and those above it that is anybody's; with the processes that were asked. */
  upwards(info: ProcessInfo): { claim: Claim | undefined; chain: ProcessInfo[] } {
    const chain: ProcessInfo[] = [];
    for (let at: ProcessInfo | undefined = info; at !== undefined && chain.length < maxAncestors; ) {
      chain.push(at);
      const claim = this.of(at);
      if (claim !== undefined) return { claim, chain };
      at = at.ppid > 1 && at.ppid !== this.#host.pid ? this.#host.process(at.ppid) : undefined;
    }
    return { claim: undefined, chain };
  }

  /**
   * Owners of sessions and process groups: those in which all that are known belong to one unit, and that are not the
   * manager's own.
   */
  groups(): (info: ProcessInfo) => Claim | undefined {
    const owners = { sid: new Map<number, string | undefined>(), pgid: new Map<number, string | undefined>() };
    const own = this.#host.process(this.#host.pid);
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
        if (leader !== undefined && this.of(leader) === undefined) continue;
        const key = owners[field].get(info[field]);
        if (key !== undefined) return { key };
      }
      return undefined;
    };
  }
}
