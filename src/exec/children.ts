/**
 * Processes below the manager, found by walking down from its own children: main processes, and orphans, which come to it
 * wherever they were. Whose a child is, with all below it, is read from it once, when it is first seen: its number can't be
 * another's before its exit has been told. What there is besides costs nothing.
 *
 * A walk yields after each few processes, for a unit may have thousands (slices.ts).
 */
import type { Keeper } from '../kept/keeper.ts';
import type { Host, ProcessInfo } from '../sys/host.ts';
import type { Claim, Claims } from './claims.ts';
import type { Slices } from './slices.ts';

/** Processes that are looked at between two yields. */
const atOnce = 32;
/** Where processes come and go all the time. */
const maxLists = 4;

const isDead = ({ state }: ProcessInfo): boolean => state === 'Z' || state === 'X';
const isThere = (info: ProcessInfo | undefined): boolean => info !== undefined && !isDead(info);

export interface ChildrenContext {
  readonly host: Host;
  readonly claims: Claims;
  /** The unit has a process. */
  populated(key: string): void;
  /** Of a child that says nothing itself, by all processes that there are: `claims` knows more then. */
  lookAtAll(): void;
}

export class Children {
  readonly #context: ChildrenContext;
  /** Children of the manager whose exits have not been told; undefined is nobody's. */
  readonly #claims = new Map<number, Claim | undefined>();
  readonly #byKey = new Map<string, Set<number>>();
  readonly #doubtful = new Set<number>();
  /** Processes that somebody else has started, wherever they are: nobody tells of their exits. */
  readonly #adopted = new Map<number, { startTime: number; key: string }>();
  /** Units whose processes came and went all the time when they were last looked for. */
  readonly #elusive = new Set<string>();
  /** Nothing has come to the manager while its children were last looked at. */
  #isSure = true;
  /** The list of children was read in this turn, and nothing has ended since. */
  #listed = false;
  /** How often that was so no longer. */
  #expired = 0;
  readonly #found = new Map<string, ProcessInfo[]>();
  #forgetsLater = false;

  constructor(context: ChildrenContext) {
    this.#context = context;
  }

  /** Whether the kernel tells of children at all. */
  isPossible(): boolean {
    const { host } = this.#context;
    return host.childrenOf(host.pid) !== undefined;
  }

  keep(k: Keeper): void {
    const claims = [...this.#claims].map(([pid, claim]): [number, Claim | null] => [pid, claim ?? null]);
    for (const [pid, claim] of k.plain('claims', claims)) if (k.isReading) this.#set(pid, claim ?? undefined);
    for (const [pid, adopted] of k.plain('adopted', [...this.#adopted])) this.#adopted.set(pid, adopted);
  }

  /** Processes that the unit has adopted. */
  keepOf(k: Keeper, key: string): void {
    const adopted = [...this.#adopted].flatMap(([pid, own]) => (own.key === key ? [{ pid, ...own }] : []));
    for (const { pid, startTime } of k.plain('adopted', adopted))
      if (k.isReading) this.#adopted.set(pid, { startTime, key });
  }

  spawned(pid: number, key: string): void {
    this.#set(pid, { key });
    this.#found.delete(key);
  }
  adopted(info: ProcessInfo, key: string): void {
    if (info.ppid === this.#context.host.pid) this.#set(info.pid, { key });
    this.#adopted.set(info.pid, { startTime: info.startTime, key });
    this.#found.clear();
  }
  exited(pid: number): void {
    this.#drop(pid);
    this.#adopted.delete(pid);
    // It may have left children behind.
    this.expire();
  }
  /** What was seen in this turn is seen anew. */
  expire(): void {
    this.#expired++;
    this.#listed = false;
    this.#found.clear();
  }

  #set(pid: number, claim: Claim | undefined): void {
    this.#drop(pid);
    this.#claims.set(pid, claim);
    if (claim === undefined) return;
    if (this.#context.claims.isDoubtful(claim)) this.#doubtful.add(pid);
    if (claim.key === undefined) return;
    const own = this.#byKey.get(claim.key);
    if (own === undefined) this.#byKey.set(claim.key, new Set([pid]));
    else own.add(pid);
    this.#context.populated(claim.key);
  }
  #drop(pid: number): void {
    const key = this.#claims.get(pid)?.key;
    this.#claims.delete(pid);
    this.#doubtful.delete(pid);
    if (key === undefined) return;
    const own = this.#byKey.get(key);
    own?.delete(pid);
    if (own?.size === 0) this.#byKey.delete(key);
  }

  /** Whether a process of the unit is known whose exit has not been told, without a look. */
  knowsOf(key: string): boolean {
    return this.#byKey.has(key) || this.#adoptedBy(key).length > 0;
  }
  /** Whether there may be some that were not found for want of rest: an exit will be told then, and it can be asked again. */
  isElusive(key: string): boolean {
    return !this.#isSure || this.#elusive.has(key);
  }
  /** The same of those that are children of the manager. */
  get isSure(): boolean {
    return this.#isSure;
  }
  /** Whether one of them is alive. The look goes on until one is found. */
  *isAlive(key: string): Slices<boolean> {
    if (this.#isAlive(key)) return true;
    const look = this.look();
    while (look.next().done !== true) {
      if (this.#isAlive(key)) return true;
      yield;
    }
    return this.#isAlive(key);
  }
  #isAlive(key: string): boolean {
    if (this.#adoptedBy(key).length > 0) return true;
    for (const pid of this.#byKey.get(key) ?? []) if (isThere(this.#context.host.process(pid))) return true;
    return false;
  }
  #adoptedBy(key: string): number[] {
    const pids: number[] = [];
    for (const [pid, adopted] of this.#adopted) {
      if (adopted.key !== key) continue;
      const info = this.#context.host.process(pid);
      if (info === undefined || info.startTime !== adopted.startTime) this.#adopted.delete(pid);
      else if (!isDead(info)) pids.push(pid);
    }
    return pids;
  }

  /** Sees to it that the children of this turn are known. */
  *look(): Slices<void> {
    if (this.#listed) return;
    yield* this.#list();
    yield* this.#followMoved();
  }

  *#list(): Slices<void> {
    const { host, claims } = this.#context;
    this.#isSure = false;
    for (let list = 1; list <= maxLists && !this.#isSure; list++) {
      // What ends between two slices, or while it is looked at, leaves children to the manager that the list does not have.
      const before = this.#expired;
      const listed = host.childrenOf(host.pid) ?? [];
      const there = new Set(listed);
      for (const pid of this.#claims.keys()) if (!there.has(pid)) this.#drop(pid);
      const news = listed.filter((pid) => !this.#claims.has(pid));
      const unclaimed: ProcessInfo[] = [];
      let alive = 0;
      for (let at = 0; at < news.length; at += atOnce) {
        if (at > 0 && list < maxLists) yield;
        for (const { process } of host.families(news.slice(at, at + atOnce))) {
          if (!isDead(process)) alive++;
          if (process.ppid !== host.pid || this.#claims.has(process.pid)) continue;
          const claim = claims.of(process);
          if (claim === undefined) unclaimed.push(process);
          else this.#take(process, claim);
        }
      }
      if (unclaimed.length > 0) this.#place(unclaimed);
      this.#isSure = alive === news.length && this.#expired === before;
    }
    claims.forgetEnded();
    this.#listed = this.#isSure;
    this.#forgetLater();
  }

  #take(process: ProcessInfo, claim: Claim): void {
    this.#context.claims.remember(process, claim);
    this.#set(process.pid, claim);
  }

  /** Those of which neither they nor what was known of them says whose they are: by session and process group, or a hint. */
  #place(orphans: readonly ProcessInfo[]): void {
    const { claims, lookAtAll } = this.#context;
    if (orphans.some((orphan) => claims.mayHaveGroup(orphan))) lookAtAll();
    for (const orphan of orphans) {
      const claim = claims.known(orphan) ?? claims.hinted(orphan);
      if (claim === undefined) this.#set(orphan.pid, undefined);
      else this.#take(orphan, claim);
    }
  }

  #forgetLater(): void {
    if (this.#forgetsLater) return;
    this.#forgetsLater = true;
    this.#context.host.defer(() => {
      this.#forgetsLater = false;
      this.expire();
    });
  }

  /** What comes from a process that bears another unit's mark is to be known before it is an orphan. */
  *#followMoved(): Slices<void> {
    const { host, claims } = this.#context;
    const keys = claims.movedTo;
    if (keys.size === 0) return;
    claims.keepMoved((pid) => host.process(pid));
    for (const key of keys) yield* this.below(key);
  }

  /** Processes of the unit that are alive, by their numbers. */
  *below(key: string): Slices<ProcessInfo[]> {
    yield* this.look();
    const before = this.#found.get(key);
    if (before !== undefined) return before;
    const roots = (): number[] => [...(this.#byKey.get(key) ?? []), ...this.#adoptedBy(key)];
    const { found, isAll } = yield* this.#walk(roots, { key });
    this.#context.claims.sweep();
    if (!isAll) this.#elusive.add(key);
    else if (this.#isSure) {
      this.#elusive.delete(key);
      this.#found.set(key, found);
      this.#forgetLater();
    }
    return found;
  }

  /** The same of processes that are nobody's for certain, and may have come from the unit. */
  *suspects(key: string): Slices<ProcessInfo[]> {
    yield* this.look();
    if (this.#doubtful.size === 0) return [];
    const { claims } = this.#context;
    const roots = (): number[] => [...this.#doubtful].filter((pid) => claims.mayBeOf(key, this.#claims.get(pid)!));
    return (yield* this.#walk(roots, { key: undefined })).found;
  }

  /** Another unit than that of those above it has taken the process. */
  #isElsewhere(pid: number, key: string | undefined): boolean {
    const adopted = this.#adopted.get(pid);
    if (adopted === undefined || adopted.key === key) return false;
    if (this.#context.host.process(pid)?.startTime === adopted.startTime) return true;
    this.#adopted.delete(pid);
    return false;
  }

  /**
   * From the roots down, each of whom claims what is below it; one that is no child of the manager has the claim that is given.
   *
   * A process that ends while it is looked at has left its children to one of those above it, or to the manager, whose lists
   * may have been read by then: they are read again for what was not in them. So is a list of which one was missing.
   */
  *#walk(roots: () => number[], other: Claim): Slices<{ found: ProcessInfo[]; isAll: boolean }> {
    const { host, claims } = this.#context;
    const found = new Map<number, ProcessInfo>();
    const seen = new Map<number, { parent: number; claim: Claim }>();
    let queue: number[] = [];
    const add = (pid: number, parent: number): void => {
      if (seen.has(pid)) return;
      const above = seen.get(parent);
      if (above !== undefined && this.#isElsewhere(pid, other.key)) return;
      seen.set(pid, { parent, claim: above?.claim ?? this.#claims.get(pid) ?? other });
      queue.push(pid);
    };
    for (const pid of roots()) add(pid, host.pid);
    for (let list = 0; list < maxLists && queue.length > 0; list++) {
      const adopters = new Set<number>();
      for (let at = 0; at < queue.length; ) {
        if (list + at > 0) yield;
        const ended = new Set(queue.slice(at, at + atOnce));
        at += ended.size;
        for (const { process, children } of host.families([...ended])) {
          const { pid } = process;
          if (!isDead(process)) {
            ended.delete(pid);
            found.set(pid, process);
            const { claim } = seen.get(pid)!;
            claims.remember(process, claim);
            if (this.#adopted.size > 0) claims.moved(process, claim);
          }
          // Also of one that is dead, for a thread of it may live.
          for (const child of children) add(child, pid);
        }
        for (const pid of ended)
          for (let above = seen.get(pid)?.parent; above !== undefined; above = seen.get(above)?.parent)
            adopters.add(above);
      }
      queue = [];
      if (adopters.size === 0) break;
      for (const pid of adopters) if (pid !== host.pid) for (const child of host.childrenOf(pid) ?? []) add(child, pid);
      this.#listed = false;
      yield* this.#list();
      for (const pid of roots()) add(pid, host.pid);
    }
    return { found: [...found.values()].sort((a, b) => a.pid - b.pid), isAll: queue.length === 0 };
  }
}
