/** A batch comes back from its bytes as it was, has one spelling, and nothing else comes out as a batch. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Batch, decodeBatch, encodeBatch, MAX_BATCH_BYTES } from "../../../origin/archive/batch.ts";
import { cidOf } from "../../../origin/archive/cid.ts";
import { archiveRecord } from "../../../origin/archive/record.ts";
import { anyText } from "../../builders/arbitrary.ts";
import { anyPurchase } from "../../builders/arbitrary-purchase.ts";
import { AT, recordOf } from "./support.ts";

const anyBatch: fc.Arbitrary<Batch> = fc
  .tuple(
    fc.integer({ min: 1, max: 999_999_999_999 }),
    fc.uint8Array().map(cidOf),
    fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    fc.array(anyPurchase.map(archiveRecord), { minLength: 1, maxLength: 4 }),
  )
  .map(([sequence, cid, createdAt, records]) => ({
    sequence,
    previous: sequence === 1 ? null : cid,
    createdAt,
    records,
  }));

const first: Batch = {
  sequence: 1,
  previous: null,
  createdAt: AT,
  records: [recordOf(1, "delivered"), recordOf(2, "void")],
};

function decodeText(text: string) {
  return decodeBatch(new TextEncoder().encode(text));
}

const [HEADER = "", RECORD_1 = "", RECORD_2 = ""] = Buffer.from(encodeBatch(first).bytes)
  .toString()
  .split("\n");

describe("a batch", () => {
  test("comes back from its bytes as it was, and its CID is theirs", () => {
    fc.assert(
      fc.property(anyBatch, (batch) => {
        const { cid, bytes } = encodeBatch(batch);
        expect(cid).toBe(cidOf(bytes));
        expect(decodeBatch(bytes)).toEqual({ ok: true, value: batch });
      }),
    );
  });

  test("is lines of JSON: the header, then one a record", () => {
    expect(JSON.parse(HEADER)).toEqual({
      batch: "edge402-ledger/1",
      sequence: 1,
      previous: null,
      createdAt: AT,
      count: 2,
    });
    expect(JSON.parse(RECORD_1)).toMatchObject({
      state: "delivered",
      amount: "4200000",
      network: "eip155:8453",
    });
  });

  test("whatever can be decoded has those very bytes as its spelling", () => {
    const { bytes } = encodeBatch(first);
    const anyEdit = fc.record({
      at: fc.nat(bytes.length),
      cut: fc.nat(3),
      put: fc.uint8Array({ maxLength: 3 }),
    });
    fc.assert(
      fc.property(anyEdit, ({ at, cut, put }) => {
        const edited = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + cut)]);
        const decoded = decodeBatch(edited);
        if (decoded.ok) expect(Buffer.from(encodeBatch(decoded.value).bytes).equals(edited)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test.each<[string, Partial<Batch>]>([
    ["without records", { records: [] }],
    ["that follows one and is the first", { previous: cidOf(new Uint8Array()) }],
    ["that follows none and is not the first", { sequence: 2 }],
    ["of sequence 0", { sequence: 0 }],
    ["of a sequence that has no name", { sequence: 1_000_000_000_000, previous: cidOf(new Uint8Array()) }],
  ])("%s can't be written", (_, change) => {
    expect(() => encodeBatch({ ...first, ...change })).toThrow(RangeError);
  });

  test("larger than the limit can't be written", () => {
    const large = { ...recordOf(1, "settled"), invoice: "x".repeat(MAX_BATCH_BYTES) };
    expect(() => encodeBatch({ ...first, records: [large] })).toThrow(RangeError);
  });
});

describe("hostile bytes", () => {
  test("are no batch, and no exception", () => {
    const anyLines = fc
      .array(fc.oneof(anyText, fc.json()))
      .map((lines) => new TextEncoder().encode(`${lines.join("\n")}\n`));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), anyLines), (bytes) => {
        expect(decodeBatch(bytes).ok).toBe(false);
      }),
    );
  });

  test.each<[string, string, number | null, string]>([
    ["nothing", "not_lines", null, ""],
    ["no last line break", "not_lines", null, HEADER],
    ["a byte order mark", "header_malformed", 1, `\ufeff${HEADER}\n${RECORD_1}\n${RECORD_2}\n`],
    ["Windows line ends", "header_malformed", 1, `${HEADER}\r\n${RECORD_1}\r\n${RECORD_2}\r\n`],
    [
      "another format",
      "header_malformed",
      1,
      `${HEADER.replace("ledger/1", "ledger/2")}\n${RECORD_1}\n${RECORD_2}\n`,
    ],
    [
      "a count in another spelling",
      "header_malformed",
      1,
      `${HEADER.replace('"count":2', '"count":2.0')}\n${RECORD_1}\n${RECORD_2}\n`,
    ],
    ["a record too few", "count_wrong", 1, `${HEADER}\n${RECORD_1}\n`],
    ["a record too many", "count_wrong", 1, `${HEADER}\n${RECORD_1}\n${RECORD_2}\n${RECORD_2}\n`],
    ["an empty line for a record", "record_malformed", 3, `${HEADER}\n${RECORD_1}\n\n`],
    [
      "a space in a record",
      "record_malformed",
      2,
      `${HEADER}\n${RECORD_1.replace(":", ": ")}\n${RECORD_2}\n`,
    ],
    [
      "a key twice",
      "record_malformed",
      2,
      `${HEADER}\n${RECORD_1.replace("{", '{"order":"x",')}\n${RECORD_2}\n`,
    ],
    [
      "a key too many",
      "record_malformed",
      3,
      `${HEADER}\n${RECORD_1}\n${RECORD_2.replace("{", '{"extra":1,')}\n`,
    ],
    [
      "a negative amount",
      "record_malformed",
      2,
      `${HEADER}\n${RECORD_1.replace('"4200000"', '"-4200000"')}\n${RECORD_2}\n`,
    ],
    [
      "an amount as a number",
      "record_malformed",
      2,
      `${HEADER}\n${RECORD_1.replace('"4200000"', "4200000")}\n${RECORD_2}\n`,
    ],
  ])("%s is %s", (_, fault, line, text) => {
    expect(decodeText(text)).toEqual({ ok: false, reason: { fault, line } });
  });

  test("that are no UTF-8 are told so", () => {
    expect(decodeBatch(Uint8Array.of(0xff, 0x0a))).toEqual({
      ok: false,
      reason: { fault: "not_utf8", line: null },
    });
  });

  test("of more than the limit are not looked at", () => {
    const bytes = new Uint8Array(MAX_BATCH_BYTES + 1).fill(0x0a);
    expect(decodeBatch(bytes)).toEqual({ ok: false, reason: { fault: "too_large", line: null } });
  });
});
