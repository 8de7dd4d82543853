import type { ClusterConfig } from '../config/schema.ts';
import { ColdstartError, type ErrorCode } from '../core/errors.ts';
import { type SystemId, systemId } from '../core/ids.ts';
import type { Machine } from '../maas/machine.ts';
import type { Intent } from '../plan/assess.ts';
import { lostStanding } from '../plan/standing.ts';
import { deploymentSteps } from '../steps/order.ts';
import type { World } from '../steps/ports.ts';

export interface ExplainOptions {
  machines: Pick<World['machines'], 'look'>;
  facts: World['facts'];
  config: ClusterConfig;
  /** Name of the MAAS user. */
  user: string;
  intent: Intent;
  /** The run's machines. */
  isMachine(target: string): boolean;
}

/** What a person meets who works on a machine that is not what it was: the reason may be known to MAAS. */
const symptoms: readonly ErrorCode[] = ['SSH_UNREACHABLE', 'SSH_HOST_KEY', 'ANSIBLE_FAILED', 'TIMED_OUT'];

/**
 * Looks at MAAS once more before a machine's failure is told: that it was locked, released, taken, deployed anew or deleted
 * is the reason, and that it does not answer over SSH only what follows. One request, and only after a failure.
 */
export function createExplain(options: ExplainOptions) {
  const { machines, facts, isMachine } = options;
  return async ({ target, step, error }: { target: string; step: string; error: unknown }) => {
    if (!(error instanceof ColdstartError) || !symptoms.includes(error.code) || !isMachine(target))
      return error;
    const id = systemId(target);
    const before = facts.machine(id);
    const now = await lookOrReason(machines, id, error);
    if (now instanceof ColdstartError) return now;
    const deployed = !deploymentSteps.includes(step);
    return lostStanding(now, error.message, { ...options, deployed }) ?? withNews(error, before, now);
  };
}

/** That it is gone is a reason; that MAAS cannot be asked now is none. */
async function lookOrReason(
  machines: ExplainOptions['machines'],
  id: SystemId,
  error: ColdstartError,
): Promise<Machine | ColdstartError> {
  try {
    return await machines.look(id);
  } catch (thrown) {
    return thrown instanceof ColdstartError && thrown.code === 'MAAS_GONE' ? thrown : error;
  }
}

/** What MAAS knows that does not stand against the machine, and yet may be why it does not answer. */
function withNews(error: ColdstartError, before: Machine, now: Machine): ColdstartError {
  if (error.code !== 'SSH_UNREACHABLE' && error.code !== 'TIMED_OUT') return error;
  const news = [
    ...(now.address === before.address ? [] : [`its address is ${now.address ?? 'gone'} now`]),
    ...(now.powerState === 'off' ? ['it is switched off'] : []),
  ];
  if (news.length === 0) return error;
  const { code, message, because, hint, data, cause } = error;
  const told = `MAAS says that ${news.join(' and ')}`;
  return new ColdstartError(code, message, {
    because: because === undefined ? told : `${because}; ${told}`,
    hint,
    data,
    cause,
  });
}
