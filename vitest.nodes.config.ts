import { defineConfig } from 'vitest/config';

/** The package without a Node in Nodes of several releases: needs root (`npm run test:nodes`). */
export default defineConfig({
  test: {
    include: ['test/nodes/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    fileParallelism: false,
  },
});
