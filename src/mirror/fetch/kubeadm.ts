import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { ColdstartError, reasonOf } from '../../core/errors.ts';
import type { DebianPackage } from '../apt/control.ts';
import type { MirrorNeeds } from '../needs.ts';
import type { Fetching } from './fetching.ts';

/**
 * The images of a version of Kubernetes, as its own kubeadm lists them: the program is taken out of the package that was
 * just fetched and checked. Errors: MIRROR_INCOMPLETE where it cannot run here.
 */
export async function kubeadmImages(
  { store, signal }: Fetching,
  kubeadm: DebianPackage,
  needs: MirrorNeeds,
): Promise<string[]> {
  const scratch = await mkdtemp(join(tmpdir(), 'coldstart-kubeadm-'));
  try {
    await execa('dpkg-deb', ['--extract', store.blob(kubeadm.digest) ?? '', scratch], {
      cancelSignal: signal,
    });
    const program = join(scratch, 'usr/bin/kubeadm');
    await chmod(program, 0o755);
    const from = needs.imageRepository === undefined ? [] : ['--image-repository', needs.imageRepository];
    // With the version given, kubeadm does not ask the internet for the newest one.
    const args = [
      'config',
      'images',
      'list',
      '--kubernetes-version',
      `v${upstreamVersion(kubeadm)}`,
      ...from,
    ];
    const { stdout } = await execa(program, args, { cancelSignal: signal, env: { HOME: scratch } });
    return stdout.split('\n').filter(line => line !== '');
  } catch (error) {
    signal.throwIfAborted();
    throw new ColdstartError('MIRROR_INCOMPLETE', 'the images of Kubernetes are not known', {
      because: `its own kubeadm could not be asked: ${reasonOf(error)}`,
      hint: 'fetch on a Linux computer with dpkg-deb and of the same architecture, or name them in mirror.images',
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** `1.36.2` of the package's `1.36.2-1.1`. */
export function upstreamVersion({ version }: DebianPackage): string {
  return version.replace(/^\d+:/, '').replace(/-[^-]*$/, '');
}
