import { stringify } from 'yaml';
import { type Ipv4Network, ipv4Overlap } from '../core/ipv4.ts';
import { parseIpv4Subnet } from './addresses.ts';
import { clusterSchema } from './schema.ts';

/** What `coldstart init` found in MAAS; everything may be empty. */
export interface SeenInMaas {
  url?: string | undefined;
  /** The version that is in force without the file: a lab has its own. */
  kubernetesVersion?: string | undefined;
  /** A name for the cluster. */
  name?: string | undefined;
  /** Images that can be deployed: `ubuntu/jammy`. */
  images: readonly string[];
  defaultImage?: string | undefined;
  tags: readonly { name: string; machineCount: number }[];
  pools: readonly string[];
  zones: readonly string[];
  /** Networks of the machines: `172.16.16.0/24`. */
  subnets: readonly string[];
}

/**
 * A cluster.yaml for a person to edit: what was seen is filled in, everything else is a comment. Lines that begin with
 * `#` and no space are settings that are off.
 */
export function exampleClusterYaml(seen: SeenInMaas): string {
  const sections = [head(seen), machines(seen), system(seen), kubernetes(seen), addons, sources];
  return `${sections.join('\n\n').replaceAll(/ +$/gm, '')}\n`;
}

const defaults = clusterSchema.parse({});

function head({ name, url }: SeenInMaas): string {
  return `# What coldstart makes of the machines in MAAS. Every line may be left out: without it, the default holds.
# Lines that begin with # and no space are settings to switch on.

${setting('name', name ?? defaults.name)}

maas:
  ${url === undefined ? '#url: http://172.16.16.2:5240/MAAS' : setting('url', url)}
  # The API key is best given as MAAS_API_KEY in the environment, or in a file that only you can read.
  #apiKeyFile: ~/.config/maas-api-key
  #caFile: /etc/ssl/maas-ca.pem`;
}

function machines({ tags, pools, zones }: SeenInMaas): string {
  const known = tags.map(({ name, machineCount }) => `${name} (${machineCount})`);
  const { controlPlane, workers } = defaults.machines;
  return `machines:
  # Every machine has one role, given by a tag in MAAS. ${listOf('Tags there, with their machines', known)}
  controlPlane:
    ${setting('tag', tagFor(tags, controlPlane.tag, /control|master/i))}
  workers:
    ${setting('tag', tagFor(tags, workers.tag, /worker|k8s-node/i))}
  # Only machines of one pool or zone. ${listOf('Pools', pools)} ${listOf('Zones', zones)}
  #${setting('pool', pools[0] ?? 'default')}
  #${setting('zone', zones[0] ?? 'default')}
  # Give this tag in MAAS to machines that must never be touched.
  #${setting('excludeTag', defaults.machines.excludeTag)}

# How many machines of a breaker or PDU may start together.
#power: {circuits: {a: {machines: [node-01, node-02], atOnce: 1, gapSeconds: 5}}}`;
}

function system({ images, defaultImage }: SeenInMaas): string {
  const byDefault =
    defaultImage === undefined ? '' : ` Without a choice MAAS deploys ${comment(defaultImage)}.`;
  return `os:
  # ${listOf('Images in MAAS', images)}${byDefault}
  #${setting('image', images[0] ?? 'ubuntu/jammy')}
  #kernel: hwe-22.04

ssh:
  # The user of the image with sudo: ubuntu, or debian on debian/* images.
  #user: ubuntu
  # Tried after coldstart's own key. Without it, the keys in ~/.ssh and of the agent.
  #privateKeyFile: ~/.ssh/id_ed25519
  # Keys of colleagues.
  #authorizedKeys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA someone]`;
}

function kubernetes({ subnets, kubernetesVersion }: SeenInMaas): string {
  const taken = subnets.map(parseIpv4Subnet).filter(subnet => typeof subnet !== 'string');
  const podSubnet = freeSubnet(
    [defaults.kubernetes.podSubnet, '10.200.0.0/16', '172.24.0.0/16', '192.168.128.0/17'],
    taken,
  );
  const serviceSubnet = freeSubnet(
    [defaults.kubernetes.serviceSubnet, '10.196.0.0/16', '172.30.0.0/16', '192.168.64.0/18'],
    [...taken, parseIpv4Subnet(podSubnet)].filter(subnet => typeof subnet !== 'string'),
  );
  return `kubernetes:
  # A minor version is its newest patch; 1.36.2 is exactly that one.
  ${setting('version', kubernetesVersion ?? defaults.kubernetes.version)}
  # A name or address in front of all control planes. Needed when there are several.
  #endpoint: kubernetes.example.org:6443
  # Networks that nothing else uses. ${listOf('The machines are in', subnets)}
  podSubnet: ${podSubnet}
  serviceSubnet: ${serviceSubnet}
  #runtime: docker
  # More names and addresses for the certificate of the API.
  #certSANs: [kubernetes.example.org]
  # What kubeadm and the kubelet can do beyond that is merged into what coldstart writes for them.
  #kubeadm: {kubeletConfiguration: {maxPods: 200}, ignorePreflightErrors: [NumCPU]}

network:
  # builtin needs nothing from outside, and all machines on one layer-2 network; flannel works across routers; none is yours.
  plugin: builtin`;
}

const addons = `# What makes the cluster one that people can use; docs/addons.md has them all. Nothing is installed that is not named.
addons:
  # Addresses for services, from a range that is reserved for it in MAAS.
  #metallb: {addresses: [192.168.10.200-192.168.10.220]}
  # Volumes on a NAS.
  #csi-driver-nfs: {servers: {nas: {server: nas.example.org, share: /volume1/kubernetes}}}
  # The way in, and certificates for it.
  #envoy-gateway: true
  #cert-manager: true
  # The cluster in a browser.
  #headlamp: {host: headlamp.example.org}
  #metrics-server: true`;

const sources = `# Where packages and images come from, when not from upstream.
packages:
  #proxy: http://proxy.example.org:3142
  #kubernetes: {repository: http://mirror.example.org/kubernetes/}
images:
  #mirrors: {docker.io: http://mirror.example.org:5000}

# What the machines do not already know by themselves.
dns:
  #servers: [172.16.16.2]
ntp:
  #servers: [172.16.16.2]`;

/** The default tag; when no machine has it, the one that looks like it. */
function tagFor(tags: SeenInMaas['tags'], usual: string, similar: RegExp): string {
  if (tags.some(({ name }) => name === usual)) return usual;
  const used = tags.filter(({ name, machineCount }) => machineCount > 0 && similar.test(name));
  return used.length === 1 && used[0] !== undefined ? used[0].name : usual;
}

function freeSubnet(candidates: readonly [string, ...string[]], taken: readonly Ipv4Network[]): string {
  const free = candidates.find(candidate => {
    const subnet = parseIpv4Subnet(candidate);
    return typeof subnet !== 'string' && !taken.some(other => ipv4Overlap(subnet, other));
  });
  return free ?? candidates[0];
}

/** One line of YAML; the value is quoted where it must be. */
function setting(key: string, value: string): string {
  if (!/^\w[\w ./:@+-]*$/.test(value)) return `${key}: ${JSON.stringify(value)}`;
  return stringify({ [key]: value }, { lineWidth: 0, version: '1.1' }).trimEnd();
}

function listOf(what: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  const shown = names.slice(0, 12).map(comment).join(', ');
  return `${what}: ${shown}${names.length > 12 ? ', …' : ''}.`;
}

/** Text from MAAS that cannot break out of a comment. */
function comment(text: string): string {
  return text.replaceAll(/[^\w ./:()@+-]/g, '?');
}
