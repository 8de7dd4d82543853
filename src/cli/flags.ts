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

/** What commands take that only look. */
export interface ReadFlags extends SiteFlags, OutputFlags {}

/** A flag that is there or not. */
export function switchFlag(brief: string) {
  return { kind: 'boolean', default: false, withNegated: false, brief } as const;
}

/** A flag with a text, which may be missing. */
export function textFlag(placeholder: string, brief: string) {
  return { kind: 'parsed', parse: String, optional: true, placeholder, brief } as const;
}

export const outputFlag = {
  kind: 'enum',
  values: ['text', 'json'],
  default: 'text',
  brief: 'How the result is written',
} as const;

export const configFlag = textFlag(
  'FILE',
  'The cluster.yaml to use (default: ./cluster.yaml where there is one)',
);

export const labFlag = switchFlag('Use the embedded lab instead of a MAAS of your own');

export const yesFlag = switchFlag('Do not ask');

export const siteFlags = { config: configFlag, lab: labFlag };

export const siteAliases = { c: 'config' } as const;

export const outputAliases = { o: 'output' } as const;

export const readFlags = { ...siteFlags, output: outputFlag };

export const readAliases = { ...siteAliases, ...outputAliases };

/** Whether somebody is there to answer a question. */
export function canAsk({ process }: AppContext): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}
