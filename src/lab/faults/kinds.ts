/**
 * What breaks: the region's API, somebody else at MAAS meddles, the machine with its power controller, or the operating
 * system of a simulated machine that goes the whole road.
 */
export type FaultLayer = 'api' | 'colleague' | 'machine' | 'system';

interface KindInfo {
  layer: FaultLayer;
  what: string;
  /** What holds where the fault itself says nothing. */
  usual?: { times?: number; seconds?: number; method?: 'GET' | 'POST'; path?: string };
}

/** Somebody meddles once, right before a machine is looked at. */
const atALook = { times: 1, method: 'GET', path: 'machines/*' } as const;

/** Everything that can be made to go wrong in the lab. docs/reliability.md and the drill are made from the same table. */
export const faultKinds = {
  'connection-refused': {
    layer: 'api',
    what: 'nobody listens at the port of MAAS',
    usual: { times: 1, seconds: 3 },
  },
  'reset-mid-body': { layer: 'api', what: 'the connection breaks in the middle of the answer' },
  'key-changed': { layer: 'api', what: 'MAAS does not know the API key any more (401)' },
  forbidden: { layer: 'api', what: 'MAAS says 403, without a reason' },
  conflict: { layer: 'api', what: 'MAAS says 409: not in this state' },
  'conflict-retry': {
    layer: 'api',
    what: 'MAAS says 409 with Retry-After: its database was too busy',
    usual: { seconds: 1 },
  },
  'server-error': { layer: 'api', what: 'MAAS fails with 500' },
  unavailable: { layer: 'api', what: 'MAAS says 503: no rack controller reaches the machine' },
  'unavailable-retry': {
    layer: 'api',
    what: 'MAAS says 503 with Retry-After',
    usual: { seconds: 1 },
  },
  'slow-answer': {
    layer: 'api',
    what: 'MAAS does what is asked, and answers when nobody waits any more',
    usual: { seconds: 150 },
  },
  'truncated-json': { layer: 'api', what: 'half of the JSON is missing' },
  'html-answer': { layer: 'api', what: 'a web page instead of JSON' },
  'clock-skew': {
    layer: 'api',
    what: 'the clock of MAAS is ahead of ours',
    usual: { seconds: 600 },
  },
  locked: {
    layer: 'colleague',
    what: 'somebody locks the machine',
    usual: atALook,
  },
  taken: {
    layer: 'colleague',
    what: 'another user allocates the machine first',
    usual: { times: 1, method: 'POST', path: 'machines/?op=allocate' },
  },
  untagged: {
    layer: 'colleague',
    what: 'somebody takes its role tag away',
    usual: atALook,
  },
  deleted: {
    layer: 'colleague',
    what: 'somebody deletes the machine from MAAS',
    usual: atALook,
  },
  'deployed-by-hand': {
    layer: 'colleague',
    what: 'somebody deploys it with another operating system',
    usual: { times: 1, method: 'POST', path: 'machines/*/?op=deploy' },
  },
  'deployment-fails': { layer: 'machine', what: 'the installer reports a failure in the middle' },
  'deployment-stuck': { layer: 'machine', what: 'the installer goes silent and never ends' },
  'boots-from-disk': {
    layer: 'machine',
    what: 'the machine starts, but from its disk instead of the network',
  },
  'release-stuck': { layer: 'machine', what: 'the command to power off never ends' },
  'power-on-fails': { layer: 'machine', what: 'the power controller refuses to switch on' },
  'power-off-fails': { layer: 'machine', what: 'the power controller refuses to switch off' },
  'erase-fails': { layer: 'machine', what: 'the disks cannot be erased' },
  'bmc-hangs': { layer: 'machine', what: 'the power controller takes every command and never answers' },
  'address-late': {
    layer: 'machine',
    what: 'MAAS shows no address of the deployed machine for a while',
    usual: { seconds: 120 },
  },
  'address-changes': {
    layer: 'machine',
    what: 'the deployed machine has another address, and MAAS learns it a while later',
    usual: { seconds: 120 },
  },
  'address-wrong': {
    layer: 'machine',
    what: 'the machine has another address than MAAS says, where nobody answers',
  },
  'address-taken': {
    layer: 'machine',
    what: 'MAAS says the address of another machine, which answers there',
  },
  slow: { layer: 'machine', what: 'the deployment takes six times as long' },
  'no-sudo': { layer: 'system', what: 'SSH answers, and sudo asks for a password' },
  'host-key-differs': {
    layer: 'system',
    what: 'SSH answers with another host key than the machine was given',
  },
  reboots: { layer: 'system', what: 'the machine restarts while packages are installed' },
  'prepare-fails': { layer: 'system', what: 'packages cannot be installed' },
  'init-fails': { layer: 'system', what: 'kubeadm init fails' },
  'image-missing': {
    layer: 'system',
    what: 'the registry does not have an image that a control plane needs',
  },
  'dies-after-init': { layer: 'system', what: 'the machine stands still for good right after kubeadm init' },
  'token-expired': { layer: 'system', what: 'the join token expires before the machine has joined with it' },
  'join-fails': { layer: 'system', what: 'kubeadm join fails' },
  'join-breaks': { layer: 'system', what: 'kubeadm join fails when its node is registered already' },
  'never-ready': { layer: 'system', what: 'the kubelet never says Ready' },
} as const satisfies Record<string, KindInfo>;

export type FaultKind = keyof typeof faultKinds;
export type FaultKindOf<L extends FaultLayer> = {
  [K in FaultKind]: (typeof faultKinds)[K]['layer'] extends L ? K : never;
}[FaultKind];

export const faultNames = Object.keys(faultKinds) as FaultKind[];

export function layerOf(kind: FaultKind): FaultLayer {
  return faultKinds[kind].layer;
}

export function usualOf(kind: FaultKind): NonNullable<KindInfo['usual']> {
  const info: KindInfo = faultKinds[kind];
  return info.usual ?? {};
}
