import { randomBytes } from 'node:crypto';
import type { KubernetesObject } from '../addons/definition.ts';
import { createObjectStore, unlessGone } from '../cluster/apply.ts';
import type { KubernetesClient } from '../cluster/kubernetes-api.ts';
import { ColdstartError } from '../core/errors.ts';
import { type ClientCertificate, obtainClientCertificate } from './client-certificate.ts';

/** A person whom coldstart gave a certificate and rights. */
export interface NamedUser {
  name: string;
  /** The ClusterRole. */
  role: string;
  /** End of the newest certificate, ISO 8601. */
  expires: string;
}

export interface NewUser {
  name: string;
  role: string;
  /** More groups of the certificate. */
  groups: readonly string[];
  validMs: number;
}

/**
 * A certificate for a person, and the rights that belong to it. A certificate cannot be taken back, so rights are
 * bound to a group that only this one carries: without the binding it opens nothing, also when the name comes back.
 */
export async function addUser(
  api: KubernetesClient,
  user: NewUser,
  signal: AbortSignal,
): Promise<ClientCertificate> {
  await requireRole(api, user.role);
  const group = `coldstart:${user.name}:${randomBytes(8).toString('hex')}`;
  const subject = { user: user.name, groups: [group, ...user.groups] };
  const certificate = await obtainClientCertificate(api, subject, { validMs: user.validMs, signal });
  // The role of a binding cannot be changed, so the former one goes first.
  const former = (await listUsers(api)).find(({ name }) => name === user.name);
  if (former && former.role !== user.role) await removeBinding(api, user.name);
  await createObjectStore(api).apply(bindingOf(user, group, certificate.expires), '', signal);
  return certificate;
}

export async function listUsers(api: KubernetesClient): Promise<NamedUser[]> {
  const { items } = await api.get<{ items: WireBinding[] | null }>(
    `${bindings}?labelSelector=${encodeURIComponent(label)}`,
  );
  return (items ?? []).map(({ metadata, roleRef }) => ({
    name: metadata.annotations?.[label] ?? metadata.name,
    role: roleRef.name,
    expires: metadata.annotations?.[expiresKey] ?? '',
  }));
}

/** Takes the rights away. Errors: USAGE when coldstart knows no such user. */
export async function removeUser(api: KubernetesClient, name: string): Promise<void> {
  const users = await listUsers(api);
  if (!users.some(user => user.name === name)) {
    throw new ColdstartError('USAGE', `there is no user ${name}`, {
      because: `coldstart made ${users.map(user => user.name).join(', ') || 'none'}`,
      hint: 'coldstart user list shows all of them',
    });
  }
  await removeBinding(api, name);
}

const group = 'rbac.authorization.k8s.io';
const bindings = `/apis/${group}/v1/clusterrolebindings`;
const label = 'coldstart-user';
const expiresKey = 'coldstart-expires';

interface WireBinding {
  metadata: { name: string; annotations?: Record<string, string> };
  roleRef: { name: string };
}

function bindingOf({ name, role }: NewUser, only: string, expires: Date): KubernetesObject {
  return {
    apiVersion: `${group}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: {
      name: bindingName(name),
      labels: { [label]: 'true', 'app.kubernetes.io/managed-by': 'coldstart' },
      annotations: { [label]: name, [expiresKey]: expires.toISOString() },
    },
    roleRef: { apiGroup: group, kind: 'ClusterRole', name: role },
    subjects: [{ apiGroup: group, kind: 'Group', name: only }],
  };
}

function bindingName(user: string): string {
  return `coldstart-user-${user}`;
}

async function removeBinding(api: KubernetesClient, user: string): Promise<void> {
  await unlessGone(api.request('DELETE', `${bindings}/${encodeURIComponent(bindingName(user))}`));
}

async function requireRole(api: KubernetesClient, role: string): Promise<void> {
  const found = await unlessGone(api.get(`/apis/${group}/v1/clusterroles/${encodeURIComponent(role)}`));
  if (found !== undefined) return;
  throw new ColdstartError('USAGE', `the cluster has no ClusterRole ${role}`, {
    hint: 'cluster-admin, admin, edit and view are always there; kubectl get clusterroles lists all',
  });
}
