import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ClusterConfig } from '../../src/config/schema.ts';
import { ColdstartError, Exit } from '../../src/core/errors.ts';
import type { SystemId } from '../../src/core/ids.ts';
import { createRegion } from '../../src/lab/region/region.ts';
import { createMaasClient, type MaasClient } from '../../src/maas/client.ts';
import type { WireAnswer } from '../../src/maas/connection.ts';
import type { Machine } from '../../src/maas/machine.ts';
import { assessFleet } from '../../src/plan/assess.ts';
import { configOf } from './controller.ts';
import { createInstantDriver } from './instant-driver.ts';
import { cluster, ours, type Rack, send, tagsOf } from './rack.ts';

/** All of them take half a minute. */
const inputs = process.env['COLDSTART_LONG_TESTS'] ? 50_000 : 5_000;
const apiKey = 'consumer:token:tokensecret';

/** Every call whose answer is read, with a true answer of the region to begin with. */
const calls: Record<string, { where: string; act(client: MaasClient, id: SystemId): Promise<unknown> }> = {
  version: { where: 'version/', act: client => client.version() },
  whoami: { where: 'users/?op=whoami', act: client => client.whoami() },
  machine: { where: 'machines/ID/', act: (client, id) => client.machine(id) },
  list: { where: 'machines/', act: client => client.listMachines().then(({ machines }) => machines) },
  poll: { where: 'machines/?id=ID', act: (client, id) => client.poll([id]) },
  events: {
    where: 'events/?op=query&limit=20&level=DEBUG',
    act: (client, id) => client.events({ ids: [id] }),
  },
  tags: { where: 'tags/', act: client => client.tags() },
  images: { where: 'boot-resources/', act: client => client.bootResources() },
  subnets: { where: 'subnets/', act: client => client.subnets() },
  sshKeys: { where: 'account/prefs/sshkeys/', act: client => client.sshKeys() },
  setting: { where: 'maas/?op=get_config&name=maas_name', act: client => client.config('maas_name') },
  deploy: { where: 'machines/ID/', act: (client, id) => client.deploy(id) },
  release: { where: 'machines/ID/', act: (client, id) => client.release(id) },
  annotate: { where: 'machines/ID/', act: (client, id) => client.setAnnotations(id, { a: 'b' }) },
};

let stateDir: string;
let config: ClusterConfig;
let id: SystemId;
const answers: Record<string, string> = {};

beforeAll(async () => {
  stateDir = await mkdtemp(path.join(os.tmpdir(), 'coldstart-answers-'));
  const driver = createInstantDriver();
  const machine = { mac: '52:54:00:00:00:01', cpuCount: 2, memoryMib: 2048, diskBytes: 1e11 };
  const region = await createRegion({
    stateDir,
    driver,
    fleet: [
      { ...machine, hostname: 'a', tags: ['cp-x'] },
      { ...machine, mac: '52:54:00:00:00:02', hostname: 'b', tags: ['w-x', 'never-x'] },
    ],
    subnet: {
      cidr: '10.0.0.0/16',
      gatewayIp: null,
      dnsServers: [],
      rangeStart: '10.0.0.10',
      rangeEnd: '10.0.0.250',
    },
    metadataBase: 'http://127.0.0.1/MAAS/metadata',
  });
  const rack: Rack = { name: 'x', ids: [], region, driver };
  config = await configOf(rack);
  const [first] = (await (await send(rack, ours, 'GET', 'machines/')).json()) as { system_id: SystemId }[];
  id = first?.system_id as SystemId;
  await send(rack, ours, 'POST', 'machines/?op=allocate', { system_id: id });
  await send(rack, ours, 'POST', `machines/${id}/?op=deploy`);
  await send(rack, ours, 'POST', `machines/${id}/?op=set_workload_annotations`, {
    'coldstart.cluster': cluster,
  });
  for (const [name, { where }] of Object.entries(calls))
    answers[name] = await (await send(rack, ours, 'GET', where.replace('ID', id))).text();
  await region.close();
});

afterAll(() => rm(stateDir, { recursive: true, force: true }));

test('whatever MAAS answers: a result or a typed error, never a crash', {
  timeout: 10 * 60_000,
}, async () => {
  const ends = { results: 0, errors: 0, machines: 0 };
  const property = fc.asyncProperty(fc.constantFrom(...Object.keys(calls)), mutation, async (name, how) => {
    const call = calls[name];
    const outcome = await call?.act(clientThatHears(mutated(answers[name] ?? '', how)), id).then(
      result => ({ result }),
      (error: unknown) => ({ error }),
    );
    if (outcome && 'error' in outcome) {
      ends.errors += 1;
      judge(outcome.error);
    } else {
      ends.results += 1;
      ends.machines += planWith(machinesIn(outcome?.result));
    }
  });
  await fc.assert(property, { numRuns: inputs, seed: 2026 });
  expect(Math.min(...Object.values(ends))).toBeGreaterThan(inputs / 20);
});

test.each([
  ['an owner that is no text', { owner: 7 }],
  ['a lock that is no truth value', { locked: 'no' }],
  ['tags that are no list', { tag_names: { 0: 'never-x' } }],
  ['a tag that is no text', { tag_names: ['cp-x', null] }],
  ['annotations that are no map', { workload_annotations: 'coldstart.cluster' }],
  ['an annotation that is no text', { workload_annotations: { 'coldstart.cluster': { attic: true } } }],
  ['a pool without a name', { pool: {} }],
])('what decides about erasing is never guessed: %s is an error', async (_, change) => {
  const machine = JSON.stringify({ ...(JSON.parse(answers['machine'] ?? '') as object), ...change });
  const client = clientThatHears({ status: 200, type: 'application/json', body: machine });
  await expect(client.machine(id)).rejects.toMatchObject({ code: 'MAAS_NOT_MAAS' });
});

/** Our own error, with a message that a person can read. */
function judge(error: unknown): void {
  expect(error, String((error as Error).stack)).toBeInstanceOf(ColdstartError);
  expect((error as ColdstartError).exit).not.toBe(Exit.bug);
  expect((error as ColdstartError).message.length).toBeLessThan(2_000);
}

interface Answer {
  status: number;
  type: string;
  body: string;
}

/** A piece of the JSON is replaced, taken away, or nested; or the text is cut or peppered; or the envelope lies. */
type Mutation =
  | { kind: 'value'; at: number; value: unknown }
  | { kind: 'without'; at: number }
  | { kind: 'nested'; at: number; depth: number }
  | { kind: 'cut'; at: number }
  | { kind: 'peppered'; at: number; with: string }
  | { kind: 'envelope'; status: number; type: string; body: string | undefined };

const at = fc.nat(5_000);
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('value' as const), at, value: anyValue() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('without' as const), at }) },
  fc.record({ kind: fc.constant('nested' as const), at, depth: fc.integer({ min: 1, max: 3_000 }) }),
  fc.record({ kind: fc.constant('cut' as const), at }),
  fc.record({
    kind: fc.constant('peppered' as const),
    at,
    with: fc.string({ unit: 'binary', maxLength: 8 }),
  }),
  fc.record({
    kind: fc.constant('envelope' as const),
    status: fc.constantFrom(
      200,
      201,
      204,
      301,
      302,
      400,
      401,
      403,
      404,
      409,
      418,
      429,
      500,
      502,
      503,
      504,
      599,
    ),
    type: fc.constantFrom(
      'application/json',
      'text/html',
      'text/plain; charset=utf-8',
      '',
      'application/bson',
    ),
    body: fc.option(fc.string({ unit: 'binary', maxLength: 300 }), { nil: undefined }),
  }),
);

function anyValue(): fc.Arbitrary<unknown> {
  return fc.oneof(
    fc.constantFrom(
      null,
      true,
      false,
      0,
      -1,
      1e308,
      2 ** 53,
      '',
      ' ',
      'null',
      '\u0000',
      '::1',
      '999.1.1.1/99',
      {},
      [],
    ),
    fc.constantFrom(
      'ready',
      4,
      6,
      'admin',
      'joe',
      'cp-x',
      'x'.repeat(5_000),
      '../../etc/passwd',
      '$(reboot)',
    ),
    fc.jsonValue({ maxDepth: 3 }),
  );
}

function mutated(text: string, how: Mutation): Answer {
  const answer = { status: 200, type: 'application/json; charset=utf-8', body: text };
  if (how.kind === 'cut') return { ...answer, body: text.slice(0, how.at % (text.length + 1)) };
  if (how.kind === 'peppered') {
    const place = how.at % (text.length + 1);
    return { ...answer, body: text.slice(0, place) + how.with + text.slice(place + how.with.length) };
  }
  if (how.kind === 'envelope') return { status: how.status, type: how.type, body: how.body ?? text };
  const root: Record<string, unknown> = { json: JSON.parse(text) };
  const places = [...placesIn(root)];
  const { parent, key } = places[how.at % places.length] as Place;
  if (how.kind === 'without') delete parent[key];
  else if (how.kind === 'value') parent[key] = how.value;
  else return { ...answer, body: text.replace(/(?<=[:[,])/, '['.repeat(how.depth)) };
  return { ...answer, body: JSON.stringify(root['json']) ?? '' };
}

interface Place {
  parent: Record<string, unknown>;
  key: string;
}

function* placesIn(parent: Record<string, unknown>): Iterable<Place> {
  for (const [key, value] of Object.entries(parent)) {
    yield { parent, key };
    if (typeof value === 'object' && value !== null) yield* placesIn(value as Record<string, unknown>);
  }
}

function clientThatHears({ status, type, body }: Answer): MaasClient {
  const answer: WireAnswer = {
    status,
    headers: { 'content-type': type, 'retry-after': '1' },
    body,
    bytes: Buffer.byteLength(body),
  };
  const connector = { send: async () => answer, close: () => undefined };
  const clock = { now: Date.now, sleep: async () => undefined };
  return createMaasClient({ url: 'http://region/MAAS', apiKey, connector, clock });
}

function machinesIn(result: unknown): Machine[] {
  const found = result instanceof Map ? [...result.values()] : [result].flat();
  return found.filter(
    (one): one is Machine => typeof one === 'object' && one !== null && 'statusNumber' in one,
  );
}

/** What was read must be good enough for the planner, and nothing of it may pass for what it is not. */
function planWith(machines: readonly Machine[]): number {
  const facts = {
    user: ours,
    machines: new Map(machines.map(machine => [machine.id, machine])),
    kubernetes: { state: 'none' } as const,
  };
  const { controlPlane, worker, never } = tagsOf({ name: 'x' } as Rack);
  for (const { machine, refused } of assessFleet(config, facts, 'reset').machines) {
    if (refused !== undefined) continue;
    expect(machine.tags.includes(controlPlane) || machine.tags.includes(worker)).toBe(true);
    expect([machine.tags.includes(never), machine.locked, machine.pool]).toEqual([false, false, 'default']);
    expect(machine.owner ?? ours).toBe(ours);
    expect(machine.annotations['coldstart.cluster'] ?? cluster).toBe(cluster);
  }
  return machines.length;
}
