import { expect, test } from 'vitest';
import { hasCondition, readinessOf } from './rollout.ts';

const metadata = { name: 'web', generation: 2 };

test.each([
  ['Deployment', { replicas: 2 }, { observedGeneration: 2, updatedReplicas: 2, availableReplicas: 2 }, true],
  ['Deployment', { replicas: 2 }, { observedGeneration: 1, updatedReplicas: 2, availableReplicas: 2 }, false],
  ['Deployment', { replicas: 2 }, { observedGeneration: 2, updatedReplicas: 1, availableReplicas: 2 }, false],
  ['Deployment', { replicas: 0 }, { observedGeneration: 2 }, true],
  ['StatefulSet', {}, { observedGeneration: 2, updatedReplicas: 1, readyReplicas: 1 }, true],
  [
    'DaemonSet',
    {},
    { observedGeneration: 2, desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 2 },
    false,
  ],
  ['Job', {}, { conditions: [{ type: 'Complete', status: 'True' }] }, true],
  ['CustomResourceDefinition', {}, { conditions: [{ type: 'Established', status: 'False' }] }, false],
])('%s with %j and %j: %s', (kind, spec, status, done) => {
  expect(readinessOf({ kind, metadata, spec, status }).done).toBe(done);
});

test('what is missing is said in words', () => {
  const status = { conditions: [{ type: 'Available', status: 'False', message: 'no endpoints' }] };
  expect(hasCondition({ kind: 'APIService', metadata, status }, 'Available').seen).toBe(
    'APIService web is not Available: no endpoints',
  );
});
