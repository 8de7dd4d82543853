import { ipv4Text } from '../../../core/ipv4.ts';
import { addressNumber } from '../ipv4.ts';
import type { MachineRecord } from '../state/records.ts';
import { save, type World } from '../state/world.ts';

/** Gives a machine an address. Answers false when there is none left. */
export function claimAddress(world: World, machine: MachineRecord): boolean {
  const address = addressFor(world, machine);
  if (address === undefined) return false;
  if (address === null || address === machine.address) return true;
  machine.address = address;
  machine.lastAddress = address;
  machine.addressSinceMs = world.clock.now();
  save(world, machine);
  return true;
}

/** The network says which address a machine has, as a lease of DHCP does. One without an owner has none. */
export function learnAddress(world: World, machine: MachineRecord, address: string | undefined): void {
  if (machine.owner === null) return;
  machine.address = address ?? null;
  machine.addressSinceMs = world.clock.now();
  save(world, machine);
}

/**
 * The address that a machine has or would get: the one it had last if that is free, else its own place in the range,
 * else any. `null` when it is on no network, undefined when there is none left.
 */
export function addressFor(world: World, machine: MachineRecord): string | null | undefined {
  if (machine.address !== null) return machine.address;
  if (machine.nics[0]?.subnetId == null) return null;
  const first = addressNumber(world.options.subnet.rangeStart);
  const last = addressNumber(world.options.subnet.rangeEnd);
  const isInRange = rangeTest(world);
  const isFine = (number: number) => number >= first && number <= last && !isInRange(number);
  const wanted = [
    machine.lastAddress === null ? Number.NaN : addressNumber(machine.lastAddress),
    first + machine.number - 1,
  ];
  const isFree = (number: number) => isFine(number) && !isTaken(world, ipv4Text(number));
  const liked = wanted.find(isFree);
  if (liked !== undefined) return ipv4Text(liked);
  for (let number = first; number <= last; number++) if (isFree(number)) return ipv4Text(number);
  return undefined;
}

function isTaken({ options, machinesByAddress }: World, address: string): boolean {
  return address === options.subnet.gatewayIp || machinesByAddress.count(address) > 0;
}

function rangeTest(world: World): (number: number) => boolean {
  const ranges = [...world.ipRanges.values()].map(({ startIp, endIp }) => ({
    start: addressNumber(startIp),
    end: addressNumber(endIp),
  }));
  return number => ranges.some(({ start, end }) => number >= start && number <= end);
}
