import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { kubeconfigForUser } from '../../cluster/kubeconfig.ts';
import type { KubernetesClient } from '../../cluster/kubernetes-api.ts';
import { type KnownCluster, openCluster } from '../../compose.ts';
import { ColdstartError } from '../../core/errors.ts';
import { formatTable } from '../../render/table.ts';
import { addUser, listUsers, removeUser } from '../../site/users.ts';
import { writeAtomically } from '../../state/atomic.ts';
import { type AppContext, note, print, printJson } from '../context.ts';
import type { OutputFlags, SiteFlags } from '../flags.ts';

export interface UserFlags extends SiteFlags, OutputFlags {}

export interface AddUserFlags extends UserFlags {
  role: string;
  /** Milliseconds. */
  expires: number;
  group?: readonly string[];
  file?: string;
  force: boolean;
}

export async function add(this: AppContext, flags: AddUserFlags, name: string): Promise<void> {
  await withCluster(this, flags, async (cluster, api) => {
    const { config, kubeconfigFile } = cluster;
    const file = path.resolve(this.cwd, flags.file ?? `${name}-${config.name}.kubeconfig`);
    if (!flags.force && existsSync(file)) throw exists(file);
    const { role, group: groups = [], expires: validMs } = flags;
    const certificate = await addUser(api, { name, role, groups, validMs }, this.signal);
    const text = kubeconfigForUser(await readFile(kubeconfigFile, 'utf8'), config.name, {
      name,
      ...certificate,
    });
    await writeAtomically(file, text);
    const expires = certificate.expires.toISOString();
    if (flags.output === 'json') printJson(this, { cluster: config.name, name, role, groups, expires, file });
    else print(this, `${name} may do what ${role} allows, until ${shortTime(expires)}: ${file}`);
    warnOfExpiry(this, certificate.expires, validMs);
  });
}

export async function list(this: AppContext, flags: UserFlags): Promise<void> {
  await withCluster(this, flags, async ({ config }, api) => {
    const users = await listUsers(api);
    if (flags.output === 'json') printJson(this, { cluster: config.name, users });
    else if (users.length === 0) print(this, `Nobody was given a certificate for ${config.name}.`);
    else print(this, formatTable([['USER', 'ROLE', 'CERTIFICATE ENDS'], ...users.map(row)]));
  });

  function row({ name, role, expires }: { name: string; role: string; expires: string }): string[] {
    const over = Date.parse(expires) < Date.now();
    return [name, role, `${shortTime(expires)}${over ? ' (over)' : ''}`];
  }
}

export async function remove(this: AppContext, flags: UserFlags, name: string): Promise<void> {
  await withCluster(this, flags, async ({ config }, api) => {
    await removeUser(api, name);
    if (flags.output === 'json') printJson(this, { cluster: config.name, removed: name });
    else print(this, `${name} has no rights any more.`);
    note(
      this,
      'A certificate cannot be taken back: until it ends it still says who shows it. It opens nothing, unless you bound ' +
        'rights to its name or its groups yourself.',
    );
  });
}

async function withCluster(
  context: AppContext,
  flags: UserFlags,
  work: (cluster: KnownCluster, api: KubernetesClient) => Promise<void>,
): Promise<void> {
  const cluster = await openCluster({ env: context.env, cwd: context.cwd, ...flags });
  try {
    await work(cluster, await cluster.kubernetes.client());
  } finally {
    cluster.close();
  }
}

/** Says so when the cluster signed for another time than was asked for. Certificates begin some minutes early. */
function warnOfExpiry(context: AppContext, expires: Date, validMs: number): void {
  const wanted = Date.now() + validMs;
  if (Math.abs(expires.getTime() - wanted) < 15 * 60_000) return;
  const warning = context.paint.err('yellow', 'warning:');
  note(
    context,
    `${warning} the certificate ends at another time than was asked for (${shortTime(new Date(wanted).toISOString())}). ` +
      'Kubernetes before 1.22 decides this alone; later versions go up to --cluster-signing-duration of their controller manager.',
  );
}

/** `2027-01-31 12:00 UTC` */
function shortTime(iso: string): string {
  return iso === '' ? '-' : `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}

function exists(file: string): ColdstartError {
  return new ColdstartError('USAGE', `${file} is there already`, {
    hint: 'name another one with --file, or replace it with --force; nothing was changed',
  });
}
