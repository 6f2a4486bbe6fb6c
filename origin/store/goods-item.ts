/** What was bought and what was delivered, as a purchase's item has it: amounts are decimal text there. */

import * as v from "valibot";
import { atomicSchema, uint256Schema } from "../../protocol/schema.ts";
import type { PurchasedGoods } from "../purchase/goods.ts";
import type { Delivery } from "../purchase/purchase.ts";

const lineSchema = v.strictObject({
  plan: v.string(),
  packageCode: v.string(),
  wholesale: uint256Schema,
  price: atomicSchema,
  deviceId: v.nullable(v.string()),
  eid: v.exactOptional(v.string()),
});

const fallbackSchema = v.strictObject({
  plan: v.string(),
  packageCode: v.string(),
  wholesale: uint256Schema,
});

export const esimSchema = v.strictObject({
  esimTranNo: v.string(),
  iccid: v.string(),
  activationCode: v.string(),
  apn: v.nullable(v.string()),
});

const soldEsimEntries = {
  order: v.string(),
  position: v.pipe(v.number(), v.integer(), v.minValue(0)),
  esimTranNo: v.string(),
};

export const goodsSchema = v.variant("kind", [
  v.strictObject({
    kind: v.literal("esims"),
    lines: v.array(lineSchema),
    fallback: v.exactOptional(fallbackSchema),
    allotment: v.exactOptional(v.literal(true)),
    replaces: v.exactOptional(v.strictObject(soldEsimEntries)),
  }),
  v.strictObject({ kind: v.literal("resource"), path: v.string() }),
  v.strictObject({
    kind: v.literal("topup"),
    ...soldEsimEntries,
    iccid: v.string(),
    dataMb: v.number(),
    packageCode: v.string(),
    wholesale: uint256Schema,
  }),
  v.strictObject({ kind: v.literal("unavailable"), reason: v.string() }),
]);

export const deliverySchema = v.variant("kind", [
  v.strictObject({ kind: v.literal("esims"), esims: v.array(v.nullable(esimSchema)) }),
  v.strictObject({ kind: v.literal("resource"), body: v.string() }),
  v.strictObject({
    kind: v.literal("topup"),
    totalBytes: v.nullable(uint256Schema),
    expiresAt: v.nullable(v.string()),
  }),
]);

export function goodsText(goods: PurchasedGoods) {
  if (goods.kind === "topup") return { ...goods, wholesale: goods.wholesale.toString() };
  if (goods.kind !== "esims") return goods;
  const lines = goods.lines.map(({ wholesale, price, ...line }) => ({
    ...line,
    wholesale: wholesale.toString(),
    price: price.toString(),
  }));
  const { fallback } = goods;
  if (fallback === undefined) return { ...goods, lines };
  return { ...goods, lines, fallback: { ...fallback, wholesale: fallback.wholesale.toString() } };
}

export function deliveryText(delivery: Delivery) {
  if (delivery.kind !== "topup") return delivery;
  return { ...delivery, totalBytes: delivery.totalBytes?.toString() ?? null };
}
