/** Does something again and again, one at a time, as a schedule on AWS would. */

import { setTimeout as sleep } from "node:timers/promises";

export interface Repeating {
  /** Ends after the round that is under way. */
  close(): Promise<void>;
}

/** A round that fails is followed by the next; whoever fails reports it. @param everyMs between two rounds */
export function repeat(round: () => Promise<unknown>, everyMs: number): Repeating {
  const stop = new AbortController();
  const loop = async () => {
    while (!stop.signal.aborted) {
      await sleep(everyMs, undefined, { signal: stop.signal }).catch(() => undefined);
      if (!stop.signal.aborted) await round().catch(() => undefined);
    }
  };
  const ended = loop();
  return {
    async close() {
      stop.abort();
      await ended;
    },
  };
}
