/** Which orders at the supplier an order of ours takes. Pure, so that every try asks for the same ones. */

import type { EsimGoods } from "../../protocol/offer.ts";
import { MAX_PROFILES_PER_ORDER } from "../supplier/port.ts";
import type { LaterOrder, Purchase } from "./purchase.ts";

export interface SupplierOrder {
  /** Asking twice under it can't buy twice. */
  readonly transactionId: string;
  readonly packageCode: string;
  /** US dollars × 10,000. */
  readonly wholesale: bigint;
  /** Positions of the lines that it serves, one eSIM each; the one after the last line is the fallback's. */
  readonly lines: readonly number[];
  /** The purchase's version in which it was first placed, if ever. */
  readonly since: number;
}

/** One eSIM to be ordered. */
export interface Wanted {
  readonly line: number;
  readonly packageCode: string;
  /** US dollars × 10,000. */
  readonly wholesale: bigint;
}

/**
 * One for each package, and one more for each 30 eSIMs of it, without what the pool gave; then those that were added
 * when it was known how the first ones went. The first goes by the order's own id, the others by their number in it.
 */
export function supplierOrders(
  { id: orderId, pooled, later }: Pick<Purchase, "id" | "pooled" | "later">,
  { lines }: Pick<EsimGoods, "lines">,
): readonly SupplierOrder[] {
  const wanted = lines.flatMap(({ packageCode, wholesale }, line) =>
    pooled?.[line] == null ? [{ line, packageCode, wholesale }] : [],
  );
  return [...ordersOf(wanted, 1), ...later].map((order, index) => ({
    ...order,
    transactionId: index === 0 ? orderId : `${orderId}-${index}`,
  }));
}

const TRANSACTION_ID = /^(ord_[0-9a-f]{40})(?:-[1-9][0-9]{0,3})?$/;

/** Our order that a supplier's order belongs to by its transaction id, if that looks like one of ours. */
export function orderOfTransaction(transactionId: string): string | undefined {
  return TRANSACTION_ID.exec(transactionId)?.[1];
}

/** @param since the version of the purchase in which they are placed */
export function ordersOf(wanted: readonly Wanted[], since: number): readonly LaterOrder[] {
  const groups = new Map<string, { packageCode: string; wholesale: bigint; lines: number[] }>();
  for (const { line, packageCode, wholesale } of wanted) {
    const key = `${packageCode} ${wholesale}`;
    const group = groups.get(key) ?? { packageCode, wholesale, lines: [] };
    group.lines.push(line);
    groups.set(key, group);
  }
  return [...groups.values()].flatMap(({ lines, ...order }) =>
    Array.from({ length: Math.ceil(lines.length / MAX_PROFILES_PER_ORDER) }, (_, chunk) => ({
      ...order,
      lines: lines.slice(chunk * MAX_PROFILES_PER_ORDER, (chunk + 1) * MAX_PROFILES_PER_ORDER),
      since,
    })),
  );
}
