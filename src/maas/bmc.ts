import * as z from 'zod';
import { ColdstartError } from '../core/errors.ts';
import { type SystemId, systemId } from '../core/ids.ts';

/** Everything else in there, passwords first, is dropped here. */
const shape = z.record(z.string(), z.object({ power_address: z.unknown().optional() }));

/** Reads `machines/?op=power_parameters`; machines without an address are left out. Errors never quote the answer. */
export function bmcAddressesOf(json: unknown): Map<SystemId, string> {
  const result = shape.safeParse(json);
  if (!result.success)
    throw new ColdstartError(
      'MAAS_NOT_MAAS',
      'the answer should be the power settings of machines and is not',
    );
  return new Map(
    Object.entries(result.data).flatMap(([id, { power_address: address }]): [SystemId, string][] =>
      typeof address === 'string' && address !== '' ? [[systemId(id), address]] : [],
    ),
  );
}
