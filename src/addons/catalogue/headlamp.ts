import { z } from 'zod';
import { domainField } from '../../config/fields.ts';
import { defineAddon, type KubernetesObject } from '../definition.ts';
import { pageAddress, sitePage } from './site-gateway.ts';

const namespace = 'headlamp';
const page = (host: string | undefined) => ({ name: 'headlamp', namespace, port: 80, host });

/**
 * The cluster in a browser. Whoever has the token sees what the role allows; everybody else sees a login.
 * Checked for 0.43.0: charts/headlamp/values.yaml at
 * https://github.com/kubernetes-sigs/headlamp/blob/0153c511c6d2f8eb3ea3c695af10c08acdb08720/charts/headlamp/values.yaml
 * What `view` allows: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles
 */
export const headlamp = defineAddon({
  name: 'headlamp',
  title: 'The cluster in a browser (Headlamp)',
  source: {
    kind: 'chart',
    chart: { repository: 'https://kubernetes-sigs.github.io/headlamp/', name: 'headlamp', version: '0.43.0' },
  },
  namespace,
  settings: z.strictObject({
    host: domainField
      .optional()
      .describe(
        'Name of the page, such as headlamp.rack.home.arpa. Without it, only a port-forward opens it.',
      ),
    role: z
      .enum(['read-only', 'admin'])
      .default('read-only')
      .describe('What the token of the page may do. read-only sees no secrets.'),
  }),
  values: ({ role }) => ({
    serviceAccount: { create: true, name: 'headlamp' },
    clusterRoleBinding: { create: true, clusterRoleName: role === 'admin' ? 'cluster-admin' : 'view' },
  }),
  objects: ({ host, role }, cluster) => [
    ...(role === 'read-only' ? nodesReader() : []),
    ...sitePage(page(host), cluster),
  ],
  afterwards: ({ host }, cluster) => [
    `Headlamp: ${pageAddress(page(host), cluster)}`,
    `Log in with: kubectl --namespace ${namespace} create token headlamp --duration 8h`,
  ],
});

const reader = 'headlamp-read-cluster';

/** `view` knows only what is in namespaces; a page without nodes and volumes is half a page. */
function nodesReader(): KubernetesObject[] {
  const read = (apiGroup: string, ...resources: string[]) => ({
    apiGroups: [apiGroup],
    resources,
    verbs: ['get', 'list', 'watch'],
  });
  const rules = [
    read('', 'nodes', 'persistentvolumes'),
    read('metrics.k8s.io', 'nodes', 'pods'),
    read('storage.k8s.io', 'storageclasses', 'csidrivers', 'csinodes', 'volumeattachments'),
    read('apiextensions.k8s.io', 'customresourcedefinitions'),
    read('gateway.networking.k8s.io', 'gatewayclasses', 'gateways', 'httproutes'),
    read('networking.k8s.io', 'ingressclasses'),
  ];
  const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: reader } };
  return [
    { ...rbac, kind: 'ClusterRole', rules },
    {
      ...rbac,
      kind: 'ClusterRoleBinding',
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: reader },
      subjects: [{ kind: 'ServiceAccount', name: 'headlamp', namespace }],
    },
  ];
}
