import type { Route } from './http/resource.ts';
import { account, sshKey, sshKeys, user, users } from './resources/account.ts';
import { describeResource } from './resources/describe.ts';
import { device, devices } from './resources/devices.ts';
import { domain, domains } from './resources/domains.ts';
import { events } from './resources/events.ts';
import { emptyList, rackControllers } from './resources/fixed.ts';
import { bootResource, bootResources } from './resources/images.ts';
import { ipRange, ipRanges } from './resources/ipranges.ts';
import { machine } from './resources/machine.ts';
import { machines } from './resources/machines.ts';
import { fabric, fabrics, fabricVlans, space, spaces, vlan } from './resources/network.ts';
import {
  blockDevice,
  blockDevices,
  interfaces,
  networkInterface,
  nodeDevices,
  nodes,
  result,
  results,
} from './resources/nodes.ts';
import { notification, notifications } from './resources/notifications.ts';
import { pool, pools, zone, zones } from './resources/places.ts';
import { settings } from './resources/settings.ts';
import { subnet, subnets } from './resources/subnets.ts';
import { tag, tags } from './resources/tags.ts';
import { version } from './resources/version.ts';

/** What the region answers below `/MAAS/api/2.0/`. */
export function routesFor(regionVersion: string): readonly Route[] {
  const table: Route[] = [
    { path: 'version/', resource: version },
    { path: 'describe/', resource: describeResource(() => table, regionVersion) },
    { path: 'users/', resource: users },
    { path: 'users/{name}/', resource: user },
    { path: 'account/', resource: account },
    { path: 'account/prefs/sshkeys/', resource: sshKeys },
    { path: 'account/prefs/sshkeys/{id}/', resource: sshKey },
    { path: 'machines/', resource: machines },
    { path: 'machines/{id}/', resource: machine },
    { path: 'nodes/', resource: nodes },
    { path: 'nodes/{id}/interfaces/', resource: interfaces },
    { path: 'nodes/{id}/interfaces/{nic}/', resource: networkInterface },
    { path: 'nodes/{id}/blockdevices/', resource: blockDevices },
    { path: 'nodes/{id}/blockdevices/{disk}/', resource: blockDevice },
    { path: 'nodes/{id}/devices/', resource: nodeDevices },
    { path: 'nodes/{id}/results/', resource: results },
    { path: 'nodes/{id}/results/{result}/', resource: result },
    { path: 'devices/', resource: devices },
    { path: 'devices/{id}/', resource: device },
    { path: 'events/', resource: events },
    { path: 'tags/', resource: tags },
    { path: 'tags/{name}/', resource: tag },
    { path: 'zones/', resource: zones },
    { path: 'zones/{name}/', resource: zone },
    { path: 'resourcepools/', resource: pools },
    { path: 'resourcepool/{name}/', resource: pool },
    { path: 'domains/', resource: domains },
    { path: 'domains/{id}/', resource: domain },
    { path: 'fabrics/', resource: fabrics },
    { path: 'fabrics/{id}/', resource: fabric },
    { path: 'fabrics/{id}/vlans/', resource: fabricVlans },
    { path: 'fabrics/{id}/vlans/{vlan}/', resource: vlan },
    { path: 'vlans/{vlan}/', resource: vlan },
    { path: 'spaces/', resource: spaces },
    { path: 'spaces/{id}/', resource: space },
    { path: 'subnets/', resource: subnets },
    { path: 'subnets/{id}/', resource: subnet },
    { path: 'ipranges/', resource: ipRanges },
    { path: 'ipranges/{id}/', resource: ipRange },
    { path: 'boot-resources/', resource: bootResources },
    { path: 'boot-resources/{id}/', resource: bootResource },
    { path: 'maas/', resource: settings },
    { path: 'notifications/', resource: notifications },
    { path: 'notifications/{id}/', resource: notification },
    { path: 'rackcontrollers/', resource: rackControllers },
    ...emptyResources.map(path => ({ path, resource: emptyList(path.replace(/\/$/, '')) })),
  ];
  return table;
}

/** What a real region has and the lab has none of. */
const emptyResources = [
  'boot-sources/',
  'dhcp-snippets/',
  'discovery/',
  'dnsresourcerecords/',
  'dnsresources/',
  'files/',
  'ipaddresses/',
  'license-keys/',
  'package-repositories/',
  'pods/',
  'regioncontrollers/',
  'static-routes/',
  'vm-clusters/',
  'vm-hosts/',
];
