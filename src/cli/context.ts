import type { CommandContext } from '@stricli/core';
import type { Paint } from '../render/paint.ts';

/** What a command may touch of the process: injected, so that commands run in tests as they do for people. */
export interface AppContext extends CommandContext {
  readonly process: {
    readonly stdout: NodeJS.WriteStream;
    readonly stderr: NodeJS.WriteStream;
    readonly stdin: NodeJS.ReadStream;
    exitCode?: number | string | null;
  };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Aborted by Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** Colours for standard error and for standard output. */
  readonly paint: { out: Paint; err: Paint };
}

/** Results go to standard output; everything else to standard error. */
export function print(context: AppContext, text: string): void {
  context.process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

export function note(context: AppContext, text: string): void {
  context.process.stderr.write(text.endsWith('\n') ? text : `${text}\n`);
}

export function printJson(context: AppContext, value: unknown): void {
  print(context, JSON.stringify(value, null, 2));
}
