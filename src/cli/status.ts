import type { Assessment } from '../plan/assess.ts';
import { assessFleet, type Fleet } from '../plan/assess.ts';
import { annotationKeys, type Facts, nodeOf } from '../plan/facts.ts';
import type { Paint } from '../render/paint.ts';
import { formatTable } from '../render/table.ts';
import { type AppContext, print, printJson } from './context.ts';
import type { ReadFlags } from './flags.ts';
import { openFor } from './open.ts';

export async function status(this: AppContext, flags: ReadFlags): Promise<void> {
  const site = await openFor(this, flags);
  try {
    const facts = await site.observe();
    const fleet = assessFleet(site.config, facts, 'up');
    const { machines, problems } = fleet;
    if (flags.output === 'json') {
      printJson(this, {
        cluster: site.config.name,
        maas: site.client.url,
        kubernetes: kubernetesJson(facts),
        machines: machines.map(assessment => machineJson(assessment, fleet, facts)),
        problems,
      });
      return;
    }
    const { paint } = this;
    print(
      this,
      `cluster ${site.config.name}   MAAS ${site.client.url}   Kubernetes ${kubernetesText(facts)}\n`,
    );
    print(this, table(fleet, facts, paint.out));
    for (const problem of problems) print(this, `${paint.out('red', 'problem:')} ${problem}`);
  } finally {
    site.close();
  }
}

function table(fleet: Fleet, facts: Facts, paint: Paint): string {
  const rows = fleet.machines.map(assessment => {
    const { machine, role } = assessment;
    const node = nodeOf(facts.kubernetes, machine);
    return [
      machine.hostname,
      machine.id,
      role,
      machine.statusName,
      machine.powerState,
      machine.address ?? '-',
      node ? (node.ready ? paint('green', 'Ready') : paint('yellow', 'NotReady')) : '-',
      node?.version ?? '-',
      remarkOn(assessment, fleet, paint),
    ];
  });
  return formatTable([
    ['MACHINE', 'SYSTEM ID', 'ROLE', 'STATUS', 'POWER', 'ADDRESS', 'NODE', 'VERSION', ''],
    ...rows,
  ]);
}

/** What is special about a machine; empty for an ordinary one. */
function remarkOn({ machine, refused }: Assessment, { spares }: Fleet, paint: Paint): string {
  if (refused !== undefined) return paint('yellow', `left alone: ${refused}`);
  const setAside = machine.annotations[annotationKeys.setAside];
  if (setAside !== undefined) return paint('yellow', `set aside: ${setAside}`);
  return spares.has(machine.id) ? 'spare' : '';
}

function machineJson(
  { machine, role, refused }: Assessment,
  { spares }: Fleet,
  facts: Facts,
): Record<string, unknown> {
  const node = nodeOf(facts.kubernetes, machine);
  return {
    systemId: machine.id,
    name: machine.hostname,
    role,
    status: machine.statusName,
    power: machine.powerState,
    address: machine.address ?? null,
    owner: machine.owner ?? null,
    tags: machine.tags,
    zone: machine.zone,
    pool: machine.pool,
    annotations: machine.annotations,
    node: node ? { ready: node.ready, version: node.version, podCidr: node.podCidr ?? null } : null,
    spare: spares.has(machine.id),
    setAside: machine.annotations[annotationKeys.setAside] ?? null,
    ...(refused === undefined ? {} : { refused }),
  };
}

function kubernetesJson({ kubernetes }: Facts): Record<string, unknown> {
  if (kubernetes.state !== 'answers') return { ...kubernetes };
  return { state: kubernetes.state, version: kubernetes.version, nodes: kubernetes.nodes.size };
}

function kubernetesText({ kubernetes }: Facts): string {
  if (kubernetes.state === 'answers') return `${kubernetes.version}, ${kubernetes.nodes.size} nodes`;
  if (kubernetes.state === 'none') return 'none yet';
  return kubernetes.state === 'unknown'
    ? 'not known here (coldstart up fetches its kubeconfig)'
    : `does not answer (${kubernetes.because})`;
}
