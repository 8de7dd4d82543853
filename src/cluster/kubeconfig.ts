import * as z from 'zod';
import { ColdstartError } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';
import { openYaml, toYaml } from './yaml-edit.ts';

/** What a client needs to reach a cluster. */
export interface Kubeconfig {
  /** `https://10.0.0.5:6443` */
  server: string;
  caPem: string;
  /** Name to check the certificate for, when it is not the server's. */
  tlsServerName: string | undefined;
  clientCertificatePem: string | undefined;
  clientKey: Secret | undefined;
  token: Secret | undefined;
}

/** Cluster, user and context of one cluster, each named after it. */
export interface ClusterEntries {
  clusters: { name: string; cluster: Record<string, unknown> };
  users: { name: string; user: Record<string, unknown> };
  contexts: { name: string; context: Record<string, unknown> };
}

/**
 * Reads the current context of a kubeconfig that carries its certificates within itself, as kubeadm's admin.conf does:
 * https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/. Throws KUBECONFIG_INVALID.
 */
export function parseKubeconfig(text: string): Kubeconfig {
  const { cluster, user } = currentOf(text);
  const caPem = fromBase64(cluster['certificate-authority-data']);
  if (caPem === undefined) throw invalid('it has no certificate-authority-data');
  const key = fromBase64(user['client-key-data']);
  return {
    server: cluster.server,
    caPem,
    tlsServerName: cluster['tls-server-name'],
    clientCertificatePem: fromBase64(user['client-certificate-data']),
    clientKey: key === undefined ? undefined : new Secret(key),
    token: user.token === undefined ? undefined : new Secret(user.token),
  };
}

/** The current context of a kubeconfig alone, with cluster and context named NAME and the user NAME-admin. */
export function renameForCluster(text: string, name: string): string {
  const { clusters, contexts, users } = entriesForCluster(text, name);
  return toYaml({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [clusters],
    contexts: [contexts],
    users: [users],
    'current-context': name,
    preferences: {},
  });
}

/** The kubeconfig of another user of that cluster: context and user are named NAME-USER. */
export function kubeconfigForUser(
  text: string,
  name: string,
  user: { name: string; certificatePem: string; key: Secret },
): string {
  const { clusters } = entriesForCluster(text, name);
  const full = `${name}-${user.name}`;
  const credentials = {
    'client-certificate-data': toBase64(user.certificatePem),
    'client-key-data': toBase64(user.key.reveal()),
  };
  return toYaml({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [clusters],
    contexts: [{ context: { cluster: name, user: full }, name: full }],
    users: [{ name: full, user: credentials }],
    'current-context': full,
    preferences: {},
  });
}

/** The same as three entries, for merging. */
export function entriesForCluster(text: string, name: string): ClusterEntries {
  const { cluster, user, namespace } = currentOf(text);
  const { users: userName } = entryNames(name);
  const context = { cluster: name, ...(namespace !== undefined && { namespace }), user: userName };
  return {
    clusters: { cluster, name },
    users: { name: userName, user },
    contexts: { context, name },
  };
}

/** Names of our entries in a kubeconfig. */
export function entryNames(name: string): Record<keyof ClusterEntries, string> {
  return { clusters: name, users: `${name}-admin`, contexts: name };
}

const clusterShape = z.looseObject({
  server: z.url({ protocol: /^https$/ }),
  'certificate-authority-data': z.string().optional(),
  'tls-server-name': z.string().optional(),
});
const userShape = z.looseObject({
  'client-certificate-data': z.string().optional(),
  'client-key-data': z.string().optional(),
  token: z.string().optional(),
});
const contextShape = z.looseObject({
  cluster: z.string(),
  user: z.string(),
  namespace: z.string().optional(),
});
/** Entries other than the current ones are not looked at. */
const kubeconfigShape = z.looseObject({
  clusters: z.array(z.looseObject({ name: z.string(), cluster: z.unknown() })),
  users: z.array(z.looseObject({ name: z.string(), user: z.unknown() })),
  contexts: z.array(z.looseObject({ name: z.string(), context: z.unknown() })),
  'current-context': z.string(),
});

interface CurrentContext {
  cluster: z.output<typeof clusterShape>;
  user: z.output<typeof userShape>;
  namespace: string | undefined;
}

function currentOf(text: string): CurrentContext {
  const config = parseAs(kubeconfigShape, toPlain(text), 'it');
  const current = config['current-context'];
  const named = config.contexts.find(({ name }) => name === current)?.context;
  const context = parseAs(contextShape, named, 'its current context');
  const cluster = config.clusters.find(({ name }) => name === context.cluster)?.cluster;
  const user = config.users.find(({ name }) => name === context.user)?.user;
  return {
    cluster: parseAs(clusterShape, cluster, 'the cluster of its current context'),
    user: parseAs(userShape, user, 'the user of its current context'),
    namespace: context.namespace,
  };
}

function parseAs<T>(shape: z.ZodType<T>, value: unknown, what: string): T {
  if (value === undefined) throw invalid(`${what} is missing`);
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw invalid(`${what} has no valid ${issue?.path.map(String).join('.') ?? 'content'}`);
}

function toPlain(text: string): unknown {
  const { plain, problem } = openYaml(text);
  if (plain === undefined) throw invalid(problem ?? 'it is empty');
  return plain;
}

function fromBase64(data: string | undefined): string | undefined {
  return data === undefined || data === '' ? undefined : Buffer.from(data, 'base64').toString('utf8');
}

function toBase64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

function invalid(because: string): ColdstartError {
  return new ColdstartError('KUBECONFIG_INVALID', "could not use the cluster's kubeconfig", {
    because,
    hint: 'run coldstart up again: it fetches the kubeconfig from the first control plane',
  });
}
