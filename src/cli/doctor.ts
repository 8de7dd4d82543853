import { execa } from 'execa';
import { runChecks } from '../checks/check.ts';
import { type DoctorWorld, doctorChecks } from '../checks/doctor.ts';
import { openSite, type Site } from '../compose.ts';
import { Exit } from '../core/errors.ts';
import type { Facts } from '../plan/facts.ts';
import { checkReason, checksTable } from './checks-table.ts';
import { type AppContext, print, printJson } from './context.ts';
import type { ReadFlags } from './status.ts';

/** Exit status 5 when something is missing that `up` needs. */
export async function doctor(this: AppContext, flags: ReadFlags): Promise<void> {
  const site = await openSite({ env: this.env, cwd: this.cwd, ...flags });
  try {
    const results = await runChecks(doctorChecks, doctorWorld(site), checkReason);
    const healthy = results.every(({ state }) => state === 'ok' || state === 'warning');
    if (flags.output === 'json') printJson(this, { healthy, checks: results });
    else print(this, checksTable(results, this.paint.out));
    if (!healthy) this.process.exitCode = Exit.machineNotReady;
  } finally {
    site.close();
  }
}

function doctorWorld({ config, client, observe }: Site): DoctorWorld {
  let observed: Promise<Facts> | undefined;
  return {
    config,
    toolVersion,
    maasVersion: async () => (await client.version()).text,
    observe: () => (observed ??= observe()),
    images: async () => [...new Set((await client.bootResources()).map(({ name }) => name))],
    defaultImage: async () => {
      const [system, series] = await Promise.all([
        client.config('default_osystem'),
        client.config('default_distro_series'),
      ]);
      return `${String(system)}/${String(series)}`;
    },
    maasSshKeys: async () => (await client.sshKeys()).length,
  };
}

/** Some programs print their version on standard error, or end with a failure after it. */
async function toolVersion(program: string, args: readonly string[]): Promise<string | undefined> {
  const { all, code } = await execa(program, args, {
    all: true,
    reject: false,
    stdin: 'ignore',
    timeout: 20_000,
  });
  return code === 'ENOENT' ? undefined : (all?.split('\n')[0] ?? '');
}
