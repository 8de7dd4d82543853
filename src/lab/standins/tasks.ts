import type { Curve } from '../machines/simulated/curves.ts';
import { type Clusters, kubeconfigOf } from './clusters.ts';
import type { SystemRecord } from './memory.ts';
import type { Systems } from './systems.ts';

/** A machine that a playbook works on. */
export interface PlayHost {
  name: string;
  role: 'control_plane' | 'workers';
  system: SystemRecord;
}

/** Those that the stand-ins look at. */
export interface PlayVariables {
  first_control_plane?: string;
  kubernetes_version?: string;
  kubeconfig_path?: string;
}

/** What tasks may look at and change. */
export interface PlayWorld {
  systems: Systems;
  clusters: Clusters;
  /** Variables of the inventory group `all`. */
  vars: PlayVariables;
  /** The machine that `first_control_plane` names; undefined when it does not answer. */
  first: SystemRecord | undefined;
  /** What the first control plane gave to those that this playbook lets join. */
  invitation: { token: string };
  /** True when a fault says that this fails now. */
  strikes(kind: TaskFault, system: SystemRecord): boolean;
  /** Writes a file of this computer, mode 0600. */
  writeHere(file: string, text: string): Promise<void>;
}

export type TaskFault =
  | 'reboots'
  | 'prepare-fails'
  | 'image-missing'
  | 'init-fails'
  | 'dies-after-init'
  | 'token-expired'
  | 'join-fails'
  | 'join-breaks';

export interface PlayTask {
  name: string;
  curve: Curve;
  /** Which machines take it; all when missing. */
  applies?(host: PlayHost, world: PlayWorld): boolean;
  /** False where its work is done already: then it only looks. */
  needed(host: PlayHost, world: PlayWorld): boolean;
  /** Its effect, once the time has passed. Throws TaskFailure. */
  act?(host: PlayHost, world: PlayWorld): Promise<void>;
  /** It is not cut off with the playbook: the program that it runs goes on, and the next one waits for it. */
  goesOn?: boolean;
}

/** The message of a failed task. */
class TaskFailure extends Error {
  override readonly name = 'TaskFailure';
}

/** How long a task takes that finds its work done. */
export const lookOnly: Curve = { medianMs: 700, spread: 0.2 };

const isFirst = ({ name }: PlayHost, { vars }: PlayWorld): boolean => name === vars.first_control_plane;
const isOther = (host: PlayHost, world: PlayWorld): boolean => !isFirst(host, world);
const isUnprepared = ({ system }: PlayHost): boolean => !system.prepared;
const always = (): boolean => true;
const never = (): boolean => false;

/** The playbooks as far as coldstart sees them: names of tasks, times, effects. */
export const playbooks: Readonly<Record<string, readonly PlayTask[]>> = {
  'prepare.yml': [
    task('Write and use settings of the system', 3_000, isUnprepared),
    { ...task('Install packages', 55_000, isUnprepared), act: installPackages },
    task('Run containerd, and begin to pull images', 8_000, isUnprepared),
    { ...task('Set up the network of this machine', 2_000, isUnprepared), act: markPrepared },
  ],
  'cluster.yml': [
    {
      ...task('Run kubeadm init', 48_000, ({ system }) => system.cluster === undefined),
      applies: isFirst,
      act: initCluster,
      goesOn: true,
    },
    { ...task('This machine is done', 100, never), applies: isFirst },
    {
      ...task('Ask the first control plane for an invitation', 3_000, always),
      applies: isOther,
      act: invite,
    },
    {
      ...task('Run kubeadm join', 16_000, ({ system }) => system.cluster === undefined),
      applies: isOther,
      act: joinCluster,
      goesOn: true,
    },
  ],
  'configure.yml': [
    {
      ...task(
        "Apply the network's manifest",
        4_000,
        ({ system }, { clusters }) => !clusters.of(system)?.network,
      ),
      applies: isFirst,
      act: addNetwork,
    },
    {
      ...task("Give the SSH user the administrator's kubeconfig, and read it", 1_000, never),
      applies: isFirst,
    },
    { ...task('Write it here', 500, always), applies: isFirst, act: writeKubeconfig },
  ],
};

function task(name: string, medianMs: number, needed: PlayTask['needed']): PlayTask {
  return { name, curve: { medianMs, spread: 0.12, tail: { chance: 0.01, factor: 3 } }, needed };
}

async function installPackages({ system }: PlayHost, { strikes, systems }: PlayWorld): Promise<void> {
  if (strikes('reboots', system)) {
    systems.restart(system.id);
    throw new Error(`Connection to ${system.address} closed by remote host.`);
  }
  if (strikes('prepare-fails', system))
    throw new TaskFailure("E: You don't have enough free space in /var/cache/apt/archives/.");
}

async function markPrepared({ system }: PlayHost): Promise<void> {
  system.prepared = true;
}

async function initCluster(
  { system }: PlayHost,
  { clusters, systems, vars, strikes }: PlayWorld,
): Promise<void> {
  if (!system.prepared) throw new TaskFailure('kubeadm: command not found');
  if (strikes('init-fails', system))
    throw new TaskFailure('[kubelet-check] The HTTP call equal to http://localhost:10248/healthz failed');
  const { kubernetes_version: asked = '1.0' } = vars;
  // A minor version alone means its newest patch, which the package repository decides.
  const version = /^\d+\.\d+$/.test(asked) ? `v${asked}.0` : `v${asked}`;
  if (strikes('image-missing', system)) throw new TaskFailure(cannotPull(version));
  await clusters.make(system, version);
  if (strikes('dies-after-init', system)) systems.stopped(system.id);
}

/** As kubeadm says it: https://github.com/kubernetes/kubernetes/blob/v1.36.0/cmd/kubeadm/app/preflight/checks.go */
function cannotPull(version: string): string {
  const image = `registry.k8s.io/kube-apiserver:${version}`;
  return (
    'error execution phase preflight: [preflight] Some fatal errors occurred:\n' +
    `\t[ERROR ImagePull]: failed to pull image ${image}: rpc error: code = NotFound desc = failed to pull and unpack image "${image}": not found`
  );
}

async function needCluster(_: PlayHost, { clusters, first }: PlayWorld): Promise<void> {
  const cluster = clusters.of(first);
  if (!cluster) throw new TaskFailure('the first control plane has no /etc/kubernetes/admin.conf');
  if (!clusters.answers(cluster))
    throw new TaskFailure('The connection to the API server was refused - did you specify the right host?');
}

/** Runs once for all machines of the playbook. */
async function invite(host: PlayHost, world: PlayWorld): Promise<void> {
  await needCluster(host, world);
  world.invitation.token ||= world.clusters.invite();
}

async function joinCluster(host: PlayHost, world: PlayWorld): Promise<void> {
  const { system, role } = host;
  if (!system.prepared) throw new TaskFailure('kubeadm: command not found');
  if (world.strikes('join-fails', system))
    throw new TaskFailure(
      "error execution phase preflight: couldn't validate the identity of the API Server",
    );
  await needCluster(host, world);
  const { token } = world.invitation;
  if (world.strikes('token-expired', system)) world.clusters.expire(token);
  if (!world.clusters.isInvited(token)) throw new TaskFailure(unknownToken(token));
  const cluster = world.clusters.of(world.first);
  if (!cluster) return;
  if (world.strikes('join-breaks', system)) {
    world.clusters.register(cluster, system, role === 'control_plane');
    throw new TaskFailure(
      'error execution phase kubelet-wait-bootstrap: the kubelet is not healthy after 4m0s',
    );
  }
  world.clusters.join(cluster, system, role === 'control_plane');
}

/** As kubeadm says it when the token controller has taken the token away. */
function unknownToken(token: string): string {
  return (
    "error execution phase preflight: couldn't validate the identity of the API Server: " +
    `could not find a JWS signature in the cluster-info ConfigMap for token ID "${token}"`
  );
}

async function addNetwork({ system }: PlayHost, { clusters }: PlayWorld): Promise<void> {
  const cluster = clusters.of(system);
  if (!cluster) throw new TaskFailure('error: stat /etc/kubernetes/admin.conf: no such file or directory');
  clusters.addNetwork(cluster);
}

async function writeKubeconfig(
  { system }: PlayHost,
  { clusters, vars, writeHere }: PlayWorld,
): Promise<void> {
  const cluster = clusters.of(system);
  const file = vars.kubeconfig_path;
  if (!cluster) throw new TaskFailure('file not found: /etc/kubernetes/admin.conf');
  if (file !== undefined && file !== '') await writeHere(file, kubeconfigOf(cluster));
}
