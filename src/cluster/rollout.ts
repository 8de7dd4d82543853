/** Whether an object does its work, and in words what is missing. */
export interface Readiness {
  done: boolean;
  seen: string;
  /** One thing to try, should it stay like this. */
  remedy?: string;
}

interface WireObject {
  kind: string;
  metadata: { name: string; generation?: number; namespace?: string };
  spec?: { replicas?: number; selector?: { matchLabels?: Record<string, string> } };
  status?: Record<string, unknown> & { conditions?: WireCondition[] };
}

interface WireCondition {
  type: string;
  status: string;
  message?: string;
}

/** Kinds that readinessOf can judge. */
export const judgedKinds: readonly string[] = [
  'Deployment',
  'DaemonSet',
  'StatefulSet',
  'Job',
  'CustomResourceDefinition',
];

/** As `kubectl rollout status` judges: https://github.com/kubernetes/kubectl/blob/master/pkg/polymorphichelpers/rollout_status.go */
export function readinessOf(object: WireObject): Readiness {
  const { kind, metadata, status = {} } = object;
  const seenGeneration = numberOf(status, 'observedGeneration');
  const rolling = kind === 'Deployment' || kind === 'DaemonSet' || kind === 'StatefulSet';
  if (rolling && seenGeneration < (metadata.generation ?? 0))
    return { done: false, seen: `${kind} ${metadata.name} was not looked at yet` };
  if (kind === 'DaemonSet')
    return counted(object, 'updatedNumberScheduled', 'numberAvailable', nodesOf(status));
  if (kind === 'Deployment')
    return counted(object, 'updatedReplicas', 'availableReplicas', replicasOf(object));
  if (kind === 'StatefulSet') return counted(object, 'updatedReplicas', 'readyReplicas', replicasOf(object));
  return hasCondition(object, kind === 'Job' ? 'Complete' : 'Established');
}

/** Whether the condition is True. */
export function hasCondition({ kind, metadata, status }: WireObject, type: string): Readiness {
  const condition = status?.conditions?.find(each => each.type === type);
  if (condition?.status === 'True') return { done: true, seen: `${kind} ${metadata.name} is ${type}` };
  const because = condition?.message ? `: ${condition.message}` : '';
  return { done: false, seen: `${kind} ${metadata.name} is not ${type}${because}` };
}

function counted(
  { kind, metadata, status = {} }: WireObject,
  updated: string,
  ready: string,
  of: number,
): Readiness {
  const count = Math.min(numberOf(status, updated), numberOf(status, ready));
  return { done: count >= of, seen: `${kind} ${metadata.name}: ${count} of ${of} pods ready` };
}

function replicasOf({ spec }: WireObject): number {
  return spec?.replicas ?? 1;
}

function nodesOf(status: Record<string, unknown>): number {
  return numberOf(status, 'desiredNumberScheduled');
}

function numberOf(status: Record<string, unknown>, key: string): number {
  const value = status[key];
  return typeof value === 'number' ? value : 0;
}
