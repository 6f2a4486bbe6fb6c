/**
 * Spaces requests so that no window holds more than a fixed number of them. Pure: time is passed in.
 *
 * A token bucket would let a full bucket and a second's refill through in one second, twice what the supplier allows.
 */

export interface RateLimit {
  readonly requests: number;
  readonly windowMs: number;
}

export interface RateLimiter {
  /**
   * Books the next free slot.
   *
   * @returns milliseconds to wait before sending, or null (and nothing is booked) when that exceeds `maxWaitMs`
   */
  reserve(nowMs: number, maxWaitMs: number): number | null;
}

export function createRateLimiter(limit: RateLimit): RateLimiter {
  /** Start times of the last requests, at most `limit.requests`, oldest first. Some may lie ahead. */
  let slots: readonly number[] = [];
  let lastNow = Number.NEGATIVE_INFINITY;
  return {
    reserve(nowMs, maxWaitMs) {
      // After the clock was set back, old slots would lie ahead and block for as long as the step was.
      if (nowMs < lastNow) slots = [];
      lastNow = nowMs;
      const oldest = slots.length < limit.requests ? undefined : slots[0];
      const start = oldest === undefined ? nowMs : Math.max(nowMs, oldest + limit.windowMs);
      const waitMs = start - nowMs;
      if (waitMs > maxWaitMs) return null;
      slots = [...slots, start].slice(-limit.requests);
      return waitMs;
    },
  };
}
