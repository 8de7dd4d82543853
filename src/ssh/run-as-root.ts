import { execa } from 'execa';
import { ColdstartError } from '../core/errors.ts';
import { type SshAccess, sshOptions } from './arguments.ts';
import { lastLine, refuseStranger } from './stranger.ts';

export interface RemoteOutput {
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface RemoteInput {
  /** What the program reads; nothing when missing. */
  input?: string | Uint8Array | undefined;
  signal?: AbortSignal | undefined;
  /** Added to the environment of ssh. */
  env?: Readonly<Record<string, string>>;
}

/** Exit status of ssh itself: https://man.openbsd.org/ssh#EXIT_STATUS */
const sshFailed = 255;
/** How long a program has to end after it was asked to. */
const patienceMs = 30_000;

/**
 * Runs a program on a machine as root, to its end. A stop asks the program there to end, and waits for it: without that
 * it would go on after ssh is gone. Errors: SSH_HOST_KEY, SSH_UNREACHABLE, the signal's reason.
 */
export async function runAsRoot(
  name: string,
  access: SshAccess,
  words: readonly string[],
  { input, signal, env = {} }: RemoteInput = {},
): Promise<RemoteOutput> {
  signal?.throwIfAborted();
  const running = ssh(access, remoteCommand(words), { env, input });
  const stop = (): void => {
    const pid = pidIn(received);
    if (pid !== undefined) void ssh(access, `sudo -n kill -TERM ${pid}`, { env });
    else running.kill();
    setTimeout(() => running.kill('SIGKILL'), patienceMs).unref();
  };
  let received = '';
  running.stderr.on('data', (chunk: Buffer) => (received += chunk.toString()));
  signal?.addEventListener('abort', stop, { once: true });
  const result = await running.finally(() => signal?.removeEventListener('abort', stop));
  signal?.throwIfAborted();
  const stderr = result.stderr.replace(/^pid \d+\n?/, '');
  if (result.exitCode === undefined || result.exitCode === sshFailed) throw unreachable(name, access, stderr);
  return { exitCode: result.exitCode, stdout: result.stdout, stderr };
}

/** The process that says its number becomes sudo, which hands signals on to the program. */
const announced = 'echo "pid $$" >&2; exec sudo -n "$@"';

function remoteCommand(words: readonly string[]): string {
  return ['sh', '-c', announced, 'sh', ...words].map(quoted).join(' ');
}

function ssh(access: SshAccess, command: string, { env = {}, input }: RemoteInput) {
  return execa('ssh', [...sshOptions(access), `${access.user}@${access.address}`, command], {
    reject: false,
    env,
    maxBuffer: 64e6,
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
  });
}

function pidIn(stderr: string): string | undefined {
  return /^pid (\d+)$/m.exec(stderr)?.[1];
}

/** As the shell there reads it as one word. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function unreachable(name: string, access: SshAccess, stderr: string): ColdstartError {
  refuseStranger(name, access, stderr);
  return new ColdstartError('SSH_UNREACHABLE', `could not run a program on ${name} (${access.address})`, {
    because: lastLine(stderr) || 'ssh was ended by a signal',
  });
}
