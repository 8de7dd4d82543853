/** Exit status of the program, as documented in docs/errors.md. */
export const Exit = {
  done: 0,
  failed: 1,
  usage: 2,
  stopped: 3,
  unreachable: 4,
  machineNotReady: 5,
  bug: 70,
} as const;
export type ExitStatus = (typeof Exit)[keyof typeof Exit];

/**
 * Every error that a user can see: its exit status and what to try when the thrower has no better hint.
 * docs/errors.md is generated from this table. Add a row here before throwing a new code.
 */
export const errorCodes = {
  USAGE: { exit: Exit.usage, meaning: 'The command line is wrong', hint: 'run the command with --help' },
  CONFIG_INVALID: {
    exit: Exit.usage,
    meaning: 'cluster.yaml or an environment variable has a wrong value',
    hint: 'correct the lines named above',
  },
  CONFIG_MISSING: {
    exit: Exit.usage,
    meaning: 'A setting that is needed is not given',
    hint: 'set it in cluster.yaml, or run coldstart init to write one',
  },
  NOT_CONFIRMED: {
    exit: Exit.usage,
    meaning: 'A destructive command was not confirmed',
    hint: 'type the name of the cluster when asked, or give --yes',
  },
  PLAN_INVALID: {
    exit: Exit.usage,
    meaning: 'The machines and settings found cannot make a cluster',
    hint: 'correct the problems named above; coldstart plan shows them without changing anything',
  },
  PLAN_UNUSABLE: {
    exit: Exit.usage,
    meaning: 'A saved plan cannot be carried out: it is damaged, or the world has changed since',
    hint: 'make a new one: coldstart plan --save FILE',
  },
  STOPPED: {
    exit: Exit.stopped,
    meaning: 'Stopped by the user',
    hint: 'run the same command again to go on',
  },
  LOCKED: {
    exit: Exit.failed,
    meaning: 'Another coldstart is working on this cluster',
    hint: 'wait for it to end, or stop it',
  },
  RUN_FAILED: {
    exit: Exit.failed,
    meaning: 'The run ended with failures',
    hint: 'read the failures above, then run the same command again: it goes on where it stopped',
  },
  TIMED_OUT: {
    exit: Exit.failed,
    meaning: 'A named condition did not come true in time',
    hint: 'look at what was last seen, then run the same command again',
  },
  ANSIBLE_FAILED: {
    exit: Exit.failed,
    meaning: 'A task of a playbook failed',
    hint: "read the task's output in the run's folder",
  },
  ANSIBLE_MISSING: {
    exit: Exit.unreachable,
    meaning: 'ansible-playbook is not in PATH',
    hint: 'install ansible-core 2.14 or newer',
  },
  SSH_UNREACHABLE: {
    exit: Exit.machineNotReady,
    meaning: 'A machine does not answer over SSH',
    hint: 'check the address, the network between here and there, and the SSH user and key',
  },
  SSH_HOST_KEY: {
    exit: Exit.machineNotReady,
    meaning: 'A machine shows another SSH host key than the one it was given, or none is known',
    hint: 'make sure that it is the right machine; then reset it, or put its key into known_hosts',
  },
  MAAS_UNREACHABLE: {
    exit: Exit.unreachable,
    meaning: 'MAAS could not be reached',
    hint: 'check MAAS_API_URL, and that its port is open from here',
  },
  MAAS_NOT_MAAS: {
    exit: Exit.unreachable,
    meaning: 'Something answers at the MAAS URL, but it is not the MAAS API',
    hint: 'check MAAS_API_URL: it should look like http://HOST:5240/MAAS',
  },
  MAAS_UNAUTHORIZED: {
    exit: Exit.unreachable,
    meaning: 'MAAS does not accept the API key',
    hint: 'check MAAS_API_KEY: three parts with colons, from the MAAS user page or `maas apikey`',
  },
  MAAS_FORBIDDEN: {
    exit: Exit.unreachable,
    meaning: 'The MAAS user may not do this',
    hint: 'use the API key of the user who owns the machine, or of an administrator',
  },
  MAAS_LOCKED: {
    exit: Exit.machineNotReady,
    meaning: 'The machine is locked in MAAS',
    hint: 'unlock it in MAAS when it may really be changed',
  },
  MAAS_NOT_OURS: {
    exit: Exit.machineNotReady,
    meaning: 'The machine belongs to another MAAS user',
    hint: 'take its tag away, or use the API key of its owner',
  },
  MAAS_GONE: {
    exit: Exit.machineNotReady,
    meaning: 'MAAS does not know this machine or object any more',
    hint: 'look at MAAS: was it deleted?',
  },
  MAAS_BAD_REQUEST: {
    exit: Exit.failed,
    meaning: 'MAAS refuses the values it was given',
    hint: 'correct the setting that MAAS names',
  },
  MAAS_CONFLICT: {
    exit: Exit.failed,
    meaning: 'MAAS gave up because of database conflicts, several times',
    hint: 'run the same command again in a moment',
  },
  MAAS_WRONG_STATE: {
    exit: Exit.machineNotReady,
    meaning: 'The machine is in a state that does not allow this',
    hint: 'look at the machine in MAAS',
  },
  MAAS_NO_RACK: {
    exit: Exit.unreachable,
    meaning: 'MAAS has no rack controller that reaches the machine, or its power controller does not answer',
    hint: 'check the rack controllers and the power settings in MAAS',
  },
  MAAS_SERVER_ERROR: {
    exit: Exit.unreachable,
    meaning: 'MAAS failed while it answered',
    hint: "look at the region controller's log",
  },
  MACHINE_FAILED: {
    exit: Exit.machineNotReady,
    meaning: 'A machine went into a failed state in MAAS',
    hint: "look at the machine's events in MAAS",
  },
  POWER_FAILED: {
    exit: Exit.machineNotReady,
    meaning: 'MAAS could not switch a machine on or off',
    hint: "check the machine's power settings in MAAS, and its BMC",
  },
  KUBERNETES_UNREACHABLE: {
    exit: Exit.unreachable,
    meaning: 'The Kubernetes API could not be reached',
    hint: 'check that the first control plane is powered on, and that port 6443 is open from here',
  },
  KUBERNETES_ERROR: {
    exit: Exit.failed,
    meaning: 'The Kubernetes API refused a request',
    hint: 'read the message of the API',
  },
  HELM_MISSING: {
    exit: Exit.unreachable,
    meaning: 'A chart is wanted, and helm is neither in PATH nor on the first control plane',
    hint: 'install Helm 3 or 4 here or there: https://helm.sh/docs/intro/install',
  },
  HELM_FAILED: {
    exit: Exit.failed,
    meaning: 'helm could not install, upgrade or remove a chart',
    hint: 'read the message of helm, correct the values in cluster.yaml, then run coldstart up again',
  },
  ADDON_FAILED: {
    exit: Exit.failed,
    meaning: 'The manifests of an add-on could not be read',
    hint: 'check the files and URLs below addons in cluster.yaml',
  },
  KERNEL_TOO_OLD: {
    exit: Exit.machineNotReady,
    meaning: 'An add-on needs a newer Linux than a node runs',
    hint: 'set os.kernel to a newer kernel (the hwe-… of its release), or os.image to a newer release; then coldstart reset wipes the machines and deploys them again',
  },
  MIRROR_UNREACHABLE: {
    exit: Exit.unreachable,
    meaning: 'Something that the mirror needs could not be fetched',
    hint: 'check the address and the way there, then run the same command again: what arrived is kept',
  },
  MIRROR_DAMAGED: {
    exit: Exit.failed,
    meaning: 'What arrived for the mirror, or lies in it, is not what its digest says',
    hint: 'run coldstart mirror fetch again; when it happens again, somebody changes it on the way',
  },
  MIRROR_UNSIGNED: {
    exit: Exit.failed,
    meaning: 'A package repository is not signed by the key that is known for it',
    hint: 'make sure that it is the right repository and the right key',
  },
  MIRROR_CHANGED: {
    exit: Exit.failed,
    meaning: 'Something that was pinned when the mirror was made is another thing now',
    hint: 'look at what changed; coldstart mirror fetch --update takes what is there now',
  },
  MIRROR_INCOMPLETE: {
    exit: Exit.failed,
    meaning: 'Parts of the mirror are missing',
    hint: 'read what is missing above, then run coldstart mirror fetch again',
  },
  MIRROR_MISSING: {
    exit: Exit.usage,
    meaning: 'The folder holds no mirror',
    hint: 'make one with coldstart mirror fetch DIR',
  },
  ADDON_NOT_THERE: {
    exit: Exit.machineNotReady,
    meaning: 'What an add-on brings is not in the cluster yet',
    hint: 'run coldstart up, then look at coldstart addons',
  },
  KUBECONFIG_INVALID: {
    exit: Exit.failed,
    meaning: 'An existing kubeconfig cannot be read, so nothing was merged into it',
    hint: 'correct the file, or set KUBECONFIG to another one',
  },
  NO_CLUSTER: {
    exit: Exit.machineNotReady,
    meaning: 'There is no cluster yet',
    hint: 'run coldstart up first',
  },
  LAB_NOT_RUNNING: {
    exit: Exit.usage,
    meaning: 'The lab is not running',
    hint: 'start it with coldstart lab up',
  },
  LAB_UNSUPPORTED: {
    exit: Exit.unreachable,
    meaning: 'This computer cannot run this kind of lab machine',
    hint: 'use --machines simulated, which works everywhere',
  },
  LAB_FAILED: { exit: Exit.failed, meaning: 'The lab could not do something', hint: "read the lab's log" },
  FILE_ERROR: {
    exit: Exit.failed,
    meaning: 'A file could not be read or written',
    hint: 'check the space on the disk, and who may write there',
  },
  BUG: {
    exit: Exit.bug,
    meaning: 'coldstart itself is wrong',
    hint: 'please report this with the text above',
  },
} as const satisfies Record<string, { exit: ExitStatus; meaning: string; hint: string }>;
export type ErrorCode = keyof typeof errorCodes;

const passingCodes: readonly ErrorCode[] = [
  'MAAS_UNREACHABLE',
  'MAAS_SERVER_ERROR',
  'MAAS_CONFLICT',
  'MAAS_NO_RACK',
  'KUBERNETES_UNREACHABLE',
];

/** Whether an error may pass by itself: a region controller that restarts is away for half a minute. */
export function isPassing(error: unknown): error is ColdstartError {
  return error instanceof ColdstartError && passingCodes.includes(error.code);
}

export interface ErrorDetails {
  /** One reason, as a clause: "connect ECONNREFUSED". Taken from `cause` when missing. */
  because?: string;
  /** One thing to try, when the table's hint is not the best one. */
  hint?: string;
  /** Facts for `-o json` and for callers, never secrets. */
  data?: Readonly<Record<string, unknown>>;
  cause?: unknown;
}

/** The only error class that reaches a user: what failed (message), because of what, and one thing to try. */
export class ColdstartError extends Error {
  override readonly name = 'ColdstartError';
  readonly code: ErrorCode;
  readonly because: string | undefined;
  readonly hint: string;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, what: string, details: ErrorDetails = {}) {
    super(what, { cause: details.cause });
    this.code = code;
    this.because = details.because ?? (details.cause === undefined ? undefined : reasonOf(details.cause));
    this.hint = details.hint ?? errorCodes[code].hint;
    this.data = details.data ?? {};
  }

  get exit(): ExitStatus {
    return errorCodes[this.code].exit;
  }
}

/** Any thrown value as our own error: a file that cannot be used is named, and what nobody foresaw is a bug of ours. */
export function asColdstartError(thrown: unknown): ColdstartError {
  if (thrown instanceof ColdstartError) return thrown;
  if (thrown instanceof Error && thrown.name === 'AbortError')
    return new ColdstartError('STOPPED', 'stopped');
  const { code, path } = thrown as { code?: unknown; path?: unknown };
  if (typeof code === 'string' && fileErrors.includes(code) && thrown instanceof Error) {
    const what = typeof path === 'string' ? `could not use ${path}` : 'could not use a file';
    return new ColdstartError('FILE_ERROR', what, { because: thrown.message, cause: thrown });
  }
  return new ColdstartError('BUG', `unexpected: ${reasonOf(thrown)}`, { cause: thrown });
}

/** What the operating system says about files: https://man7.org/linux/man-pages/man3/errno.3.html */
const fileErrors: readonly string[] = [
  'EACCES',
  'EISDIR',
  'ENOENT',
  'ENOSPC',
  'ENOTDIR',
  'EPERM',
  'EROFS',
  'EDQUOT',
  'EMFILE',
  'EIO',
];

/** The shortest honest reason in an unknown thrown value; follows `cause` down to the first system error. */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof ColdstartError)
    return thrown.because ? `${thrown.message}: ${thrown.because}` : thrown.message;
  if (thrown instanceof AggregateError && thrown.errors.length > 0) return reasonOf(thrown.errors[0]);
  if (thrown instanceof Error) return thrown.cause === undefined ? thrown.message : reasonOf(thrown.cause);
  return String(thrown);
}
