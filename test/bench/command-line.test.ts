/** The command line of the benchmark. */

import { expect, test } from "vitest";
import { parseCommandLine } from "../../scripts/bench/command-line.ts";
import { UsageError } from "../../scripts/command.ts";

test("without arguments everything is measured, for a person", () => {
  expect(parseCommandLine([])).toEqual({ json: false, quick: false });
});

test("takes the short form, JSON and a call for help", () => {
  expect(parseCommandLine(["--quick"])).toEqual({ json: false, quick: true });
  expect(parseCommandLine(["--json", "--quick"])).toEqual({ json: true, quick: true });
  expect(parseCommandLine(["--json", "--help"])).toBe("help");
});

test.each(["--fast", "--quick=yes", "-q", "all", "--no-json"])("refuses %s", (arg) => {
  expect(() => parseCommandLine([arg])).toThrow(UsageError);
});
