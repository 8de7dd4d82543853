import { reasonOf } from '../../../core/errors.ts';
import type { DriverDeployment } from '../../machines/driver.ts';
import { conflict, unavailable } from '../http/errors.ts';
import { userDataOf } from '../metadata/user-data.ts';
import { addToken } from '../state/genesis.ts';
import type { MachineRecord, TokenRecord, UserRecord } from '../state/records.ts';
import { forDriver, nextNumber, save, type World } from '../state/world.ts';
import { addressFor, claimAddress } from './addresses.ts';
import { startDeadline } from './deadlines.ts';
import { forgetSystem, freeAddress, markFailed, move, nameOf, noteRequest, setPower } from './moves.ts';
import { switchOff } from './power.ts';

/** Ready → Allocated to this user. */
export function acquire(world: World, machine: MachineRecord, user: UserRecord, comment?: string): void {
  noteRequest(world, machine, user, 'User acquiring node', comment);
  move(world, machine, 'allocated', ` (to ${user.username})`);
  machine.owner = user.username;
  machine.errorDescription = '';
  save(world, machine);
}

export interface DeployWish {
  osystem: string;
  distroSeries: string;
  hweKernel: string;
  /** undefined keeps what an earlier power-on has given. */
  userData: string | undefined;
  ephemeral: boolean;
  enableHwSync: boolean;
  comment: string | undefined;
}

/**
 * Allocated → Deploying. The answer to the request shows the machine without addresses: they are claimed, and the
 * power switched, after it.
 */
export function startDeployment(
  world: World,
  machine: MachineRecord,
  user: UserRecord,
  wish: DeployWish,
): void {
  if (addressFor(world, machine) === undefined)
    throw unavailable('No more IPs available in subnet: the range is exhausted.');
  noteRequest(world, machine, user, 'User starting deployment', wish.comment);
  move(world, machine, 'deploying');
  world.events.add(machine, 'INFO', 'Deploying');
  machine.osystem = wish.osystem;
  machine.distroSeries = wish.distroSeries;
  machine.hweKernel = wish.hweKernel;
  machine.userData = wish.userData ?? machine.userData;
  machine.ephemeralDeploy = wish.ephemeral;
  machine.enableHwSync = wish.enableHwSync;
  machine.netboot = true;
  machine.installationResultId = nextNumber(world, 'scriptSet');
  machine.deployment = { startedAtMs: world.clock.now(), installed: false, finished: {}, lastReport: null };
  startDeadline(world, machine);
  install(world, machine);
}

/** Has the driver install the machine; also called for a deployment that a restart of the region has cut short. */
export function install(world: World, machine: MachineRecord): void {
  const current = world.work.replace(machine.id);
  world.work.queue(machine.id, async () => {
    if (world.closing || !current()) return;
    claimAddress(world, machine);
    try {
      await powerCycleFor(world, machine);
      if (current()) await world.driver.deploy(forDriver(machine), deploymentOf(world, machine));
      if (!current()) await undoLateInstallation(world, machine);
      else if (machine.deployment) {
        machine.deployment.installed = true;
        machine.netboot = false;
        save(world, machine);
      }
    } catch (error) {
      if (!world.closing && current()) installationFailed(world, machine, error);
    }
  });
}

/** A driver that did not notice that it was interrupted has now started a machine that nobody wants on. */
async function undoLateInstallation(world: World, machine: MachineRecord): Promise<void> {
  const isWanted = machine.status === 'deploying' || machine.status === 'deployed';
  if (!world.closing && !isWanted && machine.powerState === 'on') await switchOff(world, machine);
}

async function powerCycleFor(world: World, machine: MachineRecord): Promise<void> {
  if (machine.powerState !== 'on') {
    world.events.add(machine, 'INFO', 'Powering on');
    return;
  }
  world.events.add(machine, 'INFO', 'Power cycling');
  await world.driver.powerOff(forDriver(machine), 'hard');
  setPower(world, machine, 'off');
}

/** A driver names the error `PowerFailure` when the machine never started: MAAS then takes the deployment back. */
function installationFailed(world: World, machine: MachineRecord, error: unknown): void {
  if (!(error instanceof Error && error.name === 'PowerFailure')) {
    failDeployment(world, machine, reasonOf(error));
    return;
  }
  world.events.add(machine, 'ERROR', 'Failed to power on node', reasonOf(error));
  move(world, machine, 'allocated');
  freeAddress(machine);
  forgetSystem(machine);
  save(world, machine);
}

/** The token with which the machine reads its metadata, made at its first deployment. */
export function machineToken(world: World, machine: MachineRecord): TokenRecord | undefined {
  return world.machineTokens.first(machine.id);
}

function deploymentOf(world: World, machine: MachineRecord): DriverDeployment {
  const token =
    machineToken(world, machine) ??
    addToken(world, { name: 'MAAS consumer', user: null, machine: machine.id });
  const base = world.options.metadataBase.replace(/\/+$/, '');
  return {
    image: `${machine.osystem}/${machine.distroSeries}`,
    metadataUrl: base,
    reportUrl: `${base}/status/${machine.id}`,
    userData: userDataOf(machine)?.toString('utf8') ?? '',
    token: { consumerKey: token.consumerKey, tokenKey: token.tokenKey, tokenSecret: token.tokenSecret },
  };
}

/** The deployed system has asked for its user data: MAAS hands the machine over. No effect in any other status. */
export function handOver(world: World, machine: MachineRecord): void {
  if (machine.status !== 'deploying') return;
  machine.netboot = false;
  const image = `${machine.osystem}/${machine.distroSeries}/${machine.architecture}`;
  world.events.add(machine, 'INFO', 'Image Deployed', `deployed ${image}`);
  move(world, machine, 'deployed');
  world.events.add(machine, 'INFO', 'Deployed');
}

/** Deploying → Failed deployment; the owner, the power and the address stay. No effect in any other status. */
export function failDeployment(world: World, machine: MachineRecord, reason: string): void {
  if (machine.status !== 'deploying') return;
  world.events.add(machine, 'ERROR', 'Node installation failure', reason);
  markFailed(world, machine, 'failed_deployment', reason);
}

/** Deploying → Allocated: the owner stays, the power goes off. */
export function abortDeployment(
  world: World,
  machine: MachineRecord,
  user: UserRecord,
  comment?: string,
): void {
  noteRequest(world, machine, user, 'User aborting deployment', comment);
  world.work.replace(machine.id);
  const cutPower = async () => {
    if (machine.status !== 'deploying') return false;
    move(world, machine, 'allocated');
    world.events.add(machine, 'INFO', 'Aborted deployment');
    await switchOff(world, machine);
    return true;
  };
  world.work.interrupt(machine.id, cutPower, async () => {
    if (machine.status !== 'allocated') return;
    freeAddress(machine);
    save(world, machine);
  });
}

/** Refuses to deploy a machine that is neither Ready nor Allocated. */
export function requireDeployable(machine: MachineRecord): void {
  if (machine.status !== 'ready' && machine.status !== 'allocated') {
    throw conflict(`Can't deploy a machine that is in the '${nameOf(machine.status)}' state`);
  }
}
