import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ColdstartError, reasonOf } from '../../../core/errors.ts';
import { systemId } from '../../../core/ids.ts';
import type { DebianMirrors } from '../../system/apt-mirrors.ts';
import { announce } from '../../system/dnsmasq.ts';
import { unplug } from '../../system/machine-link.ts';
import type { LabNetwork } from '../../system/network.ts';
import type { DriverDeployment, DriverMachine, MachineDriver, PowerState, RegionHooks } from '../driver.ts';
import { prepareBaseImage } from './base-image.ts';
import { hasDisk, hostDir, layDisk, mountRoot, unmountRoot, wipeDisk } from './disk.ts';
import {
  cutPower,
  findHost,
  type HostProcess,
  isAlive,
  shutDown,
  startEmptyHost,
  startHost,
} from './nspawn.ts';
import { writeSeed } from './seed.ts';

export interface HostsDriverOptions {
  /** The lab's folder; disks of machines are in `hosts/` of it. */
  stateDir: string;
  cacheDir: string;
  network: LabNetwork;
  mirrors: DebianMirrors;
  aptProxyUrl: string;
  /** Release of Debian that is deployed; `bookworm` when missing. */
  suite?: string;
  log?: (text: string) => void;
}

/** Machines that are real Linux hosts on this computer, each with systemd, its own network and its own disk. */
export function createHostsDriver(options: HostsDriverOptions): MachineDriver {
  return new HostsDriver(options);
}

const SOFT_OFF_WITHIN_MS = 30_000;
const WATCH_EVERY_MS = 500;

class HostsDriver implements MachineDriver {
  readonly kind = 'hosts';
  readonly images: readonly string[];
  readonly #options: HostsDriverOptions;
  readonly #suite: string;
  /** Hosts that are on as far as we know: the watch tells when one goes off by itself. */
  readonly #running = new Map<string, HostProcess>();
  /** The last work on each host; the next begins when it ends. */
  readonly #turns = new Map<string, Promise<unknown>>();
  #hooks: RegionHooks | undefined;
  #watch: NodeJS.Timeout | undefined;

  constructor(options: HostsDriverOptions) {
    this.#options = options;
    this.#suite = options.suite ?? 'bookworm';
    this.images = [`debian/${this.#suite}`];
  }

  async start(hooks: RegionHooks): Promise<void> {
    this.#hooks = hooks;
    const names = await readdir(join(this.#options.stateDir, 'hosts')).catch(() => []);
    for (const id of names) await this.#adopt(id);
    this.#watch = setInterval(() => void this.#noticePowerOff(), WATCH_EVERY_MS).unref();
  }

  async powerState({ id }: DriverMachine): Promise<PowerState> {
    return (await findHost(this.#dir(id))) ? 'on' : 'off';
  }

  powerOn(machine: DriverMachine): Promise<void> {
    return this.#inTurn(machine.id, () => this.#powerOn(machine));
  }

  powerOff(machine: DriverMachine, mode: 'soft' | 'hard'): Promise<void> {
    return this.#inTurn(machine.id, () => this.#powerOff(machine, mode));
  }

  deploy(machine: DriverMachine, deployment: DriverDeployment): Promise<void> {
    return this.#inTurn(machine.id, () => this.#deploy(machine, deployment));
  }

  wipe({ id }: DriverMachine): Promise<void> {
    return this.#inTurn(id, async () => {
      this.#running.delete(id);
      await this.#switchOff(id);
      await wipeDisk(this.#dir(id));
    });
  }

  async stop(): Promise<void> {
    clearInterval(this.#watch);
    this.#hooks = undefined;
  }

  async #powerOn(machine: DriverMachine): Promise<void> {
    const { id } = machine;
    if (await findHost(this.#dir(id))) return;
    await this.#switchOff(id);
    const boot = hasDisk(this.#dir(id)) ? this.#boot(machine) : this.#startEmpty(machine);
    this.#running.set(id, await boot);
    this.#hooks?.powerChanged(id, 'on');
  }

  async #powerOff({ id }: DriverMachine, mode: 'soft' | 'hard'): Promise<void> {
    const host = await findHost(this.#dir(id));
    this.#running.delete(id);
    if (host && mode === 'soft') await shutDown(host, SOFT_OFF_WITHIN_MS);
    await this.#switchOff(id);
    this.#hooks?.powerChanged(id, 'off');
  }

  async #deploy(machine: DriverMachine, deployment: DriverDeployment): Promise<void> {
    this.#checkImage(deployment.image);
    const { id } = machine;
    const { cacheDir, mirrors, network, aptProxyUrl } = this.#options;
    this.#running.delete(id);
    await this.#switchOff(id);
    this.#hooks?.event(id, 'Performing PXE boot');
    const baseImage = await prepareBaseImage({ cacheDir, mirrors, suite: this.#suite });
    this.#hooks?.event(id, 'Installing OS');
    await layDisk(this.#dir(id), baseImage);
    const root = await mountRoot(this.#dir(id));
    await writeSeed(root, { machine, deployment, network, aptProxyUrl });
    this.#hooks?.event(id, 'Rebooting');
    this.#running.set(id, await this.#boot(machine));
    this.#hooks?.powerChanged(id, 'on');
  }

  #dir(id: string): string {
    return hostDir(this.#options.stateDir, id);
  }

  /** A host of an earlier process: it is watched again when it is on, and cleared away when it went off meanwhile. */
  async #adopt(id: string): Promise<void> {
    const host = await findHost(this.#dir(id));
    if (host) this.#running.set(id, host);
    else await this.#switchOff(id);
  }

  async #boot(machine: DriverMachine): Promise<HostProcess> {
    const { mac, address, hostname } = machine;
    const dir = this.#dir(machine.id);
    if (address) await announce(this.#options.network, { mac, address, hostname });
    await mountRoot(dir);
    return startHost(machine, dir, this.#options.network.bridge);
  }

  #startEmpty(machine: DriverMachine): Promise<HostProcess> {
    return startEmptyHost(machine, this.#dir(machine.id), this.#options.network.bridge);
  }

  /** Ends what is left of a host, whatever that is. */
  async #switchOff(id: string): Promise<void> {
    const dir = this.#dir(id);
    await cutPower(id, dir);
    await unplug(id);
    await unmountRoot(dir);
  }

  async #noticePowerOff(): Promise<void> {
    for (const [id, host] of this.#running) {
      if (!(await isAlive(host))) await this.#inTurn(id, () => this.#clearAway(id, host));
    }
  }

  async #clearAway(id: string, host: HostProcess): Promise<void> {
    // Somebody may have switched it on again before it was our turn.
    if (this.#running.get(id) !== host) return;
    this.#running.delete(id);
    await this.#switchOff(id).catch(error => this.#options.log?.(`${id}: ${reasonOf(error)}`));
    this.#hooks?.powerChanged(systemId(id), 'off');
  }

  #inTurn<T>(id: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(id) ?? Promise.resolve();
    const mine = before.then(work);
    this.#turns.set(
      id,
      mine.catch(() => undefined),
    );
    return mine;
  }

  #checkImage(image: string): void {
    if (this.images.includes(image)) return;
    const because = `the lab has ${this.images.join(', ')}`;
    throw new ColdstartError('LAB_FAILED', `there is no image ${image}`, { because });
  }
}
