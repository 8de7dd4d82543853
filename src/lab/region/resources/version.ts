import type { Resource } from '../http/resource.ts';

/** `version/`, which needs no key. */
export const version: Resource = {
  name: 'Version',
  anonymous: 'everything',
  read: call => ({
    capabilities: [
      'networks-management',
      'static-ipaddresses',
      'ipv6-deployment-ubuntu',
      'devices-management',
      'storage-deployment-ubuntu',
      'network-deployment-ubuntu',
      'bridging-interface-ubuntu',
      'bridging-automatic-ubuntu',
      'authenticate-api',
    ],
    version: call.world.version,
    subversion: '',
  }),
};
