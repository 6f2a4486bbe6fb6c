/**
 * The orders that come after the first ones: another package for one that can't be had, and the fallback where the first
 * eSIM is late. They are written into the purchase before they are placed, so that whoever goes on places the same ones.
 * Pure.
 */

import type { Catalog } from "../../protocol/catalog.ts";
import { usdc } from "../../protocol/money.ts";
import type { EsimGoods } from "../../protocol/offer.ts";
import { dispositions } from "../supplier/errors.ts";
import { alternateFor } from "./alternates.ts";
import { type Collected, isGone } from "./collect.ts";
import type { LaterOrder, Purchase } from "./purchase.ts";
import { ordersOf, type SupplierOrder, type Wanted } from "./supplier-orders.ts";

const REPLACEABLE: readonly string[] = Object.entries(dispositions)
  .filter(([, disposition]) => disposition === "alternate_package")
  .map(([reason]) => reason);

/**
 * @param found what each order came to; undefined while that is not known
 * @param isLate the time is over in which the first eSIM should have come
 */
export function laterOrders(
  { version }: Pick<Purchase, "version">,
  goods: EsimGoods,
  catalog: Catalog,
  orders: readonly SupplierOrder[],
  found: readonly (Collected | undefined)[],
  isLate: boolean,
): readonly LaterOrder[] {
  const alternates = alternatesFor(goods, catalog, orders, found);
  const first = foundFor(0, orders, found);
  const isHopeless = first !== undefined && !isThere(first) && alternates.length === 0;
  const isDue = isHopeless || (isLate && first === undefined);
  return ordersOf([...alternates, ...(isDue ? fallbackOf(goods, orders) : [])], version + 1);
}

/** For each line whose last order can't be filled by its package. */
function alternatesFor(
  { lines, fallback }: EsimGoods,
  catalog: Catalog,
  orders: readonly SupplierOrder[],
  found: readonly (Collected | undefined)[],
): readonly Wanted[] {
  // Whichever of the two it becomes, one price was paid.
  const paid = lines[0]?.price ?? usdc(0n);
  const wanted = fallback === undefined ? lines : [...lines, { ...fallback, price: paid }];
  return wanted.flatMap((sold, line): Wanted[] => {
    const last = foundFor(line, orders, found);
    if (last?.kind !== "lost" || !REPLACEABLE.includes(last.reason)) return [];
    const tried = orders.filter((order) => order.lines.includes(line)).map((order) => order.packageCode);
    const alternate = alternateFor(catalog, sold, tried);
    return alternate === undefined ? [] : [{ line, ...alternate }];
  });
}

/** What the last order for a line came to. */
function foundFor(
  line: number,
  orders: readonly SupplierOrder[],
  found: readonly (Collected | undefined)[],
): Collected | undefined {
  return found[orders.findLastIndex(({ lines }) => lines.includes(line))];
}

/** Only asked where one eSIM was ordered. */
function isThere(found: Collected): boolean {
  return found.kind === "profiles" && found.profiles.some((profile) => !isGone(profile));
}

function fallbackOf({ lines, fallback }: EsimGoods, orders: readonly SupplierOrder[]): readonly Wanted[] {
  const line = lines.length;
  const isOrdered = (position: number) => orders.some((order) => order.lines.includes(position));
  if (fallback === undefined || !isOrdered(0) || isOrdered(line)) return [];
  const { packageCode, wholesale } = fallback;
  return [{ line, packageCode, wholesale }];
}
