import { type Answer, nothing } from '../http/answers.ts';
import { badRequest } from '../http/errors.ts';
import { startDeadline } from '../lifecycle/deadlines.ts';
import { failDeployment } from '../lifecycle/deploy.ts';
import type { MachineRecord } from '../state/records.ts';
import { save, type World } from '../state/world.ts';

interface Report {
  event_type: string;
  origin: string;
  name: string;
  description: string;
  result?: string;
  /** Seconds since the epoch, by the clock of the machine. */
  timestamp?: number;
}

/** What the installer's stages are called in events: https://github.com/canonical/maas/blob/3.4/src/metadataserver/api_twisted.py */
const stages: readonly [stage: string, event: string][] = [
  ['cmd-install/stage-partitioning', 'Configuring storage'],
  ['cmd-install/stage-extract', 'Installing OS'],
  ['cmd-install/stage-curthooks', 'Configuring OS'],
];

/** Those that show that the installation goes on, and give it the whole time again. */
const milestones = new Set(['cmd-install', 'cmd-install/stage-early', 'cmd-install/stage-late']);

/**
 * `POST status/{id}`: cloud-init or the installer says how far it is. 204 always when well-formed: MAAS looks at who
 * sent it later, and drops it in silence.
 */
export function receiveReport(
  world: World,
  machine: MachineRecord | undefined,
  id: string,
  body: Buffer,
): Answer {
  const report = parseReport(body);
  if (machine?.id === id) apply(world, machine, report);
  return nothing;
}

function parseReport(body: Buffer): Report {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    throw badRequest('Status payload is not valid JSON');
  }
  const report = value as Partial<Record<keyof Report, unknown>> | null;
  for (const field of ['event_type', 'origin', 'name', 'description'] as const) {
    if (typeof report?.[field] !== 'string') throw badRequest('Missing parameter in status message');
  }
  return report as Report;
}

function apply(world: World, machine: MachineRecord, report: Report): void {
  const failed = isFailure(report);
  logReport(world, machine, report);
  remember(world, machine, report);
  if (machine.status !== 'deploying') return;
  if (report.event_type === 'finish' && failed && !report.name.includes('/')) {
    failDeployment(
      world,
      machine,
      'Installation failed (refer to the installation log for more information).',
    );
    return;
  }
  const stage = stages.find(([name]) => name === report.name);
  if (stage && report.event_type === 'start')
    world.events.add(machine, 'INFO', stage[1], '', { createdMs: createdMsOf(report) });
  if (milestones.has(report.name)) startDeadline(world, machine);
}

function isFailure({ result }: Report): boolean {
  return result === 'FAIL' || result === 'FAILURE';
}

/**
 * What MAAS keeps of a report: that something began, or failed; never the name of it:
 * https://github.com/canonical/maas/blob/3.4/src/metadataserver/api.py (add_event_to_node_event_log)
 */
export function logReport(world: World, machine: MachineRecord, report: Report): void {
  const failed = isFailure(report);
  if (report.event_type !== 'start' && !failed) return;
  const { status } = machine;
  const [level, type] =
    status === 'deploying'
      ? failed
        ? (['ERROR', 'Node installation failure'] as const)
        : (['DEBUG', 'Node installation'] as const)
      : status === 'deployed' && report.result === 'FAIL'
        ? (['ERROR', 'Node post-installation failure'] as const)
        : (['DEBUG', 'Node status event'] as const);
  const description = `'${report.origin}' ${report.description}`;
  world.events.add(machine, level, type, description, { createdMs: createdMsOf(report) });
}

/** When an event was made, as the region keeps it: those that the installer reports have the machine's time. */
export function createdMsOfType(type: string, nowMs: number): number {
  return stages.some(([, event]) => event === type) ? createdMsOf({ timestamp: nowMs / 1000 }) : nowMs;
}

/** MAAS takes the machine's time as UTC, and its own as local: events of both kinds are hours apart where these differ. */
function createdMsOf({ timestamp }: Pick<Report, 'timestamp'>): number {
  const ms = typeof timestamp === 'number' ? timestamp * 1000 : Date.now();
  return ms + new Date(ms).getTimezoneOffset() * 60_000;
}

function remember(world: World, machine: MachineRecord, report: Report): void {
  const { deployment } = machine;
  if (!deployment) return;
  deployment.lastReport = `${report.name}: ${report.event_type}${report.result ? ` ${report.result}` : ''}`;
  if (report.event_type === 'finish') deployment.finished[report.name] = report.result ?? 'SUCCESS';
  save(world, machine);
}
