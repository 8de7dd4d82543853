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
      const stopped = new Promise<Passage>(resolve => {
        if (signal.aborted) resolve({});
        signal.addEventListener('abort', () => resolve({}), { once: true });
      });
      let passage: Passage = {};
      for (const gate of steps.map(step => gates.get(step))) {
        const stoodOpen = gate?.isSettled() ?? true;
        const settled = await Promise.race([gate?.settled, stopped]);
        if (settled?.blockedBy !== undefined) return settled;
        if (!stoodOpen && settled) passage = settled;
      }
      return passage;
    },
  };
}

interface Gate {
  settled: Promise<Passage>;
  isSettled(): boolean;
  settle(passage: Passage): void;
}

function createGate(): Gate {
  let resolveOnce!: (passage: Passage) => void;
  let isSettled = false;
  const settled = new Promise<Passage>(resolve => {
    resolveOnce = resolve;
  });
  return {
    settled,
    isSettled: () => isSettled,
    settle(passage) {
      isSettled = true;
      resolveOnce(passage);
    },
  };
}
