import { type Clock, systemClock } from '../../../core/clock.ts';
import type { SystemId } from '../../../core/ids.ts';
import { scaledClock } from '../../../core/scaled-clock.ts';
import type { DriverDeployment, DriverMachine, EraseKind, MachineDriver, RegionHooks } from '../driver.ts';
import { type Curve, type Curves, curvesOf2018, deploymentTimes, sample } from './curves.ts';
import { ImageServer } from './image-server.ts';
import { SimulatedMemory } from './memory.ts';
import { type Random, seeded } from './random.ts';

export interface SimulatedOptions {
  /** The same seed gives the same durations. */
  seed: string;
  /** How many times faster than real: 1000 makes six minutes a third of a second. */
  timeScale: number;
  /** Folder of the file that keeps power states; without one, every machine begins switched off. */
  stateDir?: string;
  clock?: Clock;
  curves?: Partial<Curves>;
  images?: readonly string[];
  /** How many times longer than others this machine takes for its next deployment; 1 when missing. */
  slownessOf?: (machine: DriverMachine) => number;
  /** Told what becomes of the machines' operating systems; without it they have none. */
  systems?: SystemEvents;
  /** How many machines can take their image at full speed at the same time; any number when missing. */
  imageServer?: number;
}

/** Told what cloud-init begins, as it reports it itself: a name, and what it is in words. */
export type CloudInitReport = (name: string, description: string) => void;

export interface SystemEvents {
  /** A fresh disk with an operating system that has not started yet. */
  installed(machine: DriverMachine, deployment: DriverDeployment): void;
  /** What is installed has started; nothing when there is nothing. */
  started(id: SystemId, report?: CloudInitReport): void;
  stopped(id: SystemId): void;
  wiped(id: SystemId): void;
}

const defaultImages = ['debian/bookworm', 'ubuntu/jammy', 'ubuntu/noble'];

/**
 * Machines that exist only as a state and a clock: thousands of them cost little. They walk through a deployment in
 * the times of real ones.
 */
export function createSimulatedDriver(options: SimulatedOptions): MachineDriver {
  return new SimulatedDriver(options);
}

class SimulatedDriver implements MachineDriver {
  readonly kind = 'simulated';
  readonly images: readonly string[];
  readonly #options: SimulatedOptions;
  readonly #clock: Clock;
  readonly #curves: Curves;
  readonly #memory: SimulatedMemory;
  /** Ends when the power goes off, and with it what ran on the machine. */
  readonly #lives = new Map<SystemId, AbortController>();
  readonly #ending = new AbortController();
  readonly #imageServer: ImageServer | undefined;
  #hooks: RegionHooks | undefined;

  constructor(options: SimulatedOptions) {
    this.#options = options;
    this.images = options.images ?? defaultImages;
    this.#clock = options.clock ?? systemClock;
    const { imageServer, timeScale } = options;
    this.#imageServer =
      imageServer === undefined
        ? undefined
        : new ImageServer(imageServer, scaledClock(timeScale, this.#clock));
    this.#curves = { ...curvesOf2018, ...options.curves };
    this.#memory = new SimulatedMemory(options.stateDir);
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
    return this.#memory.of(machine.id).isOn ? 'on' : 'off';
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
    this.#setPower(machine.id, true);
  }

  async powerOff(machine: DriverMachine): Promise<void> {
    const random = this.#randomOf(machine, 'power off');
    await this.#wait(sample(this.#curves.powerOff, random));
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
    const slowness = this.#options.slownessOf?.(machine) ?? 1;
    const life = this.#lifeOf(machine.id);
    const step = async (ms: number, event?: string) => {
      if (event) this.#hooks?.event(machine.id, event);
      await Promise.race([this.#wait(ms * slowness), endOf(life)]);
    };
    await this.#switchOn(machine);
    await step(times.post);
    await step(times.pxe, 'Performing PXE boot');
    await step(times.ephemeral, 'Loading ephemeral');
    await step(times.storage, 'Configuring storage');
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

  async erase(machine: DriverMachine, how: EraseKind): Promise<void> {
    const random = this.#randomOf(machine, 'erase');
    const life = this.#lifeOf(machine.id);
    const step = (curve: Curve) => Promise.race([this.#wait(sample(curve, random)), endOf(life)]);
    await this.powerOn(machine);
    await step(this.#curves.post);
    this.#hooks?.event(machine.id, 'Performing PXE boot');
    await step(this.#curves.pxe);
    this.#hooks?.event(machine.id, 'Loading ephemeral');
    await step(this.#curves.ephemeral);
    await step(this.#curves[eraseCurves[how]]);
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

  #bootInstalled(id: SystemId, bootMs: number): void {
    const life = this.#lifeOf(id);
    const askForUserData = () => {
      if (life.aborted) return;
      this.#memory.of(id).isBooting = false;
      this.#memory.changed();
      const report: CloudInitReport = (name, text) => this.#hooks?.cloudInit(id, name, text);
      // The first thing that it can tell: its stages begin before it knows whom to tell.
      report('init-network/check-cache', 'attempting to read from cache [trust]');
      this.#options.systems?.started(id, report);
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

  #randomOf(machine: DriverMachine, what: string): Random {
    return seeded(`${this.#options.seed}/${machine.mac}/${what}`);
  }

  #wait(ms: number): Promise<void> {
    return this.#clock.sleep(ms / this.#options.timeScale, this.#ending.signal);
  }
}

const eraseCurves = { quick: 'eraseQuick', secure: 'eraseSecure', full: 'eraseFull' } as const;

/** Rejects when the power goes off. */
function endOf(life: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => reject(new Error('the power was cut'));
    if (life.aborted) end();
    else life.addEventListener('abort', end, { once: true });
  });
}
