/** A clock that stands still until everybody sleeps, and then jumps to whoever wakes first. */

import { NOW } from "./payment.ts";

export interface FakeClock {
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Takes no real time, and wakes sleepers in the order of their times. */
  readonly sleep: (ms: number) => Promise<void>;
  /** Time passes while nobody is working. */
  advanceTo(unixMs: number): void;
}

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** @param start Unix milliseconds */
export function fakeClock(start = NOW * 1_000): FakeClock {
  let now = start;
  let pumping = false;
  const sleepers: Sleeper[] = [];

  /** Runs as a macrotask: by then all that could happen at the present time has happened. */
  function pump(): void {
    sleepers.sort((a, b) => a.at - b.at);
    const first = sleepers.shift();
    pumping = sleepers.length > 0;
    if (pumping) setImmediate(pump);
    if (first === undefined) return;
    now = Math.max(now, first.at);
    first.wake();
  }

  return {
    now: () => now,
    sleep: (ms) =>
      new Promise((wake) => {
        sleepers.push({ at: now + ms, wake });
        if (!pumping) setImmediate(pump);
        pumping = true;
      }),
    advanceTo(unixMs) {
      now = Math.max(now, unixMs);
    },
  };
}
