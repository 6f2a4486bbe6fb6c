/** The origin's lines: one for each event, its metrics in the embedded format, and each metric written by something. */

import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { OriginLogEvent } from "../../../origin/log.ts";
import { originMetrics } from "../../../origin/telemetry/metrics.ts";
import { createOriginSink } from "../../../origin/telemetry/sink.ts";
import { metricsOfOrigin } from "../../../protocol/metrics.ts";
import { anyText } from "../../builders/arbitrary.ts";
import { metricsIn } from "../../builders/emf.ts";

const order = `ord_${"0".repeat(40)}`;
const transaction = `0x${"ab".repeat(32)}`;

/** One of each. */
const events: { readonly [Event in OriginLogEvent["event"]]: Extract<OriginLogEvent, { event: Event }> } = {
  request_refused: { event: "request_refused", code: "grant_required", path: "/report" },
  purchase_claimed: {
    event: "purchase_claimed",
    order,
    state: "settled",
    payer: `0x${"cd".repeat(20)}`,
    chain: "polygon",
    amount: "4200000",
    agent: "agent-7",
    device: "phone-1",
    transaction,
  },
  purchase_replayed: { event: "purchase_replayed", order, state: "delivered", transaction },
  purchase_moved: {
    event: "purchase_moved",
    order,
    state: "delivered",
    transaction,
    change: "delivered",
    ms: 2_100,
    refund: null,
  },
  content_returned: { event: "content_returned", order, transaction, status: 200 },
  settlement_submitted: { event: "settlement_submitted", order, chain: "polygon" },
  refund_submitted: { event: "refund_submitted", order, outcome: "settled", transaction },
  refund_lost: { event: "refund_lost", order },
  release_refused: { event: "release_refused", order, esim: "tran-1", reason: "wrong_status" },
  settlement_retried: { event: "settlement_retried", order, outcome: "unknown", transaction: null },
  supplier_failed: { event: "supplier_failed", order, reason: "out_of_stock", code: "200011" },
  transfer_unmatched: { event: "transfer_unmatched", chain: "base", transaction },
  payment_landed_late: { event: "payment_landed_late", order, transaction },
  payment_unclaimed: { event: "payment_unclaimed", order, transaction },
  hand_over_failed: { event: "hand_over_failed", order, error: "TimeoutError" },
  item_unreadable: { event: "item_unreadable", key: order },
  sweep_failed: { event: "sweep_failed", order, error: "TypeError" },
  refund_wallet_seen: { event: "refund_wallet_seen", chain: "base", balance: "1234567" },
  supplier_balance_seen: { event: "supplier_balance_seen", balance: "1234500" },
  unfinished_seen: { event: "unfinished_seen", order, seconds: 121 },
  esim_suspended: { event: "esim_suspended", order, esim: "tran-1" },
  esim_resumed: { event: "esim_resumed", order, esim: "tran-1" },
  pool_refilled: { event: "pool_refilled", plan: "us-7day", order: "pool_1", esims: 24 },
  pool_returned: { event: "pool_returned", plan: "us-7day", order, esim: "tran-1" },
  pool_retired: { event: "pool_retired", plan: "us-7day", esim: "tran-1" },
  pool_level_seen: { event: "pool_level_seen", plan: "us-7day", ready: 24 },
  pool_failed: { event: "pool_failed", plan: "us-7day", error: "TimeoutError" },
  usage_unavailable: { event: "usage_unavailable", esim: "tran-1", detail: "timeout" },
  usage_refused: { event: "usage_refused", esim: "tran-1", reason: "signature_invalid" },
  esim_disputed: { event: "esim_disputed", order, esim: "tran-1" },
  suspension_failed: { event: "suspension_failed", order, esim: "tran-1", reason: "timeout" },
  allotment_drawn: { event: "allotment_drawn", order, item: 3, device: "drone-1", replayed: false },
  allotment_closed: { event: "allotment_closed", order, undrawn: 2 },
  webhook_sent: { event: "webhook_sent", order, state: "delivered", attempt: 1 },
  webhook_failed: { event: "webhook_failed", order, state: "delivered", attempt: 1, reason: "timeout" },
  webhook_received: { event: "webhook_received", type: "ORDER_STATUS", isNew: true, order },
  webhook_refused: { event: "webhook_refused", reason: "secret" },
  watch_failed: { event: "watch_failed", source: "base", reason: "unreachable" },
  trace_export_failed: { event: "trace_export_failed", error: "Timeout" },
  internal_error: { event: "internal_error", error: "TypeError" },
};

const all: readonly OriginLogEvent[] = Object.values(events);

const written: string[] = [];
beforeEach(() => {
  written.splice(0);
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, "write").mockImplementation((text) => {
      written.push(String(text));
      return true;
    });
  }
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** What reaches the function's log. */
function linesOf(event: OriginLogEvent, service = "shop"): readonly string[] {
  written.splice(0);
  createOriginSink({ service })({ ...event, trace_id: "t".repeat(32) });
  return written.join("").trimEnd().split("\n");
}

describe("a line", () => {
  test.each(all)("$event has level, event, time, service, trace and the event's own fields", (event) => {
    const [line = "", ...others] = linesOf(event);
    expect(JSON.parse(line)).toMatchObject({
      level: expect.stringMatching(/^(?:info|warn|error)$/),
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      service: "shop",
      trace_id: "t".repeat(32),
      ...Object.fromEntries(Object.entries(event).filter(([, value]) => value !== null)),
    });
    expect(others.every((other) => metricsIn(other).length > 0)).toBe(true);
  });

  test("leaves out what is null, a trace that there is none of included", () => {
    written.splice(0);
    createOriginSink({ service: "shop" })({ ...events.purchase_claimed, agent: null, trace_id: null });
    const line: unknown = JSON.parse(written[0] ?? "");
    expect(line).toMatchObject({ event: "purchase_claimed", device: "phone-1" });
    expect(line).not.toHaveProperty("agent");
    expect(line).not.toHaveProperty("trace_id");
  });
});

describe("metrics", () => {
  test.each(all)("of $event are those that it counts for, as CloudWatch takes them", (event) => {
    const expected = originMetrics(event).map(({ name, value, dimensions }) => ({
      name,
      value,
      dimensions: { Service: "shop", ...dimensions },
    }));
    expect(linesOf(event).flatMap(metricsIn)).toEqual(expected);
  });

  test("stay such that CloudWatch takes them, whatever texts and numbers come", () => {
    const anyBalance = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }).map(String);
    const anyEvent = fc
      .tuple(fc.constantFrom(...all), anyText, anyBalance, fc.nat(1e9))
      .map(([event, text, balance, seconds]): OriginLogEvent => {
        const hostile = { path: text, error: text, code: text, device: text, agent: text, balance, seconds };
        const changed = Object.entries(hostile).filter(([name]) => Object.hasOwn(event, name));
        return { ...event, ...Object.fromEntries(changed) };
      });
    fc.assert(
      fc.property(anyEvent, (event) => {
        const lines = linesOf(event);
        expect(lines).toHaveLength(1 + originMetrics(event).length);
        expect(lines.flatMap(metricsIn)).toHaveLength(originMetrics(event).length);
      }),
    );
  });

  test("of the origin are each written for some event", () => {
    const states = ["refund_due", "refund_blocked", "refunded"];
    const moves = states.map((state) => ({ ...events.purchase_moved, state }));
    const names = new Set<string>([...all, ...moves].flatMap(originMetrics).map(({ name }) => name));
    expect([...names].sort()).toEqual(Object.keys(metricsOfOrigin).sort());
  });

  test.each([
    ["refund_due", "due"],
    ["refund_blocked", "blocked"],
    ["refunded", "refunded"],
  ])("a purchase that becomes %s counts as a refund that is %s, once", (state, outcome) => {
    const moved = { ...events.purchase_moved, state, change: "failed" };
    const counted = { name: "Refunds", value: 1, dimensions: { Outcome: outcome } };
    expect(originMetrics(moved)).toContainEqual(counted);
    expect(originMetrics({ ...moved, change: "released" })).toEqual([]);
  });

  test("what an owner gives back counts as no sale that failed, and as nothing where it is kept", () => {
    const returned = { ...events.purchase_moved, state: "refund_due", change: "returned", ms: null };
    expect(originMetrics(returned)).toEqual([
      { name: "Refunds", value: 1, dimensions: { Outcome: "returned" } },
    ]);
    expect(originMetrics({ ...returned, state: "delivered", change: "kept" })).toEqual([]);
    expect(originMetrics({ ...returned, state: "refunded", change: "kept_rest" })).toEqual([]);
  });

  test("balances are in whole USDC and dollars", () => {
    expect(originMetrics(events.refund_wallet_seen)).toMatchObject([{ value: 1.234567 }]);
    expect(originMetrics(events.supplier_balance_seen)).toMatchObject([{ value: 123.45 }]);
  });

  test("provisioning is timed where the goods arrive, and only there", () => {
    const timed = { name: "ProvisioningLatency", value: 2_100, dimensions: {} };
    expect(originMetrics(events.purchase_moved)).toContainEqual(timed);
    expect(originMetrics({ ...events.purchase_moved, state: "settled", ms: null })).not.toContainEqual(timed);
  });
});
