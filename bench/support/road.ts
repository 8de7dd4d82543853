/** How far machines have come, in order. `ready`: every node is Ready, and who made the cluster has ended. */
export const milestones = ['deployed', 'answers', 'prepared', 'member', 'ready'] as const;
export type Milestone = (typeof milestones)[number];

/** How machines became a cluster. */
export interface Road {
  /** From the start until the last machine had come so far. */
  seconds: Record<Milestone, number>;
  /** The most SSH connections that one machine has accepted. */
  connections: number;
  /** The most Ansible processes that worked on one machine. */
  processes: number;
}

/** When the last machine came to each milestone; throws when none did. */
export function lastOf(came: readonly { milestone: Milestone; atMs: number }[], startedAtMs: number) {
  const secondsOf = (wanted: Milestone): number => {
    const times = came.filter(({ milestone }) => milestone === wanted).map(({ atMs }) => atMs);
    if (times.length === 0) throw new Error(`no machine has come to "${wanted}"`);
    return (Math.max(...times) - startedAtMs) / 1000;
  };
  return Object.fromEntries(
    milestones.map(milestone => [milestone, secondsOf(milestone)]),
  ) as Road['seconds'];
}
