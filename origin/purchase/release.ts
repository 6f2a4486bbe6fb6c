/**
 * Gives back to the supplier what the buyer does not get. Where nobody knows whether an order was placed, it is placed
 * again under the same transaction id, which tells, and then cancelled.
 */

import { entry } from "../../protocol/catalog.ts";
import { dispositions } from "../supplier/errors.ts";
import type { Refused } from "../supplier/port.ts";
import { placeOrder } from "./fulfil.ts";
import type { PurchasePorts } from "./ports.ts";
import type { Purchase } from "./purchase.ts";

/** Profiles that were given back before. */
const CANCELLED = "CANCEL";

type Released = { readonly type: "released"; readonly esims: readonly string[] };

/** One try. Undefined when it is not known yet; ask again later. */
export async function release(purchase: Purchase, ports: PurchasePorts): Promise<Released | undefined> {
  const found = await findOrder(purchase, ports);
  if (found === undefined) return undefined;
  if (found === "none") return { type: "released", esims: [] };

  const result = await ports.supplier.profiles(found);
  // An order that the supplier knows nothing more of holds nothing for us.
  if (result.kind === "refused" && isFinal(result, purchase, ports)) return { type: "released", esims: [] };
  if (result.kind !== "ready") return undefined;
  const esims: string[] = [];
  for (const { esimTranNo, esimStatus } of result.profiles) {
    if (esimStatus !== CANCELLED) {
      const cancelled = await ports.supplier.cancel(esimTranNo);
      if (cancelled.kind === "unknown") return undefined;
      if (cancelled.kind === "refused") {
        ports.log({
          event: "release_refused",
          order: purchase.id,
          esim: esimTranNo,
          reason: cancelled.reason,
        });
        if (cancelled.reason !== "wrong_status") return undefined;
      }
    }
    esims.push(esimTranNo);
  }
  return { type: "released", esims };
}

function isFinal({ reason, code }: Refused, { id }: Purchase, { log }: PurchasePorts): boolean {
  log({ event: "supplier_failed", order: id, reason, code });
  return dispositions[reason] === "operator" || dispositions[reason] === "invalid";
}

async function findOrder(purchase: Purchase, ports: PurchasePorts): Promise<string | "none" | undefined> {
  const { supplierOrder, goods } = purchase;
  if (supplierOrder !== null) return supplierOrder;
  const plan = goods.kind === "esim" ? entry(ports.catalog.plans, goods.plan) : undefined;
  if (plan === undefined) return "none";
  const placed = await placeOrder(purchase, plan, ports);
  if (placed?.kind === "ordered") return placed.supplierOrder;
  return placed?.kind === "unobtainable" && !placed.orderMayExist ? "none" : undefined;
}
