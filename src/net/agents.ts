import * as http from 'node:http';
import * as https from 'node:https';
import type { Duplex } from 'node:stream';
import * as tls from 'node:tls';

export interface AgentOptions {
  /** For everything that is asked through these agents. */
  proxy: URL | undefined;
  /** PEM. When given, only it is trusted, as with `curl --cacert`. */
  ca: string | undefined;
}

export interface RequestOptions {
  method: string;
  headers: Readonly<Record<string, string>>;
  /** Whether a kept connection may be used, and kept afterwards. */
  reuse: boolean;
  signal: AbortSignal | undefined;
}

/** Connections to servers, straight or through a proxy. */
export interface Agents {
  /** Begins a request, whose body has not been sent yet. */
  open(url: URL, options: RequestOptions): http.ClientRequest;
  /** Closes what is kept open. */
  close(): void;
}

/** Connects to nothing yet. */
export function createAgents({ proxy, ca }: AgentOptions): Agents {
  const trust = ca === undefined ? {} : { ca };
  const keep = { keepAlive: true };
  const secureAgent = (options: https.AgentOptions) =>
    proxy ? new TunnelAgent(proxy, options) : new https.Agent(options);
  const plain = { kept: new http.Agent(keep), single: new http.Agent() };
  const secure = { kept: secureAgent({ ...keep, ...trust }), single: secureAgent(trust) };
  const toProxy = { kept: new https.Agent(keep), single: new https.Agent() };
  return {
    open(url, { method, headers, reuse, signal }) {
      const which = reuse ? 'kept' : 'single';
      const common = { method, headers, ...(signal ? { signal } : {}) };
      if (url.protocol === 'https:') return https.request(url, { ...common, agent: secure[which] });
      if (!proxy) return http.request(url, { ...common, agent: plain[which] });
      const [{ request: ask }, pair] = proxy.protocol === 'https:' ? [https, toProxy] : [http, plain];
      return ask(proxy, {
        ...common,
        headers: { ...headers, host: url.host, ...proxyAuthorization(proxy) },
        path: url.href,
        agent: pair[which],
      });
    },
    close() {
      for (const { kept, single } of [plain, secure, toProxy]) {
        kept.destroy();
        single.destroy();
      }
    },
  };
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
