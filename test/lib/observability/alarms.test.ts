import { expect, test } from "vitest";
import { edgeMetrics } from "../../../edge/telemetry.ts";
import type { AlarmDefinition } from "../../../lib/observability/alarm-definition.ts";
import { alarms, alarmsAtEdge, alarmsAtOrigin } from "../../../lib/observability/alarms.ts";
import { originMetrics } from "../../../origin/telemetry/metrics.ts";
import { type MetricDefinition, metricsOfEdge } from "../../../protocol/edge-metrics.ts";
import type { MetricDatum } from "../../../protocol/emf.ts";
import { type MetricName, metrics } from "../../../protocol/metrics.ts";

const SECONDS_PER_DAY = 86_400;

test("each alarm has an id of its own, in the form of an anchor", () => {
  const ids = alarms.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter((id) => !/^[a-z]+(?:-[a-z]+)*$/.test(id))).toEqual([]);
});

test("each alarm says why it exists, and why a period without data means what it does", () => {
  const silent = alarms.filter(({ title, why, missing }) => !title || !why.endsWith(".") || !missing.because);
  expect(silent.map(({ id }) => id)).toEqual([]);
});

test("no alarm looks at more than a day, which CloudWatch would refuse", () => {
  const long = alarms.filter(({ periodMinutes, periods: [breaching, of] }) => {
    return breaching > of || periodMinutes * 60 * of > SECONDS_PER_DAY;
  });
  expect(long.map(({ id }) => id)).toEqual([]);
});

test("an alarm that waits for an event takes silence for good; one that waits for a sign of life does not", () => {
  const signsOfLife = alarms.filter(({ goesOff, threshold }) => goesOff === "<" && threshold === 1);
  expect(signsOfLife.length).toBeGreaterThan(3);
  expect(signsOfLife.map(({ missing }) => missing.treat)).toEqual(signsOfLife.map(() => "breaching"));
  const events = alarms.filter(({ goesOff }) => goesOff === ">=");
  expect(events.map(({ missing }) => missing.treat)).toEqual(events.map(() => "notBreaching"));
});

test("the dimensions that an alarm asks for, with the chain or the plan, are those that its metric is written with", () => {
  const wrong = alarms.filter(({ watched }) => {
    if (watched.of !== "service") return false;
    const definition: MetricDefinition = metrics[watched.metric];
    const asked = [
      ...Object.keys(watched.dimensions ?? {}),
      ...definition.dimensions.filter((d) => d === "Chain" || d === "Plan"),
    ];
    return asked.sort().join() !== [...definition.dimensions].sort().join();
  });
  expect(wrong.map(({ id }) => id)).toEqual([]);
});

test("each side's alarms watch what that side writes, since metrics stay in their region", () => {
  const sideOf = (metric: MetricName) => (Object.hasOwn(metricsOfEdge, metric) ? "edge" : "origin");
  const sidesOf = (list: readonly AlarmDefinition[]) =>
    new Set(list.flatMap(({ watched }) => (watched.of === "service" ? [sideOf(watched.metric)] : [])));
  expect(sidesOf(alarmsAtOrigin)).toEqual(new Set(["origin"]));
  expect(sidesOf(alarmsAtEdge)).toEqual(new Set(["edge"]));
});

/** One event of each kind that an alarm waits for. */
const payment = { order: "o", payer: "p", chain: "base", amount: "1", invoice: null } as const;
const buyer = { agent: null, device: null, ...payment } as const;
const moved = { event: "purchase_moved", order: "o", transaction: null, refund: null, change: "x" } as const;
const written: readonly MetricDatum[] = [
  ...edgeMetrics({ event: "internal_error", error: "x" }),
  ...edgeMetrics({ event: "settlement_unknown", fault: "timeout", ms: 1, transaction: null, ...payment }),
  ...edgeMetrics({ event: "payment_settled", transaction: "0x", ms: 1, ...payment }),
  ...[
    { event: "purchase_claimed", state: "settling", transaction: null, ...buyer } as const,
    { ...moved, state: "delivered", ms: 1 } as const,
    { ...moved, state: "refund_due", ms: null } as const,
    { ...moved, state: "refund_blocked", ms: null } as const,
    { event: "refund_lost", order: "o" } as const,
    { event: "supplier_failed", order: "o", reason: "access_denied", code: "000101" } as const,
    { event: "supplier_failed", order: "o", reason: "insufficient_balance", code: "200007" } as const,
    { event: "supplier_failed", order: "o", reason: "price_moved", code: "200005" } as const,
    { event: "transfer_unmatched", chain: "base", transaction: "0x" } as const,
    { event: "sweep_failed", order: "o", error: "x" } as const,
    { event: "internal_error", error: "x" } as const,
    { event: "refund_wallet_seen", chain: "base", balance: "1" } as const,
    { event: "supplier_balance_seen", balance: "1" } as const,
    { event: "unfinished_seen", order: null, seconds: 0 } as const,
    { event: "pool_level_seen", plan: "us-7day", ready: 0 } as const,
    { event: "esim_disputed", order: "o", esim: "e" } as const,
    { event: "usage_refused", esim: "e", reason: "malformed" } as const,
  ].flatMap(originMetrics),
];

test("whatever an alarm of ours waits for is written, by that name and with those values", () => {
  const isWritten = ({ watched }: AlarmDefinition) => {
    if (watched.of !== "service") return true;
    const asked = Object.entries(watched.dimensions ?? {});
    return written.some(({ name, dimensions }) => {
      const values = new Map(Object.entries(dimensions));
      return name === watched.metric && asked.every(([key, value]) => values.get(key) === value);
    });
  };
  expect(alarms.filter((definition) => !isWritten(definition)).map(({ id }) => id)).toEqual([]);
});
