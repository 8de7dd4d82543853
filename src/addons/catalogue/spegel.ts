import * as z from 'zod';
import { registryField } from '../../config/fields.ts';
import { defineAddon } from '../definition.ts';
import { privilegedNamespace } from './privileged-namespace.ts';

/**
 * Nodes take images from one another, and go to the internet only for what none of them has.
 * 0.7.0 gave up containerd 1.7, which Debian 13 and Ubuntu have: https://github.com/spegel-org/spegel/discussions/1312
 * What containerd must allow: https://spegel.dev/docs/getting-started/
 */
export const spegel = defineAddon({
  name: 'spegel',
  title: 'Nodes share their images (Spegel)',
  source: {
    kind: 'chart',
    chart: { oci: 'oci://ghcr.io/spegel-org/helm-charts/spegel', version: '0.6.0' },
  },
  checked: {
    version: 'beside 0.6.0',
    at: 'https://github.com/spegel-org/spegel/blob/031e26b76e4335c3cebdfe5ff2d7fdaa6c95adfc/charts/spegel/values.yaml',
  },
  namespace: 'spegel',
  namespaceLabels: privilegedNamespace,
  settings: z.strictObject({
    registries: z
      .array(registryField)
      .default([])
      .describe('Registries whose images are shared, such as docker.io. Without them, all.'),
  }),
  values: ({ registries }, { dnsDomain }) => ({
    clusterDomain: `${dnsDomain}.`,
    spegel: {
      mirroredRegistries: registries.map(registry => `https://${registry}`),
      // Mirrors that images.mirrors set up stay behind the other nodes.
      prependExisting: true,
    },
  }),
  afterwards: () => [
    'Spegel needs containerd 1.7 or newer on every machine; Debian 12 has 1.6. The runtime docker cannot use it.',
  ],
});
