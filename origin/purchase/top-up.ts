/** Adds the data that was paid for to its eSIM, or finds that it can't be had. */

import type { Limits, Obtained } from "./fulfil.ts";
import type { TopUpGoods } from "./goods.ts";
import { finalReason, INCONCLUSIVE } from "./place.ts";
import type { PurchasePorts } from "./ports.ts";
import type { Purchase } from "./purchase.ts";

/** Between two tries. Milliseconds. */
const ASK_EVERY_MS = 500;

/** Claimed and settled, with nothing in between. */
const SETTLED_VERSION = 2;

/**
 * The order's id is the supplier's transaction id, so asking again after a lost answer adds nothing twice. However late it
 * is, the supplier is asked once more before the money goes back: an earlier try may have added the data, and nothing
 * takes data back. Where that is still unknown then, the buyer may keep both.
 *
 * @returns undefined when the deadline came first
 */
export async function topUp(
  { id, version }: Purchase,
  { esimTranNo, packageCode, wholesale }: TopUpGoods,
  ports: PurchasePorts,
  { deadline, giveUpAt }: Limits,
): Promise<Obtained | undefined> {
  // A refusal speaks for the earlier tries only where there were none: one whose answer was lost may be booked yet.
  let isFirst = version === SETTLED_VERSION;
  while (ports.now() < deadline) {
    const isLast = ports.now() >= giveUpAt;
    const result = await ports.lifecycle.topUp({
      esimTranNo,
      packageCode,
      transactionId: id,
      price: wholesale,
    });
    if (result.kind === "topped_up") {
      const { totalBytes, expiresAt } = result;
      return {
        kind: "obtained",
        delivery: { kind: "topup", totalBytes, expiresAt },
        missing: null,
        orderMayExist: false,
      };
    }
    const reason = finalReason(id, result, ports);
    if (reason !== undefined) return lost(reason, !isFirst || INCONCLUSIVE.includes(reason));
    if (isLast) return lost("supplier_too_slow", true);
    isFirst = false;
    await ports.sleep(Math.min(ASK_EVERY_MS, Math.max(0, deadline - ports.now())));
  }
  return undefined;
}

function lost(reason: string, orderMayExist: boolean): Obtained {
  return { kind: "unobtainable", reason, orderMayExist };
}
