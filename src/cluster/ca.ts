import { createHash, X509Certificate } from 'node:crypto';
import { parseKubeconfig } from './kubeconfig.ts';

/**
 * The pin of a certificate authority as kubeadm takes it: `sha256:` and the hash of the certificate's public key (SPKI):
 * https://kubernetes.io/docs/reference/setup-tools/kubeadm/kubeadm-join/#token-based-discovery-with-ca-pinning
 */
export function caCertHash(pem: string): string {
  const spki = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' });
  return `sha256:${createHash('sha256').update(spki).digest('hex')}`;
}

/** The pin of the CA that a kubeconfig trusts. Throws KUBECONFIG_INVALID. */
export function caHashOfKubeconfig(text: string): string {
  return caCertHash(parseKubeconfig(text).caPem);
}
