import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';

/** PEM texts of a certificate authority, and of a server and a client that it signed. */
export interface Certificates {
  ca: string;
  server: { certificate: string; key: string };
  client: { certificate: string; key: string };
}

/** Fresh certificates for 127.0.0.1, made with the openssl command, for tests. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'coldstart-certificates-'));
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  };
  try {
    writeFileSync(join(folder, 'ext'), 'subjectAltName=IP:127.0.0.1\n');
    const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    openssl(
      'req',
      '-x509',
      ...newKey,
      '-keyout',
      'ca.key',
      '-out',
      'ca.crt',
      '-days',
      '2',
      '-subj',
      '/CN=kubernetes',
    );
    for (const name of ['server', 'client']) {
      openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
      const signed = [
        '-CA',
        'ca.crt',
        '-CAkey',
        'ca.key',
        '-CAcreateserial',
        '-extfile',
        'ext',
        '-days',
        '2',
      ];
      openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.crt`, ...signed);
    }
    const pair = (name: string) => ({ certificate: read(`${name}.crt`), key: read(`${name}.key`) });
    return { ca: read('ca.crt'), server: pair('server'), client: pair('client') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A kubeconfig as kubeadm writes it, for a server on loopback. */
export function kubeconfigFor({ ca, client }: Certificates, port: number): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'kubernetes',
        cluster: { 'certificate-authority-data': base64(ca), server: `https://127.0.0.1:${port}` },
      },
    ],
    contexts: [{ name: 'admin', context: { cluster: 'kubernetes', user: 'admin' } }],
    users: [
      {
        name: 'admin',
        user: {
          'client-certificate-data': base64(client.certificate),
          'client-key-data': base64(client.key),
        },
      },
    ],
    'current-context': 'admin',
  });
}
