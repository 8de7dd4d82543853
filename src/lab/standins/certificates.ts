import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { run } from '../system/run.ts';
import type { ClusterCertificates } from './memory.ts';

/** A certificate authority of its own for every cluster, as kubeadm makes one, with the API server's and the administrator's. */
export async function makeCertificates(): Promise<ClusterCertificates> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'coldstart-lab-'));
  try {
    await writeFile(path.join(folder, 'server.ext'), 'subjectAltName=IP:127.0.0.1\n');
    await writeFile(path.join(folder, 'admin.ext'), 'extendedKeyUsage=clientAuth\n');
    await openssl(folder, ['req', '-x509', ...newKey('ca'), '-days', '3650', '-out', 'ca.crt']);
    // One after the other: both count up the same serial number.
    const server = await signed(folder, 'server', '/CN=kube-apiserver');
    const admin = await signed(folder, 'admin', '/O=kubeadm:cluster-admins/CN=kubernetes-admin');
    return { ca: await readFile(path.join(folder, 'ca.crt'), 'utf8'), server, admin };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function signed(
  folder: string,
  name: string,
  subject: string,
): Promise<{ certificate: string; key: string }> {
  await openssl(folder, ['req', ...newKey(name, subject), '-out', `${name}.csr`]);
  const by = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', `${name}.ext`];
  await openssl(folder, [
    'x509',
    '-req',
    '-in',
    `${name}.csr`,
    ...by,
    '-days',
    '3650',
    '-out',
    `${name}.crt`,
  ]);
  return {
    certificate: await readFile(path.join(folder, `${name}.crt`), 'utf8'),
    key: await readFile(path.join(folder, `${name}.key`), 'utf8'),
  };
}

function newKey(name: string, subject = '/CN=kubernetes'): string[] {
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  return [...kind, '-keyout', `${name}.key`, '-subj', subject];
}

function openssl(cwd: string, args: readonly string[]): Promise<string> {
  return run('openssl', args, { cwd, doing: 'make the certificates of a cluster with openssl' });
}
