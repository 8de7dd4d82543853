import type { SystemId } from '../../../core/ids.ts';
import { type Answer, nothing } from '../http/answers.ts';
import { forbidden, invalid, notFound, required } from '../http/errors.ts';
import type { Call, Resource } from '../http/resource.ts';
import { nic } from '../state/genesis.ts';
import { newSystemId } from '../state/random.ts';
import type { DeviceRecord } from '../state/records.ts';
import { fqdnOf, type World } from '../state/world.ts';
import { viewInterface } from '../views/network.ts';
import { viewDomain, viewZone } from '../views/things.ts';
import { hostnameIsTaken } from './create-machine.ts';

/** Things that MAAS only gives addresses to: `devices/`. */
export const devices: Resource = {
  name: 'Devices',
  read: call => [...call.world.devices.values()].map(device => view(call.world, device)),
  create,
};

export const device: Resource = { name: 'Device', read: call => view(call.world, deviceOf(call)), remove };

function deviceOf(call: Call): DeviceRecord {
  const found = call.world.devices.get(call.args['id'] ?? '');
  if (!found) throw notFound('Device');
  return found;
}

function create(call: Call): unknown {
  const { world, form } = call;
  const macs = form.all('mac_addresses').map(mac => mac.toLowerCase());
  if (macs.length === 0) throw invalid({ mac_addresses: required });
  const id = newSystemId(
    taken => world.devices.get(taken) !== undefined || world.machines.get(taken) !== undefined,
  );
  const hostname = form.one('hostname')?.trim() || `device-${id}`;
  if (hostnameIsTaken(world, hostname))
    throw invalid({ hostname: 'Node with this Hostname already exists.' });
  const parent = form.one('parent') as SystemId | undefined;
  const device: DeviceRecord = {
    id,
    hostname,
    owner: call.user.username,
    description: form.one('description') ?? '',
    domainId: 0,
    zoneId: [...world.zones.values()][0]?.id ?? 1,
    parent: parent && world.machines.get(parent) ? parent : null,
    nics: macs.map((mac, index) => nic(world, mac, index)),
    tags: [],
    annotations: {},
  };
  world.devices.put(id, device);
  return view(world, device);
}

function remove(call: Call): Answer {
  const found = deviceOf(call);
  if (!call.user.isSuperuser && found.owner !== call.user.username) throw forbidden();
  call.world.devices.delete(found.id);
  return nothing;
}

function view(world: World, device: DeviceRecord) {
  const domain = world.domains.get(device.domainId);
  const zone = world.zones.get(device.zoneId);
  return {
    system_id: device.id,
    hostname: device.hostname,
    fqdn: fqdnOf(world, device),
    description: device.description,
    owner: device.owner,
    owner_data: device.annotations,
    workload_annotations: device.annotations,
    node_type: 1,
    node_type_name: 'Device',
    parent: device.parent,
    domain: domain ? viewDomain(world, domain) : null,
    zone: zone ? viewZone(zone) : null,
    tag_names: device.tags,
    address_ttl: null,
    ip_addresses: [],
    interface_set: device.nics.map(record => viewInterface(world, device, record)),
    resource_uri: `/MAAS/api/2.0/devices/${device.id}/`,
  };
}
