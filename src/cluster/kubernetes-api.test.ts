import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Certificates, kubeconfigFor, makeCertificates } from './certificates.fixture.ts';
import { createKubernetesClient, type KubernetesClient } from './kubernetes-api.ts';

let certificates: Certificates;
let server: Server;
let client: KubernetesClient;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
const sockets = new Set<unknown>();

beforeAll(async () => {
  certificates = makeCertificates();
  const { certificate: cert, key } = certificates.server;
  server = createServer(
    { cert, key, ca: certificates.ca, requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      sockets.add(request.socket);
      answer(request, response);
    },
  );
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  client = createKubernetesClient(kubeconfigFor(certificates, portOf(server)), { timeoutMs: 2000 });
});

afterAll(() => {
  client.close();
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  answer = (_request, response) =>
    json(response, 404, { kind: 'Status', message: 'no such path', reason: 'NotFound' });
});

describe('createKubernetesClient', () => {
  test('shows its client certificate, and keeps the connection', async () => {
    let subject: string | undefined;
    answer = (request, response) => {
      subject = (request.socket as TLSSocket).getPeerCertificate().subject.CN?.toString();
      json(response, 200, { gitVersion: 'v1.36.2' });
    };
    sockets.clear();
    expect(await client.version()).toBe('v1.36.2');
    expect(await client.version()).toBe('v1.36.2');
    expect(subject).toBe('client');
    expect(sockets.size).toBe(1);
  });

  test.each([
    [200, true],
    [500, false],
    [503, false],
    [403, false],
  ])('readyz with status %i is %s', async (status, ready) => {
    answer = (_request, response) => response.writeHead(status).end('whatever');
    expect(await client.readyz()).toBe(ready);
  });

  test('reads nodes, page by page', async () => {
    answer = (request, response) => {
      const { searchParams } = new URL(request.url ?? '', 'https://x');
      const second = searchParams.get('continue') === 'to=ken&';
      json(response, 200, {
        items: [
          second
            ? wireNode('b', {}, false)
            : wireNode(
                'a',
                { 'node-role.kubernetes.io/master': '', 'node-role.kubernetes.io/control-plane': '' },
                true,
              ),
        ],
        metadata: second ? {} : { continue: 'to=ken&' },
      });
    };
    expect(await client.nodes()).toEqual([
      {
        name: 'a',
        uid: 'uid-a',
        ready: true,
        roles: ['control-plane'],
        version: 'v1.36.2',
        kernel: '6.12.41+deb13-amd64',
        internalIp: '10.0.0.1',
        podCidr: '10.244.0.0/24',
        createdAt: '2030-01-01T00:00:00Z',
        unschedulable: false,
      },
      expect.objectContaining({ name: 'b', ready: false, roles: ['worker'] }),
    ]);
  });

  test('deletes a node, and says when there was none', async () => {
    let asked = '';
    answer = (request, response) => {
      asked = `${request.method} ${request.url}`;
      json(response, 200, { kind: 'Status', status: 'Success' });
    };
    expect(await client.deleteNode('node/1')).toBe(true);
    expect(asked).toBe('DELETE /api/v1/nodes/node%2F1');
    answer = (_request, response) => json(response, 404, { kind: 'Status', reason: 'NotFound' });
    expect(await client.deleteNode('gone')).toBe(false);
    answer = (_request, response) => json(response, 403, { kind: 'Status', reason: 'Forbidden' });
    await expect(client.deleteNode('kept')).rejects.toMatchObject({ code: 'KUBERNETES_ERROR' });
  });

  test('deletes a node only when it is the one that is meant', async () => {
    const asked: unknown[] = [];
    answer = (request, response) => {
      request.on('data', (chunk: Buffer) => asked.push(JSON.parse(chunk.toString())));
      request.on('end', () => json(response, 409, { kind: 'Status', reason: 'Conflict' }));
    };
    const deleting = client.deleteNode('node-02', { uid: 'u1' });
    await expect(deleting).rejects.toMatchObject({ code: 'KUBERNETES_ERROR', data: { status: 409 } });
    expect(asked).toEqual([{ preconditions: { uid: 'u1' } }]);
  });

  test('sends a body', async () => {
    const chunks: string[] = [];
    answer = (request, response) => {
      chunks.push(request.headers['content-type'] ?? '');
      request.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
      request.on('end', () => json(response, 200, {}));
    };
    await client.request('PATCH', '/x', { body: { a: 1 }, contentType: 'application/merge-patch+json' });
    expect(chunks).toEqual(['application/merge-patch+json', '{"a":1}']);
  });

  test.each([
    [403, { message: 'nodes is forbidden', reason: 'Forbidden' }, 'nodes is forbidden'],
    [500, 'plain text', 'status 500'],
    [404, { message: 'page not found' }, 'page not found'],
  ])('a refusal with status %i keeps the words of the API', async (status, body, because) => {
    answer = (_request, response) => json(response, status, body);
    await expect(client.get('/x')).rejects.toMatchObject({
      code: 'KUBERNETES_ERROR',
      because,
      data: { status },
    });
  });

  test('an answer that is not JSON is an error of the API', async () => {
    answer = (_request, response) => response.end('<html>');
    await expect(client.version()).rejects.toMatchObject({ code: 'KUBERNETES_ERROR' });
  });

  test('a silent server is unreachable after the timeout', async () => {
    answer = () => undefined;
    const impatient = createKubernetesClient(kubeconfigFor(certificates, portOf(server)), { timeoutMs: 50 });
    await expect(impatient.version()).rejects.toMatchObject({
      code: 'KUBERNETES_UNREACHABLE',
      because: 'no answer within 0.05 seconds',
    });
    impatient.close();
  });

  test('an answer that breaks off is unreachable', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{', () => response.destroy());
    };
    await expect(client.version()).rejects.toMatchObject({ code: 'KUBERNETES_UNREACHABLE' });
  });

  test('a stop gives the reason of the stop', async () => {
    const stop = new AbortController();
    answer = () => stop.abort(new Error('stopped'));
    await expect(client.version({ signal: stop.signal })).rejects.toThrow('stopped');
  });

  test('a closed port is unreachable', async () => {
    const closed = createKubernetesClient(kubeconfigFor(certificates, 1));
    await expect(closed.readyz()).rejects.toMatchObject({
      code: 'KUBERNETES_UNREACHABLE',
      because: expect.stringContaining('ECONNREFUSED') as string,
    });
    closed.close();
  });

  test('a server with a certificate of another CA is not trusted', async () => {
    const stranger = createKubernetesClient(kubeconfigFor(makeCertificates(), portOf(server)));
    await expect(stranger.version()).rejects.toMatchObject({ code: 'KUBERNETES_UNREACHABLE' });
    stranger.close();
  });
});

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
}

function wireNode(name: string, labels: Record<string, string>, ready: boolean): unknown {
  return {
    metadata: { name, uid: `uid-${name}`, creationTimestamp: '2030-01-01T00:00:00Z', labels },
    spec: { podCIDR: '10.244.0.0/24' },
    status: {
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'Unknown' }],
      addresses: [
        { type: 'Hostname', address: name },
        { type: 'InternalIP', address: '10.0.0.1' },
      ],
      nodeInfo: { kubeletVersion: 'v1.36.2', kernelVersion: '6.12.41+deb13-amd64' },
    },
  };
}
