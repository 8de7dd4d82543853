import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { processesOfMachine } from '../../src/lab/system/cgroups.ts';

/** How many SSH connections a host of the lab has accepted since it was switched on: its sshd says so in its journal. */
export async function connectionsTo(id: string): Promise<number> {
  const words = await onHost(id, 'journalctl --quiet --identifier sshd --output cat');
  return words.split('\n').filter(line => line.startsWith('Accepted ')).length;
}

/** What a script says as root at the host's own console, whatever its sshd and sudo do. */
export async function onHost(id: string, script: string): Promise<string> {
  const pid = await firstProcess(id);
  const args = ['-t', String(pid), '-m', '-u', '-i', '-n', '-p', 'sh', '-ec', script];
  return (await execa('nsenter', args)).stdout;
}

/** The host's own first process, as this computer counts it. */
async function firstProcess(id: string): Promise<number> {
  for (const pid of await processesOfMachine(id)) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    if (/^NSpid:.*\s1$/m.test(status)) return pid;
  }
  throw new Error(`${id} is off`);
}
