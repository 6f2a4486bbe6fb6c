/** The targets: each is judged by itself, against the best peer, and one that was not measured is missed. */

import { describe, expect, test } from "vitest";
import type { Rejections } from "../../scripts/bench/edge/check.ts";
import type { ContestantName } from "../../scripts/bench/edge/contestants.ts";
import type { Metric } from "../../scripts/bench/edge/figures.ts";
import { type Judged, judge } from "../../scripts/bench/targets.ts";

type Row = Partial<Record<ContestantName, number>>;

/** A run in which every target is just met. Of the peers another one is the best each time. */
const met: Partial<Record<Metric, Row>> = {
  bytes: { edge402: 100_000 },
  coldUnpaidCpu: { edge402: 6, "floor-402": 2.4, "lambda-edge": 40, hono: 50, express: 100 },
  coldPaidCpu: { edge402: 20.9, "floor-paid": 9, "lambda-edge": 70, hono: 60, express: 100 },
  hotUnpaidCpu: { edge402: 0.02, "floor-402": 0.001, "lambda-edge": 0.05, hono: 0.04, express: 0.1 },
  hotPaidCpu: { edge402: 1, "floor-paid": 0.4, "lambda-edge": 1.2, hono: 1.1, express: 1 },
  memory: { edge402: 60e6, "floor-paid": 50e6, "lambda-edge": 100e6, hono: 110e6, express: 120e6 },
};

const REFUSED = { outcome: "asked_to_pay", facilitatorCalls: 0 } as const;
const rejections: Rejections = { forged: REFUSED, underpaid: REFUSED, expired: REFUSED, lapsed: REFUSED };

function judged(changes: Partial<Record<Metric, Row>> = {}, rest: Partial<Judged> = {}) {
  const rows = { ...met, ...changes };
  const verdicts = judge({
    figures: (name, metric) => rows[metric]?.[name] ?? null,
    rejections,
    poolWriteUnits: 4,
    ...rest,
  });
  return verdicts.filter(({ ok }) => !ok).map(({ target }) => target);
}

test("a run that just meets every target misses none", () => {
  expect(judged()).toEqual([]);
});

describe("is missed by itself:", () => {
  test.each<[string, Partial<Record<Metric, Row>>]>([
    [
      "cold start to the first 402, of the floor's",
      { coldUnpaidCpu: { ...met.coldUnpaidCpu, "floor-402": 2.3 } },
    ],
    [
      "cold start to the first 402, of the best peer's",
      { coldUnpaidCpu: { ...met.coldUnpaidCpu, hono: 39 } },
    ],
    [
      "cold start to the first paid, of the best peer's",
      { coldPaidCpu: { ...met.coldPaidCpu, edge402: 22 } },
    ],
    ["warm unpaid request, of the best peer's", { hotUnpaidCpu: { ...met.hotUnpaidCpu, express: 0.03 } }],
    ["warm paid request, of the best peer's", { hotPaidCpu: { ...met.hotPaidCpu, express: 0.9 } }],
    ["warm paid request, of the floor's", { hotPaidCpu: { ...met.hotPaidCpu, "floor-paid": 0.3 } }],
    ["bundle", { bytes: { edge402: 100_001 } }],
    ["memory after 1,000 paid requests, of the best peer's", { memory: { ...met.memory, edge402: 61e6 } }],
  ])("%s", (target, changes) => {
    expect(judged(changes)).toEqual([target]);
  });

  test.each([
    "forged",
    "expired",
    "underpaid",
  ] as const)("a facilitator call for a payment that is %s", (kind) => {
    for (const changed of [
      { outcome: "asked_to_pay", facilitatorCalls: 1 },
      { outcome: "sold", facilitatorCalls: 0 },
      { outcome: "looked_up", facilitatorCalls: 0 },
    ] as const) {
      const missed = judged({}, { rejections: { ...rejections, [kind]: changed } });
      expect(missed).toEqual([expect.stringContaining(kind)]);
    }
  });

  test("a purchase from a pool that costs five write units", () => {
    expect(judged({}, { poolWriteUnits: 5 })).toEqual(["DynamoDB write units of a purchase from a pool"]);
  });
});

test("what was not measured is missed", () => {
  const all = judge({ figures: () => null, rejections: undefined, poolWriteUnits: null });
  expect(all.map(({ ok }) => ok)).toEqual(all.map(() => false));
});
