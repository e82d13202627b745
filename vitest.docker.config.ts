import { defineConfig } from 'vitest/config';

/** The real thing: needs a Docker engine and takes minutes, so it is a run of its own (`npm run test:docker`). */
export default defineConfig({
  test: {
    include: ['test/docker/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 1_200_000,
    fileParallelism: false,
  },
});
