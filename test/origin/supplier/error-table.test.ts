/** The table of error codes that merchants read says what the code does. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import {
  type Disposition,
  dispositions,
  documentedCodes,
  refusalOf,
} from "../../../origin/supplier/errors.ts";

const page = readFileSync(fileURLToPath(new URL("../../../docs/esim.md", import.meta.url)), "utf8");

/** code, reason, what to do, what becomes of the purchase */
const ROW = /^\| ((?:\d{6} ?)+)\| (\w+) \| (\w+) \| (.+) \|$/gm;

const rows = [...page.matchAll(ROW)].flatMap(([, codes = "", reason = "", action = "", outcome = ""]) =>
  codes
    .trim()
    .split(" ")
    .map((code) => ({ code, reason, action, outcome })),
);

describe("the table of the supplier's error codes", () => {
  test("has every code once", () => {
    expect(rows.map(({ code }) => code).sort()).toEqual([...documentedCodes].sort());
  });

  test("gives each its reason, and what to do about it", () => {
    for (const { code, reason, action } of rows) {
      expect([code, reason, action]).toEqual([code, refusalOf(code), dispositions[refusalOf(code)]]);
    }
  });

  test.each([
    ["retry", /^asked again/],
    ["wait", /^asked again/],
    ["alternate_package", /^\[another package\]\(#other-packages\); refund/],
    ["reprice", /^refund/],
    ["operator", /^refund/],
    ["invalid", /^refund/],
  ] satisfies [Disposition, RegExp][])("says of %s what becomes of the purchase", (action, outcome) => {
    const found = rows.filter((row) => row.action === action);
    expect(found.length).toBeGreaterThan(0);
    for (const row of found) expect(row.outcome).toMatch(outcome);
  });
});
