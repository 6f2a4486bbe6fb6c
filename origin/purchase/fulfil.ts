/** Gets the goods of a settled purchase: places the supplier's order once, waits for the profile, or finds it can't be had. */

import { entry, type Plan } from "../../protocol/catalog.ts";
import { wholesalePrice } from "../../protocol/wholesale.ts";
import { type Disposition, dispositions } from "../supplier/errors.ts";
import type { Refused } from "../supplier/port.ts";
import type { PurchasePorts } from "./ports.ts";
import type { Change, Purchase } from "./purchase.ts";

/** From settlement until the money is given back instead. Milliseconds. */
export const FULFIL_WITHIN_MS = 60_000;

/** Between two calls to the supplier. It takes 8 a second, and a profile takes seconds. Milliseconds. */
const ASK_EVERY_MS = 500;

/** Profiles that nobody can install any more. */
const GONE: readonly string[] = ["CANCEL", "REVOKE"];

/** The change that a `settled` or `ordered` purchase comes to, or undefined when the deadline came first. */
export async function fulfil(
  purchase: Purchase,
  ports: PurchasePorts,
  deadline: number,
): Promise<Change | undefined> {
  const { goods } = purchase;
  if (goods.kind === "unavailable") return { type: "failed", reason: goods.reason };
  if (goods.kind === "resource") {
    const render = entry(ports.resources, goods.path);
    if (render === undefined) return { type: "failed", reason: "resource_missing" };
    return { type: "delivered", delivery: { kind: "resource", body: render(ports.now()) } };
  }
  const plan = entry(ports.catalog.plans, goods.plan);
  if (plan === undefined) return { type: "failed", reason: "plan_missing" };

  const giveUpAt = (purchase.settledAt ?? ports.now()) + FULFIL_WITHIN_MS;
  while (ports.now() < deadline) {
    if (ports.now() >= giveUpAt) return { type: "failed", reason: "supplier_too_slow" };
    const change =
      purchase.supplierOrder === null
        ? await order(purchase, plan, ports)
        : await collect(purchase, purchase.supplierOrder, ports);
    if (change !== undefined) return change;
    await ports.sleep(Math.min(ASK_EVERY_MS, Math.max(0, deadline - ports.now())));
  }
  return undefined;
}

/** The order id is the supplier's transaction id, so asking again after a lost answer can't buy twice. */
async function order(purchase: Purchase, plan: Plan, ports: PurchasePorts): Promise<Change | undefined> {
  const result = await ports.supplier.order({
    transactionId: purchase.id,
    packageCode: plan.packageCode,
    count: 1,
    unitPrice: wholesalePrice(plan.wholesaleUsd),
  });
  switch (result.kind) {
    case "ordered":
      return { type: "ordered", supplierOrder: result.orderNo };
    case "refused":
      return refused(purchase, result, ports);
    case "unknown":
      ports.log({ event: "supplier_failed", order: purchase.id, reason: "unknown", code: result.detail });
      return undefined;
  }
}

async function collect(
  purchase: Purchase,
  orderNo: string,
  ports: PurchasePorts,
): Promise<Change | undefined> {
  const result = await ports.supplier.profiles(orderNo);
  switch (result.kind) {
    case "ready": {
      const [profile] = result.profiles;
      if (profile === undefined) return undefined;
      if (GONE.includes(profile.esimStatus)) return { type: "failed", reason: "profile_gone" };
      const { esimTranNo, iccid, activationCode, apn } = profile;
      return { type: "delivered", delivery: { kind: "esim", esimTranNo, iccid, activationCode, apn } };
    }
    case "allocating":
      return undefined;
    case "refused":
      return refused(purchase, result, ports);
    case "unknown":
      ports.log({ event: "supplier_failed", order: purchase.id, reason: "unknown", code: result.detail });
      return undefined;
  }
}

function refused(purchase: Purchase, { reason, code }: Refused, ports: PurchasePorts): Change | undefined {
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
      return { type: "failed", reason };
  }
}
