import type { OAuthCheck } from '../auth/oauth.ts';
import { Answer, plainText } from '../http/answers.ts';
import { ApiError, badRequest } from '../http/errors.ts';
import { Params } from '../http/params.ts';
import { handOver } from '../lifecycle/deploy.ts';
import type { MachineRecord } from '../state/records.ts';
import { fqdnOf, save, type World } from '../state/world.ts';
import { receiveReport } from './reports.ts';
import { userDataOf } from './user-data.ts';

/** One request below `/MAAS/metadata/`, which machines make with their own tokens. */
export interface MetadataRequest {
  raw: Request;
  /** What follows `/MAAS/metadata/`. */
  path: string;
  body: Buffer;
  form: Params;
  query: Params;
}

/** Undefined when there is nothing at this path. */
export async function answerMetadata(
  world: World,
  oauth: OAuthCheck,
  request: MetadataRequest,
): Promise<Answer | undefined> {
  if (request.path === '' || request.path === 'curtin/') return plainText('2012-03-01\nlatest');
  const report = /^status\/([^/]+)\/?$/.exec(request.path);
  if (report?.[1])
    return receiveReport(world, machineWith(world, oauth, request, false), report[1], request.body);
  const place = /^(curtin\/)?(2012-03-01|latest)\/(.*)$/.exec(request.path);
  if (!place) return undefined;
  const machine = machineWith(world, oauth, request, true);
  if (!machine) throw new ApiError(401, 'Forbidden', { contentType: 'text/plain' });
  const inside = place[3] ?? '';
  if (request.raw.method === 'POST' && inside === '') return signal(world, machine, request);
  return leaf(world, machine, inside.replace(/\/$/, ''), place[1] !== undefined);
}

/** The machine whose token signed the request. With `strict`, 403 for a user's key. */
function machineWith(
  world: World,
  oauth: OAuthCheck,
  request: MetadataRequest,
  strict: boolean,
): MachineRecord | undefined {
  const token = oauth.verify({
    method: request.raw.method,
    url: request.raw.url,
    authorization: request.raw.headers.get('authorization') ?? undefined,
    query: request.query,
    form: request.form,
  });
  const machine = token?.machine ? world.machines.get(token.machine) : undefined;
  if (token && !machine && strict) throw new ApiError(403, 'Not authenticated as a known node.');
  return machine;
}

/** https://github.com/canonical/maas/blob/3.4/src/metadataserver/api.py */
function leaf(world: World, machine: MachineRecord, path: string, isInstaller: boolean): Answer | undefined {
  const keys = world.users.get(machine.owner ?? '')?.sshKeys.map(({ key }) => key) ?? [];
  switch (path) {
    case '':
      return plainText('maas-commissioning-scripts\nmeta-data\nuser-data');
    case 'meta-data': {
      const names = [
        'instance-id',
        'local-hostname',
        ...(keys.length > 0 ? ['public-keys'] : []),
        'vendor-data',
        'x509',
      ];
      return plainText(names.join('\n'));
    }
    case 'meta-data/instance-id':
      return plainText(machine.id);
    case 'meta-data/local-hostname':
      return plainText(fqdnOf(world, machine));
    case 'meta-data/public-keys':
      return keys.length > 0 ? plainText(keys.join('\n')) : undefined;
    case 'meta-data/vendor-data':
      return plainText('#cloud-config\n{}');
    case 'meta-data/x509':
      return plainText('');
    case 'user-data':
      return isInstaller ? undefined : userData(world, machine);
    default:
      return undefined;
  }
}

/** Asking for it is what makes a Deploying machine Deployed, whether there is any or not. */
function userData(world: World, machine: MachineRecord): Answer | undefined {
  handOver(world, machine);
  const data = userDataOf(machine);
  return data && new Answer(200, 'application/octet-stream', data);
}

function signal(world: World, machine: MachineRecord, request: MetadataRequest): Answer {
  const op = request.query.one('op') ?? request.form.one('op') ?? 'None';
  switch (op) {
    case 'netboot_off':
    case 'netboot_on':
      machine.netboot = op === 'netboot_on';
      save(world, machine);
      return plainText('OK');
    case 'signal':
      return plainText('OK');
    default:
      throw badRequest(`Unrecognised signature: method=POST op=${op}`);
  }
}
