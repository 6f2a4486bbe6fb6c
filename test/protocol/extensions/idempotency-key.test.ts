/** `Idempotency-Key`, quoted as the draft has it and bare as clients send it. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseIdempotencyKey } from "../../../protocol/extensions/idempotency-key.ts";
import { anyText } from "../../builders/arbitrary.ts";

const UUID = "8e03978e-40d5-43dd-bc93-6894a57f9324";
const MALFORMED = { ok: false, reason: "idempotency_key_malformed" };

function range(first: string, last: string): string[] {
  const [from = 0, to = 0] = [first.codePointAt(0), last.codePointAt(0)];
  return Array.from({ length: to - from + 1 }, (_, offset) => String.fromCodePoint(from + offset));
}

const visible = range("!", "~");
const anyKey = fc.string({ unit: fc.constantFrom(...visible), minLength: 16, maxLength: 255 });
const bare = visible.filter((character) => !'"\\,;'.includes(character));
const anyBareKey = fc.string({ unit: fc.constantFrom(...bare), minLength: 16, maxLength: 255 });

function quote(key: string): string {
  return `"${key.replace(/["\\]/g, "\\$&")}"`;
}

function accepted(value: string) {
  return { ok: true, value };
}

describe("an Idempotency-Key", () => {
  test("is the text within the quotes", () => {
    expect(parseIdempotencyKey(`"${UUID}"`)).toEqual(accepted(UUID));
  });

  test("may come without quotes and is the same key then", () => {
    expect(parseIdempotencyKey(UUID)).toEqual(parseIdempotencyKey(`"${UUID}"`));
  });

  test("reads back as it was quoted, whatever visible ASCII it holds", () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        expect(parseIdempotencyKey(quote(key))).toEqual(accepted(key));
      }),
    );
  });

  test("is taken bare in any visible ASCII that has no meaning in a header", () => {
    fc.assert(
      fc.property(anyBareKey, (key) => {
        expect(parseIdempotencyKey(key)).toEqual(accepted(key));
      }),
    );
  });

  test.each([15, 256])("of %i characters is refused", (length) => {
    expect(parseIdempotencyKey("k".repeat(length))).toEqual(MALFORMED);
    expect(parseIdempotencyKey(quote("k".repeat(length)))).toEqual(MALFORMED);
    expect(parseIdempotencyKey(quote("\\".repeat(length)))).toEqual(MALFORMED);
  });

  test.each([16, 255])("of %i characters is taken", (length) => {
    expect(parseIdempotencyKey("k".repeat(length)).ok).toBe(true);
    expect(parseIdempotencyKey(quote("k".repeat(length))).ok).toBe(true);
    expect(parseIdempotencyKey(quote("\\".repeat(length))).ok).toBe(true);
  });

  test.each([
    ["is empty", ""],
    ["is an empty string", '""'],
    ["is missing its closing quote", `"${UUID}`],
    ["is missing its opening quote", `${UUID}"`],
    ["is two headers that were joined", `${UUID},${UUID}`],
    ["is two quoted headers that were joined", `"${UUID}", "${UUID}"`],
    ["has parameters", `"${UUID}";ttl=60`],
    ["is bare and has parameters", `${UUID};ttl=60`],
    ["holds a space", `"${UUID} "`],
    ["has space around it", ` ${UUID} `],
    ["ends in a line break", `${UUID}\n`],
    ["escapes what needs no escape", `"\\${UUID}"`],
    ["escapes its closing quote", `"${UUID}\\"`],
    ["is a byte sequence, not a string", `:${"A".repeat(20)}:\u0000`],
    ["is not ASCII", `"${"ü".repeat(20)}"`],
  ])("that %s is refused", (_, header) => {
    expect(parseIdempotencyKey(header)).toEqual(MALFORMED);
  });

  test("never throws and never yields anything but 16 to 255 visible characters", () => {
    const hostile = fc.oneof(
      anyText,
      anyText.map((text) => `"${text}"`),
      fc.string({ maxLength: 600 }),
      anyKey,
    );
    fc.assert(
      fc.property(hostile, (header) => {
        const result = parseIdempotencyKey(header);
        if (result.ok) expect(result.value).toMatch(/^[!-~]{16,255}$/);
        else expect(result).toEqual(MALFORMED);
      }),
      { numRuns: 500 },
    );
  });

  test("of a megabyte is refused, not walked through", () => {
    expect(parseIdempotencyKey(`"${"\\\\".repeat(500_000)}"`)).toEqual(MALFORMED);
  });
});
