/** Runs tasks that share a word one after the other, in the order in which they asked. */
export interface Serial {
  /** `task` is told who was before it, when it had to wait for that one. */
  run<R>(word: string | undefined, who: string, task: (former: string | undefined) => Promise<R>): Promise<R>;
}

interface Turn {
  who: string;
  ended: Promise<void>;
}

export function createSerial(): Serial {
  const tails = new Map<string, Turn>();
  return {
    async run(word, who, task) {
      if (word === undefined) return task(undefined);
      const former = tails.get(word);
      let end!: () => void;
      const turn = { who, ended: new Promise<void>(resolve => (end = resolve)) };
      tails.set(word, turn);
      await former?.ended;
      try {
        return await task(former?.who);
      } finally {
        end();
        if (tails.get(word) === turn) tails.delete(word);
      }
    },
  };
}
