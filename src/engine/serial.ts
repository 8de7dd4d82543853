/** Runs tasks that share a word one after the other, in the order in which they asked. */
export interface Serial {
  /** `task` is told who was before it, when it had to wait for that one. */
  run<R>(word: string | undefined, who: string, task: (former: string | undefined) => Promise<R>): Promise<R>;
}

export function createSerial(): Serial {
  const tails = new Map<string, { who: string; ended: Promise<unknown> }>();
  return {
    run(word, who, task) {
      if (word === undefined) return task(undefined);
      const former = tails.get(word);
      const next = (): ReturnType<typeof task> => task(former?.who);
      const turn = former ? former.ended.then(next, next) : next();
      const tail = { who, ended: turn };
      tails.set(word, tail);
      const leave = (): void => {
        if (tails.get(word) === tail) tails.delete(word);
      };
      turn.then(leave, leave);
      return turn;
    },
  };
}
