/** What the ledger says of a change; pure. */

import type { Change } from "./changes.ts";
import type { PurchaseEvent } from "./ledger.ts";
import type { Delivery, Missing } from "./purchase.ts";

/** The ledger is shown in disputes and archived, so it names what was delivered without the secret that opens it. */
export function eventOf(change: Change): PurchaseEvent {
  switch (change.type) {
    case "ordered":
      return {
        type: "ordered",
        supplierOrders: change.placements.map((placement) =>
          placement?.kind === "placed" ? placement.orderNo : null,
        ),
        ...(change.later === undefined || change.later.length === 0
          ? {}
          : { later: change.later.map(({ packageCode }) => packageCode) }),
      };
    case "secured":
      return { type: "secured", goods: goodsOf(change.delivery), missing: missingOf(change.missing) };
    case "delivered":
      return { type: "delivered", goods: goodsOf(change.delivery) };
    case "partly_delivered":
      return { type: change.type, goods: goodsOf(change.delivery), missing: missingOf(change.missing) };
    case "partly_earned":
      return { ...change, missing: missingOf(change.missing) };
    case "failed":
      return { ...change, amount: change.amount?.toString() ?? null };
    case "part_returned":
    case "returned":
      return { ...change, amount: change.amount.toString() };
    case "refund_signed": {
      const { nonce, value, validBefore } = change.authorization;
      return {
        type: "refund_signed",
        nonce,
        amount: value.toString(),
        validBefore: validBefore.toString(),
      };
    }
    default:
      return change;
  }
}

function goodsOf(delivery: Delivery): readonly (string | null)[] {
  return delivery.kind === "esims" ? delivery.esims.map((esim) => esim?.esimTranNo ?? null) : [delivery.kind];
}

function missingOf<Given extends Missing | null>(missing: Given) {
  return missing === null ? null : { ...missing, amount: missing.amount.toString() };
}
