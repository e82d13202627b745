import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/unit/**/*.test.ts', 'test/real/**/*.test.ts'],
    // Bounds for a machine that has nothing to spare.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
