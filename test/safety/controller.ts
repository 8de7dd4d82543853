import path from 'node:path';
import { loadConfig } from '../../src/config/load.ts';
import type { ClusterConfig } from '../../src/config/schema.ts';
import type { Clock } from '../../src/core/clock.ts';
import { runRoads } from '../../src/engine/run.ts';
import { createMaasClient, type MaasClient } from '../../src/maas/client.ts';
import { type Connector, WireFailure } from '../../src/maas/connection.ts';
import type { Intent } from '../../src/plan/assess.ts';
import { planCluster, type Target } from '../../src/plan/plan.ts';
import { createFactStore } from '../../src/site/fact-store.ts';
import { createMachines } from '../../src/site/machines.ts';
import { observeMaas } from '../../src/site/observe.ts';
import { openKnownHosts } from '../../src/ssh/known-hosts.ts';
import { order } from '../../src/steps/order.ts';
import type { Known, World } from '../../src/steps/ports.ts';
import { cluster, ours, type Rack, tagsOf } from './rack.ts';

const timeScale = 20_000;

/** Waits take next to no time, and a limit of an hour a fifth of a second. */
const hasty: Clock = {
  now: () => performance.now() * timeScale,
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      setTimeout(() => (signal?.aborted ? reject(signal.reason as Error) : resolve()), ms / timeScale);
    }),
};

/** What may be done to a request on its way: a fault in place of the answer, or something else that happens first. */
export type OnTheWay = (request: { method: string; path: string }) => Promise<'lost' | 'busy' | undefined>;

/** A client that reaches the region without sockets. */
export function clientOf({ region }: Rack, onTheWay: OnTheWay): MaasClient {
  const connector: Connector = {
    async send({ method, url, headers, body }) {
      const fault = await onTheWay({ method, path: `${url.pathname}${url.search}` });
      if (fault === 'busy') return { status: 503, headers: { 'retry-after': '5' }, body: 'busy', bytes: 4 };
      const response = await region.app.request(url.href, { method, headers, ...(body ? { body } : {}) });
      const text = await response.text();
      if (fault === 'lost') throw new WireFailure('broken', true, new Error('the connection was cut'));
      const { status } = response;
      return { status, headers: Object.fromEntries(response.headers), body: text, bytes: text.length };
    },
    close: () => undefined,
  };
  const apiKey = region.apiKeyOf(ours) ?? '';
  return createMaasClient({
    url: 'http://region/MAAS',
    apiKey,
    connector,
    clock: { ...hasty, now: Date.now },
  });
}

export async function configOf(rack: Rack): Promise<ClusterConfig> {
  const { controlPlane, worker, never } = tagsOf(rack);
  const { config } = await loadConfig({
    cwd: '/',
    env: { HOME: '/' },
    flags: {
      name: cluster,
      maas: { url: 'http://region/MAAS' },
      machines: {
        controlPlane: { tag: controlPlane },
        workers: { tag: worker },
        excludeTag: never,
        pool: 'default',
      },
      kubernetes: { endpoint: 'api.garage.example:6443' },
    },
  });
  return config;
}

/** Plans from what MAAS says, and walks the hardware stage of every machine, with the parts that `coldstart` is made of. */
export async function runHardware(
  config: ClusterConfig,
  client: MaasClient,
  intent: Intent,
  stateDir: string,
): Promise<'done' | 'failed' | 'stopped' | 'refused'> {
  const facts = {
    ...(await observeMaas(config, { client, user: async () => ours })),
    kubernetes: { state: 'none' } as const,
  };
  const store = createFactStore(facts);
  const known: Known = { settings: { cluster, preparedHash: 'p', configuredHash: 'c' }, facts: store };
  const steps = order.filter(({ id }) => hardware.includes(id));
  const plan = planCluster({ intent, config, facts, order: steps, known, addons: [] });
  if (plan.problems.length > 0) return 'refused';
  const { signal } = new AbortController();
  const clusterDir = path.join(stateDir, 'cluster');
  const machines = createMachines({
    client,
    config,
    clusterDir,
    knownHosts: await openKnownHosts(clusterDir),
    signal,
    store,
    intent,
    onReleased: async () => undefined,
    clock: hasty,
  });
  return runRoads<Target, Known, World>({
    roads: plan.machines.map(({ target, steps: road }) => ({
      target,
      id: target.id,
      steps: road.map(({ step }) => step),
    })),
    // The steps of the hardware stage use nothing else of the world.
    world: { ...known, machines } as World,
    append: async () => undefined,
    clock: hasty,
    signal,
  });
}

const hardware = ['hardware.release', 'hardware.allocate', 'hardware.deploy'];
