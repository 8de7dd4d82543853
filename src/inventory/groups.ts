import type { Machine } from '../maas/machine.ts';

/** An Ansible group name: letters, digits and underscores; every other character becomes an underscore. */
export function groupName(prefix: 'tag' | 'zone' | 'pool', name: string): string {
  return `${prefix}_${name.replace(/[^A-Za-z0-9_]/g, '_')}`;
}

/** The groups that a machine is in by what MAAS says of it: its tags, its zone, its pool. */
export function groupsOf(machine: Machine): string[] {
  const tags = machine.tags.map(tag => groupName('tag', tag));
  return [...new Set([...tags, groupName('zone', machine.zone), groupName('pool', machine.pool)])];
}
