import { initCluster } from './cluster/init.ts';
import { joinControlPlane } from './cluster/join-control-plane.ts';
import { joinWorker } from './cluster/join-worker.ts';
import { nodeReady } from './cluster/ready.ts';
import { installAddon, removeAddon } from './configure/addon.ts';
import { configureCluster } from './configure/cluster.ts';
import { allocateMachine } from './hardware/allocate.ts';
import { machineAnswers } from './hardware/answer.ts';
import { deployMachine } from './hardware/deploy.ts';
import { powerOnMachine } from './hardware/power-on.ts';
import { releaseMachine } from './hardware/release.ts';
import { prepareMachine } from './prepare/prepare.ts';
import type { AddonStep, Step } from './step.ts';

/**
 * The road of every machine, in order. A machine takes the steps that apply to it, each as soon as the one before is
 * done; `after` in a step names the only waits for other machines.
 */
export const order: readonly Step[] = [
  releaseMachine,
  allocateMachine,
  deployMachine,
  powerOnMachine,
  machineAnswers,
  prepareMachine,
  initCluster,
  configureCluster,
  joinControlPlane,
  joinWorker,
  nodeReady,
];

/** The steps until a machine is Deployed. */
export const deploymentSteps: readonly string[] = [releaseMachine, allocateMachine, deployMachine].map(
  ({ id }) => id,
);

/** The road of every add-on. It begins when the API answers and the add-ons that it needs are ready. */
export const addonOrder: readonly AddonStep[] = [installAddon, removeAddon];
