import path from 'node:path';
import { pathToFileURL } from 'node:url';

const cut = pathToFileURL(path.join(import.meta.dirname, 'cut.mjs')).href;

/**
 * Environment in which coldstart sends itself the signals, several with spaces between them, when an event has just been
 * written to its journal: the one with this number, or the first whose line has this text. It does nothing in between, so
 * it does not matter how busy the computer is.
 */
export function cutAt(event: number | string, signals: string): Record<string, string> {
  return { NODE_OPTIONS: `--import=${cut}`, CUT_AT: String(event), CUT_BY: signals };
}

/** The event before a machine is deployed: any machine, or the one with this name. */
export function beforeDeploy(name = ''): string {
  return `"change":"deploy ${name}`;
}
