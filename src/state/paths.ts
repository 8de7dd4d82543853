import os from 'node:os';
import path from 'node:path';

type Env = Readonly<Record<string, string | undefined>>;

/** Where coldstart keeps what it must remember: COLDSTART_HOME, or `coldstart` under the XDG state folder. */
function stateHome(env: Env): string {
  return env['COLDSTART_HOME'] || path.join(env['XDG_STATE_HOME'] || home(env, '.local/state'), 'coldstart');
}

/** Where coldstart keeps what it can make again: `coldstart` under the XDG cache folder. */
export function cacheHome(env: Env): string {
  return path.join(env['XDG_CACHE_HOME'] || home(env, '.cache'), 'coldstart');
}

/** The folder of one cluster: runs, host keys, kubeconfig, lock. Holds secrets: mode 0700. */
export function clusterDir(env: Env, cluster: string): string {
  return path.join(stateHome(env), 'clusters', cluster);
}

/** Names of MAAS users by a hash of their key. */
export function maasUsersFile(env: Env): string {
  return path.join(stateHome(env), 'maas-users.json');
}

/** The admin kubeconfig of a cluster. */
export function kubeconfigFile(env: Env, cluster: string): string {
  return path.join(clusterDir(env, cluster), 'kubeconfig');
}

export function labDir(env: Env): string {
  return path.join(stateHome(env), 'lab');
}

function home(env: Env, below: string): string {
  return path.join(env['HOME'] || os.homedir(), below);
}
