import * as z from 'zod';
import { type AddonCluster, defineAddon, type KubernetesObject, type PlainTree } from '../definition.ts';
import { challengeSolver } from './site-gateway.ts';

const acmeServers = {
  letsencrypt: 'https://acme-v02.api.letsencrypt.org/directory',
  'letsencrypt-staging': 'https://acme-staging-v02.api.letsencrypt.org/directory',
} as const;

/**
 * Certificates that renew themselves, from a ClusterIssuer with the name `site`.
 * The Gateway API is off until asked for: https://github.com/cert-manager/website/issues/1586
 * Kubernetes 1.33 to 1.36 for 1.21: https://github.com/Rusty-Gopher/kupre/releases/tag/v0.3.0 gathers upstream's page.
 */
export const certManager = defineAddon({
  name: 'cert-manager',
  title: 'Certificates that renew themselves',
  source: {
    kind: 'chart',
    chart: { oci: 'oci://quay.io/jetstack/charts/cert-manager', version: 'v1.21.2' },
  },
  checked: {
    version: '1.20 to 1.21',
    at: 'https://github.com/cert-manager/cert-manager/blob/00891767d32d43354021d1a0d490b268ba39bbca/deploy/charts/cert-manager/README.template.md',
  },
  namespace: 'cert-manager',
  settings: z.strictObject({
    issuer: z
      .enum(['private-ca', 'letsencrypt', 'letsencrypt-staging', 'none'])
      .default('private-ca')
      .describe(
        'Who signs. private-ca: an authority made in the cluster, for names that exist only at home. letsencrypt: needs names and a port 80 that the internet reaches.',
      ),
    email: z.email().optional().describe("Where Let's Encrypt may write to."),
  }),
  values: (_settings, cluster) => ({
    crds: { enabled: true, keep: true },
    ...(cluster.provides('gateway') ? { config: gatewayConfig } : {}),
  }),
  objects: ({ issuer, email }, cluster) => {
    if (issuer === 'none') return [];
    if (issuer === 'private-ca') return privateAuthority();
    return [clusterIssuer('site', { acme: acme(acmeServers[issuer], email, cluster) })];
  },
  needs: { kubernetes: { from: '1.33' } },
  // It looks for the kinds of the Gateway API once, when it starts.
  alsoNeeds: (_settings, cluster) => (cluster.provides('gateway') ? { capabilities: ['gateway-api'] } : {}),
  provides: ({ issuer }) => (issuer === 'none' ? [] : ['certificates']),
  problems: ({ issuer, email }, cluster) => {
    if (issuer === 'none' || issuer === 'private-ca') return [];
    return [
      ...(email === undefined ? [`${issuer} needs email`] : []),
      ...(challengeSolver(cluster) === undefined
        ? [`${issuer} needs a way in from outside: add envoy-gateway or traefik`]
        : []),
    ];
  },
  ready: ({ issuer }) =>
    issuer === 'none'
      ? []
      : [
          {
            kind: 'condition',
            apiVersion: 'cert-manager.io/v1',
            of: 'ClusterIssuer',
            name: 'site',
            type: 'Ready',
          },
        ],
  afterwards: ({ issuer }) => (issuer === 'private-ca' ? [trustTheAuthority] : []),
  losesData: 'Issuers and certificates stay, but nothing renews them any more.',
});

const trustTheAuthority =
  "Let browsers trust your authority: kubectl --namespace cert-manager get secret site-ca --output jsonpath='{.data.tls\\.crt}' | base64 -d";

const gatewayConfig = {
  apiVersion: 'controller.config.cert-manager.io/v1alpha1',
  kind: 'ControllerConfiguration',
  enableGatewayAPI: true,
};

/** A key that signs itself, then an issuer that signs with it. */
function privateAuthority(): KubernetesObject[] {
  const certificate = {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name: 'site-ca', namespace: 'cert-manager' },
    spec: {
      isCA: true,
      commonName: 'coldstart site',
      secretName: 'site-ca',
      // Ten years: every browser of the house trusts it by hand.
      duration: '87600h',
      privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Never' },
      issuerRef: { name: 'self-signed', kind: 'ClusterIssuer', group: 'cert-manager.io' },
    },
  };
  const site = clusterIssuer('site', { ca: { secretName: 'site-ca' } });
  return [clusterIssuer('self-signed', { selfSigned: {} }), certificate, site];
}

function clusterIssuer(name: string, spec: PlainTree): KubernetesObject {
  return { apiVersion: 'cert-manager.io/v1', kind: 'ClusterIssuer', metadata: { name }, spec };
}

function acme(server: string, email: string | undefined, cluster: AddonCluster): PlainTree {
  const solver = challengeSolver(cluster);
  return {
    server,
    ...(email === undefined ? {} : { email }),
    privateKeySecretRef: { name: 'site-acme-account' },
    solvers: solver === undefined ? [] : [{ http01: solver }],
  };
}
