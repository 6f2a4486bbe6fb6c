/**
 * An allotment: an order whose eSIMs are drawn one by one. The purchase holds the eSIMs; this says who has drawn how many
 * of them. Draws are only ever added, so the nth one has the nth eSIM that the order came to. Pure.
 */

import { isHandedOver, type Purchase } from "../purchase/purchase.ts";

export interface Draw {
  readonly deviceId: string;
  /** Unix milliseconds. */
  readonly at: number;
}

export interface Allotment {
  /** From then on nothing is drawn. Unix milliseconds. */
  readonly expiresAt: number;
  /** In their order; each device once. */
  readonly draws: readonly Draw[];
  /** Since when what nobody has drawn goes back. Unix milliseconds; null while it does not. */
  readonly closedAt: number | null;
}

/**
 * The supplier gives about 180 days to install. 30 of them are left to whoever draws last, and to giving back what nobody
 * drew. Milliseconds.
 */
export const DRAWABLE_FOR_MS = 150 * 86_400_000;

export function isAllotment({ goods }: Purchase): boolean {
  return goods.kind === "esims" && goods.allotment === true;
}

/** Positions of the lines whose eSIMs could be had, ascending; those that were given back since are among them. */
export function itemsOf(purchase: Purchase): readonly number[] {
  const { delivery, returned } = purchase;
  if (!isHandedOver(purchase) || delivery?.kind !== "esims") return [];
  const isReturned = (item: number) => returned.some(({ line }) => line === item);
  return delivery.esims.flatMap((esim, item) => (esim !== null || isReturned(item) ? [item] : []));
}

/** What nobody has drawn. Final once the allotment is closed. */
export function undrawnItems(purchase: Purchase, { draws }: Allotment): readonly number[] {
  return itemsOf(purchase).slice(draws.length);
}

/** Who has drawn an item, if anybody. */
export function drawOf(purchase: Purchase, { draws }: Allotment, item: number): Draw | undefined {
  const nth = itemsOf(purchase).indexOf(item);
  return nth === -1 ? undefined : draws[nth];
}

/**
 * - `pending`: what was bought is not here yet.
 * - `closed`: what nobody has drawn goes back, or nothing could be had.
 */
export type AllotmentState = "pending" | "open" | "expired" | "closed";

/** @param now Unix milliseconds */
export function stateOf(purchase: Purchase, { closedAt, expiresAt }: Allotment, now: number): AllotmentState {
  if (closedAt !== null || isLost(purchase)) return "closed";
  if (now >= expiresAt) return "expired";
  return isHandedOver(purchase) ? "open" : "pending";
}

/** It came to nothing, and the money goes back or was never taken. */
export function isLost(purchase: Purchase): boolean {
  return !isHandedOver(purchase) && (purchase.refund !== null || purchase.state === "void");
}
