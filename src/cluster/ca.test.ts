import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { caCertHash, caHashOfKubeconfig } from './ca.ts';
import { kubeconfigFor, makeCertificates } from './certificates.fixture.ts';

describe('caCertHash', () => {
  test('is what openssl says about the public key', () => {
    const certificates = makeCertificates();
    const key = execFileSync('openssl', ['x509', '-pubkey', '-noout'], { input: certificates.ca });
    const der = execFileSync('openssl', ['pkey', '-pubin', '-outform', 'der'], { input: key });
    const digest = execFileSync('openssl', ['dgst', '-sha256', '-r'], { input: der, encoding: 'utf8' });
    expect(caCertHash(certificates.ca)).toBe(`sha256:${digest.split(' ')[0]}`);
    expect(caHashOfKubeconfig(kubeconfigFor(certificates, 6443))).toBe(caCertHash(certificates.ca));
  });
});
