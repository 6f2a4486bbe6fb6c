/** The edge's lines: one for each event, with its metrics in it, and nothing that must stay secret. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LogEvent } from "../../edge/log.ts";
import { createEdgeSink, edgeMetrics } from "../../edge/telemetry.ts";
import { metricsOfEdge } from "../../protocol/edge-metrics.ts";
import type { MetricName } from "../../protocol/metrics.ts";
import { anyText } from "../builders/arbitrary.ts";
import { metricsIn } from "../builders/emf.ts";
import { TRANSACTION } from "./gate-harness.ts";

const TRACE = () => "t".repeat(32);
const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

const payment = {
  order: `ord_${"0".repeat(40)}`,
  payer: `0x${"ab".repeat(20)}`,
  chain: "polygon",
  amount: "4200000",
  invoice: null,
};

/** One of each. */
const events: { readonly [Event in LogEvent["event"]]: Extract<LogEvent, { event: Event }> } = {
  request_refused: { event: "request_refused", code: "route_not_found" },
  challenge_issued: {
    event: "challenge_issued",
    code: "payment_required",
    path: "/report",
    amount: "1",
    order: null,
  },
  quote_given: { event: "quote_given", path: "/report", amount: "1" },
  payment_refused: { event: "payment_refused", code: "payment_rejected", by: "facilitator", ...payment },
  verification_started: { event: "verification_started", ...payment },
  facilitator_unavailable: { event: "facilitator_unavailable", fault: "timeout", ...payment },
  settlement_submitted: { event: "settlement_submitted", ...payment },
  payment_settled: { event: "payment_settled", transaction: TRANSACTION, ms: 812, ...payment },
  settlement_unknown: {
    event: "settlement_unknown",
    fault: "timeout",
    ms: 4_000,
    transaction: null,
    ...payment,
  },
  payment_verified: { event: "payment_verified", ...payment },
  payment_deferred: { event: "payment_deferred", why: "low_credit", ...payment },
  payment_spent: { event: "payment_spent", ...payment },
  payment_looked_up: { event: "payment_looked_up", code: "payment_expired", ...payment },
  origin_declined: { event: "origin_declined", status: 500, ...payment },
  content_returned: { event: "content_returned", status: 200, transaction: TRANSACTION, ...payment },
  grant_refused: { event: "grant_refused", code: "grant_invalid", path: "/report" },
  proof_forwarded: { event: "proof_forwarded", transaction: TRANSACTION, path: "/report" },
  internal_error: { event: "internal_error", error: "TypeError" },
};

const all: readonly LogEvent[] = Object.values(events);

/** What is written, each with whether the request had been answered by then. */
function writes(written: readonly LogEvent[], service = "shop"): readonly (readonly [string, boolean])[] {
  const out: (readonly [string, boolean])[] = [];
  const later: (() => void)[] = [];
  let isAnswered = false;
  const sink = createEdgeSink({
    service,
    write: (lines) => out.push([lines, isAnswered]),
    afterAnswer: (callback) => later.push(callback),
    now: () => NOW,
  });
  for (const event of written) sink(event, TRACE);
  isAnswered = true;
  for (const callback of later) callback();
  return out;
}

function linesOf(written: readonly LogEvent[], service?: string): string[] {
  const text = writes(written, service)
    .map(([lines]) => lines)
    .join("");
  return text.split("\n").slice(0, -1);
}

describe("a line", () => {
  test.each(all)("$event has level, event, time, service, trace and the event's own fields", (event) => {
    const [line = "", ...others] = linesOf([event]);
    expect(others).toEqual([]);
    expect(line).not.toContain("\n");
    expect(JSON.parse(line)).toMatchObject({
      level: expect.stringMatching(/^(?:info|warn|error)$/),
      at: "2026-01-02T03:04:05.678Z",
      service: "shop",
      trace_id: "t".repeat(32),
      ...event,
    });
  });

  test.each(all)("$event holds metrics that CloudWatch takes, and those that it counts for", (event) => {
    const written = linesOf([event]).flatMap(metricsIn);
    expect(written).toEqual(
      edgeMetrics(event).map(({ name, value, dimensions }) => ({
        name,
        value,
        dimensions: { Service: "shop", ...dimensions },
      })),
    );
  });

  test("of what may move money next, or end it all, is out at once; the others wait for the answer", () => {
    const early = all.filter((event) => writes([event]).some(([, isAnswered]) => !isAnswered));
    const names = ["verification_started", "settlement_submitted", "internal_error"];
    expect(early.map(({ event }) => event)).toEqual(names);
  });

  test("stays one that CloudWatch takes, whatever its texts are", () => {
    const anyEvent = fc
      .tuple(fc.constantFrom(...all), anyText, fc.nat(100_000))
      .map(([event, text, ms]): LogEvent => {
        const hostile = { path: text, fault: text, error: text, payer: text, ms };
        const changed = Object.entries(hostile).filter(([name]) => Object.hasOwn(event, name));
        return { ...event, ...Object.fromEntries(changed) };
      });
    const anyService = fc.stringMatching(/^[\x21-\x39\x3b-\x7e][\x20-\x7e]{0,30}[\x21-\x7e]$/);
    fc.assert(
      fc.property(anyEvent, anyService, (event, service) => {
        const [line = ""] = linesOf([event], service);
        expect(metricsIn(line)).toHaveLength(edgeMetrics(event).length);
      }),
    );
  });
});

describe("lines", () => {
  test("come out in the order of their events, none twice, in one write where they can", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...all), { maxLength: 80 }), (events) => {
        const lines = linesOf(events).map((line) => JSON.parse(line).event);
        expect(lines).toEqual(events.map(({ event }) => event));
      }),
    );
    const { request_refused, challenge_issued, settlement_submitted, payment_settled } = events;
    const written = writes([request_refused, settlement_submitted, payment_settled, challenge_issued]);
    expect(written.map(([, isAnswered]) => isAnswered)).toEqual([false, true]);
  });

  test("are put off for a while only, however many come in one turn", () => {
    const burst = Array.from({ length: 100 }, () => events.challenge_issued);
    const early = writes(burst).filter(([, isAnswered]) => !isAnswered);
    expect(early).toHaveLength(3);
  });

  test("that are waiting are written once, and later ones after them", () => {
    const out: string[] = [];
    const later: (() => void)[] = [];
    const sink = createEdgeSink({
      service: "shop",
      write: (lines) => out.push(lines),
      afterAnswer: (callback) => later.push(callback),
      now: () => NOW,
    });
    for (let turn = 0; turn < 3; turn++) {
      sink(events.challenge_issued, TRACE);
      sink(events.request_refused, TRACE);
      expect(later).toHaveLength(1);
      later.pop()?.();
      expect(out).toHaveLength(turn + 1);
    }
  });
});

describe("metrics", () => {
  test("of the edge are each written for some event, and none of the origin's is", () => {
    const written = new Set<MetricName>(all.flatMap(edgeMetrics).map(({ name }) => name));
    expect([...written].sort()).toEqual(Object.keys(metricsOfEdge).sort());
  });

  test.each([
    ["payment_settled", "settled"],
    ["payment_verified", "verified"],
    ["payment_deferred", "deferred"],
    ["settlement_unknown", "unknown"],
    ["payment_spent", "spent"],
    ["payment_looked_up", "looked_up"],
    ["payment_refused", "refused"],
    ["facilitator_unavailable", "unavailable"],
  ] as const)("%s is a payment's outcome: %s", (event, outcome) => {
    expect(edgeMetrics(events[event])).toContainEqual({
      name: "Payments",
      value: 1,
      dimensions: { Outcome: outcome },
    });
  });
});
