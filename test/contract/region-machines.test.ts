import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Form, idOf, type Json, send, startRegion, type TestRegion } from './region-fixture.ts';

let lab: TestRegion;

describe('lists and allocation', () => {
  beforeAll(async () => {
    lab = await startRegion({
      fleet: [
        {
          hostname: 'small',
          mac: '52:54:00:00:01:01',
          tags: ['a', 'b'],
          cpuCount: 2,
          memoryMib: 4096,
          diskBytes: 1e11,
        },
        {
          hostname: 'large',
          mac: '52:54:00:00:01:02',
          tags: ['a'],
          cpuCount: 16,
          memoryMib: 65536,
          diskBytes: 2e12,
        },
        {
          hostname: 'far',
          mac: '52:54:00:00:01:03',
          tags: ['b'],
          cpuCount: 4,
          memoryMib: 8192,
          diskBytes: 5e11,
          zone: 'z2',
          pool: 'p2',
        },
      ],
    });
  });
  afterAll(() => lab.stop());

  const names = async (query: string) => {
    const reply = await lab.call('GET', `machines/?${query}`);
    return (reply.json as unknown as { hostname: string }[]).map(machine => machine.hostname);
  };

  test.each([
    ['', ['small', 'large', 'far']],
    ['tags=a', ['small', 'large']],
    ['tags=a&tags=b', ['small']],
    ['not_tags=a', ['far']],
    ['zone=z2', ['far']],
    ['not_in_zone=z2', ['small', 'large']],
    ['pool=default', ['small', 'large']],
    ['pool=default&pool=p2', ['small', 'large', 'far']],
    ['hostname=small&hostname=far', ['small', 'far']],
    ['hostname=nosuch', []],
    ['id=nosuch', []],
    ['domain=nosuch', []],
    ['mac_address=52:54:00:00:01:02', ['large']],
    ['status=ready&status=new', ['small', 'large', 'far']],
    ['status=deployed', []],
    ['not_status=ready', []],
    ['power_state=off', ['small', 'large', 'far']],
    ['owner=admin', []],
    ['arch=amd64', ['small', 'large', 'far']],
    ['arch=arm64', []],
    ['cpu_count=4', ['large', 'far']],
    ['mem=8192', ['large', 'far']],
    ['storage=root:400', ['large', 'far']],
    ['subnets=name:lab', ['small', 'large', 'far']],
    ['fabrics=lab', ['small', 'large', 'far']],
    ['interfaces=x:name=eth0,subnet=lab', ['small', 'large', 'far']],
    ['pod=x', []],
  ])('machines/?%s', async (query, expected) => {
    expect(await names(query)).toEqual(expected);
  });

  test.each([
    ['limit=5', { limit: ['No such constraint.'] }],
    ['locked=true', { locked: ['No such constraint.'] }],
    ['zone=nope', { zone: ['No such zone(s): nope.'] }],
    ['pool=nope', { pool: ['No such pool(s): nope.'] }],
    ['tags=nope', { tags: ["No such tag(s): 'nope'."] }],
    ['arch=nope', { arch: ['Architecture not recognised.'] }],
    ['cpu_count=x', { cpu_count: ['Invalid CPU count: number required.'] }],
    ['storage=bad', { storage: ['Malformed storage constraint, "bad".'] }],
  ])('machines/?%s is 400', async (query, problems) => {
    const reply = await lab.call('GET', `machines/?${query}`);
    expect(reply.status).toBe(400);
    expect(reply.json).toEqual(problems);
  });

  test.each([
    ['status=4', 400],
    ['mac_address=zz', 400],
    ['simple_status=ready', 500],
  ])('machines/?%s is %i', async (query, status) => {
    expect((await lab.call('GET', `machines/?${query}`)).status).toBe(status);
  });

  const allocate = (form: Form) => lab.call('POST', 'machines/?op=allocate', form);

  test('an allocation takes the cheapest that fits, and says when none does', async () => {
    const dry = await allocate({ dry_run: 'true' });
    expect(dry.json).toMatchObject({ hostname: 'small', owner: null, constraints_by_type: {} });
    expect((await allocate({ tags: 'a', mem: '10000' })).json).toMatchObject({
      hostname: 'large',
      owner: 'admin',
    });
    expect((await allocate({})).json).toMatchObject({ hostname: 'small', status_name: 'Allocated' });
    expect(await allocate({ name: 'nosuch' })).toMatchObject({
      status: 409,
      text: `No available machine matches constraints: [('name', ['nosuch'])] (resolved to "name=nosuch")`,
    });
    expect(await allocate({ system_id: 'nosuch' })).toMatchObject({
      status: 409,
      text: 'No machine with system ID nosuch available.',
    });
    expect((await allocate({ name: 'far.maas' })).json).toMatchObject({ hostname: 'far' });
    expect(await allocate({})).toMatchObject({ status: 409, text: 'No machine available.' });
    expect((await allocate({})).headers.get('retry-after')).toBeNull();
    expect((await lab.call('GET', 'machines/?op=list_allocated')).json).toHaveLength(3);
  });

  test('bad constraints are 400 by field', async () => {
    expect((await allocate({ x: '1' })).json).toEqual({ x: ['No such constraint.'] });
    expect((await allocate({ zone: 'nope' })).status).toBe(400);
  });
});

describe('changing machines', () => {
  let id: string;
  beforeEach(async () => {
    lab = await startRegion();
    id = idOf((await lab.call('POST', 'machines/?op=allocate', {})).json);
  });
  afterEach(() => lab.stop());
  const on = (op: string, form: Form = {}, as?: string) =>
    lab.call('POST', `machines/${id}/?op=${op}`, form, as);

  test('the operation may be in the query, the form or the path', async () => {
    const where = `machines/${id}/`;
    const key = { k: '1' };
    expect((await lab.call('POST', `${where}?op=set_workload_annotations`, key)).status).toBe(200);
    expect((await lab.call('POST', where, { ...key, op: 'set_workload_annotations' })).status).toBe(200);
    expect((await lab.call('POST', `${where}op-set_workload_annotations`, key)).status).toBe(200);
  });

  test('annotations are set, replaced and taken away one by one, by the owner', async () => {
    expect((await on('set_workload_annotations', { a: '1', b: 'x y' })).json).toMatchObject({
      owner_data: { a: '1', b: 'x y' },
      workload_annotations: { a: '1', b: 'x y' },
    });
    expect((await on('set_owner_data', { a: '', b: '2' })).json['workload_annotations']).toEqual({ b: '2' });
    expect((await on('set_workload_annotations', { 'a b': '1' })).status).toBe(400);
    await on('release');
    expect(await on('set_workload_annotations', { a: '1' })).toMatchObject({
      status: 409,
      text: "Cannot set workload annotation: it hasn't been acquired.",
    });
    expect((await lab.machine(id))['workload_annotations']).toEqual({});
  });

  test('a locked machine refuses every change with an empty 403', async () => {
    await on('deploy');
    expect((await on('lock')).json['locked']).toBe(true);
    for (const op of ['release', 'power_off', 'abort', 'mark_broken', 'set_workload_annotations']) {
      expect(await on(op)).toMatchObject({ status: 403, text: '' });
    }
    expect((await lab.call('DELETE', `machines/${id}/`)).status).toBe(403);
    const bulk = await lab.call('POST', 'machines/?op=release', { machines: id });
    expect(bulk.status).toBe(403);
    expect((await on('unlock')).json['locked']).toBe(false);
    expect((await on('release')).status).toBe(200);
  });

  test('releasing many is all or nothing, and answers with ids', async () => {
    const other = idOf((await lab.call('POST', 'machines/?op=allocate', {})).json);
    const third = idOf((await lab.call('GET', 'machines/?status=ready')).json[0]);
    const mac = { architecture: 'amd64', mac_addresses: '52:54:00:99:00:01', commission: 'false' };
    const fresh = idOf((await lab.call('POST', 'machines/', mac)).json);
    const many = (machines: string[]) => lab.call('POST', 'machines/?op=release', { machines });
    expect(await many([id, fresh])).toMatchObject({
      status: 409,
      text: `Machine(s) cannot be released in their current state: ${fresh} ('New').`,
    });
    expect(await many([id, 'zzzzzz'])).toMatchObject({ status: 400, text: 'Unknown machine(s): zzzzzz.' });
    expect((await lab.machine(id))['status_name']).toBe('Allocated');
    expect((await many([id, other, third])).json).toEqual([id, other]);
    expect((await many([])).json).toEqual([]);
  });

  test('only the owner marks a machine broken, and an administrator fixes it', async () => {
    expect((await on('mark_broken', { comment: 'bad disk' })).json).toMatchObject({
      status_name: 'Broken',
      owner: null,
      status_message: 'Released',
    });
    expect((await on('mark_broken')).status).toBe(403);
    expect((await on('mark_fixed', {}, 'joe')).status).toBe(403);
    expect((await on('mark_fixed')).json).toMatchObject({ status_name: 'Ready' });
    expect(await on('mark_fixed')).toMatchObject({
      status: 409,
      text: "Can't mark a non-broken node as 'Ready'.",
    });
  });

  test('what cannot be done in a status is said as MAAS says it', async () => {
    await on('deploy');
    await lab.reaches(id, 'Deployed');
    expect(await on('deploy')).toMatchObject({
      status: 409,
      text: "Can't deploy a machine that is in the 'Deployed' state",
    });
    expect(await on('abort')).toMatchObject({
      status: 409,
      text: `Cannot abort in current state: node ${id} is in state Deployed.`,
    });
    expect((await on('commission')).json).toEqual({
      __all__: ['Commission is not available because of the current state of the node.'],
    });
    expect((await on('query_power_state')).text).toBe(
      'Unrecognised signature: method=POST op=query_power_state',
    );
    expect((await on('deploy', { distro_series: 'bogus' })).status).toBe(409);
  });

  test('a series that there is not is 400; JSON is not read at all', async () => {
    expect((await on('deploy', { distro_series: 'bogus' })).json).toEqual({
      distro_series: [
        "'bogus' is not a valid distro_series.  It should be one of: '', 'debian/bookworm', 'ubuntu/jammy', 'ubuntu/noble'.",
      ],
    });
    const reply = await send(`${lab.url}/api/2.0/machines/${id}/?op=deploy`, {
      method: 'POST',
      apiKey: lab.region.apiKey,
      contentType: 'application/json',
      body: '{"distro_series": "noble"}',
    });
    expect(reply.json).toMatchObject({ status_name: 'Deploying', distro_series: 'bookworm' });
  });

  test('tagging counts those who have it already, and passes unknown ids over', async () => {
    await lab.call('POST', 'tags/', { name: 'rack-1' });
    const tag = (form: Form) => lab.call('POST', 'tags/rack-1/?op=update_nodes', form);
    expect((await tag({ add: [id, 'zzzzzz'] })).json).toEqual({ added: 1, removed: 0 });
    expect((await tag({ add: id })).json).toEqual({ added: 1, removed: 0 });
    expect((await lab.call('GET', 'tags/rack-1/?op=machines')).json).toMatchObject([{ system_id: id }]);
    expect((await tag({ remove: id })).json).toEqual({ added: 0, removed: 1 });
    expect((await lab.call('POST', 'tags/', { name: 'no spaces!' })).json).toEqual({
      name: ['Enter a valid value.'],
    });
    expect((await lab.call('DELETE', 'tags/rack-1/')).status).toBe(204);
  });

  test('a machine that is created is commissioned for an administrator', async () => {
    const made = await lab.call('POST', 'machines/', {
      hostname: 'metal-1',
      architecture: 'amd64/generic',
      mac_addresses: ['52:54:00:99:00:02', '52:54:00:99:00:03'],
      power_type: 'webhook',
      power_parameters_power_on_uri: 'http://bmc.invalid/on',
    });
    expect(made.json).toMatchObject({
      hostname: 'metal-1',
      status_name: 'Commissioning',
      power_type: 'webhook',
    });
    const metal = idOf(made.json);
    expect((await lab.call('GET', `machines/${metal}/?op=power_parameters`)).json).toEqual({
      power_on_uri: 'http://bmc.invalid/on',
    });
    expect(await lab.reaches(metal, 'Ready')).toMatchObject({
      status_message: 'Ready',
      commissioning_status: 2,
    });
    const changed = await lab.call('PUT', `machines/${metal}/`, {
      description: 'd',
      bogus: 'x',
      memory: '2048',
    });
    expect(changed.json).toMatchObject({ description: 'd', memory: 2048 });
    expect((await lab.call('DELETE', `machines/${metal}/`)).status).toBe(204);
    expect((await lab.call('GET', `machines/${metal}/`)).text).toBe('No Machine matches the given query.');
  });
});

test('older and newer versions have the fields of their time', async () => {
  const keysOf = async (version: string): Promise<string[]> => {
    const region = await startRegion({ version });
    const machine = (await region.call('GET', 'machines/')).json[0] as Json;
    await region.stop();
    return Object.keys(machine);
  };
  expect(await keysOf('2.9.2')).not.toContain('workload_annotations');
  expect(await keysOf('3.4.10')).not.toContain('error_description');
  expect(await keysOf('3.7.0~rc1')).toEqual(expect.arrayContaining(['error_description', 'is_dpu']));
});
