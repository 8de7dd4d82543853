import type { ErrorCode } from '../core/errors.ts';

/** The stages of the road, in order. */
export const stages = ['hardware', 'prepare', 'cluster', 'configure'] as const;
export type Stage = (typeof stages)[number];

/** A failure as it is kept: never with secrets. */
export interface FailureRecord {
  code: ErrorCode;
  message: string;
  because?: string;
  hint: string;
}

/** One machine or add-on that a run acts on. */
export interface TargetRecord {
  /** MAAS system id, or `addon/NAME`. */
  target: string;
  name: string;
  role: 'control-plane' | 'worker' | 'add-on';
  /** Step ids in their order. */
  steps: string[];
}

/** The parts of a deployment, in their order. */
export const deploymentParts = ['post', 'pxe', 'ephemeral', 'storage', 'image', 'system', 'boot'] as const;
export type DeploymentPart = (typeof deploymentParts)[number];

/** The stages of cloud-init in the system that was installed. MAAS says Deployed in the first of them. */
export const cloudInitStages = ['network', 'config', 'final'] as const;
export type CloudInitStage = (typeof cloudInitStages)[number];

/** A part of the road begins; it ends where the next one begins. `at` is milliseconds since the epoch, by our clock. */
export interface Mark {
  part: DeploymentPart | CloudInitStage;
  at: number;
}

/** What happened, in the order in which it happened. Durable: every one is on disk before the next change starts. */
export type JournalEvent =
  | {
      type: 'run.started';
      run: string;
      command: string;
      cluster: string;
      version: string;
      /** Versions and settings in force, for people to read later; never secrets. */
      settings?: Record<string, string>;
    }
  | { type: 'run.planned'; targets: TargetRecord[] }
  /** `waitedFor` is `STEP of TARGET`: what it could not begin before. */
  | { type: 'step.started'; target: string; step: string; attempt: number; waitedFor?: string }
  | { type: 'step.changing'; target: string; step: string; change: string }
  | { type: 'step.done'; target: string; step: string; already: boolean }
  | {
      type: 'step.failed';
      target: string;
      step: string;
      attempt: number;
      retry: boolean;
      error: FailureRecord;
    }
  | { type: 'step.blocked'; target: string; step: string; by: string }
  /** A machine that failed is not replaced although there is a spare. */
  | { type: 'target.kept'; target: string; because: string }
  | { type: 'target.set-aside'; target: string; because: string; broken: boolean }
  /** Another machine takes the place of one that failed. */
  | { type: 'target.replaced'; target: string; by: TargetRecord }
  | { type: 'step.stopped'; target: string; step: string }
  /** What the machine itself was at, learned after its deployment. */
  | { type: 'machine.timed'; target: string; marks: Mark[] }
  | { type: 'run.finished'; outcome: RunOutcome };

export type RunOutcome = 'done' | 'failed' | 'stopped';

/** An event with its place in the journal. `at` is milliseconds since the epoch; `seq` counts from 1 without gaps. */
export type JournalEntry = JournalEvent & { seq: number; at: number };

/** Lossy news of a running step: shown, never kept. */
export interface Progress {
  target: string;
  step: string;
  text: string;
  /** True when something takes longer than expected. */
  warning?: boolean;
}
