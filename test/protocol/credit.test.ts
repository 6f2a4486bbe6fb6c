/** What the edge believes of an answer about our credit: a clear word, and nothing else. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { readCredit } from "../../protocol/credit.ts";
import { anyText } from "../builders/arbitrary.ts";

test.each(["enough", "low", "unknown"] as const)("%s is what it says", (credit) => {
  expect(readCredit(JSON.stringify({ credit }))).toBe(credit);
});

test("a field that a newer origin adds does not hide the word", () => {
  expect(readCredit('{"credit":"low","since":1}')).toBe("low");
});

test.each([
  "",
  "low",
  '"low"',
  "{}",
  "null",
  '["low"]',
  '{"credit":"LOW"}',
  '{"credit":"low "}',
  '{"credit":["low"]}',
  '{"credit":"enough","credit":"low"}',
  '{"credit":"low"}{"credit":"low"}',
  '{"credit":"low"',
  '{"__proto__":{"credit":"low"}}',
  "<html>low</html>",
])("%j is unknown", (body) => {
  expect(readCredit(body)).toBe("unknown");
});

test("nothing but an object whose credit is a known word is one, whatever the text", () => {
  const hostile = fc.oneof(
    anyText,
    fc.json(),
    fc.jsonValue().map((value) => JSON.stringify({ credit: value })),
    fc
      .record({ credit: fc.constantFrom("low", "enough"), more: fc.jsonValue() })
      .map((it) => JSON.stringify(it)),
  );
  fc.assert(
    fc.property(hostile, (body) => {
      const credit = readCredit(body);
      if (credit !== "unknown") expect(JSON.parse(body)).toMatchObject({ credit });
    }),
  );
});
