/**
 * When a request may be sent to the supplier: by what this process alone knows, or by a count that all processes share
 * (docs/decisions/004).
 */

import { createRateLimiter } from "./rate-limit.ts";

export interface RateShare {
  /**
   * Books the right to send one request. Never rejects.
   *
   * @returns milliseconds to wait before sending, or null (and nothing is booked) when that exceeds `maxWaitMs`
   */
  reserve(maxWaitMs: number): Promise<number | null>;
}

/**
 * The supplier allows 8 requests a second, counted where they arrive. The window is a quarter longer, because requests
 * that had to open a connection arrive later than those that follow on it.
 */
const PROCESS_LIMIT = { requests: 8, windowMs: 1_250 } as const;

/**
 * From one request of all processes to the next. That is at most 7 in a second by one clock, and requests may arrive up
 * to 279 ms earlier or later than one another before a ninth comes into a second.
 */
export const SLOT_MS = 160;

/** Booking that takes longer misses its own slot. The rest of the 279 ms is for clocks and new connections. */
const MAX_LATE_MS = 200;

/** A first free time so far ahead was written by a broken clock, not by this many waiting requests. Milliseconds. */
const PLAUSIBLE_AHEAD_MS = 60_000;

/** How often others may be faster. Each time one of them has booked, so that many processes can ask at one moment. */
const TRIES = 10;

/** How long a process counts alone after the shared count failed it. Milliseconds. */
const ALONE_MS = 5_000;

/** How long a process that was turned away turns away its own calls without asking again. Milliseconds. */
const FULL_MS = 250;

/** One process's own count. @param now Unix milliseconds */
export function perProcessRate(now: () => number): RateShare {
  const limiter = createRateLimiter(PROCESS_LIMIT);
  return { reserve: async (maxWaitMs) => limiter.reserve(now(), maxWaitMs) };
}

/** The one number that all processes share: from when on nobody has booked. Unix milliseconds. */
export interface SharedFrontier {
  /** Undefined while nobody has ever booked. @throws when it can't be told */
  read(): Promise<number | undefined>;
  /** Moves it, if it is still where `read` found it. @returns whether it was @throws when it can't be told */
  move(from: number | undefined, to: number): Promise<boolean>;
}

/**
 * All processes' count, one request each `SLOT_MS`; each process's own while the table is down or slow.
 *
 * @param now Unix milliseconds
 */
export function sharedRate(frontier: SharedFrontier, now: () => number): RateShare {
  const alone = perProcessRate(now);
  let aloneSince = Number.NEGATIVE_INFINITY;
  let fullSince = Number.NEGATIVE_INFINITY;
  let line: Promise<unknown> = Promise.resolve();

  async function book(maxWaitMs: number): Promise<number | null> {
    if (isWithin(aloneSince, ALONE_MS)) return alone.reserve(maxWaitMs);
    if (isWithin(fullSince, FULL_MS)) return null;
    try {
      for (let tried = 0; tried < TRIES; tried++) {
        const booked = await frontier.read();
        const start = firstFree(booked, now());
        if (start - now() > maxWaitMs) break;
        if (!(await frontier.move(booked, start + SLOT_MS))) continue;
        const waitMs = start - now();
        if (waitMs < -MAX_LATE_MS) return countAlone(maxWaitMs);
        return Math.max(0, waitMs);
      }
      fullSince = now();
      return null;
    } catch {
      return countAlone(maxWaitMs);
    }
  }

  function countAlone(maxWaitMs: number): Promise<number | null> {
    aloneSince = now();
    return alone.reserve(maxWaitMs);
  }

  function isWithin(since: number, ms: number): boolean {
    const elapsed = now() - since;
    return elapsed >= 0 && elapsed < ms;
  }

  return {
    // In line: a process's calls at the same moment would only be one another's rivals.
    reserve(maxWaitMs) {
      const booked = line.then(() => book(maxWaitMs));
      line = booked;
      return booked;
    },
  };
}

function firstFree(booked: number | undefined, now: number): number {
  return booked === undefined || booked < now || booked > now + PLAUSIBLE_AHEAD_MS ? now : booked;
}
