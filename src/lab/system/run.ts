import { execa } from 'execa';
import { ColdstartError } from '../../core/errors.ts';

export interface RunOptions {
  signal?: AbortSignal | undefined;
  cwd?: string;
  /** Variables added to this process's own environment. */
  env?: Readonly<Record<string, string>>;
  /** Text for the standard input; without it the program has none. */
  input?: string;
  /** What is being done, for the error: "build kubelet". */
  doing?: string;
}

/**
 * Runs a program to its end and returns its standard output without the last line break.
 * @throws ColdstartError STOPPED when aborted, LAB_FAILED with the program's last words otherwise
 */
export async function run(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const result = await execa(program, args, {
    reject: false,
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    ...(options.signal && { cancelSignal: options.signal }),
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    env: { LC_ALL: 'C.UTF-8', ...options.env },
    forceKillAfterDelay: 5000,
  });
  if (!result.failed) return result.stdout;
  if (result.isCanceled) throw new ColdstartError('STOPPED', `stopped: ${options.doing ?? program}`);
  throw new ColdstartError('LAB_FAILED', `could not ${options.doing ?? `run ${program} ${args[0] ?? ''}`}`, {
    because: lastWords(result.stderr) || lastWords(result.stdout) || (result.shortMessage ?? 'it failed'),
  });
}

/** True when the program ends with status 0; its output is thrown away. */
export async function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  const { exitCode } = await execa(program, args, { reject: false, stdio: 'ignore' });
  return exitCode === 0;
}

function lastWords(output: string): string {
  return output.trim().split('\n').slice(-3).join('; ').slice(-600);
}
