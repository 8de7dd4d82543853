import type { SystemId } from '../../core/ids.ts';
import { ipv4Text } from '../../core/ipv4.ts';
import type { DriverMachine, RegionHooks } from '../machines/driver.ts';
import { addressNumber } from '../region/ipv4.ts';
import type { RegionSubnet } from '../region/options.ts';
import { type Fault, isOf } from './fault.ts';
import type { FaultKindOf } from './kinds.ts';
import type { FaultPlan } from './plan.ts';

type AddressKind = Extract<FaultKindOf<'machine'>, `address-${string}`>;

const kinds: readonly AddressKind[] = ['address-late', 'address-changes', 'address-wrong', 'address-taken'];

export interface AddressFaultsOptions {
  faults: FaultPlan;
  /** Addresses above its range are free for machines whose address is another one than the region says. */
  subnet: Pick<RegionSubnet, 'rangeEnd'>;
}

/** What becomes of a machine's address with its next deployment. */
export interface Readdressed {
  /** The machine as it really is. */
  machine: DriverMachine;
  /** To be called when its system starts; `wait` takes milliseconds of the machine's time, and ends with its power. */
  started(hooks: RegionHooks | undefined, wait: (ms: number) => Promise<void>): void;
}

/** Lets machines have other addresses than the region believes, where a fault says so. */
export function addressFaults({
  faults,
  subnet,
}: AddressFaultsOptions): (machine: DriverMachine) => Readdressed {
  const known = new Map<SystemId, string>();
  let above = addressNumber(subnet.rangeEnd);

  return machine => {
    const { id, address } = machine;
    if (address !== undefined) known.set(id, address);
    const fault = faults.strike(isOf(...kinds), machine);
    if (!fault || address === undefined) return { machine, started: () => undefined };
    const kind = fault.kind as AddressKind;
    const moves = kind === 'address-changes' || kind === 'address-wrong';
    const actual = moves ? ipv4Text((above += 1)) : address;
    known.set(id, actual);
    const another = (): string | undefined => [...known].find(([other]) => other !== id)?.[1];
    return {
      machine: { ...machine, address: actual },
      started: (hooks, wait) => tell(kind, fault, { hooks, id, actual, another, wait }),
    };
  };
}

interface Telling {
  hooks: RegionHooks | undefined;
  id: SystemId;
  actual: string;
  another(): string | undefined;
  wait(ms: number): Promise<void>;
}

function tell(
  kind: AddressKind,
  { seconds = 0 }: Fault,
  { hooks, id, actual, another, wait }: Telling,
): void {
  const later = (): void => {
    wait(seconds * 1000).then(
      () => hooks?.addressChanged(id, actual),
      () => undefined,
    );
  };
  if (kind === 'address-taken') hooks?.addressChanged(id, another());
  if (kind === 'address-late') hooks?.addressChanged(id, undefined);
  if (kind === 'address-late' || kind === 'address-changes') later();
}
