import * as z from 'zod';
import { ipField } from '../../config/fields.ts';
import { defineAddon, type KubernetesObject } from '../definition.ts';
import { rivalGateways, siteGateway } from './site-gateway.ts';

const namespace = 'envoy-gateway-system';

/**
 * The way in from outside, with the Gateway API. The chart brings the API's definitions too.
 * Checked for 1.9: the chart's values and what can be set of the proxy, at
 * https://github.com/envoyproxy/gateway/blob/main/site/content/en/v1.9/install/gateway-helm-api.md and
 * https://github.com/envoyproxy/gateway/blob/main/site/content/en/v1.9/tasks/operations/customize-envoyproxy.md
 * Kubernetes 1.33 to 1.36 for 1.9: https://github.com/Rusty-Gopher/kupre/releases/tag/v0.6.0 gathers upstream's page.
 */
export const envoyGateway = defineAddon({
  name: 'envoy-gateway',
  title: 'The way in from outside (Envoy Gateway)',
  source: {
    kind: 'chart',
    chart: { oci: 'oci://docker.io/envoyproxy/gateway-helm', version: 'v1.9.1' },
  },
  checked: {
    version: '1.9',
    at: 'https://github.com/envoyproxy/gateway/blob/main/site/content/en/v1.9/install/gateway-helm-api.md',
  },
  namespace,
  settings: z.strictObject({
    address: ipField
      .optional()
      .describe("Address of the gateway, one of MetalLB's. Without it, the first free one."),
    replicas: z.int().min(1).max(5).default(1).describe('How many proxies run at the same time.'),
  }),
  values: (_settings, { dnsDomain }) => ({ kubernetesClusterDomain: dnsDomain }),
  objects: ({ address, replicas }, cluster) => [
    proxy(address, replicas),
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'GatewayClass',
      metadata: { name: 'envoy' },
      spec: { controllerName: 'gateway.envoyproxy.io/gatewayclass-controller' },
    },
    siteGateway(namespace, 'envoy', cluster, { parametersRef }),
  ],
  needs: { kubernetes: { from: '1.33' }, capabilities: ['load-balancer'] },
  provides: () => ['gateway-api', 'gateway'],
  problems: (_settings, cluster) => rivalGateways('envoy-gateway', cluster),
  ready: () => [
    {
      kind: 'condition',
      apiVersion: 'gateway.networking.k8s.io/v1',
      of: 'Gateway',
      name: 'site',
      namespace,
      type: 'Programmed',
    },
  ],
  afterwards: () => [
    `The gateway's address: kubectl --namespace ${namespace} get gateway site`,
    'Let the names of your pages lead there in DNS.',
  ],
});

const parametersRef = { group: 'gateway.envoyproxy.io', kind: 'EnvoyProxy', name: 'site' };

function proxy(address: string | undefined, replicas: number): KubernetesObject {
  const service =
    address === undefined ? {} : { envoyService: { annotations: { 'metallb.io/loadBalancerIPs': address } } };
  return {
    apiVersion: 'gateway.envoyproxy.io/v1alpha1',
    kind: 'EnvoyProxy',
    metadata: { name: 'site', namespace },
    spec: {
      provider: { type: 'Kubernetes', kubernetes: { envoyDeployment: { replicas }, ...service } },
    },
  };
}
