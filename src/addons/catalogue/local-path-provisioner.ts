import * as z from 'zod';
import { labelField } from '../../config/fields.ts';
import { defineAddon } from '../definition.ts';
import { privilegedNamespace } from './privileged-namespace.ts';

/**
 * Volumes in a folder of the machine that the pod runs on: fast, and gone with the machine.
 * The project publishes no chart repository; Containeroo publishes its chart, with versions of its own: 0.0.35 is the
 * project's 0.0.34. Checked: Chart.yaml of 0.0.35 at
 * https://github.com/containeroo/helm-charts/blob/1be5d53336a822058e50d795f304a44938b8c940/charts/local-path-provisioner/Chart.yaml
 * and the values in the project's README at
 * https://github.com/rancher/local-path-provisioner/blob/00fe13bbbfeea7332658b6b04b9756b51273c50c/deploy/chart/local-path-provisioner/README.md
 */
export const localPathProvisioner = defineAddon({
  name: 'local-path-provisioner',
  title: 'Volumes on the machines themselves',
  source: {
    kind: 'chart',
    chart: {
      repository: 'https://charts.containeroo.ch',
      name: 'local-path-provisioner',
      version: '0.0.35',
    },
  },
  checked: {
    version: 'with image v0.0.27',
    at: 'https://github.com/containeroo/helm-charts/blob/2811bc5764ec8f956dffee20bb87e5227d95a563/charts/local-path-provisioner/values.yaml',
  },
  namespace: 'local-path-storage',
  namespaceLabels: privilegedNamespace,
  settings: z.strictObject({
    path: z
      .string()
      .regex(/^\/[^\s/]/, 'must be an absolute path, and not /')
      .default('/opt/local-path-provisioner')
      .describe('Folder of the volumes on every machine.'),
    className: labelField.default('local-path').describe('Name of the storage class.'),
    defaultClass: z.boolean().default(true).describe('Whether volumes that name no class are made here.'),
    reclaimPolicy: z
      .enum(['Delete', 'Retain'])
      .default('Delete')
      .describe('What happens to the data of a volume that is deleted.'),
  }),
  values: ({ path, className, defaultClass, reclaimPolicy }) => ({
    storageClass: { create: true, name: className, defaultClass, reclaimPolicy },
    nodePathMap: [{ node: 'DEFAULT_PATH_FOR_NON_LISTED_NODES', paths: [path] }],
  }),
  provides: ({ defaultClass }) => (defaultClass ? ['default-storage-class'] : []),
  ready: ({ defaultClass }) => (defaultClass ? [{ kind: 'default-storage-class' }] : []),
  losesData: 'Volumes on the machines can no longer be used; their folders stay on the machines.',
});
