import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { planSite } from '../../src/cli/plan-site.ts';
import { openSite, type Site } from '../../src/compose.ts';
import { planAddons } from '../../src/plan/addons.ts';
import { findBmcs } from '../../src/site/bmc-targets.ts';
import { pinAddons } from '../../src/site/pin-addons.ts';
import { idOf, type Json, startRegion, type TestRegion, textOf } from './region-fixture.ts';

const name = 'prometheus-ipmi-exporter';

let region: TestRegion;
let folder: string;
let machines: Json[];
/** What was asked of the region, in the order of the questions. */
let asked: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'coldstart-bmcs-'));
  region = await startRegion({ machines: 4 });
  region.region.intercept((request, proceed) => {
    asked.push(new URL(request.url).search);
    return proceed();
  });
  machines = (await region.call('GET', 'machines/')).json as unknown as Json[];
});
afterAll(async () => {
  await region.stop();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  asked = [];
});

async function makeIpmi(index: number, address: string): Promise<void> {
  const { status } = await region.call('PUT', `machines/${idOf(machines[index])}/`, {
    power_type: 'ipmi',
    power_parameters_power_address: address,
    power_parameters_power_user: 'maas',
    power_parameters_power_pass: 'hunter2',
  });
  expect(status).toBe(200);
}

/** A site whose exporter has these settings. */
function withSite<T>(settings: string, user: string, look: (site: Site) => Promise<T>): Promise<T> {
  const addons = `  local-path-provisioner: true\n  kube-prometheus-stack: true\n  ${name}: ${settings}\n`;
  return withConfig(`addons:\n${addons}`, user, look);
}

async function withConfig<T>(text: string, user: string, look: (site: Site) => Promise<T>): Promise<T> {
  await writeFile(path.join(folder, 'cluster.yaml'), text);
  const env = {
    COLDSTART_HOME: folder,
    MAAS_API_URL: region.url,
    MAAS_API_KEY: region.region.apiKeyOf(user),
  };
  const site = await openSite({ env, cwd: folder, lab: false });
  try {
    return await look(site);
  } finally {
    site.close();
  }
}

const remarks = (settings: string, user = 'admin') =>
  withSite(settings, user, async site => {
    const { plan } = await planSite(site, 'up');
    const ours = (texts: readonly string[]) => texts.filter(text => text.includes(`addons.${name}`));
    return { problems: ours(plan.problems), warnings: ours(plan.warnings), plan };
  });

const powerQuestions = () => asked.filter(query => query.includes('power_parameters'));

describe('the BMCs of the exporter', () => {
  test('must be named where no machine has one that MAAS switches by IPMI', async () => {
    const { problems } = await remarks('true');
    expect(problems).toEqual([
      `cluster.yaml:4:29: addons.${name}: no machine of the cluster has the power type ipmi in MAAS; ` +
        `name the BMCs in addons.${name}.targets`,
    ]);
    expect(powerQuestions()).toEqual([]);
  });

  test('come from MAAS, and nothing else of the power settings does', async () => {
    await makeIpmi(1, '192.168.20.12');
    await makeIpmi(2, '192.168.20.11');
    const { problems, warnings, plan } = await remarks('true');
    expect([...problems, ...warnings]).toEqual([]);
    const exporter = plan.addons.find(({ target }) => target.name === name);
    expect(JSON.stringify(exporter?.target.wanted?.objects)).toContain(
      '"targets":["192.168.20.11","192.168.20.12"]',
    );
    expect(JSON.stringify(plan)).not.toContain('hunter2');
    expect(powerQuestions().length).toBe(1);
    expect(powerQuestions()[0]).not.toContain(idOf(machines[3]));
  });

  test('are not asked for where the file names them', async () => {
    const { problems, plan } = await remarks('{ targets: [10.0.0.1] }');
    expect(problems).toEqual([]);
    expect(JSON.stringify(plan.addons)).toContain('"targets":["10.0.0.1"]');
    expect(powerQuestions()).toEqual([]);
  });

  test('are for administrators to ask: others are told what to do', async () => {
    const { problems } = await remarks('true', 'joe');
    expect(problems).toEqual([
      `cluster.yaml:4:29: addons.${name}: MAAS shows the addresses of BMCs to administrators only; ` +
        `name them in addons.${name}.targets, or use an administrator's key`,
    ]);
  });

  test('that MAAS has no address of are worth a word, or are a problem when there is no other', async () => {
    await makeIpmi(1, '');
    const { problems, warnings } = await remarks('true');
    expect(problems).toEqual([]);
    expect(warnings.join('\n')).toContain(`MAAS has no BMC address of ${textOf(machines[1]?.['hostname'])}`);
    await makeIpmi(2, '');
    expect((await remarks('true')).problems.join('\n')).toContain('MAAS has no address of any BMC');
  });
});

test('an add-on that is there is known by its machines, so MAAS is not asked for addresses again', async () => {
  await makeIpmi(1, '192.168.20.12');
  await withSite('true', 'admin', async site => {
    const facts = await site.observe();
    const wanted = await pinAddons(site.config, facts);
    const there = wanted.map(({ name: its, fingerprint }) => [its, installed(its, fingerprint)] as const);
    const answers = { state: 'answers', version: 'v1.36.0', nodes: new Map() } as const;
    const changes = (pinned: typeof wanted) =>
      planAddons(pinned, { ...answers, addons: new Map(there) }).flatMap(({ change, target }) =>
        change === 'none' ? [] : [target.name],
      );
    const before = powerQuestions().length;
    expect(changes(await pinAddons(site.config, await site.observe()))).toEqual([]);
    expect((await findBmcs(site, facts, [])).problems).toEqual([]);
    expect(powerQuestions().length).toBe(before);
    // The machine has another BMC address: no question, no change. Another machine with a BMC: a change.
    await makeIpmi(1, '192.168.20.13');
    expect(changes(await pinAddons(site.config, await site.observe()))).toEqual([]);
    await makeIpmi(3, '192.168.20.14');
    expect(changes(await pinAddons(site.config, await site.observe()))).toEqual([name]);
  });
});

test('a kernel that is too old is a problem of the plan, with file, line, node and what to try', async () => {
  const problemsWith = (kernel: string) =>
    withConfig('network:\n  plugin: none\naddons:\n  cilium: true\n', 'admin', async site => {
      const observe = async () => {
        const facts = await site.observe();
        const joined = [...facts.machines.values()].map(machine => ({
          ...machine,
          annotations: { 'coldstart.joined': site.config.name },
        }));
        const nodes = joined.map(({ hostname }) => [hostname, { kernel, version: 'v1.36.0' }] as const);
        return {
          ...facts,
          machines: new Map(joined.map(machine => [machine.id, machine])),
          kubernetes: {
            state: 'answers' as const,
            version: 'v1.36.0',
            nodes: new Map(nodes) as never,
            addons: new Map(),
          },
        };
      };
      const { plan } = await planSite({ ...site, observe }, 'up');
      return plan.problems.filter(text => text.includes('Linux'));
    });
  expect(await problemsWith('6.8.0-79-generic')).toEqual([]);
  expect((await problemsWith('5.4.0-216-generic')).join('\n')).toMatch(
    /^cluster\.yaml:4:11: addons\.cilium: needs Linux 5\.10 or newer .*sim-001 runs 5\.4\.0-216-generic.*; set os\.kernel/,
  );
});

function installed(its: string, fingerprint: string) {
  const kind = 'chart' as const;
  return {
    name: its,
    kind,
    version: '1',
    namespace: 'x',
    fingerprint,
    objects: [],
    needs: [],
    deployed: true,
  };
}
