/** Allotments whose order is delivered, each eSIM with a number and a code of its own. */

import { DRAWABLE_FOR_MS } from "../../origin/allotment/allotment.ts";
import { claimed } from "../../origin/purchase/claimed.ts";
import type { Esim, Purchase } from "../../origin/purchase/purchase.ts";
import { usdc } from "../../protocol/money.ts";
import { TRANSACTION } from "./origin-chain.ts";
import type { OriginWorld } from "./origin-ports.ts";
import { applied, grantedPayment, LINE, newPurchase } from "./origin-purchase.ts";

export function allotted(item: number): Esim {
  const number = String(item).padStart(2, "0");
  return {
    esimTranNo: `tran-${number}`,
    iccid: `89445001021983048${number}`,
    activationCode: `LPA:1$rsp.example.com$SECRET-${number}`,
    apn: null,
  };
}

/** Paid, and on its way. */
export function allotmentOrder(count: number): Purchase {
  const lines = Array.from({ length: count }, () => LINE);
  const { authorization } = grantedPayment();
  const value = usdc(LINE.price * BigInt(count));
  return claimed(
    newPurchase({
      authorization: { ...authorization, value },
      goods: { kind: "esims", lines, allotment: true },
    }),
    { state: "settled", transaction: TRANSACTION },
  );
}

/** @param missing items that could not be had */
export function deliveredAllotment(count: number, missing: readonly number[] = []): Purchase {
  const order = allotmentOrder(count);
  const esims = Array.from({ length: count }, (_, item) => (missing.includes(item) ? null : allotted(item)));
  const delivery = { kind: "esims", esims } as const;
  const { createdAt, dueAt } = order;
  if (missing.length === 0) return applied(order, { type: "delivered", delivery }, createdAt, dueAt);
  const amount = usdc(LINE.price * BigInt(missing.length));
  const lost = { reason: "out_of_stock", amount, orderMayExist: false };
  return applied(order, { type: "partly_delivered", delivery, missing: lost }, createdAt, dueAt);
}

/** Puts an allotment into the table, as its purchase leaves it there. */
export async function stockAllotment(
  { store, allotments, chain }: OriginWorld,
  purchase: Purchase,
): Promise<Purchase> {
  chain.landsAt = 0;
  await allotments.open(purchase.id, purchase.createdAt + DRAWABLE_FOR_MS);
  store.overwrite(purchase);
  return purchase;
}
