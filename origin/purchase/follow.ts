/** Waiting for somebody else: for a claim that is on its way, and for a purchase that another process moves on. */

import { drive } from "./drive.ts";
import type { PurchasePorts } from "./ports.ts";
import { isDecided, isHandedOver, type Purchase } from "./purchase.ts";

const LOOK_AGAIN_MS = 150;

/** The purchase of a request that may still be on its way here. @param until Unix milliseconds */
export async function claimOnItsWay(
  id: string,
  ports: PurchasePorts,
  until: number,
): Promise<Purchase | undefined> {
  for (;;) {
    const purchase = await ports.store.get(id);
    if (purchase !== undefined || ports.now() >= until) return purchase;
    await ports.sleep(Math.min(LOOK_AGAIN_MS, until - ports.now()));
  }
}

/** Whether waiting longer could tell the buyer anything new. */
export function isAnswerable(purchase: Purchase): boolean {
  const { state } = purchase;
  return isDecided(state) || state === "refund_blocked" || isHandedOver(purchase);
}

/** Waits for whoever drives the purchase, and takes over once their time is up. @throws StoreUnavailableError */
export async function follow(existing: Purchase, ports: PurchasePorts, deadline: number): Promise<Purchase> {
  let purchase = existing;
  while (!isAnswerable(purchase) && ports.now() < deadline) {
    if (ports.now() >= purchase.dueAt) return drive(purchase, ports, { deadline, isEnough: isAnswerable });
    await ports.sleep(LOOK_AGAIN_MS);
    purchase = (await ports.store.get(purchase.id)) ?? purchase;
  }
  return purchase;
}
