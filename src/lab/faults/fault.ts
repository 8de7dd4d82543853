import * as z from 'zod';
import { type FaultKind, faultNames, layerOf, usualOf } from './kinds.ts';

const count = z.number().int('must be a whole number');

/** One fault: what goes wrong, where, when and how often. */
export const faultSchema = z
  .strictObject({
    kind: z.enum(faultNames),
    /** Host name or system id; every machine when missing. */
    machine: z.string().min(1).optional(),
    /** How often it strikes: each machine where machines break, in all where the API does. Always when missing. */
    times: count.min(1, 'must be 1 or more').optional(),
    /** How many chances it lets pass before it strikes. */
    after: count.min(0, 'must be 0 or more').optional(),
    /** Chance from 0 to 1, decided by the seed: once for each machine, or for each request. */
    chance: z.number().min(0, 'must be from 0 to 1').max(1, 'must be from 0 to 1').optional(),
    /** How long it lasts, or what Retry-After says; for machines by their own clock, which the lab's time scale drives. */
    seconds: z.number().positive('must be above 0').optional(),
    /** Requests that it strikes. */
    method: z.enum(['GET', 'POST', 'PUT', 'DELETE']).optional(),
    /** Below `api/2.0/`, with the operation and without the rest of the query; `*` is anything. */
    path: z.string().min(1).optional(),
  })
  .superRefine((fault, context) => {
    if (layerOf(fault.kind) === 'api' || layerOf(fault.kind) === 'colleague') return;
    for (const name of ['seconds', 'method', 'path'] as const) {
      if (fault[name] === undefined || name in usualOf(fault.kind)) continue;
      context.addIssue({ code: 'custom', path: [name], message: `means nothing for ${fault.kind}` });
    }
  });

export type Fault = z.output<typeof faultSchema>;

/** What a scenario file holds. */
export const scenarioSchema = z.strictObject({
  /** The same seed strikes the same machines. */
  seed: z.string().min(1).optional(),
  faults: z.array(faultSchema),
});

export type Scenario = z.output<typeof scenarioSchema>;

/** Whether a fault is of one of these kinds. */
export function isOf(...kinds: readonly FaultKind[]): (fault: Fault) => boolean {
  return fault => kinds.includes(fault.kind);
}

/** As it is written on the command line. */
export function faultText({ kind, ...options }: Fault): string {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return [kind, ...given.map(([name, value]) => `${name}=${value}`)].join(',');
}
