import { spawn } from 'node:child_process';
import path from 'node:path';
import { execa } from 'execa';

/** The root of the checkout. */
export const checkout = path.resolve(import.meta.dirname, '../..');

/** Built before every suite, so the launcher need not look again whether it is up to date. */
const program = path.join(checkout, 'dist/coldstart.cjs');

export interface Ended {
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
}

/** The program as people run it, with a home of its own. */
export interface Cli {
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs to the end, whatever the exit status. */
  run(args: readonly string[], options?: { env?: Record<string, string>; cwd?: string }): Promise<Ended>;
  /** Runs to the end and parses standard output; throws when it fails. */
  json<T>(args: readonly string[]): Promise<T>;
  /** Starts it; `kill` sends a signal to the program alone, as a terminal's Ctrl-C or `kill -9` does. */
  start(
    args: readonly string[],
    options?: { env?: Record<string, string> },
  ): { ended: Promise<Ended>; kill(signal: NodeJS.Signals): void };
}

export function createCli(home: string, env: Record<string, string> = {}): Cli {
  const fullEnv = { COLDSTART_HOME: home, NO_COLOR: '1', ...env };
  const run: Cli['run'] = async (args, { env: more = {}, cwd = checkout } = {}) => {
    const { exitCode, stdout, stderr } = await execa(process.execPath, [program, ...args], {
      cwd,
      env: { ...fullEnv, ...more },
      stdin: 'ignore',
      reject: false,
      maxBuffer: 64e6,
    });
    return { exitCode, stdout, stderr };
  };
  return {
    home,
    env: fullEnv,
    run,
    async json<T>(args: readonly string[]) {
      const ended = await run(args);
      if (ended.exitCode !== 0)
        throw new Error(`coldstart ${args.join(' ')} ended with ${ended.exitCode}:\n${ended.stderr}`);
      return JSON.parse(ended.stdout) as T;
    },
    start(args, { env: more = {} } = {}) {
      const child = spawn(process.execPath, [program, ...args], {
        cwd: checkout,
        env: { ...process.env, ...fullEnv, ...more },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const output = { stdout: '', stderr: '' };
      child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
      const ended = new Promise<Ended>(resolve => {
        child.once('exit', code => resolve({ exitCode: code ?? undefined, ...output }));
      });
      return { ended, kill: signal => void child.kill(signal) };
    },
  };
}
