import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ColdstartError } from '../../core/errors.ts';
import { type Ipv4Network, ipv4Network, ipv4Overlap, ipv4Text } from '../../core/ipv4.ts';
import { createBridge, destroyBridge, settleBridge } from './bridge.ts';
import { startDnsmasq, stopDnsmasq } from './dnsmasq.ts';
import { withLock } from './lock.ts';
import { removeNamespaceFolder } from './machine-link.ts';
import { run } from './run.ts';
import { chooseSubnet } from './subnet.ts';

/** The lab's own layer-2 network: a bridge of this computer, with no way out. */
export interface LabNetwork {
  bridge: string;
  /** This computer's address on it, such as `10.77.0.1`. The region and the mirror listen here. */
  address: string;
  /** Such as `10.77.0.0/24`. Machines get .11 to .250. */
  subnet: string;
  /** Domain of the machines' names. */
  domain: string;
  /** Folder of the network's own files. */
  dir: string;
}

export interface NetworkOptions {
  /** The lab's folder. Each has a network of its own. */
  stateDir: string;
  /** A /24 to use rather than the first unused one. */
  preferredSubnet?: string;
  /** Domain of the machines' names; MAAS's own default is `maas`. */
  domain?: string;
  signal?: AbortSignal | undefined;
}

/**
 * Makes the lab's network, or what is missing of it. The subnet is remembered, so that the addresses of
 * machines stay what they were for as long as nothing else uses them.
 * @throws ColdstartError LAB_FAILED when no private subnet is unused
 */
export async function createNetwork(options: NetworkOptions): Promise<LabNetwork> {
  const network = await withLock(choosing, () => chooseNetwork(options), { signal: options.signal });
  await startDnsmasq(network);
  return network;
}

/** Labs that start at the same moment must not choose the same network. */
const choosing = '/run/coldstart-network.lock';

/** What is chosen is there when it returns, so that the next one sees that it is used. */
async function chooseNetwork({
  stateDir,
  preferredSubnet,
  domain = 'maas',
  signal,
}: NetworkOptions): Promise<LabNetwork> {
  const dir = join(stateDir, 'network');
  await mkdir(dir, { recursive: true });
  const bridge = await settleBridge(stateDir);
  const { first } = await settleSubnet(dir, bridge, preferredSubnet);
  const address = ipv4Text(first + 1);
  signal?.throwIfAborted();
  await createBridge(bridge, stateDir, `${address}/24`);
  return { bridge, address, subnet: `${ipv4Text(first)}/24`, domain, dir };
}

/**
 * Removes everything that `createNetwork` made, and the machines' links. Nothing happens when it is not there.
 * The files of the network stay, so that the next one has the same addresses.
 */
export async function destroyNetwork(stateDir: string): Promise<void> {
  await stopDnsmasq(join(stateDir, 'network'));
  await destroyBridge(stateDir);
  await removeNamespaceFolder();
}

/** The /24 of an earlier run, the one asked for, or the first that is unused. */
async function settleSubnet(
  dir: string,
  bridge: string,
  preferred: string | undefined,
): Promise<Ipv4Network> {
  const file = join(dir, 'subnet');
  const used = await usedSubnets(bridge);
  const remembered = ipv4Network((await readFile(file, 'utf8').catch(() => '')).trim());
  const wanted = [remembered, ipv4Network(preferred ?? '')].filter(subnet => subnet !== undefined);
  const chosen = wanted.find(subnet => !used.some(other => ipv4Overlap(subnet, other))) ?? chooseSubnet(used);
  if (!chosen) throw new ColdstartError('LAB_FAILED', 'no private network is unused on this computer');
  await writeFile(file, `${ipv4Text(chosen.first)}/24\n`);
  return chosen;
}

interface IpAddress {
  ifname: string;
  addr_info: { local: string; prefixlen: number }[];
}
interface IpRoute {
  dst: string;
  dev?: string;
}

/** Networks that this computer has addresses in or routes to, without those of the lab's own bridge. */
async function usedSubnets(bridge: string): Promise<Ipv4Network[]> {
  const links = JSON.parse(await run('ip', ['-j', 'addr'])) as IpAddress[];
  const routes = JSON.parse(await run('ip', ['-j', 'route', 'show', 'table', 'all'])) as IpRoute[];
  const addresses = links
    .filter(link => link.ifname !== bridge)
    .flatMap(link => link.addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`));
  const destinations = routes.filter(route => route.dev !== bridge).map(route => route.dst);
  return [...addresses, ...destinations].map(ipv4Network).filter(subnet => subnet !== undefined);
}
