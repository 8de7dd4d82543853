import type { AppContext } from './context.ts';

/** How a result is written: for people, or for programs. */
export type Output = 'text' | 'json';

export interface OutputFlags {
  output: Output;
}

/** A command without flags. */
// oxlint-disable-next-line typescript/no-generated-empty-object-type -- the command-line library asks for it
export type NoFlags = Record<never, never>;

export interface SiteFlags {
  config?: string;
  lab: boolean;
}

export const outputFlag = {
  kind: 'enum',
  values: ['text', 'json'],
  default: 'text',
  brief: 'How the result is written',
} as const;

export const configFlag = {
  kind: 'parsed',
  parse: (text: string) => text,
  optional: true,
  placeholder: 'FILE',
  brief: 'The cluster.yaml to use (default: ./cluster.yaml where there is one)',
} as const;

export const labFlag = {
  kind: 'boolean',
  default: false,
  withNegated: false,
  brief: 'Use the embedded lab instead of a MAAS of your own',
} as const;

export const yesFlag = {
  kind: 'boolean',
  default: false,
  withNegated: false,
  brief: 'Do not ask',
} as const;

export const siteFlags = { config: configFlag, lab: labFlag };

export const siteAliases = { c: 'config' } as const;

export const outputAliases = { o: 'output' } as const;

/** Whether somebody is there to answer a question. */
export function canAsk({ process }: AppContext): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}
