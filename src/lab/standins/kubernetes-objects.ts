import type { ClusterRecord, NodeRecord } from './memory.ts';

export interface ApiRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  contentType: string;
  /** Parsed JSON; undefined without one. */
  body: unknown;
}

export interface ApiAnswer {
  status: number;
  /** Sent as JSON; a text is sent as it is. */
  body: unknown;
}

type Json = Record<string, unknown>;

/**
 * Answers one request of the Kubernetes API: versions, readiness, nodes, and any other object by its path, without a
 * schema: https://kubernetes.io/docs/reference/using-api/api-concepts/
 * @param isReady whether a node's machine and network are up
 */
export function answerApi(
  cluster: ClusterRecord,
  request: ApiRequest,
  isReady: (node: NodeRecord) => boolean,
): ApiAnswer {
  const { method, path } = request;
  if (method === 'GET') {
    const fixed = fixedAnswer(cluster, path);
    if (fixed !== undefined) return { status: 200, body: fixed };
  }
  const place = placeOf(path);
  if (!place) return notFound(path);
  if (place.resource === 'nodes') return answerNodes(cluster, request, place, isReady);
  return place.name === undefined
    ? answerList(cluster, request, place)
    : answerObject(cluster, request, place.name);
}

function fixedAnswer({ version }: ClusterRecord, path: string): unknown {
  switch (path) {
    case '/version': {
      const [major, minor] = version.slice(1).split('.');
      return { major, minor, gitVersion: version, platform: 'linux/amd64' };
    }
    case '/readyz':
    case '/livez':
    case '/healthz':
      return 'ok';
    case '/api':
      return { kind: 'APIVersions', versions: ['v1'] };
    case '/apis':
      return { kind: 'APIGroupList', apiVersion: 'v1', groups: [] };
    case '/api/v1':
      return { kind: 'APIResourceList', groupVersion: 'v1', resources: coreResources };
    default:
      return undefined;
  }
}

const verbs = ['get', 'list', 'patch', 'delete'];
const coreResources = [
  { name: 'nodes', singularName: 'node', kind: 'Node', namespaced: false, shortNames: ['no'], verbs },
  { name: 'namespaces', singularName: 'namespace', kind: 'Namespace', namespaced: false, verbs },
  { name: 'configmaps', singularName: 'configmap', kind: 'ConfigMap', namespaced: true, verbs },
  { name: 'secrets', singularName: 'secret', kind: 'Secret', namespaced: true, verbs },
  { name: 'services', singularName: 'service', kind: 'Service', namespaced: true, verbs },
];

interface Place {
  resource: string;
  name: string | undefined;
}

/** `/api/v1/nodes/NAME`, `/api/v1/namespaces/NS/configmaps`, `/apis/GROUP/VERSION/…` */
function placeOf(path: string): Place | undefined {
  const [, rest] = /^\/(?:api\/v1|apis\/[^/]+\/[^/]+)\/(.+)$/.exec(path) ?? [];
  const parts = rest?.split('/').map(decodeURIComponent) ?? [];
  const [resource, name, ...more] = parts[0] === 'namespaces' && parts.length > 2 ? parts.slice(2) : parts;
  return resource === undefined || more.length > 0 ? undefined : { resource, name };
}

function answerNodes(
  cluster: ClusterRecord,
  { method, path, query, body }: ApiRequest,
  { name }: Place,
  isReady: (node: NodeRecord) => boolean,
): ApiAnswer {
  if (name === undefined) {
    const all = Object.values(cluster.nodes);
    const from = Number(query.get('continue') ?? 0);
    const to = from + Number(query.get('limit') ?? all.length);
    const metadata = to < all.length ? { continue: String(to) } : {};
    const items = all.slice(from, to).map(node => nodeObject(cluster, node, isReady(node)));
    return { status: 200, body: { kind: 'NodeList', apiVersion: 'v1', metadata, items } };
  }
  const node = cluster.nodes[name];
  if (!node) return notFound(path);
  if (method === 'DELETE') {
    // https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/delete-options/
    const { uid } = (body as { preconditions?: { uid?: string } } | undefined)?.preconditions ?? {};
    if (uid !== undefined && uid !== node.uid) return conflict(path);
    delete cluster.nodes[name];
  }
  return { status: 200, body: nodeObject(cluster, node, isReady(node)) };
}

function nodeObject({ version }: ClusterRecord, node: NodeRecord, ready: boolean): Json {
  const labels = node.controlPlane ? { 'node-role.kubernetes.io/control-plane': '' } : {};
  return {
    kind: 'Node',
    apiVersion: 'v1',
    metadata: { name: node.name, uid: node.uid, creationTimestamp: node.createdAt, labels },
    spec: { podCIDR: node.podCidr },
    status: {
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      addresses: [
        { type: 'InternalIP', address: node.address },
        { type: 'Hostname', address: node.name },
      ],
      nodeInfo: { kubeletVersion: version },
    },
  };
}

function answerList({ objects }: ClusterRecord, request: ApiRequest, { resource }: Place): ApiAnswer {
  const { method, path, body } = request;
  if (method === 'POST') {
    const name = (body as { metadata?: { name?: string } } | undefined)?.metadata?.name ?? '';
    objects[`${path}/${encodeURIComponent(name)}`] = body as Json;
    return { status: 201, body };
  }
  const root = path
    .split('/')
    .slice(0, path.startsWith('/api/') ? 3 : 4)
    .join('/');
  const within = path === `${root}/${resource}` ? root : path;
  const items = Object.entries(objects)
    .filter(([key]) => key.startsWith(`${within}/`) && placeOf(key)?.resource === resource)
    .map(([, object]) => object);
  return { status: 200, body: { kind: 'List', apiVersion: 'v1', metadata: {}, items } };
}

function answerObject(
  { objects }: ClusterRecord,
  { method, path, contentType, body }: ApiRequest,
  name: string,
): ApiAnswer {
  const there = objects[path];
  const applies = method === 'PUT' || (method === 'PATCH' && contentType.includes('apply-patch'));
  if (!there && !applies) return notFound(path);
  if (method === 'DELETE') delete objects[path];
  if (method === 'PATCH' || method === 'PUT') {
    const merged = method === 'PUT' ? (body as Json) : (merge(there ?? {}, body) as Json);
    objects[path] = { ...merged, metadata: { ...(merged['metadata'] as Json), name } };
  }
  return { status: 200, body: objects[path] ?? there };
}

/** https://www.rfc-editor.org/rfc/rfc7396 */
function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const merged: Json = typeof target === 'object' && !Array.isArray(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = merge(merged[key], value);
  }
  return merged;
}

function notFound(path: string): ApiAnswer {
  return refused(404, 'NotFound', `${path} not found`);
}

function conflict(path: string): ApiAnswer {
  return refused(409, 'Conflict', `${path}: the UID in the precondition is another one`);
}

function refused(code: number, reason: string, message: string): ApiAnswer {
  return {
    status: code,
    body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, code, message },
  };
}
