import fc from "fast-check";
import { expect, test } from "vitest";
import { begunKb, bytesOfMb, remainingBytes, wholeKb } from "../../../origin/usage/remaining.ts";

const bytes = fc.bigInt({ min: 0n, max: 10n ** 15n });
const wholeTotal = fc.integer({ min: 0, max: 1_000_000 }).map(bytesOfMb);

test("what is left and what was used make the whole, as long as there is any left", () => {
  fc.assert(
    fc.property(wholeTotal, bytes, (total, used) => {
      fc.pre(used <= total);
      expect(wholeKb(remainingBytes(total, used)) + begunKb(used)).toBe(wholeKb(total));
    }),
  );
});

test("what is left is never less than 0, never more than there is, and falls with what is used", () => {
  fc.assert(
    fc.property(bytes, bytes, bytes, (total, used, more) => {
      const left = remainingBytes(total, used);
      expect(left).toBeGreaterThanOrEqual(0n);
      expect(left).toBeLessThanOrEqual(total);
      expect(remainingBytes(total, used + more)).toBeLessThanOrEqual(left);
    }),
  );
});

test("a KB that is shown as left is there to the last byte", () => {
  fc.assert(
    fc.property(bytes, bytes, (total, used) => {
      const shown = BigInt(wholeKb(remainingBytes(total, used))) * 1_024n;
      expect(shown === 0n || used + shown <= total).toBe(true);
    }),
  );
});

test.each([
  [1_048_576n, 0n, 1_024, 0],
  [1_048_576n, 1n, 1_023, 1],
  [1_048_576n, 1_024n, 1_023, 1],
  [1_048_576n, 1_025n, 1_022, 2],
  [1_048_576n, 2_000_000n, 0, 1_954],
])("of %s bytes with %s used there are %s KB left, and %s KB used", (total, used, left, begun) => {
  expect([wholeKb(remainingBytes(total, used)), begunKb(used)]).toEqual([left, begun]);
});
