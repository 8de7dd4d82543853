import { afterEach, describe, expect, test } from 'vitest';
import {
  authorizationFor,
  type Form,
  idOf,
  type StartOptions,
  send,
  startRegion,
  type TestRegion,
  textOf,
} from './region-fixture.ts';

let lab: TestRegion;
let id: string;

async function start(options: StartOptions = {}): Promise<void> {
  lab = await startRegion(options);
  id = idOf((await lab.call('POST', 'machines/?op=allocate', {})).json);
}
afterEach(() => lab.stop());

const on = (op: string, form: Form = {}) => lab.call('POST', `machines/${id}/?op=${op}`, form);
const deployed = async () => {
  await on('deploy');
  return lab.reaches(id, 'Deployed');
};
const eventTypes = async (level = 'INFO') => {
  const reply = await lab.call('GET', `events/?op=query&id=${id}&level=${level}&limit=1000`);
  return (reply.json['events'] as unknown as { type: string }[]).map(event => event.type).reverse();
};

/** As cloud-init of the machine would, with the machine's own token. */
async function asMachine(method: string, where: string, body?: string) {
  const token = (await lab.call('GET', `machines/${id}/?op=get_token`)).json;
  const key = ['consumer_key', 'token_key', 'token_secret'].map(part => textOf(token[part])).join(':');
  const url = `${lab.url}/metadata/${where}`;
  return send(url, {
    method,
    apiKey: key,
    ...(body === undefined ? {} : { body, contentType: 'application/json' }),
  });
}

describe('a deployment', () => {
  test('answers at once without addresses, and goes the road of a real one', async () => {
    await start();
    const answer = await on('deploy', { distro_series: 'jammy' });
    expect(answer.json).toMatchObject({
      status_name: 'Deploying',
      status_message: 'Deploying',
      osystem: 'ubuntu',
      distro_series: 'jammy',
      hwe_kernel: 'ga-22.04',
      ip_addresses: [],
      netboot: true,
    });
    const done = await lab.reaches(id, 'Deployed');
    expect(done).toMatchObject({ power_state: 'on', netboot: false, status_message: 'Deployed' });
    expect(done['boot_interface']).toMatchObject({
      links: [{ mode: 'auto', ip_address: done['ip_addresses']?.[0] }],
    });
    expect(await eventTypes()).toEqual([
      'Ready',
      'Deploying',
      'Powering on',
      'Performing PXE boot',
      'Loading ephemeral',
      'Configuring storage',
      'Installing OS',
      'Configuring OS',
      'Rebooting',
      'Image Deployed',
      'Deployed',
    ]);
  });

  test('keeps its address over a release, and the machine forgets the rest', async () => {
    await start();
    const before = await deployed();
    await on('set_workload_annotations', { cluster: 'x' });
    expect((await on('release')).json).toMatchObject({
      status_name: 'Releasing',
      owner: 'admin',
      osystem: '',
    });
    expect(await lab.reaches(id, 'Ready')).toMatchObject({
      owner: null,
      ip_addresses: [],
      workload_annotations: {},
      power_state: 'off',
      status_message: 'Released',
    });
    await on('deploy');
    expect((await lab.reaches(id, 'Deployed'))['ip_addresses']).toEqual(before['ip_addresses']);
  });

  test('that is aborted leaves the machine allocated, without address and power', async () => {
    await start({ simulated: { timeScale: 50 } });
    await on('deploy');
    expect((await on('abort')).json).toMatchObject({ status_name: 'Deploying' });
    await lab.reaches(id, 'Allocated');
    expect(await eventTypes()).toContain('Aborted deployment');
    expect((await on('release')).status).toBe(200);
    await lab.reaches(id, 'Ready');
  });

  test('from Ready acquires the machine first; power_on from Allocated is one, too', async () => {
    await start();
    await on('release');
    expect((await on('deploy')).json).toMatchObject({ owner: 'admin', status_name: 'Deploying' });
    await lab.reaches(id, 'Deployed');
    const other = idOf((await lab.call('POST', 'machines/?op=allocate', {})).json);
    expect((await lab.call('POST', `machines/${other}/?op=power_on`, {})).json).toMatchObject({
      status_name: 'Deploying',
    });
  });

  test('without a free address is 503', async () => {
    await start({
      subnet: {
        cidr: '10.77.0.0/24',
        gatewayIp: null,
        dnsServers: [],
        rangeStart: '10.77.0.10',
        rangeEnd: '10.77.0.10',
      },
    });
    await deployed();
    const other = idOf((await lab.call('POST', 'machines/?op=allocate', {})).json);
    const reply = await lab.call('POST', `machines/${other}/?op=deploy`, {});
    expect(reply.status).toBe(503);
    expect(reply.headers.get('retry-after')).toBeNull();
  });
});

describe('faults of machines', () => {
  test('a failed deployment keeps owner, power and address; it must be released before the next', async () => {
    await start({ faults: [{ kind: 'deployment-fails', times: 1 }] });
    await on('deploy');
    expect(await lab.reaches(id, 'Failed deployment')).toMatchObject({
      owner: 'admin',
      power_state: 'on',
      status_action: 'mark_failed',
      status_message:
        'Marking node failed - Installation failed (refer to the installation log for more information).',
    });
    expect((await on('deploy')).status).toBe(409);
    await on('release');
    await lab.reaches(id, 'Ready');
    await deployed();
  });

  test('a power controller that refuses takes the deployment back', async () => {
    await start({ faults: [{ kind: 'power-on-fails', times: 1 }] });
    await on('deploy');
    expect(await lab.reaches(id, 'Allocated')).toMatchObject({
      ip_addresses: [],
      status_message: 'Failed to power on node - the power controller refused',
    });
    await deployed();
  });

  test('a silent installer fails by node_timeout, and can be released', async () => {
    await start({ faults: [{ kind: 'deployment-stuck', times: 1 }] });
    await lab.call('POST', 'maas/?op=set_config', { name: 'node_timeout', value: '4' });
    await on('deploy');
    // The last thing that is heard of it.
    await expect.poll(() => eventTypes()).toContain('Performing PXE boot');
    expect(await lab.timesOutAs(id, 'Failed deployment')).toMatchObject({
      status_message: "Marking node failed - Node operation 'Deploying' timed out after 4 minutes.",
    });
    await on('release');
    await lab.reaches(id, 'Ready');
  });

  test('a release that does not end is Releasing failed; one whose power command fails is taken back', async () => {
    await start({ faults: [{ kind: 'release-stuck', times: 1 }] });
    await deployed();
    await on('release');
    await lab.timesOutAs(id, 'Releasing failed');
    await on('release');
    await lab.reaches(id, 'Ready');
    await lab.stop();
    await start({ faults: [{ kind: 'power-off-fails', times: 1 }] });
    await deployed();
    await on('release');
    expect(await lab.reaches(id, 'Deployed')).toMatchObject({ osystem: '', owner: 'admin' });
    expect(await eventTypes()).toContain('Failed to power off node');
  });

  test.each([
    ['quick', { erase: 'true', quick_erase: 'true' }],
    ['secure', { erase: 'true', secure_erase: 'true', quick_erase: 'true' }],
    ['full', { erase: 'true' }],
  ])(
    'a release that erases (%s) starts the machine for it, keeps the owner meanwhile, and ends Ready',
    async (_, form) => {
      await start();
      await deployed();
      const answer = await on('release', form);
      expect(answer.json).toMatchObject({ status_name: 'Disk erasing', owner: 'admin', osystem: 'debian' });
      const ready = await lab.reaches(id, 'Ready');
      expect(ready).toMatchObject({ owner: null, power_state: 'off', osystem: '' });
      const types = await eventTypes();
      const erasing = types.slice(types.lastIndexOf('Powering on'));
      expect(erasing).toEqual([
        'Powering on',
        'Performing PXE boot',
        'Loading ephemeral',
        'Disks erased',
        'Powering off',
        'Released',
      ]);
    },
  );

  test('disks that cannot be erased leave Failed disk erasing with its owner; the release can be repeated', async () => {
    await start({ faults: [{ kind: 'erase-fails', times: 1 }] });
    await deployed();
    await on('release', { erase: 'true', quick_erase: 'true' });
    expect(await lab.reaches(id, 'Failed disk erasing')).toMatchObject({
      owner: 'admin',
      status_message: 'Marking node failed - Failed to erase disks.',
    });
    await on('release', { erase: 'true', quick_erase: 'true' });
    await lab.reaches(id, 'Ready');
  });

  test('an erasure goes on after a restart of the region', async () => {
    await start();
    await deployed();
    await on('release', { erase: 'true', quick_erase: 'true' });
    await lab.restart();
    await lab.reaches(id, 'Ready');
  });

  test('a hanging power controller is 503 for whoever asks', async () => {
    await start({ faults: [{ kind: 'bmc-hangs' }] });
    const reply = await lab.call('GET', `machines/${id}/?op=query_power_state`);
    expect(reply.status).toBe(503);
    expect((await lab.machine(id))['power_state']).toBe('error');
  });
});

describe('power', () => {
  test('is switched after the answer and can be asked for', async () => {
    await start();
    await deployed();
    await on('power_off', { stop_mode: 'soft' });
    await lab.reaches(id, 'Deployed');
    await expect.poll(async () => (await lab.machine(id))['power_state']).toBe('off');
    expect((await lab.call('GET', `machines/${id}/?op=query_power_state`)).json).toEqual({ state: 'off' });
    await on('power_on');
    await expect.poll(async () => (await lab.machine(id))['power_state']).toBe('on');
    expect((await on('power_off', {})).json).toMatchObject({ system_id: id });
  });

  test('of a manual machine is never known, and power_off answers null', async () => {
    lab = await startRegion({
      fleet: [
        {
          hostname: 'hand',
          mac: '52:54:00:00:00:77',
          tags: [],
          cpuCount: 1,
          memoryMib: 1,
          diskBytes: 1e9,
          powerType: 'manual',
        },
      ],
    });
    id = idOf((await lab.call('POST', 'machines/?op=allocate', {})).json);
    expect((await on('power_off')).text).toBe('null');
    expect((await on('release')).json).toMatchObject({ status_name: 'Ready', power_state: 'unknown' });
    await on('release');
    expect(await on('power_on')).toMatchObject({
      status: 409,
      text: "Can't start node: it hasn't been allocated.",
    });
  });
});

describe('metadata', () => {
  test('is a tree for the machine alone; asking for user data hands the machine over', async () => {
    // So slow that only the request below can have deployed it.
    await start({ simulated: { timeScale: 1 } });
    await lab.call('POST', 'account/prefs/sshkeys/', { key: `ssh-ed25519 ${'A'.repeat(68)}` });
    const script = '#cloud-config\nhostname: ä\n';
    await on('deploy', { user_data: Buffer.from(script).toString('base64') });
    await expect
      .poll(async () => (await lab.call('GET', `machines/${id}/?op=get_token`)).text)
      .not.toBe('null');
    const text = async (where: string) => (await asMachine('GET', where)).text;
    expect(await text('')).toBe('2012-03-01\nlatest');
    expect(await text('2012-03-01/meta-data/')).toBe(
      'instance-id\nlocal-hostname\npublic-keys\nvendor-data\nx509',
    );
    expect(await text('2012-03-01/meta-data/instance-id')).toBe(id);
    expect(await text('latest/meta-data/local-hostname')).toMatch(/^sim-\d+\.maas$/);
    expect(await text('2012-03-01/meta-data/public-keys')).toMatch(/^ssh-ed25519 /);
    expect(await text('2012-03-01/meta-data/vendor-data')).toBe('#cloud-config\n{}');
    expect((await lab.machine(id))['status_name']).toBe('Deploying');
    const userData = await asMachine('GET', '2012-03-01/user-data');
    expect(userData.text).toBe(script);
    expect(userData.headers.get('content-type')).toBe('application/octet-stream');
    expect((await lab.machine(id))['status_name']).toBe('Deployed');
    expect((await asMachine('POST', '2012-03-01/?op=netboot_off')).text).toBe('OK');
  });

  test('refuses a user', async () => {
    await start();
    const reply = await send(`${lab.url}/metadata/2012-03-01/meta-data/`, {
      method: 'GET',
      apiKey: lab.region.apiKey,
    });
    expect(reply).toMatchObject({ status: 403, text: 'Not authenticated as a known node.' });
    const nobody = await send(`${lab.url}/metadata/2012-03-01/user-data`, { method: 'GET' });
    expect(nobody.status).toBe(401);
  });

  test('takes the reports of cloud-init; a failed stage fails the deployment', async () => {
    await start({ simulated: { timeScale: 1 } });
    await on('deploy');
    await expect
      .poll(async () => (await lab.call('GET', `machines/${id}/?op=get_token`)).text)
      .not.toBe('null');
    const report = (name: string, result?: string) => {
      const event_type = result ? 'finish' : 'start';
      const body = { event_type, origin: 'cloudinit', name, description: name, result, timestamp: 1 };
      return asMachine('POST', `status/${id}`, JSON.stringify(body));
    };
    expect((await report('init-network/config-ssh', 'FAIL')).status).toBe(204);
    expect((await lab.machine(id))['status_name']).toBe('Deploying');
    const foreign = await send(`${lab.url}/metadata/status/${id}`, {
      method: 'POST',
      authorization: authorizationFor(lab.region.apiKey),
      contentType: 'application/json',
      body: '{"event_type": "finish", "origin": "x", "name": "y", "description": "z", "result": "FAIL"}',
    });
    expect(foreign.status).toBe(204);
    expect((await lab.machine(id))['status_name']).toBe('Deploying');
    await report('modules-config', 'SUCCESS');
    await report('modules-final', 'FAIL');
    expect((await lab.machine(id))['status_name']).toBe('Failed deployment');
    expect(lab.region.cloudInitReport(id as never)).toMatchObject({
      finished: { 'modules-config': 'SUCCESS', 'modules-final': 'FAIL' },
      last: 'modules-final: finish FAIL',
    });
    expect((await asMachine('POST', `status/${id}`, 'no json')).status).toBe(400);
  });

  test('keeps of reports what began or failed, in words, with the time that the machine says', async () => {
    await start({ simulated: { timeScale: 1 } });
    await on('deploy');
    await expect
      .poll(async () => (await lab.call('GET', `machines/${id}/?op=get_token`)).text)
      .not.toBe('null');
    const report = (event_type: string, more = {}) => {
      const name = 'modules-config/config-locale';
      const description = 'running config-locale with frequency once-per-instance';
      const body = { event_type, origin: 'cloudinit', name, description, timestamp: 1_000_000_000, ...more };
      return asMachine('POST', `status/${id}`, JSON.stringify(body));
    };
    await report('start');
    await report('finish', { result: 'SUCCESS' });
    await report('finish', { result: 'FAIL' });
    await asMachine('GET', '2012-03-01/user-data');
    await report('start');
    const { events } = (await lab.call('GET', `events/?op=query&id=${id}&level=DEBUG&limit=1000`)).json;
    const kept = (events as unknown as Record<string, string>[]).filter(({ description }) =>
      description?.startsWith("'cloudinit'"),
    );
    const said = {
      description: "'cloudinit' running config-locale with frequency once-per-instance",
      created: 'Sun, 09 Sep. 2001 01:46:40',
    };
    expect(kept.reverse()).toMatchObject([
      { ...said, level: 'DEBUG', type: 'Node installation' },
      { ...said, level: 'ERROR', type: 'Node installation failure' },
      { ...said, level: 'DEBUG', type: 'Node status event' },
    ]);
  });
});

describe('events', () => {
  test('come newest first, in pages that lead to one another', async () => {
    await start();
    await deployed();
    const all = await eventTypes('DEBUG');
    const page = async (more: string) =>
      (await lab.call('GET', `events/?op=query&id=${id}&level=DEBUG&limit=5${more}`)).json;
    const ids = (json: Awaited<ReturnType<typeof page>>) =>
      (json['events'] as unknown as { id: number }[]).map(event => event.id);
    const newest = await page('');
    expect(ids(newest)).toEqual(ids(newest).toSorted((a, b) => b - a));
    const older = (await lab.call('GET', textOf(newest['prev_uri']).replace('/MAAS/api/2.0/', ''))).json;
    expect(ids(older)[0]).toBeLessThan(ids(newest).at(-1) ?? 0);
    const newer = (await lab.call('GET', textOf(older['next_uri']).replace('/MAAS/api/2.0/', ''))).json;
    expect(ids(newer)).toEqual(ids(newest));
    expect(all.length).toBeGreaterThan(15);
    expect(ids(await page('&after=0'))[4]).toBeLessThan(ids(newest)[4] ?? 0);
    expect(newest['events']?.[0]?.['created']).toMatch(/^\w{3}, \d\d \w{3}\. \d{4} \d\d:\d\d:\d\d$/);
    expect((await lab.call('GET', 'events/?op=query&limit=5000')).text).toBe(
      'Requested number of events 5000 is greater than limit: 1000',
    );
    expect((await lab.call('GET', 'events/?op=query&level=BOGUS')).text).toBe(
      'Unrecognised log level: BOGUS',
    );
    expect((await lab.call('GET', 'events/?op=query&before=1&after=2')).status).toBe(400);
  });
});
