import * as z from 'zod';
import { defineAddon } from '../definition.ts';

/**
 * The definitions of Gateway and HTTPRoute alone, for a gateway that does not bring them: Cilium's, or one of your own.
 * 1.4.1 is what Cilium 1.19 implements, as Envoy Gateway 1.7 did at its time:
 * https://gateway.envoyproxy.io/news/releases/matrix
 * Kubernetes 1.26 and later:
 * https://dev.to/alexandrev/kubernetes-gateway-api-versions-complete-compatibility-and-upgrade-guide-36do
 */
export const gatewayApi = defineAddon({
  name: 'gateway-api',
  title: 'Gateway and HTTPRoute as kinds of objects',
  source: {
    kind: 'manifests',
    version: 'v1.4.1',
    from: ['https://github.com/kubernetes-sigs/gateway-api/releases/download/v1.4.1/standard-install.yaml'],
  },
  checked: {
    version: 'v1.4.1',
    at: 'https://github.com/kubernetes-sigs/gateway-api/releases/tag/v1.4.1',
  },
  namespace: 'default',
  settings: z.strictObject({}),
  needs: { kubernetes: { from: '1.26' } },
  provides: () => ['gateway-api'],
  problems: (_settings, cluster) =>
    cluster.wants('envoy-gateway') ? ['envoy-gateway brings its own: leave gateway-api out'] : [],
  ready: () => [
    { kind: 'established', crd: 'gateways.gateway.networking.k8s.io' },
    { kind: 'established', crd: 'httproutes.gateway.networking.k8s.io' },
  ],
  losesData: 'Every Gateway and every route in the cluster goes with it.',
});
