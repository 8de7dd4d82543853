import { z } from 'zod';
import { defineAddon } from '../definition.ts';
import { privilegedNamespace } from './privileged-namespace.ts';

/**
 * Pod network with network policies. The chart installs an operator, and the operator installs Calico.
 * Checked: values.yaml of 3.30.3 (036c024ded8ce5abc339c8f456532678a5afe114) and of master
 * (fb5809a90ae8581f09b955a3f5873f2063a47005) at
 * https://github.com/projectcalico/calico/blob/036c024ded8ce5abc339c8f456532678a5afe114/charts/tigera-operator/values.yaml
 * What `installation` takes: https://docs.tigera.io/calico/latest/reference/installation/api
 * 3.31 is the last line whose one chart brings its CustomResourceDefinitions. It is tested on Kubernetes 1.32 to 1.35:
 * https://docs.tigera.io/calico/3.31/getting-started/kubernetes/requirements
 */
export const calico = defineAddon({
  name: 'calico',
  title: 'Pod network with network policies (Calico)',
  source: {
    kind: 'chart',
    chart: {
      repository: 'https://docs.tigera.io/calico/charts',
      name: 'tigera-operator',
      version: 'v3.31.5',
    },
  },
  namespace: 'tigera-operator',
  namespaceLabels: privilegedNamespace,
  settings: z.strictObject({
    encapsulation: z
      .enum(['VXLANCrossSubnet', 'VXLAN', 'None'])
      .default('VXLANCrossSubnet')
      .describe('How packets travel between machines. The default wraps only what crosses a router.'),
    mtu: z.int().min(576).max(9216).optional().describe('Largest packet of a pod. Without it, found out.'),
    whisker: z.boolean().default(false).describe("Calico's own page that shows who talks to whom."),
  }),
  values: ({ encapsulation, mtu, whisker }, { podSubnet }) => ({
    installation: {
      calicoNetwork: {
        bgp: 'Disabled',
        ...(mtu === undefined ? {} : { mtu }),
        // The address that Kubernetes knows is right on machines with bridges, bonds and several networks.
        nodeAddressAutodetectionV4: { kubernetes: 'NodeInternalIP' },
        ipPools: [{ cidr: podSubnet, encapsulation, natOutgoing: 'Enabled', nodeSelector: 'all()' }],
      },
    },
    goldmane: { enabled: whisker },
    whisker: { enabled: whisker },
  }),
  needs: { kubernetes: { from: '1.32' } },
  provides: () => ['pod-network'],
  ready: () => [
    {
      kind: 'condition',
      apiVersion: 'operator.tigera.io/v1',
      of: 'TigeraStatus',
      name: 'calico',
      type: 'Available',
    },
  ],
});
