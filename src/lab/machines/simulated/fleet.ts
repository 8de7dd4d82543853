import type { FleetMachine, RegionSubnet } from '../../region/options.ts';
import { seeded } from './random.ts';

/** A /16, since there may be thousands; nothing is ever sent to these addresses. */
export const simulatedSubnet: RegionSubnet = {
  cidr: '10.99.0.0/16',
  gatewayIp: null,
  dnsServers: [],
  rangeStart: '10.99.1.1',
  rangeEnd: '10.99.254.254',
};

/**
 * Machines for a simulated lab, the same for the same seed: `sim-001` … with the tag of control planes on the first
 * and that of workers on the others, unless `tagsOf` (index from 0) says otherwise.
 */
export function simulatedFleet(wish: {
  count: number;
  seed: string;
  tagsOf?: (index: number) => readonly string[];
}): FleetMachine[] {
  const tagsOf = wish.tagsOf ?? (index => (index === 0 ? ['k8s-master'] : ['k8s-node']));
  const digits = Math.max(3, String(wish.count).length);
  return Array.from({ length: wish.count }, (_, index) => {
    const random = seeded(`${wish.seed}/machine ${index}`);
    return {
      hostname: `sim-${String(index + 1).padStart(digits, '0')}`,
      mac: macOf(index + 1),
      tags: tagsOf(index),
      cpuCount: 4 * 2 ** Math.floor(random() * 3),
      memoryMib: 8192 * 2 ** Math.floor(random() * 3),
      diskBytes: 250_000_000_000 * 2 ** Math.floor(random() * 3),
    };
  });
}

/** An address of the range that virtual machines use. */
function macOf(number: number): string {
  const hex = number.toString(16).padStart(6, '0');
  return `52:54:00:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4, 6)}`;
}
