import { Hono } from 'hono';
import { ColdstartError } from '../../core/errors.ts';
import type { SystemId } from '../../core/ids.ts';
import { OAuthCheck } from './auth/oauth.ts';
import { type ApiSite, routeFinder } from './http/dispatch.ts';
import { answerSite } from './http/site.ts';
import { addressNumber, cidrBounds } from './ipv4.ts';
import { hooksOf, recover } from './lifecycle/recover.ts';
import type { FleetMachine, Interceptor, Region, RegionOptions } from './options.ts';
import { keyText } from './resources/account.ts';
import { hashOf } from './resources/describe.ts';
import { routesFor } from './routes.ts';
import { addFleet, createFirstState } from './state/genesis.ts';
import { openWorld, type World } from './state/world.ts';

/**
 * Opens the lab's region: what it kept, or a new one with the given fleet. It answers through `app`; `serveRegion`
 * puts that on a port. Throws LAB_FAILED when the subnet makes no sense or the state cannot be read.
 */
export async function createRegion(options: RegionOptions): Promise<Region> {
  checkSubnet(options.subnet);
  const world = openWorld(options);
  await world.driver.start(hooksOf(world));
  if (world.store.isNew) createFirstState(world);
  else await recover(world);
  await world.store.settled();
  const interceptors: Interceptor[] = [];
  const site = siteOf(world);
  return {
    app: appOf(site, interceptors),
    apiKey: apiKeyOf(world, 'admin') ?? '',
    apiKeyOf: user => apiKeyOf(world, user),
    addMachines: (machines: readonly FleetMachine[]) => addFleet(world, machines),
    cloudInitReport: (id: SystemId) => {
      const machine = world.machines.get(id);
      if (!machine) return undefined;
      return { finished: machine.deployment?.finished ?? {}, last: machine.deployment?.lastReport ?? null };
    },
    machines: () =>
      [...world.machines.values()].map(({ id, hostname, nics, status }) => {
        return { id, hostname, mac: nics[0]?.mac ?? '', status };
      }),
    ask: request => answerSite(site, request, pathOf(request)),
    intercept(interceptor) {
      interceptors.push(interceptor);
      return () => void interceptors.splice(interceptors.indexOf(interceptor), 1);
    },
    async close() {
      world.ending.abort();
      await world.driver.stop();
      await world.store.close();
    },
  };
}

function checkSubnet(subnet: RegionOptions['subnet']): void {
  const bounds = cidrBounds(subnet.cidr);
  const [first, last] = [addressNumber(subnet.rangeStart), addressNumber(subnet.rangeEnd)];
  if (bounds && first >= bounds.first && last <= bounds.last && first <= last) return;
  throw new ColdstartError(
    'LAB_FAILED',
    `cannot give machines addresses from ${subnet.rangeStart}-${subnet.rangeEnd}`,
    {
      because: `that is no range within ${subnet.cidr}`,
    },
  );
}

function apiKeyOf(world: World, user: string): string | undefined {
  const token = [...world.tokens.values()].find(known => known.user === user);
  return token && keyText(token);
}

function siteOf(world: World): ApiSite {
  const routes = routesFor(world.version);
  const hash = hashOf(routes, world.version);
  return { world, oauth: new OAuthCheck(world), find: routeFinder(routes), hash };
}

function appOf(site: ApiSite, interceptors: readonly Interceptor[]): Hono {
  const app = new Hono({ getPath: pathOf });
  app.all('*', context => {
    const request = context.req.raw;
    let proceed = () => answerSite(site, request, context.req.path);
    for (const intercept of interceptors) {
      const inner = proceed;
      proceed = () => intercept(request, inner);
    }
    return proceed();
  });
  return app;
}

/** MAAS takes doubled slashes as one. */
function pathOf(request: Request): string {
  return new URL(request.url).pathname.replace(/\/{2,}/g, '/');
}
