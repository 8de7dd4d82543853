import * as z from 'zod';
import { ColdstartError } from '../core/errors.ts';
import { type SystemId, systemId } from '../core/ids.ts';

/** MAAS's own version. The numbers are undefined while a region has not settled on one: it says "None" then. */
export interface MaasVersion {
  text: string;
  major: number | undefined;
  minor: number | undefined;
  patch: number | undefined;
}

export interface MaasUser {
  name: string;
  admin: boolean;
}

export interface MaasEvent {
  /** Grows with time; the only order to trust. */
  id: number;
  level: string;
  type: string;
  description: string;
  hostname: string;
  machine: SystemId;
  username: string;
  /**
   * Milliseconds; whole seconds of the region's local time, which comes without a zone. Only differences mean something.
   * Undefined when it could not be read.
   */
  regionMs: number | undefined;
}

export interface MaasTag {
  name: string;
  comment: string;
  /** XPath over lshw; MAAS decides alone who carries such a tag. `''` for a tag that people give. */
  definition: string;
}

/** An operating system that MAAS can deploy, for one architecture. */
export interface MaasImage {
  id: number;
  /** `Synced`, `Uploaded` or `Generated`. */
  type: string;
  /** `ubuntu/jammy`, `custom/x`: what `deploy` takes. */
  name: string;
  architecture: string;
  title: string;
}

export interface MaasSubnet {
  id: number;
  name: string;
  cidr: string;
  /** Managed: MAAS gives out every address but those of reserved ranges. Unmanaged: only those of reserved ranges. */
  managed: boolean;
  gateway: string | undefined;
  dnsServers: string[];
  vlan: string;
  fabric: string;
}

/** Addresses that are kept for DHCP (`dynamic`), or set aside (`reserved`). */
export interface MaasIpRange {
  type: 'dynamic' | 'reserved';
  start: string;
  end: string;
  comment: string;
  subnetId: number | undefined;
}

/** An address of a subnet that somebody has. */
export interface MaasAddress {
  address: string;
  /** A machine or device, a machine's BMC, or a user, as well as MAAS knows it. */
  holder: string;
}

export interface MaasSshKey {
  id: number;
  /** As in authorized_keys. */
  key: string;
}

/** Reads `version/`. Throws MAAS_NOT_MAAS when it has not even a version field. */
export function versionOf(json: unknown): MaasVersion {
  const { version: text } = read('version', z.looseObject({ version: z.string() }), json);
  const [, major, minor, patch] = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text) ?? [];
  const number = (digits: string | undefined) => (digits === undefined ? undefined : Number(digits));
  return { text, major: number(major), minor: number(minor), patch: number(patch) };
}

/** Reads `users/?op=whoami`. */
export function userOf(json: unknown): MaasUser {
  const user = read('user', z.looseObject({ username: z.string(), is_superuser: z.boolean() }), json);
  return { name: user.username, admin: user.is_superuser };
}

const maybeText = z.string().nullish();

const eventShape = z.looseObject({
  id: z.number(),
  level: z.string(),
  type: z.string(),
  description: maybeText,
  hostname: maybeText,
  node: z.string(),
  username: maybeText,
  created: maybeText,
});

/** Reads `events/?op=query`, oldest first. MAAS sends the newest first. */
export function eventsOf(json: unknown): MaasEvent[] {
  const { events } = read('list of events', z.looseObject({ events: z.array(eventShape) }), json);
  return events
    .map(({ id, level, type, description, hostname, node, username, created }) => ({
      id,
      level,
      type,
      description: description ?? '',
      hostname: hostname ?? '',
      machine: systemId(node),
      username: username ?? '',
      regionMs: regionMsOf(created ?? ''),
    }))
    .sort((a, b) => a.id - b.id);
}

/** `Sun, 22 Nov. 2026 11:45:05`, read as if the region were in Greenwich. */
function regionMsOf(created: string): number | undefined {
  const [, day, month, year, time] = /(\d{1,2}) (\w{3})\w*\.? (\d{4}) (\d\d:\d\d:\d\d)/.exec(created) ?? [];
  const ms = Date.parse(`${day} ${month} ${year} ${time} GMT`);
  return Number.isNaN(ms) ? undefined : ms;
}

const tagShape = z.looseObject({ name: z.string(), comment: maybeText, definition: maybeText });

/** Reads `tags/`. */
export function tagsOf(json: unknown): MaasTag[] {
  return read('list of tags', z.array(tagShape), json).map(({ name, comment, definition }) => ({
    name,
    comment: comment ?? '',
    definition: definition ?? '',
  }));
}

const imageShape = z.looseObject({
  id: z.number(),
  type: z.string(),
  name: z.string(),
  architecture: z.string(),
  title: maybeText,
});

/** Reads `boot-resources/`. */
export function imagesOf(json: unknown): MaasImage[] {
  return read('list of images', z.array(imageShape), json).map(({ id, type, name, architecture, title }) => ({
    id,
    type,
    name,
    architecture,
    title: title ?? '',
  }));
}

const subnetShape = z.looseObject({
  id: z.number(),
  name: z.string(),
  cidr: z.string(),
  managed: z.boolean().nullish(),
  gateway_ip: maybeText,
  dns_servers: z.array(z.string()).nullish(),
  vlan: z.looseObject({ name: maybeText, fabric: maybeText }).nullish(),
});

/** Reads `subnets/`. */
export function subnetsOf(json: unknown): MaasSubnet[] {
  return read('list of subnets', z.array(subnetShape), json).map(subnet => ({
    id: subnet.id,
    name: subnet.name,
    cidr: subnet.cidr,
    // Regions before 2.2 have no other kind.
    managed: subnet.managed ?? true,
    gateway: subnet.gateway_ip ?? undefined,
    dnsServers: subnet.dns_servers ?? [],
    vlan: subnet.vlan?.name ?? '',
    fabric: subnet.vlan?.fabric ?? '',
  }));
}

const ipRangeShape = z.looseObject({
  type: z.string(),
  start_ip: z.string(),
  end_ip: z.string(),
  comment: maybeText,
  subnet: z.looseObject({ id: z.number() }).nullish(),
});

/** Reads `ipranges/`. */
export function ipRangesOf(json: unknown): MaasIpRange[] {
  return read('list of IP ranges', z.array(ipRangeShape), json).map(range => ({
    type: range.type === 'dynamic' ? 'dynamic' : 'reserved',
    start: range.start_ip,
    end: range.end_ip,
    comment: range.comment ?? '',
    subnetId: range.subnet?.id,
  }));
}

const named = z.looseObject({ hostname: maybeText });
const addressShape = z.looseObject({
  ip: maybeText,
  node_summary: named.nullish(),
  dns_records: z.array(z.unknown()).nullish(),
  bmcs: z.array(z.looseObject({ nodes: z.array(named).nullish() })).nullish(),
  user: maybeText,
});

/** Reads `subnets/ID/?op=ip_addresses`. */
export function subnetAddressesOf(json: unknown): MaasAddress[] {
  return read('list of addresses', z.array(addressShape), json).flatMap(({ ip, ...by }) => {
    if (!ip) return [];
    const bmcOf = by.bmcs?.flatMap(({ nodes }) => nodes ?? []).find(({ hostname }) => hostname)?.hostname;
    const holder = by.node_summary?.hostname ?? (bmcOf ? `the BMC of ${bmcOf}` : undefined);
    // A name in DNS alone says where an address leads, not that somebody has it.
    if (holder === undefined && (by.dns_records ?? []).length > 0) return [];
    return [{ address: ip, holder: holder ?? (by.user ? `the MAAS user ${by.user}` : 'somebody') }];
  });
}

/** Reads `account/prefs/sshkeys/`. */
export function sshKeysOf(json: unknown): MaasSshKey[] {
  const keys = read('list of SSH keys', z.array(z.looseObject({ id: z.number(), key: z.string() })), json);
  return keys.map(({ id, key }) => ({ id, key }));
}

/** Reads the answer of `op=update_nodes`. */
export function tagChangeOf(json: unknown): { added: number; removed: number } {
  const shape = z.looseObject({ added: z.number().default(0), removed: z.number().default(0) });
  const { added, removed } = read('count of tagged machines', shape, json);
  return { added, removed };
}

function read<T>(what: string, shape: z.ZodType<T>, json: unknown): T {
  const result = shape.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const place = issue && issue.path.length > 0 ? `${issue.path.join('.')}: ` : '';
  throw new ColdstartError('MAAS_NOT_MAAS', `the answer should be a MAAS ${what} and is not`, {
    because: `${place}${issue?.message ?? 'unknown shape'}`,
  });
}
