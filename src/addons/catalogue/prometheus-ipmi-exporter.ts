import * as z from 'zod';
import { hostField, labelField } from '../../config/fields.ts';
import { defineAddon } from '../definition.ts';

const namespace = 'monitoring';

/**
 * Temperatures, fans, power and faults of the machines, read from their BMCs over the network.
 * Checked: Chart.yaml of 0.6.3 at
 * https://github.com/prometheus-community/helm-charts/blob/5352b12b9a70419e32b5e68142afd5adc50a24fe/charts/prometheus-ipmi-exporter/Chart.yaml
 * and values.yaml at
 * https://github.com/prometheus-community/helm-charts/blob/9c79c787cfd40576a815436ee4ebfff7a5f63ced/charts/prometheus-ipmi-exporter/values.yaml
 */
export const prometheusIpmiExporter = defineAddon({
  name: 'prometheus-ipmi-exporter',
  title: 'Temperatures, fans and power of the machines (IPMI)',
  source: {
    kind: 'chart',
    chart: {
      repository: 'https://prometheus-community.github.io/helm-charts',
      name: 'prometheus-ipmi-exporter',
      version: '0.6.3',
    },
  },
  checked: {
    version: '0.6.3',
    at: 'https://github.com/prometheus-community/helm-charts/blob/9c79c787cfd40576a815436ee4ebfff7a5f63ced/charts/prometheus-ipmi-exporter/values.yaml',
  },
  namespace,
  settings: z.strictObject({
    targets: z
      .array(hostField)
      .min(1)
      .optional()
      .describe(
        "Addresses of the BMCs. Without it, those that MAAS has of the cluster's machines with the power type ipmi: takes an administrator's key.",
      ),
    configSecret: labelField
      .default('ipmi-exporter')
      .describe(
        `Secret in the namespace ${namespace} with the exporter's file config.yml: user and password of the BMCs. You make it.`,
      ),
    module: labelField.default('default').describe('Which module of config.yml is used.'),
    intervalSeconds: z.int().min(30).max(3600).default(60).describe('How often every BMC is asked.'),
  }),
  values: ({ configSecret }) => ({ configSecret: { enabled: true, name: configSecret, key: 'config.yml' } }),
  objects: ({ targets, module, intervalSeconds }, { dnsDomain, bmcAddresses }) => [
    {
      apiVersion: 'monitoring.coreos.com/v1alpha1',
      kind: 'ScrapeConfig',
      metadata: { name: 'ipmi', namespace },
      spec: {
        jobName: 'ipmi',
        metricsPath: '/ipmi',
        params: { module: [module] },
        scrapeInterval: `${intervalSeconds}s`,
        scrapeTimeout: `${Math.min(30, intervalSeconds)}s`,
        staticConfigs: [{ targets: targets ?? bmcAddresses }],
        relabelings: throughExporter(dnsDomain),
      },
    },
  ],
  needs: { capabilities: ['monitoring'] },
  bmcSetting: ({ targets }) => (targets === undefined ? 'targets' : undefined),
  afterwards: ({ configSecret }) => [
    `BMCs are read once their user and password are there: kubectl --namespace ${namespace} create secret generic ${configSecret} --from-file=config.yml`,
  ],
});

/** The exporter is asked about each BMC; the measurement keeps the BMC's address as its instance. */
function throughExporter(dnsDomain: string) {
  return [
    { sourceLabels: ['__address__'], targetLabel: '__param_target' },
    { sourceLabels: ['__param_target'], targetLabel: 'instance' },
    {
      targetLabel: '__address__',
      replacement: `prometheus-ipmi-exporter.${namespace}.svc.${dnsDomain}:9290`,
    },
  ];
}
