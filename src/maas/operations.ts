import { ColdstartError } from '../core/errors.ts';
import type { SystemId } from '../core/ids.ts';
import type { Machine } from './machine.ts';
import { aboutMachine, type CallOptions, isCode, machinePath, type Region, readMachine } from './region.ts';
import { userOf } from './resources.ts';
import type { Fields } from './transport.ts';

export interface DeployRequest {
  /** Operating system and series: `ubuntu/jammy`, `custom/x`. By default the one that MAAS deploys by default. */
  osImage?: string | undefined;
  /** cloud-config, script or MIME, as it is: it is encoded here. */
  userData?: Buffer | string | undefined;
  /** `ga-22.04`, `hwe-22.04` … MAAS takes an unknown one without a word. */
  hweKernel?: string | undefined;
  comment?: string | undefined;
}

export interface ReleaseRequest {
  comment?: string | undefined;
  /** quick: wipe the ends of each disk; secure: the disk's own secure erase; full: overwrite everything (hours). */
  erase?: 'quick' | 'secure' | 'full' | undefined;
}

type Commented = CallOptions & { comment?: string | undefined };

/**
 * What changes one machine. Besides the codes of every call: MAAS_LOCKED, MAAS_NOT_OURS, MAAS_FORBIDDEN,
 * MAAS_WRONG_STATE, MAAS_GONE. When `outcomeUnknown(error)`, read the machine before repeating.
 */
export interface Operations {
  /** Ready → Allocated, with this user as owner. Never makes MAAS compose a virtual machine. */
  allocate(id: SystemId, options?: Commented): Promise<Machine>;
  /** Allocated or Ready → Deploying. The answer has no addresses yet; a later Allocated means that it failed. */
  deploy(id: SystemId, request?: DeployRequest, options?: CallOptions): Promise<Machine>;
  /** → Releasing, Disk erasing, or Ready at once. Wait until it is neither of the first two. */
  release(id: SystemId, request?: ReleaseRequest, options?: CallOptions): Promise<Machine>;
  /** Beware: an Allocated machine starts to deploy. */
  powerOn(id: SystemId, options?: Commented): Promise<Machine>;
  /** Undefined when MAAS cannot switch this kind of power (`manual`). */
  powerOff(id: SystemId, options?: Commented & { stopMode?: 'hard' | 'soft' }): Promise<Machine | undefined>;
  /** Sets some workload annotations, leaves the others; an empty value takes a key away. Owner only. */
  setAnnotations(
    id: SystemId,
    annotations: Readonly<Record<string, string>>,
    options?: CallOptions,
  ): Promise<Machine>;
  /** → Broken, and released when it can be. Owner only. */
  markBroken(id: SystemId, comment: string, options?: CallOptions): Promise<Machine>;
}

export function createOperations(region: Region): Operations {
  const act = async (verb: string, id: SystemId, op: string, form: Fields, options: CallOptions = {}) =>
    region.read(await change(region, { verb, id, op, form, signal: options.signal }));
  return {
    allocate: (id, options) => allocate(region, id, options),
    deploy: (id, request = {}, options) => act('deploy', id, 'deploy', deployForm(request), options),
    release: (id, request = {}, options) => act('release', id, 'release', releaseForm(request), options),
    powerOn: (id, options) => act('power on', id, 'power_on', { comment: options?.comment }, options),
    async powerOff(id, { comment, stopMode, signal } = {}) {
      const form = { comment, stop_mode: stopMode };
      const json = await change(region, { verb: 'power off', id, op: 'power_off', form, signal });
      return json === null || json === undefined ? undefined : region.read(json);
    },
    setAnnotations: (id, annotations, options) => setAnnotations(region, id, annotations, options),
    markBroken: (id, comment, options) => act('mark broken', id, 'mark_broken', { comment }, options),
  };
}

/** By system id: MAAS picks atomically, and composes no new virtual machine to satisfy the wish. */
async function allocate(region: Region, id: SystemId, { comment, signal }: Commented = {}): Promise<Machine> {
  const call = {
    method: 'POST',
    path: 'machines/',
    op: 'allocate',
    about: id,
    doing: `allocate machine ${id}`,
  } as const;
  try {
    return region.read(await region.transport.call({ ...call, form: { system_id: id, comment }, signal }));
  } catch (error) {
    throw await explained(region, id, error, signal);
  }
}

/** User data goes as base64 without line breaks: wrapped or damaged text fails silently, on the machine. */
function deployForm({ osImage, userData, hweKernel, comment }: DeployRequest): Fields {
  const encoded = userData === undefined ? undefined : Buffer.from(userData).toString('base64');
  return { distro_series: osImage, user_data: encoded, hwe_kernel: hweKernel, comment };
}

/** `erase` goes along always: regions up to 3.4 ignore the other two without it. */
function releaseForm({ comment, erase }: ReleaseRequest): Fields {
  const only = (kind: ReleaseRequest['erase']) => (erase === kind ? 'true' : undefined);
  return {
    comment,
    erase: erase === undefined ? undefined : 'true',
    quick_erase: only('quick'),
    secure_erase: only('secure'),
  };
}

async function setAnnotations(
  region: Region,
  id: SystemId,
  annotations: Readonly<Record<string, string>>,
  { signal }: CallOptions = {},
): Promise<Machine> {
  const wrong = Object.keys(annotations).find(key => key === 'op' || !/^[\w.-]+$/.test(key));
  if (wrong !== undefined) throw new ColdstartError('BUG', `MAAS cannot keep an annotation called ${wrong}`);
  const set = (op: string) => change(region, { verb: 'annotate', id, op, form: annotations, signal });
  try {
    return region.read(await set('set_workload_annotations'));
  } catch (error) {
    if (!isCode(error, 'MAAS_BAD_REQUEST') || !error.because?.includes('Unrecognised signature')) throw error;
    // The only name before 3.0.
    return region.read(await set('set_owner_data'));
  }
}

interface Change {
  /** Completes "could not … machine X". */
  verb: string;
  id: SystemId;
  op: string;
  form: Fields;
  signal: AbortSignal | undefined;
}

async function change(region: Region, { verb, id, op, form, signal }: Change): Promise<unknown> {
  const doing = `${verb} machine ${id}`;
  try {
    const call = { method: 'POST', path: machinePath(id), op, form, about: id, doing, signal } as const;
    return await region.transport.call(call);
  } catch (error) {
    throw await explained(region, id, error, signal);
  }
}

/**
 * MAAS answers 403 with an empty body for a locked machine, for another user's, and for a right that this user lacks,
 * and 409 for wrong states and some of another user's. One look at the machine tells them apart.
 */
async function explained(
  region: Region,
  id: SystemId,
  error: unknown,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const refused = isCode(error, 'MAAS_FORBIDDEN') || isCode(error, 'MAAS_WRONG_STATE');
  if (!refused) return aboutMachine(error, id);
  const found = await look(region, id, signal);
  if (!found) return aboutMachine(error, id);
  const { machine, code, because } = found;
  const facts = machine && {
    hostname: machine.hostname,
    machineStatus: machine.status,
    owner: machine.owner,
  };
  return new ColdstartError(code ?? error.code, error.message, {
    because:
      because ?? `${error.because}${machine ? `; it is ${machine.statusName} ${ownerOf(machine)}` : ''}`,
    data: { ...error.data, machine: id, ...facts },
  });
}

function ownerOf({ owner }: Machine): string {
  return owner === undefined ? 'and belongs to nobody' : `and belongs to ${owner}`;
}

interface Look {
  machine?: Machine;
  code?: 'MAAS_LOCKED' | 'MAAS_NOT_OURS' | 'MAAS_GONE';
  because?: string;
}

/** Undefined when MAAS cannot be asked now: then the first error is the best that there is. */
async function look(
  region: Region,
  id: SystemId,
  signal: AbortSignal | undefined,
): Promise<Look | undefined> {
  try {
    const [machine, me] = await Promise.all([readMachine(region, id, { signal }), whoami(region, signal)]);
    const because = `${machine.hostname} belongs to the MAAS user ${machine.owner}`;
    if (machine.owner !== undefined && machine.owner !== me)
      return { machine, code: 'MAAS_NOT_OURS', because };
    if (machine.locked) return { machine, code: 'MAAS_LOCKED', because: `${machine.hostname} is locked` };
    return { machine };
  } catch (error) {
    if (isCode(error, 'MAAS_NOT_OURS')) return { code: 'MAAS_NOT_OURS', because: error.because ?? '' };
    if (isCode(error, 'MAAS_GONE')) return { code: 'MAAS_GONE', because: 'MAAS does not know it any more' };
    return undefined;
  }
}

async function whoami({ transport }: Region, signal: AbortSignal | undefined): Promise<string> {
  const call = { method: 'GET', path: 'users/', op: 'whoami', doing: 'ask MAAS who we are', signal } as const;
  return userOf(await transport.call(call)).name;
}
