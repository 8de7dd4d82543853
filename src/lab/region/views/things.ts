import type { DomainRecord, EventRecord, NamedRecord, TagRecord, UserRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';

export function viewUser(user: UserRecord) {
  return {
    is_superuser: user.isSuperuser,
    username: user.username,
    email: user.email,
    is_local: true,
    resource_uri: `/MAAS/api/2.0/users/${user.username}/`,
  };
}

export function viewTag(tag: TagRecord) {
  return {
    name: tag.name,
    definition: tag.definition,
    comment: tag.comment,
    kernel_opts: tag.kernelOpts,
    resource_uri: `/MAAS/api/2.0/tags/${tag.name}/`,
  };
}

export function viewZone(zone: NamedRecord) {
  return { ...zone, resource_uri: `/MAAS/api/2.0/zones/${zone.name}/` };
}

export function viewPool(pool: NamedRecord) {
  return { ...pool, resource_uri: `/MAAS/api/2.0/resourcepool/${pool.id}/` };
}

export function viewDomain(world: World, domain: DomainRecord) {
  return {
    authoritative: domain.authoritative,
    ttl: domain.ttl,
    is_default: domain.isDefault,
    id: domain.id,
    resource_record_count: world.namedMachines.count(domain.id),
    name: domain.name,
    resource_uri: `/MAAS/api/2.0/domains/${domain.id}/`,
  };
}

export function viewEvent(event: EventRecord) {
  return {
    username: event.username,
    node: event.node,
    hostname: event.hostname,
    id: event.id,
    level: event.level,
    created: localTime(event.createdMs),
    type: event.type,
    description: event.description,
  };
}

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Sun, 22 Nov. 2026 11:45:05`: the region's local time, without a zone. */
export function localTime(ms: number): string {
  const time = new Date(ms);
  const two = (number: number) => String(number).padStart(2, '0');
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':');
  return `${days[time.getDay()]}, ${two(time.getDate())} ${months[time.getMonth()]}. ${time.getFullYear()} ${clock}`;
}
