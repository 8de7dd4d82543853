import { Agent, request as httpsRequest } from 'node:https';
import { ColdstartError } from '../core/errors.ts';
import { type Kubeconfig, parseKubeconfig } from './kubeconfig.ts';

/** A node as the Kubernetes API shows it, with what coldstart looks at. */
export interface ClusterNode {
  name: string;
  uid: string;
  ready: boolean;
  /** `control-plane`, or any other role label; `worker` when it has none. */
  roles: string[];
  /** Of the kubelet: `v1.36.2`. */
  version: string;
  /** Of the node's Linux: `5.15.0-139-generic`; empty when the kubelet has not said it yet. */
  kernel: string;
  internalIp: string | undefined;
  podCidr: string | undefined;
  /** ISO 8601. */
  createdAt: string;
  unschedulable: boolean;
}

interface CallOptions {
  signal?: AbortSignal | undefined;
}

interface RequestOptions extends CallOptions {
  /** Sent as JSON. */
  body?: unknown;
  /** `application/json` when missing; patches need one of their own. */
  contentType?: string;
  /** `application/json` when missing. */
  accept?: string;
}

/** The few calls of the Kubernetes API that coldstart needs. Every one throws KUBERNETES_UNREACHABLE or KUBERNETES_ERROR. */
export interface KubernetesClient {
  /** `https://10.0.0.5:6443` */
  readonly server: string;
  /** `v1.36.2` */
  version(options?: CallOptions): Promise<string>;
  /** False when the API answers, but says that it is not ready. */
  readyz(options?: CallOptions): Promise<boolean>;
  nodes(options?: CallOptions): Promise<ClusterNode[]>;
  /** False when there is no such node. With `uid` only that very one is deleted: KUBERNETES_ERROR (409) for another one. */
  deleteNode(name: string, options?: CallOptions & { uid?: string }): Promise<boolean>;
  get<T>(path: string, options?: CallOptions): Promise<T>;
  request<T>(method: string, path: string, options?: RequestOptions): Promise<T>;
  /** Ends the kept connections. */
  close(): void;
}

/** A client of the cluster in the current context of a kubeconfig. Throws KUBECONFIG_INVALID when there is none. */
export function createKubernetesClient(
  kubeconfigText: string,
  { timeoutMs = 10_000 }: { timeoutMs?: number } = {},
): KubernetesClient {
  const kubeconfig = parseKubeconfig(kubeconfigText);
  const agent = agentFor(kubeconfig);
  const send = async (method: string, path: string, options: RequestOptions = {}): Promise<Answer> =>
    sendOnce({ kubeconfig, agent, timeoutMs }, method, path, options);
  const request = async <T>(method: string, path: string, options?: RequestOptions): Promise<T> =>
    jsonOf(`${method} ${path}`, await send(method, path, options)) as T;
  const get = async <T>(path: string, options?: CallOptions) => request<T>('GET', path, options);
  return {
    server: kubeconfig.server,
    version: async options => (await get<{ gitVersion: string }>('/version', options)).gitVersion,
    readyz: async options => isReady(await send('GET', '/readyz', options)),
    nodes: async options => (await listAll<WireNode>(get, '/api/v1/nodes', options)).map(nodeOf),
    deleteNode: async (name, { uid, ...options } = {}) => {
      const body = uid === undefined ? {} : { body: { preconditions: { uid } } };
      return isDeleted(name, await send('DELETE', nodePath(name), { ...options, ...body }));
    },
    get,
    request,
    close: () => agent.destroy(),
  };
}

interface Answer {
  status: number;
  text: string;
}

interface Connection {
  kubeconfig: Kubeconfig;
  agent: Agent;
  timeoutMs: number;
}

function agentFor({ caPem, clientCertificatePem, clientKey, tlsServerName }: Kubeconfig): Agent {
  return new Agent({
    keepAlive: true,
    maxSockets: 4,
    ca: caPem,
    ...(clientCertificatePem !== undefined && { cert: clientCertificatePem }),
    ...(clientKey !== undefined && { key: clientKey.reveal() }),
    ...(tlsServerName !== undefined && { servername: tlsServerName }),
  });
}

/** One exchange, ended by the timeout or by the caller's signal, whose reason is thrown as it is. */
async function sendOnce(
  { kubeconfig, agent, timeoutMs }: Connection,
  method: string,
  path: string,
  { body, contentType = 'application/json', accept = 'application/json', signal }: RequestOptions,
): Promise<Answer> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const ended = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    accept,
    'user-agent': 'coldstart',
    ...(kubeconfig.token !== undefined && { authorization: `Bearer ${kubeconfig.token.reveal()}` }),
    // Node frames the body of a DELETE only when it is told the length.
    ...(text !== undefined && { 'content-type': contentType, 'content-length': Buffer.byteLength(text) }),
  };
  try {
    const url = new URL(path, kubeconfig.server);
    return await exchange(url, { method, agent, headers, signal: ended }, text);
  } catch (thrown) {
    signal?.throwIfAborted();
    const because = timeout.aborted ? `no answer within ${timeoutMs / 1000} seconds` : undefined;
    throw new ColdstartError(
      'KUBERNETES_UNREACHABLE',
      `could not reach the Kubernetes API at ${kubeconfig.server}`,
      {
        cause: thrown,
        ...(because !== undefined && { because }),
      },
    );
  }
}

async function exchange(
  url: URL,
  options: Parameters<typeof httpsRequest>[1],
  body: string | undefined,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(url, options, response => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

function jsonOf(what: string, answer: Answer): unknown {
  if (answer.status < 200 || answer.status > 299) throw refused(what, answer);
  try {
    return JSON.parse(answer.text);
  } catch (thrown) {
    throw new ColdstartError('KUBERNETES_ERROR', `could not read the answer to ${what}`, { cause: thrown });
  }
}

/** Errors are objects of kind Status: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
function refused(what: string, { status, text }: Answer): ColdstartError {
  const { message, reason } = statusObject(text);
  return new ColdstartError('KUBERNETES_ERROR', `the Kubernetes API refused ${what}`, {
    because: message ?? `status ${status}`,
    data: { status, ...(reason !== undefined && { reason }) },
    ...(status === 401 && {
      hint: 'the kubeconfig is from another cluster, or expired: fetch it again with coldstart up',
    }),
  });
}

function statusObject(text: string): { message?: string; reason?: string } {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}

/** Not ready is 500; an API server that starts says 503, and 403 until its roles are there. */
function isReady(answer: Answer): boolean {
  if (answer.status === 401) throw refused('GET /readyz', answer);
  return answer.status === 200;
}

function isDeleted(name: string, answer: Answer): boolean {
  if (answer.status === 404 && statusObject(answer.text).reason === 'NotFound') return false;
  jsonOf(`DELETE ${nodePath(name)}`, answer);
  return true;
}

function nodePath(name: string): string {
  return `/api/v1/nodes/${encodeURIComponent(name)}`;
}

async function listAll<T>(get: KubernetesClient['get'], path: string, options?: CallOptions): Promise<T[]> {
  const items: T[] = [];
  let next = '';
  do {
    const page = await get<{ items: T[]; metadata?: { continue?: string } }>(
      `${path}?limit=5000${next === '' ? '' : `&continue=${encodeURIComponent(next)}`}`,
      options,
    );
    items.push(...page.items);
    next = page.metadata?.continue ?? '';
  } while (next !== '');
  return items;
}

/** https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/node-v1/ */
interface WireNode {
  metadata: { name: string; uid: string; creationTimestamp: string; labels?: Record<string, string> };
  spec?: { podCIDR?: string; unschedulable?: boolean };
  status?: {
    conditions?: { type: string; status: string }[];
    addresses?: { type: string; address: string }[];
    nodeInfo?: { kubeletVersion: string; kernelVersion?: string };
  };
}

function nodeOf({ metadata, spec, status }: WireNode): ClusterNode {
  return {
    name: metadata.name,
    uid: metadata.uid,
    ready: status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false,
    roles: rolesOf(metadata.labels ?? {}),
    version: status?.nodeInfo?.kubeletVersion ?? '',
    kernel: status?.nodeInfo?.kernelVersion ?? '',
    internalIp: status?.addresses?.find(({ type }) => type === 'InternalIP')?.address,
    podCidr: spec?.podCIDR,
    createdAt: metadata.creationTimestamp,
    unschedulable: spec?.unschedulable ?? false,
  };
}

/** Before 1.24 a control plane carries the label `master` too: it is the same role. */
function rolesOf(labels: Record<string, string>): string[] {
  const prefix = 'node-role.kubernetes.io/';
  const roles = Object.keys(labels)
    .filter(label => label.startsWith(prefix))
    .map(label => label.slice(prefix.length))
    .map(role => (role === 'master' ? 'control-plane' : role));
  return roles.length === 0 ? ['worker'] : [...new Set(roles)].sort();
}
