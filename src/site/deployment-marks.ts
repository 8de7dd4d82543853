import type { SystemId } from '../core/ids.ts';
import type { DeploymentPart, JournalEvent, Mark } from '../journal/events.ts';
import type { RunView, StepView, TargetView } from '../journal/fold.ts';
import type { MaasClient } from '../maas/client.ts';
import type { MaasEvent } from '../maas/resources.ts';

/** A deployment leaves about ten events that people are shown, and a machine that is tried twice some more. */
const eventsOfMachine = 20;
/** As many machines as one answer of MAAS has room for: it sends 1000 events at most. */
const machinesOfRequest = 50;

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
}

/**
 * When each part of the newest deployment began. The region's clock may be anywhere, so its events are laid beside our
 * journal: the deployment began when we asked for it, else it ended when we saw that.
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
    marks.push({ part, at: Math.min(span.endedAt, Math.max(earliest, regionMs + offsetMs)) });
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
  { target }: TargetView,
  { startedAt = 0, endedAt = 0 }: StepView,
  deployedAt: ReadonlyMap<string, number>,
): DeploymentSpan {
  return { askedAt: deployedAt.get(target), startedAt, endedAt };
}

async function eventsOf(
  client: Pick<MaasClient, 'events'>,
  ids: readonly SystemId[],
  signal: AbortSignal,
): Promise<Map<string, MaasEvent[]>> {
  const chunks = Array.from({ length: Math.ceil(ids.length / machinesOfRequest) }, (_, index) =>
    ids.slice(index * machinesOfRequest, (index + 1) * machinesOfRequest),
  );
  const lists = await Promise.all(
    chunks.map(chunk =>
      client.events({ ids: chunk, limit: chunk.length * eventsOfMachine, level: 'INFO' }, { signal }),
    ),
  );
  const byMachine = new Map<string, MaasEvent[]>();
  for (const event of lists.flat()) {
    const list = byMachine.get(event.machine);
    if (list) list.push(event);
    else byMachine.set(event.machine, [event]);
  }
  return byMachine;
}
