import type { UserRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import type { Params } from './params.ts';

/** One request, as a handler sees it. */
export interface Call {
  world: World;
  user: UserRecord;
  /** What the path carries: `{id}` → `xp3dhd`. */
  args: Readonly<Record<string, string>>;
  query: Params;
  form: Params;
  data: Params;
  /** Whether the body was JSON or YAML, which some handlers stumble over. */
  isObject: boolean;
  /** Path and query as they came. */
  target: string;
}

/** Gives plain JSON, or an `Answer` when that is not it. Throws `ApiError`. */
export type Handler = (call: Call) => unknown;

/** What can be done at a path: the four plain methods, and operations by name. */
export interface Resource {
  /** `Machine`, as MAAS names its handlers: `MachineHandler`. */
  name: string;
  read?: Handler;
  create?: Handler;
  update?: Handler;
  remove?: Handler;
  /** Operations by GET and by POST. */
  get?: Readonly<Record<string, Handler>>;
  post?: Readonly<Record<string, Handler>>;
  /** What may be done without a key: everything, or a resource of its own; nothing when missing. */
  anonymous?: 'everything' | Resource;
}

export interface Route {
  /** `machines/{id}/` */
  path: string;
  resource: Resource;
}

const order = ['POST', 'PUT', 'GET', 'DELETE'] as const;
export type Method = (typeof order)[number];

export function methodsOf(resource: Resource): Method[] {
  const has: Record<Method, boolean> = {
    POST: resource.create !== undefined || resource.post !== undefined,
    PUT: resource.update !== undefined,
    GET: resource.read !== undefined || resource.get !== undefined,
    DELETE: resource.remove !== undefined,
  };
  return order.filter(method => has[method]);
}

/** The handler for a method and an operation, or undefined when there is none with this signature. */
export function handlerOf(resource: Resource, method: Method, op: string | undefined): Handler | undefined {
  if (op !== undefined) {
    const operations = method === 'GET' ? resource.get : method === 'POST' ? resource.post : undefined;
    return operations && Object.hasOwn(operations, op) ? operations[op] : undefined;
  }
  return { POST: resource.create, PUT: resource.update, GET: resource.read, DELETE: resource.remove }[method];
}
