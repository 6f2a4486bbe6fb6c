/** Figures as a person reads them. */

import { expect, test } from "vitest";
import { edgeTable, verdictTable } from "../../scripts/bench/report.ts";
import { formatFigure, formatRatio, renderTable } from "../../scripts/bench/table.ts";

test("columns are as wide as what is in them; short rows end early", () => {
  expect(renderTable([["", "a", "long head"], ["row", "1,000", "2"], ["longer row"]])).toBe(
    ["                a  long head", "row         1,000          2", "longer row"].join("\n"),
  );
  expect(renderTable([])).toBe("");
});

test.each([
  [130_771, "bytes", "130,771"],
  [78_925_824, "megabytes", "78.9 MB"],
  [0.0951, "ms", "0.095 ms"],
  [3.456, "ms", "3.46 ms"],
  [52.49, "ms", "52.5 ms"],
  [1_241.4, "ms", "1241 ms"],
  [2, "count", "2"],
  [1.284, "count", "1.28"],
  [null, "ms", "–"],
] as const)("%j %s is written %s", (value, unit, text) => {
  expect(formatFigure(value, unit)).toBe(text);
});

test("ratios have two decimals while these mean something", () => {
  expect([0.149, 2.5, 21.4, null].map(formatRatio)).toEqual(["0.15×", "2.50×", "21×", "–"]);
});

test("each contestant's figure stands beside ours as a multiple of it", () => {
  const warm = new Map<string, number>([
    ["edge402", 1],
    ["floor-paid", 0.5],
    ["hono", 4],
  ]);
  const table = edgeTable((name, metric) => (metric === "hotPaidCpu" ? (warm.get(name) ?? null) : null));
  const line = table.split("\n").find((row) => row.startsWith("paid, warm, CPU"));
  expect(line?.split(/ {2,}/)).toEqual([
    "paid, warm, CPU",
    "1.00 ms",
    "–",
    "0.500 ms (2.00×)",
    "–",
    "4.00 ms (0.25×)",
    "–",
  ]);
});

test("a target that is missed can't be overlooked", () => {
  const target = { target: "bundle", limit: 100_000, unit: "bytes" } as const;
  const table = verdictTable([
    { ...target, value: 99_999, ok: true },
    { ...target, value: null, ok: false },
  ]);
  expect(table.split("\n").slice(1)).toEqual([
    expect.stringMatching(/99,999 bytes +100,000 bytes +ok$/),
    expect.stringMatching(/– bytes +100,000 bytes +MISSED$/),
  ]);
});
