/**
 * A plan's pool: numbered slots, each with at most one eSIM in it, and a head that says what is on order. Pure.
 *
 * `empty` → `free` → `taken`, and from there to `free` when it comes back, or to the next refill's eSIM once it is sold;
 * `free` → `retiring` → `empty` for what is too old to be sold.
 */

import type { Esim } from "../purchase/purchase.ts";

/** A plan that is sold from a pool. */
export interface PooledPlan {
  readonly plan: string;
  /** eSIMs in a full pool. 0 empties it. */
  readonly size: number;
  readonly packageCode: string;
  /** US dollars × 10,000. */
  readonly wholesale: bigint;
}

/** One eSIM that nobody has seen. */
export interface Stock {
  readonly esim: Esim;
  readonly packageCode: string;
  /** After that it would leave its buyer too little time to install it. Unix milliseconds. */
  readonly sellUntil: number;
}

type Content =
  | { readonly state: "empty" }
  | { readonly state: "free"; readonly stock: Stock }
  | {
      readonly state: "taken";
      readonly stock: Stock;
      /** The purchase, and the position of its line. */
      readonly order: string;
      readonly line: number;
      /** Unix milliseconds. */
      readonly takenAt: number;
    }
  /** Goes back to the supplier. */
  | { readonly state: "retiring"; readonly stock: Stock };

export type Slot = Content & {
  readonly number: number;
  /** Counts writes; each is conditional on the one before. 0: never written. */
  readonly version: number;
};

export type SlotIn<State extends Slot["state"]> = Extract<Slot, { readonly state: State }>;

/** One refill: what is ordered, and which slot each eSIM of it goes to. */
export interface Refill {
  /** Begins the supplier's transaction ids, so that a refill that is repeated buys nothing again. */
  readonly id: string;
  readonly packageCode: string;
  /** US dollars × 10,000. */
  readonly wholesale: bigint;
  /** Each with the version that it is written over: nothing can be put into a slot twice. */
  readonly targets: readonly { readonly slot: number; readonly version: number }[];
}

export interface PoolHead {
  /** As a slot's. */
  readonly version: number;
  /** Until then one process tends this pool, and no other. Unix milliseconds. */
  readonly busyUntil: number;
  /** How many slots there ever were: a pool that was made smaller has eSIMs beyond its size. */
  readonly slots: number;
  readonly refill: Refill | null;
}

/** Percent of a pool's size. With less than that for sale it is refilled. */
export const WATERMARK_PERCENT = 20;

export function isSellable(
  slot: Slot,
  { size, packageCode }: PooledPlan,
  now: number,
): slot is SlotIn<"free"> {
  return (
    slot.state === "free" &&
    slot.number < size &&
    slot.stock.packageCode === packageCode &&
    slot.stock.sellUntil > now
  );
}

/** eSIMs that are ready to be handed out. */
export function levelOf(slots: readonly Slot[], plan: PooledPlan, now: number): number {
  return slots.filter((slot) => isSellable(slot, plan, now)).length;
}

export function isLow(slots: readonly Slot[], plan: PooledPlan, now: number): boolean {
  return levelOf(slots, plan, now) * 100 < plan.size * WATERMARK_PERCENT;
}
