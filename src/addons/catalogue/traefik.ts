import * as z from 'zod';
import { ipField } from '../../config/fields.ts';
import { defineAddon } from '../definition.ts';

/**
 * The way in from outside for those who stay with Ingress.
 * and the changes up to 40.3.0 at https://newreleases.io/project/github/traefik/traefik-helm-chart/release/v40.3.0
 * Kubernetes 1.22 and later: the chart's own limit, in traefik/Changelog.md of 37.3.0.
 */
export const traefik = defineAddon({
  name: 'traefik',
  title: 'The way in from outside for Ingress (Traefik)',
  source: {
    kind: 'chart',
    chart: { repository: 'https://traefik.github.io/charts', name: 'traefik', version: '40.3.0' },
  },
  checked: {
    version: 'before 40.3.0',
    at: 'https://github.com/traefik/traefik-helm-chart/blob/00374755f4dc43501d59974079a9f0db49af1f85/traefik/values.yaml',
  },
  namespace: 'traefik',
  settings: z.strictObject({
    address: ipField
      .optional()
      .describe("Address of Traefik, one of MetalLB's. Without it, the first free one."),
    replicas: z.int().min(1).max(5).default(1).describe('How many run at the same time.'),
    defaultClass: z.boolean().default(true).describe('Whether an Ingress that names no class is served.'),
  }),
  values: ({ address, replicas, defaultClass }) => ({
    deployment: { replicas },
    ingressClass: { enabled: true, isDefaultClass: defaultClass, name: 'traefik' },
    providers: { kubernetesIngress: { enabled: true }, kubernetesGateway: { enabled: false } },
    ...(address === undefined ? {} : { service: { annotations: { 'metallb.io/loadBalancerIPs': address } } }),
  }),
  needs: { kubernetes: { from: '1.22' }, capabilities: ['load-balancer'] },
  afterwards: () => ["Traefik's address: kubectl --namespace traefik get service traefik"],
});
