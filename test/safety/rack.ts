import type { SystemId } from '../../src/core/ids.ts';
import type { Region } from '../../src/lab/region/options.ts';
import { authorizationFor } from '../contract/region-fixture.ts';
import type { InstantDriver } from './instant-driver.ts';

/** One rack in the region: machines, tags and a pool of its own, so that many are worked on at the same time. */
export interface Rack {
  /** Makes its tags end differently from those of other racks. */
  name: string;
  ids: readonly SystemId[];
  region: Region;
  driver: InstantDriver;
}

export const ours = 'admin';
const others = 'joe';
export const cluster = 'garage';

export function tagsOf({ name }: Rack) {
  return { controlPlane: `cp-${name}`, worker: `w-${name}`, never: `never-${name}` };
}

/** What people do to a machine in MAAS, in any order, legal there or not. */
export const deeds = [
  'tag as control plane',
  'tag as worker',
  'tag as never to be touched',
  'take the role tags away',
  'take the never tag away',
  'lock',
  'unlock',
  'allocate by us',
  'allocate by others',
  'deploy by us',
  'deploy by others',
  'deploy and fail',
  'release',
  'mark broken',
  'mark fixed',
  'annotate as ours',
  'annotate as of another cluster',
  'move to another pool',
  'move back',
] as const;
export type Deed = (typeof deeds)[number];

/** Does it, as the user who may, and ignores what MAAS refuses. */
export async function perform(rack: Rack, id: SystemId, deed: Deed): Promise<void> {
  const tags = tagsOf(rack);
  const tag = (name: string, how: 'add' | 'remove') =>
    send(rack, ours, 'POST', `tags/${name}/?op=update_nodes`, { [how]: id });
  const act = (op: string, form: Record<string, string> = {}, user = ours) =>
    send(rack, user, 'POST', `machines/${id}/?op=${op}`, form);
  const allocate = (user: string) => send(rack, user, 'POST', 'machines/?op=allocate', { system_id: id });
  const annotate = (name: string) => act('set_workload_annotations', { 'coldstart.cluster': name });
  const move = (pool: string) => send(rack, ours, 'PUT', `machines/${id}/`, { pool });
  const doing: Record<Deed, () => Promise<unknown>> = {
    'tag as control plane': () => tag(tags.controlPlane, 'add'),
    'tag as worker': () => tag(tags.worker, 'add'),
    'tag as never to be touched': () => tag(tags.never, 'add'),
    'take the role tags away': () => tag(tags.worker, 'remove').then(() => tag(tags.controlPlane, 'remove')),
    'take the never tag away': () => tag(tags.never, 'remove'),
    lock: () => act('lock'),
    unlock: () => act('unlock'),
    'allocate by us': () => allocate(ours),
    'allocate by others': () => allocate(others),
    'deploy by us': () => allocate(ours).then(() => act('deploy')),
    'deploy by others': () => allocate(others).then(() => act('deploy', {}, others)),
    'deploy and fail': () => {
      rack.driver.failNext(id);
      return allocate(ours).then(() => act('deploy'));
    },
    release: () => act('release'),
    'mark broken': () => act('mark_broken'),
    'mark fixed': () => act('mark_fixed'),
    'annotate as ours': () => annotate(cluster),
    'annotate as of another cluster': () => annotate('attic'),
    'move to another pool': () => move('elsewhere'),
    'move back': () => move('default'),
  };
  await doing[deed]();
}

/** The machine as the region itself sees it, in the words of the API. */
export interface Seen {
  status_name: string;
  owner: string | null;
  locked: boolean;
  tag_names: string[];
  pool: { name: string };
  workload_annotations: Record<string, string>;
}

export async function see(rack: Rack, id: SystemId): Promise<Seen> {
  return (await (await send(rack, ours, 'GET', `machines/${id}/`)).json()) as Seen;
}

/** The rules of docs/safety.md, written a second time: coldstart's own are not asked. */
export function mayBeErased(rack: Rack, machine: Seen): boolean {
  const tags = tagsOf(rack);
  const role = machine.tag_names.includes(tags.controlPlane) || machine.tag_names.includes(tags.worker);
  const annotated = machine.workload_annotations['coldstart.cluster'] ?? cluster;
  return (
    role &&
    !machine.tag_names.includes(tags.never) &&
    machine.pool.name === 'default' &&
    !machine.locked &&
    (machine.owner === ours || (machine.owner === null && machine.status_name === 'Ready')) &&
    annotated === cluster
  );
}

export async function send(
  { region }: Rack,
  user: string,
  method: string,
  where: string,
  form?: Record<string, string> | [string, string][],
): Promise<Response> {
  const headers = { Authorization: authorizationFor(region.apiKeyOf(user) ?? '') };
  const body = form === undefined ? {} : { body: new URLSearchParams(form) };
  return region.app.request(`http://region/MAAS/api/2.0/${where}`, { method, headers, ...body });
}
