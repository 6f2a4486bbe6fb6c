/**
 * What the archive keeps of a purchase: the facts that a dispute turns on, and the purchase's own ledger.
 *
 * A locked bucket can't be made to forget, so nothing secret or personal goes in: no signature, grant, access token,
 * activation code, ICCID, device id or agent id. A new fact goes into the schema, `archiveRecord` and `recordLine`; as
 * older batches lack it, it is optional there, or the batch format gets a new number.
 */

import * as v from "valibot";
import {
  addressSchema,
  atomicSchema,
  bytes32Schema,
  caip2Schema,
  uint256Schema,
} from "../../protocol/schema.ts";
import type { Purchase } from "../purchase/purchase.ts";

/** Unix milliseconds. */
export const timeSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

export const recordSchema = v.strictObject({
  /** `orderId` of network, asset, payer and nonce. */
  order: v.string(),
  x402Version: v.picklist([1, 2]),
  /** CAIP-2 in the archive. */
  network: caip2Schema,
  asset: addressSchema,
  payer: addressSchema,
  payTo: addressSchema,
  amount: atomicSchema,
  /** Unix seconds, as is `validBefore`. */
  validAfter: uint256Schema,
  validBefore: uint256Schema,
  nonce: bytes32Schema,
  transaction: v.nullable(bytes32Schema),
  fingerprint: bytes32Schema,
  /** The invoice's id, which opens nothing. */
  invoice: v.nullable(v.string()),
  goods: v.variant("kind", [
    v.strictObject({ kind: v.literal("esims"), plans: v.array(v.string()) }),
    v.strictObject({ kind: v.literal("resource"), path: v.string() }),
    v.strictObject({ kind: v.literal("topup"), order: v.string(), item: v.number(), dataMb: v.number() }),
    v.strictObject({ kind: v.literal("unavailable"), reason: v.string() }),
  ]),
  createdAt: timeSchema,
  /** Any name, because an archive outlives the program that wrote it. `checkRecord` compares it with the ledger. */
  state: v.string(),
  ledger: v.array(v.strictObject({ at: timeSchema, event: v.string(), hash: bytes32Schema })),
});

export type ArchiveRecord = Readonly<v.InferOutput<typeof recordSchema>>;

export function archiveRecord(purchase: Purchase): ArchiveRecord {
  const { network, authorization } = purchase;
  return {
    order: purchase.id,
    x402Version: purchase.x402Version,
    network,
    asset: v.parse(addressSchema, network.usdc.address),
    payer: authorization.from,
    payTo: authorization.to,
    amount: authorization.value,
    validAfter: authorization.validAfter,
    validBefore: authorization.validBefore,
    nonce: authorization.nonce,
    transaction: purchase.transaction,
    fingerprint: purchase.fingerprint,
    invoice: purchase.invoiceId,
    goods: goodsOf(purchase),
    createdAt: purchase.createdAt,
    state: purchase.state,
    ledger: [...purchase.ledger],
  };
}

function goodsOf({ goods }: Purchase): ArchiveRecord["goods"] {
  switch (goods.kind) {
    case "esims":
      return { kind: "esims", plans: goods.lines.map(({ plan }) => plan) };
    case "topup":
      return { kind: "topup", order: goods.order, item: goods.position, dataMb: goods.dataMb };
    default:
      return goods;
  }
}

/** Picks what is archived of the goods, keys in their fixed order. */
function archivedGoods(goods: ArchiveRecord["goods"]): ArchiveRecord["goods"] {
  switch (goods.kind) {
    case "esims":
      return { kind: "esims", plans: goods.plans };
    case "resource":
      return { kind: "resource", path: goods.path };
    case "topup":
      return { kind: "topup", order: goods.order, item: goods.item, dataMb: goods.dataMb };
    case "unavailable":
      return { kind: "unavailable", reason: goods.reason };
  }
}

/** The record as JSON values, keys in their fixed order. */
export function recordJson(record: ArchiveRecord) {
  return {
    ...fixedFacts(record),
    transaction: record.transaction,
    state: record.state,
    ledger: record.ledger.map(({ at, event, hash }) => ({ at, event, hash })),
  };
}

/** What no event ever changes: it is the same in every batch that holds the purchase. */
export function fixedFacts(record: ArchiveRecord) {
  return {
    order: record.order,
    x402Version: record.x402Version,
    network: record.network.caip2,
    asset: record.asset,
    payer: record.payer,
    payTo: record.payTo,
    amount: record.amount.toString(),
    validAfter: record.validAfter.toString(),
    validBefore: record.validBefore.toString(),
    nonce: record.nonce,
    fingerprint: record.fingerprint,
    invoice: record.invoice,
    goods: archivedGoods(record.goods),
    createdAt: record.createdAt,
  };
}

/** The record's one spelling: JSON without spaces or line breaks. */
export function recordLine(record: ArchiveRecord): string {
  return JSON.stringify(recordJson(record));
}
