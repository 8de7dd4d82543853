import { wantedAddons } from '../addons/wanted.ts';
import type { KubernetesClient } from '../cluster/kubernetes-api.ts';
import { type KnownCluster, openCluster } from '../compose.ts';
import { ColdstartError, reasonOf } from '../core/errors.ts';
import { formatTable } from '../render/table.ts';
import {
  type Credentials,
  dashboardLogin,
  dashboardUrl,
  loginSource,
  type PlacedDashboard,
} from '../site/dashboards.ts';
import { type AppContext, print, printJson } from './context.ts';
import type { OutputFlags, SiteFlags } from './flags.ts';

export interface OpenFlags extends SiteFlags, OutputFlags {
  showLogin: boolean;
}

/** Without a name, the list. */
export async function open(this: AppContext, flags: OpenFlags, name?: string): Promise<void> {
  const cluster = await openCluster({ env: this.env, cwd: this.cwd, ...flags });
  try {
    const api = await cluster.kubernetes.client();
    const all = dashboardsOf(cluster);
    if (name === undefined) await showAll(this, flags, api, all);
    else await showOne(this, flags, { api, cluster, dashboard: found(all, name) });
  } finally {
    cluster.close();
  }
}

function dashboardsOf({ config }: KnownCluster): PlacedDashboard[] {
  return wantedAddons(config).flatMap(({ name: addon, namespace, dashboards }) =>
    dashboards.map(dashboard => ({ ...dashboard, addon, namespace })),
  );
}

function found(all: readonly PlacedDashboard[], name: string): PlacedDashboard {
  const dashboard = all.find(each => each.name === name);
  if (dashboard) return dashboard;
  throw new ColdstartError('USAGE', `no add-on of the file brings a dashboard ${name}`, {
    because:
      all.length === 0 ? 'none of them brings any' : `there are ${all.map(each => each.name).join(', ')}`,
    hint: 'add the add-on to cluster.yaml, or name its dashboards there',
  });
}

async function showAll(
  context: AppContext,
  { output }: OpenFlags,
  api: KubernetesClient,
  all: readonly PlacedDashboard[],
): Promise<void> {
  const rows = await Promise.all(
    all.map(async dashboard => ({
      name: dashboard.name,
      addon: dashboard.addon,
      ...(await dashboardUrl(api, dashboard, context.signal).then(
        url => ({ url: url ?? null, seen: url ?? 'by a port-forward' }),
        (error: unknown) => ({ url: null, seen: reasonOf(error) }),
      )),
      login: loginSource(dashboard),
    })),
  );
  if (output === 'json') printJson(context, { dashboards: rows });
  else if (rows.length === 0) print(context, 'No add-on of the file brings a dashboard.');
  else {
    const lines = rows.map(({ name, addon, seen, login }) => [name, addon, seen, login]);
    print(context, formatTable([['NAME', 'ADD-ON', 'URL', 'LOGIN'], ...lines]));
  }
}

interface Opened {
  api: KubernetesClient;
  cluster: KnownCluster;
  dashboard: PlacedDashboard;
}

/** A terminal is a person who asked for it; a pipe may be a log, so there the login is shown only when told to. */
async function showOne(
  context: AppContext,
  { output, showLogin }: OpenFlags,
  { api, cluster, dashboard }: Opened,
): Promise<void> {
  const url = await dashboardUrl(api, dashboard, context.signal);
  const command = url === undefined ? forwardCommand(cluster, dashboard) : undefined;
  const { login, name, addon } = dashboard;
  const shown = showLogin || (output === 'text' && context.process.stdout.isTTY);
  const credentials =
    login && shown ? await dashboardLogin(api, { ...dashboard, login }, context.signal) : undefined;
  if (output === 'json') {
    const loginJson = { from: loginSource(dashboard), ...(credentials && revealed(credentials)) };
    printJson(context, {
      name,
      addon,
      url: url ?? null,
      command: command ?? null,
      login: login ? loginJson : null,
    });
    return;
  }
  const rows = [
    [dashboard.title, url ?? 'http://localhost:8080, while this runs:'],
    ...(command === undefined ? [] : [['', command]]),
    ...loginRows(dashboard, credentials),
  ];
  print(context, formatTable(rows));
}

function loginRows(dashboard: PlacedDashboard, credentials: Credentials | undefined): string[][] {
  if (dashboard.login === undefined) return [['login', 'none']];
  const source = loginSource(dashboard);
  if (!credentials) return [['login', `${source}; --show-login shows it`]];
  const { user, password, expires } = credentials;
  return [
    ...(user === undefined ? [] : [['user', user]]),
    [dashboard.login.kind === 'token' ? 'token' : 'password', password.reveal()],
    ['', expires === undefined ? `from ${source}` : `${source}, until ${expires}`],
  ];
}

function revealed({ user, password, expires }: Credentials): Record<string, unknown> {
  return { user: user ?? null, password: password.reveal(), expires: expires ?? null };
}

function forwardCommand(
  { kubeconfigFile }: KnownCluster,
  { namespace, service, port }: PlacedDashboard,
): string {
  const file = /\s/.test(kubeconfigFile) ? `"${kubeconfigFile}"` : kubeconfigFile;
  return `kubectl --kubeconfig ${file} --namespace ${namespace} port-forward service/${service} 8080:${port}`;
}
