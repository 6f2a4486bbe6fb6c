import fc from "fast-check";
import { expect, test } from "vitest";
import { isoTime } from "../../protocol/iso-time.ts";

const LAST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const MS_PER_DAY = 86_400_000;

test("is Date's at any time until the year 9999", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: LAST }), (ms) => {
      expect(isoTime(ms)).toBe(new Date(ms).toISOString());
    }),
  );
});

test("is Date's at both ends of each day of four hundred years", () => {
  for (let day = 0; day < 146_097; day++) {
    for (const ms of [day * MS_PER_DAY, (day + 1) * MS_PER_DAY - 1]) {
      if (isoTime(ms) !== new Date(ms).toISOString()) expect(isoTime(ms)).toBe(new Date(ms).toISOString());
    }
  }
});

test.each([0, 1, 999, LAST])("is Date's at %i ms", (ms) => {
  expect(isoTime(ms)).toBe(new Date(ms).toISOString());
});
