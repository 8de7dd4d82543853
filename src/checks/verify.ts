import type { ClusterNode } from '../cluster/kubernetes-api.ts';
import type { Check } from './check.ts';

/** A pod that runs a script of the shell to its end. */
export interface TestPod {
  /** A DNS label. */
  name: string;
  script: string;
  /** Where it runs; anywhere when missing. */
  node?: string;
  /** Has a claim of the default storage class at /data. */
  claim?: boolean;
}

/** What verify asks of the world. */
export interface VerifyWorld {
  dnsDomain: string;
  nodes(): Promise<ClusterNode[]>;
  /** Number of pods of CoreDNS, or of what stands in for it. */
  dnsPods(): Promise<number>;
  defaultStorageClass(): Promise<string | undefined>;
  addons(): Promise<{ name: string; ready: boolean; seen: string }[]>;
  /** Whether the script succeeded, and what it said when it did not. */
  run(pod: TestPod): Promise<{ done: boolean; seen: string }>;
  /** A web server in a pod on the node, with a service in front of it; the same one for all who ask. */
  webServer(node: string): Promise<{ podIp: string; serviceIp: string }>;
  /** Asks for that server's page through the gateway, from this computer. */
  wayIn(node: string): Promise<{ state: 'ok' | 'failed' | 'skipped'; seen: string; remedy: string }>;
  /** Names of the nodes that the metrics API has measured; undefined where there is none. */
  measuredNodes(): Promise<string[] | undefined>;
  /** What Prometheus reaches and what it does not; undefined where there is none. */
  scrapedTargets(): Promise<{ up: number; down: string[] } | undefined>;
}

const ok = (seen: string) => ({ state: 'ok', seen }) as const;
const failed = (seen: string, remedy: string) => ({ state: 'failed', seen, remedy }) as const;
const warning = (seen: string, remedy: string) => ({ state: 'warning', seen, remedy }) as const;
const skipped = (seen: string) => ({ state: 'skipped', seen }) as const;

/** What makes a cluster usable, in the order in which it is needed. */
export const verifyChecks: readonly Check<VerifyWorld>[] = [
  {
    name: 'nodes',
    async look({ nodes }) {
      const all = await nodes();
      const notReady = all.filter(({ ready }) => !ready).map(({ name }) => name);
      if (all.length === 0) return failed('there are no nodes', 'run coldstart up');
      if (notReady.length === 0) return ok(`${all.length} Ready`);
      const remedy = `look at kubectl describe node ${notReady[0]}, and at journalctl -u kubelet on it`;
      return failed(`${notReady.join(', ')} not Ready`, remedy);
    },
  },
  {
    name: 'dns',
    needs: ['nodes'],
    async look({ dnsPods, dnsDomain, run }) {
      if ((await dnsPods()) === 0) return skipped('there is no CoreDNS');
      const name = `kubernetes.default.svc.${dnsDomain}`;
      const { done, seen } = await run({ name: 'dns', script: again(`nslookup ${name}`) });
      return done ? ok(`${name} is found`) : failed(seen, 'look at the pods with the label k8s-app=kube-dns');
    },
  },
  {
    name: 'pods',
    needs: ['nodes'],
    async look(world) {
      const nodes = await world.nodes();
      const [to, ...others] = nodes;
      if (to === undefined || others.length === 0) return skipped('there is only one node');
      const { podIp } = await world.webServer(to.name);
      const results = await Promise.all(
        others.map(async ({ name: node }, index) => ({
          node,
          ...(await world.run({ name: `pods-${index}`, node, script: fetched(`${podIp}:8080`) })),
        })),
      );
      const lost = results.filter(({ done }) => !done);
      if (lost.length === 0) return ok(`${others.length} nodes reach a pod on ${to.name}`);
      const seen = lost.map(({ node, seen: why }) => `${node} does not reach ${podIp} on ${to.name}: ${why}`);
      return failed(
        seen.join('; '),
        'look at the pods of the network, and at routes and firewalls between nodes',
      );
    },
  },
  {
    name: 'services',
    needs: ['nodes'],
    async look(world) {
      const [to, ...others] = await world.nodes();
      const from = others.at(-1) ?? to;
      if (to === undefined || from === undefined) return skipped('there is no node');
      const { serviceIp } = await world.webServer(to.name);
      const { done, seen } = await world.run({
        name: 'services',
        node: from.name,
        script: fetched(serviceIp),
      });
      if (done) return ok(`${from.name} reaches the service ${serviceIp}`);
      return failed(
        `${from.name} does not reach the service ${serviceIp}: ${seen}`,
        'look at kube-proxy on it',
      );
    },
  },
  {
    name: 'storage',
    needs: ['nodes'],
    async look({ defaultStorageClass, run }) {
      const name = await defaultStorageClass();
      if (name === undefined) return skipped('there is no default storage class');
      const script = 'echo kept > /data/file && grep -q kept /data/file';
      const { done, seen } = await run({ name: 'storage', script, claim: true });
      if (done) return ok(`a pod writes to a claim of ${name}`);
      return failed(
        seen,
        `look at kubectl describe storageclass ${name}, and at the pods of its provisioner`,
      );
    },
  },
  {
    name: 'gateway',
    needs: ['nodes'],
    async look(world) {
      const [on] = await world.nodes();
      if (on === undefined) return skipped('there is no node');
      const { state, seen, remedy } = await world.wayIn(on.name);
      return state === 'failed' ? failed(seen, remedy) : { state, seen };
    },
  },
  {
    name: 'metrics',
    needs: ['nodes'],
    async look(world) {
      const [nodes, measured, scraped] = await Promise.all([
        world.nodes(),
        world.measuredNodes(),
        world.scrapedTargets(),
      ]);
      if (measured === undefined && scraped === undefined)
        return skipped('there is neither a metrics API nor Prometheus');
      const missing = nodes.map(({ name }) => name).filter(name => measured?.includes(name) === false);
      if (missing.length > 0)
        return failed(
          `the metrics API has nothing of ${missing.join(', ')}`,
          'look at the log of metrics-server',
        );
      const seen = measured === undefined ? [] : [`${measured.length} nodes measured`];
      return scraped === undefined ? ok(seen.join()) : judgeTargets(scraped, seen);
    },
  },
  {
    name: 'addons',
    async look({ addons }) {
      const all = await addons();
      const broken = all.filter(({ ready }) => !ready);
      if (all.length === 0) return skipped('none are wanted');
      if (broken.length === 0) return ok(`${all.map(({ name }) => name).join(', ')} ready`);
      const seen = broken.map(({ name, seen: why }) => `${name}: ${why}`).join('; ');
      return failed(seen, 'look at coldstart addons, then run coldstart up again');
    },
  },
];

function judgeTargets({ up, down }: { up: number; down: string[] }, seen: readonly string[]) {
  const look = 'look at Status, Targets in Prometheus';
  if (up === 0) return failed([...seen, 'Prometheus measures nothing'].join('; '), look);
  const text = [...seen, `Prometheus reaches ${up} of ${up + down.length} targets`].join('; ');
  return down.length === 0 ? ok(text) : warning(`${text}, not ${down.join(', ')}`, look);
}

/** The checks of these names, with those that they need; all when no names are given. */
export function checksNamed<W>(checks: readonly Check<W>[], names: readonly string[]): Check<W>[] {
  const wanted = new Set(names.length === 0 ? checks.map(({ name }) => name) : names);
  for (const { name, needs = [] } of checks.toReversed())
    if (wanted.has(name)) for (const need of needs) wanted.add(need);
  return checks.filter(({ name }) => wanted.has(name));
}

/** A network's first answers may be late. */
function again(command: string): string {
  return `for try in 1 2 3 4 5 6 7 8 9 10; do ${command} && exit 0; sleep 1; done; exit 1`;
}

function fetched(address: string): string {
  return again(`wget -q -O /dev/null http://${address}/`);
}
