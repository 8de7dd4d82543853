import * as http from 'node:http';
import * as https from 'node:https';
import type { Duplex } from 'node:stream';
import * as tls from 'node:tls';

export interface WireRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  url: URL;
  headers: Readonly<Record<string, string>>;
  body: string | undefined;
  /** For the whole try, the answer's body included. */
  timeoutMs: number;
  connectTimeoutMs: number;
  signal: AbortSignal | undefined;
}

export interface WireAnswer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
  bytes: number;
}

export type WireFault = 'broken' | 'timeout' | 'tls' | 'garbage';

/** A try without a whole answer. `sent` is false when the server cannot have seen any of it. */
export class WireFailure extends Error {
  override readonly name = 'WireFailure';
  readonly fault: WireFault;
  readonly sent: boolean;
  /** The system's code, such as ECONNREFUSED, or `''`. */
  readonly code: string;

  constructor(fault: WireFault, sent: boolean, cause: Error) {
    super(cause.message || codeOf(cause), { cause });
    this.fault = fault;
    this.sent = sent;
    this.code = codeOf(cause);
  }
}

export interface Connector {
  /** Sends one request and reads the whole answer. Throws WireFailure, or the signal's reason. */
  send(request: WireRequest): Promise<WireAnswer>;
  /** Closes what is kept open. */
  close(): void;
}

export interface ConnectorOptions {
  proxy: URL | undefined;
  /** PEM. When given, only it is trusted, as with `curl --cacert`. */
  ca: string | undefined;
}

/**
 * Connections are kept for GET only. A request on a kept connection fails when the server closes it at that moment,
 * and for a POST nobody could tell whether it was carried out.
 */
export function createConnector({ proxy, ca }: ConnectorOptions): Connector {
  const trust = ca === undefined ? {} : { ca };
  const plain = { kept: new http.Agent({ keepAlive: true }), single: new http.Agent() };
  const secure = {
    kept: proxy
      ? new TunnelAgent(proxy, { keepAlive: true, ...trust })
      : new https.Agent({ keepAlive: true, ...trust }),
    single: proxy ? new TunnelAgent(proxy, { ...trust }) : new https.Agent({ ...trust }),
  };
  const toProxy = { kept: new https.Agent({ keepAlive: true }), single: new https.Agent() };
  return {
    send: request => exchange(request, proxy, { plain, secure, toProxy }),
    close() {
      for (const { kept, single } of [plain, secure, toProxy]) {
        kept.destroy();
        single.destroy();
      }
    },
  };
}

type AgentPair = { kept: http.Agent; single: http.Agent };
type Agents = { plain: AgentPair; secure: AgentPair; toProxy: AgentPair };

function open(request: WireRequest, proxy: URL | undefined, agents: Agents): http.ClientRequest {
  const { url, method, signal } = request;
  const reuse = method === 'GET' ? 'kept' : 'single';
  const headers: Record<string, string> = { ...request.headers };
  const common = { method, headers, ...(signal ? { signal } : {}) };
  if (url.protocol === 'https:') return https.request(url, { ...common, agent: agents.secure[reuse] });
  if (!proxy) return http.request(url, { ...common, agent: agents.plain[reuse] });
  headers['host'] = url.host;
  Object.assign(headers, proxyAuthorization(proxy));
  const [{ request: ask }, pair] =
    proxy.protocol === 'https:' ? [https, agents.toProxy] : [http, agents.plain];
  return ask(proxy, { ...common, path: url.href, agent: pair[reuse] });
}

function exchange(request: WireRequest, proxy: URL | undefined, agents: Agents): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    request.signal?.throwIfAborted();
    const outgoing = open(request, proxy, agents);
    const state = { sent: false, timedOut: false };
    const giveUp = (ms: number, what: string) =>
      setTimeout(() => {
        state.timedOut = true;
        outgoing.destroy(new Error(`${what} within ${ms / 1000} s`));
      }, ms);
    const connecting = giveUp(request.connectTimeoutMs, 'no connection');
    const whole = giveUp(request.timeoutMs, 'no answer');
    const settle = (act: () => void) => {
      clearTimeout(connecting);
      clearTimeout(whole);
      act();
    };
    const fail = (cause: Error) =>
      settle(() => reject(request.signal?.aborted ? request.signal.reason : failureOf(cause, state)));
    whenConnected(outgoing, () => {
      clearTimeout(connecting);
      state.sent = true;
    });
    outgoing.on('error', fail);
    outgoing.on('response', answer => readWhole(answer, body => settle(() => resolve(body)), fail));
    outgoing.end(request.body);
  });
}

function whenConnected(outgoing: http.ClientRequest, then: () => void): void {
  outgoing.on('socket', socket => {
    if (!socket.connecting) then();
    else socket.once(socket instanceof tls.TLSSocket ? 'secureConnect' : 'connect', then);
  });
}

function readWhole(
  answer: http.IncomingMessage,
  done: (answer: WireAnswer) => void,
  fail: (cause: Error) => void,
): void {
  const chunks: Buffer[] = [];
  answer.on('data', (chunk: Buffer) => chunks.push(chunk));
  answer.on('error', fail);
  answer.on('end', () => {
    const body = Buffer.concat(chunks);
    done({
      status: answer.statusCode ?? 0,
      headers: answer.headers,
      body: body.toString(),
      bytes: body.length,
    });
  });
}

function failureOf(cause: Error, { sent, timedOut }: { sent: boolean; timedOut: boolean }): WireFailure {
  if (cause instanceof WireFailure) return cause;
  const code = codeOf(cause);
  if (timedOut) return new WireFailure('timeout', sent, cause);
  if (code.startsWith('HPE_')) return new WireFailure('garbage', true, cause);
  // Every problem of a handshake comes before a single byte of the request.
  if (
    !sent &&
    (/CERT|^ERR_TLS|^ERR_SSL|^EPROTO|SIGNATURE|CRL|ISSUER/.test(code) || code === 'HOSTNAME_MISMATCH')
  ) {
    return new WireFailure('tls', false, cause);
  }
  return new WireFailure('broken', sent, cause);
}

function codeOf(error: Error): string {
  const own = (error as NodeJS.ErrnoException).code;
  if (typeof own === 'string') return own;
  return error.cause instanceof Error ? codeOf(error.cause) : '';
}

function proxyAuthorization(proxy: URL): Record<string, string> {
  if (proxy.username === '') return {};
  const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}

const tunnelTimeoutMs = 20_000;

/** Reaches an https server through an HTTP proxy: https://www.rfc-editor.org/rfc/rfc9110#name-connect */
class TunnelAgent extends https.Agent {
  readonly #proxy: URL;

  constructor(proxy: URL, options: https.AgentOptions) {
    super(options);
    this.#proxy = proxy;
  }

  override createConnection(
    options: https.RequestOptions,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const done = callback as (error: Error | null, stream?: Duplex) => void;
    const host = String(options.host ?? options.hostname);
    const authority = `${host.includes(':') ? `[${host}]` : host}:${options.port ?? 443}`;
    const connect = openTunnel(this.#proxy, authority, options.signal);
    connect.on('error', done);
    connect.on('connect', (answer, socket) => {
      if (answer.statusCode !== 200) {
        socket.destroy();
        done(
          new Error(
            `the proxy ${this.#proxy.host} refuses to connect: ${answer.statusCode} ${answer.statusMessage}`,
          ),
        );
        return;
      }
      const secured = tls.connect({ ...(options as tls.ConnectionOptions), socket });
      secured.once('error', done);
      secured.once('secureConnect', () => {
        secured.off('error', done);
        done(null, secured);
      });
    });
  }
}

function openTunnel(proxy: URL, authority: string, signal: AbortSignal | undefined): http.ClientRequest {
  const ask = proxy.protocol === 'https:' ? https.request : http.request;
  const connect = ask(proxy, {
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...proxyAuthorization(proxy) },
    agent: false,
    ...(signal ? { signal } : {}),
  });
  connect.setTimeout(tunnelTimeoutMs, () =>
    connect.destroy(new Error(`the proxy ${proxy.host} does not answer`)),
  );
  connect.end();
  return connect;
}
