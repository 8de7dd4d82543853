import { execa } from 'execa';

export interface HelmOutput {
  exitCode?: number | undefined;
  stdout: string;
  stderr: string;
}

export interface HelmInput {
  signal?: AbortSignal | undefined;
  /** What helm reads from its standard input. */
  input?: string;
}

/** The real helm somewhere: on this computer, or on a control plane. */
export interface HelmProgram {
  /** `in PATH`, `on the control plane node-01` */
  where(): Promise<string>;
  /** Where it is, the kubeconfig of the cluster. */
  kubeconfigFile: string;
  /** Undefined when there is no such program. */
  run(args: readonly string[], input?: HelmInput): Promise<HelmOutput | undefined>;
  /** Lends it a chart of this computer, at the path that the work is given. */
  withChart<T>(path: string, signal: AbortSignal, work: (path: string) => Promise<T>): Promise<T>;
}

/** The helm in PATH. */
export function helmInPath(
  kubeconfigFile: string,
  env: Readonly<Record<string, string | undefined>>,
): HelmProgram {
  return {
    where: async () => 'in PATH',
    kubeconfigFile,
    withChart: (path, _signal, work) => work(path),
    async run(args, { signal, input } = {}) {
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
      return result.code === 'ENOENT' ? undefined : result;
    },
  };
}
