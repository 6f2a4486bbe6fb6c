import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRateLimiter } from "../../../origin/supplier/rate-limit.ts";

const LIMIT = { requests: 8, windowMs: 1_000 } as const;
const PATIENT = Number.POSITIVE_INFINITY;

describe("the rate limiter", () => {
  test("lets the first eight go at once and spaces the next eight by a window", () => {
    const limiter = createRateLimiter(LIMIT);
    const waits = Array.from({ length: 16 }, () => limiter.reserve(5_000, PATIENT));
    expect(waits).toEqual([...Array(8).fill(0), ...Array(8).fill(1_000)]);
  });

  test("never lets more than eight start within any window, whenever they arrive", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 60 }), (gaps) => {
        const limiter = createRateLimiter(LIMIT);
        let now = 0;
        const starts = gaps.map((gap) => {
          now += gap;
          return now + (limiter.reserve(now, PATIENT) ?? Number.NaN);
        });
        for (const start of starts) {
          const within = starts.filter((other) => other >= start && other < start + LIMIT.windowMs);
          expect(within.length).toBeLessThanOrEqual(LIMIT.requests);
        }
      }),
    );
  });

  test("refuses a wait that is too long, and books nothing for it", () => {
    const limiter = createRateLimiter({ requests: 1, windowMs: 1_000 });
    expect(limiter.reserve(0, 500)).toBe(0);
    expect(limiter.reserve(0, 500)).toBeNull();
    expect(limiter.reserve(500, 500)).toBe(500);
  });

  test("does not block after the clock was set back", () => {
    const limiter = createRateLimiter({ requests: 1, windowMs: 1_000 });
    limiter.reserve(3_600_000, PATIENT);
    expect(limiter.reserve(0, PATIENT)).toBe(0);
  });
});
