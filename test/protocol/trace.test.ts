/** Trace context: what is taken for a trace, and that nothing else is. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatEdgeSpan,
  formatTraceparent,
  newId,
  parseEdgeSpan,
  parseTraceparent,
  SPAN_ID_BYTES,
  TRACE_ID_BYTES,
} from "../../protocol/trace.ts";
import { anyBytes, anyText } from "../builders/arbitrary.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";

const hexId = (digits: number) =>
  fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`)).filter((id) => !/^0*$/.test(id));
const anyContext = fc.record({ traceId: hexId(32), spanId: hexId(16) });

describe("a traceparent", () => {
  test("is read whatever its flags, and written as sampled", () => {
    for (const flags of ["00", "01", "ff"]) {
      expect(parseTraceparent(`00-${TRACE}-${SPAN}-${flags}`)).toEqual({ traceId: TRACE, spanId: SPAN });
    }
    expect(formatTraceparent({ traceId: TRACE, spanId: SPAN })).toBe(`00-${TRACE}-${SPAN}-01`);
  });

  test("says the same after writing and reading", () => {
    fc.assert(
      fc.property(anyContext, (context) => {
        expect(parseTraceparent(formatTraceparent(context))).toEqual(context);
      }),
    );
  });

  test.each([
    ["another version", `01-${TRACE}-${SPAN}-01`],
    ["the forbidden version", `ff-${TRACE}-${SPAN}-01`],
    ["a trace id of zeros", `00-${"0".repeat(32)}-${SPAN}-01`],
    ["a span id of zeros", `00-${TRACE}-${"0".repeat(16)}-01`],
    ["upper case", `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ["a short trace id", `00-${TRACE.slice(1)}-${SPAN}-01`],
    ["a long span id", `00-${TRACE}-${SPAN}0-01`],
    ["flags of one digit", `00-${TRACE}-${SPAN}-1`],
    ["something after the flags", `00-${TRACE}-${SPAN}-01-more`],
    ["a second one", `00-${TRACE}-${SPAN}-01,00-${TRACE}-${SPAN}-01`],
    ["space in front", ` 00-${TRACE}-${SPAN}-01`],
    ["a line break behind", `00-${TRACE}-${SPAN}-01\n`],
    ["other digits", `00-${TRACE.replace("4", "４")}-${SPAN}-01`],
    ["nothing", ""],
  ])("with %s is none", (_, header) => {
    expect(parseTraceparent(header)).toBeUndefined();
  });

  test("with any one character changed is none, or still two ids that are not zero", () => {
    const header = `00-${TRACE}-${SPAN}-01`;
    fc.assert(
      fc.property(fc.nat(header.length - 1), fc.string({ unit: "binary", maxLength: 3 }), (at, put) => {
        const changed = header.slice(0, at) + put + header.slice(at + 1);
        const parsed = parseTraceparent(changed);
        if (parsed === undefined) return;
        expect(changed).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);
        expect([parsed.traceId, parsed.spanId]).not.toContain("0".repeat(16));
        expect(formatTraceparent(parsed).slice(0, -2)).toBe(changed.slice(0, -2));
      }),
      { numRuns: 500 },
    );
  });

  test("that is any text does not throw", () => {
    fc.assert(fc.property(anyText, (text) => parseTraceparent(text) === undefined));
  });
});

test("new ids make a valid traceparent whatever the dice say", () => {
  const anyRandom = (length: number) => fc.oneof(anyBytes(length), fc.constant(new Uint8Array(length)));
  fc.assert(
    fc.property(anyRandom(TRACE_ID_BYTES), anyRandom(SPAN_ID_BYTES), (trace, span) => {
      const context = { traceId: newId(trace), spanId: newId(span) };
      expect(parseTraceparent(formatTraceparent(context))).toEqual(context);
    }),
  );
});

describe("what the edge tells of its span", () => {
  const anySpan = fc.record({
    startedAt: fc.integer({ min: 1_000_000_000_000, max: 9_999_999_999_999 }),
    duration: fc.integer({ min: 0, max: 60_000 }),
    parentId: fc.option(hexId(16)),
  });

  test("says the same after writing and reading", () => {
    fc.assert(
      fc.property(anySpan, (span) => {
        expect(parseEdgeSpan(formatEdgeSpan(span))).toEqual(span);
      }),
    );
  });

  test("is written as what can be read, whatever the clock did", () => {
    for (const duration of [-5, 0.4, 1e9]) {
      const written = formatEdgeSpan({ startedAt: 1_700_000_000_000, duration, parentId: null });
      expect(parseEdgeSpan(written)).toBeDefined();
    }
  });

  test.each([
    "",
    "0-1-1",
    `${SPAN}-1700000000000-60001`,
    `${SPAN}-1700000000000--1`,
    `${SPAN}-1700000000000-1e3`,
    `${SPAN}-0700000000000-10`,
    `${SPAN}-1700000000000-10-10`,
  ])("%j is nothing", (header) => {
    expect(parseEdgeSpan(header)).toBeUndefined();
  });
});
