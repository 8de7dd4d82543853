import { request } from 'node:http';
import { unlessGone } from '../cluster/apply.ts';
import type { KubernetesClient } from '../cluster/kubernetes-api.ts';
import { systemClock } from '../core/clock.ts';
import { ColdstartError, reasonOf } from '../core/errors.ts';
import { waitUntil } from '../engine/until.ts';
import { ingressObject, routeObject } from './verify-objects.ts';
import { applyIn, type Scene } from './verify-scene.ts';

/** What was seen of the way in, and where to look when it does not work. */
export interface WayIn {
  state: 'ok' | 'failed' | 'skipped';
  seen: string;
  remedy: string;
}

/** https://gateway-api.sigs.k8s.io/reference/spec/#gateway */
export interface WireGateway {
  metadata: { name: string; namespace: string };
  spec: {
    listeners: {
      name: string;
      port: number;
      protocol: string;
      hostname?: string;
      allowedRoutes?: { namespaces?: { from?: string } };
    }[];
  };
  status?: { addresses?: { value: string }[] };
}

interface WireIngress {
  status?: { loadBalancer?: { ingress?: { ip?: string; hostname?: string }[] } };
}

/** Leads a name to the test's web server through the Gateway, or the Ingress, and asks for its page from this computer. */
export async function tryWayIn(scene: Scene): Promise<WayIn> {
  const gateways = await listOf<WireGateway>(scene.api, '/apis/gateway.networking.k8s.io/v1/gateways');
  const gateway = gateways.find(({ metadata }) => metadata.name === 'site') ?? gateways[0];
  if (gateway) return tryGateway(scene, gateway);
  const classes = await listOf<{ metadata: { name: string } }>(
    scene.api,
    '/apis/networking.k8s.io/v1/ingressclasses',
  );
  const [ingressClass] = classes;
  if (ingressClass) return tryIngress(scene, ingressClass.metadata.name);
  return { state: 'skipped', seen: 'there is no gateway', remedy: '' };
}

async function tryGateway(scene: Scene, gateway: WireGateway): Promise<WayIn> {
  const { name, namespace } = gateway.metadata;
  const listener = openListener(gateway);
  if (!listener) {
    const seen = `the gateway ${namespace}/${name} takes no plain HTTP for any name from every namespace`;
    return { state: 'skipped', seen, remedy: '' };
  }
  await applyIn(scene, routeObject(gateway.metadata, listener.name, hostOf(scene)));
  const path = `/apis/gateway.networking.k8s.io/v1/namespaces/${namespace}/gateways/${name}`;
  return ask(scene, {
    what: `the gateway ${namespace}/${name}`,
    remedy: `look at kubectl --namespace ${namespace} describe gateway ${name}, and at its Service's address`,
    async find() {
      const { status } = await scene.api.get<WireGateway>(path, { signal: scene.signal });
      const host = status?.addresses?.[0]?.value;
      return host === undefined ? undefined : { host, port: listener.port };
    },
  });
}

/** A listener that a route of a foreign namespace and of any name may use. */
export function openListener({ spec }: WireGateway): WireGateway['spec']['listeners'][number] | undefined {
  return spec.listeners.find(
    ({ protocol, hostname, allowedRoutes }) =>
      protocol === 'HTTP' && hostname === undefined && allowedRoutes?.namespaces?.from === 'All',
  );
}

async function tryIngress(scene: Scene, className: string): Promise<WayIn> {
  await applyIn(scene, ingressObject(className, hostOf(scene)));
  const path = `/apis/networking.k8s.io/v1/namespaces/${scene.namespace}/ingresses/server`;
  return ask(scene, {
    what: `the ingress class ${className}`,
    remedy: `look at the pods of the controller of ${className}, and at its Service's address`,
    async find() {
      const { status } = await scene.api.get<WireIngress>(path, { signal: scene.signal });
      const given = status?.loadBalancer?.ingress?.[0];
      const host = given?.ip ?? given?.hostname;
      return host === undefined ? undefined : { host, port: 80 };
    },
  });
}

interface Question {
  what: string;
  remedy: string;
  /** Where it listens; undefined while it has no address. */
  find(): Promise<Address | undefined>;
}

interface Address {
  host: string;
  port: number;
}

async function ask(scene: Scene, { what, remedy, find }: Question): Promise<WayIn> {
  let seen = `${what} has no address`;
  let address: Address | undefined;
  const look = async () => {
    address = await find();
    if (address === undefined) return { done: false, seen };
    const { done, seen: answer } = await pageAt(address, hostOf(scene), scene.signal);
    seen = `${what} at ${address.host}:${address.port} ${answer}`;
    return { done, seen };
  };
  try {
    await waitUntil(`${what} answers`, look, {
      clock: systemClock,
      signal: scene.signal,
      failAfterMs: 60_000,
    });
    return { state: 'ok', seen, remedy };
  } catch (error) {
    if (!(error instanceof ColdstartError) || error.code !== 'TIMED_OUT') throw error;
    return { state: 'failed', seen, remedy };
  }
}

/** A name of nobody: https://www.rfc-editor.org/rfc/rfc6761#section-6.2 */
function hostOf({ namespace }: Scene): string {
  return `${namespace}.test`;
}

/** One question from this computer, which does not stand in the cluster. */
async function pageAt(
  { host, port }: Address,
  name: string,
  signal: AbortSignal,
): Promise<{ done: boolean; seen: string }> {
  const ended = AbortSignal.any([signal, AbortSignal.timeout(5_000)]);
  try {
    const { status, text } = await get({ host, port, name, signal: ended });
    if (status === 200 && text.trim() === 'ok') return { done: true, seen: 'answers from here' };
    return { done: false, seen: `answers with status ${status}, and not with the page that it leads to` };
  } catch (error) {
    signal.throwIfAborted();
    return { done: false, seen: `does not answer from here: ${reasonOf(error)}` };
  }
}

function get(
  options: Address & { name: string; signal: AbortSignal },
): Promise<{ status: number; text: string }> {
  const { host, port, name, signal } = options;
  return new Promise((resolve, reject) => {
    const asking = request({ host, port, path: '/', headers: { host: name }, signal }, answer => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => (text += chunk));
      answer.on('error', reject);
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    asking.on('error', reject);
    asking.end();
  });
}

/** Nothing where the cluster has no such kind. */
async function listOf<T>(api: KubernetesClient, path: string): Promise<T[]> {
  return (await unlessGone(api.get<{ items: T[] | null }>(path)))?.items ?? [];
}
