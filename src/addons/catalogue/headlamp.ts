import * as z from 'zod';
import { domainField } from '../../config/fields.ts';
import { defineAddon, type KubernetesObject } from '../definition.ts';
import { pageUrl, sitePage } from './site-gateway.ts';

const namespace = 'headlamp';
const account = 'headlamp';
const page = (host: string | undefined) => ({ name: 'headlamp', namespace, port: 80, host });

/**
 * The cluster in a browser. Whoever has the token sees what the role allows; everybody else sees a login.
 * The chart's release: https://github.com/kubernetes-sigs/headlamp/releases/tag/headlamp-helm-0.43.0
 */
export const headlamp = defineAddon({
  name: 'headlamp',
  title: 'The cluster in a browser (Headlamp)',
  source: {
    kind: 'chart',
    chart: { repository: 'https://kubernetes-sigs.github.io/headlamp/', name: 'headlamp', version: '0.43.0' },
  },
  checked: {
    version: '0.43.0',
    at: 'https://github.com/kubernetes-sigs/headlamp/blob/0153c511c6d2f8eb3ea3c695af10c08acdb08720/charts/headlamp/values.yaml',
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
  values: () => ({
    serviceAccount: { create: true, name: account },
    // A binding cannot change its role, so each role has a binding of its own, below.
    clusterRoleBinding: { create: false },
  }),
  objects: ({ host, role }, cluster) => [
    ...(role === 'admin' ? [binding('cluster-admin')] : [binding('view'), reader, binding(readerName)]),
    ...sitePage(page(host), cluster),
  ],
  dashboards: ({ host }, cluster) => [
    {
      name: 'headlamp',
      title: 'Headlamp',
      service: 'headlamp',
      port: 80,
      ...pageUrl(host, cluster),
      login: { kind: 'token', serviceAccount: account },
    },
  ],
});

const rbac = 'rbac.authorization.k8s.io';
const readerName = 'headlamp-read-cluster';

/** `view` knows only what is in namespaces; a page without nodes and volumes is half a page. */
const reader: KubernetesObject = {
  apiVersion: `${rbac}/v1`,
  kind: 'ClusterRole',
  metadata: { name: readerName },
  rules: [
    read('', 'nodes', 'persistentvolumes'),
    read('metrics.k8s.io', 'nodes', 'pods'),
    read('storage.k8s.io', 'storageclasses', 'csidrivers', 'csinodes', 'volumeattachments'),
    read('apiextensions.k8s.io', 'customresourcedefinitions'),
    read('gateway.networking.k8s.io', 'gatewayclasses', 'gateways', 'httproutes'),
    read('networking.k8s.io', 'ingressclasses'),
  ],
};

function read(apiGroup: string, ...resources: string[]) {
  return { apiGroups: [apiGroup], resources, verbs: ['get', 'list', 'watch'] };
}

function binding(role: string): KubernetesObject {
  return {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: role === readerName ? role : `headlamp-${role}` },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
  };
}
