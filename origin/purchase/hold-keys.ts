/**
 * Payment identifiers and idempotency keys: a buyer that lost the answer and signs again under the same name gets what
 * the first payment bought, and the second is never submitted.
 *
 * That takes knowing the name before the money is taken, so it holds where the origin settles.
 */

import type { Hex } from "../../protocol/hex.ts";
import type { PurchasePorts } from "./ports.ts";
import type { Purchase } from "./purchase.ts";

/**
 * Gives all keys to this order, or finds the purchase that has one of them and that the buyer still has something of.
 *
 * @param waitFor finds the claim of an order that may still be on its way
 * @throws StoreUnavailableError
 */
export async function holdKeys(
  keys: readonly Hex[],
  orderId: string,
  ports: PurchasePorts,
  waitFor: (orderId: string) => Promise<Purchase | undefined>,
): Promise<Purchase | undefined> {
  for (const key of keys) {
    const earlier = await holdKey(key, orderId, ports, waitFor);
    if (earlier !== undefined) return earlier;
  }
  return undefined;
}

async function holdKey(
  key: Hex,
  orderId: string,
  { store }: PurchasePorts,
  waitFor: (orderId: string) => Promise<Purchase | undefined>,
): Promise<Purchase | undefined> {
  const holder = await store.holdKey(key, orderId, null);
  if (holder === orderId) return undefined;
  const earlier = await waitFor(holder);
  if (earlier !== undefined && !isSpentForNothing(earlier)) return earlier;
  // The earlier request died before its claim, or ended with nothing taken: its key is free again, for one of us.
  const taken = await store.holdKey(key, orderId, holder);
  return taken === orderId ? undefined : waitFor(taken);
}

function isSpentForNothing({ state }: Purchase): boolean {
  return state === "void" || state === "refunded";
}
