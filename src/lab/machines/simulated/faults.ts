import type { DriverMachine } from '../driver.ts';
import { seeded } from './random.ts';

/** What can be made to go wrong with simulated machines. */
export const simulatedFaultKinds = {
  'deployment-fails': 'the installer reports a failure in the middle',
  'deployment-stuck': 'the installer goes silent and never ends',
  'boots-from-disk': 'the machine starts, but from its disk instead of the network',
  'release-stuck': 'the command to power off never ends',
  'power-on-fails': 'the power controller refuses to switch on',
  'power-off-fails': 'the power controller refuses to switch off',
  'bmc-hangs': 'the power controller does not answer questions',
  'no-sudo': 'sudo asks for a password',
  'prepare-fails': 'packages cannot be installed',
  'init-fails': 'kubeadm init fails',
  'join-fails': 'kubeadm join fails',
  'never-ready': 'the kubelet never reports',
  slow: 'everything takes six times as long',
} as const;
export type SimulatedFaultKind = keyof typeof simulatedFaultKinds;

export interface SimulatedFault {
  kind: SimulatedFaultKind;
  /** Host name or system id; every machine when missing. */
  machine?: string;
  /** Chance from 0 to 1 that a machine has it at all, decided by the seed; 1 when missing. */
  chance?: number;
  /** How often it strikes on each machine; always when missing. */
  times?: number;
}

export interface FaultCounts {
  get(key: string): number;
  add(key: string): void;
}

/** Decides whether a fault strikes now, and counts that it did. Counts are kept, so once means once. */
export class FaultPlan {
  readonly #faults: readonly SimulatedFault[];
  readonly #seed: string;
  readonly #counts: FaultCounts;

  constructor(faults: readonly SimulatedFault[], seed: string, counts: FaultCounts) {
    this.#faults = faults;
    this.#seed = seed;
    this.#counts = counts;
  }

  strikes(kind: SimulatedFaultKind, machine: DriverMachine): boolean {
    return this.#faults.some((fault, index) => {
      if (fault.kind !== kind || !this.#isOn(fault, index, machine)) return false;
      const key = `${index} ${machine.id}`;
      if (fault.times !== undefined && this.#counts.get(key) >= fault.times) return false;
      this.#counts.add(key);
      return true;
    });
  }

  #isOn(fault: SimulatedFault, index: number, machine: DriverMachine): boolean {
    if (fault.machine !== undefined && fault.machine !== machine.hostname && fault.machine !== machine.id)
      return false;
    return (
      fault.chance === undefined || seeded(`${this.#seed}/fault ${index}/${machine.mac}`)() < fault.chance
    );
  }
}
