import { defineConfig } from 'vitest/config';

/** What `npm run test:arm64` runs on a machine that is emulated: everything takes ten times as long. */
export default defineConfig({
  test: {
    // As scripts/test-arm64.mjs makes them.
    include: ['test/**/*.test.mjs'],
    maxWorkers: 2,
    maxConcurrency: 2,
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
