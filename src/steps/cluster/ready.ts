import { nodeOf } from '../../plan/facts.ts';
import { defineStep } from '../step.ts';

/** The node is Ready: its kubelet reports, and its network works. */
export const nodeReady = defineStep({
  id: 'cluster.ready',
  title: 'Wait for the node to be Ready',
  stage: 'cluster',
  applies: () => true,
  // Whether nodes are Ready is asked of the Kubernetes API, and its address is known with the kubeconfig.
  after: ['configure.cluster'],
  done: ({ id }, { facts }) => nodeOf(facts.kubernetes(), facts.machine(id))?.ready === true,
  async act({ id, name }, ctx, { kubernetes }) {
    await ctx.until(
      `the node ${name} is Ready`,
      async () => {
        const node = await kubernetes.watch(id);
        return { done: node?.ready === true, seen: node ? 'NotReady' : 'not registered yet' };
      },
      { warnAfterMs: 3 * 60_000, failAfterMs: 20 * 60_000, paced: true },
    );
  },
});
