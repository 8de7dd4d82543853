import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: 'test/support/build.ts',
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['test/e2e/**', 'test/resume/**', 'node_modules/**'],
    // Only what hangs may end by it: on a busy computer everything takes many times as long.
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
