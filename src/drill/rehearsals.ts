import type { ErrorCode } from '../core/errors.ts';
import type { Fault } from '../lab/faults/fault.ts';

/** How a run with a fault must end. */
export type Expected =
  | { end: 'recovered' }
  | {
      /** It stopped, said why, and did no harm: when the fault is gone, another `up` reaches the end. */
      end: 'stopped';
      code: ErrorCode;
      says: RegExp;
      /** Set where a person has to put it right first. */
      needsPerson?: true;
    };

export interface Rehearsal {
  name: string;
  fault: Fault;
  /** `reset` comes after an `up` without faults. */
  command: 'up' | 'reset';
  /** Beyond the hardware stage, on stand-ins. */
  wholeRoad: boolean;
  /** For COLDSTART_PATIENCE, where the end is that it runs out. */
  patience?: number;
  expected: Expected;
  /** Also without --all. */
  inReducedSet: boolean;
}

const deploy = { method: 'POST', path: 'machines/*/?op=deploy' } as const;
const machine = 'node-02';
/** Requests that a run makes before the first machine is deployed. */
const midRun = 8;
/** The lists that a reset plans from. */
const afterPlan = 2;

const recovered: Expected = { end: 'recovered' };

function stopped(code: ErrorCode, says: RegExp): Expected {
  return { end: 'stopped', code, says };
}

function needsPerson(code: ErrorCode, says: RegExp): Expected {
  return { end: 'stopped', code, says, needsPerson: true };
}

type Short = readonly [
  name: string,
  fault: Fault,
  expected: Expected,
  more?: Partial<Pick<Rehearsal, 'command' | 'wholeRoad' | 'patience' | 'inReducedSet'>>,
];

const reset = { command: 'reset' } as const;
const wholeRoad = { wholeRoad: true } as const;
const onlyAll = { inReducedSet: false } as const;

/** Every fault that is rehearsed, where it strikes, and how the run must end. The tests, the drill and the documents share it. */
export const rehearsals: readonly Rehearsal[] = (
  [
    ['MAAS restarts in mid-run', { kind: 'connection-refused', after: midRun }, recovered],
    ['answer breaks off', { kind: 'reset-mid-body', method: 'GET', after: 2, times: 2 }, recovered],
    ['answer to a deployment breaks off', { kind: 'reset-mid-body', ...deploy, times: 1 }, recovered],
    [
      'API key is deleted in mid-run',
      { kind: 'key-changed', after: midRun },
      stopped('MAAS_UNAUTHORIZED', /was the key deleted/),
    ],
    [
      'MAAS forbids a deployment',
      { kind: 'forbidden', ...deploy, machine },
      stopped('MAAS_FORBIDDEN', /could not deploy/),
    ],
    [
      'MAAS says wrong state',
      { kind: 'conflict', ...deploy, machine },
      stopped('MAAS_WRONG_STATE', /it is Allocated/),
    ],
    ['MAAS is too busy', { kind: 'conflict-retry', method: 'POST', times: 2 }, recovered],
    ['MAAS fails twice', { kind: 'server-error', ...deploy, times: 2 }, recovered],
    [
      'MAAS fails for good',
      { kind: 'server-error', method: 'POST', after: midRun },
      stopped('MAAS_SERVER_ERROR', /MAAS says/),
      { patience: 0.01 },
    ],
    ['no rack controller for a moment', { kind: 'unavailable', ...deploy, times: 2 }, recovered, onlyAll],
    ['MAAS asks to come back later', { kind: 'unavailable-retry', after: 2, times: 3 }, recovered],
    [
      'answer comes when nobody waits',
      { kind: 'slow-answer', ...deploy, machine, times: 1, seconds: 8 },
      recovered,
      { patience: 0.025 },
    ],
    ['half of the JSON is missing', { kind: 'truncated-json', after: 2, times: 2 }, recovered],
    ['half of a deployment answer', { kind: 'truncated-json', ...deploy, times: 1 }, recovered, onlyAll],
    ['web page for a moment', { kind: 'html-answer', method: 'GET', after: 2, times: 2 }, recovered, onlyAll],
    ['web page for good', { kind: 'html-answer', after: midRun }, stopped('MAAS_NOT_MAAS', /web page/)],
    ['clocks differ by ten minutes', { kind: 'clock-skew' }, stopped('MAAS_UNAUTHORIZED', /clock/)],

    ['deployment fails once', { kind: 'deployment-fails', machine, times: 1 }, recovered],
    [
      'deployment fails always',
      { kind: 'deployment-fails', machine },
      stopped('MACHINE_FAILED', /Installation failed/),
      onlyAll,
    ],
    [
      'installer goes silent',
      { kind: 'deployment-stuck', machine },
      stopped('MACHINE_FAILED', /timed out after 30 minutes/),
    ],
    [
      'boots from disk instead of network',
      { kind: 'boots-from-disk', machine },
      stopped('MACHINE_FAILED', /timed out after 30 minutes/),
      onlyAll,
    ],
    [
      'power does not go on',
      { kind: 'power-on-fails', machine },
      stopped('POWER_FAILED', /Failed to power on/),
    ],
    [
      'power does not go off',
      { kind: 'power-off-fails', machine },
      stopped('MACHINE_FAILED', /could not release/),
      reset,
    ],
    [
      'release never ends',
      { kind: 'release-stuck', machine },
      needsPerson('MACHINE_FAILED', /could not release/),
      reset,
    ],
    ['power controller hangs', { kind: 'bmc-hangs', machine }, stopped('POWER_FAILED', /does not answer/)],

    [
      'another user is faster',
      { kind: 'taken', machine },
      needsPerson('MAAS_NOT_OURS', /belongs to the MAAS user joe/),
    ],
    ['machine is deleted in mid-run', { kind: 'deleted', machine }, needsPerson('MAAS_GONE', /not in MAAS/)],
    [
      'machine is locked before its release',
      { kind: 'locked', machine, after: afterPlan },
      needsPerson('MAAS_LOCKED', /is locked/),
      reset,
    ],
    [
      'machine loses its tag before its release',
      { kind: 'untagged', machine, after: afterPlan },
      needsPerson('MAAS_NOT_OURS', /carries no role tag/),
      reset,
    ],
    [
      'deployed by hand with another system',
      { kind: 'deployed-by-hand', machine },
      stopped('MAAS_WRONG_STATE', /Deploying/),
    ],
    ['address appears late', { kind: 'address-late', machine, seconds: 1500 }, recovered, wholeRoad],
    [
      'address changes after the deployment',
      { kind: 'address-changes', machine, seconds: 1500 },
      recovered,
      { ...wholeRoad, patience: 0.1 },
    ],
    [
      'nobody at the address',
      { kind: 'address-wrong', machine },
      needsPerson('TIMED_OUT', /answers over SSH/),
      { ...wholeRoad, patience: 0.01 },
    ],
    [
      'somebody else at the address',
      { kind: 'address-taken', machine },
      needsPerson('SSH_HOST_KEY', /node-0\d that answers there/),
      { ...wholeRoad, patience: 0.1 },
    ],
    [
      'machine is locked while it is deployed',
      { kind: 'locked', machine },
      needsPerson('MAAS_LOCKED', /is locked/),
      wholeRoad,
    ],
    [
      'machine loses its tag in mid-run',
      { kind: 'untagged', machine },
      needsPerson('MAAS_NOT_OURS', /carries no role tag/),
      { ...wholeRoad, ...onlyAll },
    ],
    [
      'SSH answers, without sudo',
      { kind: 'no-sudo', machine },
      stopped('SSH_UNREACHABLE', /sudo asks for a password/),
      wholeRoad,
    ],
    [
      'another SSH host key',
      { kind: 'host-key-differs', machine },
      stopped('SSH_HOST_KEY', /another host key than node-02 was given/),
      { ...wholeRoad, patience: 0.1 },
    ],
    ['reboot while it is prepared', { kind: 'reboots', machine, times: 1 }, recovered, wholeRoad],
    ['packages fail once', { kind: 'prepare-fails', machine, times: 1 }, recovered, wholeRoad],
    [
      'packages fail always',
      { kind: 'prepare-fails', machine },
      stopped('ANSIBLE_FAILED', /prepare.yml failed/),
      { ...wholeRoad, ...onlyAll },
    ],
    [
      'kubeadm init fails',
      { kind: 'init-fails' },
      stopped('ANSIBLE_FAILED', /cluster.yml failed/),
      wholeRoad,
    ],
    [
      'image that is not in the registry',
      { kind: 'image-missing' },
      stopped('ANSIBLE_FAILED', /failed to pull image registry\S+kube-apiserver/),
      wholeRoad,
    ],
    [
      'first control plane dies after init',
      { kind: 'dies-after-init' },
      needsPerson('SSH_UNREACHABLE', /lost contact with node-01/),
      { ...wholeRoad, patience: 0.02 },
    ],
    [
      'join token expires before a worker joins',
      { kind: 'token-expired', machine, times: 1 },
      recovered,
      wholeRoad,
    ],
    [
      'kubeadm join fails',
      { kind: 'join-fails', machine },
      stopped('ANSIBLE_FAILED', /cluster.yml failed/),
      { ...wholeRoad, ...onlyAll },
    ],
    [
      'kubeadm join breaks in the middle',
      { kind: 'join-breaks', machine },
      stopped('ANSIBLE_FAILED', /kubelet is not healthy/),
      { ...wholeRoad, ...onlyAll },
    ],
    [
      'worker never says Ready',
      { kind: 'never-ready', machine },
      needsPerson('TIMED_OUT', /Ready/),
      { ...wholeRoad, patience: 0.01 },
    ],
  ] satisfies Short[]
).map(rehearsalOf);

function rehearsalOf([name, fault, expected, more]: Short): Rehearsal {
  return { name, fault, expected, command: 'up', wholeRoad: false, inReducedSet: true, ...more };
}
