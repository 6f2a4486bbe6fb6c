/** Gets the goods: places the supplier's order once, waits for the profile, or finds that it can't be had. */

import { entry, type Plan } from "../../protocol/catalog.ts";
import { wholesalePrice } from "../../protocol/wholesale.ts";
import { type Disposition, dispositions, type SupplierRefusal } from "../supplier/errors.ts";
import type { Refused } from "../supplier/port.ts";
import type { PurchasePorts } from "./ports.ts";
import type { Delivery, Purchase } from "./purchase.ts";

/** How one try to get the goods ended. */
export type Obtained =
  | { readonly kind: "ordered"; readonly supplierOrder: string }
  | { readonly kind: "obtained"; readonly delivery: Delivery }
  /** `orderMayExist`: the supplier may hold something for us all the same. */
  | { readonly kind: "unobtainable"; readonly reason: string; readonly orderMayExist: boolean };

/** Between two calls to the supplier. It takes 8 a second, and a profile takes seconds. Milliseconds. */
const ASK_EVERY_MS = 500;

/** What the supplier may say before it looks whether the order was placed earlier. */
const INCONCLUSIVE: readonly SupplierRefusal[] = ["access_denied", "order_abnormal", "unrecognized"];

/** Profiles that nobody can install any more. */
const GONE: readonly string[] = ["CANCEL", "REVOKE"];

/**
 * @param giveUpAt from then on the goods come too late. Unix milliseconds
 * @returns undefined when the deadline came first
 */
export async function obtain(
  purchase: Purchase,
  ports: PurchasePorts,
  { deadline, giveUpAt }: { readonly deadline: number; readonly giveUpAt: number },
): Promise<Obtained | undefined> {
  const { goods, supplierOrder } = purchase;
  if (goods.kind === "unavailable") return unobtainable(goods.reason, false);
  if (goods.kind === "resource") {
    const render = entry(ports.resources, goods.path);
    if (render === undefined) return unobtainable("resource_missing", false);
    return { kind: "obtained", delivery: { kind: "resource", body: render(ports.now()) } };
  }
  const plan = entry(ports.catalog.plans, goods.plan);
  if (plan === undefined) return unobtainable("plan_missing", supplierOrder !== null);

  while (ports.now() < deadline) {
    // Somebody may have asked before and not heard the answer, so an order may exist even if none is recorded.
    if (ports.now() >= giveUpAt) return unobtainable("supplier_too_slow", true);
    const obtained =
      supplierOrder === null
        ? await placeOrder(purchase, plan, ports)
        : await collect(purchase, supplierOrder, ports);
    if (obtained !== undefined) return obtained;
    await ports.sleep(Math.min(ASK_EVERY_MS, Math.max(0, deadline - ports.now())));
  }
  return undefined;
}

/**
 * The order id is the supplier's transaction id, so asking again after a lost answer can't buy twice, and a refusal of
 * the order itself means that no earlier try bought anything either.
 */
export async function placeOrder(
  purchase: Purchase,
  plan: Plan,
  ports: PurchasePorts,
): Promise<Obtained | undefined> {
  const result = await ports.supplier.order({
    transactionId: purchase.id,
    packageCode: plan.packageCode,
    count: 1,
    unitPrice: wholesalePrice(plan.wholesaleUsd),
  });
  switch (result.kind) {
    case "ordered":
      return { kind: "ordered", supplierOrder: result.orderNo };
    case "refused":
      return refused(purchase, result, ports, INCONCLUSIVE.includes(result.reason));
    case "unknown":
      ports.log({ event: "supplier_failed", order: purchase.id, reason: "unknown", code: result.detail });
      return undefined;
  }
}

async function collect(
  purchase: Purchase,
  orderNo: string,
  ports: PurchasePorts,
): Promise<Obtained | undefined> {
  const result = await ports.supplier.profiles(orderNo);
  switch (result.kind) {
    case "ready": {
      const [profile] = result.profiles;
      if (profile === undefined) return undefined;
      if (GONE.includes(profile.esimStatus)) return unobtainable("profile_gone", false);
      const { esimTranNo, iccid, activationCode, apn } = profile;
      return { kind: "obtained", delivery: { kind: "esim", esimTranNo, iccid, activationCode, apn } };
    }
    case "allocating":
      return undefined;
    case "refused":
      return refused(purchase, result, ports, true);
    case "unknown":
      ports.log({ event: "supplier_failed", order: purchase.id, reason: "unknown", code: result.detail });
      return undefined;
  }
}

function refused(
  purchase: Purchase,
  { reason, code }: Refused,
  ports: PurchasePorts,
  orderMayExist: boolean,
): Obtained | undefined {
  ports.log({ event: "supplier_failed", order: purchase.id, reason, code });
  const disposition: Disposition = dispositions[reason];
  switch (disposition) {
    case "retry":
    case "wait":
      return undefined;
    case "alternate_package":
    case "reprice":
    case "operator":
    case "invalid":
      return unobtainable(reason, orderMayExist);
  }
}

function unobtainable(reason: string, orderMayExist: boolean): Obtained {
  return { kind: "unobtainable", reason, orderMayExist };
}
