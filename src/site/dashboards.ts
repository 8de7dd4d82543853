import type { Dashboard, Login } from '../addons/dashboards.ts';
import { createObjectStore, unlessGone } from '../cluster/apply.ts';
import type { KubernetesClient } from '../cluster/kubernetes-api.ts';
import { ColdstartError } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';

/** A dashboard with the namespace of its add-on. */
export interface PlacedDashboard extends Dashboard {
  addon: string;
  namespace: string;
}

/** What to type where a page asks who one is. */
export interface Credentials {
  user: string | undefined;
  password: Secret;
  /** ISO 8601; undefined when it does not end. */
  expires: string | undefined;
}

/** https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/ */
interface WireService {
  spec: { ports?: { port: number; nodePort?: number }[] };
  status?: { loadBalancer?: { ingress?: { ip?: string; hostname?: string }[] } };
}

/**
 * Where a browser finds the page: what is configured, else an address that the Service has outside of the cluster.
 * Undefined when only a port-forward leads there. Errors: ADDON_NOT_THERE.
 */
export async function dashboardUrl(
  api: KubernetesClient,
  dashboard: PlacedDashboard,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { service: name, namespace, port } = dashboard;
  const ref = { apiVersion: 'v1', kind: 'Service', name, namespace };
  const service = await createObjectStore(api).read<WireService>(ref, signal);
  if (!service) throw notThere(dashboard, `there is no Service ${name} in ${namespace}`);
  if (dashboard.url !== undefined) return dashboard.url;
  const node = (await api.nodes({ signal })).find(({ ready }) => ready);
  return outsideUrl(service, port, node?.internalIp);
}

/** The address that a load balancer gave the Service, else its port on a node. */
export function outsideUrl(
  { spec, status }: WireService,
  port: number,
  nodeIp: string | undefined,
): string | undefined {
  const given = status?.loadBalancer?.ingress?.[0];
  const host = given?.ip ?? given?.hostname;
  if (host !== undefined) return urlOf(host, port, port);
  const nodePort = spec.ports?.find(each => each.port === port)?.nodePort;
  return nodePort === undefined || nodeIp === undefined ? undefined : urlOf(nodeIp, nodePort, port);
}

/** Makes a token for eight hours, or reads the Secret. Errors: ADDON_NOT_THERE. */
export async function dashboardLogin(
  api: KubernetesClient,
  dashboard: PlacedDashboard & { login: Login },
  signal: AbortSignal,
): Promise<Credentials> {
  const { login } = dashboard;
  return login.kind === 'token'
    ? tokenOf(api, dashboard, login.serviceAccount, signal)
    : readLogin(api, dashboard, login, signal);
}

/** Where the login comes from, for people. */
export function loginSource({ namespace, login }: PlacedDashboard): string {
  if (login === undefined) return 'none';
  if (login.kind === 'token') return `a token of the ServiceAccount ${namespace}/${login.serviceAccount}`;
  return `the Secret ${namespace}/${login.secret}`;
}

const tokenSeconds = 8 * 3600;

/** https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/ */
async function tokenOf(
  api: KubernetesClient,
  dashboard: PlacedDashboard,
  account: string,
  signal: AbortSignal,
): Promise<Credentials> {
  const path = `/api/v1/namespaces/${dashboard.namespace}/serviceaccounts/${account}/token`;
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: tokenSeconds },
  };
  const made = await unlessGone(
    api.request<{ status: { token: string; expirationTimestamp: string } }>('POST', path, { body, signal }),
  );
  if (!made) throw notThere(dashboard, `there is no ServiceAccount ${account} in ${dashboard.namespace}`);
  const { token, expirationTimestamp: expires } = made.status;
  return { user: undefined, password: new Secret(token), expires };
}

async function readLogin(
  api: KubernetesClient,
  dashboard: PlacedDashboard,
  { secret: name, passwordKey, user, userKey }: Extract<Login, { kind: 'secret' }>,
  signal: AbortSignal,
): Promise<Credentials> {
  const { namespace } = dashboard;
  const ref = { apiVersion: 'v1', kind: 'Secret', name, namespace };
  const secret = await createObjectStore(api).read<{ data?: Record<string, string> }>(ref, signal);
  if (!secret) throw notThere(dashboard, `there is no Secret ${name} in ${namespace}`);
  const valueOf = (key: string): string => {
    const value = secret.data?.[key];
    if (value === undefined)
      throw notThere(dashboard, `the Secret ${name} in ${namespace} has no key ${key}`);
    return Buffer.from(value, 'base64').toString('utf8');
  };
  return {
    user: userKey === undefined ? user : valueOf(userKey),
    password: new Secret(valueOf(passwordKey)),
    expires: undefined,
  };
}

/** The scheme follows the port that the Service has, also behind another one. */
function urlOf(host: string, port: number, servicePort: number): string {
  const secure = servicePort === 443 || servicePort === 8443;
  const usual = port === (secure ? 443 : 80);
  return `${secure ? 'https' : 'http'}://${host}${usual ? '' : `:${port}`}`;
}

function notThere({ title }: Dashboard, because: string): ColdstartError {
  return new ColdstartError('ADDON_NOT_THERE', `${title} cannot be opened yet`, { because });
}
