import { adminMachine, editableMachine, requireAdmin, visibleMachine } from '../auth/access.ts';
import { Answer, nothing, plainText } from '../http/answers.ts';
import { badRequest, conflict, forbidden, invalid } from '../http/errors.ts';
import type { Call, Resource } from '../http/resource.ts';
import {
  abortCheckup,
  commission,
  enterRescue,
  exitRescue,
  markFixed,
  overrideFailedTesting,
  test,
} from '../lifecycle/checkups.ts';
import {
  abortDeployment,
  acquire,
  machineToken,
  requireDeployable,
  startDeployment,
} from '../lifecycle/deploy.ts';
import { nameOf, noteRequest } from '../lifecycle/moves.ts';
import { isSwitchable, queryPower, requestPowerOff, requestPowerOn } from '../lifecycle/power.ts';
import { eraseByDefault, eraseKindOf, markBroken, release } from '../lifecycle/release.ts';
import type { MachineRecord } from '../state/records.ts';
import { save, speaksAtLeast } from '../state/world.ts';
import { viewMachine } from '../views/machine.ts';
import { deployWish } from './deploy-wish.ts';
import { updateMachine } from './update-machine.ts';

/** One machine: `machines/{id}/`. */
export const machine: Resource = {
  name: 'Machine',
  read: call => viewMachine(call.world, visibleMachine(call)),
  update: updateMachine,
  remove,
  get: {
    query_power_state: async call => ({ state: await queryPower(call.world, visibleMachine(call)) }),
    power_parameters: call => adminMachine(call).powerParameters,
    get_token: getToken,
    get_curtin_config: getCurtinConfig,
    details: call => (visibleMachine(call), new Answer(200, 'application/bson', emptyDetails)),
  },
  post: {
    deploy,
    release: releaseOne,
    abort,
    power_on: powerOn,
    power_off: powerOff,
    lock,
    unlock,
    mark_broken: change((call, found) => markBroken(call.world, found, call.user, commentOf(call))),
    mark_fixed: adminChange((call, found) => markFixed(call.world, found, call.user, commentOf(call))),
    override_failed_testing: adminChange((call, found) =>
      overrideFailedTesting(call.world, found, call.user, commentOf(call)),
    ),
    commission: adminChange((call, found) => commission(call.world, found, call.user)),
    test: adminChange((call, found) => test(call.world, found, call.user)),
    rescue_mode: change((call, found) => enterRescue(call.world, found, call.user)),
    exit_rescue_mode: change((call, found) => exitRescue(call.world, found, call.user)),
    set_workload_annotations: annotate,
    set_owner_data: annotate,
    set_storage_layout: adminChange(setStorageLayout),
    restore_default_configuration: adminChange(() => {}),
    restore_networking_configuration: adminChange(() => {}),
    restore_storage_configuration: adminChange(() => {}),
  },
};

type Change = (call: Call, found: MachineRecord) => void;

/** An operation that answers with the machine as it is after it. */
function change(apply: Change) {
  return (call: Call): unknown => {
    const found = editableMachine(call);
    apply(call, found);
    return viewMachine(call.world, found);
  };
}

function adminChange(apply: Change) {
  return (call: Call): unknown => {
    const found = adminMachine(call);
    apply(call, found);
    return viewMachine(call.world, found);
  };
}

function commentOf(call: Call): string | undefined {
  return call.form.one('comment') ?? call.form.one('error_description');
}

function remove(call: Call): Answer {
  const found = adminMachine(call);
  call.world.work.replace(found.id);
  call.world.machines.delete(found.id);
  call.world.events.forget(found.id);
  const token = machineToken(call.world, found);
  if (token) call.world.tokens.delete(token.tokenKey);
  return nothing;
}

function deploy(call: Call): unknown {
  const found = editableMachine(call);
  requireDeployable(found);
  const wish = deployWish(call.world, call.form);
  requireNetwork(found);
  if (found.status === 'ready') acquire(call.world, found, call.user);
  found.agentName = call.form.one('agent_name') ?? found.agentName;
  startDeployment(call.world, found, call.user, wish);
  return viewMachine(call.world, found);
}

function requireNetwork(found: MachineRecord): void {
  if (!found.nics.some(nic => nic.subnetId !== null)) {
    throw invalid({ network: 'Node must be configured to use a network' });
  }
}

function releaseOne(call: Call): unknown {
  const found = editableMachine(call);
  // Up to 3.4 the other two only say how, and `erase` alone says whether.
  const erasing = speaksAtLeast(call.world, 3, 5) ? ['erase', 'secure_erase', 'quick_erase'] : ['erase'];
  const kind = eraseKindOf({ secure: call.form.bool('secure_erase'), quick: call.form.bool('quick_erase') });
  const erase = erasing.some(name => call.form.bool(name)) ? kind : eraseByDefault(call.world);
  release(call.world, found, call.user, { comment: commentOf(call), erase });
  return viewMachine(call.world, found);
}

/** Answers with the machine as it still is: the change comes after the answer. */
function abort(call: Call): unknown {
  const found = editableMachine(call);
  const view = viewMachine(call.world, found);
  if (found.status === 'deploying') abortDeployment(call.world, found, call.user, commentOf(call));
  else if (found.status === 'commissioning' || found.status === 'testing') {
    abortCheckup(call.world, found, call.user, commentOf(call));
  } else {
    throw conflict(`Cannot abort in current state: node ${found.id} is in state ${nameOf(found.status)}.`);
  }
  return view;
}

/** From Allocated this starts a deployment, of the default system. */
function powerOn(call: Call): unknown {
  const found = editableMachine(call);
  if (found.status === 'allocated') {
    startDeployment(call.world, found, call.user, deployWish(call.world, call.form.without('distro_series')));
  } else {
    requestPowerOn(call.world, found, call.user, commentOf(call));
  }
  return viewMachine(call.world, found);
}

function powerOff(call: Call): unknown {
  const found = editableMachine(call);
  const mode = call.form.one('stop_mode') === 'soft' ? 'soft' : 'hard';
  requestPowerOff(call.world, found, call.user, { mode, comment: commentOf(call) });
  return isSwitchable(found) ? viewMachine(call.world, found) : null;
}

function lock(call: Call): unknown {
  const found = editableMachine(call);
  if (found.status !== 'deployed' && found.status !== 'deploying') {
    throw conflict("Can't lock, node is not deployed or deploying");
  }
  return setLock(call, found, true);
}

function unlock(call: Call): unknown {
  return setLock(call, visibleMachine(call), false);
}

function setLock(call: Call, found: MachineRecord, locked: boolean): unknown {
  if (!call.user.isSuperuser && found.owner !== call.user.username) throw forbidden();
  noteRequest(
    call.world,
    found,
    call.user,
    locked ? 'User locking node' : 'User unlocking node',
    commentOf(call),
  );
  found.locked = locked;
  save(call.world, found);
  return viewMachine(call.world, found);
}

function annotate(call: Call): unknown {
  const found = editableMachine(call);
  if (found.owner !== call.user.username) {
    throw conflict("Cannot set workload annotation: it hasn't been acquired.");
  }
  const wrong = call.form.names().find(name => !/^[\w.-]+$/.test(name));
  if (wrong !== undefined) throw badRequest(`Invalid character in key: '${wrong}'`);
  for (const name of call.form.names()) {
    const value = call.form.one(name) ?? '';
    if (value === '') delete found.annotations[name];
    else found.annotations[name] = value;
  }
  save(call.world, found);
  return viewMachine(call.world, found);
}

function setStorageLayout(call: Call, found: MachineRecord): void {
  call.form.mandatory('storage_layout');
  if (found.status !== 'ready') {
    throw conflict('Cannot change the storage layout on a machine that is not Ready.');
  }
}

function getToken(call: Call): unknown {
  requireAdmin(call);
  const token = machineToken(call.world, visibleMachine(call));
  if (!token) return null;
  return { token_key: token.tokenKey, token_secret: token.tokenSecret, consumer_key: token.consumerKey };
}

function getCurtinConfig(call: Call): Answer {
  const found = visibleMachine(call);
  if (!['deploying', 'deployed', 'failed_deployment'].includes(found.status)) {
    throw badRequest(`Machine ${found.hostname} is not in a deployment state.`);
  }
  return plainText('{}\n');
}

/** BSON of `{lldp: binary, lshw: binary}`, both empty: https://bsonspec.org/spec.html */
const emptyDetails = Uint8Array.from(
  Buffer.from(['1b000000', '056c6c6470', '000000000000', '056c736877', '000000000000', '00'].join(''), 'hex'),
);
