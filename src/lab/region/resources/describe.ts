import { createHash } from 'node:crypto';
import { methodsOf, type Resource, type Route } from '../http/resource.ts';

interface DescribedAction {
  name: string;
  method: string;
  op: string | null;
  restful: boolean;
  doc: string;
}

/** `describe/`: what can be done where, for clients that make their commands from it. The real one also has prose. */
export function describeResource(routes: () => readonly Route[], version: string): Resource {
  return {
    name: 'Describe',
    anonymous: 'everything',
    read() {
      const described = describe(routes());
      return { doc: 'MAAS API', hash: hashOf(routes(), version), ...described };
    },
  };
}

/** Changes when the API does; nearly every answer carries it. */
export function hashOf(routes: readonly Route[], version: string): string {
  return createHash('sha1')
    .update(JSON.stringify([version, describe(routes)]))
    .digest('hex');
}

function describe(routes: readonly Route[]) {
  const handlers = routes.map(handlerOf);
  return {
    handlers,
    resources: routes.map((route, index) => ({
      name: `${route.resource.name}Handler`,
      auth: handlers[index] ?? null,
      anon: route.resource.anonymous === 'everything' ? (handlers[index] ?? null) : null,
    })),
  };
}

function handlerOf({ path, resource }: Route) {
  return {
    name: `${resource.name}Handler`,
    doc: '',
    path: `/MAAS/api/2.0/${path}`,
    uri: `/MAAS/api/2.0/${path}`,
    params: [...path.matchAll(/\{(\w+)\}/g)].map(match => match[1] ?? ''),
    actions: actionsOf(resource),
  };
}

const restfulNames = { GET: 'read', POST: 'create', PUT: 'update', DELETE: 'delete' } as const;

function actionsOf(resource: Resource): DescribedAction[] {
  const plain = { GET: resource.read, POST: resource.create, PUT: resource.update, DELETE: resource.remove };
  const restful = methodsOf(resource)
    .filter(method => plain[method] !== undefined)
    .map(method => ({ name: restfulNames[method], method, op: null, restful: true, doc: '' }));
  const operation = (method: string) => (op: string) => ({ name: op, method, op, restful: false, doc: '' });
  return [
    ...restful,
    ...Object.keys(resource.get ?? {}).map(operation('GET')),
    ...Object.keys(resource.post ?? {}).map(operation('POST')),
  ];
}
