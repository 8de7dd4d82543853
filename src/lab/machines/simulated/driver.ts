import { setMaxListeners } from 'node:events';
import { type Clock, systemClock } from '../../../core/clock.ts';
import type { SystemId } from '../../../core/ids.ts';
import { scaledClock } from '../../../core/scaled-clock.ts';
import type { DriverDeployment, DriverMachine, MachineDriver, RegionHooks } from '../driver.ts';
import { type Curves, curvesOf2018, deploymentTimes, sample } from './curves.ts';
import { FaultPlan, type SimulatedFault, type SimulatedFaultKind } from './faults.ts';
import { ImageServer } from './image-server.ts';
import { SimulatedMemory } from './memory.ts';
import { type Random, seeded } from './random.ts';

export interface SimulatedOptions {
  /** The same seed gives the same durations and the same struck machines. */
  seed: string;
  /** How many times faster than real: 1000 makes six minutes a third of a second. */
  timeScale: number;
  /** Folder of the file that keeps power states; without one, every machine begins switched off. */
  stateDir?: string;
  clock?: Clock;
  curves?: Partial<Curves>;
  images?: readonly string[];
  faults?: readonly SimulatedFault[];
  /** Told what becomes of the machines' operating systems; without it they have none. */
  systems?: SystemEvents;
  /** How many machines can take their image at full speed at the same time; any number when missing. */
  imageServer?: number;
}

export interface SystemEvents {
  /** A fresh disk with an operating system that has not started yet. */
  installed(machine: DriverMachine, deployment: DriverDeployment): void;
  /** What is installed has started; nothing when there is nothing. */
  started(id: SystemId): void;
  stopped(id: SystemId): void;
  wiped(id: SystemId): void;
}

export interface SimulatedDriver extends MachineDriver {
  /** Whether a fault strikes a machine now; counts when it does. */
  strikes(kind: SimulatedFaultKind, machine: DriverMachine): boolean;
}

/** The machine never started; the region takes the deployment back. */
class PowerFailure extends Error {
  override readonly name = 'PowerFailure';
}

const defaultImages = ['debian/bookworm', 'ubuntu/jammy', 'ubuntu/noble'];

/**
 * Machines that exist only as a state and a clock: thousands of them cost little. They walk through a deployment in
 * the times of real ones, and stop where a fault says so.
 */
export function createSimulatedDriver(options: SimulatedOptions): SimulatedDriver {
  return new Driver(options);
}

class Driver implements SimulatedDriver {
  readonly kind = 'simulated';
  readonly images: readonly string[];
  readonly #options: SimulatedOptions;
  readonly #clock: Clock;
  readonly #curves: Curves;
  readonly #memory: SimulatedMemory;
  readonly #faults: FaultPlan;
  /** Ends when the power goes off, and with it what ran on the machine. */
  readonly #lives = new Map<SystemId, AbortController>();
  readonly #ending = new AbortController();
  readonly #imageServer: ImageServer | undefined;
  #hooks: RegionHooks | undefined;

  constructor(options: SimulatedOptions) {
    this.#options = options;
    setMaxListeners(0, this.#ending.signal);
    this.images = options.images ?? defaultImages;
    this.#clock = options.clock ?? systemClock;
    const { imageServer, timeScale } = options;
    this.#imageServer =
      imageServer === undefined
        ? undefined
        : new ImageServer(imageServer, scaledClock(timeScale, this.#clock));
    this.#curves = { ...curvesOf2018, ...options.curves };
    this.#memory = new SimulatedMemory(options.stateDir);
    this.#faults = new FaultPlan(options.faults ?? [], options.seed, {
      get: key => this.#struck(key)[key] ?? 0,
      add: key => {
        const struck = this.#struck(key);
        struck[key] = (struck[key] ?? 0) + 1;
        this.#memory.changed();
      },
    });
  }

  async start(hooks: RegionHooks): Promise<void> {
    this.#hooks = hooks;
    for (const [id, machine] of this.#memory.all()) {
      const random = seeded(`${this.#options.seed}/again/${id}`);
      if (machine.isOn && machine.isBooting) this.#bootInstalled(id, sample(this.#curves.boot, random));
      else if (machine.isOn) this.#options.systems?.started(id);
    }
  }

  async powerState(machine: DriverMachine): Promise<'on' | 'off'> {
    if (this.#faults.strikes('bmc-hangs', machine)) {
      await this.#wait(30_000);
      throw new Error('the power controller does not answer');
    }
    return this.#memory.of(machine.id).isOn ? 'on' : 'off';
  }

  strikes(kind: SimulatedFaultKind, machine: DriverMachine): boolean {
    return this.#faults.strikes(kind, machine);
  }

  async powerOn(machine: DriverMachine): Promise<void> {
    await this.#switchOn(machine);
    const life = this.#lifeOf(machine.id);
    const start = (): void => {
      if (!life.aborted) this.#options.systems?.started(machine.id);
    };
    const random = this.#randomOf(machine, 'start');
    this.#wait(sample(this.#curves.boot, random)).then(start, () => undefined);
  }

  async #switchOn(machine: DriverMachine): Promise<void> {
    const random = this.#randomOf(machine, 'power on');
    await this.#wait(sample(this.#curves.powerOn, random));
    if (this.#faults.strikes('power-on-fails', machine))
      throw new PowerFailure('the power controller refused');
    this.#setPower(machine.id, true);
  }

  async powerOff(machine: DriverMachine): Promise<void> {
    const random = this.#randomOf(machine, 'power off');
    if (this.#faults.strikes('release-stuck', machine)) {
      await endOf(this.#lifeOf(machine.id)).catch(() => undefined);
      return;
    }
    await this.#wait(sample(this.#curves.powerOff, random));
    if (this.#faults.strikes('power-off-fails', machine))
      throw new PowerFailure('the power controller refused');
    this.#lives.get(machine.id)?.abort();
    this.#options.systems?.stopped(machine.id);
    this.#lives.delete(machine.id);
    this.#memory.of(machine.id).isBooting = false;
    this.#setPower(machine.id, false);
  }

  async deploy(machine: DriverMachine, deployment: DriverDeployment): Promise<void> {
    const memory = this.#memory.of(machine.id);
    memory.deployments += 1;
    const random = this.#randomOf(machine, `deployment ${memory.deployments}`);
    const times = deploymentTimes(this.#curves, random);
    const slowness = this.#faults.strikes('slow', machine) ? 6 : 1;
    const life = this.#lifeOf(machine.id);
    const step = async (ms: number, event?: string) => {
      if (event) this.#hooks?.event(machine.id, event);
      await Promise.race([this.#wait(ms * slowness), endOf(life)]);
    };
    await this.#switchOn(machine);
    await step(times.post);
    if (this.#faults.strikes('boots-from-disk', machine)) await endOf(life);
    await step(times.pxe, 'Performing PXE boot');
    await step(times.ephemeral, 'Loading ephemeral');
    await step(times.storage, 'Configuring storage');
    await this.#stumble(machine, life);
    this.#options.systems?.wiped(machine.id);
    await this.#takeImage(machine.id, times.image * slowness, life);
    await step(times.configure, 'Configuring OS');
    this.#options.systems?.installed(machine, deployment);
    await step(times.reboot, 'Rebooting');
    memory.isBooting = true;
    this.#memory.changed();
    this.#bootInstalled(machine.id, times.boot);
  }

  async wipe(machine: DriverMachine): Promise<void> {
    await this.#wait(sample(this.#curves.wipe, this.#randomOf(machine, 'wipe')));
    this.#options.systems?.wiped(machine.id);
    this.#memory.of(machine.id).isBooting = false;
    this.#memory.changed();
  }

  async stop(): Promise<void> {
    this.#ending.abort(new Error('the lab ends'));
    this.#hooks = undefined;
    this.#memory.close();
  }

  async #takeImage(id: SystemId, ms: number, life: AbortSignal): Promise<void> {
    this.#hooks?.event(id, 'Installing OS');
    await Promise.race([this.#imageServer?.serve(ms, life) ?? this.#wait(ms), endOf(life)]);
  }

  async #stumble(machine: DriverMachine, life: AbortSignal): Promise<void> {
    if (this.#faults.strikes('deployment-stuck', machine)) await endOf(life);
    if (!this.#faults.strikes('deployment-fails', machine)) return;
    throw new Error('Installation failed (refer to the installation log for more information).');
  }

  #bootInstalled(id: SystemId, bootMs: number): void {
    const life = this.#lifeOf(id);
    const askForUserData = () => {
      if (life.aborted) return;
      this.#memory.of(id).isBooting = false;
      this.#memory.changed();
      this.#options.systems?.started(id);
      this.#hooks?.userDataFetched(id);
    };
    this.#wait(bootMs).then(askForUserData, () => undefined);
  }

  #setPower(id: SystemId, isOn: boolean): void {
    const memory = this.#memory.of(id);
    if (memory.isOn === isOn) return;
    memory.isOn = isOn;
    this.#memory.changed();
    this.#hooks?.powerChanged(id, isOn ? 'on' : 'off');
  }

  #lifeOf(id: SystemId): AbortSignal {
    const life = this.#lives.get(id) ?? new AbortController();
    this.#lives.set(id, life);
    return life.signal;
  }

  #struck(key: string): Record<string, number> {
    return this.#memory.of(key.slice(key.indexOf(' ') + 1) as SystemId).struck;
  }

  #randomOf(machine: DriverMachine, what: string): Random {
    return seeded(`${this.#options.seed}/${machine.mac}/${what}`);
  }

  #wait(ms: number): Promise<void> {
    return this.#clock.sleep(ms / this.#options.timeScale, this.#ending.signal);
  }
}

/** Rejects when the power goes off. */
function endOf(life: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => reject(new Error('the power was cut'));
    if (life.aborted) end();
    else life.addEventListener('abort', end, { once: true });
  });
}
