import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import type { ControllerOrder, ControllerReport } from './controller.ts';
import { checkout, measured, type Used } from './program.ts';
import type { BenchRegion } from './region.ts';

/** Runs `up` against the region in a process of its own: real planner, engine, journal and MAAS client. */
export async function runController(
  region: BenchRegion,
  order: ControllerOrder,
): Promise<ControllerReport & Used> {
  // Below the checkout, where the bundle finds the packages that it needs.
  const folder = await mkdtemp(path.join(checkout, 'node_modules', '.bench-'));
  const home = await mkdtemp(path.join(os.tmpdir(), 'coldstart-controller-'));
  try {
    const outfile = path.join(folder, 'controller.mjs');
    await build({
      entryPoints: [path.join(checkout, 'bench/support/controller.ts')],
      outfile,
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      logLevel: 'warning',
    });
    const used = await measured([outfile], {
      COLDSTART_HOME: home,
      COLDSTART_BENCH: JSON.stringify(order),
      MAAS_API_URL: region.url,
      MAAS_API_KEY: region.apiKey,
    });
    return { ...used, ...(JSON.parse(used.stdout) as ControllerReport) };
  } finally {
    await rm(folder, { recursive: true });
    await rm(home, { recursive: true });
  }
}
