import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Certificates } from '../../src/cluster/certificates.fixture.ts';

export interface ServedNodes {
  port: number;
  /** Requests since the last call. */
  take(): number;
  close(): Promise<void>;
}

/** A Kubernetes API that has nodes, all of them Ready, and nothing else. The first one is the control plane. */
export async function serveNodes(
  { ca, server: pair }: Certificates,
  names: readonly string[],
): Promise<ServedNodes> {
  const items = names.map((name, index) => nodeObject(name, index === 0));
  const list = JSON.stringify({ kind: 'NodeList', apiVersion: 'v1', metadata: {}, items });
  const missing = JSON.stringify({ kind: 'Status', status: 'Failure', reason: 'NotFound', code: 404 });
  let requests = 0;
  const identity = { cert: pair.certificate, key: pair.key, ca };
  const server = createServer({ ...identity, requestCert: true }, (request, response) => {
    requests += 1;
    const isList = request.url?.startsWith('/api/v1/nodes') === true;
    response.writeHead(isList ? 200 : 404, { 'content-type': 'application/json' });
    response.end(isList ? list : missing);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    take() {
      const taken = requests;
      requests = 0;
      return taken;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** As large as real ones, which name up to fifty images. */
function nodeObject(name: string, first: boolean): unknown {
  const images = Array.from({ length: 30 }, (_, index) => ({
    names: [`registry.example.invalid/team/application-${index}@sha256:${'0'.repeat(64)}`],
    sizeBytes: 123_456_789,
  }));
  return {
    metadata: {
      name,
      uid: `00000000-0000-0000-0000-${name.padStart(12, '0')}`,
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: {
        'kubernetes.io/hostname': name,
        ...(first ? { 'node-role.kubernetes.io/control-plane': '' } : {}),
      },
    },
    spec: { podCIDR: '10.244.0.0/24' },
    status: {
      addresses: [{ type: 'InternalIP', address: '10.99.0.1' }],
      conditions: ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'].map(type => ({
        type,
        status: type === 'Ready' ? 'True' : 'False',
        reason: 'KubeletHasIt',
        message: 'kubelet says so',
      })),
      nodeInfo: { kubeletVersion: 'v1.36.2' },
      images,
    },
  };
}
