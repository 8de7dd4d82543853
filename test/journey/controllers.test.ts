import os from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { beforeDeploy, cutAt } from '../support/cut.ts';
import { journalOf, runsOf } from '../support/journal.ts';
import { type SimulatedLab, startSimulatedLab } from '../support/lab.ts';
import { eventually } from '../support/wait.ts';

let lab: SimulatedLab;

beforeAll(async () => {
  lab = await startSimulatedLab(['--time-scale', '40']);
});
afterAll(() => lab?.remove());

/** Starts `up`, and waits until it stands still before it deploys the second machine. */
async function standing() {
  const run = lab.cli.start(['up', '--lab'], { env: cutAt(beforeDeploy('node-02'), 'SIGSTOP') });
  await eventually('a deployment is about to begin', async () => {
    const [newest = ''] = runsOf(lab.home).slice(-1);
    const entries = await journalOf(lab.home, newest);
    return entries.some(entry => entry.type === 'step.changing' && entry.change === 'deploy node-02');
  });
  return run;
}

const held = new RegExp(
  `another coldstart is working in .*\\n +because process \\d+ on ${os.hostname()} runs "coldstart up" since 2.*Z\\n.*\\[LOCKED\\]`,
);

test('while one works on a cluster, others may look, and are told who it is when they want to change something', async () => {
  const first = await standing();
  const second = await lab.run('up');
  expect(second.stderr).toMatch(held);
  expect(second.exitCode).toBe(1);
  const reset = await lab.run('reset', '--yes', '-o', 'json');
  expect(reset.exitCode).toBe(1);
  expect(JSON.parse(reset.stdout)).toMatchObject({ error: { code: 'LOCKED' } });
  expect((await lab.run('plan')).exitCode).toBe(0);
  expect((await lab.run('status')).exitCode).toBe(0);
  first.kill('SIGKILL');
  expect((await first.ended).exitCode).toBeUndefined();
});

test('one of two that come after a dead one takes over and finishes its work, the other is refused', async () => {
  const both = await Promise.all([lab.run('up'), lab.run('up')]);
  const done = both.find(({ exitCode }) => exitCode === 0);
  const refused = both.find(({ exitCode }) => exitCode !== 0);
  expect(done?.stdout, refused?.stderr).toContain('Stopped after the hardware stage');
  expect(refused?.exitCode).toBe(1);
  expect(refused?.stderr).toMatch(held);
  const { machines } = await lab.maas.listByTags(['k8s-master', 'k8s-node']);
  expect(machines.map(({ status }) => status)).toEqual(['deployed', 'deployed', 'deployed']);
  expect((await lab.run('up')).stdout).toContain('Nothing was changed');
});

test('a closed terminal and Ctrl-C pressed twice end a run, and the next one finishes it', async () => {
  expect((await lab.run('release', '--yes')).exitCode).toBe(0);
  const closed = await lab.cli.run(['up', '--lab'], { env: cutAt(beforeDeploy(), 'SIGHUP') });
  expect(closed.exitCode, closed.stderr).toBe(3);
  const impatient = await lab.cli.run(['up', '--lab'], { env: cutAt(2, 'SIGINT SIGINT') });
  expect(impatient.exitCode, impatient.stderr).toBe(3);
  expect((await lab.run('up')).exitCode).toBe(0);
});
