import type { Route } from './http/resource.ts';
import { account, sshKey, sshKeys, user, users } from './resources/account.ts';
import { events } from './resources/events.ts';
import { machine } from './resources/machine.ts';
import { machines } from './resources/machines.ts';
import { tag, tags } from './resources/tags.ts';
import { version } from './resources/version.ts';

/** What the region answers below `/MAAS/api/2.0/`. */
export const routes: readonly Route[] = [
  { path: 'version/', resource: version },
  { path: 'users/', resource: users },
  { path: 'users/{name}/', resource: user },
  { path: 'account/', resource: account },
  { path: 'account/prefs/sshkeys/', resource: sshKeys },
  { path: 'account/prefs/sshkeys/{id}/', resource: sshKey },
  { path: 'machines/', resource: machines },
  { path: 'machines/{id}/', resource: machine },
  { path: 'tags/', resource: tags },
  { path: 'tags/{name}/', resource: tag },
  { path: 'events/', resource: events },
];
