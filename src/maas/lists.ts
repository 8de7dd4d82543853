import { ColdstartError } from '../core/errors.ts';
import type { SystemId } from '../core/ids.ts';
import type { Machine } from './machine.ts';
import { type CallOptions, isCode, type Region, readMachine } from './region.ts';
import type { MachineStatus } from './status.ts';
import type { Fields } from './transport.ts';

/** Every given filter must pass. */
export interface MachineFilter {
  /** The machine carries all of them. */
  tags?: readonly string[];
  ids?: readonly SystemId[];
  /** The machine is in one of them. */
  status?: MachineStatus | readonly MachineStatus[];
  /** The machine is in another one. Regions before 3.3 refuse it: MAAS_BAD_REQUEST. */
  notStatus?: MachineStatus;
  /** Name of the MAAS user that holds it. Regions before 3.3 refuse it: MAAS_BAD_REQUEST. */
  owner?: string;
  pool?: string;
  zone?: string;
}

export interface MachineList {
  /** By host name. */
  machines: Machine[];
  /** Tags that were asked for and that MAAS does not know at all. */
  missingTags: string[];
}

/** One list call; more only when `ids` would make the URL too long. */
export async function listMachines(
  region: Region,
  filter: MachineFilter = {},
  { signal }: CallOptions = {},
): Promise<MachineList> {
  if (filter.ids?.length === 0) return { machines: [], missingTags: [] };
  const chunks = filter.ids ? chunksOfIds(filter.ids) : [undefined];
  try {
    const lists = await Promise.all(
      chunks.map(ids => listOnce(region, { ...filter, ...(ids && { ids }) }, signal)),
    );
    // Old regions ignore filters that they do not know, so each is looked at again here.
    return { machines: byHostname(lists.flat().filter(testOf(filter))), missingTags: [] };
  } catch (error) {
    const missingTags = tagsUnknownTo(error, filter.tags ?? []);
    if (missingTags.length === 0) throw error;
    return { machines: [], missingTags };
  }
}

/** One list call a tag; a machine that carries several is in the result once. */
export async function listByTags(
  region: Region,
  tags: readonly string[],
  options: CallOptions = {},
): Promise<MachineList> {
  const lists = await Promise.all(
    [...new Set(tags)].map(tag => listMachines(region, { tags: [tag] }, options)),
  );
  const unique = new Map(lists.flatMap(list => list.machines).map(machine => [machine.id, machine]));
  return { machines: byHostname([...unique.values()]), missingTags: lists.flatMap(list => list.missingTags) };
}

/** The newest state of some machines. Absent ones are gone, or not to be seen any more. */
export async function poll(
  region: Region,
  ids: readonly SystemId[],
  options: CallOptions = {},
): Promise<Map<SystemId, Machine>> {
  const wanted = [...new Set(ids)];
  const [only] = wanted;
  const machines =
    wanted.length === 1 && only
      ? await readIfThere(region, only, options)
      : await listed(region, wanted, options);
  return new Map(machines.map(machine => [machine.id, machine]));
}

async function readIfThere(region: Region, id: SystemId, options: CallOptions): Promise<Machine[]> {
  try {
    return [await readMachine(region, id, options)];
  } catch (error) {
    if (isCode(error, 'MAAS_GONE') || isCode(error, 'MAAS_NOT_OURS')) return [];
    throw error;
  }
}

async function listed(region: Region, ids: readonly SystemId[], options: CallOptions): Promise<Machine[]> {
  return (await listMachines(region, { ids }, options)).machines;
}

async function listOnce(
  region: Region,
  filter: MachineFilter,
  signal: AbortSignal | undefined,
): Promise<Machine[]> {
  const json = await region.transport.call({
    method: 'GET',
    path: 'machines/',
    query: queryOf(filter),
    doing: filter.tags?.length ? `list machines tagged ${filter.tags.join(', ')}` : 'list machines',
    slow: true,
    readItem: region.read,
    signal,
  });
  if (Array.isArray(json)) return json as Machine[];
  throw new ColdstartError('MAAS_NOT_MAAS', 'could not list machines', {
    because: 'the answer is not a list',
  });
}

function queryOf({ tags, ids, status, notStatus, owner, pool, zone }: MachineFilter): Fields {
  const statuses = status === undefined ? [] : [status].flat();
  // Regions up to 3.2 take only one value of `status`.
  const query = { tags, id: ids, status: statuses.length === 1 ? statuses : [], pool, zone };
  return { ...query, not_status: notStatus, owner };
}

function testOf(filter: MachineFilter): (machine: Machine) => boolean {
  const { tags = [], status, notStatus, owner, pool, zone } = filter;
  const ids = filter.ids && new Set(filter.ids);
  return machine =>
    tags.every(tag => machine.tags.includes(tag)) &&
    (ids === undefined || ids.has(machine.id)) &&
    (status === undefined || [status].flat().some(wanted => wanted === machine.status)) &&
    machine.status !== notStatus &&
    (owner === undefined || machine.owner === owner) &&
    (pool === undefined || machine.pool === pool) &&
    (zone === undefined || machine.zone === zone);
}

function byHostname(machines: readonly Machine[]): Machine[] {
  return machines.toSorted((a, b) => (a.hostname < b.hostname ? -1 : 1));
}

/** MAAS answers 400 `No such tag(s): 'x', 'y'.` for tags that nobody has made. */
function tagsUnknownTo(error: unknown, asked: readonly string[]): string[] {
  if (!isCode(error, 'MAAS_BAD_REQUEST')) return [];
  const [, names] = /No such tag\(s\): (.*?)\.?$/.exec(error.because ?? '') ?? [];
  return names === undefined ? [] : asked.filter(tag => names.includes(`'${tag}'`));
}

const longestQuery = 7000;

/** Splits ids so that each URL stays below the 8 kB that proxies take. */
export function chunksOfIds(ids: readonly SystemId[]): SystemId[][] {
  const chunks: SystemId[][] = [];
  let room = 0;
  for (const id of new Set(ids)) {
    const size = encodeURIComponent(id).length + '&id='.length;
    if (size > room) {
      chunks.push([]);
      room = longestQuery;
    }
    chunks.at(-1)?.push(id);
    room -= size;
  }
  return chunks;
}
