import type { Server } from 'node:http';
import { type Http2Bindings, type HttpBindings, serve } from '@hono/node-server';
import { ColdstartError } from '../../core/errors.ts';
import type { Region } from './options.ts';

type Answerer = (request: Request) => Response | Promise<Response>;

/** A port of this computer that is listened on, and whoever answers there. */
export interface OpenPort {
  port: number;
  /** Until it is called, everything is answered with 503. */
  answerWith(answer: Answerer): void;
  /** Connections are cut and new ones refused for a while. */
  shut(ms: number): void;
  /** Ends the connection that this request came through, whatever was sent. */
  cut(request: Request): void;
  /** Stops listening and cuts what is still connected. */
  close(): Promise<void>;
}

interface Where {
  address: string;
  port: number;
}

/** Listens; port 0 takes a free one. Throws LAB_FAILED when it cannot. */
export function openPort({ address, port }: Where): Promise<OpenPort> {
  let answer: Answerer = () => new Response('The lab is starting.\n', { status: 503 });
  let reopening: NodeJS.Timeout | undefined;
  return new Promise((resolve, reject) => {
    const connections = new WeakMap<Request, HttpBindings | Http2Bindings>();
    const fetch = (request: Request, connection: HttpBindings | Http2Bindings) => {
      connections.set(request, connection);
      return answer(request);
    };
    const server = serve({ fetch, hostname: address, port, overrideGlobalObjects: false }, bound => {
      resolve({
        port: bound.port,
        answerWith(other) {
          answer = other;
        },
        shut(ms) {
          if (reopening) return;
          reopening = setTimeout(() => {
            reopening = undefined;
            server.listen(bound.port, address);
          }, ms);
          void closeServer(server);
        },
        cut: request => connections.get(request)?.incoming.socket.destroy(),
        close() {
          const isOpen = reopening === undefined;
          clearTimeout(reopening);
          return isOpen ? closeServer(server) : Promise.resolve();
        },
      });
    }) as Server;
    // The region behind a real MAAS waits long; a client that keeps a connection must not find it closed too early.
    server.keepAliveTimeout = 75_000;
    server.once('error', cause => {
      reject(new ColdstartError('LAB_FAILED', `cannot listen on ${address}:${port}`, { cause }));
    });
  });
}

export interface ServedRegion {
  port: number;
  /** `http://10.77.0.1:5240/MAAS` */
  url: string;
  /** Stops listening and cuts what is still connected; the region itself stays open. */
  close(): Promise<void>;
}

/** Puts a region on a port of this computer; port 0 takes a free one. Throws LAB_FAILED when it cannot listen. */
export async function serveRegion(region: Region, where: Where): Promise<ServedRegion> {
  const open = await openPort(where);
  open.answerWith(request => region.app.fetch(request));
  const host = where.address.includes(':') ? `[${where.address}]` : where.address;
  return { port: open.port, url: `http://${host}:${open.port}/MAAS`, close: open.close };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close(error => (error ? reject(error) : resolve()));
    server.closeAllConnections();
  });
}
