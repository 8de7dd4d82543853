import type { SystemId } from '../core/ids.ts';
import { bmcAddressesOf } from './bmc.ts';
import { chunksOfIds } from './lists.ts';
import { type CallOptions, isCode, type Region } from './region.ts';
import {
  eventsOf,
  imagesOf,
  ipRangesOf,
  type MaasAddress,
  type MaasEvent,
  type MaasImage,
  type MaasIpRange,
  type MaasSshKey,
  type MaasSubnet,
  type MaasTag,
  type MaasUser,
  type MaasVersion,
  sshKeysOf,
  subnetAddressesOf,
  subnetsOf,
  tagChangeOf,
  tagsOf,
  userOf,
  versionOf,
} from './resources.ts';
import type { Call, Transport } from './transport.ts';

export interface EventQuery {
  ids: readonly SystemId[];
  /** Only events with a greater id. */
  after?: number | undefined;
  /** Most events of one request, 1 to 1000; 100 by default. */
  limit?: number | undefined;
  /** This and worse; INFO by default. Comments and status changes are DEBUG. AUDIT means only audit. */
  level?: 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR' | 'CRITICAL' | 'AUDIT' | undefined;
}

/** Everything besides machines. */
export interface Queries {
  /** Needs no valid key: tells a wrong URL from a wrong key. */
  version(options?: CallOptions): Promise<MaasVersion>;
  /** The cheapest test of a key. */
  whoami(options?: CallOptions): Promise<MaasUser>;
  /** Oldest first. With `after` every later event, however many requests it takes; without it the newest `limit`. */
  events(query: EventQuery, options?: CallOptions): Promise<MaasEvent[]>;
  tags(options?: CallOptions): Promise<MaasTag[]>;
  bootResources(options?: CallOptions): Promise<MaasImage[]>;
  subnets(options?: CallOptions): Promise<MaasSubnet[]>;
  /** Dynamic and reserved ranges of all subnets. */
  ipRanges(options?: CallOptions): Promise<MaasIpRange[]>;
  /** Who has which address of a subnet: machines, devices, BMCs, users. */
  subnetAddresses(subnetId: number, options?: CallOptions): Promise<MaasAddress[]>;
  /** Administrators only. Where the BMCs of these machines are, where MAAS has an address; never how to log in there. */
  bmcAddresses(ids: readonly SystemId[], options?: CallOptions): Promise<Map<SystemId, string>>;
  /** Keys of this user: MAAS puts them on the machines that this user deploys. */
  sshKeys(options?: CallOptions): Promise<MaasSshKey[]>;
  /** A setting of the region, such as `default_distro_series`. Throws MAAS_BAD_REQUEST for an unknown name. */
  config(name: string, options?: CallOptions): Promise<unknown>;
  /** Administrators only. A tag that is there already is fine. */
  createTag(name: string, comment?: string, options?: CallOptions): Promise<void>;
  /** Administrators only. MAAS ignores ids that it does not know; `added` counts those that had the tag already. */
  tagMachines(
    tag: string,
    change: { add?: readonly SystemId[]; remove?: readonly SystemId[] },
    options?: CallOptions,
  ): Promise<{ added: number; removed: number }>;
}

export function createQueries({ transport }: Region): Queries {
  const get = (doing: string, call: Omit<Call, 'method' | 'doing'>, { signal }: CallOptions = {}) =>
    transport.call({ method: 'GET', doing, ...call, signal });
  return {
    version: async o =>
      versionOf(await get('ask for the version of MAAS', { path: 'version/', open: true }, o)),
    whoami: async o =>
      userOf(await get('ask who the API key belongs to', { path: 'users/', op: 'whoami' }, o)),
    events: (query, options) => events(transport, query, options),
    tags: async o => tagsOf(await get('list tags', { path: 'tags/' }, o)),
    bootResources: async o => imagesOf(await get('list images', { path: 'boot-resources/' }, o)),
    subnets: async o => subnetsOf(await get('list subnets', { path: 'subnets/' }, o)),
    ipRanges: async o => ipRangesOf(await get('list IP ranges', { path: 'ipranges/' }, o)),
    subnetAddresses: async (id, o) =>
      subnetAddressesOf(
        await get('list the addresses of a subnet', { path: `subnets/${id}/`, op: 'ip_addresses' }, o),
      ),
    bmcAddresses: (ids, options) => bmcAddresses(transport, ids, options),
    sshKeys: async o => sshKeysOf(await get('list SSH keys', { path: 'account/prefs/sshkeys/' }, o)),
    config: (name, o) =>
      get(`read the setting ${name}`, { path: 'maas/', op: 'get_config', query: { name } }, o),
    createTag: (name, comment, options) => createTag(transport, name, comment, options),
    async tagMachines(tag, { add, remove }, { signal } = {}) {
      const path = `tags/${encodeURIComponent(tag)}/`;
      const call = {
        method: 'POST',
        path,
        op: 'update_nodes',
        doing: `tag machines ${tag}`,
        signal,
      } as const;
      return tagChangeOf(await transport.call({ ...call, form: { add, remove } }));
    },
  };
}

async function bmcAddresses(
  transport: Transport,
  ids: readonly SystemId[],
  { signal }: CallOptions = {},
): Promise<Map<SystemId, string>> {
  const call = { method: 'GET', path: 'machines/', op: 'power_parameters' } as const;
  const doing = 'ask for the addresses of BMCs';
  const lists = await Promise.all(
    chunksOfIds(ids).map(async id =>
      bmcAddressesOf(await transport.call({ ...call, doing, query: { id }, signal })),
    ),
  );
  return new Map(lists.flatMap(list => [...list]));
}

async function events(
  transport: Transport,
  query: EventQuery,
  options: CallOptions = {},
): Promise<MaasEvent[]> {
  const chunks = chunksOfIds(query.ids);
  const lists = await Promise.all(chunks.map(ids => eventsOfChunk(transport, { ...query, ids }, options)));
  return lists.flat().sort((a, b) => a.id - b.id);
}

/** With `after`, MAAS sends the oldest `limit` of what follows: go on until it sends fewer. */
async function eventsOfChunk(
  transport: Transport,
  { ids, after, limit = 100, level = 'INFO' }: EventQuery,
  { signal }: CallOptions,
): Promise<MaasEvent[]> {
  const found: MaasEvent[] = [];
  for (let from = after; ; from = found.at(-1)?.id) {
    const query = { id: ids, level, limit: String(limit), after: from?.toString() };
    const call = { method: 'GET', path: 'events/', op: 'query', doing: 'read events of machines' } as const;
    const page = eventsOf(await transport.call({ ...call, query, signal }));
    found.push(...page);
    if (after === undefined || page.length < limit) return found;
  }
}

async function createTag(
  transport: Transport,
  name: string,
  comment: string | undefined,
  { signal }: CallOptions = {},
): Promise<void> {
  const call = { method: 'POST', path: 'tags/', doing: `create the tag ${name}`, signal } as const;
  try {
    await transport.call({ ...call, form: { name, comment } });
  } catch (error) {
    if (!isCode(error, 'MAAS_BAD_REQUEST') || !error.because?.includes('already exists')) throw error;
  }
}
