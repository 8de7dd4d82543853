import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { withFaults } from '../../src/lab/faults/driver.ts';
import type { Fault } from '../../src/lab/faults/fault.ts';
import { openFaultPlan } from '../../src/lab/faults/plan.ts';
import type { MachineDriver } from '../../src/lab/machines/driver.ts';
import { createSimulatedDriver, type SimulatedOptions } from '../../src/lab/machines/simulated/driver.ts';
import { simulatedFleet } from '../../src/lab/machines/simulated/fleet.ts';
import type { Region, RegionOptions } from '../../src/lab/region/options.ts';
import { createRegion } from '../../src/lab/region/region.ts';
import { type ServedRegion, serveRegion } from '../../src/lab/region/serve.ts';

/** One real region on a port of this computer, and a plain client for it that shares nothing with coldstart's own. */
export interface TestRegion {
  region: Region;
  url: string;
  stateDir: string;
  /** As `admin`, or as the user that is named. */
  call(method: string, where: string, form?: Form, as?: string): Promise<Reply>;
  /** The machine now. */
  machine(id: string): Promise<Json>;
  /** Waits until the machine's status name is this one. */
  reaches(id: string, statusName: string): Promise<Json>;
  /** The same, where the region's own limit ends the status before: it passes as often as it takes, and otherwise never. */
  timesOutAs(id: string, statusName: string): Promise<Json>;
  /** Ends the region as a crash of the lab would, and starts another on the same state. */
  restart(change?: Partial<StartOptions>): Promise<void>;
  stop(): Promise<void>;
}

export interface StartOptions extends Partial<Omit<RegionOptions, 'driver' | 'stateDir'>> {
  machines?: number;
  simulated?: Partial<SimulatedOptions>;
  /** What goes wrong with the machines. */
  faults?: readonly Fault[];
  /** Instead of the simulated one. */
  driver?: MachineDriver;
}

export type Form = Record<string, string | string[]>;
/** Parsed JSON, which tests look into without checking every step. */
export interface Json {
  readonly [key: string]: Json | undefined;
}
export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  /** The body as JSON; throws when it is none. */
  json: Json;
}

/** A value that the test knows to be text. */
export function textOf(value: Json | undefined): string {
  return value as unknown as string;
}

export function idOf(machine: Json | undefined): string {
  return textOf(machine?.['system_id']);
}

const subnet = {
  cidr: '10.77.0.0/24',
  gatewayIp: null,
  dnsServers: [],
  rangeStart: '10.77.0.10',
  rangeEnd: '10.77.0.250',
};

export async function startRegion(start: StartOptions = {}): Promise<TestRegion> {
  const stateDir = mkdtempSync(path.join(tmpdir(), 'coldstart-region-'));
  const patience = new Patience();
  let options: StartOptions = { clock: patience, ...start };
  let { region, served } = await open(stateDir, options);
  const call: TestRegion['call'] = (method, where, form, as = 'admin') =>
    send(`${served.url}/api/2.0/${where}`, { method, form, apiKey: region.apiKeyOf(as) });
  const machine = async (id: string) => (await call('GET', `machines/${id}/`)).json;
  const reaches = (id: string, statusName: string, look: () => void = () => undefined) =>
    eventually(`${id} is ${statusName}`, async () => {
      look();
      const now = await machine(id);
      return { done: (now['status_name'] as unknown) === statusName, seen: now };
    });
  return {
    get region() {
      return region;
    },
    get url() {
      return served.url;
    },
    stateDir,
    call,
    machine,
    reaches: (id, statusName) => reaches(id, statusName),
    timesOutAs: (id, statusName) => reaches(id, statusName, () => patience.end()),
    async restart(change = {}) {
      options = { ...options, ...change };
      await end(region, served);
      ({ region, served } = await open(stateDir, options));
    },
    async stop() {
      await end(region, served);
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}

/** A clock on which the region's limits, which are minutes long, pass when a test says so: no computer is too busy for them. */
class Patience implements Clock {
  readonly #held = new Set<() => void>();

  now(): number {
    return systemClock.now();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms < shortestLimitMs) return systemClock.sleep(ms, signal);
    return new Promise((resolve, reject) => {
      this.#held.add(resolve);
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
  }

  end(): void {
    for (const resolve of this.#held) resolve();
    this.#held.clear();
  }
}

/** How many times faster than real the region's waits pass. */
const regionTimeScale = 300;
const shortestLimitMs = (3 * 60_000) / regionTimeScale;

async function open(stateDir: string, start: StartOptions) {
  const { machines = 3, simulated, driver, faults = [], ...options } = start;
  const plan = openFaultPlan(undefined);
  plan.replace({ faults: [...faults] });
  const timeScale = 3000;
  const region = await createRegion({
    fleet: simulatedFleet({ count: machines, seed: 'test' }),
    subnet,
    metadataBase: 'http://127.0.0.1/MAAS/metadata',
    timeScale: regionTimeScale,
    ...options,
    stateDir,
    driver:
      driver ??
      withFaults(createSimulatedDriver({ seed: 'test', timeScale, stateDir, ...simulated }), {
        faults: plan,
        timeScale,
        subnet,
      }),
  });
  return { region, served: await serveRegion(region, { address: '127.0.0.1', port: 0 }) };
}

async function end(region: Region, served: ServedRegion): Promise<void> {
  await served.close();
  await region.close();
}

/** Asks again until it is true; says what was seen last when that takes too long. */
async function eventually<T>(
  what: string,
  look: () => Promise<{ done: boolean; seen: T }>,
  withinMs = 120_000,
): Promise<T> {
  const giveUpAt = Date.now() + withinMs;
  for (;;) {
    const { done, seen } = await look();
    if (done) return seen;
    if (Date.now() > giveUpAt)
      throw new Error(`${what}: not within ${withinMs} ms; last seen ${JSON.stringify(seen)}`);
    await new Promise(resolve => {
      setTimeout(resolve, 10);
    });
  }
}

export interface SendOptions {
  method: string;
  form?: Form | undefined;
  apiKey?: string | undefined;
  /** Instead of the one that is made from the key. */
  authorization?: string;
  body?: string;
  contentType?: string;
}

export async function send(url: string, options: SendOptions): Promise<Reply> {
  const headers = new Headers();
  const authorization = options.authorization ?? (options.apiKey && authorizationFor(options.apiKey));
  if (authorization) headers.set('Authorization', authorization);
  if (options.contentType) headers.set('Content-Type', options.contentType);
  const body = options.body ?? (options.form && new URLSearchParams(pairsOf(options.form)));
  const response = await fetch(url, {
    method: options.method,
    headers,
    redirect: 'manual',
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    get json() {
      return JSON.parse(text) as Json;
    },
  };
}

function pairsOf(form: Form): [string, string][] {
  return Object.entries(form).flatMap(([name, value]) =>
    [value].flat().map((one): [string, string] => [name, one]),
  );
}

/** An OAuth 1.0a PLAINTEXT header; single parts can be replaced, or left out with an empty text. */
export function authorizationFor(apiKey: string, change: Record<string, string> = {}): string {
  const [consumerKey = '', tokenKey = '', tokenSecret = ''] = apiKey.split(':');
  const parts: Record<string, string> = {
    oauth_version: '1.0',
    oauth_signature_method: 'PLAINTEXT',
    oauth_consumer_key: consumerKey,
    oauth_token: tokenKey,
    oauth_signature: `%26${tokenSecret}`,
    oauth_nonce: crypto.randomUUID(),
    oauth_timestamp: String(Math.floor(Date.now() / 1000)),
    ...change,
  };
  const given = Object.entries(parts).filter(([, value]) => value !== '');
  return `OAuth ${given.map(([name, value]) => `${name}="${value}"`).join(', ')}`;
}
