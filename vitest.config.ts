import os from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Journeys wait most of the time, so they begin first and the others fill the gaps. */
class JourneysFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isJourney = ({ moduleId }: TestSpecification) => moduleId.includes('/test/journey/');
    return [...sorted.filter(isJourney), ...sorted.filter(file => !isJourney(file))];
  }
}

export default defineConfig({
  test: {
    globalSetup: 'test/support/build.ts',
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['test/e2e/**', 'test/resume/**', 'node_modules/**'],
    // Only what hangs may end by it: on a busy computer everything takes many times as long.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 120_000 } },
    // Importing the same modules again for every file takes longer than most files; none of them changes what others see.
    isolate: false,
    maxWorkers: os.availableParallelism() + 1,
    sequence: { sequencer: JourneysFirst },
  },
});
