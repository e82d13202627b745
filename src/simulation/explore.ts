/** Random exploration: events that a seed draws are played, and those that break an invariant are made few. */
import { InvalidOption } from '../terms/errors.ts';
import { spanMs, spanText } from '../terms/span.ts';
import { unitNameKind } from '../unitfile/language/unit-name.ts';
import type { Exploration, ExploreOptions, Fault, SimulateOptions, Simulation } from './api.ts';
import { InvariantBroken } from './errors.ts';
import { playEvent, type Stage } from './events.ts';
import { Random } from './random.ts';
import { SharedLoads } from './shared-loads.ts';
import { kindOf, shrinkList, simplifyItems } from './shrink.ts';

export const faults: readonly Fault[] = ['exit', 'kill', 'fail', 'delay', 'hang', 'order', 'start', 'stop', 'restart'];

/** What is explored: a simulation that can be watched. */
export interface Explorable extends Simulation, Stage {
  onMoment: (() => void) | undefined;
}

/** Makes a simulation that has booted. */
export type Begin = (options: SimulateOptions, shared?: SharedLoads) => Promise<Explorable>;

type Options = SimulateOptions & ExploreOptions;

/** The invariant did not hold: ends a run. */
class Broken extends Error {
  readonly reason: string;
  constructor(reason: string, cause?: unknown) {
    super(reason, { cause });
    this.reason = reason;
  }
}

interface Plan {
  readonly options: Options;
  readonly begin: Begin;
  readonly shared: SharedLoads;
  readonly start: readonly string[];
  readonly units: readonly string[];
  readonly restMs: number;
  looks: number;
}

/** Throws InvariantBroken. */
export async function explore(options: Options, begin: Begin): Promise<Exploration> {
  const seeds = seedsOf(options.seeds ?? 1000);
  const plan = await planOf(options, begin);
  let played = 0;
  for (const seed of seeds) {
    const events = drawEvents(seed, plan);
    const broken = await run(plan, seed, events);
    played += events.length;
    if (broken !== undefined) throw await explained(plan, seed, events, broken);
  }
  return { seeds: seeds.length, events: played, looks: plan.looks };
}

function seedsOf(seeds: number | readonly number[]): readonly number[] {
  const list = typeof seeds === 'number' ? Array.from({ length: seeds }, (_, index) => index + 1) : seeds;
  if (list.length === 0 || !list.every((seed) => Number.isInteger(seed) && seed >= 0))
    throw new InvalidOption(`seeds: ${String(seeds)}; valid are how many, and lists of whole numbers`);
  return list;
}

async function planOf(options: Options, begin: Begin): Promise<Plan> {
  const unknown = options.faults?.find((fault) => !faults.includes(fault));
  if (unknown !== undefined) throw new InvalidOption(`faults: '${unknown}' is none; valid are ${faults.join(', ')}`);
  const { machine } = await begin(options);
  const own = [...machine.ownUnits].filter((name) => unitNameKind(name) !== 'template');
  const start = options.start ?? options.enable ?? own;
  const units = options.among ?? start;
  if (units.length === 0) throw new InvalidOption('explore: there is no unit to which something could happen');
  const restMs = spanMs(options.rest ?? '5min', 'rest');
  return { options, begin, shared: new SharedLoads(), start, units, restMs, looks: 0 };
}

/** The same for the same seed. */
function drawEvents(seed: number, { options, units }: Plan): string[] {
  const r = new Random(seed);
  const kinds = options.faults ?? faults;
  const most = options.events ?? 20;
  const longestMs = spanMs(options.pause ?? '10s', 'pause');
  const services = units.filter((name) => name.endsWith('.service'));
  return Array.from({ length: r.int(1, Math.max(1, most)) }, () => {
    const event = drawEvent(r, r.pick(kinds), services.length > 0 ? services : units, units);
    // Short pauses are as frequent as long ones.
    const pauseMs = r.chance(0.2) ? 0 : Math.round(longestMs * 10 ** (-4 * r.fraction()));
    return pauseMs === 0 ? event : `+${spanText(pauseMs).replaceAll(' ', '')} ${event}`;
  });
}

function drawEvent(r: Random, kind: Fault, services: readonly string[], units: readonly string[]): string {
  switch (kind) {
    case 'exit':
      return `exit ${r.pick(services)} ${r.pick([0, 1, 1, 3, 255])}`;
    case 'kill':
      return `kill ${r.pick(services)} ${r.pick(['SIGKILL', 'SIGKILL', 'SIGSEGV', 'SIGTERM'])}`;
    case 'fail':
      return `fail ${r.pick(services)} ${r.pick([1, 1, 3, 255])}`;
    case 'delay':
      return `delay ${r.pick(services)} ${r.pick(['100ms', '1s', '10s', '1min', '2min'])}`;
    case 'hang':
      return `hang ${r.pick(services)}`;
    case 'order':
      return `order ${r.int(1, 999)}`;
    default:
      return `${kind} ${r.pick(units)}`;
  }
}

/** What breaks the invariant; undefined where it holds throughout. */
async function run(plan: Plan, seed: number, events: readonly string[]): Promise<Broken | undefined> {
  const { options, begin, shared, start, restMs } = plan;
  const simulation = await begin({ ...options, seed }, shared);
  simulation.onMoment = () => look(plan, simulation);
  try {
    for (const name of start) await playEvent(simulation, `start ${name}`);
    for (const event of events) await playEvent(simulation, event);
    await simulation.advance(restMs);
    look(plan, simulation);
    return undefined;
  } catch (error) {
    if (error instanceof Broken) return error;
    // A script or a setting of the user's is wrong, whatever the events are.
    throw error;
  }
}

function look(plan: Plan, simulation: Explorable): void {
  plan.looks++;
  let verdict: undefined | boolean | string;
  try {
    verdict = plan.options.invariant(simulation);
  } catch (error) {
    throw new Broken(error instanceof Error ? error.message : String(error), error);
  }
  if (verdict === false) throw new Broken('the invariant does not hold');
  if (typeof verdict === 'string' && verdict !== '') throw new Broken(verdict);
}

async function explained(
  plan: Plan,
  seed: number,
  events: readonly string[],
  broken: Broken,
): Promise<InvariantBroken> {
  let last = broken;
  const kind = kindOf(broken.reason);
  const stillFails = async (fewer: readonly string[]): Promise<boolean> => {
    const now = await run(plan, seed, fewer);
    if (now === undefined || kindOf(now.reason) !== kind) return false;
    last = now;
    return true;
  };
  const few = await shrinkList(events, stillFails);
  const simple = await simplifyItems(few, simplerEvents, stillFails);
  const { reason, cause } = last;
  return new InvariantBroken({ seed, events: simple, of: events.length, reason, cause });
}

/** The same event without its pause, or after a rounder one. */
function simplerEvents(event: string): string[] {
  const [, rest] = /^\+\S+ (.*)$/.exec(event) ?? [];
  return rest === undefined ? [] : [rest, `+1s ${rest}`, `+10s ${rest}`];
}
