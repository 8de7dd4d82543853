import { onAbort } from '../core/on-abort.ts';

/** What roads wait for on other roads: `STEP` on some road, or `STEP of ROAD`. Each opens once, or never. */
export interface Barriers {
  /** `opener` is `STEP of ROAD`. */
  open(step: string, opener: string): void;
  block(step: string, by: string): void;
  /** Resolves when all steps are open on some machine, or one of them never can be. */
  pass(steps: readonly string[], signal: AbortSignal): Promise<Passage>;
}

interface Passage {
  blockedBy?: string;
  /** The last step that opened, when it had to be waited for. */
  waitedFor?: string;
}

interface Waiting {
  after?: readonly string[];
  steps: readonly { after?: readonly string[] }[];
}

export function createBarriers(roads: readonly Waiting[]): Barriers {
  const awaited = new Set(
    roads.flatMap(road => [...(road.after ?? []), ...road.steps.flatMap(step => step.after ?? [])]),
  );
  const gates = new Map([...awaited].map(step => [step, createGate()] as const));
  return {
    open: (step, opener) => gates.get(step)?.settle({ waitedFor: opener }),
    block: (step, by) => gates.get(step)?.settle({ blockedBy: by }),
    async pass(steps, signal) {
      let passage: Passage = {};
      for (const gate of steps.map(step => gates.get(step))) {
        if (!gate || signal.aborted) continue;
        const stoodOpen = gate.passage !== undefined;
        const settled = gate.passage ?? (await untilAborted(gate.settled, signal));
        if (settled?.blockedBy !== undefined) return settled;
        if (!stoodOpen && settled) passage = settled;
      }
      return passage;
    },
  };
}

/** Undefined when the signal came first. Nothing is left on the signal, which lives as long as the run. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  let forget = (): void => undefined;
  const stopped = new Promise<undefined>(resolve => {
    forget = onAbort(signal, () => resolve(undefined));
  });
  return Promise.race([promise, stopped]).finally(forget);
}

interface Gate {
  settled: Promise<Passage>;
  /** Undefined until it is settled. */
  passage: Passage | undefined;
  settle(passage: Passage): void;
}

function createGate(): Gate {
  let resolveOnce!: (passage: Passage) => void;
  const settled = new Promise<Passage>(resolve => {
    resolveOnce = resolve;
  });
  const gate: Gate = {
    settled,
    passage: undefined,
    settle(passage) {
      gate.passage ??= passage;
      resolveOnce(passage);
    },
  };
  return gate;
}
