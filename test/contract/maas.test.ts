import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type PublishedMachine, publishedMachine } from './published-machine.ts';
import { type Form, type Reply, send, startRegion, type TestRegion } from './region-fixture.ts';

/**
 * What coldstart relies on in MAAS, asked by a client of its own that was written to the published API. It runs against
 * the lab's region; with these variables against a real MAAS. There it changes nothing but one Ready machine that
 * carries the tag: it is deployed and released, so **everything on its disk is lost**.
 */
const real = {
  url: process.env['COLDSTART_TEST_MAAS_URL'],
  apiKey: process.env['COLDSTART_TEST_MAAS_API_KEY'],
};
const testTag = process.env['COLDSTART_TEST_MAAS_TAG'] ?? 'coldstart-test';
const isReal = real.url !== undefined && real.apiKey !== undefined;
const patienceMs = isReal ? 45 * 60_000 : 20_000;

let lab: TestRegion | undefined;
let base: string;
let apiKey: string;

beforeAll(async () => {
  if (!isReal) {
    lab = await startRegion({ machines: 0 });
    const machine = { cpuCount: 2, memoryMib: 4096, diskBytes: 1e11 };
    lab.region.addMachines([
      { ...machine, hostname: 'tested', mac: '52:54:00:00:02:01', tags: [testTag] },
      { ...machine, hostname: 'other', mac: '52:54:00:00:02:02', tags: [] },
    ]);
  }
  base = `${(real.url ?? lab?.url ?? '').replace(/\/+$/, '')}/api/2.0`;
  apiKey = real.apiKey ?? lab?.region.apiKey ?? '';
});

afterAll(() => lab?.stop());

function call(method: string, where: string, form?: Form): Promise<Reply> {
  return send(`${base}/${where}`, { method, form, apiKey });
}

async function read<T>(shape: z.ZodType<T>, reply: Promise<Reply>): Promise<T> {
  const { status, text, headers } = await reply;
  expect(status, text).toBe(200);
  expect(headers.get('content-type')).toMatch(/^application\/json/);
  return shape.parse(JSON.parse(text));
}

const machineList = z.array(publishedMachine);

describe(`a MAAS region (${isReal ? 'real' : "the lab's"})`, () => {
  test('says its version to anybody', async () => {
    const { status, json } = await send(`${base}/version/`, { method: 'GET' });
    expect(status).toBe(200);
    expect(json['version']).toMatch(/^\d+\.\d+/);
  });

  test('says whose key it is, and refuses a wrong one without telling why', async () => {
    const user = z.looseObject({ username: z.string().min(1), is_superuser: z.boolean() });
    await read(user, call('GET', 'users/?op=whoami'));
    const wrong = await send(`${base}/users/?op=whoami`, { method: 'GET', apiKey: `${apiKey}x` });
    expect(wrong.status).toBe(401);
  });

  test('lists machines by tag, each whole', async () => {
    const machines = await read(machineList, call('GET', `machines/?tags=${testTag}`));
    expect(machines.length).toBeGreaterThan(0);
    for (const { tag_names } of machines) expect(tag_names).toContain(testTag);
  });

  test('lists by id and by status', async () => {
    const [first] = await read(machineList, call('GET', `machines/?tags=${testTag}`));
    const byId = await read(machineList, call('GET', `machines/?id=${first?.system_id}`));
    expect(byId.map(({ system_id }) => system_id)).toEqual([first?.system_id]);
    const ready = await read(machineList, call('GET', `machines/?tags=${testTag}&status=ready`));
    expect(ready.every(({ status_name }) => status_name === 'Ready')).toBe(true);
  });

  test('refuses an unknown tag and an unknown machine', async () => {
    expect((await call('GET', 'machines/?tags=no-such-tag-at-all')).status).toBe(400);
    expect((await call('GET', 'machines/nosuch/')).status).toBe(404);
  });

  test.each([
    ['tags/', z.looseObject({ name: z.string(), definition: z.string(), comment: z.string() })],
    ['boot-resources/', z.looseObject({ id: z.number(), name: z.string(), architecture: z.string() })],
    ['subnets/', z.looseObject({ id: z.number(), name: z.string(), cidr: z.string() })],
    [
      'ipranges/',
      z.looseObject({ id: z.number(), type: z.string(), start_ip: z.string(), end_ip: z.string() }),
    ],
    ['zones/', z.looseObject({ id: z.number(), name: z.string() })],
    ['resourcepools/', z.looseObject({ id: z.number(), name: z.string() })],
  ])('lists %s', async (where, item) => {
    await read(z.array(item), call('GET', where));
  });
});

describe('the road of one machine', () => {
  let id: string;

  const machine = (): Promise<PublishedMachine> => read(publishedMachine, call('GET', `machines/${id}/`));
  const act = (op: string, form: Form = {}) => call('POST', `machines/${id}/?op=${op}`, form);

  async function reaches(...wanted: string[]): Promise<PublishedMachine> {
    const giveUpAt = Date.now() + patienceMs;
    for (;;) {
      const seen = await machine();
      if (wanted.includes(seen.status_name)) return seen;
      if (Date.now() > giveUpAt)
        throw new Error(`not ${wanted.join(' or ')} in time, but ${seen.status_name}`);
      await new Promise(resolve => setTimeout(resolve, isReal ? 5_000 : 20));
    }
  }

  beforeAll(async () => {
    const ready = await read(machineList, call('GET', `machines/?tags=${testTag}&status=ready`));
    id = ready[0]?.system_id ?? '';
    expect(id, `a Ready machine with the tag ${testTag}`).not.toBe('');
  });

  afterAll(async () => {
    if (id && (await machine()).status_name !== 'Ready') await act('release');
  });

  test('allocate takes it by its system id, and a second time refuses it', async () => {
    const taken = await read(publishedMachine, call('POST', 'machines/?op=allocate', { system_id: id }));
    expect(taken).toMatchObject({ system_id: id, status_name: 'Allocated' });
    expect(taken.owner).not.toBeNull();
    expect((await call('POST', 'machines/?op=allocate', { system_id: id })).status).toBe(409);
  });

  test('annotations are kept, and an empty value takes one away', async () => {
    await read(publishedMachine, act('set_workload_annotations', { 'coldstart.test': 'a b', passing: 'x' }));
    await read(publishedMachine, act('set_workload_annotations', { passing: '' }));
    expect((await machine()).workload_annotations).toEqual({ 'coldstart.test': 'a b' });
  });

  test('deploy answers at once, and the machine becomes Deployed with an address', {
    timeout: patienceMs,
  }, async () => {
    const begun = await read(publishedMachine, act('deploy', { user_data: btoa('#cloud-config\n{}\n') }));
    expect(begun.status_name).toBe('Deploying');
    expect(begun.osystem).not.toBe('');
    const deployed = await reaches('Deployed', 'Failed deployment');
    expect(deployed).toMatchObject({ status_name: 'Deployed', power_state: 'on' });
    expect(deployed.ip_addresses.length).toBeGreaterThan(0);
  });

  test('its events tell the road', async () => {
    const shape = z.looseObject({
      count: z.number(),
      events: z.array(
        z.looseObject({ id: z.number(), type: z.string(), level: z.string(), node: z.string() }),
      ),
    });
    const { events } = await read(shape, call('GET', `events/?op=query&id=${id}&level=INFO&limit=200`));
    const types = events.map(({ type }) => type);
    for (const type of ['Powering on', 'Performing PXE boot', 'Deployed']) expect(types).toContain(type);
    expect(events.map(({ id: number }) => number)).toEqual(
      events.map(({ id: number }) => number).sort((a, b) => b - a),
    );
  });

  test('a locked machine is not released', async () => {
    await read(publishedMachine, act('lock'));
    expect((await act('release')).status).toBe(403);
    await read(publishedMachine, act('unlock'));
  });

  test('release ends at Ready, free, and without annotations; a second one does nothing', {
    timeout: patienceMs,
  }, async () => {
    await read(publishedMachine, act('release'));
    const free = await reaches('Ready', 'Failed releasing', 'Releasing failed');
    expect(free).toMatchObject({ status_name: 'Ready', owner: null, workload_annotations: {} });
    expect((await act('release')).status).toBe(200);
  });
});
