/** Collects what was started and ends it in the opposite order, whatever went wrong in between. */

interface Closable {
  close(): Promise<void> | void;
}

export interface Closers {
  /** Returns what it is given. Whatever comes after the end is ended at once: its start was under way. */
  readonly add: <Started extends Closable>(started: Started) => Started;
  close(): Promise<void>;
}

export function createClosers(): Closers {
  const started: Closable[] = [];
  let isClosed = false;
  return {
    add: (closable) => {
      if (isClosed) void Promise.resolve(closable.close()).catch(() => undefined);
      else started.push(closable);
      return closable;
    },
    async close() {
      isClosed = true;
      for (const closable of started.splice(0).reverse()) await closable.close();
    },
  };
}
