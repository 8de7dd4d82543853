import { expect, test } from 'vitest';
import { createCli } from '../support/cli.ts';
import { cutAt } from '../support/cut.ts';
import { startSimulatedLab } from '../support/lab.ts';
import { eventually } from '../support/wait.ts';
import { openWholeRoad } from '../support/whole-road.ts';

test('a reset that was killed anywhere goes on with the rest, and installs nothing twice', async () => {
  const road = await openWholeRoad({ count: 3, timeScale: 600 });
  try {
    const cli = createCli(road.home);
    const reset = (env = {}) => cli.run(['reset', '--yes', '--lab'], { env });
    const installations = () => road.look().systems.map(({ installation }) => installation);
    expect((await reset()).exitCode).toBe(0);
    let round = 1;
    for (const after of [4, 12, 17, 22, 25, 30]) {
      round += 1;
      expect((await reset(cutAt(after, 'SIGKILL'))).exitCode).toBeUndefined();
      const { exitCode, stderr } = await reset();
      expect(exitCode, stderr).toBe(0);
      expect(installations(), `after event ${after}: ${stderr}`).toEqual([round, round, round]);
    }
  } finally {
    await road.close();
  }
});

test('the plan says which machines were wiped already; with another --erase all are wiped', async () => {
  // MAAS gives a stuck deployment up after half a minute: long enough for all that is looked at before.
  const lab = await startSimulatedLab([
    '--count',
    '3',
    '--time-scale',
    '60',
    '--fault',
    'deployment-stuck,machine=node-03,times=1',
  ]);
  try {
    const statuses = async () => {
      const { machines } = await lab.maas.listMachines();
      return machines.map(({ hostname, statusName }) => `${hostname} ${statusName}`).sort();
    };
    const interrupted = lab.cli.start(['reset', '--yes', '--lab']);
    const halfway = ['node-01 Deployed', 'node-02 Deployed', 'node-03 Deploying'];
    await eventually('two of three are deployed', async () => String(await statuses()) === String(halfway));
    interrupted.kill('SIGKILL');
    await interrupted.ended;
    const erase = await lab.run('reset', '--erase', 'quick');
    expect(erase.exitCode).toBe(2);
    expect(erase.stderr).not.toContain('wiped at');
    const { exitCode, stdout, stderr } = await lab.run('reset', '-o', 'json');
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toMatch(/node-01 .* nothing to do: wiped at 2\d+-\S+ \S+ UTC, by the reset that this one/);
    expect(stderr).toMatch(/node-03 .* hardware\.deploy: wiped at/);
    // Then it is tried once more, and nobody else is.
    expect(stderr).toContain('release node-03');
    expect(stderr).not.toMatch(/(?:release|deploy) node-0[12]/);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'done' });
    expect(await statuses()).toEqual([...halfway.slice(0, 2), 'node-03 Deployed']);
    const whole = await lab.run('reset');
    expect(whole.exitCode).toBe(2);
    expect(whole.stderr).toContain('Everything on these machines will be lost');
  } finally {
    await lab.remove();
  }
});
