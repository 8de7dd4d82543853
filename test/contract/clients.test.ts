import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { authorizationFor, idOf, type Json, startRegion, type TestRegion } from './region-fixture.ts';

/** Programs that know nothing of coldstart talk to the region as they would to a real one. */
let lab: TestRegion;
let folder: string;

beforeAll(async () => {
  lab = await startRegion();
  folder = await mkdtemp(path.join(os.tmpdir(), 'coldstart-clients-'));
});

afterAll(async () => {
  await lab?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function curl(where: string, ...args: string[]): Promise<Json> {
  const header = `Authorization: ${authorizationFor(lab.region.apiKey)}`;
  const { stdout } = await execa(
    'curl',
    ['-sS', '--fail', '-H', '@-', ...args, `${lab.url}/api/2.0/${where}`],
    {
      input: `${header}\n`,
    },
  );
  return JSON.parse(stdout) as Json;
}

test('curl walks a machine from Ready to Deployed and back, with forms of both kinds', async () => {
  const [machine] = (await curl('machines/')) as unknown as Json[];
  const id = idOf(machine);
  expect(await curl('machines/?op=allocate', '-d', `system_id=${id}`)).toMatchObject({ system_id: id });
  expect(await curl(`machines/${id}/?op=deploy`, '-F', 'comment=by curl')).toMatchObject({ status: 9 });
  await lab.reaches(id, 'Deployed');
  await curl(`machines/${id}/?op=release`, '-X', 'POST', '-d', '');
  await lab.reaches(id, 'Ready');
});

test("Ansible's uri module lists, tags and allocates", async context => {
  const there = await execa('ansible-playbook', ['--version'], { reject: false });
  if (there.failed) context.skip('ansible-playbook is not installed');
  const playbook = path.join(folder, 'maas.yaml');
  await writeFile(playbook, JSON.stringify([playbookFor(lab)]));
  const { stdout, exitCode } = await execa('ansible-playbook', ['-i', 'localhost,', playbook], {
    reject: false,
    env: { ANSIBLE_LOCALHOST_WARNING: 'false', ANSIBLE_NOCOLOR: '1', ANSIBLE_RETRY_FILES_ENABLED: '0' },
  });
  expect(exitCode, stdout).toBe(0);
  const machines = (await lab.call('GET', 'machines/?tags=by-ansible')).json as unknown as Json[];
  expect(machines.map(machine => machine['owner'] as unknown)).toEqual(['admin']);
});

function playbookFor({ url, region }: TestRegion) {
  const ask = (name: string, more: object) => ({
    name,
    'ansible.builtin.uri': {
      return_content: true,
      headers: { Authorization: `OAuth ${oauthParts(region.apiKey)}` },
      ...more,
    },
    register: 'answer',
  });
  const post = { method: 'POST', body_format: 'form-urlencoded', status_code: [200, 201] };
  const api = `${url}/api/2.0`;
  return {
    hosts: 'all',
    connection: 'local',
    gather_facts: false,
    tasks: [
      ask('Make a tag', { url: `${api}/tags/`, ...post, body: { name: 'by-ansible', comment: '' } }),
      ask('List machines', { url: `${api}/machines/` }),
      { 'ansible.builtin.set_fact': { system_id: '{{ (answer.json | first).system_id }}' } },
      ask('Tag one', {
        url: `${api}/tags/by-ansible/?op=update_nodes`,
        ...post,
        body: { add: '{{ system_id }}' },
      }),
      ask('Allocate it', {
        url: `${api}/machines/?op=allocate`,
        ...post,
        body: { tags: 'by-ansible' },
      }),
      { 'ansible.builtin.assert': { that: ['answer.json.system_id == system_id'] } },
    ],
  };
}

/** Templated, so that every request has a nonce of its own, as OAuth 1.0a wants it. */
function oauthParts(apiKey: string): string {
  const [consumer = '', token = '', secret = ''] = apiKey.split(':');
  const nonce = '{{ 999999999 | random | to_uuid }}';
  const now = "{{ '%s' | strftime }}";
  const parts = {
    oauth_version: '1.0',
    oauth_signature_method: 'PLAINTEXT',
    oauth_consumer_key: consumer,
    oauth_token: token,
    oauth_signature: `%26${secret}`,
    oauth_nonce: nonce,
    oauth_timestamp: now,
  };
  return Object.entries(parts)
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ');
}
