/** How many units a slice, and those below it, may have at a time: ConcurrencyHardMax= and its kin of systemd.slice(5). */
import type { SliceSettings } from '../unitfile/directives/scope.ts';
import { unlimitedUnits as unlimited } from '../values/limits.ts';

/** A unit, as far as its place is concerned. */
interface Placed {
  readonly type: string;
  readonly activeState: string;
  readonly job: { readonly type: string } | undefined;
  readonly dependencies: { get(kind: 'InSlice' | 'SliceOf'): Iterable<Placed> | undefined };
  readonly loaded: { readonly slice?: SliceSettings };
}

const isDown = (state: string): boolean => state === 'inactive' || state === 'failed';

/** The slice that the unit is in, the one that this is in, and so on. */
function* slicesOf(unit: Placed): Generator<Placed> {
  for (const slice of unit.dependencies.get('InSlice') ?? []) {
    yield slice;
    yield* slicesOf(slice);
    // it is in one
    return;
  }
}

/** What is in the slice, slices too, and what is in these. */
function* membersOf(slice: Placed): Generator<Placed> {
  for (const member of slice.dependencies.get('SliceOf') ?? []) {
    yield member;
    if (member.type === 'slice') yield* membersOf(member);
  }
}

/** How many of its members, but `besides`, are there; `pending`: or are to be. */
export function currentlyActive(slice: Placed, besides?: Placed, pending = false): number {
  let count = 0;
  for (const member of membersOf(slice)) {
    const { job } = member;
    const comes = pending && (job?.type === 'start' || job?.type === 'restart' || job?.type === 'reload');
    if (member !== besides && (comes || !isDown(member.activeState))) count++;
  }
  return count;
}

function currentlyActivating(slice: Placed, besides: Placed): number {
  let count = 0;
  for (const member of membersOf(slice)) if (member !== besides && member.activeState === 'activating') count++;
  return count;
}

/** Whether a hard limit keeps the unit from being started at all; jobs that wait count. */
export function hardLimitReached(unit: Placed): boolean {
  for (const slice of slicesOf(unit)) {
    const { ConcurrencyHardMax = unlimited } = slice.loaded.slice ?? {};
    if (ConcurrencyHardMax !== unlimited && currentlyActive(slice, unit, true) >= ConcurrencyHardMax) return true;
  }
  return false;
}

/** Whether the unit has to wait until others have ended, or are up. */
export function softLimitReached(unit: Placed): boolean {
  for (const slice of slicesOf(unit)) {
    const { ConcurrencySoftMax = unlimited, ActivatingConcurrencyMax = unlimited } = slice.loaded.slice ?? {};
    if (ConcurrencySoftMax !== unlimited && currentlyActive(slice, unit) >= ConcurrencySoftMax) return true;
    if (ActivatingConcurrencyMax !== unlimited && currentlyActivating(slice, unit) >= ActivatingConcurrencyMax)
      return true;
  }
  return false;
}

/** Who may be waiting for the unit to make room, which it has done with this change. */
export function* waitingForRoom<U extends Placed>(unit: U, from: string, to: string): Generator<U> {
  if (from === to || (!isDown(to) && from !== 'activating')) return;
  for (const slice of slicesOf(unit)) {
    const { ConcurrencySoftMax = unlimited, ActivatingConcurrencyMax = unlimited } = slice.loaded.slice ?? {};
    if (ConcurrencySoftMax === unlimited && ActivatingConcurrencyMax === unlimited) continue;
    for (const member of membersOf(slice)) if (member !== unit) yield member as U;
  }
}
