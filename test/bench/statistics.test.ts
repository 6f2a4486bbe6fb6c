/** What becomes of repeated measurements. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { best, median, ratio } from "../../scripts/bench/statistics.ts";

test.each([
  [[], null],
  [[3], 3],
  [[9, 1, 2], 2],
  [[4, 1, 2, 9], 3],
] as const)("the median of %j is %j", (samples, expected) => {
  expect(median(samples)).toBe(expected);
});

test("the median has as many samples below it as above, in whatever order they came", () => {
  const samples = fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 1 });
  fc.assert(
    fc.property(samples, (all) => {
      const middle = median(all) ?? Number.NaN;
      const below = all.filter((sample) => sample < middle).length;
      const above = all.filter((sample) => sample > middle).length;
      expect(Math.max(below, above)).toBeLessThanOrEqual(all.length / 2);
      expect(median(all.toReversed())).toBe(middle);
    }),
  );
});

test("a ratio needs both numbers, and something to compare with", () => {
  expect(ratio(3, 2)).toBe(1.5);
  expect([ratio(null, 2), ratio(3, null), ratio(3, 0)]).toEqual([null, null, null]);
});

test("the best is the smallest of those that were measured", () => {
  expect(best([3, null, 2])).toBe(2);
  expect(best([null])).toBeNull();
});
