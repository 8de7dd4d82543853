import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createObjectStore } from '../cluster/apply.ts';
import { kubeconfigFor, makeCertificates } from '../cluster/certificates.fixture.ts';
import { createKubernetesClient, type KubernetesClient } from '../cluster/kubernetes-api.ts';
import { createHelm } from '../helm/helm.ts';
import { helmInPath } from '../helm/program.ts';
import { upgradeDefinitions } from './chart-definitions.ts';

let folder: string;
let server: Server;
let client: KubernetesClient;
const patched: string[] = [];

const kinds = [{ name: 'customresourcedefinitions', kind: 'CustomResourceDefinition', namespaced: false }];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coldstart-crds-'));
  const certificates = makeCertificates();
  const { certificate: cert, key } = certificates.server;
  server = createServer({ cert, key, ca: certificates.ca, requestCert: true }, (request, response) => {
    if (request.method === 'PATCH') patched.push(new URL(request.url ?? '', 'https://x').pathname);
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ resources: kinds }));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  client = createKubernetesClient(kubeconfigFor(certificates, (server.address() as AddressInfo).port));
});
afterAll(async () => {
  client.close();
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

/** A helm that prints this when it is asked for definitions. */
async function helmThatShows(text: string) {
  await writeFile(join(folder, 'crds.yaml'), text);
  await writeFile(
    join(folder, 'helm'),
    `#!/bin/sh\n[ "$1" = version ] && exit\n[ "$1 $2" = "show crds" ] && cat ${folder}/crds.yaml\n`,
  );
  await chmod(join(folder, 'helm'), 0o755);
  return createHelm(async () => [helmInPath('/k', { PATH: `${folder}:/usr/bin:/bin` })]);
}

const definition = (name: string) =>
  `apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: ${name}}\n`;
const addon = {
  name: 'web',
  namespace: 'shop',
  source: { kind: 'chart', chart: { path: '/chart' } },
} as const;

test.each([
  ['of a chart that brings some', `${definition('a.example.org')}---\n${definition('b.example.org')}`, 2],
  ['of a chart without any', '', 0],
])('the definitions %s are applied', async (_what, text, count) => {
  patched.length = 0;
  const helm = await helmThatShows(text);
  await upgradeDefinitions(createObjectStore(client), helm, addon, new AbortController().signal);
  expect(patched.length).toBe(count);
  expect(
    patched.every(path => path.startsWith('/apis/apiextensions.k8s.io/v1/customresourcedefinitions/')),
  ).toBe(true);
});
