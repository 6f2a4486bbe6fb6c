/** How checks are run and told. */

import { describe, expect, test } from "vitest";
import { failed, open, passed, runChecks, shared } from "../../scripts/doctor/check.ts";
import { isHealthy, reportJson, reportText } from "../../scripts/doctor/report.ts";

describe("running checks", () => {
  test("one that throws has failed, without its message, and the others are told", async () => {
    const results = await runChecks([
      { name: "breaks", run: () => Promise.reject(new RangeError("the secret")) },
      { name: "works", run: async () => passed("fine") },
    ]);
    expect(results.map(({ status }) => status)).toEqual(["failed", "passed"]);
    expect(JSON.stringify(results)).toContain("RangeError");
    expect(JSON.stringify(results)).not.toContain("the secret");
  });

  test("one that does not end fails at the deadline", async () => {
    const [result] = await runChecks([{ name: "hangs", run: () => new Promise(() => {}) }], 20);
    expect(result).toMatchObject({ name: "hangs", status: "failed", finding: "no result within 0.02 s" });
  });

  test("all of them run at once", async () => {
    let running = 0;
    let allArrived = () => {};
    const arrived = new Promise<void>((resolve) => {
      allArrived = resolve;
    });
    const run = async () => {
      running += 1;
      if (running === 3) allArrived();
      await arrived;
      return passed("met the others");
    };
    const results = await runChecks(["a", "b", "c"].map((name) => ({ name, run })));
    expect(results.every(({ status }) => status === "passed")).toBe(true);
  });

  test("what several need is asked once", async () => {
    let asked = 0;
    const ask = shared(async () => {
      asked += 1;
      return asked;
    });
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1]);
  });
});

describe("the report", () => {
  const results = [
    { name: "one", ...passed("fine") },
    { name: "second", ...failed("broken here\nand there", "Mend it.") },
    { name: "third", ...open("not checked") },
  ];

  test("has a line for each check, its further lines and its fix below, and a summary last", () => {
    expect(reportText(results)).toBe(
      [
        "✓ one     fine",
        "✗ second  broken here",
        "          and there",
        "          → Mend it.",
        "– third   not checked",
        "",
        "1 passed, 1 failed, 1 not checked or for information.",
      ].join("\n"),
    );
  });

  test("is one line as JSON", () => {
    const line = reportJson(results);
    expect(line).not.toContain("\n");
    expect(JSON.parse(line)).toEqual({ ok: false, checks: results });
  });

  test("is healthy unless something failed", () => {
    expect(isHealthy(results)).toBe(false);
    expect(isHealthy(results.filter(({ status }) => status !== "failed"))).toBe(true);
  });

  test("lets nothing through that steers a terminal, and cuts what is endless", () => {
    const text = reportText([{ name: "hostile", ...failed(`\u001b[2J${"x".repeat(10_000)}`, "Mend it.") }]);
    expect(text).not.toContain("\u001b");
    expect(text).toContain("\\u{1b}[2J");
    expect(text.length).toBeLessThan(1_000);
  });
});
