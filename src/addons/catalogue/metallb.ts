import * as z from 'zod';
import { type AddonCluster, defineAddon } from '../definition.ts';
import { type AddressRange, overlappingRanges, parseAddressRange } from './address-pool.ts';
import { privilegedNamespace } from './privileged-namespace.ts';

const addressesField = z.string().superRefine((text, ctx) => {
  const range = parseAddressRange(text);
  if (typeof range === 'string') ctx.addIssue({ code: 'custom', message: range });
});

/**
 * Addresses of the local network for services of the type LoadBalancer, answered by ARP on layer 2.
 * 0.16.1 is out: https://gitlab.com/sylva-projects/sylva-core/-/merge_requests/8010
 */
export const metallb = defineAddon({
  name: 'metallb',
  title: 'Addresses for services (MetalLB)',
  source: {
    kind: 'chart',
    chart: { repository: 'https://metallb.github.io/metallb', name: 'metallb', version: '0.16.1' },
  },
  checked: {
    version: '0.16',
    at: 'https://github.com/metallb/metallb/blob/017774f22d6f44de57c03a200fb5e57066afc827/charts/metallb/values.yaml',
  },
  namespace: 'metallb-system',
  namespaceLabels: privilegedNamespace,
  settings: z.strictObject({
    addresses: z
      .array(addressesField)
      .min(1)
      .describe(
        "Addresses of the machines' network that nothing else gives out: 192.168.10.200-192.168.10.220 or 192.168.10.208/28.",
      ),
    interfaces: z
      .array(z.string().regex(/^[A-Za-z0-9][\w.-]{0,14}$/, 'must be a network device such as eno1'))
      .default([])
      .describe('Network devices to answer on. Without them, all.'),
  }),
  // BGP and its routing daemons are left out: one switch needs neither.
  values: () => ({ frrk8s: { enabled: false }, speaker: { frr: { enabled: false } } }),
  objects: ({ addresses, interfaces }) => [
    {
      apiVersion: 'metallb.io/v1beta1',
      kind: 'IPAddressPool',
      metadata: { name: 'site', namespace: 'metallb-system' },
      spec: { addresses: addresses.map(withPrefix) },
    },
    {
      apiVersion: 'metallb.io/v1beta1',
      kind: 'L2Advertisement',
      metadata: { name: 'site', namespace: 'metallb-system' },
      spec: { ipAddressPools: ['site'], ...(interfaces.length > 0 ? { interfaces } : {}) },
    },
  ],
  provides: () => ['load-balancer'],
  givesOut: ({ addresses }) =>
    addresses.map((range, index) => ({ setting: `addresses.${index}`, addresses: range })),
  problems: ({ addresses }, cluster) => poolProblems(addresses, cluster),
});

/** MetalLB takes networks and ranges, but no single address. */
function withPrefix(addresses: string): string {
  return /[/-]/.test(addresses) ? addresses : `${addresses}/32`;
}

function poolProblems(addresses: readonly string[], cluster: AddonCluster): string[] {
  const ranges = addresses.map(parseAddressRange).filter(range => typeof range !== 'string');
  const twice = overlappingRanges(ranges).map(([a, b]) => `${a.text} and ${b.text} have addresses in common`);
  return [...twice, ...ranges.flatMap(range => clusterProblems(range, cluster))];
}

function clusterProblems(range: AddressRange, cluster: AddonCluster): string[] {
  const { podSubnet, serviceSubnet, endpoint } = cluster;
  const [endpointHost = ''] = endpoint?.split(':') ?? [];
  const others = [
    ['kubernetes.podSubnet', podSubnet],
    ['kubernetes.serviceSubnet', serviceSubnet],
    ['kubernetes.endpoint', endpointHost],
  ] as const;
  return others
    .filter(([, text]) => {
      const other = parseAddressRange(text);
      return typeof other !== 'string' && overlappingRanges([range, other]).length > 0;
    })
    .map(([setting, text]) => `${range.text} overlaps ${setting} (${text})`);
}
