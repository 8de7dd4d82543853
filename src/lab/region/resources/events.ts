import type { SystemId } from '../../../core/ids.ts';
import { canSee } from '../auth/access.ts';
import { badRequest } from '../http/errors.ts';
import type { Params } from '../http/params.ts';
import type { Call, Resource } from '../http/resource.ts';
import { type EventLevel, type EventRecord, eventLevels, type MachineRecord } from '../state/records.ts';
import { viewEvent } from '../views/things.ts';

/** What has happened to machines: `events/?op=query`. */
export const events: Resource = { name: 'Events', get: { query } };

const largest = 1000;

/** Always newest first; `after` takes the oldest after that number. */
function query(call: Call): unknown {
  const limit = limitOf(call.query);
  const before = call.query.one('before');
  const after = call.query.one('after');
  if (before && after)
    throw badRequest('There is undetermined behaviour when both after and before are specified.');
  const matching = call.world.events.select(nodesOf(call)).filter(matcher(call));
  const found = page(matching, limit, before, after).reverse();
  const newest = found[0]?.id ?? (before ? Number(before) - 1 : undefined);
  const oldest = found.at(-1)?.id;
  return {
    count: found.length,
    events: found.map(viewEvent),
    next_uri: uri(call, newest === undefined ? undefined : ['after', newest]),
    prev_uri: oldest === undefined ? null : uri(call, ['before', oldest]),
  };
}

function limitOf(query: Params): number {
  const limit = Number(query.one('limit') ?? 100);
  if (!Number.isInteger(limit) || limit < 1) throw badRequest(`Invalid limit: ${query.one('limit')}`);
  if (limit > largest) {
    throw badRequest(`Requested number of events ${limit} is greater than limit: ${largest}`);
  }
  return limit;
}

function page(
  events: EventRecord[],
  limit: number,
  before: string | undefined,
  after: string | undefined,
): EventRecord[] {
  if (after) return events.filter(event => event.id > Number(after)).slice(0, limit);
  return (before ? events.filter(event => event.id < Number(before)) : events).slice(-limit);
}

const nodeFilters: Record<string, (call: Call, machine: MachineRecord, values: string[]) => boolean> = {
  id: (_, machine, values) => values.includes(machine.id),
  hostname: (_, machine, values) => values.includes(machine.hostname),
  mac_address: (_, machine, values) => machine.nics.some(nic => values.includes(nic.mac)),
  zone: (call, machine, values) => values.includes(call.world.zones.get(machine.zoneId)?.name ?? ''),
  domain: (call, machine, values) => values.includes(call.world.domains.get(machine.domainId)?.name ?? ''),
  agent_name: (_, machine, values) => values.includes(machine.agentName),
};

/** The machines whose events are asked for; undefined means those of all. */
function nodesOf(call: Call): Set<SystemId> | undefined {
  const filters = Object.entries(nodeFilters).filter(([name]) => call.query.has(name));
  if (filters.length === 0 && call.user.isSuperuser) return undefined;
  const machines = [...call.world.machines.values()].filter(
    machine =>
      canSee(call.user, machine) &&
      filters.every(([name, test]) => test(call, machine, call.query.all(name))),
  );
  return new Set(machines.map(machine => machine.id));
}

/** A level means that one and worse; AUDIT alone means only audit events. */
function matcher(call: Call): (event: EventRecord) => boolean {
  const level = call.query.one('level') ?? 'INFO';
  if (!Object.hasOwn(eventLevels, level)) throw badRequest(`Unrecognised log level: ${level}`);
  const least = eventLevels[level as EventLevel];
  const owners = call.query.all('owner');
  return event =>
    (level === 'AUDIT' ? event.level === 'AUDIT' : eventLevels[event.level] >= least) &&
    (owners.length === 0 || owners.includes(event.username));
}

function uri(call: Call, mark: [name: string, id: number] | undefined): string {
  const kept = call.query.without('before', 'after').entries();
  const query = new URLSearchParams([
    ['op', 'query'],
    ...kept.map(([name, value]): [string, string] => [name, value]),
  ]);
  if (mark) query.set(mark[0], String(mark[1]));
  return `/MAAS/api/2.0/events/?${query.toString()}`;
}
