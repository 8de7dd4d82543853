import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createBatcher } from '../src/ansible/batcher.ts';
import { type PlaybookResult, runPlaybook } from '../src/ansible/run.ts';
import { systemClock } from '../src/core/clock.ts';
import { seeded } from '../src/lab/machines/simulated/random.ts';
import { readOptions } from './support/options.ts';
import { checkout } from './support/program.ts';
import { seed } from './support/region.ts';
import { printRows, type Row, rounded } from './support/table.ts';

/** Machines become ready within this time, and a playbook takes that long: a minute and half a one, ten times faster. */
const arriveWithinMs = 6_000;
const playbookSeconds = 3;

/** Starts a playbook on a machine; settles when it has ended there. */
type Start = (host: string) => Promise<unknown>;

/** How machines that become ready at different times share processes: a fake of ansible-playbook counts them. */
export async function ansibleRows(sizes: readonly number[], speed = 1): Promise<Row[]> {
  const rows: Row[] = [];
  for (const machines of sizes) {
    const row = (how: string, waysOf: (run: Run) => Start) => measure({ machines, how, waysOf, speed });
    rows.push(await row('coldstart', shared), await row('one each', oneEach));
    rows.push(await row('all together', together(machines)));
  }
  return rows;
}

type Run = (playbooks: readonly string[], hosts: readonly string[]) => Promise<PlaybookResult>;

function shared(run: Run): Start {
  const batcher = createBatcher({ run });
  return host => batcher.run('prepare', host);
}

function oneEach(run: Run): Start {
  return host => run(['prepare'], [host]);
}

/** One process, when the last machine is ready. */
function together(machines: number): (run: Run) => Start {
  return run => {
    const hosts: string[] = [];
    let begin: (result: Promise<PlaybookResult>) => void = () => undefined;
    const all = new Promise<PlaybookResult>(resolve => {
      begin = resolve;
    });
    return host => {
      if (hosts.push(host) === machines) begin(run(['prepare'], hosts));
      return all;
    };
  };
}

interface Case {
  machines: number;
  how: string;
  waysOf(run: Run): Start;
  speed: number;
}

async function measure({ machines, how, waysOf, speed }: Case): Promise<Row> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'coldstart-ansible-'));
  try {
    await writeFile(path.join(dir, 'ansible-playbook'), fake, { mode: 0o755 });
    const start = waysOf(runnerIn(dir, playbookSeconds / speed));
    const random = seeded(`${seed}/arrivals`);
    const startedAt = performance.now();
    const delays = await Promise.all(
      Array.from({ length: machines }, async (_, index) => {
        await systemClock.sleep((random() * arriveWithinMs) / speed);
        const readyAt = performance.now();
        await start(`node-${index}`);
        return (performance.now() - readyAt) / 1000 - playbookSeconds / speed;
      }),
    );
    const processes = (await readFile(path.join(dir, 'started'), 'utf8')).trim().split('\n').length;
    const total = delays.reduce((sum, delay) => sum + delay, 0);
    return {
      machines,
      how,
      processes,
      lastDoneSeconds: rounded((performance.now() - startedAt) / 1000),
      meanDelaySeconds: rounded(total / machines),
      longestDelaySeconds: rounded(Math.max(...delays)),
    };
  } finally {
    await rm(dir, { recursive: true });
  }
}

function runnerIn(dir: string, seconds: number): Run {
  const env = {
    PATH: `${dir}:${process.env['PATH'] ?? ''}`,
    FAKE_STARTED: path.join(dir, 'started'),
    FAKE_SECONDS: String(seconds),
  };
  return (playbooks, hosts) =>
    runPlaybook({
      ansibleDir: path.join(checkout, 'ansible'),
      playbooks: playbooks.map(name => `${name}.yml`),
      inventory: { all: { hosts } },
      limit: hosts,
      runDir: path.join(dir, 'run'),
      controlPathDir: path.join(dir, 'c'),
      env,
    });
}

/** Notes that it was started, takes its time, and says that all went well. */
const fake = `#!/bin/sh
if [ "$1" = --version ]; then
  echo 'ansible-playbook [core 2.16.0]'
  exit 0
fi
echo started >> "$FAKE_STARTED"
sleep "$FAKE_SECONDS"
echo '{"event":"start","playbook":"prepare.yml"}'
echo '{"event":"stats","hosts":{}}'
echo '{"event":"end","complete":true}'
`;

export async function main(args: readonly string[]): Promise<void> {
  const { json, sizes } = readOptions(args, [50]);
  printRows('ansible', await ansibleRows(sizes), json);
}
