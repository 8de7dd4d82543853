import { defineConfig } from 'vitest/config';
import { isBuilt } from './src/lab/kubernetes/build.ts';
import { cacheHome } from './src/state/paths.ts';

/**
 * Tests that need root and minutes: real hosts, real Ansible, real kubeadm. Two files at a time, each with a lab of its own:
 * one works while the other waits. One after the other where Kubernetes has to be built first, which takes all there is.
 */
export default defineConfig({
  test: {
    globalSetup: 'test/support/build.ts',
    include: ['test/e2e/**/*.test.ts'],
    fileParallelism: isBuilt(cacheHome(process.env)),
    maxWorkers: 2,
    testTimeout: 20 * 60_000,
    hookTimeout: 30 * 60_000,
    expect: { poll: { timeout: 120_000 } },
    bail: 1,
  },
});
