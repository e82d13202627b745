/** Lists that make something fail, made short: parts are left out for as long as it still does. */

/** The shortest that was found: halves are tried first, single ones last, again and again until none can go. */
export async function shrinkList<T>(
  list: readonly T[],
  stillFails: (fewer: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let best = list;
  for (let before = -1; before !== best.length; ) {
    before = best.length;
    for (let size = Math.max(1, best.length >> 1); size >= 1; size >>= 1)
      for (let at = best.length - size; at > -size; at -= size) {
        const fewer = best.filter((_, index) => index < at || index >= at + size);
        if (fewer.length < best.length && (await stillFails(fewer))) best = fewer;
      }
  }
  return best;
}

/** Each item is made simpler where it can be. */
export async function simplifyItems<T>(
  list: readonly T[],
  simpler: (item: T) => readonly T[],
  stillFails: (other: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let best = list;
  for (let at = 0; at < best.length; at++)
    for (const item of simpler(best[at]!)) {
      const other = best.with(at, item);
      if (await stillFails(other)) {
        best = other;
        break;
      }
    }
  return best;
}

/** What is wrong, without the numbers that differ between failures of one kind. */
export const kindOf = (reason: string): string => reason.split('\n', 2).join('\n').replace(/\d+/g, 'N');
