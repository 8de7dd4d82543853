import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { run, succeeds } from './run.ts';

const NAMESPACES = '/run/netns';

/** Name of a machine's network namespace. */
export function namespaceName(id: string): string {
  return `coldstart-${id}`;
}

/** A machine's network namespace, as systemd-nspawn takes it. */
export function namespacePath(id: string): string {
  return `${NAMESPACES}/${namespaceName(id)}`;
}

/** Name of a machine's link to the bridge, on the side of the computer; it has at most 15 characters. */
export function linkName(id: string): string {
  return `cs-${id}`.slice(0, 15);
}

/** Removes a machine's link and namespace; nothing happens when they are not there. */
export async function unplug(id: string): Promise<void> {
  if (existsSync(`/sys/class/net/${linkName(id)}`)) await run('ip', ['link', 'del', linkName(id)]);
  if (existsSync(namespacePath(id))) await run('ip', ['netns', 'del', namespaceName(id)]);
}

/** Removes the folder of namespaces when it is empty: `ip netns` makes it, as a mount of its own, and never removes it. */
export async function removeNamespaceFolder(): Promise<void> {
  const names = await readdir(NAMESPACES).catch(() => undefined);
  if (names?.length !== 0) return;
  await succeeds('umount', [NAMESPACES]);
  await succeeds('rmdir', [NAMESPACES]);
}
