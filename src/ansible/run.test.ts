import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execaSync } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnsibleEvent, HostEvent } from './events.ts';
import { renderFailure } from './log.ts';
import { runPlaybook } from './run.ts';

const here = execaSync('ansible-playbook', ['--version'], { reject: false, env: { LC_ALL: 'C.UTF-8' } });
const reason = here.failed ? ' (skipped: no ansible-playbook in PATH)' : '';

const playbook = `
- hosts: all
  gather_facts: false
  tasks:
    - name: Say
      ansible.builtin.command: echo {{ greeting | quote }}
      changed_when: false
    - name: Keep quiet
      ansible.builtin.command: echo hush
      no_log: true
    - name: Break
      ansible.builtin.shell: "echo out; echo reason >&2; exit 3"
      when: inventory_hostname == 'bad'
    - name: Wait
      ansible.builtin.command: sleep 60
      when: slow | default(false)
- hosts: bad
  gather_facts: false
  tasks:
    - name: Never reached
      ansible.builtin.command: echo no
`;

describe.skipIf(here.failed)(`ansible-playbook through the callback plugin${reason}`, () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coldstart-ansible-'));
    await writeFile(join(folder, 'play.yml'), playbook);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const run = (limit: string[], more: { vars?: object; playbooks?: string[]; signal?: AbortSignal } = {}) => {
    const events: AnsibleEvent[] = [];
    const local = { ansible_connection: 'local', ansible_python_interpreter: '/usr/bin/python3' };
    const result = runPlaybook({
      ansibleDir: fileURLToPath(new URL('../../ansible', import.meta.url)),
      playbooks: more.playbooks ?? [join(folder, 'play.yml')],
      inventory: {
        _meta: { hostvars: { good: local, bad: local } },
        all: { hosts: ['good', 'bad'], vars: { greeting: "{{ lookup('pipe', 'id') }}", ...more.vars } },
      },
      limit,
      runDir: join(folder, 'run'),
      controlPathDir: join(folder, 'c'),
      onEvent: event => events.push(event),
      patience: { afterInterruptMs: 5000, afterTerminateMs: 1000 },
      ...(more.signal === undefined ? {} : { signal: more.signal }),
    });
    return { events, result };
  };

  it('tells apart how it went on each machine, and keeps what was said', async () => {
    const { events, result } = run(['good', 'bad']);
    const { ok, hosts, logPath } = await result;
    expect(ok).toBe(false);
    expect(hosts['good']).toEqual({ ok: true, changed: 1, failed: false, unreachable: false });
    expect(hosts['bad']).toMatchObject({
      ok: false,
      failed: true,
      failure: { task: 'Break', message: 'reason' },
    });

    const log = await readFile(logPath, 'utf8');
    expect(log).toContain("{{ lookup('pipe', 'id') }}");
    expect(log).not.toContain('hush');
    expect((await stat(logPath)).mode & 0o777).toBe(0o600);

    const failed = events.find(
      (event): event is HostEvent => event.event === 'host' && event.status === 'failed',
    );
    expect(failed && renderFailure(failed)).toMatch(
      /^bad: Break failed after .*stdout:\n {4}out\n {2}stderr:\n {4}reason/s,
    );
  });

  it('says so when ansible-playbook itself cannot work', async () => {
    await expect(run(['good'], { playbooks: [join(folder, 'missing.yml')] }).result).rejects.toMatchObject({
      code: 'ANSIBLE_FAILED',
      because: expect.stringContaining('could not be found'),
    });
  });

  it('ends soon when it is stopped', async () => {
    const stopper = new AbortController();
    const { events, result } = run(['good'], { vars: { slow: true }, signal: stopper.signal });
    const settled = Promise.allSettled([result]);
    await expect.poll(() => events.some(event => event.event === 'task' && event.task === 'Wait')).toBe(true);
    stopper.abort(new Error('Ctrl-C'));
    expect(await settled).toMatchObject([{ status: 'rejected', reason: { code: 'STOPPED' } }]);
  });
});
