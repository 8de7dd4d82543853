import type { OAuthCheck } from '../auth/oauth.ts';
import type { UserRecord } from '../state/records.ts';
import { speaksAtLeast, type World } from '../state/world.ts';
import { Answer, jsonType, pretty } from './answers.ts';
import { type Body, parseBody } from './body.ts';
import { ApiError, badRequest } from './errors.ts';
import { Params } from './params.ts';
import { type Call, handlerOf, type Method, methodsOf, type Resource, type Route } from './resource.ts';

const vary = { Vary: 'Authorization, Cookie' };

/** Someone without a key. */
const nobody: UserRecord = { username: '', email: '', isSuperuser: false, sshKeys: [] };

/** Answers one request below `/MAAS/api/2.0/`; `path` is what follows that, with the operation taken off. */
export interface ApiRequest {
  raw: Request;
  path: string;
  /** The whole path, for messages. */
  fullPath: string;
  query: Params;
}

export type RouteFinder = (path: string) => { resource: Resource; args: Record<string, string> } | undefined;

/** Paths with `{name}` in them, as one lookup. Names may be percent-encoded. */
export function routeFinder(routes: readonly Route[]): RouteFinder {
  const compiled = routes.map(({ path, resource }) => {
    const pattern = path.replaceAll('.', '\\.').replace(/\{(\w+)\}/g, '(?<$1>[^/]+)');
    return { pattern: new RegExp(`^${pattern}$`), resource };
  });
  return path => {
    for (const { pattern, resource } of compiled) {
      const match = pattern.exec(path);
      if (match) return { resource, args: decoded(match.groups ?? {}) };
    }
    return undefined;
  };
}

function decoded(groups: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decodeSafely(value)]));
}

function decodeSafely(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

export interface ApiSite {
  world: World;
  oauth: OAuthCheck;
  find: RouteFinder;
  /** Hash of the API's description, as `describe/` has it. */
  hash: string;
}

/** The whole way of a request: find, authenticate, choose the handler, run it, keep what it changed, answer. */
export async function answerApi(site: ApiSite, request: ApiRequest): Promise<Response> {
  const { path, op: opOfPath } = splitOperation(request.path);
  const found = site.find(path);
  if (!found) {
    return new Response(`Unknown API endpoint: ${request.fullPath}.`, {
      status: 404,
      headers: { 'Content-Type': 'text/plain; charset=utf-8' },
    });
  }
  try {
    const open = found.resource.anonymous === 'everything';
    const result = await run(site, request, found, opOfPath);
    if (request.raw.method !== 'GET') await site.world.store.settled();
    return success(result, site.hash, open);
  } catch (error) {
    return failure(error);
  }
}

/** `/machines/xp3dhd/op-deploy` is the operation as a last part of the path, since 3.3. */
function splitOperation(path: string): { path: string; op?: string } {
  const match = /^(.*\/)op-(\w+)$/.exec(path);
  return match?.[1] && match[2] ? { path: match[1], op: match[2] } : { path };
}

async function run(
  site: ApiSite,
  request: ApiRequest,
  found: { resource: Resource; args: Record<string, string> },
  opOfPath: string | undefined,
): Promise<unknown> {
  const { world } = site;
  const body = await readBody(world, request.raw);
  const user = authenticate(site, request, body);
  const resource = user ? found.resource : anonymousPart(found.resource);
  if (!resource) throw new ApiError(401, 'Forbidden', { contentType: 'text/plain', headers: vary });
  const method = allowedMethod(resource, request.raw.method);
  const op = opOfPath ?? request.query.one('op') ?? (method === 'POST' ? body.form.one('op') : undefined);
  const handler = handlerOf(resource, method, op);
  if (!handler) throw badRequest(`Unrecognised signature: method=${method} op=${op ?? 'None'}`);
  const call: Call = {
    world,
    user: user ?? nobody,
    args: found.args,
    query: withoutOwn(request.query),
    form: withoutOwn(body.form),
    data: withoutOwn(body.data),
    isObject: body.isObject,
    target: request.fullPath + new URL(request.raw.url).search,
  };
  const result = await handler(call);
  refuseOtherFormats(request.query);
  return result;
}

async function readBody(world: World, raw: Request): Promise<Body> {
  if (raw.method !== 'POST' && raw.method !== 'PUT')
    return { form: new Params(), data: new Params(), isObject: false };
  const bytes = Buffer.from(await raw.arrayBuffer());
  return parseBody(bytes, raw.headers.get('content-type') ?? '', speaksAtLeast(world, 3, 6));
}

function authenticate(site: ApiSite, request: ApiRequest, body: Body): UserRecord | undefined {
  const token = site.oauth.verify({
    method: request.raw.method,
    url: request.raw.url,
    authorization: request.raw.headers.get('authorization') ?? undefined,
    query: request.query,
    form: body.form,
  });
  return token && site.world.users.get(token.user ?? 'maas-init-node');
}

function anonymousPart(resource: Resource): Resource | undefined {
  return resource.anonymous === 'everything' ? resource : resource.anonymous;
}

function allowedMethod(resource: Resource, method: string): Method {
  const allowed = methodsOf(resource);
  const match = allowed.find(known => known === method);
  if (match) return match;
  throw new ApiError(405, '', {
    contentType: 'text/html; charset=utf-8',
    headers: { ...vary, Allow: allowed.join(', ') },
  });
}

function withoutOwn(params: Params): Params {
  return params.without('op', ...params.names().filter(name => name.startsWith('oauth_')));
}

/** Answers are JSON only, and MAAS finds out after it has done the work. */
function refuseOtherFormats(query: Params): void {
  const format = query.one('format');
  if (format === undefined || format === 'json') return;
  throw new ApiError(400, `Invalid output format specified '${format}'.`, {
    contentType: 'text/plain',
    headers: vary,
  });
}

function success(result: unknown, hash: string, open: boolean): Response {
  const answer = result instanceof Answer ? result : new Answer(200, jsonType, pretty(result));
  return new Response(answer.status === 204 ? null : answer.body, {
    status: answer.status,
    headers: {
      'Content-Type': answer.contentType,
      Vary: open ? 'Authorization' : vary.Vary,
      'X-MAAS-API-Hash': hash,
    },
  });
}

/** The answer for whatever a handler has thrown. */
export function failure(thrown: unknown): Response {
  const error = thrown instanceof ApiError ? thrown : new ApiError(500, (thrown as Error).message);
  return new Response(error.message, {
    status: error.status,
    headers: { 'Content-Type': error.contentType, ...error.headers },
  });
}

/** Parses a query; a broken one is an empty one. */
export function queryOf(url: string): Params {
  return new Params(new URL(url).searchParams);
}
