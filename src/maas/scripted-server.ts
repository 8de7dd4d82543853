import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What reached a scripted server. */
export interface Heard {
  method: string;
  /** Below `/MAAS/api/2.0/`, with its query. */
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export interface Reply {
  status?: number;
  type?: string;
  headers?: Record<string, string>;
  body?: string | object | null;
  /** Break the connection instead: before the answer, or in the middle of its body. */
  cut?: 'before' | 'within';
  /** Never answer. */
  hang?: boolean;
}

export interface ScriptedServer {
  /** As MAAS_API_URL takes it. */
  url: string;
  port: number;
  heard: Heard[];
  /** The most requests that were under way at one time. */
  mostAtOnce(): number;
  close(): Promise<void>;
}

/**
 * For tests of the wire itself, which no region does on demand: a server on loopback that answers what the script
 * says.
 */
export async function startScriptedServer(
  script: (heard: Heard, index: number) => Reply | Promise<Reply>,
): Promise<ScriptedServer> {
  const heard: Heard[] = [];
  let [now, most] = [0, 0];
  const hear = async (request: IncomingMessage): Promise<Reply> => {
    const whole: Heard = {
      method: request.method ?? '',
      path: (request.url ?? '').replace('/MAAS/api/2.0/', ''),
      headers: request.headers,
      body: Buffer.concat(await request.toArray()).toString(),
    };
    heard.push(whole);
    return script(whole, heard.length - 1);
  };
  const server = createServer((request, response) => {
    now += 1;
    most = Math.max(most, now);
    response.on('close', () => (now -= 1));
    hear(request).then(
      reply => play(reply, response),
      error => response.destroy(error),
    );
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/MAAS`,
    port,
    heard,
    mostAtOnce: () => most,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function play(
  { status = 200, type, headers = {}, body = '', cut, hang }: Reply,
  response: ServerResponse,
): void {
  if (hang) return;
  if (cut === 'before') {
    response.socket?.resetAndDestroy();
    return;
  }
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const kind = type ?? (typeof body === 'string' ? 'text/plain' : 'application/json; charset=utf-8');
  response.writeHead(status, { 'content-type': kind, 'content-length': Buffer.byteLength(text), ...headers });
  if (cut === undefined) response.end(text);
  else response.write(text.slice(0, text.length / 2), () => response.socket?.destroy());
}
