/** The command line of the fault suite, and the promise that a seed means the same plan again. */

import { describe, expect, test } from "vitest";
import { UsageError } from "../../scripts/command.ts";
import { parseCommandLine, SHORT } from "../../scripts/faults/command-line.ts";
import { namedPlans, randomPlan } from "../../scripts/faults/plan.ts";

const parse = (...args: string[]) => parseCommandLine(args, () => 42);

describe("the command line", () => {
  test("without arguments makes 2,000 purchases from a new seed", () => {
    expect(parse()).toEqual({ purchases: 2_000, everyNth: 1, seed: 42 });
  });

  test("takes a seed, a number of purchases, and the short form", () => {
    expect(parse("--seed", "7", "--purchases", "10")).toEqual({ purchases: 10, everyNth: 1, seed: 7 });
    expect(parse("--short")).toEqual({ ...SHORT, seed: 42 });
    expect(parse("--help")).toBe("help");
  });

  test.each([
    ["--seed", "x"],
    ["--purchases", "-1"],
    ["--purchases", "1000000"],
    ["--what"],
    ["word"],
  ])("refuses %s %s", (...args) => {
    expect(() => parse(...args)).toThrow(UsageError);
  });
});

describe("plans", () => {
  const sketch = (seed: number) =>
    Array.from({ length: 50 }, (_, index) => {
      const { faults, ...plan } = randomPlan(seed, index);
      return JSON.stringify({ ...plan, faults: faults.map(({ name }) => name) });
    });

  test("are the same for the same seed, and others for another", () => {
    expect(sketch(1)).toEqual(sketch(1));
    expect(sketch(1)).not.toEqual(sketch(2));
  });

  test("have a name of their own each", () => {
    const names = namedPlans().map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
