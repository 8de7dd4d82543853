import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, constants, copyFile, mkdir, open, readFile, realpath, rm, stat } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { ColdstartError } from '../core/errors.ts';
import { writeAtomically } from '../state/atomic.ts';
import { mergeKubeconfig, removeFromKubeconfig } from './kubeconfig-merge.ts';

export interface EditedFile {
  path: string;
  /** Copy of the file as it was before; undefined when there was none, or nothing changed. */
  backup: string | undefined;
  changed: boolean;
}

/**
 * The file that kubectl would write to: the first of $KUBECONFIG that exists, else its last, else ~/.kube/config:
 * https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
 */
export function kubeconfigPath(env: Readonly<Record<string, string | undefined>>, home: string): string {
  const paths = (env.KUBECONFIG ?? '').split(delimiter).filter(path => path !== '');
  return paths.find(path => existsSync(path)) ?? paths.at(-1) ?? join(home, '.kube', 'config');
}

/** Merges a cluster's kubeconfig into a file, with a backup beside it. Throws KUBECONFIG_INVALID and changes nothing. */
export async function mergeIntoFile(options: {
  path: string;
  ours: string;
  name: string;
  setCurrent?: boolean;
}): Promise<EditedFile> {
  const { path, ours, name, setCurrent = false } = options;
  return editFile(path, existing => mergeKubeconfig(existing, ours, name, { setCurrent }));
}

/** Takes a cluster's entries out of a file, with a backup beside it. A missing file is left missing. */
export async function removeFromFile({ path, name }: { path: string; name: string }): Promise<EditedFile> {
  return editFile(path, existing =>
    existing === undefined ? undefined : removeFromKubeconfig(existing, name),
  );
}

async function editFile(
  path: string,
  edit: (existing: string | undefined) => string | undefined,
): Promise<EditedFile> {
  const real = await realpath(path).catch(() => path);
  await requireRegularFile(real);
  await mkdir(dirname(real), { recursive: true, mode: 0o700 });
  return whileLocked(real, async () => {
    const existing = await readIfThere(real);
    const edited = namingFile(path, () => edit(existing));
    if (edited === undefined || edited === existing) return { path, backup: undefined, changed: false };
    const backup = existing === undefined ? undefined : await backUp(real);
    await writeAtomically(real, edited);
    return { path, backup, changed: true };
  });
}

/** A rename would put a file in the place of /dev/null, a pipe or a folder. */
async function requireRegularFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || found.isFile()) return;
  throw new ColdstartError('KUBECONFIG_INVALID', `${path} is not a file that can be edited`, {
    hint: 'set KUBECONFIG to a file, or unset it',
  });
}

/** kubectl takes the same lock while it writes: https://github.com/kubernetes/client-go/blob/master/tools/clientcmd/loader.go */
async function whileLocked<T>(path: string, work: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`;
  try {
    await (await open(lock, 'wx', 0o600)).close();
  } catch (thrown) {
    throw new ColdstartError('KUBECONFIG_INVALID', `could not lock ${path}`, {
      cause: thrown,
      hint: `wait until kubectl is done with it; remove ${lock} when nothing uses it`,
    });
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    const bytes = await readFile(path);
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ColdstartError('KUBECONFIG_INVALID', `could not read ${path}`, { cause: thrown });
  }
}

function namingFile<T>(path: string, edit: () => T): T {
  try {
    return edit();
  } catch (thrown) {
    if (!(thrown instanceof ColdstartError)) throw thrown;
    const { because = thrown.message, hint } = thrown;
    throw new ColdstartError('KUBECONFIG_INVALID', `could not edit ${path}`, {
      because,
      hint,
      cause: thrown,
    });
  }
}

async function backUp(path: string): Promise<string> {
  const stamp = new Date().toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '');
  const backup = `${path}.before-coldstart-${stamp}-${randomUUID().slice(0, 4)}`;
  await copyFile(path, backup, constants.COPYFILE_EXCL);
  await chmod(backup, 0o600);
  return backup;
}
