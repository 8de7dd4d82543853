import * as z from 'zod';
import { hostField, labelField } from '../../config/fields.ts';
import { defineAddon, type PlainTree } from '../definition.ts';

const server = z.strictObject({
  server: hostField.describe('Name or address of the NFS server.'),
  share: z.string().startsWith('/', 'must begin with /').describe('What it exports: /volume1/kubernetes'),
  subDir: z
    .string()
    .optional()
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the driver replaces it, not JavaScript
    .describe('Folder of a volume in the share, such as ${pvc.metadata.namespace}/${pvc.metadata.name}.'),
  onDelete: z
    .enum(['delete', 'archive', 'retain'])
    .default('archive')
    .describe('What happens to the folder of a volume that is deleted: archive renames it.'),
  mountOptions: z.array(z.string()).default(['nfsvers=4.1', 'hard']).describe('Options of mount -t nfs.'),
});
type Server = z.output<typeof server>;

const defaultMark = { 'storageclass.kubernetes.io/is-default-class': 'true' };

/**
 * Volumes on NFS servers, one storage class for each share.
 * Checked: values.yaml of 4.13.5 at
 * https://github.com/kubernetes-csi/csi-driver-nfs/blob/master/charts/v4.13.5/csi-driver-nfs/values.yaml
 * Parameters of a class: https://github.com/kubernetes-csi/csi-driver-nfs/blob/master/docs/driver-parameters.md
 * Kubernetes 1.21 and later: https://github.com/kubernetes-csi/csi-driver-nfs#container-images--kubernetes-compatibility
 */
export const csiDriverNfs = defineAddon({
  name: 'csi-driver-nfs',
  title: 'Volumes on NFS servers',
  source: {
    kind: 'chart',
    chart: {
      repository: 'https://raw.githubusercontent.com/kubernetes-csi/csi-driver-nfs/master/charts',
      name: 'csi-driver-nfs',
      version: '4.13.5',
    },
  },
  checked: {
    version: '4.13.5',
    at: 'https://github.com/kubernetes-csi/csi-driver-nfs/blob/66f8c2a2a1e115b4a81126865dacfd23c9b2e9c4/charts/v4.13.5/csi-driver-nfs/values.yaml',
  },
  namespace: 'kube-system',
  settings: z.strictObject({
    servers: z
      .record(labelField, server)
      .refine(servers => Object.keys(servers).length > 0, { message: 'needs one server at least' })
      .describe('Name of a storage class to the share that its volumes are on.'),
    defaultClass: z
      .union([labelField, z.literal(false)])
      .optional()
      .describe('The class of volumes that name none: one of servers, or false. Without it, the first.'),
  }),
  values: ({ servers, defaultClass = Object.keys(servers)[0] ?? false }) => ({
    controller: { runOnControlPlane: false },
    storageClasses: Object.entries(servers).map(([name, share]) =>
      storageClass(name, share, name === defaultClass),
    ),
  }),
  needs: { kubernetes: { from: '1.21' } },
  provides: ({ defaultClass }) => (defaultClass === false ? [] : ['default-storage-class']),
  problems: ({ servers, defaultClass }) =>
    typeof defaultClass === 'string' && servers[defaultClass] === undefined
      ? [`defaultClass is ${defaultClass}, but servers has no such name`]
      : [],
  ready: ({ defaultClass }) => (defaultClass === false ? [] : [{ kind: 'default-storage-class' }]),
  afterwards: ({ servers }) => [`Storage classes: ${Object.keys(servers).join(', ')}`],
  losesData: 'Volumes on NFS are no longer mounted; their folders stay on the servers.',
});

function storageClass(name: string, share: Server, isDefault: boolean): PlainTree {
  const { server, subDir, onDelete, mountOptions } = share;
  return {
    name,
    ...(isDefault ? { annotations: defaultMark } : {}),
    parameters: { server, share: share.share, ...(subDir === undefined ? {} : { subDir }), onDelete },
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'Immediate',
    mountOptions,
  };
}
