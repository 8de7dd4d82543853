import type { Assessment } from '../plan/assess.ts';
import { assessFleet } from '../plan/assess.ts';
import { type Facts, nodeOf } from '../plan/facts.ts';
import type { Paint } from '../render/paint.ts';
import { formatTable } from '../render/table.ts';
import { type AppContext, print, printJson } from './context.ts';
import type { ReadFlags } from './flags.ts';
import { openFor } from './open.ts';

export async function status(this: AppContext, flags: ReadFlags): Promise<void> {
  const site = await openFor(this, flags);
  try {
    const facts = await site.observe();
    const { machines, problems } = assessFleet(site.config, facts, 'up');
    if (flags.output === 'json') {
      printJson(this, {
        cluster: site.config.name,
        maas: site.client.url,
        kubernetes: kubernetesJson(facts),
        machines: machines.map(assessment => machineJson(assessment, facts)),
        problems,
      });
      return;
    }
    const { paint } = this;
    print(
      this,
      `cluster ${site.config.name}   MAAS ${site.client.url}   Kubernetes ${kubernetesText(facts)}\n`,
    );
    print(this, table(machines, facts, paint.out));
    for (const problem of problems) print(this, `${paint.out('red', 'problem:')} ${problem}`);
  } finally {
    site.close();
  }
}

function table(machines: readonly Assessment[], facts: Facts, paint: Paint): string {
  const rows = machines.map(({ machine, role, refused }) => {
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
      refused === undefined ? '' : paint('yellow', `left alone: ${refused}`),
    ];
  });
  return formatTable([
    ['MACHINE', 'SYSTEM ID', 'ROLE', 'STATUS', 'POWER', 'ADDRESS', 'NODE', 'VERSION', ''],
    ...rows,
  ]);
}

function machineJson({ machine, role, refused }: Assessment, facts: Facts): Record<string, unknown> {
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
