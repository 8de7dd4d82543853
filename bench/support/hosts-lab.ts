import path from 'node:path';
import { execa } from 'execa';
import type { SystemId } from '../../src/core/ids.ts';
import { readLabRecord } from '../../src/lab/record.ts';
import { createMaasClient } from '../../src/maas/client.ts';
import { connectionsTo } from '../../test/support/host.ts';
import { eventually } from '../../test/support/wait.ts';
import { bundle } from './program.ts';

/** A lab of real hosts, all of them released. */
export interface HostsLab {
  home: string;
  url: string;
  apiKey: string;
  /** The control plane first. */
  machines: readonly { id: SystemId; name: string }[];
  signal: AbortSignal | undefined;
  run(args: readonly string[]): Promise<string>;
  /** The most SSH connections that one of the hosts has accepted since it was deployed. */
  connections(): Promise<number>;
  /** Back to Ready, whoever has deployed them. */
  release(): Promise<void>;
  down(): Promise<void>;
}

export async function startHosts(home: string, count: number, signal?: AbortSignal): Promise<HostsLab> {
  const start = async (args: readonly string[], cancelSignal?: AbortSignal): Promise<string> => {
    const { stdout } = await execa(process.execPath, [bundle, ...args], {
      env: { COLDSTART_HOME: home, NO_COLOR: '1' },
      cwd: home,
      stdin: 'ignore',
      stderr: 'inherit',
      // A group of its own: Ctrl-C reaches it through the signal only.
      detached: true,
      ...(cancelSignal && { cancelSignal }),
    });
    return stdout;
  };
  const run = (args: readonly string[]) => start(args, signal);
  await run(['lab', 'up', '--count', String(count), '--yes']);
  const record = readLabRecord(path.join(home, 'lab'));
  if (!record) throw new Error('the lab left no record');
  const { url, apiKey } = record;
  const maas = createMaasClient({ url, apiKey, proxy: false });
  const { machines } = await maas.listMachines();
  const ids = machines.map(({ id }) => id);
  return {
    home,
    url,
    apiKey,
    signal,
    machines: machines.map(({ id, hostname }) => ({ id, name: hostname })),
    run,
    connections: async () => Math.max(...(await Promise.all(ids.map(connectionsTo)))),
    async release() {
      for (const id of ids) await maas.release(id);
      const areReady = async () => {
        const states = await maas.poll(ids);
        return [...states.values()].every(
          ({ status, powerState }) => status === 'ready' && powerState === 'off',
        );
      };
      await eventually('the machines are released', areReady, 2 * 60_000);
    },
    async down() {
      maas.close();
      await start(['lab', 'down', '--purge']);
    },
  };
}
