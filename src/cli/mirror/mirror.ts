import path from 'node:path';
import { loadSettings } from '../../compose.ts';
import type { ClusterConfig } from '../../config/schema.ts';
import { ColdstartError } from '../../core/errors.ts';
import { checkMirror } from '../../mirror/check.ts';
import { fetchMirror } from '../../mirror/fetch/fetch-mirror.ts';
import { blobsOf, type MirrorLock } from '../../mirror/lock-file.ts';
import { mirrorNeeds } from '../../mirror/needs.ts';
import { serveMirror } from '../../mirror/serve.ts';
import { type AppContext, note, print, printJson } from '../context.ts';
import { errorText } from '../error-text.ts';
import type { OutputFlags, ReadFlags, SiteFlags } from '../flags.ts';
import { needsJson, needsText, sizeText } from './needs-text.ts';

export interface MirrorFetchFlags extends SiteFlags, OutputFlags {
  update: boolean;
}

export interface MirrorServeFlags {
  listen: { address: string; port: number };
}

export type MirrorCheckFlags = OutputFlags;

/** What the settings say, and nothing that would have to be asked. */
export async function mirrorList(this: AppContext, flags: ReadFlags): Promise<void> {
  const needs = mirrorNeeds(await settings(this, flags));
  if (flags.output === 'json') printJson(this, needsJson(needs));
  else print(this, needsText(needs));
}

export async function mirrorFetch(this: AppContext, flags: MirrorFetchFlags, dir: string): Promise<void> {
  const config = await settings(this, flags);
  const { lock, problems } = await fetchMirror({
    dir: path.resolve(this.cwd, dir),
    needs: mirrorNeeds(config),
    proxy: config.packages.proxy,
    registryMirrors: config.images.mirrors,
    update: flags.update,
    env: this.env,
    signal: this.signal,
    progress: text => note(this, text),
  });
  if (flags.output === 'json') printJson(this, fetchedJson(dir, lock, problems));
  else print(this, fetchedText(dir, lock));
  for (const text of lock.notes) note(this, `not known: ${text}`);
  const error = errorOf(problems);
  if (!error) return;
  if (flags.output !== 'json') throw explained(this, error, problems);
  this.process.exitCode = error.exit;
}

function fetchedJson(dir: string, lock: MirrorLock, problems: readonly ColdstartError[]): unknown {
  return {
    dir,
    kubernetesVersion: lock.kubernetesVersion,
    images: Object.keys(lock.images).length,
    files: Object.keys(lock.files).length,
    sizeBytes: sizeOf(lock),
    notes: lock.notes,
    problems: problems.map(({ code, message, because }) => ({ code, message, because })),
  };
}

function fetchedText(dir: string, lock: MirrorLock): string {
  const [images, files] = [Object.keys(lock.images).length, Object.keys(lock.files).length];
  const size = sizeText(sizeOf(lock));
  return `${dir}: Kubernetes ${lock.kubernetesVersion}, ${images} images, ${files} files, ${size}`;
}

function sizeOf(lock: MirrorLock): number {
  return blobsOf(lock).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** One error for all problems. */
function errorOf(problems: readonly ColdstartError[]): ColdstartError | undefined {
  if (problems.length < 2) return problems[0];
  return problems.every(({ code }) => code === 'MIRROR_CHANGED')
    ? new ColdstartError('MIRROR_CHANGED', `${problems.length} things changed upstream`)
    : new ColdstartError('MIRROR_INCOMPLETE', `${problems.length} things are missing or changed`);
}

/** Each of several problems is shown before the error that counts them. */
function explained(
  context: AppContext,
  error: ColdstartError,
  problems: readonly ColdstartError[],
): ColdstartError {
  if (problems.length > 1)
    for (const problem of problems) note(context, errorText(problem, context.paint.err));
  return error;
}

export async function mirrorServe(
  this: AppContext,
  { listen }: MirrorServeFlags,
  dir: string,
): Promise<void> {
  const served = await serveMirror({
    dir: path.resolve(this.cwd, dir),
    ...listen,
    log: line => note(this, line),
  });
  print(this, served.url);
  note(
    this,
    `In cluster.yaml:  mirror: { url: ${served.url} }   with an address that the machines can reach`,
  );
  await new Promise<void>(resolve => {
    if (this.signal.aborted) resolve();
    this.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await served.close();
}

export async function mirrorCheck(this: AppContext, flags: MirrorCheckFlags, dir: string): Promise<void> {
  const { lock, checked, sizeBytes, bad } = await checkMirror(path.resolve(this.cwd, dir), this.signal);
  const good = bad.length === 0;
  const error = new ColdstartError(
    'MIRROR_DAMAGED',
    `${bad.length} of ${checked} files are missing or changed`,
    {
      hint: 'remove what was changed below blobs/, and run coldstart mirror fetch again; or carry the folder here again',
    },
  );
  if (flags.output === 'json') {
    printJson(this, {
      good,
      checked,
      sizeBytes,
      bad,
      kubernetesVersion: lock.kubernetesVersion,
      notes: lock.notes,
    });
    if (!good) this.process.exitCode = error.exit;
    return;
  }
  for (const { of, because, digest } of bad) print(this, `${because}: ${of} (${digest})`);
  if (!good) throw error;
  print(this, `${checked} files are what their digests say, ${sizeText(sizeBytes)}`);
}

async function settings(context: AppContext, flags: SiteFlags): Promise<ClusterConfig> {
  const { loaded } = await loadSettings({ env: context.env, cwd: context.cwd, ...flags });
  return loaded.config;
}
