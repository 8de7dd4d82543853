import type { ChartSource, PlainTree } from '../addons/definition.ts';
import { ColdstartError } from '../core/errors.ts';
import type { HelmInput, HelmProgram } from './program.ts';

export interface Release {
  name: string;
  namespace: string;
}

/** The real helm, 3 or 4. Errors: HELM_MISSING, HELM_FAILED, and those of the way to it. */
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

/** The first of these programs that is there does all the work. */
export function createHelm(programs: () => Promise<readonly HelmProgram[]>): Helm {
  let chosen: Promise<ChosenHelm> | undefined;
  const choose = (signal?: AbortSignal): Promise<ChosenHelm> => {
    chosen ??= programs()
      .then(all => firstOf(all, signal))
      .catch((error: unknown) => {
        chosen = undefined;
        throw error;
      });
    return chosen;
  };
  const run = async (args: readonly string[], { namespace }: Release, more: HelmInput = {}) => {
    const { program } = await choose(more.signal);
    return runHelm(
      program,
      [...args, '--namespace', namespace, '--kubeconfig', program.kubeconfigFile],
      more,
    );
  };
  return {
    async upgrade(release, chart, values, { serverSide, signal }) {
      const { program, major } = await choose(signal);
      const flags = ['--install', '--history-max', '5', '--timeout', '10m', '--values', '-'];
      // Helm 3 has neither the flag nor server-side apply.
      const older = !serverSide && major >= 4 ? ['--server-side=false'] : [];
      await lendChart(program, chart, signal, async lent => {
        const args = ['upgrade', release.name, ...chartArguments(lent), ...flags, ...older];
        // Values may hold secrets: they go through standard input, never through arguments.
        await run(args, release, { signal, input: JSON.stringify(values) });
      });
    },
    async definitions(release, chart, signal) {
      const { program } = await choose(signal);
      return lendChart(program, chart, signal, lent =>
        run(['show', 'crds', ...chartArguments(lent)], release, { signal }),
      );
    },
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
  options: { kubeVersion: string; env: Readonly<Record<string, string | undefined>>; signal: AbortSignal },
): Promise<string> {
  const flags = ['--namespace', namespace, '--kube-version', options.kubeVersion, '--values', '-'];
  const { helmInPath } = await import('./program.ts');
  return runHelm(helmInPath('', options.env), ['template', name, chart.path, ...flags], {
    signal: options.signal,
    input: JSON.stringify(values),
  });
}

interface ChosenHelm {
  program: HelmProgram;
  major: number;
}

async function firstOf(programs: readonly HelmProgram[], signal?: AbortSignal): Promise<ChosenHelm> {
  for (const program of programs) {
    const answer = await program.run(['version', '--template', '{{.Version}}'], { signal });
    // `v4.2.3` or `v3.18.0+g1234567`
    if (answer) return { program, major: Number(/^v(\d+)\./.exec(answer.stdout)?.[1] ?? 4) };
  }
  const places = await Promise.all(programs.map(({ where }) => where()));
  throw new ColdstartError('HELM_MISSING', `there is no helm ${places.join(', nor ')}`);
}

function lendChart<T>(
  program: HelmProgram,
  chart: ChartSource,
  signal: AbortSignal,
  work: (chart: ChartSource) => Promise<T>,
): Promise<T> {
  return 'path' in chart ? program.withChart(chart.path, signal, path => work({ path })) : work(chart);
}

/** `CHART`, `NAME --repo URL --version V`, `oci://… --version V` */
function chartArguments(chart: ChartSource): string[] {
  if ('path' in chart) return [chart.path];
  if ('oci' in chart)
    return [chart.oci, '--version', chart.version, ...(chart.plainHttp ? ['--plain-http'] : [])];
  return [chart.name, '--repo', chart.repository, '--version', chart.version];
}

async function runHelm(program: HelmProgram, args: readonly string[], input: HelmInput): Promise<string> {
  const result = await program.run(args, input);
  if (!result) throw new ColdstartError('HELM_MISSING', `there is no helm ${await program.where()}`);
  if (result.exitCode === 0) return result.stdout;
  throw new ColdstartError('HELM_FAILED', `helm ${args[0]} ${args[1]} failed`, {
    because: reasonIn(result.stderr) || `it ended with status ${String(result.exitCode)}`,
  });
}

/** Helm's own error is its last line; warnings come before it. */
function reasonIn(stderr: string): string {
  const lines = stderr.split('\n').filter(line => line.trim() !== '');
  return (lines.findLast(line => line.startsWith('Error: ')) ?? lines.at(-1) ?? '').replace(/^Error: /, '');
}
