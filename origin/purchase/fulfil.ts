/**
 * Gets the goods that the pool did not give: places the supplier's orders once each, waits for the profiles, orders
 * something else where that keeps the promise, or finds which of them can't be had.
 */

import { entry } from "../../protocol/entry.ts";
import type { EsimGoods } from "../../protocol/offer.ts";
import { type Assembled, assemble, type Collected, collect, lostOf } from "./collect.ts";
import { laterOrders } from "./later-orders.ts";
import { placing } from "./place.ts";
import type { PurchasePorts } from "./ports.ts";
import type { LaterOrder, Placement, Purchase } from "./purchase.ts";
import { supplierOrders } from "./supplier-orders.ts";
import { topUp } from "./top-up.ts";

/** How one try to get the goods ended. */
export type Obtained =
  /** `later`: all that were added so far. Nothing is placed of what this adds until it is written down. */
  | {
      readonly kind: "ordered";
      readonly placements: readonly (Placement | null)[];
      readonly later: readonly LaterOrder[];
    }
  | Assembled;

/** Between two calls to the supplier. It takes 8 a second, and a profile takes seconds. Milliseconds. */
const ASK_EVERY_MS = 500;

/** Unix milliseconds. */
export interface Limits {
  readonly deadline: number;
  /** From then on the goods come too late. */
  readonly giveUpAt: number;
}

/** @returns undefined when the deadline came first */
export async function obtain(
  purchase: Purchase,
  ports: PurchasePorts,
  limits: Limits,
): Promise<Obtained | undefined> {
  const { goods } = purchase;
  switch (goods.kind) {
    case "unavailable":
      return { kind: "unobtainable", reason: goods.reason, orderMayExist: false };
    case "resource": {
      const render = entry(ports.resources, goods.path);
      if (render === undefined) {
        return { kind: "unobtainable", reason: "resource_missing", orderMayExist: false };
      }
      const delivery = { kind: "resource", body: render(ports.now()) } as const;
      return { kind: "obtained", delivery, missing: null, orderMayExist: false };
    }
    case "topup":
      return topUp(purchase, goods, ports, limits);
    case "esims":
      return obtainEsims(purchase, goods, ports, limits);
  }
}

async function obtainEsims(
  purchase: Purchase,
  goods: EsimGoods,
  ports: PurchasePorts,
  { deadline, giveUpAt }: Limits,
): Promise<Obtained | undefined> {
  const { now, sleep, catalog } = ports;
  const orders = supplierOrders(purchase, goods);
  const placers = orders.map((order) => placing(purchase, order, ports));
  const recorded = orders.map((_, index) => purchase.placements?.[index] ?? null);
  const placements = [...recorded];
  const found: (Collected | undefined)[] = orders.map(() => undefined);
  const fallbackAt = (purchase.settledAt ?? purchase.createdAt) + ports.fallbackAfterMs;

  /** Asks for one order, unless all is known of it. */
  async function move(index: number, isTooLate: boolean): Promise<void> {
    if (found[index] !== undefined) return;
    let placement = placements[index] ?? null;
    if (placement?.kind === "placed") {
      const count = orders[index]?.lines.length ?? 0;
      found[index] = await collect(purchase.id, placement.orderNo, count, ports);
      return;
    }
    // Somebody may have asked before and not heard the answer, so an order may exist even where none is recorded.
    if (placement === null && !isTooLate) placement = (await placers[index]?.()) ?? null;
    placements[index] = placement;
    if (placement?.kind === "refused") found[index] = lostOf(placement);
  }

  while (now() < deadline) {
    const isTooLate = now() >= giveUpAt;
    await Promise.all(orders.map((_, index) => move(index, isTooLate)));
    if (!isTooLate) {
      const added = laterOrders(purchase, goods, catalog, orders, found, now() >= fallbackAt);
      const later = [...purchase.later, ...added];
      if (added.length > 0) return { kind: "ordered", placements, later };
      if (isNews(placements, recorded)) return { kind: "ordered", placements, later };
    }
    const isAllKnown = found.every((one) => one !== undefined);
    if (isAllKnown || now() >= giveUpAt) return assemble(purchase, goods, orders, found);
    await sleep(Math.min(ASK_EVERY_MS, Math.max(0, deadline - now())));
  }
  // Two were ordered where one is enough: what is there now is handed over, and the other one given back.
  const hasFallback = orders.some(({ lines }) => lines.includes(goods.lines.length));
  const one = hasFallback ? assemble(purchase, goods, orders, found) : undefined;
  return one?.kind === "obtained" ? one : undefined;
}

/** Whether it is known of all orders how they went, and of some only since now. Where all are refused nothing is to come. */
function isNews(placements: readonly (Placement | null)[], recorded: readonly (Placement | null)[]): boolean {
  const isKnown = placements.every((placement) => placement !== null);
  const isNew = placements.some((placement, index) => placement !== recorded[index]);
  return isKnown && isNew && placements.some((placement) => placement?.kind === "placed");
}
