import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the package: where package.json is, in a checkout as in an installed package. */
const packageDir = findUp(path.dirname(fileURLToPath(import.meta.url)));

/** Playbooks and roles. */
export const ansibleDir = path.join(packageDir, 'ansible');

function findUp(folder: string): string {
  if (existsSync(path.join(folder, 'package.json'))) return folder;
  const parent = path.dirname(folder);
  if (parent === folder) throw new Error('the package.json of coldstart was not found');
  return findUp(parent);
}
