import * as z from 'zod';
import { addonsSection } from '../addons/settings.ts';
import {
  domainField,
  endpointField,
  hostField,
  imageField,
  imageReferenceField,
  imageRepositoryField,
  ipField,
  kubernetesVersionField,
  labelField,
  machineNameField,
  pathField,
  placeField,
  publicKeyField,
  registryField,
  subnetField,
  tagField,
  urlField,
  urlOrPathField,
} from './fields.ts';

/** A map whose content is somebody else's: kubeadm's, the kubelet's, containerd's. */
const foreignMap = z.record(z.string(), z.unknown()).default({});

const maasSection = z.strictObject({
  url: urlField
    .optional()
    .describe('Where MAAS is: http://HOST:5240/MAAS. The environment variable MAAS_API_URL wins over it.'),
  apiKeyFile: pathField
    .optional()
    .describe(
      'File with the API key and nothing else, readable by you alone. The environment variable MAAS_API_KEY wins over it.',
    ),
  caFile: pathField
    .optional()
    .describe('PEM file with the certificate authority of MAAS, when it is a private one.'),
});

const countField = z.int().min(1).max(10_000);

const machinesSection = z.strictObject({
  controlPlane: z
    .strictObject({
      tag: tagField.default('k8s-master').describe('Machines with this MAAS tag become control planes.'),
      count: countField.optional().describe('How many are wanted; more are spares. Without it, all of them.'),
    })
    .prefault({})
    .describe('The machines that run the Kubernetes API.'),
  workers: z
    .strictObject({
      tag: tagField.default('k8s-node').describe('Machines with this MAAS tag become workers.'),
      count: countField.optional().describe('How many are wanted; more are spares. Without it, all of them.'),
      atLeast: countField
        .optional()
        .describe('With so many up is content when others fail for good. Without it, all must succeed.'),
    })
    .prefault({})
    .describe('The machines that run the pods.'),
  markBroken: z
    .boolean()
    .default(false)
    .describe('Mark a machine broken in MAAS when its hardware failed for good, with the reason.'),
  pool: placeField.optional().describe('Only machines of this resource pool.'),
  zone: placeField.optional().describe('Only machines of this availability zone.'),
  excludeTag: tagField
    .default('coldstart-never')
    .describe('Machines with this tag are never touched, whatever other tags they carry.'),
});

const circuitSection = z.strictObject({
  machines: z
    .array(machineNameField)
    .min(1, 'must name at least one machine')
    .describe('Machines that hang on it, by their names in MAAS.'),
  atOnce: z.int().min(1).max(10_000).default(1).describe('How many may start at the same time.'),
  gapSeconds: z
    .number()
    .min(0)
    .max(3600)
    .default(5)
    .describe('How long after a machine is seen powered on the next one may start.'),
});

const powerSection = z.strictObject({
  circuits: z
    .record(labelField, circuitSection)
    .default({})
    .describe(
      'What may start together: name of a breaker or PDU to machines (list of names), atOnce (1) and gapSeconds (5).',
    ),
});

const osSection = z.strictObject({
  image: imageField
    .optional()
    .describe("Image of MAAS to deploy, such as ubuntu/jammy. Without it, MAAS's own default."),
  kernel: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]*$/, 'must be a kernel of MAAS such as hwe-22.04')
    .optional()
    .describe("Kernel of the image, such as ga-22.04 or hwe-22.04. Without it, MAAS's own choice."),
});

const sshSection = z.strictObject({
  user: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'must be the name of a user')
    .optional()
    .describe(
      'User with sudo on the machines. Without it, the user of the distribution that MAAS deployed: debian, or ubuntu.',
    ),
  privateKeyFile: pathField
    .optional()
    .describe(
      'Your private key, tried after the one that coldstart makes for the cluster. Without it, the keys in ~/.ssh and of the agent.',
    ),
  authorizedKeys: z
    .array(publicKeyField)
    .default([])
    .describe('More public keys that may log in as that user.'),
});

const kubeadmPatchFile =
  /^(?:etcd|kube-apiserver|kube-controller-manager|kube-scheduler|kubeletconfiguration|corednsdeployment)[A-Za-z0-9_-]*(?:\+(?:strategic|merge|json))?\.(?:yaml|json)$/;

const kubeadmSection = z.strictObject({
  clusterConfiguration: foreignMap.describe("Merged deep into kubeadm's ClusterConfiguration."),
  initConfiguration: foreignMap.describe("Merged deep into kubeadm's InitConfiguration."),
  joinConfiguration: foreignMap.describe("Merged deep into kubeadm's JoinConfiguration."),
  kubeletConfiguration: foreignMap.describe('Merged deep into the KubeletConfiguration of every node.'),
  kubeProxyConfiguration: foreignMap.describe('Merged deep into the KubeProxyConfiguration.'),
  ignorePreflightErrors: z
    .array(
      z
        .string()
        .regex(/^[A-Za-z][A-Za-z0-9.-]*$/, 'must be the name of a check, such as NumCPU')
        .refine(name => name.toLowerCase() !== 'all', {
          message: 'name the checks one by one, not all of them',
        }),
    )
    .default([])
    .describe('Preflight checks of kubeadm whose errors become warnings.'),
  skipPhases: z
    .array(z.string().regex(/^[a-z0-9-]+(?:\/[a-z0-9-]+)*$/, 'must be a phase, such as addon/kube-proxy'))
    .default([])
    .describe('Phases of kubeadm init to leave out.'),
  patches: z
    .record(
      z.string().regex(kubeadmPatchFile, 'must be a file name such as kube-apiserver0+merge.yaml'),
      z.string(),
    )
    .default({})
    .describe('Patches for what kubeadm writes: file name to content.'),
});

const kubernetesSection = z.strictObject({
  version: kubernetesVersionField
    .default('1.36')
    .describe('1.36 for its newest patch, or exactly 1.36.2. Quotes are not needed.'),
  endpoint: endpointField
    .optional()
    .describe(
      'Name or address, with :port when it is not 6443, at which the API is reached. Needed for several control planes.',
    ),
  podSubnet: subnetField
    .default('10.244.0.0/16')
    .describe('Network of the pods, cut into a /24 for each node.'),
  serviceSubnet: subnetField.default('10.96.0.0/12').describe('Network of the services.'),
  dnsDomain: domainField.default('cluster.local').describe('DNS domain of the services.'),
  runtime: z
    .enum(['containerd', 'docker'])
    .default('containerd')
    .describe('Container runtime. Docker works through cri-dockerd, from Kubernetes 1.24 on.'),
  certSANs: z
    .array(hostField)
    .default([])
    .describe('More names and addresses in the certificate of the API server.'),
  kubeadm: kubeadmSection.prefault({}).describe('What kubeadm can do and this file has no word for.'),
});

const networkSection = z.strictObject({
  plugin: z
    .enum(['builtin', 'flannel', 'none'])
    .default('builtin')
    .describe(
      'builtin: a bridge on each node and routes between nodes on one layer-2 network, needs nothing from outside. none: you install one.',
    ),
  manifest: urlOrPathField.optional().describe("Manifest of the plugin. Without it, upstream's release."),
});

const packagesSection = z.strictObject({
  proxy: urlField.optional().describe('HTTP proxy for apt on the machines.'),
  kubernetes: z
    .strictObject({
      repository: urlField
        .transform(url => (url.endsWith('/') ? url : `${url}/`))
        .optional()
        .describe('Flat Debian repository with kubeadm, kubelet and kubectl. Without it, pkgs.k8s.io.'),
      key: urlField
        .optional()
        .describe('ASCII-armoured OpenPGP key of it. Without it, REPOSITORY/Release.key.'),
    })
    .prefault({}),
  criDockerd: urlField
    .optional()
    .describe(
      'Debian package of cri-dockerd, for the runtime docker. Without it, a release of Mirantis for amd64.',
    ),
});

const imagesSection = z.strictObject({
  repository: imageRepositoryField
    .optional()
    .describe("Where kubeadm takes Kubernetes' own images from, instead of registry.k8s.io."),
  mirrors: z
    .record(registryField, urlField)
    .default({})
    .describe('Mirrors of registries: docker.io: http://mirror.example.org:5000'),
});

const mirrorSection = z.strictObject({
  url: urlField
    .optional()
    .describe(
      'A mirror made by `coldstart mirror fetch`: machines and helm take everything from there, and nothing from elsewhere.',
    ),
  architectures: z
    .array(z.enum(['amd64', 'arm64']))
    .min(1)
    .default(['amd64'])
    .describe("The machines' architectures, as Debian names them."),
  sources: z
    .array(
      z.strictObject({
        url: urlField
          .transform(url => (url.endsWith('/') ? url : `${url}/`))
          .describe('Repository of Debian packages.'),
        suite: z
          .string()
          .regex(/^[A-Za-z0-9][A-Za-z0-9./_-]*$/, 'must be a suite such as bookworm')
          .describe('Suite, such as bookworm or jammy-updates.'),
        components: z
          .array(z.string().regex(/^[a-z0-9][a-z0-9.-]*$/, 'must be a component such as main'))
          .min(1)
          .default(['main'])
          .describe('Components, such as main and universe.'),
        keyring: pathField.describe('File with the keys that sign it, on this computer and on the machines.'),
      }),
    )
    .optional()
    .describe(
      "Where the mirror's packages of the operating system come from. Without it, what belongs to os.image.",
    ),
  images: z
    .array(z.string().regex(/^[a-z0-9][\w./:@-]*$/, 'must be the name of an image'))
    .default([])
    .describe('More images for the mirror: those that operators start by themselves.'),
});

/**
 * cluster.yaml. Every section may be left out. A new section is one strict object here, its checks across fields in
 * cross-checks.ts, and a paragraph in write-example.ts.
 */
export const clusterSchema = z.strictObject({
  name: labelField
    .default('coldstart')
    .describe('Name of the cluster: of its context, its state folder, its questions.'),
  maas: maasSection.prefault({}).describe('The MAAS that owns the machines.'),
  machines: machinesSection
    .prefault({})
    .describe('Which machines belong to the cluster, and what each becomes.'),
  power: powerSection.prefault({}).describe('How the machines are switched on.'),
  os: osSection.prefault({}).describe('Operating system of the machines.'),
  ssh: sshSection.prefault({}).describe('How the machines are reached.'),
  kubernetes: kubernetesSection.prefault({}).describe('The cluster itself.'),
  network: networkSection.prefault({}).describe('Network between pods.'),
  packages: packagesSection.prefault({}).describe('Where packages come from.'),
  images: imagesSection.prefault({}).describe('Where container images come from.'),
  mirror: mirrorSection.prefault({}).describe('A mirror of everything, for a site without internet.'),
  addons: addonsSection
    .prefault({})
    .describe(
      'What is installed into the cluster. NAME: true, or NAME with its settings; a NAME of your own with chart or manifests.',
    ),
  verify: z
    .strictObject({
      image: imageReferenceField
        .default('docker.io/library/busybox:1.35')
        .describe('Image of the test pods: busybox, or one with sh, wget, nslookup and busybox httpd.'),
    })
    .prefault({})
    .describe('How coldstart verify looks.'),
  containerd: z
    .strictObject({ options: foreignMap.describe("More keys for the table of containerd's CRI plugin.") })
    .prefault({})
    .describe('Settings of containerd.'),
  dns: z
    .strictObject({
      servers: z
        .array(ipField)
        .max(3, 'takes at most 3 addresses, as resolv.conf does')
        .default([])
        .describe('DNS servers of machines and pods. Without them, what the machines already use.'),
    })
    .prefault({})
    .describe('Names.'),
  ntp: z
    .strictObject({
      servers: z
        .array(hostField)
        .default([])
        .describe('Time servers. Without them, what the machines already use.'),
    })
    .prefault({})
    .describe('Time.'),
});

/** What may be written: every key optional. */
export type ClusterFile = z.input<typeof clusterSchema>;
/** What the schema makes of it: every default in. */
export type ParsedCluster = z.output<typeof clusterSchema>;
/** Fully resolved, paths absolute. Plain JSON without secrets, so it may be hashed and stored. */
export type ClusterConfig = ParsedCluster;
