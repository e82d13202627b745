/** Memory of this process: how much it is, giving back what a burst of work has left behind. */

/** Bytes of JavaScript's objects and buffers, garbage included. */
export function heapBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Bytes of memory that are mapped and present, pages of files included. */
export const residentBytes = (): number => process.memoryUsage.rss();

/**
 * Collects all garbage, which takes some forty milliseconds and lets V8 return pages. Without effect where Node was not
 * started with --expose-gc.
 */
export function collectGarbage(): void {
  const { gc } = globalThis as { gc?: (options: { type: 'major'; flavor: 'last-resort' }) => void };
  gc?.({ type: 'major', flavor: 'last-resort' });
}
