/** Collects what was started and ends it in the opposite order, whatever went wrong in between. */

interface Closable {
  close(): Promise<void> | void;
}

export interface Closers {
  /** Returns what it is given. */
  readonly add: <Started extends Closable>(started: Started) => Started;
  close(): Promise<void>;
}

export function createClosers(): Closers {
  const started: Closable[] = [];
  return {
    add: (closable) => {
      started.push(closable);
      return closable;
    },
    async close() {
      for (const closable of started.splice(0).reverse()) await closable.close();
    },
  };
}
