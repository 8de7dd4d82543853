import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { planSite } from '../../src/cli/plan-site.ts';
import { openSite } from '../../src/compose.ts';
import { idOf, startRegion, type TestRegion } from './region-fixture.ts';

let region: TestRegion;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'coldstart-claims-'));
  region = await startRegion({ machines: 3 });
  const range = (start_ip: string, end_ip: string, more: Record<string, string>) =>
    region.call('POST', 'ipranges/', { start_ip, end_ip, ...more });
  await range('10.77.0.50', '10.77.0.99', { type: 'dynamic' });
  await range('10.77.0.200', '10.77.0.220', { type: 'reserved', comment: 'MetalLB' });
});
afterAll(async () => {
  await region.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The plan of a file with these addresses for MetalLB. */
async function planWith(addresses: readonly string[]) {
  await writeFile(
    path.join(folder, 'cluster.yaml'),
    `addons:\n  metallb:\n    addresses: ${JSON.stringify(addresses)}\n`,
  );
  const env = {
    COLDSTART_HOME: folder,
    MAAS_API_URL: region.url,
    MAAS_API_KEY: region.region.apiKeyOf('admin'),
  };
  const site = await openSite({ env, cwd: folder, lab: false });
  try {
    return (await planSite(site, 'up')).plan;
  } finally {
    site.close();
  }
}

const ours = (texts: readonly string[]) => texts.filter(text => text.includes('addons.metallb'));

describe('the addresses of load balancers', () => {
  test('that MAAS keeps for DHCP are a problem, with file, line, and what to try', async () => {
    const { problems } = await planWith(['10.77.0.90-10.77.0.110']);
    expect(ours(problems)).toEqual([
      'cluster.yaml:3:17: addons.metallb.addresses.0: 10.77.0.90-10.77.0.110 overlaps the dynamic range ' +
        '10.77.0.50-10.77.0.99 of 10.77.0.0/24 in MAAS; choose addresses that MAAS leaves alone, or change that in MAAS',
    ]);
  });

  test('that a machine has are a problem, which names the machine', async () => {
    const machine = (await region.call('POST', 'machines/?op=allocate')).json;
    const id = idOf(machine);
    await region.call('POST', `machines/${id}/?op=deploy`);
    const deployed = await region.reaches(id, 'Deployed');
    const address = String((deployed['ip_addresses'] as unknown as string[])[0]);
    const { problems } = await planWith(['10.77.0.205', `${address}-${address}`]);
    expect(ours(problems).join('\n')).toContain(
      `contains ${address}, which belongs to ${String(deployed['hostname'] as unknown)}`,
    );
    expect(ours(problems).length).toBe(1);
  });

  test('that are reserved for them are good, and others are worth a word', async () => {
    const reserved = await planWith(['10.77.0.200/30']);
    expect([...ours(reserved.problems), ...ours(reserved.warnings)]).toEqual([]);
    const free = await planWith(['10.77.0.230-10.77.0.240']);
    expect(ours(free.problems)).toEqual([]);
    expect(ours(free.warnings).join('\n')).toContain(
      'reserve them in 10.77.0.0/24 with the comment "MetalLB"',
    );
  });
});
