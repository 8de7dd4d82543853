import { limitOf } from './support/limit.ts';
import { readOptions } from './support/options.ts';
import { fleetOf, realListMs, seed, startRegion } from './support/region.ts';
import { runController } from './support/start-controller.ts';
import { printRows, type Row, rounded } from './support/table.ts';

/** Machines that the image server feeds at full speed: an image of 500 MB in 105 s, over a line of 10 Gb/s. */
const imageServer = 250;

/**
 * `up` from Ready machines to Ready nodes. Waits are scaled, requests are not: the faster the time, the dearer they
 * look, so the ratio can only look worse than it is.
 */
export async function makespanRows(sizes: readonly number[], timeScale = 10): Promise<Row[]> {
  const rows: Row[] = [];
  for (const machines of sizes) rows.push(await makespan(machines, timeScale));
  return rows;
}

async function makespan(machines: number, timeScale: number): Promise<Row> {
  const fleet = fleetOf(machines);
  const limit = limitOf(fleet, seed, imageServer);
  const region = await startRegion({
    machines,
    timeScale,
    perMachineListMs: realListMs / timeScale,
    driver: { imageServer },
  });
  try {
    const order = { seed, timeScale, first: fleet[0]?.hostname ?? '', nodes: [] };
    const used = await runController(region, order);
    if (used.outcome !== 'done') throw new Error(`the run ended with ${used.outcome}`);
    const { requests, lists } = region.take();
    return {
      machines,
      timeScale,
      limit: rounded(limit.wholeMs / 1000),
      coldstart: rounded(used.ms / 1000),
      ratio: rounded(used.ms / limit.wholeMs),
      requests,
      lists,
      processes: used.processes,
      cpuSeconds: rounded(used.cpuSeconds),
      cores: rounded(used.cpuSeconds / used.seconds),
      peakMegabytes: Math.round(used.peakMegabytes),
    };
  } finally {
    await region.close();
  }
}

export async function main(args: readonly string[]): Promise<void> {
  const { json, sizes } = readOptions(args, [3, 30, 100, 1000, 5000]);
  printRows('makespan', await makespanRows(sizes), json);
}
