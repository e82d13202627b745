/**
 * Settings of speed and size that the container can't give, for want of CAP_SYS_NICE or CAP_SYS_RESOURCE: the process runs
 * without them, or with as much as it may have, and the journal says so once for each unit. systemd fails it for some, and
 * says nothing of others; with `--strict` so does pidone.
 */
import type { Keeper } from '../kept/keeper.ts';
import type { Host, LeftOut, SpawnRequest } from '../sys/host.ts';
import type { LogLevel } from '../text/log-level.ts';
import { canRaiseLimits, canSchedule } from './confinement.ts';

/** Whose process it is. */
export interface LeftOutOwner {
  readonly id: string;
  readonly manager: { readonly host: Host; readonly scope: 'system' | 'user'; readonly strict?: boolean };
  /** Directives in the unit's own files that the machine may not permit: 'Service.LimitNOFILE'. */
  readonly loaded: { readonly unsure: readonly string[] };
  log(level: LogLevel, message: string): void;
}

/** What a process may do without; a user's own manager never has these rights, and is as systemd's. */
export function lenienceOf({ host, scope, strict = false }: LeftOutOwner['manager']): SpawnRequest['lenient'] {
  if (strict || (scope === 'user' && host.uid !== 0)) return undefined;
  const lenient = { nice: !canSchedule(host), resource: !canRaiseLimits(host) };
  return lenient.nice || lenient.resource ? lenient : undefined;
}

/** The settings behind one thing that was left out. */
const settingsOf: Partial<Record<LeftOut, readonly string[]>> = {
  CPUScheduling: ['CPUSchedulingPolicy', 'CPUSchedulingPriority', 'CPUSchedulingResetOnFork'],
  IOScheduling: ['IOSchedulingClass', 'IOSchedulingPriority'],
  TimerSlack: ['TimerSlackNSec'],
};
const capabilityOf = (what: LeftOut): string => (what.startsWith('Limit') ? 'CAP_SYS_RESOURCE' : 'CAP_SYS_NICE');

/** What is said of it; undefined where no line of the unit's asks for it: of what only the manager's defaults name nothing is. */
export function leftOutText(unsure: readonly string[], what: readonly LeftOut[]): string | undefined {
  const named = new Set(unsure.map((name) => name.slice(name.indexOf('.') + 1)));
  const capabilities = new Set<string>();
  const settings: string[] = [];
  for (const item of what) {
    for (const key of settingsOf[item] ?? [item]) {
      if (!named.has(key)) continue;
      settings.push(`${key}=`);
      capabilities.add(capabilityOf(item));
    }
  }
  if (settings.length === 0) return undefined;
  return `The container has no ${[...capabilities].join(', ')}, going on without all of ${settings.join(', ')}.`;
}

export function sayLeftOut(owner: LeftOutOwner, what: readonly LeftOut[]): void {
  const text = leftOutText(owner.loaded.unsure, what);
  if (text !== undefined) sayOnce(owner, 4, text);
}

/** What was said is forgotten then, so that units with a new name each time do not add up. */
const most = 4096;

const said = new WeakMap<Host, Set<string>>();

/** What was said of units. */
export function keepSaid(host: Host, k: Keeper): void {
  const before = k.plain('said', [...(said.get(host) ?? [])]);
  if (k.isReading) said.set(host, new Set(before));
}

/** Logs what is the same at every start of a unit: at the first of this boot, and when it has changed. */
export function sayOnce(
  owner: Pick<LeftOutOwner, 'id' | 'log'> & { manager: { host: Host } },
  level: LogLevel,
  message: string,
): void {
  const { host } = owner.manager;
  let before = said.get(host);
  if (before === undefined || before.size >= most) {
    before = new Set();
    said.set(host, before);
  }
  const key = `${owner.id} ${message}`;
  if (before.has(key)) return;
  before.add(key);
  // A little later the unit's start has begun, and the line is among those that `status` shows of it.
  host.defer(() => owner.log(level, message));
}
