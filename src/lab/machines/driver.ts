import type { SystemId } from '../../core/ids.ts';

/** What a kind of lab machine needs to know to act on one machine. */
export interface DriverMachine {
  id: SystemId;
  /** Short host name, such as `node-01`. */
  hostname: string;
  /** MAC address of the boot interface, lower case with colons. */
  mac: string;
  /** The address that the region has given the machine, or undefined while it has none. */
  address: string | undefined;
}

/** What a deployment puts on a machine. */
export interface DriverDeployment {
  /** Operating system and series, such as `debian/bookworm`. */
  image: string;
  /** Where cloud-init finds its data, such as `http://10.77.0.1:5240/MAAS/metadata`. */
  metadataUrl: string;
  /** Where cloud-init reports to, such as `http://10.77.0.1:5240/MAAS/metadata/status/xp3dhd`. */
  reportUrl: string;
  /** What cloud-init will find at `metadataUrl` as user data; empty when there is none. */
  userData: string;
  /** The machine's own OAuth token for the metadata API. */
  token: { consumerKey: string; tokenKey: string; tokenSecret: string };
}

/** What `release` was asked to do to the disks. */
export type EraseKind = 'quick' | 'secure' | 'full';

export type PowerState = 'on' | 'off' | 'unknown' | 'error';

/** What a machine kind tells the region of its own accord. Safe to call at any time, in any order. */
export interface RegionHooks {
  /** The power of a machine changed, by the driver or by the machine itself. */
  powerChanged(id: SystemId, state: PowerState): void;
  /** An event of the road through a deployment, as MAAS names them: 'Performing PXE boot', 'Installing OS' … */
  event(id: SystemId, type: string, description?: string): void;
  /** cloud-init of the installed system begins something. Only for kinds without a real cloud-init. */
  cloudInit(id: SystemId, name: string, description: string): void;
  /** The deployed system has fetched its user data. Only for kinds without a real cloud-init. */
  userDataFetched(id: SystemId): void;
  /** The network has given the machine another address than the region has on record; undefined: none is known. */
  addressChanged(id: SystemId, address: string | undefined): void;
  /** The deployment cannot succeed any more; the region marks it Failed deployment with this reason. */
  deploymentFailed(id: SystemId, reason: string): void;
}

/**
 * A kind of lab machine: what a real region does through a rack controller and a BMC. The region decides
 * which calls are legal and serialises them per machine. A rejected promise is a power or installation failure.
 */
export interface MachineDriver {
  readonly kind: 'hosts' | 'simulated';
  /** The metadata of the operating systems that can be deployed, such as `debian/bookworm`. */
  readonly images: readonly string[];
  /** Called once, before any other call. */
  start(hooks: RegionHooks): Promise<void>;
  /** The true power state now: it survives a restart of the region. */
  powerState(machine: DriverMachine): Promise<PowerState>;
  powerOn(machine: DriverMachine): Promise<void>;
  /** `soft` asks the operating system; `hard` is a power cut. */
  powerOff(machine: DriverMachine, mode: 'soft' | 'hard'): Promise<void>;
  /** Lays a fresh root file system and boots it. Resolves when the installed system has been started. */
  deploy(machine: DriverMachine, deployment: DriverDeployment): Promise<void>;
  /** Boots from the network to erase the disks, and leaves the machine on. Wiping does where this is missing. */
  erase?(machine: DriverMachine, how: EraseKind): Promise<void>;
  /** Destroys what was installed; the machine is powered off by then. */
  wipe(machine: DriverMachine): Promise<void>;
  /** Ends the driver itself; machines that are on stay on. */
  stop(): Promise<void>;
}
