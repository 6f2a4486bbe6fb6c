/** Another arrival of a payment that is claimed: who gets to see what it bought. */

import type { GrantedSettlement } from "../../protocol/grant.ts";
import type { PurchaseOutcome, PurchaseRequest } from "./buy.ts";
import { apply } from "./changes.ts";
import { follow } from "./follow.ts";
import type { PurchasePorts } from "./ports.ts";
import { isIn, isUnpaid, type Purchase, type PurchaseIn, UNCLAIMED } from "./purchase.ts";

/** The invoice, which never goes on chain, proves who was quoted. @throws StoreUnavailableError */
export async function replay(
  { grantId, payment, fingerprint, replayKeys }: PurchaseRequest,
  found: Purchase,
  ports: PurchasePorts,
  deadline: number,
): Promise<PurchaseOutcome> {
  const existing = isIn(found, "void") ? await settledLate(found, payment.settlement, ports) : found;
  if (existing === undefined) return { kind: "unresolved" };
  const { id, state, goods } = existing;
  // The reconciler claimed it for nobody: it is being given back.
  if (goods.kind === "unavailable" && goods.reason === UNCLAIMED) {
    return { kind: "already_used", orderId: id, state };
  }
  if (existing.fingerprint !== fingerprint) return { kind: "other_request", orderId: id, state };
  const sameInvoice = payment.invoiceId !== null && payment.invoiceId === existing.invoiceId;
  const sameKey = replayKeys.some((key) => existing.replayKeys.includes(key));
  if (!sameInvoice && !sameKey && grantId !== existing.grantId) {
    return { kind: "already_used", orderId: id, state };
  }
  const purchase = await follow(existing, ports, deadline);
  const { transaction } = purchase;
  ports.log({ event: "purchase_replayed", order: id, state: purchase.state, transaction });
  return { kind: "owned", purchase, replayed: true };
}

/**
 * Given up before anything was taken, and settled all the same, by an edge that did not know of our low credit. What it
 * took goes back at once. Undefined where nobody knows yet whether it took anything.
 */
async function settledLate(
  purchase: PurchaseIn<"void">,
  settlement: GrantedSettlement,
  ports: PurchasePorts,
): Promise<Purchase | undefined> {
  switch (settlement.state) {
    case "settled": {
      const { transaction } = settlement;
      const now = ports.now();
      const next = apply<"void", "gateway">(purchase, { type: "landed_late", transaction }, now, now);
      ports.log({ event: "payment_landed_late", order: purchase.id, transaction });
      if ((await ports.store.save(next)) === "saved") return next;
      const other = (await ports.store.get(purchase.id)) ?? purchase;
      return isIn(other, "void") ? settledLate(other, settlement, ports) : other;
    }
    case "unknown":
    case "contested":
    case "spent":
      // What never came and can't come any more is over, whatever is said of it.
      return isUnpaid(purchase.reason) ? purchase : undefined;
    case "verified":
    case "deferred":
    case "lookup":
      return purchase;
  }
}
