/** Gives back to the supplier, for its price, what can't be sold from a pool any more: too old, or of another package. */

import type { TendPorts } from "./ports.ts";
import { isSellable, type PooledPlan, type Slot, type SlotIn } from "./slot.ts";

export function isDueToRetire(slot: Slot, plan: PooledPlan, now: number): boolean {
  return slot.state === "retiring" || (slot.state === "free" && !isSellable(slot, plan, now));
}

/** The slots as they are afterwards. What the supplier does not answer for stays `retiring`, and is asked for again. */
export function retire(plan: PooledPlan, slots: readonly Slot[], ports: TendPorts): Promise<readonly Slot[]> {
  const now = ports.now();
  return Promise.all(
    slots.map(async (slot) => {
      if (!isDueToRetire(slot, plan, now)) return slot;
      if (slot.state === "retiring") return giveBack(plan, slot, ports);
      if (slot.state !== "free") return slot;
      // Off the shelf first: nobody may buy what is about to be cancelled.
      const retiring: Slot = { ...slot, version: slot.version + 1, state: "retiring" };
      const saved = await ports.store.saveSlot(plan.plan, retiring);
      return saved === "saved" ? giveBack(plan, retiring, ports) : slot;
    }),
  );
}

async function giveBack(
  { plan }: PooledPlan,
  slot: SlotIn<"retiring">,
  { supplier, store, log }: TendPorts,
): Promise<Slot> {
  const { esimTranNo } = slot.stock.esim;
  const answer = await supplier.cancel(esimTranNo);
  if (answer.kind === "refused") {
    log({ event: "release_refused", order: slotName(plan, slot), esim: esimTranNo, reason: answer.reason });
  }
  // `wrong_status`: cancelled by a run that died, or past cancelling.
  const isGone =
    answer.kind === "cancelled" || (answer.kind === "refused" && answer.reason === "wrong_status");
  if (!isGone) return slot;
  const empty: Slot = { number: slot.number, version: slot.version + 1, state: "empty" };
  if ((await store.saveSlot(plan, empty)) === "conflict") return slot;
  log({ event: "pool_retired", plan, esim: esimTranNo });
  return empty;
}

function slotName(plan: string, { number }: Slot): string {
  return `pool ${plan} ${number}`;
}
