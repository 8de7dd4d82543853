import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ColdstartError } from '../../core/errors.ts';
import type { LabNetwork } from './network.ts';
import { becomes, isRunning, startDetached, stopProcess } from './process.ts';

/** A machine's place on the network. */
export interface Lease {
  /** Lower case with colons. */
  mac: string;
  address: string;
  hostname: string;
}

/** Starts the lab's DHCP and name server, unless it runs with these settings already. */
export async function startDnsmasq(network: LabNetwork): Promise<void> {
  const { dir } = network;
  await mkdir(join(dir, 'leases'), { recursive: true });
  await mkdir(join(dir, 'names'), { recursive: true });
  const text = configuration(network);
  const unchanged = (await readFile(configPath(dir), 'utf8').catch(() => '')) === text;
  if (unchanged && (await dnsmasqPid(dir)) !== undefined) return;
  await stopDnsmasq(dir);
  await writeFile(configPath(dir), text);
  const logFile = join(dir, 'dnsmasq.log');
  await startDetached('dnsmasq', ['--keep-in-foreground', `--conf-file=${configPath(dir)}`], { logFile });
  if (await becomes(async () => (await dnsmasqPid(dir)) !== undefined, 10_000)) return;
  const because = (await readFile(logFile, 'utf8')).trim() || 'it does not say why';
  throw new ColdstartError('LAB_FAILED', 'could not start the name server of the lab', { because });
}

export async function stopDnsmasq(dir: string): Promise<void> {
  const pid = await dnsmasqPid(dir);
  if (pid !== undefined) await stopProcess(pid);
  await rm(pidPath(dir), { force: true });
}

/** Tells the server about a machine. Its address and name hold from now on, also after a restart of the server. */
export async function announce(network: LabNetwork, { mac, address, hostname }: Lease): Promise<void> {
  const name = `${mac.replaceAll(':', '-')}.conf`;
  const lease = `${mac},${address},${hostname},infinite\n`;
  const names = `${address} ${hostname}.${network.domain} ${hostname}\n`;
  const changed = [
    await writeChanged(join(network.dir, 'leases', name), lease),
    await writeChanged(join(network.dir, 'names', name), names),
  ];
  if (!changed.includes(true)) return;
  const pid = await dnsmasqPid(network.dir);
  // It reads the files again only when it is told to.
  if (pid !== undefined) process.kill(pid, 'SIGHUP');
}

async function writeChanged(path: string, text: string): Promise<boolean> {
  if ((await readFile(path, 'utf8').catch(() => '')) === text) return false;
  await writeFile(path, text);
  return true;
}

// Root, because it reads the files again later, and the folder of the lab's state is closed to others.
function configuration({ dir, bridge, address, subnet, domain }: LabNetwork): string {
  const lines = [
    `pid-file=${pidPath(dir)}`,
    'user=root',
    'group=root',
    `interface=${bridge}`,
    'except-interface=lo',
    'bind-interfaces',
    'no-resolv',
    'no-hosts',
    `domain=${domain}`,
    `local=/${domain}/`,
    `addn-hosts=${join(dir, 'names')}`,
    `dhcp-range=${subnet.replace(/\/.*/, '')},static,255.255.255.0,infinite`,
    `dhcp-hostsfile=${join(dir, 'leases')}`,
    'dhcp-authoritative',
    'dhcp-option=option:router',
    `dhcp-option=option:dns-server,${address}`,
    'leasefile-ro',
    // No look whether the address is in use: the region gives each only once, and a look costs seconds.
    'no-ping',
  ];
  return `${lines.join('\n')}\n`;
}

async function dnsmasqPid(dir: string): Promise<number | undefined> {
  const pid = Number(await readFile(pidPath(dir), 'utf8').catch(() => ''));
  return pid > 0 && (await isRunning(pid, configPath(dir))) ? pid : undefined;
}

function configPath(dir: string): string {
  return join(dir, 'dnsmasq.conf');
}

function pidPath(dir: string): string {
  return join(dir, 'dnsmasq.pid');
}
