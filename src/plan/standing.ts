import type { ClusterConfig } from '../config/schema.ts';
import { ColdstartError, type ErrorCode } from '../core/errors.ts';
import type { Machine } from '../maas/machine.ts';
import { type Intent, lockedRefusal, refusalOf } from './assess.ts';
import { annotationKeys } from './facts.ts';

type ScopeConfig = Pick<ClusterConfig, 'name' | 'machines'>;

export interface StandingOptions {
  config: ScopeConfig;
  /** Name of the MAAS user. */
  user: string;
  intent: Intent;
  /** Its deployment is behind it: it must be Deployed, with our notes. */
  deployed: boolean;
}

/**
 * Why a machine that was being worked on may not or cannot be worked on any more, as MAAS sees it now; undefined when
 * nothing stands against it. `what` is what did not work out because of that. Pure.
 */
export function lostStanding(
  machine: Machine,
  what: string,
  { config, user, intent, deployed }: StandingOptions,
): ColdstartError | undefined {
  const refused = refusalOf(machine, config, user, intent);
  if (refused !== undefined) return outOfScope(what, refused);
  if (!deployed) return undefined;
  const { hostname, status, statusName, annotations, os } = machine;
  const because =
    status === 'deployed'
      ? annotations[annotationKeys.cluster] === config.name
        ? undefined
        : `its notes of the cluster ${config.name} are gone from MAAS: somebody released it and deployed it anew${os ? `, with ${os.system}/${os.series}` : ''}`
      : `it is ${statusName} in MAAS now: somebody else has changed that`;
  if (because === undefined) return undefined;
  return new ColdstartError('MAAS_WRONG_STATE', what, {
    because,
    hint: `find out in the events of ${hostname} in MAAS who did that; coldstart up begins with what is there then`,
  });
}

/** The error for a machine that `refusalOf` refuses. */
export function outOfScope(what: string, refused: string): ColdstartError {
  const code: ErrorCode = refused === lockedRefusal ? 'MAAS_LOCKED' : 'MAAS_NOT_OURS';
  return new ColdstartError(code, what, { because: `it ${refused}` });
}
