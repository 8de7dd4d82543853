import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ColdstartError } from '../../core/errors.ts';
import { startDnsmasq, stopDnsmasq } from './dnsmasq.ts';
import { closeFirewall, openFirewall } from './firewall.ts';
import { run, succeeds } from './run.ts';
import { addressIn, chooseSubnet, parseSubnet, type Subnet } from './subnet.ts';

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
  stateDir: string;
  /** A /24 to use rather than the first unused one. */
  preferredSubnet?: string;
  /** Domain of the machines' names; MAAS's own default is `maas`. */
  domain?: string;
  signal?: AbortSignal | undefined;
}

export const BRIDGE = 'coldstart0';
const NAMESPACES = '/run/netns';

/**
 * Makes the lab's network, or what is missing of it. The subnet is remembered, so that the addresses of
 * machines stay what they were.
 * @throws ColdstartError LAB_FAILED when another lab has the bridge, or no subnet is unused
 */
export async function createNetwork(options: NetworkOptions): Promise<LabNetwork> {
  const dir = join(options.stateDir, 'network');
  await mkdir(dir, { recursive: true });
  await refuseForeignBridge(options.stateDir);
  const subnet = await settleSubnet(dir, options.preferredSubnet);
  const network: LabNetwork = {
    bridge: BRIDGE,
    address: addressIn(subnet, 1),
    subnet: `${addressIn(subnet, 0)}/24`,
    domain: options.domain ?? 'maas',
    dir,
  };
  await createBridge(network, options.stateDir);
  await closeFirewall(BRIDGE);
  await startDnsmasq(network);
  return network;
}

/**
 * Removes everything that `createNetwork` made, and the machines' links. Nothing happens when it is not there.
 * The files of the network stay, so that the next one has the same addresses.
 */
export async function destroyNetwork(stateDir: string): Promise<void> {
  await stopDnsmasq(join(stateDir, 'network'));
  if (!(await bridgeExists()) || (await ownerOfBridge()) !== stateDir) return;
  for (const name of await namespaces()) await run('ip', ['netns', 'del', name]).catch(() => undefined);
  await openFirewall(BRIDGE);
  await run('ip', ['link', 'del', BRIDGE], { doing: 'remove the bridge of the lab' });
  await removeNamespaceFolder();
}

// `ip netns` makes it with the first namespace, as a mount of its own, and never removes it.
async function removeNamespaceFolder(): Promise<void> {
  const names = await readdir(NAMESPACES).catch(() => undefined);
  if (names?.length !== 0) return;
  await succeeds('umount', [NAMESPACES]);
  await succeeds('rmdir', [NAMESPACES]);
}

/** A machine's network namespace, as systemd-nspawn takes it. */
export function namespacePath(id: string): string {
  return `${NAMESPACES}/${namespaceName(id)}`;
}

/** Removes a machine's link and namespace; nothing happens when they are not there. */
export async function unplug(id: string): Promise<void> {
  if (existsSync(`/sys/class/net/${linkName(id)}`)) await run('ip', ['link', 'del', linkName(id)]);
  if (existsSync(namespacePath(id))) await run('ip', ['netns', 'del', namespaceName(id)]);
}

export function namespaceName(id: string): string {
  return `coldstart-${id}`;
}

// The name of a link has at most 15 characters.
export function linkName(id: string): string {
  return `cs-${id}`.slice(0, 15);
}

async function createBridge(network: LabNetwork, stateDir: string): Promise<void> {
  const doing = 'make the bridge of the lab';
  if (!(await bridgeExists())) {
    // With an address of its own it does not take over that of the machine which comes first.
    await run('ip', ['link', 'add', BRIDGE, 'address', '02:c0:1d:00:00:01', 'type', 'bridge'], { doing });
    await run('ip', ['link', 'set', BRIDGE, 'alias', stateDir], { doing });
  }
  await run('ip', ['addr', 'replace', `${network.address}/24`, 'dev', BRIDGE], { doing });
  await run('ip', ['link', 'set', BRIDGE, 'up'], { doing });
}

function bridgeExists(): Promise<boolean> {
  return succeeds('ip', ['link', 'show', 'dev', BRIDGE]);
}

async function ownerOfBridge(): Promise<string> {
  return (await readFile(`/sys/class/net/${BRIDGE}/ifalias`, 'utf8')).trim();
}

async function refuseForeignBridge(stateDir: string): Promise<void> {
  if (!(await bridgeExists())) return;
  const owner = await ownerOfBridge();
  if (owner === stateDir) return;
  if (existsSync(owner)) {
    throw new ColdstartError('LAB_FAILED', 'another lab is up on this computer', {
      because: `its state is in ${owner}`,
      hint: 'stop it with coldstart lab down, with COLDSTART_HOME as it was when it was started',
    });
  }
  // The folder of that lab is gone, so nobody else will ever remove its bridge.
  await destroyNetwork(owner);
}

/** The /24 of an earlier run, the one asked for, or the first that is unused. */
async function settleSubnet(dir: string, preferred: string | undefined): Promise<Subnet> {
  const file = join(dir, 'subnet');
  const remembered = await readFile(file, 'utf8').catch(() => preferred ?? '');
  const used = await usedSubnets();
  const chosen = parseSubnet(remembered.trim()) ?? chooseSubnet(used);
  if (!chosen) throw new ColdstartError('LAB_FAILED', 'no private network is unused on this computer');
  await writeFile(file, `${addressIn(chosen, 0)}/24\n`);
  return chosen;
}

interface IpAddress {
  ifname: string;
  addr_info: { family: string; local: string; prefixlen: number }[];
}
interface IpRoute {
  dst: string;
  dev?: string;
}

/** Networks that this computer has addresses in or routes to, without those of the lab's own bridge. */
async function usedSubnets(): Promise<Subnet[]> {
  const links = JSON.parse(await run('ip', ['-j', 'addr'])) as IpAddress[];
  const routes = JSON.parse(await run('ip', ['-j', 'route', 'show', 'table', 'all'])) as IpRoute[];
  const texts = [
    ...links
      .filter(link => link.ifname !== BRIDGE)
      .flatMap(link => link.addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`)),
    ...routes.filter(route => route.dev !== BRIDGE).map(route => route.dst),
  ];
  return texts.map(parseSubnet).filter(subnet => subnet !== undefined);
}

/** Names of the network namespaces of machines. */
async function namespaces(): Promise<string[]> {
  const text = await run('ip', ['netns', 'list']);
  return text.split('\n').flatMap(line => /^(coldstart-\S+)/.exec(line)?.[1] ?? []);
}
