import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (name: string): string => fileURLToPath(new URL(`./src/${name}.ts`, import.meta.url));

export default defineConfig({
  // What the examples import is what is here.
  resolve: {
    alias: {
      'pidone/sim': source('simulation/simulate'),
      'pidone/vitest': source('library/vitest'),
      pidone: source('library/index'),
    },
  },
  test: {
    projects: [
      // Most of their time went into reading the same modules: they share them, as none of these tests changes one.
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.ts'], isolate: false } },
      { extends: true, test: { name: 'real', include: ['test/real/**/*.test.ts', 'examples/**/*.test.ts'] } },
    ],
    // Many files wait for processes of theirs: two cores are to have two files in work, not one and a runner that waits.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    maxConcurrency: 2,
    // Bounds for a machine that has nothing to spare.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
  },
});
