import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { scaledClock } from '../src/core/scaled-clock.ts';
import type { FleetMachine } from '../src/lab/region/options.ts';
import type { ControllerOrder } from './support/controller.ts';
import { type Limit, limitOf } from './support/limit.ts';
import { readOptions } from './support/options.ts';
import { ansibleAlone, hardwareOf2018, softwareOf2018 } from './support/other-orders.ts';
import { type BenchRegion, fleetOf, realListMs, seed, startRegion } from './support/region.ts';
import { runController } from './support/start-controller.ts';
import { printRows, type Row, rounded } from './support/table.ts';

/**
 * Machines that the image servers feed at full speed: an image of 500 MB in 105 s, over a line of 10 Gb/s. There is one for
 * a thousand machines, as racks have their own: five thousand on one line would take longer than the half hour after which
 * MAAS gives a deployment up.
 */
function imageServersFor(machines: number): number {
  return 250 * Math.ceil(machines / 1000);
}

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
  const limit = limitOf(fleet, seed, imageServersFor(machines));
  const order = { seed, timeScale, first: fleet[0]?.hostname ?? '', nodes: [], machines };
  const coldstart = await withRegion(machines, timeScale, region => up(region, order));
  const planned = await withRegion(machines, timeScale, region => upAsPlanned(region, order));
  return {
    machines,
    limit: seconds(limit.wholeMs),
    coldstart: seconds(coldstart.ms),
    ratio: rounded(coldstart.ms / limit.wholeMs),
    savedPlan: seconds(planned.ms),
    savedPlanRatio: rounded(planned.ms / limit.wholeMs),
    ...(machines > most2018 ? {} : await orderOf2018(fleet, timeScale, limit)),
    ansibleLimit: seconds(limit.ansibleMs),
    ansibleForks5: seconds(ansibleAlone(fleet, seed, 5)),
    requests: coldstart.requests,
    lists: coldstart.lists,
    processes: coldstart.processes,
    cpuSeconds: rounded(coldstart.cpuSeconds),
    cores: rounded(coldstart.cpuSeconds / coldstart.seconds),
    peakMegabytes: Math.round(coldstart.peakMegabytes),
    timeScale,
  };
}

async function up(region: BenchRegion, order: ControllerOrder) {
  region.take();
  const used = await runController(region, order);
  if (used.outcome !== 'done') throw new Error(`the run ended with ${used.outcome}`);
  return { ...used, ...region.take() };
}

/** `plan --save`, and then `up --plan`, which is what counts. */
async function upAsPlanned(region: BenchRegion, order: ControllerOrder) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'coldstart-plan-'));
  const plan = path.join(folder, 'plan.json');
  try {
    await runController(region, { ...order, command: 'plan', plan });
    return await up(region, { ...order, plan });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** It lists all machines all the time: of more than these, nobody has waited for it. */
const most2018 = 1000;

async function orderOf2018(fleet: readonly FleetMachine[], timeScale: number, limit: Limit): Promise<Row> {
  const hardwareMs = await withRegion(fleet.length, timeScale, region =>
    hardwareOf2018(region, scaledClock(timeScale)),
  );
  const wholeMs = hardwareMs + softwareOf2018(fleet, seed);
  return { order2018: seconds(wholeMs), ratio2018: rounded(wholeMs / limit.wholeMs) };
}

/** A region of its own for each order, so that none finds what another has left. */
async function withRegion<R>(
  machines: number,
  timeScale: number,
  act: (region: BenchRegion) => Promise<R>,
): Promise<R> {
  const region = await startRegion({
    machines,
    timeScale,
    perMachineListMs: realListMs / timeScale,
    driver: { imageServer: imageServersFor(machines) },
  });
  try {
    return await act(region);
  } finally {
    await region.close();
  }
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}

export async function main(args: readonly string[]): Promise<void> {
  const { json, sizes, timeScale } = readOptions(args, [3, 30, 100, 1000, 5000]);
  printRows('makespan', await makespanRows(sizes, timeScale), json);
}
