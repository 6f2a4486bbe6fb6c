/** Bytes for ids: no two alike, whoever draws them and in whatever portions. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { createIdBytes } from "../../edge/id-bytes.ts";
import { hmacKey } from "../builders/keys.ts";

const KEY = hmacKey(1);

function drawn(lengths: readonly number[], key = KEY, seed = "request-1"): string {
  const draw = createIdBytes(key, () => seed);
  return lengths.map((length) => Buffer.from(draw(length)).toString("hex")).join("");
}

test("are one stream, in whatever portions they are drawn", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 100 }), { maxLength: 20 }), (lengths) => {
      const total = lengths.reduce((sum, length) => sum + length, 0);
      expect(drawn(lengths)).toBe(drawn([total]));
    }),
  );
});

test("repeat nothing", () => {
  const draw = createIdBytes(KEY, () => "request-1");
  const ids = Array.from({ length: 5_000 }, () => Buffer.from(draw(10)).toString("hex"));
  expect(new Set(ids).size).toBe(ids.length);
});

test("are others for another first request, and under another key", () => {
  const first = drawn([24, 10]);
  expect(drawn([24, 10], KEY, "request-2")).not.toBe(first);
  expect(drawn([24, 10], hmacKey(2))).not.toBe(first);
});

test("ask for the seed once, and not before they are needed", () => {
  let asked = 0;
  const draw = createIdBytes(KEY, () => `request-${++asked}`);
  expect(asked).toBe(0);
  for (let draws = 0; draws < 10; draws++) draw(34);
  expect(asked).toBe(1);
});

test("are the caller's own", () => {
  const draw = createIdBytes(KEY, () => "request-1");
  const first = draw(10);
  const before = Buffer.from(first).toString("hex");
  draw(54);
  expect(Buffer.from(first).toString("hex")).toBe(before);
});
