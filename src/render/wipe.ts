import type { SystemId } from '../core/ids.ts';
import type { Machine } from '../maas/machine.ts';
import { annotationKeys } from '../plan/facts.ts';
import type { EraseKind, Plan } from '../plan/plan.ts';
import type { Paint } from './paint.ts';
import { formatTable } from './table.ts';

type PlanOfSteps = Plan<{ id: string }>;
type WipedMachine = PlanOfSteps['machines'][number];

/** When machines were deployed, as far as anybody knows. */
export type DeploymentTimes = ReadonlyMap<SystemId, string>;

/** What is lost, machine by machine; empty when nothing is. */
export function wipeText(plan: PlanOfSteps, paint: Paint, times: DeploymentTimes = new Map()): string {
  const wiped = plan.machines.filter(({ target }) => target.wipe);
  if (wiped.length === 0) return '';
  const heading = ['MACHINE', 'SERIAL', 'SYSTEM', 'OWNER', 'DEPLOYED', 'DISKS', 'WHAT HAPPENS'];
  const rows = wiped.map(each => [
    each.machine.hostname,
    // Where the firmware has no serial number, the name that MAAS gave it.
    each.machine.hardware.serial || each.machine.id,
    systemOf(each.machine, paint),
    each.machine.owner ?? 'nobody',
    deployedAt(each.machine, times) ?? '-',
    disksOf(each.machine),
    fateOf(each),
  ]);
  const lines = formatTable([heading, ...rows]).split('\n');
  const table = lines.map(line => (line === '' ? '' : `  ${line}\n`)).join('');
  return `\n${paint('red', 'Everything on these machines will be lost:')}\n${table}${eraseNote(plan)}`;
}

/** The same for programs. */
export function wipeJson(each: WipedMachine, times: DeploymentTimes = new Map()): Record<string, unknown> {
  const { machine, target } = each;
  if (!target.wipe) return {};
  return {
    serial: machine.hardware.serial || null,
    disks: machine.disks,
    os: machine.os ?? null,
    owner: machine.owner ?? null,
    deployed: deployedAt(machine, times) ?? null,
    erase: target.erase ?? null,
    happens: fateOf(each),
  };
}

function systemOf({ os, annotations }: Machine, paint: Paint): string {
  if (!os) return 'none';
  const name = `${os.system}/${os.series}`;
  return annotations[annotationKeys.cluster] === undefined
    ? `${name} ${paint('red', '(not by coldstart)')}`
    : name;
}

function deployedAt({ id, annotations }: Machine, times: DeploymentTimes): string | undefined {
  const noted = annotations[annotationKeys.deployed];
  return noted === undefined ? times.get(id) : `${noted.slice(0, 16).replace('T', ' ')} UTC`;
}

function fateOf({ target, steps }: WipedMachine): string {
  const released = target.erase === undefined ? 'released' : `released, disks erased (${target.erase})`;
  const again = steps.some(({ step }) => step.id === 'hardware.deploy');
  return again ? `${released}, deployed again` : `${released}, powered off`;
}

function disksOf({ disks }: Machine): string {
  if (disks.length === 0) return 'unknown';
  return disks
    .map(({ name, model, sizeBytes }) => `${name} ${gigabytes(sizeBytes)}${model ? ` ${model}` : ''}`)
    .join(', ');
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(bytes < 10e9 ? 1 : 0)} GB`;
}

function eraseNote({ intent, machines }: PlanOfSteps): string {
  const kind = machines.find(({ target }) => target.wipe)?.target.erase;
  if (kind !== undefined) return `  ${eraseNotes[kind]}\n`;
  const seeAlso = intent === 'up' ? '' : '; --erase does';
  return `  MAAS forgets what is on the disks, and does not overwrite it unless its own settings say so${seeAlso}.\n`;
}

const eraseNotes: Readonly<Record<EraseKind, string>> = {
  quick:
    'quick: the beginning and the end of every disk are overwritten; data in between can be found by who looks for it.',
  secure:
    "secure: every disk's own secure erase is used; disks without one are overwritten, which takes hours.",
  full: 'full: every block of every disk is overwritten, which takes hours.',
};
