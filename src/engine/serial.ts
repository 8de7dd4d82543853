/** Runs tasks that share a word one after the other, in the order in which they asked. */
export interface Serial {
  run<R>(word: string | undefined, task: () => Promise<R>): Promise<R>;
}

export function createSerial(): Serial {
  const tails = new Map<string, Promise<unknown>>();
  return {
    run(word, task) {
      if (word === undefined) return task();
      const turn = (tails.get(word) ?? Promise.resolve()).then(task, task);
      tails.set(word, turn);
      return turn;
    },
  };
}
