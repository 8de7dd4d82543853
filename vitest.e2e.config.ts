import { defineConfig } from 'vitest/config';

/** Tests that need root and minutes: real hosts, real Ansible, real kubeadm. One file, one step after the other. */
export default defineConfig({
  test: {
    globalSetup: 'test/support/build.ts',
    include: ['test/e2e/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 20 * 60_000,
    hookTimeout: 30 * 60_000,
    bail: 1,
  },
});
