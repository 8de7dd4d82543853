import { buildCommand, buildRouteMap } from '@stricli/core';
import { parseDuration } from '../../core/durations.ts';
import type { AppContext } from '../context.ts';
import { readAliases, readFlags, switchFlag, textFlag } from '../flags.ts';
import { guard } from '../guard.ts';
import type { AddUserFlags, UserFlags } from './user.ts';

const positional = {
  kind: 'tuple',
  parameters: [{ parse: parseName, placeholder: 'NAME', brief: 'Who it is' }],
} as const;

const addCommand = buildCommand<AddUserFlags, [string], AppContext>({
  loader: async () => guard((await import('./user.ts')).add),
  parameters: {
    flags: {
      ...readFlags,
      role: {
        kind: 'parsed',
        parse: String,
        default: 'cluster-admin',
        placeholder: 'ROLE',
        brief: 'ClusterRole: cluster-admin, admin, edit, view, or one of yours',
      },
      expires: {
        kind: 'parsed',
        parse: parseExpiry,
        default: '30d',
        placeholder: 'TIME',
        brief: 'How long the certificate is valid: 30d, 12h, 45m',
      },
      group: {
        kind: 'parsed',
        parse: parseGroup,
        variadic: true,
        optional: true,
        placeholder: 'GROUP',
        brief: 'Also a member of this group; may be given several times',
      },
      file: textFlag('FILE', 'Where the kubeconfig is written (default: NAME-CLUSTER.kubeconfig here)'),
      force: switchFlag('Replace an existing file'),
    },
    aliases: readAliases,
    positional,
  },
  docs: {
    brief: 'Write a kubeconfig for one person, with a certificate that ends',
    fullDescription:
      'Makes a key on this computer, has the cluster sign a certificate for it, and binds the role to that certificate. ' +
      "Give the file to the person instead of the administrator's kubeconfig, which has no name and can do everything. " +
      'For the same name again, the new certificate takes the place of the former one.',
  },
});

const listCommand = buildCommand<UserFlags, [], AppContext>({
  loader: async () => guard((await import('./user.ts')).list),
  parameters: { flags: readFlags, aliases: readAliases },
  docs: { brief: 'Show who has a certificate, what it allows, and when it ends' },
});

const removeCommand = buildCommand<UserFlags, [string], AppContext>({
  loader: async () => guard((await import('./user.ts')).remove),
  parameters: { flags: readFlags, aliases: readAliases, positional },
  docs: { brief: 'Take the rights of a person away, before the certificate ends' },
});

export const userRoutes = buildRouteMap({
  routes: { add: addCommand, list: listCommand, remove: removeCommand },
  docs: { brief: 'Give people a kubeconfig of their own, and take their rights away' },
});

function parseName(name: string): string {
  if (/^[a-z0-9](?:[a-z0-9._@-]{0,61}[a-z0-9])?$/.test(name)) return name;
  throw new Error('must be a name of small letters, digits, and . _ @ - within it');
}

/** Kubernetes keeps `system:` for itself, and its API server never signs for `system:masters`. */
function parseGroup(group: string): string {
  if (/^[\w.@:-]{1,64}$/.test(group) && !group.startsWith('system:')) return group;
  throw new Error('must be a group of letters, digits and . _ @ : -, and not one of system:');
}

/** https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/certificate-signing-request-v1/ */
function parseExpiry(value: string): number {
  const ms = parseDuration(value);
  if (ms !== undefined && ms >= 10 * 60_000 && ms <= 3650 * 86_400_000) return ms;
  throw new Error('must be a time such as 30d, 12h or 45m, from 10m to 3650d');
}
