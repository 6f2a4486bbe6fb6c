/** The comparison of JSON: silent on what is the same, and never on what is not. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { firstDifference } from "../../scripts/doctor/after/difference.ts";

describe("the first difference", () => {
  test("is none between a value and itself, in whatever order its keys stand", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value, (_, part: unknown) =>
          typeof part === "object" && part !== null && !Array.isArray(part)
            ? Object.fromEntries(Object.entries(part).reverse())
            : part,
        );
        expect(firstDifference(JSON.parse(text), JSON.parse(JSON.stringify(value)), "x")).toBeNull();
      }),
    );
  });

  test("is found wherever two values differ", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const [left, right] = [a, b].map((value): unknown => JSON.parse(JSON.stringify(value)));
        fc.pre(!same(left, right));
        expect(firstDifference(left, right, "x")).toMatch(/^x/);
      }),
    );
  });

  test.each([
    [{ a: [1, { b: "x" }] }, { a: [1, { b: "y" }] }, 'it.a.1.b is "x", expected "y"'],
    [{}, { a: 1 }, "it.a is absent, expected 1"],
    [{ a: 1, more: 2 }, { a: 1 }, "it.more is 2, expected absent"],
    [[], {}, "it is [], expected {}"],
    [null, {}, "it is null, expected {}"],
  ])("between %j and %j is told with its place", (actual, expected, told) => {
    expect(firstDifference(actual, expected, "it")).toBe(told);
  });

  test("quotes no more than a line of a hostile value", () => {
    expect(firstDifference("x".repeat(100_000), 1, "it")?.length).toBeLessThan(200);
  });
});

function same(a: unknown, b: unknown): boolean {
  return sorted(a) === sorted(b);
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
