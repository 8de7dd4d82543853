import type { SystemId } from '../../../core/ids.ts';
import type { RegionHooks } from '../../machines/driver.ts';
import { createdMsOfType, logReport } from '../metadata/reports.ts';
import type { MachineRecord } from '../state/records.ts';
import { forDriver, type World } from '../state/world.ts';
import { learnAddress } from './addresses.ts';
import { goThroughCheckup } from './checkups.ts';
import { watchDeadline } from './deadlines.ts';
import { failDeployment, handOver, install } from './deploy.ts';
import { setPower } from './moves.ts';
import { isSwitchable } from './power.ts';
import { erase, powerOffAndRelease } from './release.ts';

/** What machines and their driver tell the region of their own accord. Unknown machines are ignored. */
export function hooksOf(world: World): RegionHooks {
  const about = (id: SystemId, then: (machine: MachineRecord) => void) => {
    const machine = world.machines.get(id);
    if (machine && !world.closing) then(machine);
  };
  return {
    powerChanged: (id, state) => about(id, machine => setPower(world, machine, state)),
    event: (id, type, description = '') =>
      about(id, machine => {
        const createdMs = createdMsOfType(type, world.clock.now());
        world.events.add(machine, 'INFO', type, description, { createdMs });
      }),
    cloudInit: (id, name, description) =>
      about(id, machine =>
        logReport(world, machine, {
          event_type: 'start',
          origin: 'cloudinit',
          name,
          description,
          timestamp: world.clock.now() / 1000,
        }),
      ),
    userDataFetched: id => about(id, machine => handOver(world, machine)),
    addressChanged: (id, address) => about(id, machine => learnAddress(world, machine, address)),
    deploymentFailed: (id, reason) => about(id, machine => failDeployment(world, machine, reason)),
  };
}

/** After a restart: asks for the true power states, and carries on what was under way. */
export async function recover(world: World): Promise<void> {
  const machines = [...world.machines.values()];
  await Promise.all(machines.map(machine => readPower(world, machine)));
  for (const machine of machines) {
    carryOn(world, machine);
    if (machine.deadlineMs !== null) watchDeadline(world, machine.id, machine.deadlineMs);
  }
}

async function readPower(world: World, machine: MachineRecord): Promise<void> {
  if (!isSwitchable(machine)) return;
  const state = await world.driver.powerState(forDriver(machine)).catch(() => 'error' as const);
  setPower(world, machine, state);
}

function carryOn(world: World, machine: MachineRecord): void {
  if (machine.status === 'deploying' && !machine.deployment?.installed) install(world, machine);
  if (machine.status === 'releasing') powerOffAndRelease(world, machine, machine.statusBefore);
  if (machine.status === 'disk_erasing') erase(world, machine);
  goThroughCheckup(world, machine);
}
