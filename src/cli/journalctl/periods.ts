/** Stretches of the journal that belong together: a boot of the machine, a life of a unit. */
export interface Period {
  id: string;
  /** Microseconds. */
  first: number;
  last: number;
}

/**
 * The one that a descriptor means: without an id 0 is the last and negative numbers count back from it, positive ones
 * count from the oldest; with an id both count from that one.
 */
export function findPeriod(all: readonly Period[], id: string | undefined, offset: number): Period | undefined {
  if (id === undefined) return offset > 0 ? all[offset - 1] : all[all.length - 1 + offset];
  const index = all.findIndex((period) => period.id === id);
  return index < 0 ? undefined : all[index + offset];
}
