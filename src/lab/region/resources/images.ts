import { requireAdmin } from '../auth/access.ts';
import { plainText } from '../http/answers.ts';
import { notFound } from '../http/errors.ts';
import type { Call, Resource } from '../http/resource.ts';
import { listedSeries } from '../state/images.ts';
import type { World } from '../state/world.ts';

/** The systems that can be deployed: `boot-resources/`. They are what the kind of lab machine can install. */
export const bootResources: Resource = {
  name: 'BootResources',
  read: call => listedSeries(call.world).map((_, index) => view(call.world, index)),
  get: { is_importing: () => false },
  post: { import: imported, stop_import: imported },
};

export const bootResource: Resource = {
  name: 'BootResource',
  read(call) {
    const index = Number(call.args['id']) - 1;
    if (listedSeries(call.world)[index] === undefined) throw notFound('BootResource');
    return view(call.world, index);
  },
};

function imported(call: Call): unknown {
  requireAdmin(call);
  return plainText('Import of boot resources started');
}

function view(world: World, index: number) {
  const name = listedSeries(world)[index] ?? '';
  return {
    id: index + 1,
    type: 'Synced',
    name,
    architecture: 'amd64/generic',
    resource_uri: `/MAAS/api/2.0/boot-resources/${index + 1}/`,
    last_deployed: null,
    title: name.replace('/', ' '),
    platform: 'generic',
    subarches: 'generic',
    supported_platforms: 'generic',
  };
}
