import type { Server } from 'node:http';
import { serve } from '@hono/node-server';
import { ColdstartError } from '../../core/errors.ts';
import type { Region } from './options.ts';

export interface ServedRegion {
  port: number;
  /** `http://10.77.0.1:5240/MAAS` */
  url: string;
  /** Stops listening and cuts what is still connected; the region itself stays open. */
  close(): Promise<void>;
}

/** Puts a region on a port of this computer; port 0 takes a free one. Throws LAB_FAILED when it cannot listen. */
export function serveRegion(region: Region, where: { address: string; port: number }): Promise<ServedRegion> {
  return new Promise((resolve, reject) => {
    const server = serve(
      { fetch: region.app.fetch, hostname: where.address, port: where.port, overrideGlobalObjects: false },
      bound => {
        const host = where.address.includes(':') ? `[${where.address}]` : where.address;
        resolve({
          port: bound.port,
          url: `http://${host}:${bound.port}/MAAS`,
          close: () => closeServer(server),
        });
      },
    ) as Server;
    // The region behind a real MAAS waits long; a client that keeps a connection must not find it closed too early.
    server.keepAliveTimeout = 75_000;
    server.once('error', cause => {
      reject(new ColdstartError('LAB_FAILED', `cannot listen on ${where.address}:${where.port}`, { cause }));
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close(error => (error ? reject(error) : resolve()));
    server.closeAllConnections();
  });
}
