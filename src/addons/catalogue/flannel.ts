import * as z from 'zod';
import { defineAddon } from '../definition.ts';
import { privilegedNamespace } from './privileged-namespace.ts';

/**
 * The simplest network that crosses routers. It enforces no network policies.
 */
export const flannel = defineAddon({
  name: 'flannel',
  title: 'Simple pod network (flannel)',
  source: {
    kind: 'chart',
    chart: { repository: 'https://flannel-io.github.io/flannel/', name: 'flannel', version: 'v0.28.9' },
  },
  checked: {
    version: 'v0.28.9',
    at: 'https://github.com/flannel-io/flannel/blob/07274bb76ce6574657b4fb706ed4b173d1d22509/chart/kube-flannel/values.yaml',
  },
  namespace: 'kube-flannel',
  namespaceLabels: privilegedNamespace,
  settings: z.strictObject({
    backend: z
      .enum(['vxlan', 'host-gw', 'wireguard'])
      .default('vxlan')
      .describe(
        'vxlan works everywhere; host-gw is faster and needs one layer-2 network; wireguard encrypts.',
      ),
    mtu: z
      .int()
      .min(576)
      .max(9216)
      .optional()
      .describe("Largest packet on the way between machines. Without it, the device's own."),
  }),
  values: ({ backend, mtu }, { podSubnet }) => ({
    podCidr: podSubnet,
    flannel: { backend, ...(mtu === undefined ? {} : { mtu }) },
  }),
  provides: () => ['pod-network'],
});
