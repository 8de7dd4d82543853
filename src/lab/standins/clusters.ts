import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { reasonOf } from '../../core/errors.ts';
import type { Curve } from '../machines/simulated/curves.ts';
import { makeCertificates } from './certificates.ts';
import { answerApi } from './kubernetes-objects.ts';
import type { ClusterRecord, NodeRecord, StandInMemory, SystemRecord } from './memory.ts';
import type { Systems } from './systems.ts';

/** The Kubernetes clusters of simulated machines: each has a real HTTPS server on loopback in the place of its API servers. */
export interface Clusters {
  /** What `kubeadm init` leaves: a cluster with this machine as its control plane. */
  make(system: SystemRecord, version: string): Promise<ClusterRecord>;
  /** The kubelet makes its node, and dies. */
  register(cluster: ClusterRecord, system: SystemRecord, controlPlane: boolean): NodeRecord;
  join(cluster: ClusterRecord, system: SystemRecord, controlPlane: boolean): void;
  /** The id of a fresh token to join with. */
  invite(): string;
  expire(token: string): void;
  isInvited(token: string): boolean;
  addNetwork(cluster: ClusterRecord): void;
  of(system: SystemRecord | undefined): ClusterRecord | undefined;
  /** Whether an API server runs on one of its control planes. */
  answers(cluster: ClusterRecord): boolean;
  /** Forgets clusters that no machine is in any more. */
  sweep(): void;
  close(): void;
}

/** From the join until the node would be Ready. */
const kubelet: Curve = { medianMs: 12_000, spread: 0.2, tail: { chance: 0.01, factor: 4 } };

export interface ClustersOptions {
  memory: StandInMemory;
  systems: Systems;
  /** True for a worker whose kubelet never reports. */
  neverReady(system: SystemRecord): boolean;
  log(text: string): void;
}

/** Opens those that are remembered, on the ports that they had. */
export async function openClusters({ memory, systems, neverReady, log }: ClustersOptions): Promise<Clusters> {
  const servers = new Map<string, Server>();
  const tokens = new Set<string>();

  const answers = ({ nodes }: ClusterRecord): boolean =>
    Object.values(nodes).some(({ controlPlane, machine }) => controlPlane && systems.isUp(machine));
  const serve = async (cluster: ClusterRecord): Promise<void> => {
    const isReady = ({ started, machine }: NodeRecord): boolean =>
      started && cluster.network && systems.isUp(machine);
    const server = serverFor(cluster, { answers, isReady, changed: memory.changed });
    cluster.port = await listen(server, cluster.port);
    servers.set(cluster.id, server);
  };
  const register: Clusters['register'] = (cluster, system, controlPlane) => {
    const fresh = freshNode(system, controlPlane, Object.keys(cluster.nodes).length);
    // A kubelet that comes back takes the object that is there.
    const { uid, createdAt } = cluster.nodes[system.hostname] ?? fresh;
    const node = { ...fresh, uid, createdAt };
    cluster.nodes[system.hostname] = node;
    memory.changed();
    return node;
  };
  const join: Clusters['join'] = (cluster, system, controlPlane) => {
    const node = register(cluster, system, controlPlane);
    system.cluster = cluster.id;
    if (neverReady(system)) return;
    const start = (): void => {
      node.started = true;
      memory.changed();
    };
    systems.spend(system.id, 'kubelet', kubelet).then(start, () => undefined);
  };
  const end = (id: string): void => {
    servers.get(id)?.close();
    servers.get(id)?.closeAllConnections();
    servers.delete(id);
  };

  for (const cluster of Object.values(memory.clusters)) {
    for (const node of Object.values(cluster.nodes)) node.started = true;
    await serve(cluster).catch((error: unknown) =>
      log(`the API of a cluster cannot be served: ${reasonOf(error)}`),
    );
  }
  return {
    async make(system, version) {
      const certificates = await makeCertificates();
      const id = randomBytes(6).toString('hex');
      const cluster = { id, version, port: 0, certificates, nodes: {}, network: false, objects: {} };
      await serve(cluster);
      memory.clusters[id] = cluster;
      join(cluster, system, true);
      return cluster;
    },
    register,
    join,
    invite() {
      const token = randomBytes(3).toString('hex');
      tokens.add(token);
      return token;
    },
    expire: token => void tokens.delete(token),
    isInvited: token => tokens.has(token),
    addNetwork(cluster) {
      cluster.network = true;
      memory.changed();
    },
    of: system => (system?.cluster === undefined ? undefined : memory.clusters[system.cluster]),
    answers,
    sweep() {
      const used = new Set(Object.values(memory.systems).map(({ cluster }) => cluster));
      for (const id of Object.keys(memory.clusters).filter(known => !used.has(known))) {
        end(id);
        delete memory.clusters[id];
        memory.changed();
      }
    },
    close: () => [...servers.keys()].forEach(end),
  };
}

/** The administrator's kubeconfig, as kubeadm writes it. JSON is YAML. */
export function kubeconfigOf({ certificates: { ca, admin }, port }: ClusterRecord): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const cluster = { 'certificate-authority-data': base64(ca), server: `https://127.0.0.1:${port}` };
  const user = {
    'client-certificate-data': base64(admin.certificate),
    'client-key-data': base64(admin.key),
  };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'kubernetes', cluster }],
    contexts: [
      {
        name: 'kubernetes-admin@kubernetes',
        context: { cluster: 'kubernetes', user: 'kubernetes-admin' },
      },
    ],
    'current-context': 'kubernetes-admin@kubernetes',
    users: [{ name: 'kubernetes-admin', user }],
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

function freshNode(
  { id, hostname, address }: SystemRecord,
  controlPlane: boolean,
  index: number,
): NodeRecord {
  return {
    name: hostname,
    uid: randomUUID(),
    machine: id,
    address,
    controlPlane,
    createdAt: new Date().toISOString(),
    podCidr: `10.244.${index % 256}.0/24`,
    started: false,
  };
}

interface Behaviour {
  answers(cluster: ClusterRecord): boolean;
  isReady(node: NodeRecord): boolean;
  changed(): void;
}

/** Where no control plane is up, connections are cut: a proxy in front of dead API servers does the same. */
function serverFor(cluster: ClusterRecord, { answers, isReady, changed }: Behaviour): Server {
  const { ca, server } = cluster.certificates;
  const options = {
    cert: server.certificate,
    key: server.key,
    ca,
    requestCert: true,
    rejectUnauthorized: false,
  };
  return createServer(options, (request, response) => {
    const respond = async (): Promise<void> => {
      if (!answers(cluster)) {
        request.socket.destroy();
        return;
      }
      const { status, body } = (request.socket as TLSSocket).authorized
        ? answerApi(cluster, await requestOf(request), isReady)
        : unauthorized;
      if (request.method !== 'GET') changed();
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      const type = typeof body === 'string' ? 'text/plain' : 'application/json';
      response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
      response.end(text);
    };
    respond().catch(() => request.socket.destroy());
  });
}

const unauthorized = {
  status: 401,
  body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Unauthorized', code: 401 },
};

async function requestOf(request: IncomingMessage) {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  const { pathname, searchParams } = new URL(request.url ?? '/', 'https://127.0.0.1');
  return {
    method: request.method ?? 'GET',
    path: pathname,
    query: searchParams,
    contentType: request.headers['content-type'] ?? '',
    body: text === '' ? undefined : (JSON.parse(text) as unknown),
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}
