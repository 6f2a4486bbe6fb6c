/** Every purchase survives the table, and nothing that is no purchase comes out of it as one. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromItem, type Item, ItemError, toItem } from "../../../origin/store/item.ts";
import { anyText } from "../../builders/arbitrary.ts";
import { anyPurchase } from "../../builders/arbitrary-purchase.ts";
import { purchaseIn } from "../../builders/origin-purchase.ts";

const attributes = ["pk", "version", "state", "dueAt", "data", "ledger"] as const;

describe("a purchase", () => {
  test("comes back from its item as it was", () => {
    fc.assert(
      fc.property(anyPurchase, (purchase) => {
        expect(fromItem(toItem(purchase))).toEqual(purchase);
      }),
    );
  });

  test("takes at most half of what DynamoDB allows, in its largest form", () => {
    fc.assert(
      fc.property(anyPurchase, (purchase) => {
        const bytes = Object.values(toItem(purchase)).reduce(
          (sum, value) => sum + Buffer.byteLength(JSON.stringify(value)),
          0,
        );
        expect(bytes).toBeLessThan(200 * 1_024);
      }),
    );
  });
});

/** Those that items lack which were written before there were any. */
const LATER_FIELDS = ["later", "choice"];

/** An item with one attribute replaced, or without it where `value` is undefined. */
function garbled(attribute: string, value: Item[string] | undefined): Item {
  const { [attribute]: _, ...others } = toItem(purchaseIn("delivered"));
  return value === undefined ? others : { ...others, [attribute]: value };
}

describe("a garbled item is an ItemError", () => {
  test.each(attributes)("when it lacks %s", (attribute) => {
    expect(() => fromItem(garbled(attribute, undefined))).toThrow(ItemError);
  });

  test.each(attributes)("when %s is of another type", (attribute) => {
    expect(() => fromItem(garbled(attribute, { BOOL: true }))).toThrow(ItemError);
  });

  test.each(["data", "ledger"])("when %s is any text", (attribute) => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.json()), (text) => {
        fc.pre(!(attribute === "ledger" && text.trim() === "[]"));
        expect(() => fromItem(garbled(attribute, { S: text }))).toThrow(ItemError);
      }),
    );
  });

  test.each(["version", "dueAt"])("when %s is no count", (attribute) => {
    for (const text of ["", "x", "NaN", "-1", "1.5", "1e400", "Infinity", "0x10"]) {
      expect(() => fromItem(garbled(attribute, { N: text }))).toThrow(ItemError);
    }
  });

  test("when its state is unknown", () => {
    expect(() => fromItem(garbled("state", { S: "refunding_soon" }))).toThrow(ItemError);
  });

  test("when a field of its data is missing, null, of another type, or one too many", () => {
    const { data: attribute } = toItem(purchaseIn("settling"));
    const data: Record<string, unknown> = JSON.parse(attribute?.S ?? "");
    const mayBeNull = [
      "signature",
      "invoiceId",
      "agentId",
      "settledAt",
      "transaction",
      "pooled",
      "placements",
      "delivery",
      "choice",
      "missing",
      "refund",
      "reason",
    ];
    const broken = Object.keys(data).flatMap((name) => {
      const { [name]: _, ...others } = data;
      const nulled = mayBeNull.includes(name) ? [] : [{ ...data, [name]: null }];
      const lacking = LATER_FIELDS.includes(name) ? [] : [others];
      return [...lacking, ...nulled, { ...data, [name]: [1] }];
    });
    expect(broken.length).toBeGreaterThan(40);
    for (const fields of [...broken, { ...data, more: 1 }]) {
      expect(() => fromItem(garbled("data", { S: JSON.stringify(fields) }))).toThrow(ItemError);
    }
    const { later, choice, ...older } = data;
    expect([later, choice]).toEqual([[], null]);
    const read = fromItem(garbled("data", { S: JSON.stringify(older) }));
    expect(read).toMatchObject({ placements: null, later: [], choice: null });
  });

  test("and its message quotes nothing that is stored", () => {
    const item = garbled("data", { S: '{"activationCode":"LPA:1$secret"}' });
    expect(() => fromItem(item)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("LPA") }),
    );
  });
});
