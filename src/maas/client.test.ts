import { afterEach, describe, expect, it } from 'vitest';
import { type SystemId, systemId } from '../core/ids.ts';
import { createMaasClient, type MaasClient, type MaasClientOptions } from './client.ts';
import { type Heard, type Reply, type ScriptedServer, startScriptedServer } from './scripted-server.ts';
import { machineStatuses } from './status.ts';

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

type Script = (heard: Heard, index: number) => Reply;

async function clientOf(
  script: Script,
  options: Partial<MaasClientOptions> = {},
): Promise<MaasClient & { server: ScriptedServer }> {
  const server = await startScriptedServer(script);
  const client = createMaasClient({ url: server.url, apiKey: 'ck:tk:ts', env: {}, ...options });
  opened.push(server, client);
  return { ...client, server };
}

const ready = machineStatuses.ready.number;
const machine = (id: string, more: object = {}) => ({
  system_id: id,
  hostname: `host-${id}`,
  status: ready,
  ...more,
});
const ids = (count: number): SystemId[] =>
  Array.from({ length: count }, (_, i) => systemId(`m${100_000 + i}`));

describe('a list of machines', () => {
  it('asks the server for each filter, and looks again itself', async () => {
    const client = await clientOf(() => ({
      body: [
        machine('c', { tag_names: ['k8s', 'big'], zone: { name: 'z1' }, pool: { name: 'p1' } }),
        machine('d', { tag_names: ['k8s'], zone: { name: 'z1' }, pool: { name: 'p1' } }),
        machine('e', { tag_names: ['k8s', 'big'], zone: { name: 'z2' }, pool: { name: 'p1' } }),
        machine('f', { tag_names: ['k8s', 'big'], zone: { name: 'z1' }, pool: null }),
        machine('g', { tag_names: ['k8s', 'big'], zone: { name: 'z1' }, pool: { name: 'p1' }, status: 6 }),
      ],
    }));
    const filter = { tags: ['k8s', 'big'], status: 'ready', zone: 'z1', pool: 'p1' } as const;
    const { machines } = await client.listMachines(filter);
    expect(machines.map(({ id }) => id)).toEqual(['c']);
    expect(client.server.heard[0]?.path).toBe('machines/?tags=k8s&tags=big&status=ready&pool=p1&zone=z1');
  });

  it('keeps several statuses to itself: regions up to 3.2 take one', async () => {
    const client = await clientOf(() => ({
      body: [machine('a'), machine('b', { status: 6 }), machine('c', { status: 8 })],
    }));
    const { machines } = await client.listMachines({ status: ['ready', 'broken'] });
    expect(machines.map(({ id }) => id)).toEqual(['a', 'c']);
    expect(client.server.heard[0]?.path).toBe('machines/');
  });

  it.each([{ tags: ["No such tag(s): 'x', 'z'."] }, "No such tag(s): 'x', 'z'."])(
    'is empty when nobody has made the tag, and says which: %j',
    async body => {
      const client = await clientOf(() => ({ status: 400, body }));
      expect(await client.listMachines({ tags: ['x', 'y', 'z'] })).toEqual({
        machines: [],
        missingTags: ['x', 'z'],
      });
    },
  );

  it('by tags takes one request a tag, and has each machine once', async () => {
    const both = machine('b', { tag_names: ['control', 'worker'] });
    const client = await clientOf(({ path }) =>
      path === 'machines/?tags=control'
        ? { body: [both] }
        : path === 'machines/?tags=worker'
          ? { body: [both, machine('a', { tag_names: ['worker'] })] }
          : { status: 400, body: "No such tag(s): 'gone'." },
    );
    const list = await client.listByTags(['control', 'worker', 'worker', 'gone']);
    expect(list.machines.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(list.missingTags).toEqual(['gone']);
    expect(client.server.heard).toHaveLength(3);
  });

  it.each([
    [{ body: { hello: 1 } }],
    [{ body: [{ hello: 1 }] }],
    [{ body: 'null', type: 'application/json' }],
  ])('that is none is not MAAS: %j', async reply => {
    const client = await clientOf(() => reply);
    await expect(client.listMachines()).rejects.toMatchObject({ code: 'MAAS_NOT_MAAS' });
  });
});

describe('a poll', () => {
  const echo: Script = ({ path }) => ({
    body: new URL(path, 'http://h/').searchParams.getAll('id').map(id => machine(id)),
  });

  it('reads one machine by itself', async () => {
    const client = await clientOf(() => ({ body: machine('abc') }));
    expect([...(await client.poll([systemId('abc'), systemId('abc')])).keys()]).toEqual(['abc']);
    expect(client.server.heard.map(({ path }) => path)).toEqual(['machines/abc/']);
  });

  it.each([404, 403])('has no machine that answers %i', async status => {
    const client = await clientOf(() => ({ status, body: '' }));
    expect((await client.poll([systemId('abc')])).size).toBe(0);
  });

  it('reads several with one list, and a thousand with URLs that proxies take', async () => {
    const client = await clientOf(echo);
    expect((await client.poll(ids(20))).size).toBe(20);
    expect(client.server.heard).toHaveLength(1);
    expect((await client.poll(ids(1000))).size).toBe(1000);
    expect(client.server.heard).toHaveLength(3);
    expect(Math.max(...client.server.heard.map(({ path }) => path.length))).toBeLessThan(8000);
  });

  it('of nothing asks nothing', async () => {
    const client = await clientOf(echo);
    expect((await client.poll([])).size).toBe(0);
    expect(client.server.heard).toHaveLength(0);
  });
});

describe('a refused change', () => {
  const refused =
    (status: number, found: Reply): Script =>
    ({ method, path }) =>
      method === 'POST'
        ? { status, body: status === 409 ? 'No machine with system ID abc available.' : '' }
        : path.startsWith('users/')
          ? { body: { username: 'joe', is_superuser: false } }
          : found;

  it.each<[string, number, Reply, string, string]>([
    [
      'locked',
      403,
      { body: machine('abc', { owner: 'joe', locked: true }) },
      'MAAS_LOCKED',
      'host-abc is locked',
    ],
    [
      'not ours',
      403,
      { body: machine('abc', { owner: 'ann' }) },
      'MAAS_NOT_OURS',
      'belongs to the MAAS user ann',
    ],
    ['not shown to us', 403, { status: 403, body: '' }, 'MAAS_NOT_OURS', 'another MAAS user'],
    ['no permission', 403, { body: machine('abc', { owner: 'joe' }) }, 'MAAS_FORBIDDEN', 'without a reason'],
    ['deleted', 403, { status: 404, body: 'No Machine matches the given query.' }, 'MAAS_GONE', 'any more'],
    ['taken by another', 409, { body: machine('abc', { owner: 'ann', status: 10 }) }, 'MAAS_NOT_OURS', 'ann'],
    [
      'in another state',
      409,
      { body: machine('abc', { status: 8, status_name: 'Broken' }) },
      'MAAS_WRONG_STATE',
      'it is Broken',
    ],
    [
      'not to be looked at',
      409,
      { status: 500, body: 'boom' },
      'MAAS_WRONG_STATE',
      'No machine with system ID',
    ],
  ])('tells %s apart', async (_, status, found, code, because) => {
    const client = await clientOf(refused(status, found));
    await expect(client.allocate(systemId('abc'))).rejects.toMatchObject({
      code,
      because: expect.stringContaining(because),
      data: { machine: 'abc' },
    });
  });
});

describe('a change', () => {
  const formOf = (server: ScriptedServer) =>
    Object.fromEntries(new URLSearchParams(server.heard.at(-1)?.body));
  const ok: Script = () => ({ body: machine('abc') });

  it('allocates by system id only, so that MAAS composes nothing', async () => {
    const client = await clientOf(ok);
    await client.allocate(systemId('abc'), { comment: 'for lab' });
    expect(client.server.heard[0]?.path).toBe('machines/?op=allocate');
    expect(formOf(client.server)).toEqual({ system_id: 'abc', comment: 'for lab' });
  });

  it.each([
    [undefined, {}],
    ['quick', { erase: 'true', quick_erase: 'true' }],
    ['secure', { erase: 'true', secure_erase: 'true' }],
    ['full', { erase: 'true' }],
  ] as const)('releases with erase %s', async (erase, form) => {
    const client = await clientOf(ok);
    await client.release(systemId('abc'), { erase });
    expect(formOf(client.server)).toEqual(form);
  });

  it('powers off, and says when MAAS cannot', async () => {
    const client = await clientOf((_, i) =>
      i === 0 ? { body: machine('abc') } : { body: 'null', type: 'application/json' },
    );
    expect((await client.powerOff(systemId('abc'), { stopMode: 'soft' }))?.id).toBe('abc');
    expect(formOf(client.server)).toEqual({ stop_mode: 'soft' });
    expect(await client.powerOff(systemId('abc'))).toBeUndefined();
  });

  it('annotates, under the old name before MAAS 3.0', async () => {
    const client = await clientOf(({ path }) =>
      path.endsWith('set_owner_data')
        ? { body: machine('abc', { owner_data: { role: 'worker' } }) }
        : { status: 400, body: 'Unrecognised signature: method=POST op=set_workload_annotations' },
    );
    const annotated = await client.setAnnotations(systemId('abc'), { role: 'worker', old: '' });
    expect(annotated.annotations).toEqual({ role: 'worker' });
    expect(formOf(client.server)).toEqual({ role: 'worker', old: '' });
    await expect(client.setAnnotations(systemId('abc'), { op: 'x' })).rejects.toMatchObject({ code: 'BUG' });
    await expect(client.setAnnotations(systemId('abc'), { 'a b': 'x' })).rejects.toMatchObject({
      code: 'BUG',
    });
  });

  it('makes a tag that may be there already, and puts it on machines', async () => {
    const client = await clientOf(({ path }) =>
      path === 'tags/'
        ? { status: 400, body: { name: ['Tag with this Name already exists.'] } }
        : { body: { added: 2, removed: 0 } },
    );
    await client.createTag('k8s', 'made by coldstart');
    expect(await client.tagMachines('k8s', { add: [systemId('a'), systemId('b')] })).toEqual({
      added: 2,
      removed: 0,
    });
    expect(client.server.heard.at(-1)).toMatchObject({
      path: 'tags/k8s/?op=update_nodes',
      body: 'add=a&add=b',
    });
  });
});

describe('events', () => {
  const event = (id: number) => ({
    id,
    level: 'INFO',
    type: 'Deployed',
    description: '',
    hostname: 'h',
    node: 'abc',
  });

  it('after one come all, oldest first, however many pages MAAS makes of them', async () => {
    const client = await clientOf(({ path }) => {
      const query = new URL(path, 'http://h/').searchParams;
      const after = Number(query.get('after'));
      const page = [1, 2, 3, 4, 5].filter(id => id > after).slice(0, Number(query.get('limit')));
      return { body: { count: page.length, events: page.reverse().map(event) } };
    });
    const found = await client.events({ ids: [systemId('abc')], after: 1, limit: 2, level: 'DEBUG' });
    expect(found.map(({ id }) => id)).toEqual([2, 3, 4, 5]);
    expect(found[0]).toMatchObject({ machine: 'abc', type: 'Deployed', username: '' });
    expect(client.server.heard[0]?.path).toBe('events/?op=query&id=abc&level=DEBUG&limit=2&after=1');
    expect(client.server.heard).toHaveLength(3);
  });

  it.each([
    ['Sun, 22 Nov. 2026 11:45:05', Date.UTC(2026, 10, 22, 11, 45, 5)],
    ['Sat, 02 May 2026 01:00:00', Date.UTC(2026, 4, 2, 1)],
    ['gestern', undefined],
  ])('have the time of the region: %s', async (created, regionMs) => {
    const client = await clientOf(() => ({ body: { count: 1, events: [{ ...event(1), created }] } }));
    expect(await client.events({ ids: [systemId('abc')] })).toMatchObject([{ id: 1, regionMs }]);
  });

  it('without an id are the newest', async () => {
    const client = await clientOf(() => ({ body: { count: 2, events: [event(9), event(8)] } }));
    expect((await client.events({ ids: [systemId('abc')], limit: 2 })).map(({ id }) => id)).toEqual([8, 9]);
    expect(client.server.heard).toHaveLength(1);
  });
});

describe('the rest', () => {
  it.each([
    ['3.4.10', [3, 4, 10]],
    ['3.7.0~rc1', [3, 7, 0]],
    ['2.9', [2, 9, undefined]],
    ['None', [undefined, undefined, undefined]],
  ])('version %s, asked for without a key', async (text, [major, minor, patch]) => {
    const client = await clientOf(() => ({ body: { version: text, subversion: '' } }));
    expect(await client.version()).toEqual({ text, major, minor, patch });
    expect(client.server.heard[0]?.headers.authorization).toBeUndefined();
  });

  it('reads tags, images, subnets, keys and settings', async () => {
    const answers: Record<string, unknown> = {
      'tags/': [{ name: 'k8s', definition: '', comment: null }],
      'boot-resources/': [
        { id: 1, type: 'Synced', name: 'ubuntu/jammy', architecture: 'amd64/ga-22.04', extra: 1 },
      ],
      'subnets/': [
        {
          id: 1,
          name: 'lab',
          cidr: '10.30.0.0/24',
          gateway_ip: null,
          vlan: { name: 'untagged', fabric: 'f' },
        },
      ],
      'account/prefs/sshkeys/': [{ id: 1, key: 'ssh-ed25519 AAAA joe' }],
      'maas/?op=get_config&name=default_distro_series': '"jammy"',
    };
    const client = await clientOf(({ path }) => ({
      body: answers[path] as object,
      type: 'application/json',
    }));
    expect(await client.tags()).toEqual([{ name: 'k8s', comment: '', definition: '' }]);
    expect(await client.bootResources()).toMatchObject([{ name: 'ubuntu/jammy', title: '' }]);
    expect(await client.subnets()).toEqual([
      {
        id: 1,
        name: 'lab',
        cidr: '10.30.0.0/24',
        gateway: undefined,
        dnsServers: [],
        managed: true,
        vlan: 'untagged',
        fabric: 'f',
      },
    ]);
    expect(await client.sshKeys()).toEqual([{ id: 1, key: 'ssh-ed25519 AAAA joe' }]);
    expect(await client.config('default_distro_series')).toBe('jammy');
  });
});
