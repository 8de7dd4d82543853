import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { simulatedFleet } from '../../src/lab/machines/simulated/fleet.ts';
import { idOf, type StartOptions, startRegion, type TestRegion } from './region-fixture.ts';

let lab: TestRegion;
let id: string;

async function start(options: StartOptions = {}): Promise<void> {
  lab = await startRegion(options);
  id = idOf((await lab.call('POST', 'machines/?op=allocate', {})).json);
}
afterEach(() => lab.stop());

const on = (op: string, form: Record<string, string> = {}) =>
  lab.call('POST', `machines/${id}/?op=${op}`, form);
/** Slow enough that nothing ends between two requests, and then fast. */
const slow = { timeScale: 1, simulated: { timeScale: 1 } };
const fast = { timeScale: 300, simulated: { timeScale: 3000 } };

describe('after a restart', () => {
  test('keys, machines, annotations, events and settings are the same', async () => {
    await start();
    await on('deploy');
    await lab.reaches(id, 'Deployed');
    await on('set_workload_annotations', { cluster: 'x' });
    await lab.call('POST', 'maas/?op=set_config', { name: 'node_timeout', value: '17' });
    const key = lab.region.apiKey;
    const before = await lab.machine(id);
    const events = (await lab.call('GET', 'events/?op=query&level=DEBUG')).json;
    await lab.restart();
    expect(lab.region.apiKey).toBe(key);
    expect(await lab.machine(id)).toEqual(before);
    expect((await lab.call('GET', 'events/?op=query&level=DEBUG')).json).toEqual(events);
    expect((await lab.call('GET', 'maas/?op=get_config&name=node_timeout')).json).toBe(17);
    expect((await lab.call('GET', 'machines/')).json).toHaveLength(3);
  });

  test('a deployment that was under way is carried on', async () => {
    await start(slow);
    await on('deploy');
    await expect.poll(async () => (await lab.machine(id))['ip_addresses']).toHaveLength(1);
    await lab.restart(fast);
    expect(await lab.reaches(id, 'Deployed')).toMatchObject({ owner: 'admin', power_state: 'on' });
  });

  test('a system that was starting still asks for its user data', async () => {
    await start({ simulated: { curves: { boot: { medianMs: 30_000_000, spread: 0 } } } });
    await on('deploy');
    await expect.poll(async () => (await lab.machine(id))['netboot']).toBe(false);
    expect((await lab.machine(id))['status_name']).toBe('Deploying');
    await lab.restart({ simulated: {} });
    await lab.reaches(id, 'Deployed');
  });

  test('a release that was under way is carried on', async () => {
    await start();
    await on('deploy');
    await lab.reaches(id, 'Deployed');
    await lab.restart(slow);
    expect((await on('release')).json).toMatchObject({ status_name: 'Releasing' });
    await lab.restart(fast);
    expect(await lab.reaches(id, 'Ready')).toMatchObject({ owner: null, power_state: 'off' });
  });

  test('a limit that passed meanwhile still holds', async () => {
    await start({ faults: [{ kind: 'boots-from-disk' }] });
    await lab.call('POST', 'maas/?op=set_config', { name: 'node_timeout', value: '4' });
    await on('deploy');
    await lab.restart({ clock: { ...systemClock, now: () => systemClock.now() + 4 * 60_000 } });
    expect(await lab.reaches(id, 'Failed deployment')).toMatchObject({ owner: 'admin' });
  });

  test('what was being commissioned goes on', async () => {
    await start(slow);
    await on('release');
    expect((await on('commission')).json).toMatchObject({ status_name: 'Commissioning' });
    await lab.restart(fast);
    await lab.reaches(id, 'Ready');
  });
});

describe('the state', () => {
  test('is for its owner alone, and a line that a crash cut short does no harm', async () => {
    await start();
    const file = path.join(lab.stateDir, 'region.jsonl');
    expect(statSync(lab.stateDir).mode & 0o777).toBe(0o700);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const before = await lab.machine(id);
    const { appendFileSync } = await import('node:fs');
    appendFileSync(file, '["machines","x');
    await lab.restart();
    expect(await lab.machine(id)).toEqual(before);
  });

  test('has every change by the time that it is answered', async () => {
    await start();
    await on('set_workload_annotations', { cluster: 'answered' });
    expect(readFileSync(path.join(lab.stateDir, 'region.jsonl'), 'utf8')).toContain('"cluster":"answered"');
  });

  test('can be given more machines', async () => {
    await start();
    const more = simulatedFleet({ count: 2, seed: 'more' }).map((machine, index) => ({
      ...machine,
      hostname: `more-${index}`,
      mac: `52:54:00:99:99:0${index}`,
    }));
    expect(lab.region.addMachines(more)).toHaveLength(2);
    await lab.restart();
    expect((await lab.call('GET', 'machines/?status=ready')).json).toHaveLength(4);
  });
});

describe('interceptors', () => {
  test('can answer, alter and let through, until they are taken away', async () => {
    await start();
    const remove = lab.region.intercept(async (request, proceed) =>
      request.url.includes('tags')
        ? new Response('busy', { status: 503, headers: { 'Retry-After': '1' } })
        : proceed(),
    );
    expect(await lab.call('GET', 'tags/')).toMatchObject({ status: 503, text: 'busy' });
    expect((await lab.call('GET', 'machines/')).status).toBe(200);
    remove();
    expect((await lab.call('GET', 'tags/')).status).toBe(200);
  });
});

test('three hundred machines deploy and release, each with an address of its own', async () => {
  await start({
    machines: 300,
    timeScale: 100,
    simulated: { timeScale: 300 },
    subnet: {
      cidr: '10.64.0.0/16',
      gatewayIp: null,
      dnsServers: [],
      rangeStart: '10.64.0.10',
      rangeEnd: '10.64.9.0',
    },
  });
  const list = async (status: string) =>
    (await lab.call('GET', `machines/?status=${status}`)).json as unknown as {
      system_id: string;
      ip_addresses: string[];
    }[];
  const ids = (await list('ready')).map(machine => machine.system_id);
  expect(ids).toHaveLength(299);
  for (let from = 0; from < ids.length; from += 50) {
    await Promise.all(
      ids.slice(from, from + 50).map(one => lab.call('POST', `machines/${one}/?op=deploy`, {})),
    );
  }
  await expect.poll(() => list('deploying'), { interval: 300 }).toHaveLength(0);
  const addresses = (await list('deployed')).flatMap(machine => machine.ip_addresses);
  expect(new Set(addresses).size).toBe(299);
  expect((await lab.call('POST', 'machines/?op=release', { machines: ids })).json).toHaveLength(299);
  await expect.poll(() => list('releasing'), { interval: 100 }).toHaveLength(0);
  expect(await list('ready')).toHaveLength(299);
});
