import * as z from 'zod';
import { type AddonCluster, defineAddon, type PlainTree } from '../definition.ts';
import { rivalGateways, siteGateway } from './site-gateway.ts';

/**
 * Pod network in the kernel, with network policies, optionally in the place of kube-proxy and as the site's gateway.
 * Checked: values at https://github.com/cilium/cilium/blob/v1.16.0-rc.2/Documentation/helm-values.rst and, for the choice
 * of devices, pkg/datapath/linux/devices_controller.go there: bridges and what is plugged into them are left out unless
 * they are named, so machines whose address is on a bridge that MAAS made need `devices`.
 * 1.18 is tested on Kubernetes 1.30 and later, and newer lines start no earlier:
 * https://raw.githubusercontent.com/cilium/cilium/v1.18.14/Documentation/network/kubernetes/compatibility.rst
 * Linux 5.10: https://docs.cilium.io/en/v1.19/operations/system_requirements/
 * The gateway needs kube-proxy's place and the Gateway API:
 * https://docs.cilium.io/en/latest/network/servicemesh/gateway-api/gateway-api/
 */
export const cilium = defineAddon({
  name: 'cilium',
  title: 'Pod network in the kernel (Cilium)',
  source: {
    kind: 'chart',
    chart: { repository: 'https://helm.cilium.io/', name: 'cilium', version: '1.19.4' },
  },
  checked: {
    version: '1.16.0-rc.2',
    at: 'https://github.com/cilium/cilium/blob/v1.16.0-rc.2/Documentation/helm-values.rst',
  },
  namespace: 'kube-system',
  settings: z.strictObject({
    devices: z
      .array(
        z.string().regex(/^[A-Za-z0-9][\w.-]{0,14}\+?$/, 'must be a network device such as eno1, or br+'),
      )
      .default([])
      .describe(
        'Network devices that lead to the other machines, such as eno1; br+ means every bridge. Without them, Cilium looks, and overlooks bridges.',
      ),
    replaceKubeProxy: z
      .boolean()
      .default(false)
      .describe("Do kube-proxy's work too. Put addon/kube-proxy into kubernetes.kubeadm.skipPhases as well."),
    directRoutes: z
      .boolean()
      .default(false)
      .describe('Routes in place of tunnels. Needs one layer-2 network.'),
    gateway: z
      .boolean()
      .default(false)
      .describe("Be the site's gateway. Needs the add-on gateway-api, and replaces kube-proxy."),
    hubble: z.boolean().default(false).describe("Cilium's own page that shows who talks to whom."),
    operatorReplicas: z.int().min(1).max(3).default(1).describe('How many operators run at the same time.'),
  }),
  values: (settings, cluster) => {
    const { devices, directRoutes, gateway, hubble, operatorReplicas } = settings;
    return {
      // Kubernetes gives each node its pod subnet, as it does for the other networks.
      ipam: { mode: 'kubernetes' },
      ...(devices.length > 0 ? { devices } : {}),
      ...(settings.replaceKubeProxy || gateway ? withoutKubeProxy(cluster) : {}),
      ...(directRoutes ? routes(cluster) : {}),
      gatewayAPI: { enabled: gateway },
      hubble: { relay: { enabled: hubble }, ui: { enabled: hubble } },
      operator: { replicas: operatorReplicas },
    };
  },
  objects: ({ gateway }, cluster) => (gateway ? [siteGateway('kube-system', 'cilium', cluster)] : []),
  needs: { kubernetes: { from: '1.30' }, kernel: { from: '5.10', for: 'its programs in the kernel' } },
  // Its operator looks for the kinds once, when it starts.
  alsoNeeds: ({ gateway }) => (gateway ? { addons: ['gateway-api'] } : {}),
  provides: ({ gateway }) => (gateway ? ['pod-network', 'gateway'] : ['pod-network']),
  problems: ({ gateway }, cluster) => [
    // Not among its needs: MetalLB's pods wait for the network, and would be waited for.
    ...(gateway && !cluster.provides('load-balancer')
      ? ['its gateway needs a load balancer: add metallb']
      : []),
    ...(gateway ? rivalGateways('cilium', cluster) : []),
  ],
});

function withoutKubeProxy({ endpoint }: AddonCluster): PlainTree {
  const [host, port] = endpoint?.split(':') ?? [];
  // `auto` reads kubeadm's cluster-info, so that services are not needed to reach the API that makes them.
  const api =
    host === undefined ? { k8sServiceHost: 'auto' } : { k8sServiceHost: host, k8sServicePort: port };
  return { kubeProxyReplacement: true, ...api };
}

function routes({ podSubnet }: AddonCluster): PlainTree {
  return { routingMode: 'native', autoDirectNodeRoutes: true, ipv4NativeRoutingCIDR: podSubnet };
}
