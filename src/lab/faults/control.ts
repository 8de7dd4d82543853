import { ColdstartError } from '../../core/errors.ts';
import type { LabRecord } from '../record.ts';
import { type Scenario, scenarioSchema } from './fault.ts';
import type { FaultPlan, FaultReport } from './plan.ts';

const path = '/lab/faults';

/** Answers whoever steers the faults of a running lab, with its API key; undefined when it is another request. */
export function controlFaults(faults: FaultPlan, apiKey: string) {
  return async (request: Request): Promise<Response | undefined> => {
    if (new URL(request.url).pathname !== path) return undefined;
    if (request.headers.get('authorization') !== `Bearer ${apiKey}`) return new Response('', { status: 401 });
    if (request.method === 'PUT') {
      const scenario = scenarioSchema.safeParse(await request.json());
      if (!scenario.success) return new Response(scenario.error.message, { status: 400 });
      faults.replace(scenario.data);
    }
    return Response.json(faults.report());
  };
}

/** The faults of a running lab, and how often each has struck. */
export function readFaults(lab: LabRecord): Promise<FaultReport[]> {
  return call(lab, { method: 'GET' });
}

/** Other faults for a running lab, in the place of those that it has. */
export function replaceFaults(lab: LabRecord, scenario: Scenario): Promise<FaultReport[]> {
  return call(lab, { method: 'PUT', body: JSON.stringify(scenario) });
}

async function call({ url, apiKey }: LabRecord, init: RequestInit): Promise<FaultReport[]> {
  try {
    const answer = await fetch(new URL(path, url), {
      ...init,
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(10_000),
    });
    if (!answer.ok) throw new Error(`it answers ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as FaultReport[];
  } catch (cause) {
    throw new ColdstartError('LAB_FAILED', 'could not ask the lab about its faults', {
      cause,
      hint: 'was it started by another version of coldstart? coldstart lab down, then lab up',
    });
  }
}
