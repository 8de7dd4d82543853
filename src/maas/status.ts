/**
 * The states of a machine in MAAS, and the moves between them that MAAS allows.
 * Source: https://github.com/canonical/maas/blob/3.7/src/maascommon/enums/node.py and
 * https://github.com/canonical/maas/blob/3.7/src/maasserver/node_status.py
 */
export const machineStatuses = {
  new: { number: 0, name: 'New' },
  commissioning: { number: 1, name: 'Commissioning' },
  failed_commissioning: { number: 2, name: 'Failed commissioning' },
  missing: { number: 3, name: 'Missing' },
  ready: { number: 4, name: 'Ready' },
  reserved: { number: 5, name: 'Reserved' },
  deployed: { number: 6, name: 'Deployed' },
  retired: { number: 7, name: 'Retired' },
  broken: { number: 8, name: 'Broken' },
  deploying: { number: 9, name: 'Deploying' },
  allocated: { number: 10, name: 'Allocated' },
  failed_deployment: { number: 11, name: 'Failed deployment' },
  releasing: { number: 12, name: 'Releasing' },
  failed_releasing: { number: 13, name: 'Releasing failed' },
  disk_erasing: { number: 14, name: 'Disk erasing' },
  failed_disk_erasing: { number: 15, name: 'Failed disk erasing' },
  rescue_mode: { number: 16, name: 'Rescue mode' },
  entering_rescue_mode: { number: 17, name: 'Entering rescue mode' },
  failed_entering_rescue_mode: { number: 18, name: 'Failed to enter rescue mode' },
  exiting_rescue_mode: { number: 19, name: 'Exiting rescue mode' },
  failed_exiting_rescue_mode: { number: 20, name: 'Failed to exit rescue mode' },
  testing: { number: 21, name: 'Testing' },
  failed_testing: { number: 22, name: 'Failed testing' },
} as const satisfies Record<string, { number: number; name: string }>;

/** The filter word of a status, as in `GET machines/?status=ready`. */
export type MachineStatus = keyof typeof machineStatuses;

const byNumber = new Map<number, MachineStatus>(
  (Object.keys(machineStatuses) as MachineStatus[]).map(word => [machineStatuses[word].number, word]),
);

/** The status word of MAAS's number; `undefined` for a number that no version up to 3.7 knows. */
export function statusOfNumber(number: number): MachineStatus | undefined {
  return byNumber.get(number);
}

/** Moves that MAAS enforces: any other is refused by it. Each row: from → to. */
const legalMoves: Readonly<Record<MachineStatus, readonly MachineStatus[]>> = {
  new: ['commissioning', 'testing', 'missing', 'ready', 'retired', 'broken', 'entering_rescue_mode'],
  commissioning: ['failed_commissioning', 'ready', 'retired', 'missing', 'new', 'broken', 'testing'],
  failed_commissioning: ['commissioning', 'missing', 'retired', 'broken', 'entering_rescue_mode', 'testing'],
  missing: ['new', 'ready', 'broken', 'commissioning'],
  ready: [
    'entering_rescue_mode',
    'commissioning',
    'allocated',
    'reserved',
    'retired',
    'missing',
    'broken',
    'testing',
  ],
  reserved: [
    'ready',
    'retired',
    'missing',
    'broken',
    'allocated',
    'releasing',
    'disk_erasing',
    'entering_rescue_mode',
    'testing',
  ],
  allocated: [
    'ready',
    'retired',
    'missing',
    'broken',
    'deploying',
    'disk_erasing',
    'releasing',
    'entering_rescue_mode',
    'testing',
  ],
  deploying: [
    'allocated',
    'missing',
    'broken',
    'failed_deployment',
    'deployed',
    'ready',
    'disk_erasing',
    'releasing',
  ],
  deployed: [
    'allocated',
    'missing',
    'broken',
    'ready',
    'disk_erasing',
    'releasing',
    'entering_rescue_mode',
    'testing',
  ],
  failed_deployment: [
    'allocated',
    'missing',
    'broken',
    'ready',
    'disk_erasing',
    'releasing',
    'entering_rescue_mode',
    'testing',
  ],
  releasing: [
    'new',
    'allocated',
    'reserved',
    'deployed',
    'ready',
    'broken',
    'missing',
    'failed_deployment',
    'failed_disk_erasing',
    'failed_releasing',
  ],
  failed_releasing: ['releasing', 'disk_erasing', 'ready', 'broken', 'testing'],
  disk_erasing: ['broken', 'disk_erasing', 'failed_disk_erasing', 'ready', 'releasing'],
  failed_disk_erasing: [
    'disk_erasing',
    'releasing',
    'broken',
    'allocated',
    'ready',
    'entering_rescue_mode',
    'testing',
  ],
  retired: ['new', 'ready', 'missing', 'broken'],
  broken: [
    'commissioning',
    'ready',
    'disk_erasing',
    'releasing',
    'entering_rescue_mode',
    'testing',
    'deployed',
  ],
  testing: [
    'broken',
    'new',
    'ready',
    'reserved',
    'allocated',
    'deployed',
    'commissioning',
    'failed_testing',
    'failed_commissioning',
    'failed_deployment',
    'failed_releasing',
    'failed_disk_erasing',
    'failed_entering_rescue_mode',
    'failed_exiting_rescue_mode',
  ],
  failed_testing: [
    'commissioning',
    'broken',
    'missing',
    'entering_rescue_mode',
    'testing',
    'ready',
    'deployed',
  ],
  entering_rescue_mode: [
    'rescue_mode',
    'failed_entering_rescue_mode',
    'exiting_rescue_mode',
    'ready',
    'broken',
    'deployed',
  ],
  rescue_mode: ['exiting_rescue_mode', 'broken', 'testing'],
  failed_entering_rescue_mode: ['entering_rescue_mode', 'exiting_rescue_mode', 'broken'],
  exiting_rescue_mode: [
    'ready',
    'broken',
    'deployed',
    'allocated',
    'failed_exiting_rescue_mode',
    'new',
    'failed_commissioning',
    'failed_deployment',
    'failed_testing',
  ],
  failed_exiting_rescue_mode: ['entering_rescue_mode', 'exiting_rescue_mode', 'broken', 'testing'],
};

/** Whether MAAS lets a machine go from one status to the other. */
export function mayMove(from: MachineStatus, to: MachineStatus): boolean {
  return legalMoves[from].includes(to);
}
