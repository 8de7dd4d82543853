import type { MachineDriver } from './machines/driver.ts';

/** What lab machines say of themselves, where real ones name their maker. */
export const labVendor = 'coldstart';

const products: Record<MachineDriver['kind'], string> = {
  simulated: 'simulated machine',
  hosts: 'host of a lab',
};

export function labProduct(kind: MachineDriver['kind']): string {
  return products[kind];
}

/** Whether a lab simulates the machine: there is nothing that could answer over SSH, but for that lab's stand-ins. */
export function isSimulated({ vendor, product }: { vendor: string; product: string }): boolean {
  return vendor === labVendor && product === products.simulated;
}
