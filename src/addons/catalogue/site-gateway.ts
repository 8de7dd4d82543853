import type { AddonCluster, KubernetesObject } from '../definition.ts';

/** The one Gateway of a site, and the routes of dashboards to it. */

interface SiteGateway {
  addon: string;
  namespace: string;
}

const gateways: readonly SiteGateway[] = [
  { addon: 'envoy-gateway', namespace: 'envoy-gateway-system' },
  { addon: 'cilium', namespace: 'kube-system' },
];
const gatewayName = 'site';
const issuerName = 'site';

/** Add-ons with a page of their own: their setting `host` gets a listener with a certificate. */
const pages = ['headlamp', 'kube-prometheus-stack'];

/** A page that a person opens in a browser. */
export interface SitePage {
  /** Of the Service, and of the route. */
  name: string;
  namespace: string;
  port: number;
  host: string | undefined;
}

/** The Gateway: plain HTTP for everybody, and HTTPS for each page when certificates can be had. */
export function siteGateway(
  namespace: string,
  className: string,
  cluster: AddonCluster,
  infrastructure?: Record<string, unknown>,
): KubernetesObject {
  const hosts = secureHosts(cluster);
  const annotations =
    hosts.length > 0 ? { annotations: { 'cert-manager.io/cluster-issuer': issuerName } } : {};
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: gatewayName, namespace, ...annotations },
    spec: {
      gatewayClassName: className,
      ...(infrastructure === undefined ? {} : { infrastructure }),
      listeners: [
        { name: 'http', protocol: 'HTTP', port: 80, allowedRoutes: everyNamespace },
        ...hosts.map(secureListener),
      ],
    },
  };
}

/** How a page is reached: a route at the Gateway, else an Ingress for Traefik, else nothing. */
export function sitePage(page: SitePage, cluster: AddonCluster): KubernetesObject[] {
  if (page.host === undefined) return [];
  const parent = gatewayOf(cluster);
  if (parent !== undefined) return gatewayRoutes(page, page.host, parent, cluster);
  return cluster.wants('traefik') ? [ingress(page, page.host, cluster)] : [];
}

/** Where a browser finds the page; nothing when no way in leads to it. */
export function pageUrl(host: string | undefined, cluster: AddonCluster): { url?: string } {
  const open = gatewayOf(cluster) !== undefined || cluster.wants('traefik');
  return host === undefined || !open ? {} : { url: pageOrigin(host, cluster) };
}

/** `https://host` where certificates can be had, else `http://host`. */
export function pageOrigin(host: string, cluster: AddonCluster): string {
  return `${cluster.provides('certificates') ? 'https' : 'http'}://${host}`;
}

/** Where an ACME server's question about a host can be answered. */
export function challengeSolver(cluster: AddonCluster): Record<string, unknown> | undefined {
  const parent = gatewayOf(cluster);
  if (parent !== undefined) {
    const { namespace } = parent;
    return { gatewayHTTPRoute: { parentRefs: [{ kind: 'Gateway', name: gatewayName, namespace }] } };
  }
  return cluster.wants('traefik') ? { ingress: { ingressClassName: 'traefik' } } : undefined;
}

/** Other add-ons that would make the site's Gateway too. */
export function rivalGateways(self: string, cluster: AddonCluster): string[] {
  return gateways
    .filter(({ addon }) => addon !== self && makesGateway(addon, cluster))
    .map(({ addon }) => `${addon} makes the site's gateway too: keep one of them`);
}

function gatewayOf(cluster: AddonCluster): SiteGateway | undefined {
  return gateways.find(({ addon }) => makesGateway(addon, cluster));
}

function makesGateway(addon: string, cluster: AddonCluster): boolean {
  return addon === 'cilium' ? cluster.settingsOf(addon)?.['gateway'] === true : cluster.wants(addon);
}

function secureHosts(cluster: AddonCluster): string[] {
  if (!cluster.provides('certificates')) return [];
  const hosts = pages.map(page => cluster.settingsOf(page)?.['host']);
  return [...new Set(hosts.filter(host => typeof host === 'string'))];
}

const everyNamespace = { namespaces: { from: 'All' } };

function secureListener(host: string): Record<string, unknown> {
  return {
    name: host,
    hostname: host,
    protocol: 'HTTPS',
    port: 443,
    tls: { mode: 'Terminate', certificateRefs: [{ name: `${host}-tls` }] },
    allowedRoutes: everyNamespace,
  };
}

function gatewayRoutes(
  page: SitePage,
  host: string,
  parent: SiteGateway,
  cluster: AddonCluster,
): KubernetesObject[] {
  const backend = { backendRefs: [{ name: page.name, port: page.port }] };
  const toHttps = {
    filters: [{ type: 'RequestRedirect', requestRedirect: { scheme: 'https', statusCode: 301 } }],
  };
  if (!cluster.provides('certificates')) return [route(page, page.name, host, parent, 'http', backend)];
  return [
    route(page, page.name, host, parent, host, backend),
    route(page, `${page.name}-to-https`, host, parent, 'http', toHttps),
  ];
}

function route(
  page: SitePage,
  name: string,
  host: string,
  parent: SiteGateway,
  sectionName: string,
  rule: Record<string, unknown>,
): KubernetesObject {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name, namespace: page.namespace },
    spec: {
      parentRefs: [{ name: gatewayName, namespace: parent.namespace, sectionName }],
      hostnames: [host],
      rules: [rule],
    },
  };
}

function ingress(page: SitePage, host: string, cluster: AddonCluster): KubernetesObject {
  const secure = cluster.provides('certificates');
  const backend = { service: { name: page.name, port: { number: page.port } } };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      name: page.name,
      namespace: page.namespace,
      ...(secure ? { annotations: { 'cert-manager.io/cluster-issuer': issuerName } } : {}),
    },
    spec: {
      ingressClassName: 'traefik',
      ...(secure ? { tls: [{ hosts: [host], secretName: `${host}-tls` }] } : {}),
      rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
    },
  };
}
