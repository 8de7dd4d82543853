import { createHash } from 'node:crypto';

/** Raise when the roles change what they put on machines, so that machines are prepared again. */
const rolesRevision = 1;

/** Variables that do not change what `prepare` puts on a machine. */
const notPrepared = [
  'kubeconfig_path',
  'first_control_plane',
  'control_plane_endpoint',
  'kubeadm_init_documents',
  'kubeadm_join_document',
  'kubeadm_ignore_preflight_errors',
  'kubeadm_patches',
  'api_server_extra_sans',
  'network_manifest',
  'service_subnet',
] as const;

/** Hash of what `prepare` puts on a machine: another hash means that it must be prepared again. */
export function preparedHash(variables: Readonly<Record<string, unknown>>): string {
  const kept = Object.entries(variables).filter(([name]) => !notPrepared.some(other => other === name));
  return shortHash({ rolesRevision, variables: Object.fromEntries(kept) });
}

/** Hash of what `configure` puts into the cluster. */
export function configuredHash(variables: Readonly<Record<string, unknown>>): string {
  const { network_plugin, network_manifest, pod_subnet } = variables;
  return shortHash({ rolesRevision, network_plugin, network_manifest, pod_subnet });
}

/** Sixteen hexadecimal digits; the order of keys does not matter. */
export function shortHash(value: unknown): string {
  return createHash('sha256').update(stableJson(value)).digest('hex').slice(0, 16);
}

/** JSON with sorted keys: the same settings in another order are the same settings. */
function stableJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    item !== null && typeof item === 'object' && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
