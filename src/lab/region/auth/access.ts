import type { SystemId } from '../../../core/ids.ts';
import { forbidden, notFound } from '../http/errors.ts';
import type { Call } from '../http/resource.ts';
import type { MachineRecord, UserRecord } from '../state/records.ts';

/** What a call may do with machines, without RBAC: https://github.com/canonical/maas/blob/3.4/src/maasserver/auth.py */
export function canSee(user: UserRecord, machine: { owner: string | null }): boolean {
  return user.isSuperuser || machine.owner === null || machine.owner === user.username;
}

export function canEdit(user: UserRecord, machine: MachineRecord): boolean {
  return canSee(user, machine) && !machine.locked;
}

/** The machine of the path, when the user may see it: 404 when it is not there, 403 when it is somebody else's. */
export function visibleMachine(call: Call): MachineRecord {
  const machine = call.world.machines.get(call.args['id'] as SystemId);
  if (!machine) throw notFound('Machine');
  if (!canSee(call.user, machine)) throw forbidden();
  return machine;
}

/** The machine of the path for a change: 403 also when it is locked. */
export function editableMachine(call: Call): MachineRecord {
  const machine = visibleMachine(call);
  if (!canEdit(call.user, machine)) throw forbidden();
  return machine;
}

/** The machine of the path for what only an administrator may do. */
export function adminMachine(call: Call): MachineRecord {
  const machine = visibleMachine(call);
  requireAdmin(call);
  if (machine.locked) throw forbidden();
  return machine;
}

export function requireAdmin(call: Call): void {
  if (!call.user.isSuperuser) throw forbidden();
}
