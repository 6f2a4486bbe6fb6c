/** The waterfall and the receiver: what a person sees of a trace, and what is taken for one. */

import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { startTraceReceiver, type TraceReceiver } from "../../../scripts/local/telemetry/receiver.ts";
import { parseSpans, type Span } from "../../../scripts/local/telemetry/spans.ts";
import { waterfall } from "../../../scripts/local/telemetry/waterfall.ts";
import { anyText } from "../../builders/arbitrary.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

const idOf = (number: number) => number.toString(16).padStart(16, "0");

/** @param parent a span's number; 0 for none */
function span(number: number, parent: number, name: string, from: number, to: number): Span {
  return {
    traceId: TRACE,
    spanId: idOf(number),
    parentId: parent === 0 ? null : idOf(parent),
    name,
    startedAt: 1_700_000_000_000 + from,
    endedAt: 1_700_000_000_000 + to,
    isError: false,
    attributes: {},
  };
}

describe("a waterfall", () => {
  test("draws each span under its parent, in the order of time, as long as it took", () => {
    const text = waterfall([
      span(4, 1, "settle", 200, 1_000),
      span(1, 0, "gate", 0, 1_000),
      span(2, 1, "verify", 0, 200),
      { ...span(3, 2, "post", 50, 150), isError: true },
    ]);
    const rows = text.split("\n").map((line) => {
      const [, label = "", bar = "", rest = ""] = /^(.{32}) (.{40}) (.*)$/.exec(line) ?? [];
      return [label.trimEnd(), bar.indexOf("█"), bar.trim().length, rest.trim()];
    });
    expect(rows).toEqual([
      ["gate", 0, 40, "1000 ms"],
      ["  verify", 0, 8, "200 ms"],
      ["    post", 1, 5, "100 ms failed"],
      ["  settle", 7, 33, "800 ms"],
    ]);
  });

  test("draws what was done again and again as one row, with its time added up", () => {
    const polls = [0, 100, 200].map((from, index) => span(index + 2, 1, "poll", from, from + 10));
    const [, row = "", ...others] = waterfall([span(1, 0, "job", 0, 400), ...polls]).split("\n");
    expect(row).toMatch(/^ {2}poll ×3 .* 30 ms$/);
    expect(others).toEqual([]);
  });

  test("puts a span whose parent is missing at the top", () => {
    expect(waterfall([span(2, 9, "orphan", 0, 1)])).toMatch(/^orphan /);
    expect(waterfall([])).toBe("");
  });

  test("has a row for every span, or fewer where they repeat, whatever the clocks say", () => {
    const anySpan = fc
      .tuple(fc.nat(20), fc.nat(20), fc.constantFrom("a", "b"), fc.nat(5_000), fc.nat(5_000))
      .map(([number, parent, name, from, ms]) => span(number + 1, parent, name, from, from + ms));
    const anySpans = fc.uniqueArray(anySpan, { selector: ({ spanId }) => spanId, maxLength: 12 });
    fc.assert(
      fc.property(anySpans, (spans) => {
        const rows = waterfall(spans).split("\n").filter(Boolean);
        expect(rows.length).toBeLessThanOrEqual(spans.length);
        for (const row of rows) expect(row).toMatch(/^.{32} .{40} +\d+ ms$/);
      }),
    );
  });
});

describe("the receiver", () => {
  const open: TraceReceiver[] = [];
  afterEach(() => Promise.all(open.splice(0).map((receiver) => receiver.close())));

  const exported = {
    traceId: TRACE,
    spanId: idOf(1),
    name: "gate",
    startTimeUnixNano: "1700000000000250000",
    endTimeUnixNano: "1700000000001000000",
    attributes: [
      { key: "edge402.order", value: { stringValue: "ord_1" } },
      { key: "status", value: { intValue: 200 } },
    ],
    status: { code: 2 },
  };
  const request = (spans: readonly object[]) =>
    JSON.stringify({ resourceSpans: [{ resource: {}, scopeSpans: [{ scope: {}, spans }] }] });

  async function post(path: string, body: string) {
    const receiver = await startTraceReceiver();
    open.push(receiver);
    const { status } = await fetch(receiver.url + path, { method: "POST", body });
    return { status, receiver };
  }

  test("keeps the spans of an export, by trace", async () => {
    const { status, receiver } = await post("/v1/traces", request([exported]));
    expect(status).toBe(200);
    expect(receiver.trace(TRACE)).toEqual([
      {
        traceId: TRACE,
        spanId: idOf(1),
        parentId: null,
        name: "gate",
        startedAt: 1_700_000_000_000.25,
        endedAt: 1_700_000_000_001,
        isError: true,
        attributes: { "edge402.order": "ord_1", status: 200 },
      },
    ]);
    expect(receiver.trace("0".repeat(32))).toEqual([]);
  });

  test.each([
    ["another path", "/v1/logs", request([exported]), 404],
    ["a body that is no JSON", "/v1/traces", "{", 400],
    ["a span without its trace", "/v1/traces", request([{ ...exported, traceId: "" }]), 400],
  ])("keeps nothing of %s", async (_, path, body, expected) => {
    const { status, receiver } = await post(path, body);
    expect(status).toBe(expected);
    expect(receiver.spans).toEqual([]);
  });

  test("does not throw at any text", () => {
    fc.assert(fc.property(anyText, (text) => parseSpans(text) === undefined));
  });
});
