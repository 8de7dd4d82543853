import { execa } from 'execa';
import type { ChartSource, PlainTree } from '../addons/definition.ts';
import { ColdstartError } from '../core/errors.ts';

export interface Release {
  name: string;
  namespace: string;
}

/** The real helm, 3 or 4, found in PATH. Errors: HELM_MISSING, HELM_FAILED. */
export interface Helm {
  /** Installs or upgrades. Does not wait for pods: what is missing is seen, and said, from outside. */
  upgrade(release: Release, chart: ChartSource, values: PlainTree, options: UpgradeOptions): Promise<void>;
  /** The definitions of kinds that a chart brings in its folder `crds`, as YAML documents: Helm installs, and never upgrades them. */
  definitions(release: Release, chart: ChartSource, signal: AbortSignal): Promise<string>;
  /** What Helm put into the cluster, as YAML documents. */
  manifest(release: Release, signal?: AbortSignal): Promise<string>;
  /** A release that is not there is as good as removed. */
  uninstall(release: Release, signal: AbortSignal): Promise<void>;
  /** Ends an upgrade that was cut off by going back to the revision before it. */
  rollback(release: Release, signal: AbortSignal): Promise<void>;
}

export interface UpgradeOptions {
  /** False where the cluster's server-side apply is not finished: Helm 4 is told not to use it. */
  serverSide: boolean;
  signal: AbortSignal;
}

export interface HelmOptions {
  kubeconfigFile: string;
  env: Readonly<Record<string, string | undefined>>;
}

export function createHelm({ kubeconfigFile, env }: HelmOptions): Helm {
  const run = async (
    args: readonly string[],
    { namespace }: Release,
    more: RunOptions = {},
  ): Promise<string> =>
    runHelm([...args, '--namespace', namespace, '--kubeconfig', kubeconfigFile], env, more);
  return {
    async upgrade(release, chart, values, { serverSide, signal }) {
      const flags = ['--install', '--history-max', '5', '--timeout', '10m', '--values', '-'];
      // Helm 3 has neither the flag nor server-side apply.
      const older = !serverSide && (await majorVersion(env, signal)) >= 4 ? ['--server-side=false'] : [];
      const args = ['upgrade', release.name, ...chartArguments(chart), ...flags, ...older];
      // Values may hold secrets: they go through standard input, never through arguments.
      await run(args, release, { signal, input: JSON.stringify(values) });
    },
    definitions: (release, chart, signal) =>
      run(['show', 'crds', ...chartArguments(chart)], release, { signal }),
    manifest: (release, signal) => run(['get', 'manifest', release.name], release, { signal }),
    async uninstall(release, signal) {
      try {
        await run(['uninstall', release.name, '--wait', '--timeout', '10m'], release, { signal });
      } catch (error) {
        if (!(error instanceof ColdstartError) || !/release: not found/.test(error.because ?? ''))
          throw error;
      }
    },
    async rollback(release, signal) {
      await run(['rollback', release.name, '--timeout', '10m'], release, { signal });
    },
  };
}

/**
 * What a chart of this computer makes of the values, as YAML documents; no cluster is asked. `kubeVersion`: `1.36.2`.
 * Errors: HELM_MISSING, HELM_FAILED.
 */
export async function renderChart(
  { name, namespace }: Release,
  chart: { path: string },
  values: PlainTree,
  options: { kubeVersion: string; env: HelmOptions['env']; signal: AbortSignal },
): Promise<string> {
  const flags = ['--namespace', namespace, '--kube-version', options.kubeVersion, '--values', '-'];
  return runHelm(['template', name, chart.path, ...flags], options.env, {
    signal: options.signal,
    input: JSON.stringify(values),
  });
}

/** `CHART`, `NAME --repo URL --version V`, `oci://… --version V` */
function chartArguments(chart: ChartSource): string[] {
  if ('path' in chart) return [chart.path];
  if ('oci' in chart)
    return [chart.oci, '--version', chart.version, ...(chart.plainHttp ? ['--plain-http'] : [])];
  return [chart.name, '--repo', chart.repository, '--version', chart.version];
}

/** Of `v4.2.3` or `v3.18.0+g1234567`. */
async function majorVersion(env: HelmOptions['env'], signal: AbortSignal): Promise<number> {
  const text = await runHelm(['version', '--template', '{{.Version}}'], env, { signal });
  return Number(/^v(\d+)\./.exec(text)?.[1] ?? 4);
}

interface RunOptions {
  signal?: AbortSignal | undefined;
  input?: string;
}

async function runHelm(
  args: readonly string[],
  env: HelmOptions['env'],
  { signal, input }: RunOptions,
): Promise<string> {
  const result = await execa('helm', args, {
    env,
    extendEnv: false,
    reject: false,
    maxBuffer: 64e6,
    // Asked to stop, Helm marks the release as failed; killed at once, it leaves it locked.
    forceKillAfterDelay: 30_000,
    ...(signal ? { cancelSignal: signal } : {}),
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
  });
  signal?.throwIfAborted();
  if (!result.failed) return result.stdout;
  if (result.code === 'ENOENT') throw new ColdstartError('HELM_MISSING', 'helm is not in PATH');
  throw new ColdstartError('HELM_FAILED', `helm ${args[0]} ${args[1]} failed`, {
    because: reasonIn(result.stderr) || `it ended with status ${String(result.exitCode)}`,
  });
}

/** Helm's own error is its last line; warnings come before it. */
function reasonIn(stderr: string): string {
  const lines = stderr.split('\n').filter(line => line.trim() !== '');
  return (lines.findLast(line => line.startsWith('Error: ')) ?? lines.at(-1) ?? '').replace(/^Error: /, '');
}
