/** Places one order at the supplier, and says when a refusal is its last word. */

import { type Disposition, dispositions, type SupplierRefusal } from "../supplier/errors.ts";
import type { Refused, Unknown } from "../supplier/port.ts";
import type { PurchasePorts } from "./ports.ts";
import type { Placement, Purchase } from "./purchase.ts";
import type { SupplierOrder } from "./supplier-orders.ts";

/** What the supplier may say before it looks whether the order was placed earlier. */
export const INCONCLUSIVE: readonly SupplierRefusal[] = ["access_denied", "order_abnormal", "unrecognized"];

/**
 * The order id is the supplier's transaction id, so asking again after a lost answer can't buy twice, and a refusal of
 * the order itself means that no earlier try bought anything either.
 */
export async function placeOrder(
  orderId: string,
  { transactionId, packageCode, wholesale, lines }: SupplierOrder,
  ports: PurchasePorts,
): Promise<Placement | undefined> {
  const result = await ports.supplier.order({
    transactionId,
    packageCode,
    count: lines.length,
    unitPrice: wholesale,
  });
  if (result.kind === "ordered") return { kind: "placed", orderNo: result.orderNo };
  const reason = finalReason(orderId, result, ports);
  if (reason === undefined) return undefined;
  return { kind: "refused", reason, mayExist: INCONCLUSIVE.includes(reason) };
}

/**
 * A refusal speaks for the earlier tries only where there were none: one whose answer was lost may still be on its way,
 * and be booked after this one was refused.
 */
export function placing(purchase: Purchase, order: SupplierOrder, ports: PurchasePorts) {
  let isFirst = purchase.version === order.since;
  return async (): Promise<Placement | undefined> => {
    const wasFirst = isFirst;
    isFirst = false;
    const placement = await placeOrder(purchase.id, order, ports);
    return placement?.kind === "refused" && !wasFirst ? { ...placement, mayExist: true } : placement;
  };
}

/** Why the supplier does not do it, or undefined where asking again may help. */
export function finalReason(
  orderId: string,
  result: Refused | Unknown,
  ports: PurchasePorts,
): SupplierRefusal | undefined {
  if (result.kind === "unknown") {
    ports.log({ event: "supplier_failed", order: orderId, reason: "unknown", code: result.detail });
    return undefined;
  }
  const { reason, code } = result;
  ports.log({ event: "supplier_failed", order: orderId, reason, code });
  const disposition: Disposition = dispositions[reason];
  switch (disposition) {
    case "retry":
    case "wait":
      return undefined;
    case "alternate_package":
    case "reprice":
    case "operator":
    case "invalid":
      return reason;
  }
}
