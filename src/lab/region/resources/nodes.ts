import { canSee, visibleMachine } from '../auth/access.ts';
import { notFound } from '../http/errors.ts';
import type { Call, Resource } from '../http/resource.ts';
import type { MachineRecord } from '../state/records.ts';
import { viewInterfaces } from '../views/network.ts';
import { viewDisk } from '../views/storage.ts';
import { machines as machineList, show } from './machines.ts';

/** All kinds of node: `nodes/`. In the lab these are its machines. */
export const nodes: Resource = {
  name: 'Nodes',
  read: call =>
    show(
      call,
      [...call.world.machines.values()].filter(machine => canSee(call.user, machine)),
    ),
  get: machineList.get ?? {},
};

export const interfaces: Resource = {
  name: 'Interfaces',
  read: call => viewInterfaces(call.world, visibleMachine(call)),
};

export const networkInterface: Resource = {
  name: 'Interface',
  read(call) {
    const found = viewInterfaces(call.world, visibleMachine(call)).find(
      nic => String(nic.id) === call.args['nic'] || nic.name === call.args['nic'],
    );
    if (!found) throw notFound('Interface');
    return found;
  },
};

export const blockDevices: Resource = { name: 'BlockDevices', read: call => disksOf(call) };

export const blockDevice: Resource = {
  name: 'BlockDevice',
  read(call) {
    const found = disksOf(call).find(
      disk => String(disk.id) === call.args['disk'] || disk.name === call.args['disk'],
    );
    if (!found) throw notFound('BlockDevice');
    return found;
  },
};

export const nodeDevices: Resource = { name: 'NodeDevices', read: call => (visibleMachine(call), []) };

/** Sets of script results: `nodes/{id}/results/`. The lab runs no scripts, so the sets are there and empty. */
export const results: Resource = {
  name: 'NodeResults',
  read: call => resultSets(visibleMachine(call), call),
};

export const result: Resource = {
  name: 'NodeResult',
  read(call) {
    const wanted = call.args['result'] ?? '';
    const found = resultSets(visibleMachine(call), call).find(
      set => String(set.id) === wanted || wanted === `current-${set.type_name.toLowerCase()}`,
    );
    if (!found) throw notFound('ScriptSet');
    return found;
  },
};

/** As in the machine, less a field that 3.4 leaves out here. */
function disksOf(call: Call) {
  const machine = visibleMachine(call);
  return machine.disks.map(disk => {
    const { firmware_version: _, ...view } = viewDisk(machine, disk);
    return view;
  });
}

function resultSets(machine: MachineRecord, call: Call) {
  const types = call.query.all('type');
  const sets = [
    {
      id: machine.commissioningResultId,
      type: 0,
      type_name: 'Commissioning',
      status: 2,
      status_name: 'Passed',
    },
    { id: machine.installationResultId, type: 1, type_name: 'Installation', ...installationStatus(machine) },
  ];
  return sets
    .filter(set => set.id !== null && (types.length === 0 || types.includes(set.type_name.toLowerCase())))
    .map(set => ({
      ...set,
      system_id: machine.id,
      started: null,
      ended: null,
      runtime: '',
      last_ping: null,
      results: [],
      resource_uri: `/MAAS/api/2.0/nodes/${machine.id}/results/${set.id}/`,
    }));
}

function installationStatus(machine: MachineRecord) {
  if (machine.status === 'deploying') return { status: 1, status_name: 'Running' };
  if (machine.status === 'failed_deployment') return { status: 3, status_name: 'Failed' };
  return { status: 2, status_name: 'Passed' };
}
