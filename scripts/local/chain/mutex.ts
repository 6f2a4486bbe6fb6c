/** One at a time: a node hands the same account nonce to two transactions that are prepared at once. */

export type Mutex = <T>(task: () => Promise<T>) => Promise<T>;

/** A queue in which each task starts when the one before it has ended, well or badly. */
export function createMutex(): Mutex {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const result = last.then(task, task);
    last = result.catch(() => undefined);
    return result;
  };
}
