import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/** Closes the SSH connections that Ansible kept open in this folder; without it they end by themselves in a minute. */
export async function closeConnections(controlPathDir: string): Promise<void> {
  const sockets = await readdir(controlPathDir).catch(() => []);
  const close = (name: string) =>
    execa('ssh', ['-o', `ControlPath=${join(controlPathDir, name)}`, '-O', 'exit', 'unused'], {
      reject: false,
    });
  await Promise.all(sockets.map(close));
}
