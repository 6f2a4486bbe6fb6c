/**
 * Gives back to the supplier what the buyer does not get. Where nobody knows whether an order was placed, it is placed
 * again under the same transaction id, which tells, and then cancelled.
 */

import { dispositions } from "../supplier/errors.ts";
import type { Profile, Refused } from "../supplier/port.ts";
import { placeOrder } from "./place.ts";
import type { PurchasePorts } from "./ports.ts";
import { isHandedOver, type Placement, type Purchase } from "./purchase.ts";
import { type SupplierOrder, supplierOrders } from "./supplier-orders.ts";

/** Profiles that were given back before. */
const CANCELLED = "CANCEL";

type Released = { readonly type: "released"; readonly esims: readonly string[] };

/** One try. Undefined when it is not known yet of every order; ask again later. */
export async function release(purchase: Purchase, ports: PurchasePorts): Promise<Released | undefined> {
  const { goods, placements } = purchase;
  if (goods.kind === "topup") {
    // Nothing takes data back. That it may have been given for nothing is for the operator to know.
    const { esimTranNo: esim } = goods;
    ports.log({ event: "release_refused", order: purchase.id, esim, reason: "top_up_may_exist" });
  }
  if (goods.kind !== "esims") return { type: "released", esims: [] };
  const released = await Promise.all(
    supplierOrders(purchase, goods).map((order, index) =>
      releaseOrder(purchase, order, placements?.[index], ports),
    ),
  );
  const known = released.filter((esims) => esims !== undefined);
  return known.length === released.length ? { type: "released", esims: known.flat() } : undefined;
}

/** The eSIMs that were given back. */
async function releaseOrder(
  purchase: Purchase,
  order: SupplierOrder,
  placement: Placement | null | undefined,
  ports: PurchasePorts,
): Promise<readonly string[] | undefined> {
  const found = isSettled(placement) ? placement : await placeOrder(purchase.id, order, ports);
  if (found === undefined) return undefined;
  if (found.kind === "refused") return found.mayExist ? undefined : [];

  const result = await ports.supplier.profiles(found.orderNo);
  // An order that the supplier knows nothing more of holds nothing for us.
  if (result.kind === "refused" && isFinal(result, purchase, ports)) return [];
  if (result.kind !== "ready") return undefined;
  const kept = keptBy(purchase);
  const unwanted = result.profiles.filter(({ esimTranNo }) => !kept.includes(esimTranNo));
  const gone = await Promise.all(unwanted.map((profile) => giveBack(purchase, profile, ports)));
  return gone.every((isGone) => isGone) ? unwanted.map(({ esimTranNo }) => esimTranNo) : undefined;
}

function isSettled(placement: Placement | null | undefined): placement is Placement {
  return placement != null && !(placement.kind === "refused" && placement.mayExist);
}

/** What the buyer got of it, and keeps. */
function keptBy(purchase: Purchase): readonly string[] {
  const { delivery, choice } = purchase;
  if (!isHandedOver(purchase) || delivery?.kind !== "esims") return [];
  if (choice?.kind === "made") return [choice.esimTranNo];
  return delivery.esims.flatMap((esim) => (esim === null ? [] : [esim.esimTranNo]));
}

/** Whether nothing is left to do about it. */
async function giveBack(
  { id }: Purchase,
  { esimTranNo, esimStatus }: Profile,
  { supplier, log }: PurchasePorts,
): Promise<boolean> {
  if (esimStatus === CANCELLED) return true;
  const cancelled = await supplier.cancel(esimTranNo);
  if (cancelled.kind !== "refused") return cancelled.kind === "cancelled";
  log({ event: "release_refused", order: id, esim: esimTranNo, reason: cancelled.reason });
  return cancelled.reason === "wrong_status";
}

function isFinal({ reason, code }: Refused, { id }: Purchase, { log }: PurchasePorts): boolean {
  log({ event: "supplier_failed", order: id, reason, code });
  return dispositions[reason] === "operator" || dispositions[reason] === "invalid";
}
