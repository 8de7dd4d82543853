import { defineConfig } from 'vitest/config';

/** Runs that are cut off at every moment: many short processes, one file after the other. */
export default defineConfig({
  test: {
    globalSetup: 'test/support/build.ts',
    include: ['test/resume/**/*.test.ts'],
    fileParallelism: false,
    // A minute on a free computer; nothing depends on it.
    testTimeout: 20 * 60_000,
  },
});
