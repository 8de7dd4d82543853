import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createMaasClient, type MaasClient } from '../../src/maas/client.ts';
import { type Cli, createCli, type Ended } from './cli.ts';

/** A simulated lab with a home of its own. */
export interface SimulatedLab {
  readonly home: string;
  readonly cli: Cli;
  readonly maas: MaasClient;
  /** Runs a command against the lab. */
  run(...args: string[]): Promise<Ended>;
  /** Stops it and removes everything. */
  remove(): Promise<void>;
}

export async function startSimulatedLab(options: readonly string[]): Promise<SimulatedLab> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'coldstart-journey-'));
  const cli = createCli(home);
  const remove = async () => {
    await cli.run(['lab', 'down', '--purge']);
    await rm(home, { recursive: true, force: true });
  };
  const { exitCode, stderr } = await cli.run(['lab', 'up', '--machines', 'simulated', ...options]);
  if (exitCode !== 0) {
    await remove();
    throw new Error(`lab up ended with ${exitCode}:\n${stderr}`);
  }
  const { stdout } = await cli.run(['lab', 'env']);
  const [url = '', apiKey = ''] = [...stdout.matchAll(/=(.*)/g)].map(([, value]) => value);
  const maas = createMaasClient({ url, apiKey, proxy: false });
  return {
    home,
    cli,
    maas,
    run: (...args) => cli.run(args, { env: { MAAS_API_URL: url, MAAS_API_KEY: apiKey } }),
    async remove() {
      maas.close();
      await remove();
    },
  };
}
