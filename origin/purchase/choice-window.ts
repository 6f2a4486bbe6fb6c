/** Whether the buyer of one eSIM got two, and how long it may choose between them. Pure. */

import type { Choice, Delivery, Purchase } from "./purchase.ts";

/** How long the supplier is asked which of two eSIMs is used. Milliseconds. */
const CHOICE_OPEN_MS = 86_400_000;

/** Open where the buyer is about to get two eSIMs for the price of one. */
export function choiceOf({ goods }: Purchase, delivery: Delivery | null, now: number): Choice | null {
  if (goods.kind !== "esims" || delivery?.kind !== "esims") return null;
  const hasBoth = delivery.esims.length > goods.lines.length && !delivery.esims.includes(null);
  return hasBoth ? { kind: "open", until: now + CHOICE_OPEN_MS } : null;
}
