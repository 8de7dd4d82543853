import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ClusterConfig } from '../../src/config/schema.ts';
import type { SystemId } from '../../src/core/ids.ts';
import type { Region } from '../../src/lab/region/options.ts';
import { createRegion } from '../../src/lab/region/region.ts';
import type { Intent } from '../../src/plan/assess.ts';
import { clientOf, configOf, type OnTheWay, runHardware } from './controller.ts';
import { createInstantDriver, type InstantDriver } from './instant-driver.ts';
import { type Deed, deeds, mayBeErased, perform, type Rack, see, send, tagsOf } from './rack.ts';

/** Racks that are worked on at the same time, and how many runs in all; 10,000 take some minutes. */
const rackCount = 40;
const machinesInRack = 3;
const cases = process.env['COLDSTART_LONG_TESTS'] ? 10_000 : 600;

interface Scenario {
  /** Before the run, in order. */
  before: [machine: number, deed: Deed][];
  intent: Intent;
  /** In the middle of the run, right before coldstart's n-th look at the machine. */
  meanwhile: { machine: number; deed: Deed; look: number }[];
  /** Requests, counted from the first, that are answered "busy" or whose answers are lost. */
  faults: { request: number; kind: 'lost' | 'busy' }[];
}

const machineNumber = fc.nat(machinesInRack - 1);
const anyDeed = fc.constantFrom(...deeds);
const scenario: fc.Arbitrary<Scenario> = fc.record({
  before: fc.array(fc.tuple(machineNumber, anyDeed), { minLength: 1, maxLength: 8 }),
  intent: fc.constantFrom<Intent>('up', 'up', 'reset', 'release'),
  meanwhile: fc.array(fc.record({ machine: machineNumber, deed: anyDeed, look: fc.nat(6) }), {
    maxLength: 2,
  }),
  faults: fc.array(fc.record({ request: fc.nat(20), kind: fc.constantFrom('lost', 'busy') }), {
    maxLength: 2,
  }),
});

let stateDir: string;
let region: Region;
let driver: InstantDriver;
let racks: { rack: Rack; config: ClusterConfig }[];

beforeAll(async () => {
  stateDir = await mkdtemp(path.join(os.tmpdir(), 'coldstart-scope-'));
  driver = createInstantDriver();
  region = await createRegion({
    stateDir,
    driver,
    fleet: [],
    subnet: {
      cidr: '10.0.0.0/16',
      gatewayIp: null,
      dnsServers: [],
      rangeStart: '10.0.0.10',
      rangeEnd: '10.0.255.250',
    },
    metadataBase: 'http://127.0.0.1/MAAS/metadata',
    timeScale: 20_000,
  });
  racks = await Promise.all(Array.from({ length: rackCount }, (_, index) => newRack(`r${index}`)));
});

afterAll(async () => {
  await region?.close();
  await rm(stateDir, { recursive: true, force: true });
});

test('no machine out of scope is ever erased, whatever people and faults do before and meanwhile', {
  timeout: 20 * 60_000,
}, async () => {
  const scenarios = fc.sample(scenario, { numRuns: cases, seed: 20_26 });
  const tally = { done: 0, failed: 0, stopped: 0, refused: 0, erased: 0 };
  await Promise.all(
    racks.map(async ({ rack, config }, first) => {
      for (let index = first; index < scenarios.length; index += rackCount) {
        const each = scenarios[index] as Scenario;
        const result = await play(rack, config, each);
        expect(result.violations, JSON.stringify(each)).toEqual([]);
        expect(result.changesWhenConverged, JSON.stringify(each)).toEqual([]);
        tally[result.outcome] += 1;
        tally.erased += result.erased;
      }
    }),
  );
  // The cases must reach both sides of the rule, or they prove nothing.
  expect(tally.erased).toBeGreaterThan(cases / 20);
  expect(tally.refused).toBeGreaterThan(cases / 100);
  expect(tally.done).toBeGreaterThan(cases / 20);
});

/** Gives the rack its past, runs coldstart on it, and looks at every call that costs a disk. */
async function play(rack: Rack, config: ClusterConfig, { before, intent, meanwhile, faults }: Scenario) {
  await tagAsMeant(rack);
  for (const [machine, deed] of before) await perform(rack, idOf(rack, machine), deed);
  const violations: string[] = [];
  let erased = 0;
  let requests = 0;
  const looks = new Map<SystemId, number>();
  const onTheWay: OnTheWay = async ({ method, path: where }) => {
    const target = rack.ids.find(id => where.includes(id));
    if (method === 'GET') {
      for (const id of rack.ids.filter(one => where.includes(one))) {
        const look = looks.get(id) ?? 0;
        looks.set(id, look + 1);
        const now = meanwhile.filter(deed => idOf(rack, deed.machine) === id && deed.look === look);
        for (const { deed } of now) await perform(rack, id, deed);
      }
    } else if (target !== undefined && (await costsTheDisk(rack, target, where))) {
      erased += 1;
      const seen = await see(rack, target);
      if (!mayBeErased(rack, seen)) violations.push(`${method} ${where} of ${JSON.stringify(brief(seen))}`);
    }
    requests += 1;
    return faults.find(({ request }) => request === requests)?.kind;
  };
  const outcome = await runHardware(config, clientOf(rack, onTheWay), intent, path.join(stateDir, rack.name));
  const converged = intent === 'up' && outcome === 'done';
  return {
    outcome,
    violations,
    erased,
    changesWhenConverged: converged ? await changesOfUp(rack, config) : [],
  };
}

/** What `up` asks MAAS to change. */
async function changesOfUp(rack: Rack, config: ClusterConfig): Promise<string[]> {
  const changes: string[] = [];
  const client = clientOf(rack, async ({ method, path: where }) => {
    if (method !== 'GET') changes.push(`${method} ${where}`);
    return undefined;
  });
  await runHardware(config, client, 'up', path.join(stateDir, rack.name));
  return changes;
}

/** A release, a deployment, and the power-on that starts one. */
async function costsTheDisk(rack: Rack, id: SystemId, where: string): Promise<boolean> {
  if (where.endsWith('op=release') || where.endsWith('op=deploy')) return true;
  return where.endsWith('op=power_on') && (await see(rack, id)).status_name === 'Allocated';
}

function brief({
  status_name,
  owner,
  locked,
  tag_names,
  pool,
  workload_annotations,
}: Awaited<ReturnType<typeof see>>) {
  return { status_name, owner, locked, tag_names, pool: pool.name, workload_annotations };
}

function idOf(rack: Rack, machine: number): SystemId {
  return rack.ids[machine] as SystemId;
}

/** What else a machine has been through in former cases stays. */
async function tagAsMeant(rack: Rack): Promise<void> {
  const [first = '', ...others] = rack.ids;
  const { controlPlane, worker } = tagsOf(rack);
  const tag = (name: string, pairs: [string, string][]) =>
    send(rack, 'admin', 'POST', `tags/${name}/?op=update_nodes`, pairs);
  await tag(controlPlane, [['add', first], ...others.map((id): [string, string] => ['remove', id])]);
  await tag(worker, [['remove', first], ...others.map((id): [string, string] => ['add', id])]);
}

let macs = 0;

async function newRack(name: string): Promise<{ rack: Rack; config: ClusterConfig }> {
  const fleet = Array.from({ length: machinesInRack }, (_, index) => ({
    hostname: `${name}-n${index}`,
    mac: `52:54:00:00:${hex((macs += 1) >> 8)}:${hex(macs & 255)}`,
    tags: [],
    cpuCount: 2,
    memoryMib: 2048,
    diskBytes: 1e11,
  }));
  const rack: Rack = { name, ids: region.addMachines(fleet), region, driver };
  const tags = tagsOf(rack);
  for (const tag of Object.values(tags)) await send(rack, 'admin', 'POST', 'tags/', { name: tag });
  return { rack, config: await configOf(rack) };
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
