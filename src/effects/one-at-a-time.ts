/** Work that must not overlap: each piece begins when the one before it has ended, well or not. */

export interface Queue {
  /** Settles as `body` does. */
  run<T>(body: () => Promise<T> | T): Promise<T>;
  /** Settles when nothing is under way or waiting; never rejects. */
  idle(): Promise<void>;
}

/** `run` settles as its own piece does; `idle` resolves when all that were asked for so far have ended. */
export function oneAtATime(): Queue {
  let last: Promise<unknown> = Promise.resolve();
  return {
    run: (body) => {
      const turn = last.then(body);
      last = turn.catch(() => undefined);
      return turn;
    },
    idle: async () => void (await last),
  };
}
