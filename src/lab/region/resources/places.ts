import { requireAdmin } from '../auth/access.ts';
import { type Answer, nothing } from '../http/answers.ts';
import { badRequest, invalid, notFound, required } from '../http/errors.ts';
import type { Call, Resource } from '../http/resource.ts';
import type { MachineRecord, NamedRecord } from '../state/records.ts';
import { nextNumber, save, type World } from '../state/world.ts';
import { viewPool, viewZone } from '../views/things.ts';

/** How zones and pools differ: else they are the same thing. */
interface Place {
  kind: 'zone' | 'pool';
  model: 'Zone' | 'ResourcePool';
  /** What messages call it. */
  title: string;
  view(record: NamedRecord): unknown;
  records(world: World): World['zones'];
  of(machine: MachineRecord): number;
  put(machine: MachineRecord, id: number): void;
}

const zonePlace: Place = {
  kind: 'zone',
  model: 'Zone',
  title: 'Physical zone',
  view: viewZone,
  records: world => world.zones,
  of: machine => machine.zoneId,
  put(machine, id) {
    machine.zoneId = id;
  },
};

const poolPlace: Place = {
  kind: 'pool',
  model: 'ResourcePool',
  title: 'Resource pool',
  view: viewPool,
  records: world => world.pools,
  of: machine => machine.poolId,
  put(machine, id) {
    machine.poolId = id;
  },
};

export const zones: Resource = all('Zones', zonePlace);
export const zone: Resource = one('Zone', zonePlace);
export const pools: Resource = all('ResourcePools', poolPlace);
export const pool: Resource = one('ResourcePool', poolPlace);

function all(name: string, place: Place): Resource {
  return {
    name,
    read: call => [...place.records(call.world).values()].map(record => place.view(record)),
    create: call => create(call, place),
  };
}

function one(name: string, place: Place): Resource {
  return {
    name,
    read: call => place.view(recordOf(call, place)),
    update: call => update(call, place),
    remove: call => remove(call, place),
  };
}

/** Zones go by name, pools by number or name. */
function recordOf(call: Call, place: Place): NamedRecord {
  const wanted = call.args['name'] ?? '';
  const records = [...place.records(call.world).values()];
  const byNumber = place.kind === 'pool' ? records.find(record => String(record.id) === wanted) : undefined;
  const found = byNumber ?? records.find(record => record.name === wanted);
  if (!found) throw notFound(place.model);
  return found;
}

function create(call: Call, place: Place): unknown {
  requireAdmin(call);
  const name = checkedName(call, place);
  const description = call.data.one('description') ?? '';
  const record = { id: nextNumber(call.world, place.kind), name, description };
  place.records(call.world).put(record.id, record);
  return place.view(record);
}

function checkedName(call: Call, place: Place, own?: string): string {
  const name = call.data.one('name')?.trim();
  if (!name) throw invalid({ name: required });
  if (!/^[\w][\w.\- ]*$/.test(name)) throw invalid({ name: 'Enter a valid value.' });
  const isTaken = [...place.records(call.world).values()].some(record => record.name === name);
  if (isTaken && name !== own) throw invalid({ name: `${place.title} with this Name already exists.` });
  return name;
}

function update(call: Call, place: Place): unknown {
  requireAdmin(call);
  const record = recordOf(call, place);
  const changed = {
    ...record,
    name: call.data.has('name') ? checkedName(call, place, record.name) : record.name,
    description: call.data.one('description') ?? record.description,
  };
  place.records(call.world).put(record.id, changed);
  return place.view(changed);
}

/** A pool must be empty first; the machines of a zone go to the default one. */
function remove(call: Call, place: Place): Answer {
  requireAdmin(call);
  const record = recordOf(call, place);
  if (record.name === 'default') {
    throw badRequest(
      `This ${place.kind === 'zone' ? 'zone is the default zone' : 'is the default pool'}, it cannot be deleted.`,
    );
  }
  const inside = [...call.world.machines.values()].filter(machine => place.of(machine) === record.id);
  if (place.kind === 'pool' && inside.length > 0) {
    throw badRequest('Pool has machines in it, it cannot be deleted.');
  }
  const fallback = [...place.records(call.world).values()].find(known => known.name === 'default');
  for (const machine of inside) {
    place.put(machine, fallback?.id ?? 0);
    save(call.world, machine);
  }
  place.records(call.world).delete(record.id);
  return nothing;
}
