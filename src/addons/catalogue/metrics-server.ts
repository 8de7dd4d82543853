import * as z from 'zod';
import { defineAddon } from '../definition.ts';

/**
 * CPU and memory of nodes and pods for `kubectl top` and autoscalers.
 * Values: https://github.com/kubernetes-sigs/metrics-server/blob/metrics-server-helm-chart-3.13.0/charts/metrics-server/values.yaml
 */
export const metricsServer = defineAddon({
  name: 'metrics-server',
  title: 'CPU and memory for kubectl top',
  source: {
    kind: 'chart',
    chart: {
      repository: 'https://kubernetes-sigs.github.io/metrics-server/',
      name: 'metrics-server',
      version: '3.13.0',
    },
  },
  checked: {
    version: '3.13.0',
    at: 'https://github.com/kubernetes-sigs/metrics-server/blob/metrics-server-helm-chart-3.13.0/charts/metrics-server/values.yaml',
  },
  namespace: 'kube-system',
  settings: z.strictObject({
    replicas: z.int().min(1).max(5).default(1).describe('How many run at the same time.'),
    verifyKubelets: z
      .boolean()
      .default(false)
      .describe(
        'Check the certificates of the kubelets. kubeadm lets kubelets sign their own, which cannot be checked.',
      ),
  }),
  values: ({ replicas, verifyKubelets }) => ({
    replicas,
    args: verifyKubelets ? [] : ['--kubelet-insecure-tls'],
  }),
  needs: { kubernetes: { from: '1.31' } },
  ready: () => [
    {
      kind: 'condition',
      apiVersion: 'apiregistration.k8s.io/v1',
      of: 'APIService',
      name: 'v1beta1.metrics.k8s.io',
      type: 'Available',
    },
  ],
  afterwards: () => ['kubectl top nodes'],
});
