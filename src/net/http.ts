import type * as http from 'node:http';
import { type Agents, createAgents } from './agents.ts';
import { type Environment, parseProxy, proxyFor } from './proxy.ts';

export interface HttpOptions {
  headers?: Readonly<Record<string, string>>;
  /** HTTP proxy for URLs of `http:`, whatever `env` says. */
  proxy?: string | undefined;
  /** Where HTTP_PROXY, HTTPS_PROXY and NO_PROXY are read; straight to the server when missing. */
  env?: Environment | undefined;
  signal?: AbortSignal | undefined;
}

/** Why a file is not to be had: the outside server's own status, or 502 when it does not answer. */
export class FetchError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Asks for a URL, through redirections, and answers with whatever status. Errors: FetchError 502. */
export async function httpGet(url: string | URL, options: HttpOptions = {}): Promise<http.IncomingMessage> {
  return follow(new URL(url), options, 5);
}

/** The whole body, at most 64 MiB. Errors: FetchError. */
export async function bodyOf(response: http.IncomingMessage, from: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const part of response) {
      sizeBytes += (part as Buffer).length;
      if (sizeBytes > largestBodyBytes) throw new Error('it is larger than 64 MiB');
      parts.push(part as Buffer);
    }
  } catch (error) {
    throw new FetchError(502, `${from}: ${(error as Error).message}`);
  }
  return Buffer.concat(parts);
}

const largestBodyBytes = 64 * 1024 * 1024;

/** Body of a URL that must be there. Errors: FetchError with the status that was answered. */
export async function getBody(url: string, options: HttpOptions = {}): Promise<Buffer> {
  const response = await httpGet(url, options);
  if (response.statusCode !== 200) throw refused(response, url);
  return bodyOf(response, url);
}

/** An answer with another status than the wanted one, as an error; its body is thrown away. */
export function refused(response: http.IncomingMessage, url: string): FetchError {
  response.resume();
  return new FetchError(response.statusCode ?? 502, `${url}: status ${response.statusCode}`);
}

async function follow(url: URL, options: HttpOptions, redirectsLeft: number): Promise<http.IncomingMessage> {
  const response = await once(url, options);
  const to = response.headers.location;
  if (!to || ![301, 302, 303, 307, 308].includes(response.statusCode ?? 0)) return response;
  response.resume();
  if (redirectsLeft === 0) throw new FetchError(502, `${url.href}: too many redirections`);
  const next = nextPlace(url, to);
  return follow(next, next.host === url.host ? options : withoutToken(options), redirectsLeft - 1);
}

/** Where a redirection leads. What was asked for over TLS is never taken from elsewhere without. Errors: FetchError 502. */
export function nextPlace(from: URL, location: string): URL {
  const next = new URL(location, from);
  if (/^https?:$/.test(next.protocol) && (from.protocol === 'http:' || next.protocol === 'https:'))
    return next;
  throw new FetchError(502, `${from.host} redirects to ${next.protocol}//${next.host}, which is not trusted`);
}

/** A registry's token is not for the storage that it sends its clients to. */
function withoutToken({
  headers: { authorization: _, ...headers } = {},
  ...options
}: HttpOptions): HttpOptions {
  return { ...options, headers };
}

function once(url: URL, options: HttpOptions): Promise<http.IncomingMessage> {
  const { headers, signal } = options;
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const request = agentsFor(proxyOf(url, options)).open(url, {
      method: 'GET',
      headers: { host: url.host, 'user-agent': 'coldstart', ...headers },
      reuse: true,
      signal,
    });
    request.setTimeout(mostSilenceMs, () => request.destroy(new Error('no answer for 30 seconds')));
    request.on('response', resolve);
    request.on('error', error => {
      reject(
        signal?.aborted ? (signal.reason as Error) : new FetchError(502, `${url.host}: ${error.message}`),
      );
    });
    request.end();
  });
}

const mostSilenceMs = 30_000;

function proxyOf(url: URL, { proxy, env = {} }: HttpOptions): URL | undefined {
  if (proxy !== undefined && url.protocol === 'http:') return parseProxy(proxy, 'packages.proxy');
  return proxyFor(url, env);
}

const agentsByProxy = new Map<string, Agents>();

/** Idle connections keep no process from ending. */
function agentsFor(proxy: URL | undefined): Agents {
  const key = proxy?.href ?? '';
  const agents = agentsByProxy.get(key) ?? createAgents({ proxy, ca: undefined });
  agentsByProxy.set(key, agents);
  return agents;
}
