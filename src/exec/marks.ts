/**
 * The mark that a unit's processes bear, two limits of the kernel that are inherited over fork, setsid, setuid and exec:
 *
 *   tag    RLIMIT_LOCKS, without effect since Linux 2.4
 *   check  RLIMIT_RTTIME, in microseconds: those of more than a century
 *
 * Without CAP_SYS_RESOURCE a process can lower both and raise neither. As the tag falls the check rises from one unit to the
 * next, so no process can turn its mark into another unit's: one that fits is proof. One that doesn't fit is a hint, and says
 * where its process can't be from: lowering the tag goes to higher serials, lowering the check to lower ones.
 *
 *   serial     1 … those of other users → … free … ← those of the manager's own user … n
 *   tag        base - serial × stride
 *   check      checkBase - (n + 1 - serial) × stride
 *
 * So what the hint of the check names is never of a user with more rights than the process has had. Where a unit sets one of
 * the limits itself, or a process does, the other is the hint.
 *
 * Each unit owns a range of values of either kind, down to the next one's, so that a manager inside a service, whose marks
 * must be lower still, stays inside those of that service:
 *
 *   base ──────────┬───────────────┬───────────────┬── … 0
 *                  tag of serial 1 │ tag of serial 2 …
 *                  └── its range ──┘
 *
 * A manager that can be killed without all of its processes, which is any but the init of a container, takes its serials
 * from a group that no process bears at the moment. The next one is told (`inherit`) which units the marks of that group
 * were, and knows the processes by them that have outlived their manager, wherever they are below.
 */
import type { Keeper } from '../kept/keeper.ts';
import type { Host, ProcessInfo } from '../sys/host.ts';

const outermost = { base: 2 ** 52, stride: 2 ** 32, serials: 2 ** 20 - 2 };
/** Where a manager that is no init begins, so that none of its tags is one of the init's; and where all checks begin. */
const besideBase = 2 ** 53;
/** Serials of a group. */
const groupSerials = 4096;
/** A manager inside a service, and one inside that one's (stride 1). */
const inner = { stride: 2 ** 16, serials: 2 ** 16 - 1 };

export interface Mark {
  readonly tag: number;
  /** undefined where RLIMIT_RTTIME leaves the manager no room: the tag is a hint then. */
  readonly check: number | undefined;
}

/** Limits that a unit sets itself, which say nothing of whose its processes are. */
export interface OwnLimits {
  readonly tag?: boolean;
  readonly check?: boolean;
}

/** What the mark of a process says. */
export interface Hint {
  /** Whose it seems to be. */
  readonly key: string | undefined;
  /** Its check says so, and not its tag. */
  readonly byCheck: boolean;
  /** The limit that does not fit is one that this unit sets. */
  readonly expected: boolean;
  /** Serials that it may be of, where none but its unit's own user has had a hand in it. */
  readonly low: number;
  readonly high: number;
}

interface Holder {
  readonly key: string;
  readonly uid: number;
  readonly own: OwnLimits;
}

type Borne = Pick<ProcessInfo, 'tag' | 'check'>;

/** Whether a process bears the mark, or one of a manager inside the unit that has it. */
export function isWithin({ tag, check }: Borne, mark: Mark, stride: number): boolean {
  const within = (value: number | undefined, top: number): boolean =>
    value !== undefined && value <= top && value > top - stride;
  return within(tag, mark.tag) && (mark.check === undefined || within(check, mark.check));
}

export class Marks {
  readonly #host: Host;
  #base: number;
  /** 0: no room for checks. */
  #checkBase: number;
  #stride: number;
  /** Number of units that can have a mark at a time. */
  capacity: number;
  /** Groups of serials below the base from which one is still to be taken; 0 where there are none, or it has been. */
  #groupCount: number;
  /** Marks of a manager that is gone, with what their processes belong to now. */
  #inherited: { mark: Mark; stride: number; key: string }[] = [];
  /** A unit has got a mark, which no process bears yet. */
  onMark: (key: string, mark: Mark, stride: number) => void = () => {};
  readonly #serials = new Map<string, number>();
  readonly #holders = new Map<number, Holder>();
  #lowest = 1;
  #highest: number;
  /** Serials of units that are forgotten: used again only when all have been used, and no process bears their mark. */
  #freed: number[] = [];

  constructor(host: Host) {
    this.#host = host;
    // Inside a service of another manager the limits are that service's mark, the tag a multiple of the outer stride.
    const { hard } = host.limit('LOCKS');
    const free = hard > besideBase;
    this.#base = free ? (host.isInit ? outermost.base : besideBase) : hard;
    if (free) this.#stride = outermost.stride;
    else this.#stride = hard % outermost.stride === 0 ? inner.stride : 1;
    const most = free ? outermost.serials : inner.serials;
    const capacity = Math.max(0, Math.min(most, Math.ceil(this.#base / this.#stride) - 1));
    this.#groupCount = host.isInit ? 0 : Math.floor((capacity + 1) / groupSerials);
    this.capacity = this.#groupCount > 1 ? groupSerials - 1 : capacity;
    this.#highest = this.capacity;
    const checks = Math.min(host.limit('RTTIME').hard, besideBase);
    this.#checkBase = checks > (capacity + 1) * this.#stride ? checks : 0;
  }

  keep(k: Keeper): void {
    this.keepRange(k);
    this.#freed = k.plain('freed', this.#freed);
    for (const [serial, holder] of k.plain('holders', [...this.#holders])) this.#holders.set(serial, holder);
    for (const [key, serial] of k.plain('serials', [...this.#serials])) this.#serials.set(key, serial);
  }

  /** What is common to all units. */
  keepRange(k: Keeper): void {
    this.#base = k.number('base', this.#base);
    this.#checkBase = k.number('checkBase', this.#checkBase);
    this.#stride = k.number('stride', this.#stride);
    this.capacity = k.number('capacity', this.capacity);
    this.#groupCount = k.number('groupCount', this.#groupCount);
    this.#inherited = k.plain('inherited', this.#inherited);
    this.#lowest = k.number('lowest', this.#lowest);
    this.#highest = k.number('highest', this.#highest);
  }

  /** Where they begin. */
  get base(): number {
    return this.#base;
  }
  /** Units that have one. */
  keys(): Iterable<string> {
    return this.#serials.keys();
  }
  /** Whether the unit has one. */
  has(key: string): boolean {
    return this.#serials.has(key);
  }

  /** What there is of one unit. */
  keepOf(k: Keeper, key: string): void {
    const serial = k.plain('serial', this.#serials.get(key));
    const holder = serial === undefined ? undefined : k.plain('holder', this.#holders.get(serial));
    if (!k.isReading || serial === undefined || holder === undefined) return;
    this.#serials.set(key, serial);
    this.#holders.set(serial, holder);
  }

  /** Each unit has been read by itself: serials that nobody has any more, and have been somebody's, are free. */
  findFreed(): void {
    for (const [serial, { uid }] of this.#holders)
      if (this.#isOwn(uid)) this.#highest = Math.min(this.#highest, serial - 1);
      else this.#lowest = Math.max(this.#lowest, serial + 1);
    const inUse = new Set(this.#serials.values());
    this.#freed = [];
    for (let serial = 1; serial <= this.capacity; serial++) {
      if (serial === this.#lowest) serial = Math.max(serial, this.#highest + 1);
      if (serial <= this.capacity && !inUse.has(serial)) this.#freed.push(serial);
    }
  }

  /** Whether a mark that a process has not changed is beyond doubt. */
  get areProof(): boolean {
    return this.#checkBase > 0 && this.capacity > 0;
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
    if (this.#checkBase > 0) this.#checkBase -= group * size;
  }

  /** Processes with the mark, or one within its range, belong to `key`. */
  inherit(mark: Mark, stride: number, key: string): void {
    this.#inherited.push({ mark, stride, key });
  }

  /**
   * The mark of a unit's processes; the same for the unit's whole life, as long as it has the same user. undefined where the
   * limit that the manager itself runs under leaves no room.
   */
  of(key: string, uid: number, own: OwnLimits = {}): Mark | undefined {
    let serial = this.#serials.get(key);
    if (serial !== undefined && this.#isOwn(this.#holders.get(serial)!.uid) !== this.#isOwn(uid)) {
      // Of more or less rights than it had. Processes that it still has are known by the old mark.
      this.#freed.push(serial);
      serial = undefined;
    }
    const isNew = serial === undefined;
    if (serial === undefined) {
      if (this.#groupCount > 0) this.#takeGroup();
      serial = this.#newSerial(uid);
      if (serial === undefined) return undefined;
      this.#serials.set(key, serial);
    }
    this.#holders.set(serial, { key, uid, own });
    const mark = this.#markOf(serial);
    if (isNew) this.onMark(key, mark, this.#stride);
    return mark;
  }

  #isOwn(uid: number): boolean {
    return uid === this.#host.uid;
  }

  #markOf(serial: number): Mark {
    const check = this.#checkBase === 0 ? undefined : this.#checkBase - (this.capacity + 1 - serial) * this.#stride;
    return { tag: this.#base - serial * this.#stride, check };
  }

  #newSerial(uid: number): number | undefined {
    if (this.#lowest <= this.#highest) return this.#isOwn(uid) ? this.#highest-- : this.#lowest++;
    if (this.#freed.length === 0) return undefined;
    const inUse = new Set<number>();
    for (const borne of this.#host.processes()) {
      inUse.add(this.#serialOfTag(borne.tag));
      inUse.add(this.#serialOfCheck(borne.check));
    }
    // Each stays on its own side, as far as there is one.
    const side = (serial: number): boolean => serial > this.#highest === this.#isOwn(uid);
    const isFit = (serial: number): boolean => !inUse.has(serial);
    let index = this.#freed.findIndex((serial) => isFit(serial) && side(serial));
    if (index < 0) index = this.#freed.findIndex(isFit);
    if (index < 0) return undefined;
    const [serial] = this.#freed.splice(index, 1);
    this.#holders.delete(serial!);
    return serial;
  }

  /** Infinity below the lowest, 0 above the base. Within a range a lower value is that of a manager inside the unit. */
  #serialOfTag(tag: number | undefined): number {
    return tag === undefined || tag >= this.#base ? 0 : Math.floor((this.#base - tag) / this.#stride);
  }
  #serialOfCheck(check: number | undefined): number {
    if (check === undefined || this.#checkBase === 0 || check >= this.#checkBase) return Number.POSITIVE_INFINITY;
    return this.capacity + 1 - Math.floor((this.#checkBase - check) / this.#stride);
  }

  /** Whose a process is beyond doubt, if it is below the manager. */
  proven({ tag, check }: Borne): string | undefined {
    if (tag === undefined || check === undefined) return undefined;
    const serial = this.#serialOfTag(tag);
    return serial > 0 && serial === this.#serialOfCheck(check) ? this.#holders.get(serial)?.key : undefined;
  }

  /** Of a process that has outlived its manager. */
  inherited(borne: Borne): string | undefined {
    return this.#inherited.find(({ mark, stride }) => isWithin(borne, mark, stride))?.key;
  }

  /** undefined where the process bears nothing of this manager's. */
  hint({ tag, check }: Borne): Hint | undefined {
    const high = this.#serialOfTag(tag);
    const low = this.#serialOfCheck(check);
    if (high === 0 && low === Number.POSITIVE_INFINITY) return undefined;
    const byCheck = this.#holders.get(low);
    const holder = byCheck ?? this.#holders.get(high);
    const expected =
      holder !== undefined && (this.#checkBase === 0 || (byCheck === undefined ? holder.own.check : holder.own.tag));
    return {
      key: holder?.key,
      byCheck: byCheck !== undefined,
      expected: expected === true,
      low: low === Number.POSITIVE_INFINITY ? 0 : low,
      high: high === 0 ? this.capacity : high,
    };
  }

  /** Whether a process with these ids and that hint may have come from the unit. */
  mayBeOf(key: string, hint: Hint, uids: readonly number[]): boolean {
    const serial = this.#serials.get(key);
    if (serial === undefined || serial < hint.low || serial > hint.high) return false;
    if (hint.key === key || hint.expected) return hint.key === key;
    // One that has changed both has done it on purpose.
    return hint.key === undefined || uids.includes(this.#holders.get(serial)!.uid);
  }

  /** The user that the unit's processes are started as. */
  userOf(key: string): number | undefined {
    const serial = this.#serials.get(key);
    return serial === undefined ? undefined : this.#holders.get(serial)?.uid;
  }

  /** Nobody starts anything for the unit any more. */
  release(key: string): void {
    const serial = this.#serials.get(key);
    if (serial === undefined) return;
    this.#serials.delete(key);
    this.#freed.push(serial);
  }
}
