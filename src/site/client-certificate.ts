import { randomBytes, X509Certificate } from 'node:crypto';
import { unlessGone } from '../cluster/apply.ts';
import { type ClientSubject, newClientRequest } from '../cluster/client-request.ts';
import type { KubernetesClient } from '../cluster/kubernetes-api.ts';
import { systemClock } from '../core/clock.ts';
import { ColdstartError } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';
import { waitUntil } from '../engine/until.ts';

export interface ClientCertificate {
  certificatePem: string;
  key: Secret;
  expires: Date;
}

const folder = '/apis/certificates.k8s.io/v1/certificatesigningrequests';

/** https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/ */
interface WireRequest {
  status?: { certificate?: string; conditions?: { type: string; reason?: string; message?: string }[] };
}

/**
 * Has the cluster sign a certificate. It may end at another time than was asked for: before Kubernetes 1.22 the
 * cluster alone decides, and later it has a limit (`--cluster-signing-duration` of its controller manager).
 */
export async function obtainClientCertificate(
  api: KubernetesClient,
  subject: ClientSubject,
  { validMs, signal }: { validMs: number; signal: AbortSignal },
): Promise<ClientCertificate> {
  const { key, requestPem } = newClientRequest(subject);
  const name = `coldstart-${randomBytes(4).toString('hex')}`;
  const spec = {
    request: Buffer.from(requestPem).toString('base64'),
    signerName: 'kubernetes.io/kube-apiserver-client',
    expirationSeconds: Math.round(validMs / 1000),
    usages: ['client auth'],
  };
  const request = { ...kind, metadata: { name }, spec };
  const made = await api.request<object>('POST', folder, { body: request, signal });
  try {
    await approve(api, name, made, signal);
    const certificatePem = await signedBy(api, name, signal);
    return { certificatePem, key, expires: new Date(new X509Certificate(certificatePem).validTo) };
  } finally {
    // Also after Ctrl-C: an approved request is signed whether or not somebody waits for it.
    await unlessGone(api.request('DELETE', `${folder}/${name}`));
  }
}

const kind = { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest' };

async function approve(api: KubernetesClient, name: string, made: object, signal: AbortSignal) {
  const approved = { type: 'Approved', status: 'True', reason: 'coldstart', message: 'asked for by hand' };
  await api.request('PUT', `${folder}/${name}/approval`, {
    body: { ...made, status: { conditions: [approved] } },
    signal,
  });
}

async function signedBy(api: KubernetesClient, name: string, signal: AbortSignal): Promise<string> {
  let pem = '';
  const look = async () => {
    const { status } = await api.get<WireRequest>(`${folder}/${name}`, { signal });
    const refusal = status?.conditions?.find(({ type }) => type === 'Failed' || type === 'Denied');
    if (refusal) throw notSigned(refusal.message ?? refusal.reason);
    pem = Buffer.from(status?.certificate ?? '', 'base64').toString('utf8');
    return { done: pem !== '', seen: 'the controller manager has not signed it yet' };
  };
  await waitUntil('the certificate is signed', look, {
    clock: systemClock,
    signal,
    failAfterMs: 60_000,
  });
  return pem;
}

function notSigned(because: string | undefined): ColdstartError {
  return new ColdstartError('KUBERNETES_ERROR', 'the cluster did not sign the certificate', {
    because: because ?? 'it gave no reason',
    hint: 'look at the logs of kube-controller-manager: does it have the key of the CA?',
  });
}
