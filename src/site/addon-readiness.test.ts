import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createObjectStore } from '../cluster/apply.ts';
import { kubeconfigFor, makeCertificates } from '../cluster/certificates.fixture.ts';
import { createKubernetesClient, type KubernetesClient } from '../cluster/kubernetes-api.ts';
import type { PinnedAddon } from '../plan/addons.ts';
import { lookAtAddon } from './addon-readiness.ts';

let server: Server;
let client: KubernetesClient;
let available: number;
const asked: string[] = [];

const labels = { app: 'web', tier: 'front' };
const image = 'registry.example/web:1';
const waiting = { name: 'web', image, state: { waiting: { reason: 'ImagePullBackOff' } } };
const pod = {
  metadata: { name: 'web-1' },
  spec: { nodeName: 'node-02' },
  status: { containerStatuses: [waiting] },
};

function answerTo(path: string): object {
  if (path.endsWith('/pods')) return { items: [pod] };
  if (!path.includes('/deployments/'))
    return { resources: [{ name: 'deployments', kind: 'Deployment', namespaced: true }] };
  return {
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { replicas: 1, selector: { matchLabels: labels } },
    status: { updatedReplicas: 1, availableReplicas: available },
  };
}

beforeAll(async () => {
  const certificates = makeCertificates();
  const { certificate: cert, key } = certificates.server;
  server = createServer({ cert, key, ca: certificates.ca, requestCert: true }, (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'https://x');
    asked.push(`${pathname} ${searchParams.get('labelSelector') ?? ''}`);
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answerTo(pathname)));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  client = createKubernetesClient(kubeconfigFor(certificates, (server.address() as AddressInfo).port));
});
afterAll(() => {
  client.close();
  server.closeAllConnections();
  server.close();
});

const addon = { name: 'web', namespace: 'shop', ready: [] } as unknown as PinnedAddon;
const brought = [{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' } }];

function look() {
  asked.length = 0;
  return lookAtAddon(createObjectStore(client), addon, brought);
}

test('a workload that waits for an image says which one', async () => {
  available = 0;
  expect(await look()).toEqual({
    done: false,
    seen: `Deployment web: 0 of 1 pods ready; node-02 cannot pull the image ${image}`,
    remedy: expect.stringContaining(image),
  });
  expect(asked).toContain('/api/v1/namespaces/shop/pods app=web,tier=front');
});

test('pods of a workload that is ready are not asked for', async () => {
  available = 1;
  expect(await look()).toMatchObject({ done: true });
  expect(asked.filter(path => path.includes('/pods'))).toEqual([]);
});
