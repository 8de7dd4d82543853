import type { Site } from '../compose.ts';
import type { PlannedAddon } from '../plan/addons.ts';

/** What a report shows of the settings: chosen one by one, so that nothing secret is ever among them. */
export function runSettings(
  { config, lab, client }: Site,
  addons: readonly PlannedAddon[],
  erase: string | undefined,
): Record<string, string> {
  const { kubernetes, os, machines, network, images, packages } = config;
  const chosen: Record<string, string | undefined> = {
    'node.js': process.versions.node,
    maas: lab ? `lab of ${lab.count} ${lab.machines} machines` : addressOf(client.url),
    'machines.controlPlane.tag': machines.controlPlane.tag,
    'machines.workers.tag': machines.workers.tag,
    'machines.pool': machines.pool,
    'machines.zone': machines.zone,
    'os.image': os.image ?? "MAAS's default",
    'os.kernel': os.kernel,
    'kubernetes.version': kubernetes.version,
    'kubernetes.runtime': kubernetes.runtime,
    'kubernetes.endpoint': kubernetes.endpoint,
    'kubernetes.podSubnet': kubernetes.podSubnet,
    'kubernetes.serviceSubnet': kubernetes.serviceSubnet,
    'network.plugin': network.plugin,
    'images.repository': images.repository,
    'packages.kubernetes.repository': addressOf(packages.kubernetes.repository),
    erase,
    addons: addons.map(({ target }) => `${target.name} ${target.wanted?.version ?? '(removed)'}`).join(', '),
  };
  return Object.fromEntries(
    Object.entries(chosen).filter((entry): entry is [string, string] => Boolean(entry[1])),
  );
}

/** Without user and password, which a URL may carry. */
function addressOf(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined;
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
