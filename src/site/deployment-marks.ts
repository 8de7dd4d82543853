import type { SystemId } from '../core/ids.ts';
import { cloudInitStages, type DeploymentPart, type JournalEvent, type Mark } from '../journal/events.ts';
import type { RunView, StepView, TargetView } from '../journal/fold.ts';
import type { MaasClient } from '../maas/client.ts';
import type { MaasEvent } from '../maas/resources.ts';
import { cloudInitStageOf } from './cloud-init.ts';

/** A deployment leaves about ten events that people are shown, and a machine that is tried twice some more. */
const eventsOfMachine = 20;
/** MAAS sends 1000 events at most in an answer. */
const eventsOfRequest = 1000;
/** As many machines as one answer of MAAS has room for. */
const machinesOfRequest = eventsOfRequest / eventsOfMachine;
/** With the reports of the installer and of cloud-init, of which there are two hundred or so for each deployment. */
const machinesOfDetailedRequest = 4;
/** Ten requests are a few seconds of a region. More would keep people waiting at the end of a run. */
export const machinesInDetail = 10 * machinesOfDetailedRequest;

/** What MAAS's events say about the deployments of a run that have ended: one entry a machine. Errors: MAAS_*. */
export async function timeDeployments(
  client: Pick<MaasClient, 'events'>,
  view: RunView,
  signal: AbortSignal,
): Promise<JournalEvent[]> {
  const deployed = [...view.targets.values()].flatMap(target => {
    const step = target.steps.find(({ id }) => id === 'hardware.deploy');
    return step?.state === 'done' && target.marks.length === 0 ? [{ target, step }] : [];
  });
  const events = await eventsOf(
    client,
    deployed.map(({ target }) => target.target as SystemId),
    signal,
  );
  const deployedAt = new Map(
    view.changes
      .filter(({ step }) => step === 'hardware.deploy')
      .map(({ target, at }) => [target, at] as const),
  );
  return deployed.flatMap(({ target, step }): JournalEvent[] => {
    const marks = marksOf(events.get(target.target) ?? [], spanOf(target, step, deployedAt));
    return marks.length === 0 ? [] : [{ type: 'machine.timed', target: target.target, marks }];
  });
}

/** The deployment as our own journal has it, in milliseconds by our clock. */
export interface DeploymentSpan {
  /** When MAAS was told to deploy; undefined when a former run did that. */
  askedAt: number | undefined;
  startedAt: number;
  endedAt: number;
  /** When SSH answered and cloud-init had ended; undefined when this run did not see it. */
  answeredAt: number | undefined;
}

/**
 * When each part of the newest deployment began, and each stage of cloud-init in the system that it installed. The region's clock
 * may be anywhere, so its events are laid beside our journal: the deployment began when we asked for it, else it ended
 * when we saw that.
 */
export function marksOf(events: readonly MaasEvent[], span: DeploymentSpan): Mark[] {
  const begin = events.findLastIndex(({ type }) => type === 'Deploying');
  const deployment = begin === -1 ? [] : events.slice(begin);
  const offsetMs = offsetOf(deployment, span);
  if (offsetMs === undefined) return [];
  const marks: Mark[] = [];
  for (const { type, regionMs } of deployment) {
    const part = partsByEvent[type];
    if (part === undefined || regionMs === undefined || !isNext(part, marks)) continue;
    const earliest = marks.at(-1)?.at ?? span.startedAt;
    const at = regionMs + (installerStages.includes(part) ? withoutZone(offsetMs) : offsetMs);
    marks.push({ part, at: Math.min(span.endedAt, Math.max(earliest, at)) });
  }
  return [...marks, ...cloudInitMarks(deployment, marks, span, withoutZone(offsetMs))];
}

/** In the order of time: MAAS gathers reports, and keeps them up to a minute later. */
function cloudInitMarks(
  deployment: readonly MaasEvent[],
  parts: readonly Mark[],
  { startedAt, endedAt, answeredAt = endedAt }: DeploymentSpan,
  offsetMs: number,
): Mark[] {
  const rebootedAt = parts.find(({ part }) => part === 'boot')?.at ?? startedAt;
  const found = deployment.flatMap(({ description, regionMs }): Mark[] => {
    const stage = cloudInitStageOf(description);
    return stage === undefined || regionMs === undefined ? [] : [{ part: stage, at: regionMs + offsetMs }];
  });
  const marks: Mark[] = [];
  for (const stage of cloudInitStages) {
    const times = found.filter(({ part }) => part === stage).map(({ at }) => at);
    // The system that installs has a cloud-init too. Events have whole seconds.
    const at = Math.min(...times.filter(time => time > rebootedAt - 1000));
    const earliest = marks.at(-1)?.at ?? rebootedAt;
    if (at <= answeredAt) marks.push({ part: stage, at: Math.max(earliest, at) });
  }
  return marks;
}

/** What begins with an event: https://github.com/canonical/maas/blob/3.4/src/provisioningserver/events.py */
const partsByEvent: Readonly<Record<string, DeploymentPart>> = {
  'Powering on': 'post',
  'Power cycling': 'post',
  'Performing PXE boot': 'pxe',
  'Loading ephemeral': 'ephemeral',
  'Configuring storage': 'storage',
  'Installing OS': 'image',
  'Configuring OS': 'system',
  Rebooting: 'boot',
};

/** What the installer reports itself. */
const installerStages: readonly Mark['part'][] = ['storage', 'image', 'system'];

/**
 * MAAS notes what machines report in UTC, by the clock that it gave them, and everything else in its local time. Clocks
 * that are more than minutes apart cannot talk to each other, so the rest of the difference is the region's time zone:
 * https://github.com/canonical/maas/blob/3.4/src/metadataserver/api_twisted.py
 */
function withoutZone(offsetMs: number): number {
  return offsetMs - Math.round(offsetMs / quarterHourMs) * quarterHourMs;
}

const quarterHourMs = 15 * 60_000;

/** After the reboot a machine asks for its network boot once more, only to be sent to its disk. */
function isNext(part: DeploymentPart, marks: readonly Mark[]): boolean {
  return !marks.some(mark => mark.part === part || mark.part === 'boot');
}

function offsetOf(deployment: readonly MaasEvent[], span: DeploymentSpan): number | undefined {
  const [first] = deployment;
  if (first?.regionMs !== undefined && span.askedAt !== undefined) return span.askedAt - first.regionMs;
  const end = deployment.findLast(({ type }) => type === 'Deployed')?.regionMs;
  return end === undefined ? undefined : span.endedAt - end;
}

function spanOf(
  { target, steps }: TargetView,
  { startedAt = 0, endedAt = 0 }: StepView,
  deployedAt: ReadonlyMap<string, number>,
): DeploymentSpan {
  const answer = steps.find(({ id, state }) => id === 'hardware.answer' && state === 'done');
  return { askedAt: deployedAt.get(target), startedAt, endedAt, answeredAt: answer?.endedAt };
}

async function eventsOf(
  client: Pick<MaasClient, 'events'>,
  ids: readonly SystemId[],
  signal: AbortSignal,
): Promise<Map<string, MaasEvent[]>> {
  const byMachine = new Map<string, MaasEvent[]>();
  for (const event of await listOf(client, ids, signal)) {
    const list = byMachine.get(event.machine);
    if (list) list.push(event);
    else byMachine.set(event.machine, [event]);
  }
  return byMachine;
}

async function listOf(
  client: Pick<MaasClient, 'events'>,
  ids: readonly SystemId[],
  signal: AbortSignal,
): Promise<MaasEvent[]> {
  const inDetail = ids.length <= machinesInDetail;
  const lists = await Promise.all(
    chunksOf(ids, inDetail ? machinesOfDetailedRequest : machinesOfRequest).map(chunk =>
      inDetail ? detailsOf(client, chunk, signal) : shownOf(client, chunk, signal),
    ),
  );
  return lists.flat();
}

/** Without the reports where they are so many that the beginnings of deployments have no room. */
async function detailsOf(
  client: Pick<MaasClient, 'events'>,
  ids: readonly SystemId[],
  signal: AbortSignal,
): Promise<MaasEvent[]> {
  const all = await client.events({ ids, limit: eventsOfRequest, level: 'DEBUG' }, { signal });
  const isWhole = ids.every(id => all.some(({ machine, type }) => machine === id && type === 'Deploying'));
  return isWhole || all.length < eventsOfRequest ? all : shownOf(client, ids, signal);
}

/** What people are shown. */
function shownOf(
  client: Pick<MaasClient, 'events'>,
  ids: readonly SystemId[],
  signal: AbortSignal,
): Promise<MaasEvent[]> {
  return client.events({ ids, limit: ids.length * eventsOfMachine, level: 'INFO' }, { signal });
}

function chunksOf<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  );
}
