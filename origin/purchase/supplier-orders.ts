/** Which orders at the supplier an order of ours takes. Pure, so that every try asks for the same ones. */

import type { EsimLine } from "../../protocol/offer.ts";
import { MAX_PROFILES_PER_ORDER } from "../supplier/port.ts";
import type { Purchase } from "./purchase.ts";

export interface SupplierOrder {
  /** Asking twice under it can't buy twice. */
  readonly transactionId: string;
  readonly packageCode: string;
  /** US dollars × 10,000. */
  readonly wholesale: bigint;
  /** Positions of the lines that it serves, one eSIM each. */
  readonly lines: readonly number[];
}

/**
 * One for each package, and one more for each 30 eSIMs of it, without what the pool gave. The first goes by the order's
 * own id.
 */
export function supplierOrders(
  { id: orderId, pooled }: Pick<Purchase, "id" | "pooled">,
  lines: readonly EsimLine[],
): readonly SupplierOrder[] {
  const groups = new Map<string, { packageCode: string; wholesale: bigint; lines: number[] }>();
  for (const [position, { packageCode, wholesale }] of lines.entries()) {
    if (pooled?.[position] != null) continue;
    const key = `${packageCode} ${wholesale}`;
    const group = groups.get(key) ?? { packageCode, wholesale, lines: [] };
    group.lines.push(position);
    groups.set(key, group);
  }
  return [...groups.values()].flatMap(chunked).map((chunk, index) => ({
    ...chunk,
    transactionId: index === 0 ? orderId : `${orderId}-${index}`,
  }));
}

const TRANSACTION_ID = /^(ord_[0-9a-f]{40})(?:-[1-9][0-9]?)?$/;

/** Our order that a supplier's order belongs to by its transaction id, if that looks like one of ours. */
export function orderOfTransaction(transactionId: string): string | undefined {
  return TRANSACTION_ID.exec(transactionId)?.[1];
}

function chunked({ lines, ...order }: Omit<SupplierOrder, "transactionId">) {
  return Array.from({ length: Math.ceil(lines.length / MAX_PROFILES_PER_ORDER) }, (_, chunk) => ({
    ...order,
    lines: lines.slice(chunk * MAX_PROFILES_PER_ORDER, (chunk + 1) * MAX_PROFILES_PER_ORDER),
  }));
}
