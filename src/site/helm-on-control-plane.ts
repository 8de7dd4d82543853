import path from 'node:path';
import { execa } from 'execa';
import type { ClusterConfig } from '../config/schema.ts';
import { ColdstartError, reasonOf } from '../core/errors.ts';
import type { HelmProgram } from '../helm/program.ts';
import type { Machine } from '../maas/machine.ts';
import { assessFleet } from '../plan/assess.ts';
import type { Facts } from '../plan/facts.ts';
import { clusterKey } from '../ssh/identity.ts';
import { type RemoteInput, type RemoteOutput, runAsRoot } from '../ssh/run-as-root.ts';
import { sshAccess } from './access.ts';

export interface ControlPlaneOptions {
  config: ClusterConfig;
  clusterDir: string;
  /** Added to the environment of ssh. */
  env: Readonly<Record<string, string>>;
  observeDeployed(): Promise<Pick<Facts, 'user' | 'machines'>>;
}

type Run = (words: readonly string[], input?: RemoteInput) => Promise<RemoteOutput>;

/** The helm that is found on the first control plane, for people who have none themselves. */
export function helmOnControlPlane(options: ControlPlaneOptions): HelmProgram {
  let known: Promise<Machine> | undefined;
  const machine = () => (known ??= firstControlPlane(options));
  const run: Run = async (words, input) => {
    const found = await machine();
    const { config, clusterDir, env } = options;
    const { file: keyFile } = await clusterKey(clusterDir);
    const access = sshAccess({ config, clusterDir, keyFile, controlDir: undefined, env }, found);
    return runAsRoot(found.hostname, access, words, { ...input, env });
  };
  return {
    where: async () => `on ${(await machine()).hostname}`,
    kubeconfigFile: '/etc/kubernetes/admin.conf',
    async run(args, input) {
      const output = await run(['sh', '-c', findHelm, 'sh', ...args], input);
      return output.exitCode === notFound ? undefined : output;
    },
    withChart: (chart, signal, work) => withCopy(run, chart, signal, work),
  };
}

const notFound = 127;
/** Where packages and snaps put it, whatever sudo makes of PATH. */
const findHelm = `PATH="$PATH:/usr/local/bin:/snap/bin"; command -v helm >/dev/null || exit ${notFound}; exec helm "$@"`;
const unpack = 'umask 077; folder=$(mktemp -d) && tar -xzf - -C "$folder" && echo "$folder"';

/** Takes a chart of this computer along: its folder or archive, through standard input. Nothing of it stays there. */
async function withCopy<T>(
  run: Run,
  chart: string,
  signal: AbortSignal,
  work: (path: string) => Promise<T>,
): Promise<T> {
  const { stdout, stderr, exitCode } = await run(['sh', '-c', unpack], {
    input: await packed(chart, signal),
    signal,
  });
  const folder = stdout.trim();
  if (exitCode !== 0 || !folder.startsWith('/')) {
    throw new ColdstartError('HELM_FAILED', `could not copy the chart ${chart} to the control plane`, {
      because: stderr.trim() || `tar ended with status ${exitCode}`,
    });
  }
  try {
    return await work(path.posix.join(folder, path.basename(chart)));
  } finally {
    await run(['rm', '-rf', folder]);
  }
}

async function packed(chart: string, signal: AbortSignal): Promise<Uint8Array> {
  try {
    const words = ['-C', path.dirname(chart), '-czf', '-', '--', path.basename(chart)];
    const { stdout } = await execa('tar', words, {
      encoding: 'buffer',
      cancelSignal: signal,
      maxBuffer: 64e6,
    });
    return stdout;
  } catch (cause) {
    signal.throwIfAborted();
    throw new ColdstartError('HELM_FAILED', `could not pack the chart ${chart}`, {
      because: reasonOf(cause),
      cause,
    });
  }
}

async function firstControlPlane({ config, observeDeployed }: ControlPlaneOptions): Promise<Machine> {
  const facts: Facts = { ...(await observeDeployed()), kubernetes: { state: 'unknown' } };
  const { firstControlPlane: machine } = assessFleet(config, facts, 'up');
  if (machine) return machine;
  throw new ColdstartError('HELM_MISSING', 'helm is not in PATH', {
    because: 'there is no control plane that might have it',
  });
}
