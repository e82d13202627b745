import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/unit/**/*.test.ts', 'test/real/**/*.test.ts'],
    // Many files wait for processes of theirs: two cores are to have two files in work, not one and a runner that waits.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    maxConcurrency: 2,
    // Bounds for a machine that has nothing to spare.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
