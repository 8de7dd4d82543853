import * as z from 'zod';
import { domainField, labelField } from '../../config/fields.ts';
import { type AddonCluster, defineAddon, type PlainTree } from '../definition.ts';
import { privilegedNamespace } from './privileged-namespace.ts';
import { pageOrigin, pageUrl, sitePage } from './site-gateway.ts';

const namespace = 'monitoring';
const grafana = 'kube-prometheus-stack-grafana';
const page = (host: string | undefined) => ({ name: grafana, namespace, port: 80, host });

const settings = z.strictObject({
  host: domainField
    .optional()
    .describe(
      "Name of Grafana's page, such as grafana.rack.home.arpa. Without it, only a port-forward opens it.",
    ),
  retentionDays: z.int().min(1).max(3650).default(15).describe('How long measurements are kept.'),
  storageGiB: z
    .int()
    .min(0)
    .max(10_000)
    .default(20)
    .describe('Size of the volume for measurements. 0: none, they go with the pod.'),
  storageClass: labelField
    .optional()
    .describe(
      'Class of that volume. Without it, local-path-provisioner when it is wanted, else the default.',
    ),
  alertmanager: z.boolean().default(true).describe('Whether alerts are sent on.'),
  controlPlaneMetrics: z
    .boolean()
    .default(false)
    .describe(
      'Measure etcd, scheduler, controller manager and kube-proxy too. kubeadm lets them listen on their own machine only, so their addresses have to be opened first.',
    ),
});
type Settings = z.output<typeof settings>;

/**
 * Prometheus, Grafana with dashboards, alerts, and what measures nodes and objects.
 * Checked: Chart.yaml of 81.4.5 at
 * https://github.com/prometheus-community/helm-charts/blob/4879317737d492d49903e5ee87f928e9a1042649/charts/kube-prometheus-stack/Chart.yaml
 * (Kubernetes 1.25 and later), and values.yaml at
 * https://github.com/prometheus-community/helm-charts/blob/001f3a6d7d24b9cbafda24b2c7843aeccfa173cb/charts/kube-prometheus-stack/values.yaml
 * No NFS below Prometheus: https://github.com/prometheus/prometheus/discussions/9405
 */
export const kubePrometheusStack = defineAddon({
  name: 'kube-prometheus-stack',
  title: 'Measurements, dashboards, alerts (Prometheus, Grafana)',
  source: {
    kind: 'chart',
    chart: {
      oci: 'oci://ghcr.io/prometheus-community/charts/kube-prometheus-stack',
      version: '81.4.5',
    },
  },
  checked: {
    version: 'beside 81.4.5',
    at: 'https://github.com/prometheus-community/helm-charts/blob/001f3a6d7d24b9cbafda24b2c7843aeccfa173cb/charts/kube-prometheus-stack/values.yaml',
  },
  namespace,
  namespaceLabels: privilegedNamespace,
  settings,
  values: (settings, cluster) => ({
    grafana: {
      // The chart's default is a password that everybody knows. Empty: it makes one.
      adminPassword: '',
      ...(settings.host === undefined
        ? {}
        : { 'grafana.ini': { server: { root_url: pageOrigin(settings.host, cluster) } } }),
    },
    alertmanager: { enabled: settings.alertmanager },
    prometheus: { prometheusSpec: { ...everyMonitor, ...storage(settings, cluster) } },
    kubeControllerManager: { enabled: settings.controlPlaneMetrics },
    kubeScheduler: { enabled: settings.controlPlaneMetrics },
    kubeEtcd: { enabled: settings.controlPlaneMetrics },
    kubeProxy: { enabled: settings.controlPlaneMetrics },
  }),
  objects: ({ host }, cluster) => sitePage(page(host), cluster),
  needs: { kubernetes: { from: '1.25' } },
  alsoNeeds: ({ storageGiB, storageClass }, cluster) => {
    if (storageGiB === 0 || storageClass !== undefined) return {};
    if (cluster.wants('local-path-provisioner')) return { addons: ['local-path-provisioner'] };
    return cluster.provides('default-storage-class') ? { capabilities: ['default-storage-class'] } : {};
  },
  provides: () => ['monitoring'],
  problems: ({ storageGiB, storageClass }, cluster) => {
    const some = storageClass ?? classOf(cluster) ?? cluster.provides('default-storage-class');
    return storageGiB > 0 && some === false ? [noClass] : [];
  },
  dashboards: ({ host }, cluster) => [
    {
      name: 'grafana',
      title: 'Grafana',
      service: grafana,
      port: 80,
      ...pageUrl(host, cluster),
      login: { kind: 'secret', secret: grafana, userKey: 'admin-user', passwordKey: 'admin-password' },
    },
  ],
  losesData: 'Measurements and dashboards made by hand are lost.',
});

const noClass =
  'its volume needs a default storage class: add csi-driver-nfs or local-path-provisioner, or set storageGiB: 0';

/** Monitors of every add-on count, not only those with this release's label. */
const everyMonitor = {
  serviceMonitorSelectorNilUsesHelmValues: false,
  podMonitorSelectorNilUsesHelmValues: false,
  probeSelectorNilUsesHelmValues: false,
  scrapeConfigSelectorNilUsesHelmValues: false,
  ruleSelectorNilUsesHelmValues: false,
};

function storage(settings: Settings, cluster: AddonCluster): PlainTree {
  const { retentionDays, storageGiB, storageClass = classOf(cluster) } = settings;
  const retention = `${retentionDays}d`;
  if (storageGiB === 0) return { retention };
  const spec = {
    accessModes: ['ReadWriteOnce'],
    ...(storageClass === undefined ? {} : { storageClassName: storageClass }),
    resources: { requests: { storage: `${storageGiB}Gi` } },
  };
  // Prometheus cleans up only after it has gone over the size, so there must be room left.
  const retentionSize = `${Math.floor(storageGiB * 850)}MB`;
  return { retention, retentionSize, storageSpec: { volumeClaimTemplate: { spec } } };
}

function classOf(cluster: AddonCluster): string | undefined {
  const local = cluster.settingsOf('local-path-provisioner')?.['className'];
  return typeof local === 'string' ? local : undefined;
}
