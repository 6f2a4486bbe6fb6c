/** A purchase with what the pool gave for it. Pure. */

import { apply } from "./changes.ts";
import { type Delivery, type Esim, isIn, type Purchase } from "./purchase.ts";

/**
 * The claim as it is first written. Where the pool gave all, the goods are in it at once: delivered if the money is ours,
 * else secured. One write says both, so there is no crash between them.
 *
 * @param claim not written yet
 * @param now Unix milliseconds
 */
export function stocked(claim: Purchase, pooled: readonly (Esim | null)[] | null, now: number): Purchase {
  if (pooled === null) return claim;
  const { version, dueAt } = claim;
  const delivery: Delivery = { kind: "esims", esims: pooled };
  if (pooled.every((esim) => esim !== null)) {
    if (isIn(claim, "settled")) {
      return { ...apply(claim, { type: "delivered", delivery }, now, dueAt), version };
    }
    if (isIn(claim, "reserved")) {
      return { ...apply(claim, { type: "secured", delivery, missing: null }, now, dueAt), version };
    }
  }
  return { ...claim, pooled };
}
