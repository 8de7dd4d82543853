import { requireAdmin } from '../auth/access.ts';
import { type Answer, nothing } from '../http/answers.ts';
import { badRequest, invalid, notFound } from '../http/errors.ts';
import type { Call, Resource } from '../http/resource.ts';
import type { NamedRecord, VlanRecord } from '../state/records.ts';
import { nextNumber } from '../state/world.ts';
import { viewFabric, viewSpace, viewVlan } from '../views/network.ts';

/** Fabrics: `fabrics/`. Each new one has an untagged VLAN. */
export const fabrics: Resource = {
  name: 'Fabrics',
  read: call => [...call.world.fabrics.values()].map(fabric => viewFabric(call.world, fabric)),
  create: createFabric,
};

export const fabric: Resource = {
  name: 'Fabric',
  read: call => viewFabric(call.world, fabricOf(call)),
  remove: removeFabric,
};

/** The VLANs of one fabric: `fabrics/{id}/vlans/`. */
export const fabricVlans: Resource = {
  name: 'Vlans',
  read(call) {
    const { id } = fabricOf(call);
    const inside = [...call.world.vlans.values()].filter(vlan => vlan.fabricId === id);
    return inside.map(vlan => viewVlan(call.world, vlan));
  },
  create: createVlan,
};

/** One VLAN by its tag within a fabric, or by its number: `vlans/{vlan}/`. */
export const vlan: Resource = {
  name: 'Vlan',
  read: call => viewVlan(call.world, vlanOf(call)),
  update: updateVlan,
};

/** Spaces: `spaces/`. Networks without one are in a made-up space with number -1. */
export const spaces: Resource = {
  name: 'Spaces',
  read: call => [
    viewSpace(call.world, null),
    ...[...call.world.spaces.values()].map(space => viewSpace(call.world, space)),
  ],
  create: createSpace,
};

export const space: Resource = { name: 'Space', read: call => viewSpace(call.world, spaceOf(call)) };

function fabricOf(call: Call): NamedRecord {
  const wanted = call.args['id'] ?? '';
  const found = [...call.world.fabrics.values()].find(
    record => String(record.id) === wanted || record.name === wanted,
  );
  if (!found) throw notFound('Fabric');
  return found;
}

function createFabric(call: Call): unknown {
  requireAdmin(call);
  const id = nextNumber(call.world, 'fabric');
  const record = { id, name: call.data.one('name') || `fabric-${id}`, description: '' };
  if ([...call.world.fabrics.values()].some(known => known.name === record.name)) {
    throw invalid({ name: 'Fabric with this Name already exists.' });
  }
  call.world.fabrics.put(id, record);
  addVlan(call, { fabricId: id, vid: 0, name: 'untagged' });
  return viewFabric(call.world, record);
}

function removeFabric(call: Call): Answer {
  requireAdmin(call);
  const { id } = fabricOf(call);
  const vlans = [...call.world.vlans.values()].filter(record => record.fabricId === id);
  const used = [...call.world.subnets.values()].some(subnet => vlans.some(({ id }) => id === subnet.vlanId));
  if (used) throw badRequest("Can't delete fabric; the following networks are still on it: its subnets.");
  for (const record of vlans) call.world.vlans.delete(record.id);
  call.world.fabrics.delete(id);
  return nothing;
}

function addVlan(call: Call, wanted: Pick<VlanRecord, 'fabricId' | 'vid' | 'name'>): VlanRecord {
  const id = nextNumber(call.world, 'vlan');
  const record: VlanRecord = { ...wanted, id, description: '', mtu: 1500, dhcpOn: false, spaceId: null };
  call.world.vlans.put(id, record);
  return record;
}

function createVlan(call: Call): unknown {
  requireAdmin(call);
  const fabricId = fabricOf(call).id;
  const vid = Number(call.data.field('vid'));
  if (!Number.isInteger(vid) || vid < 0 || vid > 4094) {
    throw invalid({ vid: 'VLAN id must be between 0 and 4094.' });
  }
  if ([...call.world.vlans.values()].some(known => known.fabricId === fabricId && known.vid === vid)) {
    throw invalid({ __all__: 'A VLAN with the specified VID already exists in the destination fabric.' });
  }
  return viewVlan(call.world, addVlan(call, { fabricId, vid, name: call.data.one('name') || String(vid) }));
}

function vlanOf(call: Call): VlanRecord {
  const wanted = Number(call.args['vlan']);
  const inFabric = call.args['id'] === undefined ? undefined : fabricOf(call).id;
  const found = [...call.world.vlans.values()].find(record =>
    inFabric === undefined ? record.id === wanted : record.fabricId === inFabric && record.vid === wanted,
  );
  if (!found) throw notFound('VLAN');
  return found;
}

function updateVlan(call: Call): unknown {
  requireAdmin(call);
  const found = vlanOf(call);
  const changed = {
    ...found,
    name: call.data.one('name') ?? found.name,
    mtu: Number(call.data.one('mtu') ?? found.mtu),
    dhcpOn: call.data.bool('dhcp_on', found.dhcpOn),
  };
  call.world.vlans.put(found.id, changed);
  return viewVlan(call.world, changed);
}

function createSpace(call: Call): unknown {
  requireAdmin(call);
  const id = nextNumber(call.world, 'space');
  const record = {
    id,
    name: call.data.one('name') || `space-${id}`,
    description: call.data.one('description') ?? '',
  };
  call.world.spaces.put(id, record);
  return viewSpace(call.world, record);
}

function spaceOf(call: Call): NamedRecord | null {
  const wanted = call.args['id'] ?? '';
  if (wanted === 'undefined' || wanted === '-1') return null;
  const found = [...call.world.spaces.values()].find(
    record => String(record.id) === wanted || record.name === wanted,
  );
  if (!found) throw notFound('Space');
  return found;
}
