import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { makeEd25519 } from '../../src/ssh/ed25519.ts';
import type { HostsLab } from './hosts-lab.ts';
import { checkout } from './program.ts';
import { lastOf, type Milestone, type Road } from './road.ts';

/** The settings that matter by hand, from coldstart's inventory: both make the same cluster of the same packages. */
interface Settings {
  kubernetes_version: string;
  kubernetes_repository: string;
  kubernetes_repository_key: string;
  apt_proxy: string;
  image_mirrors: { endpoint: string }[];
  kubeadm_init_documents: { kind: string; [key: string]: unknown }[];
  kubeadm_join_document: object;
}

/** The bare limit: a script that a person could write (bench/by-hand). Releases the machines in the end. */
export async function byHand(lab: HostsLab): Promise<Road> {
  const folder = path.join(lab.home, 'by-hand');
  await writeFolder(lab, folder);
  const startedAtMs = performance.now();
  const script = execa('bash', [path.join(checkout, 'bench/by-hand/make-cluster.sh'), folder], {
    env: {
      MAAS_API_URL: lab.url,
      MAAS_API_KEY: lab.apiKey,
      DISTRO_SERIES: 'bookworm',
      MACHINES: lab.machines.map(({ name, id }) => `${name}=${id}`).join(' '),
    },
    stdin: 'ignore',
    stderr: ['pipe', 'inherit'],
    detached: true,
    ...(lab.signal && { cancelSignal: lab.signal }),
  });
  const came: { milestone: Milestone; atMs: number }[] = [];
  for await (const line of script.iterable({ from: 'stdout' }))
    came.push({ milestone: line.split(' ')[0] as Milestone, atMs: performance.now() });
  await script;
  const connections = await lab.connections();
  await lab.release();
  await rm(folder, { recursive: true });
  return { seconds: lastOf(came, startedAtMs), connections, processes: 0 };
}

async function writeFolder({ run }: HostsLab, folder: string): Promise<void> {
  const inventory = JSON.parse(await run(['inventory', '--lab', '--list'])) as { all: { vars: Settings } };
  const settings = inventory.all.vars;
  const { privateKey, publicKey } = makeEd25519('by-hand');
  const files: Record<string, string> = {
    id: privateKey,
    'user-data': `#cloud-config\n${JSON.stringify({ ssh_authorized_keys: [publicKey] })}\n`,
    'settings.sh': await shellSettings(settings),
    'init.json': JSON.stringify(
      settings.kubeadm_init_documents.map(document => versioned(document, settings)),
    ),
    'join.json': JSON.stringify(settings.kubeadm_join_document),
  };
  await mkdir(folder, { mode: 0o700 });
  for (const [name, text] of Object.entries(files))
    await writeFile(path.join(folder, name), text, { mode: 0o600 });
  await cp(path.join(checkout, 'bench/by-hand/prepare.sh'), path.join(folder, 'prepare.sh'));
}

/** With the version given, kubeadm does not ask the internet for the newest one. */
function versioned(
  document: Settings['kubeadm_init_documents'][number],
  { kubernetes_version: version }: Settings,
): object {
  return document.kind === 'ClusterConfiguration'
    ? { ...document, kubernetesVersion: `v${version}` }
    : document;
}

/** Assignments for /bin/sh, the packages as coldstart's roles name them. */
async function shellSettings(settings: Settings): Promise<string> {
  const programs = ['kubeadm', 'kubelet', 'kubectl'].map(name => `${name}=${settings.kubernetes_version}-*`);
  const others = ['containerd', 'conntrack', 'ebtables', 'ethtool', 'iproute2', 'iptables', 'socat'];
  const values = {
    PACKAGES: [...programs, ...others].join(' '),
    REPOSITORY: settings.kubernetes_repository,
    KEY: await (await fetch(settings.kubernetes_repository_key)).text(),
    REGISTRY: settings.image_mirrors[0]?.endpoint ?? '',
    PROXY: settings.apt_proxy,
  };
  return Object.entries(values)
    .map(([name, value]) => `${name}='${value}'\n`)
    .join('');
}
