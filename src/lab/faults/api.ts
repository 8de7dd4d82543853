import { reasonOf } from '../../core/errors.ts';
import type { Interceptor, KnownMachine, Region } from '../region/options.ts';
import { type SpoiledKind, spoil } from './answers.ts';
import { meddle, possibleIn } from './colleague.ts';
import type { Fault } from './fault.ts';
import { type FaultKindOf, layerOf } from './kinds.ts';
import type { FaultPlan } from './plan.ts';

export interface ApiFaultsOptions {
  faults: FaultPlan;
  region: Region;
  /** The clock of the region, which a fault may put forward. */
  skew: { ms: number };
  /** Refuses connections for a while. */
  shut(ms: number): void;
  /** Ends the connection of a request. */
  cut(request: Request): void;
  /** Ends what waits, with the lab. */
  signal: AbortSignal;
  log(text: string): void;
}

/** Breaks requests to the region, and lets colleagues meddle right before requests, where a fault says so. */
export function apiFaults(options: ApiFaultsOptions): Interceptor {
  const { faults, region, skew } = options;
  return async (request, proceed) => {
    const asked = await askedOf(request, region);
    if (!asked) return proceed();
    await letMeddle(options, asked);
    const isMeant = (fault: Fault) => layerOf(fault.kind) === 'api' && matches(fault, asked);
    const fault = faults.strike(isMeant, asked.machine, 'lab');
    if (!fault) return proceed();
    const seconds = fault.seconds ?? 0;
    if (fault.kind === 'clock-skew') return skewed(skew, seconds * 1000, proceed);
    if (fault.kind === 'connection-refused') {
      options.shut(seconds * 1000);
      return new Response('', { status: 503 });
    }
    return spoil(fault.kind as SpoiledKind, {
      seconds,
      proceed,
      signal: options.signal,
      cut: () => options.cut(request),
    });
  };
}

interface Asked {
  method: string;
  /** `machines/xp3dhd/?op=deploy` */
  path: string;
  machine: KnownMachine | undefined;
}

/** What a request asks of the API; undefined for anything else, such as what machines ask for themselves. */
async function askedOf(request: Request, region: Region): Promise<Asked | undefined> {
  const url = new URL(request.url);
  const below = /\/api\/2\.0\/(.*)$/.exec(url.pathname)?.[1];
  if (below === undefined) return undefined;
  const op = url.searchParams.get('op');
  const id = /^machines\/([^/]+)\//.exec(below)?.[1] ?? (await systemIdIn(request, op));
  return {
    method: request.method,
    path: op === null ? below : `${below}?op=${op}`,
    machine: region.machines().find(machine => machine.id === id),
  };
}

/** `allocate` names its machine in the form. */
async function systemIdIn(request: Request, op: string | null): Promise<string | undefined> {
  if (op !== 'allocate') return undefined;
  return new URLSearchParams(await request.clone().text()).get('system_id') ?? undefined;
}

function matches({ method, path }: Fault, asked: Asked): boolean {
  if (method !== undefined && method !== asked.method) return false;
  return path === undefined || globOf(path).test(asked.path);
}

function globOf(pattern: string): RegExp {
  const parts = pattern.split('*').map(part => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}

async function letMeddle({ faults, region, log }: ApiFaultsOptions, asked: Asked): Promise<void> {
  const machines = region.machines();
  const victimOf = ({ kind, machine }: Fault): KnownMachine | undefined => {
    if (layerOf(kind) !== 'colleague') return undefined;
    const named = machines.find(({ id, hostname }) => machine === id || machine === hostname);
    const found = machine === undefined ? asked.machine : named;
    return found && possibleIn[kind as FaultKindOf<'colleague'>].includes(found.status) ? found : undefined;
  };
  const isMeant = (fault: Fault) => victimOf(fault) !== undefined && matches(fault, asked);
  const fault = faults.strike(isMeant, victimOf);
  const victim = fault && victimOf(fault);
  if (!fault || !victim) return;
  await meddle(region, fault.kind as FaultKindOf<'colleague'>, victim).catch((error: unknown) =>
    log(`fault ${fault.kind}: ${reasonOf(error)}`),
  );
}

async function skewed(skew: { ms: number }, ms: number, proceed: () => Promise<Response>): Promise<Response> {
  skew.ms = ms;
  try {
    return await proceed();
  } finally {
    skew.ms = 0;
  }
}
