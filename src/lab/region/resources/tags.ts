import type { SystemId } from '../../../core/ids.ts';
import { canSee, requireAdmin } from '../auth/access.ts';
import { type Answer, nothing } from '../http/answers.ts';
import { invalid, notFound, required } from '../http/errors.ts';
import type { Call, Resource } from '../http/resource.ts';
import type { TagRecord } from '../state/records.ts';
import { save } from '../state/world.ts';
import { viewTag } from '../views/things.ts';
import { show } from './machines.ts';

/** All tags: `tags/`. */
export const tags: Resource = {
  name: 'Tags',
  read: call => [...call.world.tags.values()].map(viewTag),
  create,
};

/** One tag: `tags/{name}/`. Machines are tagged here, not on themselves. */
export const tag: Resource = {
  name: 'Tag',
  read: call => viewTag(tagOf(call)),
  update,
  remove,
  get: {
    machines: taggedMachines,
    nodes: taggedMachines,
    devices: call => (tagOf(call), []),
    rack_controllers: call => (tagOf(call), []),
    region_controllers: call => (tagOf(call), []),
  },
  post: { update_nodes: updateNodes, rebuild: call => ({ rebuilding: tagOf(call).name }) },
};

function tagOf(call: Call): TagRecord {
  const found = call.world.tags.get(call.args['name'] ?? '');
  if (!found) throw notFound('Tag');
  return found;
}

function create(call: Call): unknown {
  requireAdmin(call);
  const name = checkedName(call);
  const created = {
    name,
    comment: call.data.one('comment') ?? '',
    definition: call.data.one('definition') ?? '',
    kernelOpts: call.data.one('kernel_opts') ?? '',
  };
  call.world.tags.put(name, created);
  return viewTag(created);
}

function checkedName(call: Call): string {
  const name = call.data.one('name')?.trim();
  if (!name) throw invalid({ name: required });
  if (!/^[\w.-]+$/.test(name)) throw invalid({ name: 'Enter a valid value.' });
  if (name !== call.args['name'] && call.world.tags.get(name)) {
    throw invalid({ name: 'Tag with this Name already exists.' });
  }
  return name;
}

function update(call: Call): unknown {
  requireAdmin(call);
  const found = tagOf(call);
  const name = call.data.has('name') ? checkedName(call) : found.name;
  const changed = {
    name,
    comment: call.data.one('comment') ?? found.comment,
    definition: call.data.one('definition') ?? found.definition,
    kernelOpts: call.data.one('kernel_opts') ?? found.kernelOpts,
  };
  if (name !== found.name) {
    call.world.tags.delete(found.name);
    retag(call, found.name, name);
  }
  call.world.tags.put(name, changed);
  return viewTag(changed);
}

function remove(call: Call): Answer {
  requireAdmin(call);
  const found = tagOf(call);
  call.world.tags.delete(found.name);
  retag(call, found.name, undefined);
  return nothing;
}

function retag(call: Call, from: string, to: string | undefined): void {
  for (const machine of call.world.machines.values()) {
    if (!machine.tags.includes(from)) continue;
    machine.tags = machine.tags.flatMap(name => (name === from ? (to ?? []) : name));
    save(call.world, machine);
  }
}

function taggedMachines(call: Call): Promise<unknown> {
  const { name } = tagOf(call);
  return show(
    call,
    [...call.world.machines.values()].filter(
      machine => machine.tags.includes(name) && canSee(call.user, machine),
    ),
  );
}

/** Ids that nobody knows are passed over; those that have the tag already count as added. */
function updateNodes(call: Call): unknown {
  requireAdmin(call);
  const { name } = tagOf(call);
  const known = (field: string) =>
    [...new Set(call.form.all(field))].flatMap(id => call.world.machines.get(id as SystemId) ?? []);
  const added = known('add');
  const removed = known('remove');
  for (const machine of added) {
    machine.tags = [...machine.tags.filter(other => other !== name), name];
    save(call.world, machine);
  }
  for (const machine of removed) {
    machine.tags = machine.tags.filter(other => other !== name);
    save(call.world, machine);
  }
  return { added: added.length, removed: removed.length };
}
