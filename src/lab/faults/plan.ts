import path from 'node:path';
import { keep, readKept } from '../kept.ts';
import { seeded } from '../machines/simulated/random.ts';
import type { Fault, Scenario } from './fault.ts';
import { usualOf } from './kinds.ts';

/** The machine that something is about to happen to. */
export interface Subject {
  id: string;
  hostname: string;
  mac: string;
}

/** The machine that may be struck, or how a fault finds it. */
type Victim = Subject | undefined | ((fault: Fault) => Subject | undefined);

export interface FaultReport {
  fault: Fault;
  /** How often it struck, in all. */
  struck: number;
}

export interface FaultPlan {
  /**
   * The first fault that passes the test and strikes now, and counts that it did. Called once for each chance: what is
   * counted is kept over a restart of the lab, so once means once. `per` says whose chances are counted together.
   * Tests see the fault with what is usual for its kind.
   */
  strike(test: (fault: Fault) => boolean, victim?: Victim, per?: 'machine' | 'lab'): Fault | undefined;
  report(): FaultReport[];
  /** Other faults from now on; nothing has struck yet. */
  replace(scenario: Scenario): void;
}

interface Entry {
  fault: Fault;
  /** Chances and strikes, by machine or under `lab`. */
  chances: Record<string, number>;
  struck: Record<string, number>;
}

interface State {
  seed: string;
  entries: Entry[];
}

const usualSeed = 'lab';

/** The faults of a lab, and what they have done so far. Without a folder nothing is kept. */
export function openFaultPlan(labDir: string | undefined): FaultPlan {
  const file = labDir === undefined ? undefined : faultsFile(labDir);
  let state = ((file && readKept(file)) as State | undefined) ?? stateOf({ faults: [] });
  return {
    strike(test, victim, per = 'machine') {
      for (const [index, entry] of state.entries.entries()) {
        const fault = { ...usualOf(entry.fault.kind), ...entry.fault };
        const subject = typeof victim === 'function' ? victim(fault) : victim;
        if (!test(fault) || !isAbout(fault, subject)) continue;
        const key = per === 'machine' ? (subject?.id ?? 'lab') : 'lab';
        const chance = (entry.chances[key] = (entry.chances[key] ?? 0) + 1);
        const strikes = (entry.struck[key] ?? 0) + 1;
        if (!isDue(fault, chance, strikes) || !isDrawn(state.seed, index, fault, subject, chance)) continue;
        entry.struck[key] = strikes;
        if (file !== undefined) keep(file, state);
        return fault;
      }
      return undefined;
    },
    report: () => state.entries.map(({ fault, struck }) => ({ fault, struck: sum(struck) })),
    replace(scenario) {
      state = stateOf(scenario);
      if (file !== undefined) keep(file, state);
    },
  };
}

/** Lays faults down for a lab that starts later. */
export function writeFaults(labDir: string, scenario: Scenario): void {
  keep(faultsFile(labDir), stateOf(scenario));
}

function isAbout({ machine }: Fault, subject: Subject | undefined): boolean {
  return machine === undefined || machine === subject?.hostname || machine === subject?.id;
}

function isDue({ times, after = 0 }: Fault, chance: number, strikes: number): boolean {
  return chance > after && (times === undefined || strikes <= times);
}

/** A machine has the fault or has it not; requests are drawn one by one. */
function isDrawn(
  seed: string,
  index: number,
  fault: Fault,
  subject: Subject | undefined,
  nth: number,
): boolean {
  const drawn = subject === undefined ? `request ${nth}` : subject.mac;
  return fault.chance === undefined || seeded(`${seed}/fault ${index}/${drawn}`)() < fault.chance;
}

function stateOf({ seed = usualSeed, faults }: Scenario): State {
  return { seed, entries: faults.map(fault => ({ fault, chances: {}, struck: {} })) };
}

function faultsFile(labDir: string): string {
  return path.join(labDir, 'faults.json');
}

function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
