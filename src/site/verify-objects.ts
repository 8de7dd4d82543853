import type { KubernetesObject } from '../addons/definition.ts';
import type { TestPod } from '../checks/verify.ts';

/** The pod of a check, and its claim where it has one. */
export function testPod({ name, script, node, claim = false }: TestPod, image: string): KubernetesObject[] {
  const container = {
    name: 'test',
    image,
    command: ['sh', '-c', script],
    terminationMessagePolicy: 'FallbackToLogsOnError',
    ...(claim ? { volumeMounts: [{ name: 'data', mountPath: '/data' }] } : {}),
  };
  const volumes = claim ? { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: name } }] } : {};
  const pod = podOf(name, node, {
    restartPolicy: 'Never',
    activeDeadlineSeconds: 120,
    containers: [container],
    ...volumes,
  });
  return claim ? [claimOf(name), pod] : [pod];
}

/** A web server on a node, and a service in front of it. */
export function serverObjects(node: string, image: string): KubernetesObject[] {
  const container = {
    name: 'server',
    image,
    command: ['sh', '-c', 'mkdir -p /www; echo ok > /www/index.html; exec busybox httpd -f -p 8080 -h /www'],
    readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
  };
  const ports = [{ port: 80, targetPort: 8080, protocol: 'TCP' }];
  return [
    podOf('server', node, { containers: [container] }),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'server' },
      spec: { selector: { app: 'server' }, ports },
    },
  ];
}

/** Leads a name to the web server through a Gateway. */
export function routeObject(
  gateway: { name: string; namespace: string },
  sectionName: string,
  host: string,
): KubernetesObject {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'server' },
    spec: {
      parentRefs: [{ name: gateway.name, namespace: gateway.namespace, sectionName }],
      hostnames: [host],
      rules: [{ backendRefs: [{ name: 'server', port: 80 }] }],
    },
  };
}

/** The same through an Ingress. */
export function ingressObject(ingressClassName: string, host: string): KubernetesObject {
  const backend = { service: { name: 'server', port: { number: 80 } } };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'server' },
    spec: {
      ingressClassName,
      rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
    },
  };
}

/** On a named node, or where the scheduler wants; taints of control planes do not matter. */
function podOf(name: string, node: string | undefined, spec: Record<string, unknown>): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: name } },
    spec: {
      ...(node === undefined ? {} : { nodeName: node }),
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      tolerations: [{ operator: 'Exists' }],
      ...spec,
    },
  };
}

function claimOf(name: string): KubernetesObject {
  const resources = { requests: { storage: '10Mi' } };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name },
    spec: { accessModes: ['ReadWriteOnce'], resources },
  };
}
