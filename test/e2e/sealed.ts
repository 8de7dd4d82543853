import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Cli } from '../support/cli.ts';
import { journalOf, runsOf } from '../support/journal.ts';
import { eventually } from '../support/wait.ts';
import { readyNodes } from './kubectl.ts';
import type { Site } from './site.ts';

/** A folder is filled from the lab's own packages and images; a cluster is made from it alone, however often `up` is cut off. */
export function sealedTests(site: Site): void {
  describe('a site without internet', () => {
    let mirror: ReturnType<Cli['start']> | undefined;
    const dir = () => path.join(site.home, 'mirror');
    const onOpen = (...command: string[]) => [
      ...command,
      '--lab',
      '-c',
      site.file('open.yaml'),
      '-o',
      'json',
    ];

    afterAll(async () => {
      mirror?.kill('SIGTERM');
      await mirror?.ended;
    });

    test('fetch has the packages, the images of kubeadm and those of the chart, all with the right digest', async () => {
      await writeFile(site.file('open.yaml'), addons);
      const fetched = await site.cli.json<{ images: number; kubernetesVersion: string; notes: string[] }>(
        onOpen('mirror', 'fetch', dir()),
      );
      expect(fetched.notes).toEqual([]);
      expect(fetched.images).toBeGreaterThanOrEqual(8);
      expect((await site.cli.json<{ good: boolean }>(['mirror', 'check', dir(), '-o', 'json'])).good).toBe(
        true,
      );
    });

    test('a cluster comes from the mirror alone, and survives Ctrl-C and kill -9 in every stage', async () => {
      const { url } = await site.cli.json<{ url: string }>(['lab', 'status', '-o', 'json']);
      const host = new URL(url).hostname;
      mirror = site.cli.start(['mirror', 'serve', dir(), '--listen', `${host}:3140`]);
      await eventually('the mirror answers', () =>
        fetch(`http://${host}:3140/v2/`).then(
          answer => answer.ok,
          () => false,
        ),
      );
      await site.want(sealedBy(host));
      const interruptions: [step: string, signal: NodeJS.Signals][] = [
        ['hardware.deploy', 'SIGKILL'],
        ['hardware.answer', 'SIGINT'],
        ['prepare.machine', 'SIGKILL'],
        ['prepare.machine', 'SIGINT'],
        ['cluster.init', 'SIGKILL'],
        ['configure.cluster', 'SIGKILL'],
        ['cluster.join-worker', 'SIGINT'],
        ['cluster.join-worker', 'SIGKILL'],
      ];
      for (const [step, signal] of interruptions) await interrupt(site, step, signal);
      const { outcome, kubeconfig } = await site.up();
      expect(outcome).toBe('done');
      expect(await readyNodes(kubeconfig)).toHaveLength(3);
    });

    test('the same add-ons without the mirror are no change', async () => {
      const { addons: planned } = await site.cli.json<{ addons: { change: string }[] }>(onOpen('plan'));
      expect(planned.map(({ change }) => change)).toEqual(['none', 'none']);
    });
  });
}

const addons = `addons:
  web:
    chart: { path: web-chart }
    namespace: web
  shelves:
    manifests: [manifests.yaml]
    namespace: garage
`;

/** Nobody answers at the lab's own proxy and mirrors: what came from there would fail. */
function sealedBy(host: string): string {
  const nobody = `http://${host}:9`;
  return `mirror: { url: "http://${host}:3140" }
packages: { proxy: "${nobody}" }
images: { mirrors: { docker.io: "${nobody}", k8s.gcr.io: "${nobody}", registry.k8s.io: "${nobody}" } }
${addons}`;
}

/** Starts `up`, waits until the step has begun on some machine, and sends the signal. */
async function interrupt(site: Site, step: string, signal: NodeJS.Signals): Promise<void> {
  const before = runsOf(site.home);
  const run = site.cli.start(site.on('up'));
  const begun = async (): Promise<boolean> => {
    const newest = runsOf(site.home).find(name => !before.includes(name));
    if (newest === undefined) return false;
    const entries = await journalOf(site.home, newest);
    return entries.some(entry => 'step' in entry && entry.step === step && entry.type === 'step.started');
  };
  await Promise.race([
    eventually(`${step} has begun`, begun, 10 * 60_000),
    run.ended.then(({ stderr }) => Promise.reject(new Error(`up ended before ${step} began:\n${stderr}`))),
  ]);
  run.kill(signal);
  const { exitCode, stderr } = await run.ended;
  if (signal !== 'SIGINT') return;
  expect(exitCode, stderr).toBe(3);
  expect(stderr).toContain('it goes on where it stopped');
}
