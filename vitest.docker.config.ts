import { configDefaults, defineConfig } from 'vitest/config';

/** Tests that put packages into running containers, or build many images, take as long as all others together: only with --all (ALL=1). */
const slow = ['deb', 'doctor', 'images', 'nodeless', 'trixie-daemons', 'upgrade'].map(
  (name) => `test/docker/${name}.test.ts`,
);
const long = process.env.ALL === '1' ? [] : slow;

/** The real thing: needs a Docker engine and takes minutes, so it is a run of its own (`npm run test:docker`). */
export default defineConfig({
  test: {
    include: ['test/docker/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...long],
    testTimeout: 120_000,
    hookTimeout: 1_200_000,
    fileParallelism: false,
    // Of the tests that are asked for side by side: they wait for daemons more than they work.
    maxConcurrency: 12,
  },
});
