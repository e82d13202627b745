/**
 * One request, with everything it pulls in, made consistent before any of it is installed: what does not matter gives
 * way to what does, cycles of order are broken, contradictions are refused (systemd.unit(5), systemctl(1) --job-mode=).
 * Its anchors are the jobs that were asked for: one, or those of several units that are to be queued together or not at all.
 */

import type { LogLevel } from '../text/log-level.ts';
import { hardLimitReached } from '../units/concurrency.ts';
import type { DependencyKind, Facet } from '../units/dependencies.ts';
import { JobError, type JobMode, type JobType } from '../units/job-types.ts';
import { isActiveOrActivating, isInactiveOrFailed, type Unit } from '../units/unit.ts';
import type { Voice } from '../voice/voice.ts';
import { collapsedType, compareOrdered, isConflicting, isRedundant, mergedType } from './types.ts';

/** `subject` needs `object`. */
interface Link {
  subject: Node;
  object: Node;
  /** Without the object the subject is impossible. */
  matters: boolean;
  conflicts: boolean;
}

/** What is asked for. */
export interface Wanted {
  readonly type: JobType;
  readonly unit: Unit;
}

/** A job that is only planned. */
class Node {
  readonly unit: Unit;
  type: JobType;
  ignoreOrder = false;
  matters = false;
  /** Links in which it is the subject, and the object. */
  readonly needs = new Set<Link>();
  readonly neededBy = new Set<Link>();
  constructor(unit: Unit, type: JobType) {
    this.unit = unit;
    this.type = type;
  }
}

/** What the transaction asks of its surroundings. */
export interface TransactionContext {
  readonly voice: Pick<Voice['manager'], 'orderingCycle'>;
  log(level: LogLevel, message: string, unit: Unit): void;
  skipLine(unit: Unit): void;
  /** Tries again to load a unit that had no file when it was last looked for. */
  retryLoad(unit: Unit): void;
  allUnits(): Iterable<Unit>;
}

const notApplicable = 'org.freedesktop.systemd1.JobTypeNotApplicable';

/** Why a unit that is only wanted is left without a word. */
const quietErrors: ReadonlySet<string> = new Set([
  notApplicable,
  'org.freedesktop.systemd1.UnitMasked',
  'org.freedesktop.systemd1.NoSuchUnit',
]);

/** A job that another pulls in: through which facet, and what it is to whoever does. */
interface Pull {
  readonly facet?: Facet;
  readonly type: JobType;
  /** Without it the other is impossible. */
  readonly matters: boolean;
  /** It is there because the other conflicts with the unit. */
  readonly conflicts: boolean;
}
interface Planned extends Pull {
  readonly unit: Unit;
}

const pull = (facet: Facet, type: JobType, matters: boolean, conflicts = false): Pull => ({
  facet,
  type,
  matters,
  conflicts,
});

const startPulls = [
  pull('pullInStart', 'start', true),
  pull('pullInStartIgnored', 'start', false),
  pull('pullInVerify', 'verify-active', true),
  pull('pullInStop', 'stop', true, true),
  pull('pullInStopIgnored', 'stop', false),
];

/** A stop is passed on as it is, a restart and a reload only to those that are there. */
const pulls: Partial<Record<JobType, readonly Pull[]>> = {
  start: startPulls,
  stop: [pull('propagateStop', 'stop', true)],
  restart: [...startPulls, pull('propagateRestart', 'try-restart', true)],
  reload: [pull('propagatesReloadTo', 'try-reload', false)],
};

function* pulledInBy({ unit, type }: Node): Generator<Planned> {
  for (const row of pulls[type] ?? [])
    for (const other of unit.related(row.facet!)) {
      const collapsed = collapsedType(row.type, other.activeState);
      if (collapsed !== 'nop') yield { ...row, type: collapsed, unit: other };
    }
}

export class Transaction {
  readonly #context: TransactionContext;
  readonly #jobs = new Map<Unit, Node[]>();
  /** The jobs that were asked for, in that order. */
  readonly anchors = new Set<Node>();

  /**
   * What is wanted is asked for one by one. Throws JobError where a job of this type is impossible for one of the units, or
   * for one that it requires.
   */
  constructor(context: TransactionContext, wanted: Iterable<Wanted>, mode: JobMode) {
    this.#context = context;
    const ignoreOrder = mode === 'ignore-dependencies';
    const ignoreRequirements = ignoreOrder || mode === 'ignore-requirements';
    const how = { ignoreRequirements, ignoreOrder };
    for (const { type, unit } of wanted) {
      const anchor = this.#add({ type, unit, matters: true, conflicts: false }, undefined, how);
      this.anchors.add(anchor);
      if (mode === 'restart-dependencies') this.#addRestarts(anchor, how);
      if (mode === 'isolate') this.#addIsolated(anchor);
      if (mode === 'triggering') this.#addTriggering(anchor);
    }
  }

  /** Makes it consistent; what is left can be installed. Throws JobError. */
  resolve(mode: JobMode): Node[] {
    this.#markMattering();
    if (mode === 'fail' || mode === 'lenient') this.#minimizeImpact(mode === 'lenient');
    this.#dropRedundant();
    // With isolate, what a job that goes has pulled in is to stop all the same.
    const collects = mode !== 'isolate';
    do if (collects) this.#collectGarbage();
    while (this.#breakOneCycle());
    while (!this.#merge()) if (collects) this.#collectGarbage();
    this.#dropRedundant();
    const nodes = [...this.#jobs.values()].map((list) => list[0]!);
    this.#refuseDestruction(nodes, mode);
    return nodes;
  }

  has(unit: Unit): boolean {
    return this.#jobs.has(unit);
  }

  // ---- building -------------------------------------------------------------------------------------------------

  /** Plans a job and all that it pulls in, from `by` or as what is asked for. Chains may be thousands long. */
  #add(asked: Planned, by: Node | undefined, how: { ignoreRequirements: boolean; ignoreOrder: boolean }): Node {
    const stack: { node: Node; asked: Planned; pulled: Iterator<Planned> }[] = [];
    const plan = (next: Planned, subject: Node | undefined): Node => {
      const { node, isNew } = this.#plan(next, subject);
      node.ignoreOrder ||= how.ignoreOrder;
      if (isNew && !how.ignoreRequirements) stack.push({ node, asked: next, pulled: pulledInBy(node) });
      return node;
    };
    const added = plan(asked, by);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const step = top.pulled.next();
      if (step.done === true) {
        stack.pop();
        continue;
      }
      try {
        plan(step.value, top.node);
      } catch (error) {
        if (!(error instanceof JobError)) throw error;
        // What can't be without it fails as well, up to one that is only wished for.
        let failed = step.value;
        while (!this.#mayBeLeft(failed, error)) {
          const above = stack.pop()!;
          if (stack.length === 0) throw error;
          failed = above.asked;
        }
      }
    }
    return added;
  }

  /** One job, which may be planned already, and that `subject` needs it. */
  #plan({ type, unit, matters, conflicts }: Planned, subject: Node | undefined): { node: Node; isNew: boolean } {
    if (type !== 'stop') this.#validateLoaded(unit);
    if (!isApplicable(unit, type))
      throw new JobError(notApplicable, `Job type ${type} is not applicable for unit ${unit.id}.`);
    if (type === 'start') refuseWithoutRoom(unit);
    const planned = this.#jobs.get(unit);
    const known = planned?.find((n) => n.type === type);
    const node = known ?? new Node(unit, type);
    if (planned === undefined) this.#jobs.set(unit, [node]);
    else if (known === undefined) planned.unshift(node);
    if (subject !== undefined) {
      const link: Link = { subject, object: node, matters, conflicts };
      subject.needs.add(link);
      node.neededBy.add(link);
    }
    return { node, isNew: known === undefined };
  }

  /** Whether it goes without a job that can't be planned; said in the log where that is worth it. */
  #mayBeLeft({ facet, unit, matters }: Planned, error: JobError): boolean {
    if (matters) return error.busName === notApplicable;
    const isQuiet = facet === 'pullInStartIgnored' && quietErrors.has(error.busName);
    const what = facet === 'propagatesReloadTo' ? 'dependency reload job' : 'dependency job';
    this.#context.log(isQuiet ? 7 : 4, `${unit.id}: Cannot add ${what}, ignoring: ${error.message}`, unit);
    return true;
  }

  #validateLoaded(unit: Unit): void {
    this.#context.retryLoad(unit);
    validateLoadState(unit);
  }

  #addIsolated(anchor: Node): void {
    const stays = (unit: Unit): boolean => unit.loaded.unit.IgnoreOnIsolate || this.#jobs.has(unit);
    for (const unit of this.#context.allUnits()) {
      if (isInactiveOrFailed(unit.activeState) && unit.job === undefined) continue;
      if (stays(unit)) continue;
      if ([...unit.related('triggeredBy')].some(stays)) continue;
      try {
        this.#addStop(unit, anchor);
      } catch (error) {
        if (!(error instanceof JobError)) throw error;
        this.#context.log(4, `${unit.id}: Cannot add isolate job, ignoring: ${error.message}`, unit);
      }
    }
  }

  #addTriggering(anchor: Node): void {
    for (const trigger of anchor.unit.related('triggeredBy')) {
      if (isInactiveOrFailed(trigger.activeState) && trigger.job === undefined) continue;
      if (this.#jobs.has(trigger)) continue;
      this.#addStop(trigger, anchor);
    }
  }

  /** A start that whoever needs the unit follows as it follows a restart. */
  #addRestarts(anchor: Node, how: { ignoreRequirements: boolean; ignoreOrder: boolean }): void {
    for (const other of anchor.unit.related('propagateRestart')) {
      const type = collapsedType('try-restart', other.activeState);
      if (type === 'nop' || !isApplicable(other, type)) continue;
      this.#add({ type, unit: other, matters: true, conflicts: false }, anchor, how);
    }
  }

  #addStop(unit: Unit, anchor: Node): void {
    const inOrder = { ignoreRequirements: false, ignoreOrder: false };
    this.#add({ type: 'stop', unit, matters: true, conflicts: false }, anchor, inOrder);
  }

  // ---- thinning out ---------------------------------------------------------------------------------------------

  #markMattering(): void {
    const todo = [...this.anchors];
    for (const anchor of todo) anchor.matters = true;
    for (let node = todo.pop(); node !== undefined; node = todo.pop())
      for (const link of node.needs)
        if (link.matters && !link.object.matters) {
          link.object.matters = true;
          todo.push(link.object);
        }
  }

  /** Removes a job, and where `withDependents` those that cannot be without it. */
  #delete(node: Node, withDependents: boolean): void {
    const todo = [node];
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
      const list = this.#jobs.get(next.unit);
      if (list === undefined || !list.includes(next)) continue;
      if (list.length === 1) this.#jobs.delete(next.unit);
      else list.splice(list.indexOf(next), 1);
      for (const link of next.needs) link.object.neededBy.delete(link);
      next.needs.clear();
      for (const link of next.neededBy) {
        link.subject.needs.delete(link);
        if (withDependents && link.matters) todo.push(link.subject);
      }
      next.neededBy.clear();
    }
  }

  /**
   * --job-mode=fail: nothing that does not matter may stop a running unit or turn a queued job around; lenient: nothing at
   * all, and what matters refuses the rest. Throws JobError.
   */
  #minimizeImpact(lenient: boolean): void {
    for (const list of [...this.#jobs.values()])
      for (const node of [...list]) {
        if (node.matters && !lenient) continue;
        const stops = node.type === 'stop' && isActiveOrActivating(node.unit.activeState);
        const turns = node.unit.job !== undefined && isConflicting(node.type, node.unit.job.type);
        if (!stops && !turns) continue;
        if (node.matters)
          throw new JobError(
            'org.freedesktop.systemd1.TransactionIsDestructive',
            `${node.unit.id}/${node.type} would stop a running unit or change existing job, bailing`,
          );
        this.#delete(node, true);
      }
  }

  #dropRedundant(): void {
    for (const list of [...this.#jobs.values()]) {
      const keep = list.some(
        (node) =>
          this.anchors.has(node) ||
          !isRedundant(node.type, node.unit.activeState) ||
          (node.unit.job !== undefined && isConflicting(node.type, node.unit.job.type)),
      );
      if (!keep) for (const node of [...list]) this.#delete(node, false);
    }
  }

  #collectGarbage(): void {
    const todo = [...this.#jobs.values()].flat();
    for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
      if (this.anchors.has(node) || node.neededBy.size > 0) continue;
      const needed = [...node.needs].map((link) => link.object);
      this.#delete(node, true);
      todo.push(...needed);
    }
  }

  /**
   * Walks the order of the jobs to be. True where a cycle was found and broken by leaving out a unit that does not
   * matter (walk again); throws where none can be left out.
   */
  #breakOneCycle(): boolean {
    const done = new Set<unknown>();
    for (const list of this.#jobs.values()) {
      const cycle = this.#findCycle(list[0]!, done);
      if (cycle === undefined) continue;
      const first = cycle.at(-1)!;
      const { log, skipLine, voice } = this.#context;
      const { priority, lines } = voice.orderingCycle(cycle.map(nameOf));
      for (const line of lines) log(priority, `${first.unit.id}: ${line}`, first.unit);
      const victim = cycle.find((job) => {
        const planned = this.#jobs.get(job.unit);
        return planned !== undefined && !planned.some((n) => n.matters);
      });
      if (victim === undefined) {
        log(3, `${first.unit.id}: Unable to break cycle starting with ${nameOf(first)}`, first.unit);
        throw new JobError(
          'org.freedesktop.systemd1.TransactionOrderIsCyclic',
          'Transaction order is cyclic. See system logs for details.',
        );
      }
      log(
        3,
        `${first.unit.id}: Job ${nameOf(victim)} deleted to break ordering cycle starting with ${nameOf(first)}`,
        first.unit,
      );
      skipLine(victim.unit);
      for (const node of [...(this.#jobs.get(victim.unit) ?? [])]) this.#delete(node, true);
      return true;
    }
    return false;
  }

  /** The jobs of a cycle that is reachable, last one first; iterative, since chains may be thousands long. */
  #findCycle(start: Node, done: Set<unknown>): OrderNode[] | undefined {
    if (done.has(start)) return undefined;
    const path: OrderNode[] = [];
    const onPath = new Set<OrderNode>();
    const stack: { job: OrderNode; next: Iterator<OrderNode> }[] = [];
    const enter = (job: OrderNode): void => {
      path.push(job);
      onPath.add(job);
      stack.push({ job, next: this.#after(job) });
    };
    enter(start);
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const step = top.next.next();
      if (step.done === true) {
        stack.pop();
        path.pop();
        onPath.delete(top.job);
        done.add(top.job);
        continue;
      }
      const job = step.value;
      if (onPath.has(job)) return path.slice(path.indexOf(job)).reverse();
      if (!done.has(job)) enter(job);
    }
    return undefined;
  }

  /** Jobs that run after this one: planned ones, else those already installed. */
  *#after(job: OrderNode): Generator<OrderNode> {
    for (const kind of ['Before', 'After'] as const satisfies DependencyKind[])
      for (const other of job.unit.dependencies.get(kind) ?? []) {
        const o = this.#jobs.get(other)?.[0] ?? (other.job as OrderNode | undefined);
        if (o === undefined) continue;
        const order = kind === 'Before' ? compareOrdered(job, o) : -compareOrdered(o, job);
        if (order < 0) yield o;
      }
  }

  /** One pass; false where a job had to be left out and the pass must be made again. */
  #merge(): boolean {
    for (const list of this.#jobs.values()) {
      let type: JobType = list[0]!.type;
      for (const other of list.slice(1)) {
        const merged = mergedType(type, other.type);
        if (merged !== undefined) {
          type = collapsedType(merged, other.unit.activeState);
          continue;
        }
        const victim = unmergeable(list);
        if (victim === undefined)
          throw new JobError(
            'org.freedesktop.systemd1.TransactionJobsConflicting',
            `Transaction contains conflicting jobs '${type}' and '${other.type}' for ${other.unit.id}. Probably contradicting requirement dependencies configured.`,
          );
        this.#delete(victim, true);
        return false;
      }
    }
    for (const list of this.#jobs.values()) {
      if (list.length === 1) continue;
      let type: JobType = list[0]!.type;
      for (const other of list.slice(1)) type = collapsedType(mergedType(type, other.type)!, other.unit.activeState);
      const keep = list.find((node) => this.anchors.has(node)) ?? list[0]!;
      keep.type = type;
      for (const other of list) if (other !== keep) mergeInto(keep, other);
      list.splice(0, list.length, keep);
    }
    return true;
  }

  #refuseDestruction(nodes: Node[], mode: JobMode): void {
    for (const node of nodes) {
      const installed = node.unit.job as (OrderNode & { irreversible: boolean }) | undefined;
      if (installed === undefined || !(mode === 'fail' || mode === 'lenient' || installed.irreversible)) continue;
      if (!isConflicting(installed.type, node.type)) continue;
      throw new JobError(
        'org.freedesktop.systemd1.TransactionIsDestructive',
        `Transaction for ${[...this.anchors].map(nameOf).join(', ')} is destructive (${node.unit.id} has '${installed.type}' job queued, but '${node.type}' is included in transaction).`,
      );
    }
  }
}

/** Throws JobError where the unit's slice has as many units as it may. */
function refuseWithoutRoom(unit: Unit): void {
  if (!hardLimitReached(unit)) return;
  const slice = unit.dependencyNames('InSlice')[0];
  throw new JobError(
    'org.freedesktop.systemd1.ConcurrencyLimitReached',
    `Concurrency limit of the slice unit '${slice}' (or any of its parents) the unit '${unit.id}' is contained in has been reached, refusing start job.`,
  );
}

/** `a.service/start`. */
const nameOf = ({ unit, type }: Pick<OrderNode, 'unit' | 'type'>): string => `${unit.id}/${type}`;

/** A planned or an installed job, as far as order is concerned. */
interface OrderNode {
  readonly unit: Unit;
  readonly type: JobType;
  readonly ignoreOrder: boolean;
}

/** Throws JobError, with systemd's text, for a unit whose definition is not usable. */
export function validateLoadState(unit: Unit): void {
  const prefix = 'org.freedesktop.systemd1.';
  switch (unit.loadState) {
    case 'loaded':
      return;
    case 'not-found':
      throw new JobError(`${prefix}NoSuchUnit`, `Unit ${unit.id} not found.`);
    case 'bad-setting':
      throw new JobError(`${prefix}BadUnitSetting`, `Unit ${unit.id} has a bad unit file setting.`);
    case 'masked':
      throw new JobError(`${prefix}UnitMasked`, `Unit ${unit.id} is masked.`);
    case 'error': {
      const { name, message } = unit.loaded.loadError ?? {
        name: `${prefix}LoadFailed`,
        message: `Unit ${unit.id} failed to load properly.`,
      };
      throw new JobError(name, message);
    }
    default:
      throw new JobError(`${prefix}LoadFailed`, `Unit ${unit.id} is not loaded properly.`);
  }
}

function isApplicable(unit: Unit, type: JobType): boolean {
  switch (type) {
    case 'stop':
      return !unit.perpetual;
    case 'restart':
      return unit.canStop && unit.canStart;
    case 'reload':
      return unit.canReload;
    default:
      return true;
  }
}

/** Of jobs that contradict, the one to leave out; undefined where both matter. Starts are kept rather than stops. */
function unmergeable(list: Node[]): Node | undefined {
  const conflicted = (node: Node): boolean => [...node.neededBy].some((link) => link.conflicts);
  for (let i = 0; i < list.length; i++)
    for (let k = i + 1; k < list.length; k++) {
      const a = list[i]!;
      const b = list[k]!;
      if (mergedType(a.type, b.type) !== undefined) continue;
      if (a.matters && b.matters) return undefined;
      if (!a.matters && b.matters) return a;
      if (a.matters) return b;
      if (a.type === 'stop') return conflicted(a) ? b : a;
      if (b.type === 'stop') return conflicted(b) ? a : b;
      return a;
    }
  return undefined;
}

function mergeInto(keep: Node, other: Node): void {
  keep.matters ||= other.matters;
  keep.ignoreOrder ||= other.ignoreOrder;
  for (const link of other.needs) {
    link.subject = keep;
    keep.needs.add(link);
  }
  for (const link of other.neededBy) {
    link.object = keep;
    keep.neededBy.add(link);
  }
}
