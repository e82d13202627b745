import { defineConfig } from 'vitest/config';

/** The RPM package in trees of rpm's: needs root and Debian's rpm (`npm run test:rpm`). */
export default defineConfig({
  test: {
    include: ['test/rpm/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
