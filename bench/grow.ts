import { converged } from './noop.ts';
import { readOptions } from './support/options.ts';
import { fleetOf, realListMs, seed, startRegion } from './support/region.ts';
import { runController } from './support/start-controller.ts';
import { printRows, type Row, rounded } from './support/table.ts';

/** One more node for clusters of different sizes; it is the same machine in all of them. */
export async function growRows(sizes: readonly number[], timeScale = 10): Promise<Row[]> {
  const rows: Row[] = [];
  for (const nodes of sizes) rows.push(await grow(nodes, timeScale));
  return rows;
}

async function grow(nodes: number, timeScale: number): Promise<Row> {
  const region = await startRegion({
    machines: nodes,
    timeScale,
    perMachineListMs: realListMs / timeScale,
    deployed: await converged(),
    fresh: [newcomer],
  });
  try {
    const names = fleetOf(nodes).map(({ hostname }) => hostname);
    const order = { seed, timeScale, first: names[0] ?? '', nodes: names, machines: 1 };
    const used = await runController(region, order);
    if (used.outcome !== 'done') throw new Error(`the run ended with ${used.outcome}`);
    const { requests, lists, changes } = region.take();
    // The first list names every machine, and takes the region its time.
    const listSeconds = ((nodes + 1) * realListMs) / 1000;
    return {
      nodes,
      seconds: rounded(used.ms / 1000),
      listSeconds: rounded(listSeconds),
      ownSeconds: rounded(used.ms / 1000 - listSeconds),
      requests,
      lists,
      changes,
      processes: used.processes,
      cpuSeconds: rounded(used.cpuSeconds),
      peakMegabytes: Math.round(used.peakMegabytes),
    };
  } finally {
    await region.close();
  }
}

const newcomer = {
  hostname: 'newcomer',
  mac: '52:54:00:ff:ff:01',
  tags: ['k8s-node'],
  cpuCount: 8,
  memoryMib: 16_384,
  diskBytes: 500e9,
};

export async function main(args: readonly string[]): Promise<void> {
  const { json, sizes, timeScale } = readOptions(args, [3, 1000]);
  printRows('grow', await growRows(sizes, timeScale), json);
}
