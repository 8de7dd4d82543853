import {
  type Curve,
  curvesOf2018,
  deploymentTimes,
  sample,
} from '../../src/lab/machines/simulated/curves.ts';
import { seeded } from '../../src/lab/machines/simulated/random.ts';
import type { Playbook } from '../../src/steps/ports.ts';

/**
 * Tasks of the playbooks, of which one takes most of the time. In 2018 the installation of Kubernetes on three machines
 * took nine to eleven minutes, the add-ons included.
 */
const tasks: Record<Playbook, readonly Curve[]> = {
  prepare: [
    ...spread(4, { medianMs: 5_000, spread: 0.2 }),
    { medianMs: 200_000, spread: 0.1, tail: { chance: 0.02, factor: 2 } },
    ...spread(5, { medianMs: 12_000, spread: 0.2 }),
  ],
  cluster: [...spread(4, { medianMs: 2_000, spread: 0.2 }), { medianMs: 32_000, spread: 0.15 }],
  configure: spread(3, { medianMs: 4_000, spread: 0.2 }),
};
/** `kubeadm init` takes longer than a join. */
const initMs = 50_000;
const answers: Curve = { medianMs: 12_000, spread: 0.3, tail: { chance: 0.01, factor: 4 } };
const ready: Curve = { medianMs: 20_000, spread: 0.3 };

/** What a start of ansible-playbook takes before its first task. */
export const ansibleStartMs = 1_500;

function spread(count: number, curve: Curve): Curve[] {
  return Array.from({ length: count }, () => curve);
}

/** The machine's own time for each task of a playbook, in milliseconds. */
export function taskTimes(seed: string, name: string, playbook: Playbook, first: boolean): number[] {
  const random = seeded(`${seed}/${name}/${playbook}`);
  const times = tasks[playbook].map(curve => sample(curve, random));
  return playbook === 'cluster' && first ? [...times, initMs] : times;
}

/** From Deployed until SSH answers and cloud-init has ended. */
export function answerTime(seed: string, name: string): number {
  return sample(answers, seeded(`${seed}/${name}/answer`));
}

/** From joined until the node is Ready. */
export function readyTime(seed: string, name: string): number {
  return sample(ready, seeded(`${seed}/${name}/ready`));
}

/** The parts of the first deployment before, of, and after the image, as the lab's simulated machines take them. */
export function deploymentParts(seed: string, mac: string): { before: number; image: number; after: number } {
  const on = sample(curvesOf2018.powerOn, seeded(`${seed}/${mac}/power on`));
  const times = deploymentTimes(curvesOf2018, seeded(`${seed}/${mac}/deployment 1`));
  return {
    before: on + times.post + times.pxe + times.ephemeral + times.storage,
    image: times.image,
    after: times.configure + times.reboot + times.boot,
  };
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
