/**
 * Finds out what became of eSIMs that were taken: sold, on the way, or come back, because the purchase was given up or
 * never came about. The purchase itself is asked, so nothing has to be written when it ends.
 */

import type { Store } from "../purchase/ports.ts";
import { isDecided, isHandedOver, type Purchase } from "../purchase/purchase.ts";
import type { TendPorts } from "./ports.ts";
import type { PooledPlan, Slot, SlotIn } from "./slot.ts";

/** A process that takes an eSIM writes its purchase within a second, and is gone after half a minute. Milliseconds. */
export const ABANDONED_MS = 900_000;

/** Purchases that are read at the same time. */
const PARALLEL = 25;

/** The slots as they are afterwards. Where an eSIM was sold the slot counts as empty, which needs no write. */
export async function lookBack(
  plan: PooledPlan,
  slots: readonly Slot[],
  ports: TendPorts,
): Promise<readonly Slot[]> {
  const looked: Slot[] = [];
  for (let start = 0; start < slots.length; start += PARALLEL) {
    const some = slots.slice(start, start + PARALLEL);
    looked.push(
      ...(await Promise.all(some.map((slot) => (slot.state === "taken" ? lookAt(plan, slot, ports) : slot)))),
    );
  }
  return looked;
}

async function lookAt(plan: PooledPlan, slot: SlotIn<"taken">, ports: TendPorts): Promise<Slot> {
  const { number, version, stock, order } = slot;
  switch (await fateOf(slot, ports.purchases, ports.now())) {
    case "open":
      return slot;
    case "sold":
      return { number, version, state: "empty" };
    case "back": {
      const free: Slot = { number, version: version + 1, state: "free", stock };
      if ((await ports.store.saveSlot(plan.plan, free)) === "conflict") return slot;
      ports.log({ event: "pool_returned", plan: plan.plan, order, esim: stock.esim.esimTranNo });
      return free;
    }
  }
}

async function fateOf(
  { order, stock, takenAt }: SlotIn<"taken">,
  purchases: Pick<Store, "get">,
  now: number,
): Promise<"sold" | "open" | "back"> {
  const purchase = await purchases.get(order);
  if (purchase === undefined) return now - takenAt > ABANDONED_MS ? "back" : "open";
  if (hasShown(purchase, stock.esim.esimTranNo)) return "sold";
  return isDecided(purchase.state) ? "back" : "open";
}

/** Whether the buyer may have seen it; what was given back since is the supplier's again. */
function hasShown(purchase: Purchase, esimTranNo: string): boolean {
  const { delivery, returned } = purchase;
  if (returned.some((one) => one.esimTranNo === esimTranNo)) return true;
  if (!isHandedOver(purchase) || delivery?.kind !== "esims") return false;
  return delivery.esims.some((esim) => esim?.esimTranNo === esimTranNo);
}
