import { defineConfig } from 'vitest/config';

/** The files of docs/engines.md, each run by its engine: needs root, and takes minutes (`npm run test:engines`). */
export default defineConfig({
  test: {
    include: ['test/engines/**/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 1_200_000,
    fileParallelism: false,
  },
});
