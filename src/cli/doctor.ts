import { execa } from 'execa';
import { runChecks } from '../checks/check.ts';
import { type DoctorWorld, doctorChecks } from '../checks/doctor.ts';
import { loadSettings, openSite, programsOf, type Site } from '../compose.ts';
import type { ClusterConfig } from '../config/schema.ts';
import { asColdstartError, ColdstartError, Exit } from '../core/errors.ts';
import type { Facts } from '../plan/facts.ts';
import { checkReason, checksTable } from './checks-table.ts';
import { type AppContext, print, printJson } from './context.ts';
import type { ReadFlags } from './flags.ts';
import { planSite } from './plan-site.ts';

/** Exit status 5 when something is missing that `up` needs. Errors: CONFIG_INVALID; what is not set is a row. */
export async function doctor(this: AppContext, flags: ReadFlags): Promise<void> {
  const options = { env: this.env, cwd: this.cwd, ...flags };
  const { loaded, lab } = await loadSettings(options);
  const site = await openSite(options).catch((error: unknown) => asColdstartError(error));
  const results = await runChecks(
    doctorChecks,
    doctorWorld(loaded.config, site, programsOf(lab, this.env)),
    checkReason,
  );
  if (!(site instanceof ColdstartError)) site.close();
  const healthy = results.every(({ state }) => state === 'ok' || state === 'warning');
  if (flags.output === 'json') printJson(this, { healthy, checks: results });
  else print(this, checksTable(results, this.paint.out));
  if (!healthy) this.process.exitCode = Exit.machineNotReady;
}

/** Without a site (nothing says where MAAS is) the checks that need MAAS fail with the reason; the others still look. */
function doctorWorld(
  config: ClusterConfig,
  opened: Site | ColdstartError,
  env: Record<string, string>,
): DoctorWorld {
  const site = (): Site => {
    if (opened instanceof ColdstartError) throw opened;
    return opened;
  };
  let observed: Promise<Facts> | undefined;
  return {
    config,
    toolVersion: (program, args) => toolVersion(program, args, env),
    maasVersion: async () => (await site().client.version()).text,
    observe: async () => (observed ??= site().observe()),
    problems: async () => {
      const { plan } = await planSite(site(), 'up');
      return plan.problems;
    },
    images: async () => [...new Set((await site().client.bootResources()).map(({ name }) => name))],
    defaultImage: async () => {
      const { client } = site();
      const [system, series] = await Promise.all([
        client.config('default_osystem'),
        client.config('default_distro_series'),
      ]);
      return `${String(system)}/${String(series)}`;
    },
    maasSshKeys: async () => (await site().client.sshKeys()).length,
  };
}

/** Some programs print their version on standard error, or end with a failure after it. */
async function toolVersion(
  program: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<string | undefined> {
  const { all, code } = await execa(program, args, {
    all: true,
    env,
    reject: false,
    stdin: 'ignore',
    timeout: 20_000,
  });
  return code === 'ENOENT' ? undefined : (all?.split('\n')[0] ?? '');
}
