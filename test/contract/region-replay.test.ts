import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { authorizationFor, type Form, send, startRegion, type TestRegion } from './region-fixture.ts';
import { headerProblems, shapeProblems } from './region-shapes.ts';

/**
 * What a real MAAS 3.4.10 answered, sent again to the region. The recordings are not part of the project; without
 * them there is nothing to compare with. Every difference is in the table below and in docs/lab-differences.md.
 */
const recordings = fileURLToPath(
  new URL('../../../shared/reference/maas-fixtures/recorded-3.4.10/', import.meta.url),
);
const isThere = existsSync(path.join(recordings, 'exchanges.json'));

interface Exchange {
  label: string;
  method: string;
  path: string;
  params: [string, string | number][] | null;
  request_content_type: string | null;
  status: number;
  response_headers: Record<string, string>;
  json?: unknown;
  text?: string;
}

const exchanges = isThere ? (read('exchanges.json') as Exchange[]) : [];

function read(name: string): unknown {
  return JSON.parse(readFileSync(path.join(recordings, name), 'utf8'));
}

type Difference = 'not sent' | 'body' | 'answer';

/** By number of the exchange; the reasons are in docs/lab-differences.md under the same numbers. */
const differences: Record<number, Difference> = {
  34: 'body',
  77: 'not sent',
  78: 'not sent',
  79: 'not sent',
  80: 'not sent',
  127: 'body',
  136: 'answer',
};

/** Bodies that the recording does not hold, made again from the answers. */
const bodies: Record<number, string> = {
  84: '{"name": "f2"}',
  86: 'name=f4',
  87: '',
  88: '--X--\r\n',
  89: '',
  90: 'name: f5\n',
  94: '{"architecture": "amd64"}',
  95: '{"name": "sim06"}',
};

let lab: TestRegion;

/** What had been done to the real region between two exchanges. */
const before: Record<number, () => Promise<unknown>> = {
  51: () => lab.call('PUT', 'machines/xp3dhd/', { pool: 'p1' }),
  52: () => lab.call('PUT', 'machines/xp3dhd/', { pool: 'default' }),
  68: () => failDeployment('4hysqk'),
  123: async () => {
    await deploy('xp3dhd');
    await deploy('apkkr3');
    await lab.call('POST', 'machines/apkkr3/?op=power_off', {});
    await poweredOff('apkkr3');
  },
};

describe.skipIf(!isThere)('recorded exchanges of a real MAAS 3.4.10', () => {
  beforeAll(async () => {
    lab = await recordedRegion();
  });
  afterAll(() => lab.stop());

  test.each(exchanges.map((exchange, index) => ({ index, exchange })))(
    '$index $exchange.method $exchange.path → $exchange.status',
    async ({ index, exchange }) => {
      await before[index]?.();
      const difference = differences[index];
      if (difference === 'not sent') return;
      const reply = await replay(index, exchange);
      if (difference === 'answer') return;
      const problems = headerProblems(exchange.response_headers, reply.headers);
      if (reply.status !== exchange.status)
        problems.push(`status ${reply.status} instead of ${exchange.status}`);
      if (difference === undefined) problems.push(...bodyProblems(exchange, reply.text));
      expect(problems).toEqual([]);
    },
  );

  test('every known difference is in the documentation', () => {
    const page = readFileSync(new URL('../../docs/lab-differences.md', import.meta.url), 'utf8');
    const documented = [...page.matchAll(/^\| (\d+) /gm)].map(match => Number(match[1]));
    expect(documented.sort((a, b) => a - b)).toEqual(Object.keys(differences).map(Number));
  });
});

describe.skipIf(!isThere)('recorded machines of a real MAAS 3.4.10', () => {
  beforeAll(async () => {
    lab = await recordedRegion();
    await deploy('xp3dhd');
  });
  afterAll(() => lab.stop());

  test('have the same keys and types in every status', async () => {
    const id = 'xp3dhd';
    expect(shapeProblems(read('machine-deployed.json'), await lab.machine(id))).toEqual([]);
    const releasing = await lab.call('POST', `machines/${id}/?op=release`, {});
    expect(shapeProblems(read('machine-releasing.json'), releasing.json)).toEqual([]);
    expect(shapeProblems(read('machine-ready.json'), await lab.reaches(id, 'Ready'))).toEqual([]);
    const allocated = await lab.call('POST', 'machines/?op=allocate', { system_id: id });
    expect(shapeProblems(read('machine-allocated.json'), allocated.json)).toEqual([]);
    const deploying = await lab.call('POST', `machines/${id}/?op=deploy`, {});
    expect(shapeProblems(read('machine-deploy-response.json'), deploying.json)).toEqual([]);
    expect(shapeProblems(read('machine-deploying-polled.json'), await lab.machine(id))).toEqual([]);
    await lab.reaches(id, 'Deployed');
    await failDeployment('4hysqk');
    expect(shapeProblems(read('machine-failed-deployment.json'), await lab.machine('4hysqk'))).toEqual([]);
    await lab.call('POST', 'machines/?op=allocate', { system_id: '6emp6h' });
    const broken = await lab.call('POST', 'machines/6emp6h/?op=mark_broken', {});
    expect(shapeProblems(read('machine-broken.json'), broken.json)).toEqual([]);
    const node1 = await lab.call('GET', 'machines/?hostname=node1');
    expect(shapeProblems([read('machine-new.json')], node1.json)).toEqual([]);
  });

  test('have events of the same shape, and the recorded types in the same order', async () => {
    const recorded = read('events-deploy.json') as { events: { type: string }[] };
    const reply = await lab.call('GET', 'events/?op=query&level=DEBUG&id=xp3dhd&limit=1000');
    expect(shapeProblems(recorded, reply.json)).toEqual([]);
    const types = (reply.json['events'] as unknown as { type: string }[]).map(event => event.type);
    const road = recorded.events.slice(0, 9).map(event => event.type);
    expect(
      types
        .slice(types.indexOf('Deployed'))
        .filter(type => road.includes(type))
        .slice(0, 8),
    ).toEqual(road.filter(type => type !== 'PXE Request'));
  });
});

async function recordedRegion(): Promise<TestRegion> {
  const machine = (systemId: string, hostname: string, number: number) => ({
    systemId,
    hostname,
    mac: `52:54:00:aa:00:0${number}`,
    tags: hostname === 'sim06' ? ['virtual'] : [],
    cpuCount: 4,
    memoryMib: 16384,
    diskBytes: 64_000_000_000,
  });
  lab = await startRegion({
    fleet: [
      machine('4hysqk', 'sim07', 7),
      machine('apkkr3', 'sim06', 6),
      machine('xp3dhd', 'sim08', 8),
      machine('6emp6h', 'sim09', 9),
    ],
    subnet: {
      cidr: '10.30.0.0/24',
      gatewayIp: '10.30.0.1',
      dnsServers: ['10.30.0.1'],
      rangeStart: '10.30.0.2',
      rangeEnd: '10.30.0.250',
    },
    simulated: { images: ['ubuntu/focal', 'ubuntu/jammy'] },
    faults: [{ kind: 'deployment-fails', machine: 'sim07' }],
  });
  const node1 = {
    hostname: 'node1',
    architecture: 'amd64',
    mac_addresses: '52:54:00:00:00:01',
    commission: 'false',
  };
  await lab.call('POST', 'machines/', node1);
  await lab.call('POST', 'account/?op=create_authorisation_token', { name: 'tok' });
  await lab.call('POST', 'notifications/', { message: 'first', category: 'warning', admins: 'true' });
  return lab;
}

async function deploy(id: string): Promise<void> {
  await lab.call('POST', `machines/${id}/?op=deploy`, { distro_series: 'jammy' });
  await lab.reaches(id, 'Deployed');
}

async function failDeployment(id: string): Promise<void> {
  await lab.call('POST', `machines/${id}/?op=deploy`, { distro_series: 'jammy' });
  await lab.reaches(id, 'Failed deployment');
}

async function poweredOff(id: string): Promise<void> {
  while (((await lab.machine(id))['power_state'] as unknown) !== 'off');
}

function replay(index: number, exchange: Exchange) {
  const base = new URL(lab.url).origin;
  const url = exchange.path.startsWith('http')
    ? base + exchange.path.replace(/^https?:\/\/[^/]+/, '')
    : `${lab.url}/api/2.0/${exchange.path}`;
  const contentType = exchange.request_content_type ?? undefined;
  const multipart = contentType?.includes('BOUND') ? multipartOf(exchange.params ?? []) : undefined;
  const body = bodies[index] ?? multipart;
  // Someone had typed the name of the tag in place of the key.
  const wrongToken = /Invalid access token: (\w+)/.exec(exchange.text ?? '')?.[1];
  return send(url, {
    method: exchange.method,
    authorization: authorizationFor(lab.region.apiKey, wrongToken ? { oauth_token: wrongToken } : {}),
    ...(body === undefined ? {} : { body }),
    ...(contentType ? { contentType } : {}),
    ...(body === undefined && exchange.params ? { form: formOf(exchange.params) } : {}),
  });
}

function formOf(params: [string, string | number][]): Form {
  return Object.fromEntries(params.map(([name, value]) => [name, String(value)]));
}

function multipartOf(params: [string, string | number][]): string {
  const parts = params.map(
    ([name, value]) => `--BOUND\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  return `${parts.join('')}--BOUND--\r\n`;
}

function bodyProblems(exchange: Exchange, text: string): string[] {
  if (exchange.text !== undefined) return text === exchange.text ? [] : [`text ${JSON.stringify(text)}`];
  try {
    return shapeProblems(exchange.json, JSON.parse(text), exchange.status >= 400 ? 'values' : 'shape');
  } catch {
    return [`no JSON: ${text.slice(0, 80)}`];
  }
}
