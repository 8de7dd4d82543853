import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { authorization, parseApiKey } from '../src/maas/oauth.ts';
import { readOptions } from './support/options.ts';
import { bundle, measured, median, timed } from './support/program.ts';
import { type BenchRegion, realListMs, startRegion } from './support/region.ts';
import { printRows, type Row, rounded } from './support/table.ts';

/** What a real region needs for the power parameters of one machine. */
const realPowerMs = 100;

/** `coldstart inventory --list`, beside a loop that asks for every machine by itself as in 2018. */
export async function inventoryRows(sizes: readonly number[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const machines of sizes) {
    const region = await startRegion({
      machines,
      timeScale: 1000,
      countBytes: true,
      deployed: { annotations: { 'coldstart.cluster': 'coldstart' }, first: {} },
    });
    try {
      rows.push(await listed(machines, region), await looped(machines, region));
    } finally {
      await region.close();
    }
  }
  return rows;
}

async function listed(machines: number, region: BenchRegion): Promise<Row> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'coldstart-inventory-'));
  const env = { COLDSTART_HOME: home, MAAS_API_URL: region.url, MAAS_API_KEY: region.apiKey };
  const run = () => measured([bundle, 'inventory', '--list'], env);
  try {
    // The first one also asks who the key belongs to, once for all.
    await run();
    region.take();
    const used = await run();
    const { _meta: meta } = JSON.parse(used.stdout) as Listed;
    const hosts = Object.keys(meta.hostvars).length;
    if (hosts !== machines) throw new Error(`${hosts} of ${machines} machines are in the inventory`);
    const { requests, bytes } = region.take();
    return {
      machines,
      how: 'coldstart',
      wallSeconds: rounded(used.seconds),
      cpuSeconds: rounded(used.cpuSeconds),
      peakMegabytes: Math.round(used.peakMegabytes),
      requests,
      megabytes: rounded(bytes / 1e6),
      realRegionSeconds: rounded((machines * realListMs) / 1000),
    };
  } finally {
    await rm(home, { recursive: true });
  }
}

interface Listed {
  _meta: { hostvars: Record<string, unknown> };
}

/** One list, then the power parameters of one machine after the other. */
async function looped(machines: number, { url, apiKey, take }: BenchRegion): Promise<Row> {
  const key = parseApiKey(apiKey);
  const ask = async (what: string): Promise<unknown> => {
    const headers = { authorization: authorization(key, Date.now()) };
    const answer = await fetch(`${url}/api/2.0/machines/${what}`, { headers });
    if (!answer.ok) throw new Error(`${what}: ${answer.status}`);
    return answer.json();
  };
  take();
  const startedAt = performance.now();
  const list = (await ask('')) as { system_id: string }[];
  for (const { system_id } of list) await ask(`${system_id}/?op=power_parameters`);
  const { requests, bytes } = take();
  return {
    machines,
    how: 'one by one',
    wallSeconds: rounded((performance.now() - startedAt) / 1000),
    requests,
    megabytes: rounded(bytes / 1e6),
    realRegionSeconds: rounded((machines * (realListMs + realPowerMs)) / 1000),
  };
}

/** `coldstart --version` beside a start of Node alone. */
export async function startRow(times: number): Promise<Row> {
  const node: number[] = [];
  const coldstart: number[] = [];
  for (let time = 0; time < times; time += 1) {
    node.push((await timed(['-e', '0'])).seconds);
    coldstart.push((await timed([bundle, '--version'])).seconds);
  }
  return {
    how: 'coldstart --version',
    wallSeconds: rounded(median(coldstart)),
    nodeSeconds: rounded(median(node)),
    ratio: rounded(median(coldstart) / median(node)),
  };
}

export async function main(args: readonly string[]): Promise<void> {
  const { json, sizes } = readOptions(args, [3, 100, 1000, 5000]);
  printRows('inventory', [...(await inventoryRows(sizes)), await startRow(15)], json);
}
