import type { Random } from './random.ts';

/** How long a part of a machine's road takes: mostly near the median, sometimes very much longer. */
export interface Curve {
  medianMs: number;
  /** Spread of the logarithm: 0.1 is ±10 % or so. */
  spread: number;
  /** The chance of an outlier, and how many times longer it takes. */
  tail?: { chance: number; factor: number };
}

export interface Curves {
  powerOn: Curve;
  post: Curve;
  pxe: Curve;
  ephemeral: Curve;
  storage: Curve;
  image: Curve;
  configure: Curve;
  boot: Curve;
  powerOff: Curve;
  wipe: Curve;
  eraseQuick: Curve;
  eraseSecure: Curve;
  eraseFull: Curve;
}

const slowPost = { chance: 0.02, factor: 3 };

/**
 * Three desktop computers of 2018 took about 370 s for releasing and deploying them all; the slowest of three counts,
 * so one takes a little less. Power-on self tests are walked through twice.
 */
export const curvesOf2018: Curves = {
  powerOn: { medianMs: 3_000, spread: 0.3 },
  post: { medianMs: 35_000, spread: 0.06, tail: slowPost },
  pxe: { medianMs: 12_000, spread: 0.1, tail: { chance: 0.01, factor: 5 } },
  ephemeral: { medianMs: 60_000, spread: 0.05 },
  storage: { medianMs: 12_000, spread: 0.1 },
  image: { medianMs: 105_000, spread: 0.05, tail: { chance: 0.01, factor: 2 } },
  configure: { medianMs: 65_000, spread: 0.05 },
  boot: { medianMs: 32_000, spread: 0.06 },
  powerOff: { medianMs: 5_000, spread: 0.3 },
  wipe: { medianMs: 500, spread: 0.2 },
  eraseQuick: { medianMs: 20_000, spread: 0.1 },
  eraseSecure: { medianMs: 90_000, spread: 0.2 },
  // 250 GB at the 120 MB/s of a disk of 2018.
  eraseFull: { medianMs: 35 * 60_000, spread: 0.1 },
};

/** One duration in milliseconds: log-normal, with a heavy tail. */
export function sample(curve: Curve, random: Random): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const isOutlier = random() < (curve.tail?.chance ?? 0);
  return curve.medianMs * Math.exp(curve.spread * normal) * (isOutlier ? (curve.tail?.factor ?? 1) : 1);
}

/** The parts of one deployment, in milliseconds, in the order in which they come. */
export interface DeploymentTimes {
  post: number;
  pxe: number;
  ephemeral: number;
  storage: number;
  image: number;
  configure: number;
  /** The power-on self test of the second start. */
  reboot: number;
  boot: number;
}

/** What one deployment of a machine will take; the same numbers for the same random source. */
export function deploymentTimes(curves: Curves, random: Random): DeploymentTimes {
  return {
    post: sample(curves.post, random),
    pxe: sample(curves.pxe, random),
    ephemeral: sample(curves.ephemeral, random),
    storage: sample(curves.storage, random),
    image: sample(curves.image, random),
    configure: sample(curves.configure, random),
    reboot: sample(curves.post, random),
    boot: sample(curves.boot, random),
  };
}
