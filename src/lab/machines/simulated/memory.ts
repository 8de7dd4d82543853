import path from 'node:path';
import type { SystemId } from '../../../core/ids.ts';
import { keep, readKept } from '../../kept.ts';

/** What a simulated machine remembers over a restart of the lab. */
export interface SimulatedMachine {
  isOn: boolean;
  /** Deployments so far: the next one has other durations. */
  deployments: number;
  /** The installed system is starting and has not asked for its user data yet. */
  isBooting: boolean;
}

/** The machines' power and progress, in one small file that is written a moment after a change: seconds where there are thousands. */
export class SimulatedMemory {
  readonly #file: string | undefined;
  readonly #machines: Map<SystemId, SimulatedMachine>;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** Without a folder nothing is kept. */
  constructor(stateDir: string | undefined) {
    this.#file = stateDir === undefined ? undefined : path.join(stateDir, 'simulated.json');
    this.#machines = new Map(this.#kept() ?? []);
  }

  of(id: SystemId): SimulatedMachine {
    const known = this.#machines.get(id);
    if (known) return known;
    const machine = { isOn: false, deployments: 0, isBooting: false };
    this.#machines.set(id, machine);
    return machine;
  }

  all(): IterableIterator<[SystemId, SimulatedMachine]> {
    return this.#machines.entries();
  }

  changed(): void {
    const soonMs = Math.max(20, this.#machines.size);
    if (this.#file && !this.#isClosed) this.#timer ??= setTimeout(() => this.#write(), soonMs).unref();
  }

  /** Keeps what there is; what changes later is lost. */
  close(): void {
    this.#isClosed = true;
    this.#write();
  }

  #kept(): [SystemId, SimulatedMachine][] | undefined {
    return this.#file === undefined
      ? undefined
      : (readKept(this.#file) as [SystemId, SimulatedMachine][] | undefined);
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#file) keep(this.#file, [...this.#machines]);
  }
}
