/**
 * Which process belongs to which unit, without cgroups. Two marks:
 *
 *   tag      RLIMIT_LOCKS, set by spawn. It has no effect since Linux 2.4, is inherited over fork, setsid, setuid and exec,
 *            and nobody without CAP_SYS_RESOURCE can raise it. It counts for processes below the manager alone, which all
 *            of ours stay as it adopts orphans: managers beside this one, and those in containers, use the same values.
 *   lineage  parent chain, session and process group, for a process whose tag is none of ours; kept from scan to scan
 *            under (pid, start time), since the parent may be gone by the next one.
 *
 * A process that neither claims belongs to nobody.
 *
 * Each unit owns a whole range of tag values below its own, so that a manager inside a service, whose tags must be lower
 * still, stays inside the range of that service:
 *
 *   base ──────────┬───────────────┬───────────────┬── … 0
 *                  tag of serial 1 │ tag of serial 2 …
 *                  └── its range ──┘
 *
 * A manager that can be killed without all of its processes, which is any but the init of a container, takes its serials
 * from a group that no process bears at the moment. The next one is told (`inherit`) which units the tags of that group
 * were, and knows the processes by them that have outlived their manager, wherever they are below.
 */
import type { Host, ProcessInfo } from '../sys/host.ts';

const outermost = { base: 2 ** 52, stride: 2 ** 32, serials: 2 ** 20 - 1 };
/** Where a manager that is no init begins: none of its tags is one of the init's. */
const besideBase = 2 ** 53;
/** Serials of a group. */
const groupSerials = 4096;
/** A manager inside a service, and one inside that one's (stride 1). */
const inner = { stride: 2 ** 16, serials: 2 ** 16 - 1 };
const maxAncestors = 128;
const maxEnded = 4096;
/** Where processes come and go all the time. */
const maxLooks = 3;

/** Start time of a child that was spawned here: its pid cannot be another's before its exit has been told. */
const ownChild = -1;

interface Known {
  startTime: number;
  key: string;
  sid: number;
  pgid: number;
}

const isSame = (known: Known, info: ProcessInfo): boolean =>
  known.startTime === info.startTime || known.startTime === ownChild;

interface Scan {
  all: Map<number, ProcessInfo>;
  byKey: Map<string, ProcessInfo[]>;
}

export class ProcessTracker {
  readonly #host: Host;
  #base: number;
  readonly #stride: number;
  /** Number of units that can have a tag at a time. */
  readonly capacity: number;
  /** Groups of serials below the base from which one is still to be taken; 0 where there are none, or it has been. */
  #groupCount: number;
  /** Tags of a manager that is gone, with what their processes belong to now. */
  readonly #inherited: { tag: number; stride: number; key: string }[] = [];
  /** A unit has got a tag, which no process bears yet. */
  onTag: (key: string, tag: number, stride: number) => void = () => {};
  readonly #serials = new Map<string, number>();
  readonly #keys = new Map<number, string>();
  #lastSerial = 0;
  /** Serials of units that are forgotten: used again only when all have been used, and no process bears their tag. */
  readonly #freed: number[] = [];
  readonly #known = new Map<number, Known>();
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
    // Inside a service of another manager the limit is that service's tag, a multiple of the outer stride.
    const { hard } = host.limit('LOCKS');
    const free = hard > besideBase;
    this.#base = free ? (host.isInit ? outermost.base : besideBase) : hard;
    if (free) this.#stride = outermost.stride;
    else this.#stride = hard % outermost.stride === 0 ? inner.stride : 1;
    const most = free ? outermost.serials : inner.serials;
    const capacity = Math.max(0, Math.min(most, Math.ceil(this.#base / this.#stride) - 1));
    this.#groupCount = host.isInit ? 0 : Math.floor((capacity + 1) / groupSerials);
    this.capacity = this.#groupCount > 1 ? groupSerials - 1 : capacity;
  }

  /** Takes a group that no process bears, from one at random on. */
  #takeGroup(): void {
    const groups = this.#groupCount;
    this.#groupCount = 0;
    if (groups <= 1) return;
    const size = groupSerials * this.#stride;
    const taken = new Set<number>();
    for (const { tag } of this.#host.processes())
      if (tag !== undefined && tag < this.#base) taken.add(Math.ceil((this.#base - tag) / size) - 1);
    let group = this.#host.randomBytes(4).readUInt32LE(0) % groups;
    for (let i = 0; i < groups && taken.has(group); i++) group = (group + 1) % groups;
    this.#base -= group * size;
  }

  /** Processes with the tag, or one within its range, belong to `key`. */
  inherit(tag: number, stride: number, key: string): void {
    this.#inherited.push({ tag, stride, key });
    this.#populated.add(key);
    this.#scan = undefined;
  }

  /**
   * Value for SpawnRequest.tag of a unit's processes; the same for the unit's whole life. undefined where the limit that
   * the manager itself runs under leaves no room: lineage alone tells then.
   */
  tagFor(key: string): number | undefined {
    let serial = this.#serials.get(key);
    if (serial === undefined) {
      if (this.#groupCount > 0) this.#takeGroup();
      serial = this.#newSerial();
      if (serial === undefined) return undefined;
      this.#serials.set(key, serial);
      this.#keys.set(serial, key);
      this.onTag(key, this.#base - serial * this.#stride, this.#stride);
    }
    return this.#base - serial * this.#stride;
  }

  #newSerial(): number | undefined {
    if (this.#lastSerial < this.capacity) return ++this.#lastSerial;
    if (this.#freed.length === 0) return undefined;
    const inUse = new Set<number>();
    for (const { tag } of this.#host.processes()) if (tag !== undefined) inUse.add(this.#serialOf(tag));
    const index = this.#freed.findIndex((serial) => !inUse.has(serial));
    return index < 0 ? undefined : this.#freed.splice(index, 1)[0];
  }

  #serialOf(tag: number): number {
    // Within a range a lower value is that of a manager inside the unit, or one that a process chose itself.
    return Math.floor((this.#base - tag) / this.#stride);
  }

  #keyOfTag(tag: number | undefined): string | undefined {
    if (tag === undefined || tag >= this.#base) return undefined;
    return this.#keys.get(this.#serialOf(tag));
  }

  #inheritedKey(tag: number | undefined): string | undefined {
    if (tag === undefined) return undefined;
    return this.#inherited.find((range) => tag <= range.tag && tag > range.tag - range.stride)?.key;
  }

  /** The unit is unloaded. Processes that it left behind are still known as its own, should it be loaded again. */
  forget(key: string): void {
    this.#whenEmpty.delete(key);
    this.#cpuMs.delete(key);
    if (this.#populated.has(key)) return;
    const serial = this.#serials.get(key);
    if (serial === undefined) return;
    this.#serials.delete(key);
    this.#keys.delete(serial);
    this.#freed.push(serial);
  }

  /** Says that a child was spawned for the unit, in a session of its own. */
  spawned(pid: number, key: string): void {
    this.#populated.add(key);
    this.#changed.add(key);
    this.#known.set(pid, { startTime: ownChild, key, sid: pid, pgid: pid });
  }

  /** Says that a process is the unit's, whoever started it (a scope's, an attached one). */
  adopt(pid: number, key: string): void {
    this.#populated.add(key);
    this.#changed.add(key);
    const info = this.#host.process(pid);
    if (info !== undefined) this.#remember(info, key);
  }

  #remember(info: ProcessInfo, key: string): void {
    this.#known.set(info.pid, { startTime: info.startTime, key, sid: info.sid, pgid: info.pgid });
  }

  /**
   * To be told of each exit that was reaped. Returns the unit whose process it was, as far as that is known without a
   * look at /proc (a process may have come and gone between two scans).
   */
  exited(pid: number, cpuMs = 0): string | undefined {
    const known = this.#known.get(pid);
    this.#known.delete(pid);
    if (known !== undefined) {
      this.#ended.push(known);
      if (this.#ended.length > maxEnded) this.#ended.shift();
      this.#cpuMs.set(known.key, (this.#cpuMs.get(known.key) ?? 0) + cpuMs);
    }
    // It may have left children behind that the scan does not know.
    if (this.#scan?.all.has(pid)) this.#scan = undefined;
    this.#scheduleCheck();
    return known?.key;
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
        if (this.#whenEmpty.get(key) === callback && this.processesOf(key).length === 0) {
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
    if (fresh || this.#scan === undefined || this.#changed.has(key)) this.#look();
    const list = this.#scan?.byKey.get(key);
    if (list === undefined || list.length === 0) {
      this.#populated.delete(key);
      return [];
    }
    return [...list];
  }

  /** The unit a live process belongs to. Looks at that process and those above it only. */
  unitOfPid(pid: number): string | undefined {
    const chain: ProcessInfo[] = [];
    let owner: string | undefined;
    for (let at = pid; chain.length < maxAncestors && at > 1 && at !== this.#host.pid; at = chain.at(-1)!.ppid) {
      const info = this.#host.process(at);
      if (info === undefined) break;
      chain.push(info);
      owner = this.#claim(info);
      if (owner !== undefined) break;
    }
    if (owner === undefined && chain[0] !== undefined) owner = this.#groups()(chain[0]);
    if (owner !== undefined) {
      for (const info of chain) this.#remember(info, owner);
      this.#populated.add(owner);
    }
    return owner;
  }

  /** By what a process bears itself, or by what was known of it. `processAt` finds the processes above it. */
  #claim(info: ProcessInfo, processAt = (pid: number) => this.#host.process(pid)): string | undefined {
    const byTag = this.#keyOfTag(info.tag);
    if (byTag !== undefined && this.#isBelow(info, processAt)) return byTag;
    const inherited = this.#inheritedKey(info.tag);
    if (inherited !== undefined) return inherited;
    const known = this.#known.get(info.pid);
    return known !== undefined && isSame(known, info) ? known.key : undefined;
  }

  #isBelow(info: ProcessInfo, processAt: (pid: number) => ProcessInfo | undefined): boolean {
    // Whoever else could set a tag in this PID namespace is below PID 1 too.
    if (this.#host.pid === 1) return true;
    let at = info;
    for (let i = 0; i < maxAncestors && at.ppid > 1; i++) {
      if (at.ppid === this.#host.pid) return true;
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
  #groups(): (info: ProcessInfo) => string | undefined {
    const owners = { sid: new Map<number, string | undefined>(), pgid: new Map<number, string | undefined>() };
    const own = this.#host.process(this.#host.pid);
    const fields = ['sid', 'pgid'] as const;
    const note = (known: Known): void => {
      for (const field of fields) {
        const group = known[field];
        const other = owners[field].get(group);
        owners[field].set(group, owners[field].has(group) && other !== known.key ? undefined : known.key);
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
        const owner = owners[field].get(info[field]);
        if (owner !== undefined) return owner;
      }
      return undefined;
    };
  }

  /**
   * The list of processes is read before each of them: one found dead may have forked in between. Where it was the last of
   * its unit, only another look tells whether the unit is empty.
   */
  #look(): void {
    for (let looks = 0; looks < maxLooks; looks++) if (this.#lookOnce()) return;
  }

  /** Whether no unit that is empty now had a process that was found dead. */
  #lookOnce(): boolean {
    const all = new Map<number, ProcessInfo>();
    for (const info of this.#host.processes()) all.set(info.pid, info);
    const owners = new Map<number, string | undefined>();
    const resolve = (start: ProcessInfo): string | undefined => {
      const chain: ProcessInfo[] = [];
      let owner: string | undefined;
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
    };
    const unclaimed: ProcessInfo[] = [];
    for (const info of all.values()) {
      if (info.pid <= 1 || info.pid === this.#host.pid) continue;
      const owner = resolve(info);
      if (owner === undefined) unclaimed.push(info);
      else this.#remember(info, owner);
    }
    if (unclaimed.length > 0) {
      const ownerOfGroup = this.#groups();
      for (const info of unclaimed) {
        const owner = ownerOfGroup(info);
        if (owner === undefined) continue;
        owners.set(info.pid, owner);
        this.#remember(info, owner);
      }
    }
    for (const [pid, known] of this.#known) {
      const info = all.get(pid);
      if (info === undefined || !isSame(known, info)) this.#known.delete(pid);
    }
    this.#ended = [];

    const byKey = new Map<string, ProcessInfo[]>();
    const withDead = new Set<string>();
    for (const [pid, owner] of owners) {
      const info = all.get(pid)!;
      if (owner === undefined) continue;
      if (info.state === 'Z' || info.state === 'X') {
        withDead.add(owner);
        continue;
      }
      const list = byKey.get(owner);
      if (list === undefined) byKey.set(owner, [info]);
      else list.push(info);
    }
    for (const key of byKey.keys()) this.#populated.add(key);
    this.#changed.clear();
    this.#scan = { all, byKey };
    this.#host.defer(() => {
      this.#scan = undefined;
    });
    return [...withDead].every((key) => byKey.has(key));
  }
}
