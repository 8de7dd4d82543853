import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type LoadedConfig, loadConfig } from './config/load.ts';
import type { ClusterConfig } from './config/schema.ts';
import { ColdstartError } from './core/errors.ts';
import type { Secret } from './core/secret.ts';
import { createHelm, type Helm } from './helm/helm.ts';
import type { HelmProgram } from './helm/program.ts';
import { isLabRunning, type LabRecord, readLabRecord } from './lab/record.ts';
import { labClusterName } from './lab/site-defaults.ts';
import { createMaasClient, type MaasClient } from './maas/client.ts';
import { parseMaasUrl } from './maas/url.ts';
import type { Facts } from './plan/facts.ts';
import { maasUser } from './site/maas-user.ts';
import { createKubernetesPeer, type KubernetesPeer, observe, observeDeployed } from './site/observe.ts';
import { patienceOf } from './site/patience.ts';
import { clusterDir, kubeconfigFile, labDir, maasUsersFile } from './state/paths.ts';

export type Env = Readonly<Record<string, string | undefined>>;

export interface SiteOptions {
  env: Env;
  cwd: string;
  /** Path of cluster.yaml. */
  config?: string;
  /** Use the running lab, whatever the environment says. */
  lab: boolean;
  /** It need not run: nobody will be asked anything. */
  labMayBeDown?: boolean;
}

/** What is known of one cluster without asking MAAS. */
export interface KnownCluster {
  loaded: LoadedConfig;
  config: ClusterConfig;
  kubernetes: KubernetesPeer;
  /** State of the cluster: runs, keys, kubeconfig, lock. */
  clusterDir: string;
  kubeconfigFile: string;
  /** The lab whose MAAS this is. */
  lab: LabRecord | undefined;
  /** Added to the environment of ssh and Ansible: empty but on a lab that has stand-ins for them. */
  programs: Readonly<Record<string, string>>;
  close(): void;
}

/** Everything that belongs to one cluster and its MAAS. */
export interface Site extends KnownCluster {
  client: MaasClient;
  helm: Helm;
  /** What every limit is multiplied with; see site/patience.ts. */
  patience: number;
  /** MAAS is not asked for machines that somebody has seen already. */
  observe(seen?: Facts['machines']): Promise<Facts>;
  /** Only the machines that are deployed for us, at the least cost. */
  observeDeployed(): Promise<Pick<Facts, 'user' | 'machines'>>;
}

/** The settings in force, before MAAS is asked anything. */
export async function loadSettings(
  options: SiteOptions,
): Promise<{ loaded: LoadedConfig; lab: LabRecord | undefined }> {
  const record = readLabRecord(labDir(options.env));
  const running = record && isLabRunning(record) ? record : undefined;
  if (options.lab && !running && !options.labMayBeDown)
    throw new ColdstartError('LAB_NOT_RUNNING', 'the lab is not running');
  const given = options.env['MAAS_API_URL'];
  const lab =
    running && (options.lab || (given && parseMaasUrl(given).shown === running.url)) ? running : undefined;
  const env = lab ? { ...options.env, MAAS_API_URL: lab.url, ...labKey(options, lab) } : options.env;
  const siteDefaults = lab?.siteDefaults ?? (options.lab ? { name: labClusterName } : undefined);
  const loaded = await loadConfig({
    cwd: options.cwd,
    env,
    ...(options.config === undefined ? {} : { path: options.config }),
    ...(siteDefaults ? { siteDefaults } : {}),
  });
  return { loaded, lab };
}

/** Opens the cluster alone, which needs neither MAAS nor its key. Errors: CONFIG_*, LAB_NOT_RUNNING. */
export async function openCluster(options: SiteOptions): Promise<KnownCluster> {
  const { loaded, lab } = await loadSettings(options);
  const kubeconfig = kubeconfigFile(options.env, loaded.config.name);
  const kubernetes = createKubernetesPeer(kubeconfig);
  return {
    loaded,
    config: loaded.config,
    kubernetes,
    clusterDir: clusterDir(options.env, loaded.config.name),
    kubeconfigFile: kubeconfig,
    lab,
    programs: programsOf(lab, options.env),
    close: () => kubernetes.close(),
  };
}

/** Opens the site that flags, environment and cluster.yaml describe. Errors: CONFIG_*, LAB_NOT_RUNNING. */
export async function openSite(options: SiteOptions): Promise<Site> {
  const cluster = await openCluster(options);
  const { config, kubernetes } = cluster;
  const { apiKey } = cluster.loaded;
  const client = await connect(config, apiKey, options.env);
  const maas = { client, user: () => maasUser(client, apiKey as Secret, maasUsersFile(options.env)) };
  const lookAtDeployed = () => observeDeployed(config, maas, path.join(cluster.clusterDir, 'list-by-tags'));
  return {
    ...cluster,
    client,
    patience: patienceOf(options.env),
    helm: createHelm(() => helmPrograms(cluster, options.env, lookAtDeployed)),
    observe: seen => observe(config, maas, kubernetes, seen),
    observeDeployed: lookAtDeployed,
    close() {
      client.close();
      kubernetes.close();
    },
  };
}

/** Loaded when charts are: most commands have nothing to do with Helm. */
async function helmPrograms(
  { config, clusterDir, kubeconfigFile, programs }: KnownCluster,
  env: Env,
  observeDeployed: Site['observeDeployed'],
): Promise<HelmProgram[]> {
  const [{ helmInPath }, { helmOnControlPlane }] = await Promise.all([
    import('./helm/program.ts'),
    import('./site/helm-on-control-plane.ts'),
  ]);
  return [
    helmInPath(kubeconfigFile, env),
    helmOnControlPlane({ config, clusterDir, env: programs, observeDeployed }),
  ];
}

/** The lab's stand-ins come first in PATH. */
export function programsOf(lab: LabRecord | undefined, env: Env): Record<string, string> {
  if (!lab?.standIns) return {};
  const { folder, gate } = lab.standIns;
  return { PATH: `${folder}${path.delimiter}${env['PATH'] ?? ''}`, COLDSTART_LAB_GATE: gate };
}

async function connect(config: ClusterConfig, apiKey: Secret | undefined, env: Env): Promise<MaasClient> {
  if (config.maas.url === undefined || !apiKey) throw missing(config.maas.url, apiKey);
  const ca =
    config.maas.caFile === undefined ? undefined : await readFile(path.resolve(config.maas.caFile), 'utf8');
  const patience = patienceOf(env);
  const timeouts = { callMs: 120_000 * patience, listMs: 600_000 * patience };
  return createMaasClient({
    url: config.maas.url,
    apiKey,
    env,
    timeouts,
    ...(ca === undefined ? {} : { ca }),
  });
}

function labKey({ lab, env }: SiteOptions, record: LabRecord): Env {
  return lab || !env['MAAS_API_KEY'] ? { MAAS_API_KEY: record.apiKey } : {};
}

function missing(url: string | undefined, apiKey: Secret | undefined): ColdstartError {
  const variables = [
    ...(url === undefined ? ['MAAS_API_URL, where MAAS is (http://HOST:5240/MAAS)'] : []),
    ...(apiKey ? [] : ['MAAS_API_KEY, the API key of a MAAS user (from its page in MAAS, or `maas apikey`)']),
  ];
  return new ColdstartError('CONFIG_MISSING', `not set: ${variables.join('; ')}`, {
    hint: 'export what is missing; or try it out without any hardware: coldstart up --lab',
  });
}
