import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ColdstartError } from '../../core/errors.ts';

/** The folder of the files that are shipped beside the program, found from the program's own place. */
export function assetsDir(from: string = import.meta.dirname): string {
  const candidate = join(from, 'assets', 'lab');
  if (existsSync(candidate)) return candidate;
  const parent = dirname(from);
  if (parent === from)
    throw new ColdstartError('BUG', 'the folder assets/lab was not shipped with the program');
  return assetsDir(parent);
}
