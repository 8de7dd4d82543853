import type { ErrorCode } from '../core/errors.ts';

/** What a kind of failure deserves. */
export interface Treatment {
  /** How often the step is tried in all; a step that asks for more gets more, unless it is `once`. */
  tries: number | 'once';
  /** Between two tries. */
  pauseMs: number;
  /** Whether another machine may take its place: false where the failure says nothing about the machine. */
  replace: boolean;
  /** Whether it speaks against the hardware, so that the machine may be marked broken in MAAS. */
  broken: boolean;
}

/**
 * The machine's own failures, each with why it is treated so. Everything that is not here is a matter of the site, of the
 * settings or of coldstart itself, which no other machine would do better: it is not tried again by itself.
 */
const treatments: Readonly<Partial<Record<ErrorCode, Treatment>>> = {
  // MAAS deploys a failed machine only after a release, and cheap faults (a lost packet of TFTP, a slow mirror) pass:
  // https://canonical.com/maas/docs/about-the-machine-life-cycle
  MACHINE_FAILED: { tries: 2, pauseMs: 0, replace: true, broken: true },
  // BMCs drop commands while they are busy; MAAS itself tries with growing pauses:
  // https://github.com/canonical/maas/blob/3.4/src/provisioningserver/drivers/power/__init__.py
  POWER_FAILED: { tries: 3, pauseMs: 10_000, replace: true, broken: true },
  // The rack or the BMC did not answer for minutes already.
  MAAS_NO_RACK: { tries: 1, pauseMs: 0, replace: true, broken: false },
  // Waiting was as patient as it gets: see docs/timing.md.
  TIMED_OUT: { tries: 1, pauseMs: 0, replace: true, broken: false },
  // A machine that reboots in the middle is back within a minute or so.
  SSH_UNREACHABLE: { tries: 2, pauseMs: 10_000, replace: true, broken: false },
  // Mirrors fail for a moment; every playbook can be repeated.
  ANSIBLE_FAILED: { tries: 2, pauseMs: 0, replace: true, broken: false },
  // Another key, another owner, a lock: somebody means it. Trying again would be arguing.
  SSH_HOST_KEY: { tries: 'once', pauseMs: 0, replace: true, broken: false },
  MAAS_NOT_OURS: { tries: 'once', pauseMs: 0, replace: true, broken: false },
  MAAS_LOCKED: { tries: 'once', pauseMs: 0, replace: true, broken: false },
  MAAS_GONE: { tries: 'once', pauseMs: 0, replace: true, broken: false },
  MAAS_FORBIDDEN: { tries: 'once', pauseMs: 0, replace: true, broken: false },
  MAAS_WRONG_STATE: { tries: 'once', pauseMs: 0, replace: true, broken: false },
  // The step would meet the same nodes again.
  KERNEL_TOO_OLD: { tries: 'once', pauseMs: 0, replace: false, broken: false },
  BUG: { tries: 'once', pauseMs: 0, replace: false, broken: false },
};

const ofTheSite: Treatment = { tries: 1, pauseMs: 0, replace: false, broken: false };

export function treatmentOf(code: ErrorCode): Treatment {
  return treatments[code] ?? ofTheSite;
}
