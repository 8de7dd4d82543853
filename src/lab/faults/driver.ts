import { type Clock, systemClock } from '../../core/clock.ts';
import type { SystemId } from '../../core/ids.ts';
import type { DriverMachine, EraseKind, MachineDriver, RegionHooks } from '../machines/driver.ts';
import type { RegionSubnet } from '../region/options.ts';
import { addressFaults } from './addresses.ts';
import { isOf } from './fault.ts';
import type { FaultKind } from './kinds.ts';
import type { FaultPlan } from './plan.ts';

export interface FaultyDriverOptions {
  faults: FaultPlan;
  /** How many times faster than real the machines live. */
  timeScale: number;
  subnet: Pick<RegionSubnet, 'rangeEnd'>;
  clock?: Clock;
}

/** The machine never started; the region takes the deployment back. */
class PowerFailure extends Error {
  override readonly name = 'PowerFailure';
}

/** A real power controller is given up after about half a minute. */
const bmcGivenUpMs = 30_000;
/** Longer than the region waits for anything. */
const longerThanAnyoneMs = 3 * 3_600_000;
/** From power on to the middle of an installation. */
const halfwayMs = 150_000;

/** The same machines, which break where a fault says so: any kind of them, since only their power and disks matter here. */
export function withFaults(driver: MachineDriver, options: FaultyDriverOptions): MachineDriver {
  return new FaultyDriver(driver, options);
}

class FaultyDriver implements MachineDriver {
  readonly kind: MachineDriver['kind'];
  readonly images: readonly string[];
  readonly #driver: MachineDriver;
  readonly #options: FaultyDriverOptions;
  /** Ends when the power of the machine goes off. */
  readonly #lives = new Map<SystemId, AbortController>();
  readonly #ending = new AbortController();
  readonly #readdress: ReturnType<typeof addressFaults>;
  #hooks: RegionHooks | undefined;

  constructor(driver: MachineDriver, options: FaultyDriverOptions) {
    this.kind = driver.kind;
    this.images = driver.images;
    this.#driver = driver;
    this.#options = options;
    this.#readdress = addressFaults(options);
  }

  start(hooks: RegionHooks): Promise<void> {
    this.#hooks = hooks;
    return this.#driver.start(hooks);
  }

  async powerState(machine: DriverMachine) {
    await this.#bmc(machine);
    return this.#driver.powerState(machine);
  }

  async powerOn(machine: DriverMachine): Promise<void> {
    await this.#allowPowerOn(machine);
    return this.#driver.powerOn(machine);
  }

  async powerOff(machine: DriverMachine, mode: 'soft' | 'hard'): Promise<void> {
    await this.#bmc(machine);
    if (this.#strikes('release-stuck', machine)) await this.#wait(longerThanAnyoneMs);
    if (this.#strikes('power-off-fails', machine)) throw new PowerFailure('the power controller refused');
    this.#lives.get(machine.id)?.abort();
    this.#lives.delete(machine.id);
    return this.#driver.powerOff(machine, mode);
  }

  async deploy(...[machine, deployment]: Parameters<MachineDriver['deploy']>): Promise<void> {
    await this.#allowPowerOn(machine);
    if (this.#strikes('boots-from-disk', machine)) await this.#hang(machine);
    if (this.#strikes('deployment-stuck', machine)) await this.#hang(machine, 'Performing PXE boot');
    if (this.#strikes('deployment-fails', machine)) await this.#failHalfway(machine);
    const { machine: actual, started } = this.#readdress(machine);
    await this.#driver.deploy(actual, deployment);
    const life = this.#lifeOf(machine.id);
    started(this.#hooks, ms => this.#wait(ms, life));
  }

  async erase(machine: DriverMachine, how: EraseKind): Promise<void> {
    await this.#allowPowerOn(machine);
    if (this.#strikes('erase-fails', machine)) {
      await this.#driver.powerOn(machine);
      await this.#wait(halfwayMs, this.#lifeOf(machine.id));
      throw new Error('Failed to erase disks.');
    }
    await this.#driver.erase?.(machine, how);
  }

  wipe(machine: DriverMachine): Promise<void> {
    return this.#driver.wipe(machine);
  }

  stop(): Promise<void> {
    this.#ending.abort(new Error('the lab ends'));
    this.#hooks = undefined;
    return this.#driver.stop();
  }

  async #bmc(machine: DriverMachine): Promise<void> {
    if (!this.#strikes('bmc-hangs', machine)) return;
    await this.#wait(bmcGivenUpMs);
    throw new PowerFailure('the power controller does not answer');
  }

  async #allowPowerOn(machine: DriverMachine): Promise<void> {
    await this.#bmc(machine);
    if (this.#strikes('power-on-fails', machine)) throw new PowerFailure('the power controller refused');
  }

  /** It is on and does nothing that the region hears of, until somebody cuts the power. */
  async #hang(machine: DriverMachine, lastHeard?: string): Promise<never> {
    await this.#driver.powerOn(machine);
    if (lastHeard !== undefined) this.#hooks?.event(machine.id, lastHeard);
    const life = this.#lifeOf(machine.id);
    await this.#wait(longerThanAnyoneMs, life).catch(() => undefined);
    throw new Error('the power was cut');
  }

  async #failHalfway(machine: DriverMachine): Promise<never> {
    await this.#driver.powerOn(machine);
    this.#hooks?.event(machine.id, 'Performing PXE boot');
    await this.#wait(halfwayMs, this.#lifeOf(machine.id));
    this.#hooks?.event(machine.id, 'Installing OS');
    throw new Error('Installation failed (refer to the installation log for more information).');
  }

  #strikes(kind: FaultKind, machine: DriverMachine): boolean {
    return this.#options.faults.strike(isOf(kind), machine) !== undefined;
  }

  #lifeOf(id: SystemId): AbortSignal {
    const life = this.#lives.get(id) ?? new AbortController();
    this.#lives.set(id, life);
    return life.signal;
  }

  #wait(ms: number, life?: AbortSignal): Promise<void> {
    const { clock = systemClock, timeScale } = this.#options;
    const ending = this.#ending.signal;
    return clock.sleep(ms / timeScale, life ? AbortSignal.any([life, ending]) : ending);
  }
}
