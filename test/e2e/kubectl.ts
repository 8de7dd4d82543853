import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { cacheHome } from '../../src/state/paths.ts';

interface NodeList {
  items: { metadata: { name: string }; status: { conditions: { type: string; status: string }[] } }[];
}

export async function readyNodes(kubeconfig: string, context?: string): Promise<string[]> {
  const list = await kubectlOf(kubeconfig, context)(['get', 'nodes', '-o', 'json']);
  return (JSON.parse(list) as NodeList).items
    .filter(({ status }) =>
      status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
    )
    .map(({ metadata }) => metadata.name);
}

/** kubectl of the lab's own Kubernetes where it was built here: no other is needed on this computer. */
async function kubectlProgram(): Promise<string> {
  const cache = path.join(cacheHome(process.env), 'kubernetes');
  const found = (await readdir(cache, { recursive: true }).catch(() => [])).find(file =>
    file.endsWith('bin/kubectl'),
  );
  return found === undefined ? 'kubectl' : path.join(cache, found);
}

export function kubectlOf(
  kubeconfig: string,
  context?: string,
): (args: readonly string[]) => Promise<string> {
  return async args => {
    const chosen = context === undefined ? [] : ['--context', context];
    const { stdout } = await execa(await kubectlProgram(), ['--kubeconfig', kubeconfig, ...chosen, ...args]);
    return stdout;
  };
}
