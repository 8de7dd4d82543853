import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cli, createCli } from '../support/cli.ts';
import { openWholeRoad, type WholeRoad } from '../support/whole-road.ts';

/** A disk of its own for the clusters' folder, as small as is wanted: needs root. */
describe.runIf(process.getuid?.() === 0)('a full disk under the run folder', () => {
  let road: WholeRoad;
  let cli: Cli;
  let disk: string;

  beforeAll(async () => {
    road = await openWholeRoad({ count: 3, timeScale: 1000 });
    cli = createCli(road.home);
    disk = path.join(road.home, 'clusters');
    await mkdir(disk, { mode: 0o700 });
    await execa('mount', ['-t', 'tmpfs', '-o', 'size=16k,mode=0700', 'coldstart-test', disk]);
  });
  afterAll(async () => {
    await execa('umount', [disk]);
    await road.close();
  });

  test('up stops safely wherever it fills up, says what to do, and finishes when there is room', async () => {
    // The first ones have not even room for keys; the later ones fill up somewhere on the way.
    for (const kilobytes of [16, 28, 52, 76, 100, 124]) {
      await execa('mount', ['-o', `remount,size=${kilobytes}k`, disk]);
      const { exitCode, stderr } = await cli.run(['up', '--lab']);
      if (exitCode === 0) break;
      expect(stderr, `${kilobytes} KB`).toContain('[FILE_ERROR]');
      expect(exitCode, `${kilobytes} KB`).toBe(1);
    }
    await execa('mount', ['-o', 'remount,size=16m', disk]);
    const { exitCode, stderr } = await cli.run(['up', '--lab']);
    expect(exitCode, stderr).toBe(0);
    const { systems, clusters } = road.look();
    expect(clusters).toHaveLength(1);
    expect(systems.map(({ installation }) => installation)).toEqual([1, 1, 1]);
  });
});
