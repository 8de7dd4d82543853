import { type Clock, systemClock } from '../../../core/clock.ts';
import { ColdstartError, reasonOf } from '../../../core/errors.ts';
import type { SystemId } from '../../../core/ids.ts';
import type { DriverMachine, MachineDriver } from '../../machines/driver.ts';
import type { RegionOptions } from '../options.ts';
import { EventLog } from './events.ts';
import type {
  DeviceRecord,
  DomainRecord,
  IpRangeRecord,
  MachineRecord,
  NamedRecord,
  NotificationRecord,
  SubnetRecord,
  TagRecord,
  TokenRecord,
  UserRecord,
  VlanRecord,
} from './records.ts';
import { openStore, type Store } from './store.ts';
import type { Index } from './table.ts';
import { MachineWork } from './work.ts';

/** Everything the region's handlers act on. */
export interface World {
  options: RegionOptions;
  clock: Clock;
  timeScale: number;
  /** How long the region waits for what may take so many milliseconds of a machine's time. */
  limitOf(ms: number): number;
  version: string;
  driver: MachineDriver;
  store: Store;
  events: EventLog;
  work: MachineWork;
  /** The last list that is being made, where lists cost time. */
  listing: Promise<void>;
  /** Ends all waits of the region when it closes. */
  ending: AbortController;
  /** Background work must not begin any more. */
  readonly closing: boolean;
  users: ReturnType<typeof tables>['users'];
  tokens: ReturnType<typeof tables>['tokens'];
  machines: ReturnType<typeof tables>['machines'];
  devices: ReturnType<typeof tables>['devices'];
  tags: ReturnType<typeof tables>['tags'];
  zones: ReturnType<typeof tables>['zones'];
  pools: ReturnType<typeof tables>['pools'];
  domains: ReturnType<typeof tables>['domains'];
  fabrics: ReturnType<typeof tables>['fabrics'];
  spaces: ReturnType<typeof tables>['spaces'];
  vlans: ReturnType<typeof tables>['vlans'];
  subnets: ReturnType<typeof tables>['subnets'];
  ipRanges: ReturnType<typeof tables>['ipRanges'];
  notifications: ReturnType<typeof tables>['notifications'];
  config: ReturnType<typeof tables>['config'];
  counters: ReturnType<typeof tables>['counters'];
  /** The tokens with which machines read their metadata, by machine. */
  machineTokens: Index<TokenRecord>;
  machinesByAddress: Index<MachineRecord>;
  /** Machines that have an address, by the number of their domain. */
  namedMachines: Index<MachineRecord>;
}

const oldWorkEndsWithinMs = 60_000;
/** However fast machines live: a busy computer alone must not make the region give up. */
const leastLimitMs = 5_000;

export function openWorld(options: RegionOptions): World {
  const store = openStore(options.stateDir);
  const clock = options.clock ?? systemClock;
  const timeScale = options.timeScale ?? 1;
  const events = new EventLog(store, clock);
  const rows = tables(store);
  const ending = new AbortController();
  const limitOf = (ms: number) => Math.max(ms / timeScale, leastLimitMs);
  return {
    options,
    clock,
    timeScale,
    limitOf,
    version: options.version ?? '3.4.10',
    driver: options.driver,
    store,
    events,
    work: new MachineWork(limitOf(oldWorkEndsWithinMs), (id, error) => {
      const machine = rows.machines.get(id);
      if (machine) events.add(machine, 'CRITICAL', 'Lab failure', reasonOf(error));
    }),
    listing: Promise.resolve(),
    ending,
    get closing() {
      return ending.signal.aborted;
    },
    ...rows,
    machineTokens: rows.tokens.index(({ machine }) => machine),
    machinesByAddress: rows.machines.index(({ address }) => address),
    namedMachines: rows.machines.index(({ address, domainId }) => (address === null ? null : domainId)),
  };
}

function tables(store: Store) {
  return {
    users: store.table<UserRecord>('users'),
    tokens: store.table<TokenRecord>('tokens'),
    machines: store.table<MachineRecord>('machines'),
    devices: store.table<DeviceRecord>('devices'),
    tags: store.table<TagRecord>('tags'),
    zones: store.table<NamedRecord>('zones'),
    pools: store.table<NamedRecord>('pools'),
    domains: store.table<DomainRecord>('domains'),
    fabrics: store.table<NamedRecord>('fabrics'),
    spaces: store.table<NamedRecord>('spaces'),
    vlans: store.table<VlanRecord>('vlans'),
    subnets: store.table<SubnetRecord>('subnets'),
    ipRanges: store.table<IpRangeRecord>('ipRanges'),
    notifications: store.table<NotificationRecord>('notifications'),
    config: store.table<{ value: unknown }>('config'),
    counters: store.table<number>('counters'),
  };
}

/** The next number of a kind of thing, from 1 on. */
export function nextNumber(world: World, kind: string, first = 1): number {
  const number = world.counters.get(kind) ?? first;
  world.counters.put(kind, number + 1);
  return number;
}

/** Waits; rejects when the region closes before. */
export function pause(world: World, ms: number): Promise<void> {
  return world.clock.sleep(Math.max(0, ms), world.ending.signal);
}

/** Runs something after a while, unless the region closes before. */
export function later(world: World, ms: number, run: () => void): void {
  pause(world, ms).then(run, () => undefined);
}

/** Keeps the changes made to a machine. */
export function save(world: World, machine: MachineRecord): void {
  world.machines.put(machine.id, machine);
}

/** The record of a machine that is known to be there. */
export function machineOf(world: World, id: SystemId): MachineRecord {
  const machine = world.machines.get(id);
  if (!machine) throw new ColdstartError('BUG', `the lab's region has no machine ${id}`);
  return machine;
}

export function fqdnOf(world: World, thing: { hostname: string; domainId: number }): string {
  return `${thing.hostname}.${world.domains.get(thing.domainId)?.name ?? 'maas'}`;
}

export function forDriver(machine: MachineRecord): DriverMachine {
  return {
    id: machine.id,
    hostname: machine.hostname,
    mac: machine.nics[0]?.mac ?? '',
    address: machine.address ?? undefined,
  };
}

/** Whether the version that the region speaks as is `major.minor` or newer. */
export function speaksAtLeast(world: World, major: number, minor: number): boolean {
  const [ours = 0, oursMinor = 0] = world.version.split(/[.~-]/).map(Number);
  return ours > major || (ours === major && oursMinor >= minor);
}
