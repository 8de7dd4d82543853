import { ColdstartError } from '../core/errors.ts';
import type { SystemId } from '../core/ids.ts';
import type { Machine } from './machine.ts';
import type { Transport } from './transport.ts';

export interface CallOptions {
  signal?: AbortSignal | undefined;
}

/** What the parts of the client share. */
export interface Region {
  transport: Transport;
  /** Reads a machine object of MAAS. */
  read: (json: unknown) => Machine;
}

/** The path of one machine. */
export function machinePath(id: SystemId): string {
  return `machines/${encodeURIComponent(id)}/`;
}

/** Reads one machine: 2 to 4 times cheaper for the region than a list of one. */
export async function readMachine(
  region: Region,
  id: SystemId,
  { signal }: CallOptions = {},
): Promise<Machine> {
  const doing = `read machine ${id}`;
  try {
    const call = { method: 'GET', path: machinePath(id), about: id, doing, signal } as const;
    return region.read(await region.transport.call(call));
  } catch (error) {
    if (!isCode(error, 'MAAS_FORBIDDEN')) throw aboutMachine(error, id);
    // MAAS answers 403 for machines that exist and are not shown to this user, and 404 for those that do not.
    throw new ColdstartError('MAAS_NOT_OURS', error.message, {
      because: 'it belongs to another MAAS user, or to a pool that this one may not see',
      data: { ...error.data, machine: id },
    });
  }
}

export function isCode(error: unknown, code: ColdstartError['code']): error is ColdstartError {
  return error instanceof ColdstartError && error.code === code;
}

/** The same error with the system id in its data. */
export function aboutMachine(error: unknown, id: SystemId): unknown {
  if (!(error instanceof ColdstartError) || error.data['machine'] !== undefined) return error;
  const { code, message, because, hint, data, cause } = error;
  return new ColdstartError(code, message, {
    hint,
    data: { ...data, machine: id },
    ...(because === undefined ? {} : { because }),
    ...(cause === undefined ? {} : { cause }),
  });
}
