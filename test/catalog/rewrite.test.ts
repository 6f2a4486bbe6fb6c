/** Moved prices in a configuration's text: the right ones change and nothing else does. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { rewritePrices } from "../../scripts/catalog/rewrite.ts";

const move = { packageCode: "A", from: "0.90", to: "0.9501" };

test.each([
  [
    "after the code",
    `{ packageCode: "A", wholesaleUsd: "0.90" }`,
    `{ packageCode: "A", wholesaleUsd: "0.9501" }`,
  ],
  ["before it", `{ wholesaleUsd: "0.90", packageCode: "A" }`, `{ wholesaleUsd: "0.9501", packageCode: "A" }`],
  [
    "in single quotes",
    `packageCode: 'A',\nwholesaleUsd: '0.90'`,
    `packageCode: 'A',\nwholesaleUsd: '0.9501'`,
  ],
  [
    "of each entry with that code",
    `packageCode: "A", wholesaleUsd: "0.90" packageCode: "B", wholesaleUsd: "0.90" packageCode: "A", wholesaleUsd: "0.90"`,
    `packageCode: "A", wholesaleUsd: "0.9501" packageCode: "B", wholesaleUsd: "0.90" packageCode: "A", wholesaleUsd: "0.9501"`,
  ],
  [
    "that is another already",
    `packageCode: "A", wholesaleUsd: "0.80"`,
    `packageCode: "A", wholesaleUsd: "0.80"`,
  ],
  ["of a longer name", `packageCode: "AA", wholesaleUsd: "0.90"`, `packageCode: "AA", wholesaleUsd: "0.90"`],
  ["without a code", `wholesaleUsd: "0.90"`, `wholesaleUsd: "0.90"`],
])("a price %s", (_, source, expected) => {
  expect(rewritePrices(source, [move])).toBe(expected);
});

test("no move changes nothing, whatever the text is", () => {
  const piece = fc.constantFrom(
    'packageCode: "A"',
    'wholesaleUsd: "0.90"',
    "packageCode: ",
    '"',
    "{",
    " ",
    "\n",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string())), (pieces) => {
      const source = pieces.join("");
      expect(rewritePrices(source, [])).toBe(source);
      const same = [{ packageCode: "A", from: "0.90", to: "0.90" }];
      expect(rewritePrices(source, same)).toBe(source);
    }),
  );
});
