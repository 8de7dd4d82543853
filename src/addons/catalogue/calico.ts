import * as z from 'zod';
import { defineAddon } from '../definition.ts';
import { privilegedNamespace } from './privileged-namespace.ts';

/**
 * Pod network with network policies. The chart installs an operator, and the operator installs Calico.
 * Checked: values.yaml of 3.30.3 (036c024ded8ce5abc339c8f456532678a5afe114) and of master
 * (fb5809a90ae8581f09b955a3f5873f2063a47005) at
 * https://github.com/projectcalico/calico/blob/036c024ded8ce5abc339c8f456532678a5afe114/charts/tigera-operator/values.yaml
 * Not a later line yet: the chart of 3.33 comes without the definitions of Calico's objects,
 * https://docs.tigera.io/calico/latest/maintenance/kubernetes-upgrade
 * Kubernetes 1.32 to 1.35 for 3.31: https://github.com/Rusty-Gopher/kupre/releases/tag/v0.5.0 gathers upstream's pages.
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
  checked: {
    version: 'v3.30.3',
    at: 'https://github.com/projectcalico/calico/blob/036c024ded8ce5abc339c8f456532678a5afe114/charts/tigera-operator/values.yaml',
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
