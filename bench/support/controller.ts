// A process of its own for the controller, so that its memory and processor time can be told from the region's.
import { planSite } from '../../src/cli/plan-site.ts';
import { runIntent } from '../../src/cli/run-intent.ts';
import { saveSitePlan } from '../../src/cli/saved-plan.ts';
import { openSite } from '../../src/compose.ts';
import { systemClock } from '../../src/core/clock.ts';
import { scaledClock } from '../../src/core/scaled-clock.ts';
import type { LabRecord } from '../../src/lab/record.ts';
import { plainPaint } from '../../src/render/paint.ts';
import { simulate } from './simulated-world.ts';

export interface ControllerOrder {
  /** `up` when missing. */
  command?: 'plan' | 'up';
  /** File of a saved plan: `plan` makes it, `up` carries it out. */
  plan?: string;
  seed: string;
  timeScale: number;
  first: string;
  nodes: string[];
  machines: number;
}

export interface ControllerReport {
  outcome: string;
  /** On the scaled clock, from the first request to the end of the run. */
  ms: number;
  processes: number;
  playbooks: number;
}

const order = JSON.parse(process.env['COLDSTART_BENCH'] ?? '{}') as ControllerOrder;
const clock = scaledClock(order.timeScale, systemClock);
const simulation = simulate({ ...order, clock });
const site = await openSite({ env: process.env, cwd: process.env['COLDSTART_HOME'] ?? '', lab: false });
/** The bench stands in for SSH, Ansible and Kubernetes, as a lab of simulated machines can. */
const lab: LabRecord = {
  pid: process.pid,
  startTicks: undefined,
  machines: 'simulated',
  count: 0,
  timeScale: order.timeScale,
  suite: '',
  url: process.env['MAAS_API_URL'] ?? '',
  apiKey: '',
  standIns: { folder: '', gate: '' },
  siteDefaults: {},
  startedAt: '',
};
const context = {
  process,
  env: process.env,
  cwd: process.cwd(),
  signal: new AbortController().signal,
  paint: { out: plainPaint, err: plainPaint },
};
const benchSite = { ...site, kubernetes: simulation.kubernetes, lab };
const startedAt = clock.now();
const report: ControllerReport = {
  outcome: await (order.command === 'plan' ? plan(order.plan ?? '') : up()),
  ms: clock.now() - startedAt,
  ...simulation.counts,
};
site.close();
process.stdout.write(JSON.stringify(report));

async function up(): Promise<string> {
  const { view } = await runIntent(context as Parameters<typeof runIntent>[0], benchSite, 'up', {
    saved: order.plan,
    approve: () => Promise.resolve(),
    world: simulation.open,
    clock,
  });
  return view?.outcome ?? 'nothing';
}

async function plan(file: string): Promise<string> {
  await saveSitePlan(file, benchSite, await planSite(benchSite, 'up'), new Date());
  return 'saved';
}
