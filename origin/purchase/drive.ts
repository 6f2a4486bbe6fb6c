/**
 * Moves a purchase on, from whatever state it is in, until it is final or the time is up.
 *
 * Any number of processes may drive one purchase at once, and any of them may die at any line: each step is safe to
 * repeat, and each change is written only onto the version it was computed from.
 */

import { fulfil } from "./fulfil.ts";
import type { PurchasePorts } from "./ports.ts";
import { apply, type Change, isFinal, type Purchase } from "./purchase.ts";
import { resolveSettlement } from "./settlement.ts";

/** @param deadline Unix milliseconds @throws StoreUnavailableError */
export async function drive(start: Purchase, ports: PurchasePorts, deadline: number): Promise<Purchase> {
  let purchase = start;
  while (!isFinal(purchase.state) && ports.now() < deadline) {
    const change = await step(purchase, ports, deadline);
    if (change === undefined) return purchase;
    purchase = await write(purchase, change, ports, deadline);
  }
  return purchase;
}

async function step(purchase: Purchase, ports: PurchasePorts, deadline: number): Promise<Change | undefined> {
  return purchase.state === "settling"
    ? resolveSettlement(purchase, ports, deadline)
    : fulfil(purchase, ports, deadline);
}

async function write(
  purchase: Purchase,
  change: Change,
  ports: PurchasePorts,
  dueAt: number,
): Promise<Purchase> {
  const next = apply(purchase, change, ports.now(), dueAt);
  if ((await ports.store.save(next)) === "saved") {
    ports.log({
      event: "purchase_moved",
      order: next.id,
      state: next.state,
      transaction: next.transaction,
    });
    return next;
  }
  return (await ports.store.get(purchase.id)) ?? purchase;
}
