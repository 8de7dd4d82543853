import { addressNumber, addressText } from '../ipv4.ts';
import type { MachineRecord } from '../state/records.ts';
import { save, type World } from '../state/world.ts';

/** Gives a machine an address: the one it had before if that is free, else its own place in the range, else any. */
export function claimAddress(world: World, machine: MachineRecord): boolean {
  if (machine.address) return true;
  if (machine.nics[0]?.subnetId == null) return true;
  const free = freeAddresses(world);
  const first = addressNumber(world.options.subnet.rangeStart);
  const own = addressText(first + machine.number - 1);
  const address =
    [machine.lastAddress, own].find(wanted => wanted !== null && free.has(wanted)) ?? free.any();
  if (address === undefined) return false;
  machine.address = address;
  machine.lastAddress = address;
  machine.addressSinceMs = world.clock.now();
  save(world, machine);
  return true;
}

/** Whether a deployment would find an address. */
export function hasAddressFor(world: World, machine: MachineRecord): boolean {
  return (
    machine.address !== null || machine.nics[0]?.subnetId == null || freeAddresses(world).any() !== undefined
  );
}

interface FreeAddresses {
  has(address: string): boolean;
  any(): string | undefined;
}

function freeAddresses(world: World): FreeAddresses {
  const { subnet } = world.options;
  const first = addressNumber(subnet.rangeStart);
  const last = addressNumber(subnet.rangeEnd);
  const taken = new Set([subnet.gatewayIp, ...[...world.machines.values()].map(machine => machine.address)]);
  const ranges = [...world.ipRanges.values()].map(range => [
    addressNumber(range.startIp),
    addressNumber(range.endIp),
  ]);
  const isFree = (number: number) =>
    number >= first &&
    number <= last &&
    !taken.has(addressText(number)) &&
    !ranges.some(([start = 0, end = 0]) => number >= start && number <= end);
  return {
    has: address => isFree(addressNumber(address)),
    any() {
      for (let number = first; number <= last; number++) if (isFree(number)) return addressText(number);
      return undefined;
    },
  };
}
