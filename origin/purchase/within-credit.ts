/**
 * Where our credit at the supplier does not reach for an order, only what the pool gave for it is sold. Said before money
 * is taken, and without asking for what the supplier would refuse.
 */

import { judgeCredit } from "../supplier/credit.ts";
import type { ChangeIn } from "./changes.ts";
import { assemble } from "./collect.ts";
import type { PurchasePorts } from "./ports.ts";
import type { PurchaseIn } from "./purchase.ts";
import { supplierOrders } from "./supplier-orders.ts";

const REASON = "insufficient_balance";

/** Undefined where the credit reaches, or where an earlier try may have ordered already. */
export async function withinCredit(
  purchase: PurchaseIn<"reserved">,
  { supplier, now }: PurchasePorts,
): Promise<ChangeIn<"reserved"> | undefined> {
  const { goods, version, dueAt } = purchase;
  // Until then nobody but whoever claimed it works on it.
  if (goods.kind !== "esims" || version > 1 || now() >= dueAt) return undefined;
  const orders = supplierOrders(purchase, goods);
  const cost = orders.reduce((sum, { wholesale, lines }) => sum + wholesale * BigInt(lines.length), 0n);
  if (cost === 0n || judgeCredit(await supplier.balance(), cost) !== "low") return undefined;
  const refused = { kind: "lost", reason: REASON, mayExist: false } as const;
  const got = assemble(
    purchase,
    goods,
    orders,
    orders.map(() => refused),
  );
  if (got.kind === "unobtainable") return { type: "dropped", reason: REASON, orderMayExist: false };
  return { type: "secured", delivery: got.delivery, missing: got.missing };
}
