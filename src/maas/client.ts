import { type Clock, systemClock } from '../core/clock.ts';
import type { SystemId } from '../core/ids.ts';
import type { Secret } from '../core/secret.ts';
import { type Environment, parseProxy, proxyFor } from '../net/proxy.ts';
import { type Connector, createConnector } from './connection.ts';
import { listByTags, listMachines, type MachineFilter, type MachineList, poll } from './lists.ts';
import { type Machine, machineFromWire } from './machine.ts';
import { type ApiKey, parseApiKey } from './oauth.ts';
import { createOperations, type Operations } from './operations.ts';
import { createQueries, type Queries } from './queries.ts';
import { type CallOptions, type Region, readMachine } from './region.ts';
import { createTransport, type RequestSeen } from './transport.ts';
import { type MaasUrl, parseMaasUrl } from './url.ts';

export interface MaasClientOptions {
  url: string | MaasUrl;
  apiKey: string | Secret | ApiKey;
  /** Certificate of a private authority, as PEM text. When given, only it is trusted, as with `curl --cacert`. */
  ca?: string | undefined;
  /** URL of an HTTP proxy, or false for none. By default what `env` says. */
  proxy?: string | false | undefined;
  /** Where HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY are read. By default the environment of the process. */
  env?: Environment;
  /** Subnets to prefer for the address of a machine, as CIDR or MAAS subnet name. */
  preferredSubnets?: readonly string[];
  userAgent?: string;
  clock?: Clock;
  /** Another way to the region than sockets. `ca` and `proxy` mean nothing then. */
  connector?: Connector;
  /** Told about every try on the wire, after it. */
  onRequest?: (seen: RequestSeen) => void;
  timeouts?: Partial<{ connectMs: number; callMs: number; listMs: number }>;
  retries?: Partial<{ connection: number; busy: number }>;
}

/** A MAAS region, as far as coldstart uses it. Every call throws ColdstartError with a MAAS_* code. */
export interface MaasClient extends Operations, Queries {
  /** The region, as people know it: `http://HOST:5240/MAAS`. */
  readonly url: string;
  /** Machines that pass every filter, by host name. One request; without `ids` and `tags` it is the whole region. */
  listMachines(filter?: MachineFilter, options?: CallOptions): Promise<MachineList>;
  /** Machines that carry at least one of the tags, each once, by host name. One request a tag. */
  listByTags(tags: readonly string[], options?: CallOptions): Promise<MachineList>;
  /** Throws MAAS_GONE, or MAAS_NOT_OURS when it exists and may not be seen. */
  machine(id: SystemId, options?: CallOptions): Promise<Machine>;
  /** The newest state of some machines, at the least cost for the region. Absent: gone, or not to be seen any more. */
  poll(ids: readonly SystemId[], options?: CallOptions): Promise<Map<SystemId, Machine>>;
  /** Closes kept connections. The client can still be used. */
  close(): void;
}

/** Connects to nothing yet. Throws CONFIG_INVALID for a URL, key or proxy that cannot be right. */
export function createMaasClient(options: MaasClientOptions): MaasClient {
  const url = typeof options.url === 'string' ? parseMaasUrl(options.url) : options.url;
  const connector = options.connector ?? createConnector({ proxy: proxyOf(url, options), ca: options.ca });
  const transport = createTransport({
    url,
    key: keyOf(options.apiKey),
    connector,
    clock: options.clock ?? systemClock,
    userAgent: options.userAgent ?? 'coldstart',
    onRequest: options.onRequest,
    timeouts: { connectMs: 10_000, callMs: 120_000, listMs: 600_000, ...options.timeouts },
    retries: { connection: 3, busy: 4, ...options.retries },
  });
  const region: Region = {
    transport,
    read: json => machineFromWire(json, { preferredSubnets: options.preferredSubnets ?? [] }),
  };
  return {
    url: url.shown,
    ...createQueries(region),
    ...createOperations(region),
    listMachines: (filter, call) => listMachines(region, filter, call),
    listByTags: (tags, call) => listByTags(region, tags, call),
    machine: (id, call) => readMachine(region, id, call),
    poll: (ids, call) => poll(region, ids, call),
    close: () => connector.close(),
  };
}

function keyOf(key: MaasClientOptions['apiKey']): ApiKey {
  return typeof key === 'object' && 'tokenSecret' in key ? key : parseApiKey(key);
}

function proxyOf({ base }: MaasUrl, { proxy, env = process.env }: MaasClientOptions): URL | undefined {
  if (proxy === false) return undefined;
  return proxy === undefined ? proxyFor(base, env) : parseProxy(proxy, 'the proxy for MAAS');
}
