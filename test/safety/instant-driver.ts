import type { SystemId } from '../../src/core/ids.ts';
import type { DriverMachine, MachineDriver, RegionHooks } from '../../src/lab/machines/driver.ts';

/** Machines that take no time at all, and fail their next deployment when they were told to. */
export interface InstantDriver extends MachineDriver {
  failNext(id: SystemId): void;
}

export function createInstantDriver(): InstantDriver {
  let hooks: RegionHooks | undefined;
  const on = new Set<SystemId>();
  const failing = new Set<SystemId>();
  const setPower = ({ id }: DriverMachine, isOn: boolean) => {
    if (isOn) on.add(id);
    else on.delete(id);
    hooks?.powerChanged(id, isOn ? 'on' : 'off');
  };
  return {
    kind: 'simulated',
    images: ['debian/bookworm', 'ubuntu/noble'],
    failNext: id => void failing.add(id),
    async start(given) {
      hooks = given;
    },
    powerState: async ({ id }) => (on.has(id) ? 'on' : 'off'),
    powerOn: async machine => setPower(machine, true),
    powerOff: async machine => setPower(machine, false),
    async deploy(machine) {
      setPower(machine, true);
      if (failing.delete(machine.id)) throw new Error('Installation failed');
      // Only when the region has taken the machine to be installed, as a system that boots does.
      setImmediate(() => hooks?.userDataFetched(machine.id));
    },
    wipe: async () => undefined,
    async stop() {
      hooks = undefined;
    },
  };
}
